"""Learn the table by which words are linked: dictionary words of Chinese, and what English they became.

    python -m recipes.zh_en_words.learn BITEXT.tsv.xz … -o zh-en.words.gz --jumps zh-en.jumps.json

A line of the bitext is Chinese, English, and the name of its source, with tabs between. The sources are those of
recipes/zh_en_lexicon. Chinese is cut by jieba's dictionary (rjieba, MIT, for this recipe only); what stands in the
text twice or more becomes a word of the table, by whose counts the package cuts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from corpus.lexicon.counterparts import packaged_counterparts
from corpus.lexicon.model1 import Lexicon
from corpus.lexicon.word_table import WordTable
from corpus.words.agreement import WordModel
from corpus.words.tokens import chinese_tokens, english_tokens
from corpus.words.training import Tokens, learn_words
from recipes.zh_en_lexicon.learn import SOURCES

__all__ = ["read_pairs", "shortened"]

_LEAST_COUNT = 0.5
"""Expected count from which a translation is kept …"""

_LEAST_CHANCE = 0.01
"""… and probability, one way or the other."""

_BEST = 20
"""Translations of a word that are kept."""


def read_pairs(paths: Sequence[Path]) -> Iterator[Tokens]:
    """The tokens of the sentence pairs of the chosen sources."""
    import rjieba

    simplify = packaged_counterparts().simplify
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                chinese, english, source = line.rstrip("\n").split("\t")[:3]
                if source in SOURCES:
                    chinese = simplify(chinese)
                    here = chinese_tokens(chinese, lambda run: rjieba.cut(run, False))
                    yield [chinese[a:b] for a, b in here], [english[a:b] for a, b in english_tokens(english)]


def shortened(model: WordModel, frequencies: Counter[str]) -> WordTable:
    """The table of a model: its likeliest translations, and every Chinese word that is frequent enough to be cut by."""
    counts, n = model.counts, model.counts.n_targets
    source, target = counts.keys // n, counts.keys % n
    forward, back = counts.values / counts.sources[source], counts.values / counts.targets[target]
    names, stems = list(model.words), list(model.stems)
    is_same = np.array([names[s] == stems[t] for s, t in zip(source.tolist(), target.tolist(), strict=True)])
    kept = (counts.values >= _LEAST_COUNT) & ((forward >= _LEAST_CHANCE) | (back >= _LEAST_CHANCE)) & ~is_same
    order = np.flatnonzero(kept)[np.lexsort((-counts.values[kept], source[kept]))]
    starts = np.searchsorted(source[order], source[order])
    order = order[np.arange(len(order)) - starts < _BEST]
    wanted = [k for k, name in enumerate(names) if frequencies[name] >= 2 and not name.isascii()]
    number = np.full(len(names), -1, np.int64)
    number[wanted] = np.arange(len(wanted))
    order = order[number[source[order]] >= 0]
    lexicon = Lexicon(
        number[source[order]].astype(np.int32),
        target[order].astype(np.int32),
        np.maximum(1.0, np.rint(counts.values[order])),
    )
    return WordTable(
        [names[k] for k in wanted], np.array([float(frequencies[names[k]]) for k in wanted]), stems, lexicon
    )


def _frequencies(pairs: Iterable[Tokens]) -> Counter[str]:
    found: Counter[str] = Counter()
    for chinese, _ in pairs:
        found.update(chinese)
    return found


def main() -> None:
    """Read the bitext, learn, write."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("bitext", nargs="+", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--jumps", type=Path, required=True)
    parser.add_argument("--pairs", type=int, help="only so many of them")
    args = parser.parse_args()
    pairs = list(read_pairs(args.bitext))[: args.pairs]
    model = learn_words(pairs, on_round=lambda number: print(f"round {number} is done", flush=True))
    table = shortened(model, _frequencies(pairs))
    with args.out.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(table.render().encode())
    ways = {name: way.chances.round(6).tolist() for name, way in (("forward", model.forward), ("back", model.backward))}
    args.jumps.write_text(json.dumps(ways) + "\n", encoding="utf-8")
    print(f"{len(table.terms)} words, {len(table.lexicon.counts)} entries, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
