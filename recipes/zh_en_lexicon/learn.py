"""Learn the table of words from a bitext: IBM Model 1 over Chinese terms and English stems.

    python -m recipes.zh_en_lexicon.learn BITEXT.tsv.xz … --vocabulary source.spm -o zh-en.lexicon.gz

A line of the bitext is Chinese, English, and the name of its source, with tabs between. Only `SOURCES` are used. Terms
are the Chinese pieces of the embedded model's vocabulary, by which the text is cut here; the aligner cuts by the
table's own counts and needs no model.
"""

from __future__ import annotations

import argparse
import gzip
import lzma
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from corpus.lexicon.model1 import Lexicon, learn
from corpus.lexicon.stems import english_stems
from corpus.lexicon.word_table import WordTable
from translate.text.marks import HAN

__all__ = ["SOURCES", "learn_table"]

SOURCES = (
    "3am", "6pack-care", "adarkroom", "archive-tw-columns", "archive-tw-transcripts", "bible-cuv-web", "bitcoinops",
    "cc-cedict", "d2l", "djangogirls", "evolve-game", "hf-course", "inaturalist", "innersource",
    "kaiyuanshe-report-2023", "kaiyuanshe-report-2024", "kubernetes-blog", "lctt-opensource-fedora", "mlqe-pe-enzh",
    "opensource-guide", "p5js-website", "plurality-book", "rust-book", "tatoeba-cmn-eng", "the-open-source-way",
    "unciv", "x-risawoz", "xpersona", "xquad",
)  # fmt: skip
"""What the embedded model learnt from, as far as it is prose and its licence is open and no copyleft of code."""

_HAN = re.compile(f"[{HAN}]+")
_LONGEST = 60
_BEST = 40
"""Translations of a term that are kept."""


def learn_table(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> WordTable:
    """Learn a table.

    Args:
        pairs: Chinese terms and English stems of each sentence pair.
    """
    terms: dict[str, int] = {}
    stems: dict[str, int] = {}
    sources: list[list[int]] = []
    targets: list[list[int]] = []
    for chinese, english in pairs:
        if 0 < len(chinese) <= _LONGEST and 0 < len(english) <= _LONGEST:
            sources.append([terms.setdefault(term, len(terms)) for term in chinese])
            targets.append([stems.setdefault(stem, len(stems)) for stem in english])
    lexicon = _best(learn(sources, targets, n_rounds=5, least=0.01))
    frequencies = np.bincount(np.concatenate([np.array(ids) for ids in sources]), minlength=len(terms))
    known = sorted(set(lexicon.source.tolist()), key=list(terms).__getitem__)
    number = np.full(len(terms), -1, np.int32)
    number[known] = np.arange(len(known))
    order = np.argsort(number[lexicon.source], kind="stable")
    names = list(terms)
    return WordTable(
        [names[term] for term in known],
        frequencies[known].astype(np.float64),
        list(stems),
        Lexicon(number[lexicon.source][order], lexicon.target[order], np.maximum(1.0, np.rint(lexicon.counts[order]))),
    )


def _best(lexicon: Lexicon) -> Lexicon:
    """The likeliest translations of each term that were seen more than by half."""
    order = np.lexsort((-lexicon.counts, lexicon.source))
    source, target, counts = lexicon.source[order], lexicon.target[order], lexicon.counts[order]
    starts = np.searchsorted(source, source)
    kept = (np.arange(len(source)) - starts < _BEST) & (counts >= 0.5)
    return Lexicon(source[kept], target[kept], counts[kept])


def _read(paths: Sequence[Path], vocabulary: Path) -> Iterator[tuple[list[str], list[str]]]:
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_file=str(vocabulary))
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                chinese, english, source = line.rstrip("\n").split("\t")[:3]
                if source in SOURCES:
                    cut = (piece.replace("▁", "") for piece in pieces.encode(chinese, out_type=str))
                    yield [piece for piece in cut if _HAN.fullmatch(piece)], english_stems(english)


def main() -> None:
    """Read the bitext, learn, write."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("bitext", nargs="+", type=Path)
    parser.add_argument("--vocabulary", type=Path, required=True, help="source.spm of the embedded model")
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    table = learn_table(_read(args.bitext, args.vocabulary))
    with args.out.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(table.render().encode())
    print(f"{len(table.terms)} terms, {len(table.lexicon.counts)} entries, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
