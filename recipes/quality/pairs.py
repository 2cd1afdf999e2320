"""Good pairs to learn from, and good pairs, of other texts, to judge by."""

from __future__ import annotations

import lzma
import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from corpus.signals.keys import key
from recipes.quality.corruptions import Texts
from recipes.zh_en_lexicon.learn import SOURCES

__all__ = ["HELD_OUT", "MACHINE", "PROSE", "held_out", "read_pairs", "training_texts"]

HELD_OUT: Mapping[str, tuple[str, str]] = {
    "FLORES-200 devtest": ("flores-zh-en/devtest.zh", "flores-zh-en/devtest.en"),
    "NTREX-128": ("ntrex128-zh-en/newstest2019.zh", "ntrex128-zh-en/newstest2019.en"),
    "WMT 2020": ("wmt-newstest-zh-en/wmt20.zh", "wmt-newstest-zh-en/wmt20.en"),
    "WMT 2022": ("wmt-newstest-zh-en/wmt22.zh", "wmt-newstest-zh-en/wmt22.en"),
    "TICO-19": ("tico19-zh-en/test.zh", "tico19-zh-en/test.en"),
    "PUD (Traditional)": ("pud-zh-en/pud.zh", "pud-zh-en/pud.en"),
}
"""Test sets translated by people, which nothing is learnt from: the files of both sides."""

MACHINE: Mapping[str, tuple[str, str]] = {
    f"{name} by {system}": (f"{folder}.zh", f"{folder}.{file}.en")
    for name, folder in (
        ("FLORES-200 devtest", "flores-zh-en/devtest"),
        ("WMT 2020", "wmt-newstest-zh-en/wmt20"),
        ("WMT 2022", "wmt-newstest-zh-en/wmt22"),
    )
    for system, file in (("opus-mt-zh-en", "opusmt"), ("Argos Translate", "argos"))
}
"""The same, as machines translated them."""

PROSE = frozenset(
    """
    msctd wmt-newstest mozilla-bergamot-wmt news-commentary-10k wmt21-zhen-systems wmt21-enzh-systems wmt22-enzh-systems
    wmt23-zhen-systems wmt23-enzh-systems wmt24-enzh-systems
    """.split()  # noqa: SIM905 - a table is read more easily than a list
)
"""News and talk, translated by people, or by the systems of other years' tests. Two thirds of what is learnt from: the
other texts, manuals mostly, are translated more closely than most are."""

_MOST_OF_A_SOURCE = 4000
_LONGEST = 600
"""Characters of a side."""


def read_pairs(folder: Path, names: tuple[str, str]) -> list[Texts]:
    """The pairs of two files, those with an empty side left out."""
    sides = [(folder / name).read_text(encoding="utf-8").split("\n") for name in names]
    return [(zh, en) for zh, en in zip(*sides, strict=True) if zh.strip() and en.strip()]


def held_out(folder: Path) -> dict[str, list[Texts]]:
    """The test sets that there are, by name."""
    return {
        name: read_pairs(folder, files)
        for name, files in HELD_OUT.items()
        if all((folder / file).exists() for file in files)
    }


def training_texts(paths: Iterable[Path], tests: Iterable[Texts], chance: random.Random) -> dict[str, list[Texts]]:
    """Pairs to learn from, by the text that they are of, in its order.

    Only what the table of words was not learnt from, since it knows the words of its own text too well; and nothing
    of which either side is in a test set.

    Args:
        paths: ``.tsv.xz`` of Chinese, English and the name of the text.
        tests: pairs that must not be among them.
        chance: chooses the part that is taken of a long text.
    """
    known = {key(side) for pair in tests for side in pair}
    found: dict[str, list[Texts]] = {}
    for zh, en, source in _lines(paths):
        if source not in SOURCES and max(len(zh), len(en)) <= _LONGEST and not {key(zh), key(en)} & known:
            found.setdefault(source, []).append((zh, en))
    for source, pairs in found.items():
        start = chance.randrange(max(1, len(pairs) - _MOST_OF_A_SOURCE))
        found[source] = pairs[start : start + _MOST_OF_A_SOURCE]
    return found


def _lines(paths: Iterable[Path]) -> Iterator[tuple[str, str, str]]:
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                zh, en, source = line.rstrip("\n").split("\t")[:3]
                yield zh, en, source
