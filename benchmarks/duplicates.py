"""How many near copies of a line are found, and what is found that is none.

    python benchmarks/duplicates.py --chinese news.zh more.zh --english news.en more.en

Of each line of 15 characters or 8 words and more a copy is made, changed in one of six ways, and all lines and all
copies are put in one corpus. A copy is found if it is in the cluster of its line. What else is in one cluster is right
if the two have runs in common as near copies have, counted exactly.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from corpus.curation.clusters import THRESHOLD, TextIndex
from corpus.signals.keys import digest, key, shingles
from corpus.signals.minhash import CHINESE_RUN, ENGLISH_RUN, sketches_of

Words = list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chinese", type=Path, nargs="+", required=True)
    parser.add_argument("--english", type=Path, nargs="+", required=True)
    arguments = parser.parse_args()
    for name, files, run in (
        ("Chinese", arguments.chinese, CHINESE_RUN),
        ("English", arguments.english, ENGLISH_RUN),
    ):
        lines = list(dict.fromkeys(line for path in files for line in path.read_text("utf-8").splitlines()))
        report(name, lines, run, is_chinese=name == "Chinese")


def report(name: str, lines: Sequence[str], run: int, *, is_chinese: bool) -> None:
    draw = random.Random(1)
    cut: Callable[[str], Words] = list if is_chinese else str.split
    joiner, least, size = ("", 15, 2) if is_chinese else (" ", 8, 1)
    own = [line for line in lines if len(cut(line)) >= least]
    kinds = list(CHANGES)
    copies = []
    for at, line in enumerate(own):
        changed = CHANGES[kinds[at % len(kinds)]](cut(line), cut(draw.choice(own)), size, draw)
        copies.append(joiner.join(changed))
    clusters = clustered([*own, *copies], run)
    found = Counter(kinds[at % len(kinds)] for at in range(len(own)) if clusters[at] == clusters[len(own) + at])
    print(f"{name}: {len(own)} lines, run of {run}, similarity {THRESHOLD}")
    for at, kind in enumerate(kinds):
        n = len(own[at :: len(kinds)])
        print(f"    {kind:24} {found[kind] / n:7.1%} of {n} found")
    others = [at for at in range(len(own)) if clusters[at] != at]
    n_right = sum(similarity(own[at], own[clusters[at]], run) >= THRESHOLD - 0.1 for at in others)
    print(
        f"    {len(others)} lines in the cluster of another line, {n_right} of them near copies of its first by count"
    )
    for at in others[:20]:
        print(f"        {own[clusters[at]][:80]} ~ {own[at][:80]}")


def clustered(texts: Sequence[str], run: int) -> list[int]:
    with tempfile.TemporaryDirectory() as folder:
        index = TextIndex(Path(folder) / "side")
        keys = [key(text) for text in texts]
        index.add(np.array([digest(text) for text in keys], np.uint64), sketches_of(keys, run))
        found: list[int] = index.clusters()[1].tolist()
    return found


def similarity(one: str, other: str, run: int) -> float:
    a, b = set(shingles(key(one), run)), set(shingles(key(other), run))
    return len(a & b) / len(a | b)


def _typo(words: Words, other: Words, size: int, draw: random.Random) -> Words:
    at = draw.randrange(len(words))
    changed = other[0] if size > 1 else words[at][:-1] + "x"
    return [*words[:at], changed, *words[at + 1 :]]


def _word(words: Words, other: Words, size: int, draw: random.Random) -> Words:
    at = draw.randrange(len(words) - size)
    return [*words[:at], *other[:size], *words[at + size :]]


def _dropped(words: Words, other: Words, size: int, draw: random.Random) -> Words:
    at = draw.randrange(len(words) - size)
    return [*words[:at], *words[at + size :]]


def _headed(words: Words, other: Words, size: int, draw: random.Random) -> Words:
    return [*("新华社北京11月18日电" if size > 1 else ["BEIJING,", "Nov", "18", "(Xinhua)"]), *words]


def _shortened(words: Words, other: Words, size: int, draw: random.Random) -> Words:
    return words[: max(1, int(0.85 * len(words)))]


def _two_words(words: Words, other: Words, size: int, draw: random.Random) -> Words:
    return _word(_word(words, other, size, draw), other, size, draw)


CHANGES: dict[str, Callable[[Words, Words, int, random.Random], Words]] = {
    "a typing error": _typo,
    "a word replaced": _word,
    "a word dropped": _dropped,
    "a dateline before it": _headed,
    "the last 15 % cut off": _shortened,
    "two words replaced": _two_words,
}


if __name__ == "__main__":
    main()
