"""Which English words Chinese terms become: a small table in the package, and what a text itself teaches.

The file is a table of counts, a term a line: ``term <tab> how often <tab> stem count stem count …``. The counts are
those that IBM Model 1 expects (`corpus.lexicon.model1`); how it was learnt, and from what, is told in
recipes/zh_en_lexicon. English stands in stems (`corpus.lexicon.stems`).
"""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.lexicon.model1 import Lexicon
from translate.text.marks import HAN

__all__ = ["Entries", "WordTable", "packaged_table"]

PACKAGED = Path(__file__).with_name("zh-en.lexicon.gz")

_HAN = re.compile(f"[{HAN}]+")


@dataclass(frozen=True, slots=True)
class Entries:
    """Probabilities by row, those of a row one after the other.

    Attributes:
        starts: ``(n_rows + 1,)``, where the entries of each row begin.
        columns: ``(n_entries,)``, ids.
        values: ``(n_entries,)``, probabilities.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]

    @classmethod
    def of(
        cls, rows: NDArray[np.int32], columns: NDArray[np.int32], values: NDArray[np.float64], n_rows: int
    ) -> Entries:
        """Order entries by row, then by column."""
        order = np.lexsort((columns, rows))
        starts = np.zeros(n_rows + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=n_rows), out=starts[1:])
        return cls(starts, columns[order], values[order].astype(np.float32))

    def dense(self, rows: NDArray[np.int32], columns: NDArray[np.int32]) -> NDArray[np.float32]:
        """The entries of some rows and columns, ``(len(rows), len(columns))``; both ascending ids."""
        counts = self.starts[rows + 1] - self.starts[rows]
        places = np.arange(int(counts.sum())) + np.repeat(self.starts[rows] - (np.cumsum(counts) - counts), counts)
        found = self.columns[places]
        where = np.searchsorted(columns, found)
        where[where == len(columns)] = 0
        here = columns[where] == found if len(columns) else np.zeros(len(found), bool)
        block = np.zeros((len(rows), len(columns)), np.float32)
        block[np.repeat(np.arange(len(rows)), counts)[here], where[here]] = self.values[places][here]
        return block


@dataclass(frozen=True)
class WordTable:
    """Expected counts of term translations.

    Attributes:
        terms: Chinese, by id.
        frequencies: how often each term stands in the text that it was learnt from.
        stems: English, by id.
        lexicon: of these ids.
    """

    terms: Sequence[str]
    frequencies: NDArray[np.float64]
    stems: Sequence[str]
    lexicon: Lexicon

    @cached_property
    def _costs(self) -> dict[str, float]:
        total = float(self.frequencies.sum()) or 1.0
        costs = -np.log(np.maximum(self.frequencies, 0.5) / total)
        return dict(zip(self.terms, costs.tolist(), strict=True))

    @cached_property
    def _lengths(self) -> dict[str, tuple[int, ...]]:
        """How long the terms of two characters or more are that begin with a character."""
        lengths: dict[str, set[int]] = {}
        for term in self.terms:
            if len(term) > 1:
                lengths.setdefault(term[0], set()).add(len(term))
        return {first: tuple(sorted(found)) for first, found in lengths.items()}

    @cached_property
    def _unknown(self) -> float:
        """What a character costs that is no term."""
        return math.log(float(self.frequencies.sum()) + 2.0) + 2.0

    def cut(self, text: str) -> list[str]:
        """The likeliest cutting of the Chinese in a text into terms; a character that is no term is one by itself."""
        return [term for run in _HAN.findall(text) for term in self._cut(run)]

    def _cut(self, run: str) -> list[str]:
        costs, lengths, unknown = self._costs, self._lengths, self._unknown
        n = len(run)
        best, last = [0.0] + [math.inf] * n, [0] * (n + 1)
        for start, char in enumerate(run):
            before = best[start]
            cost = before + costs.get(char, unknown)
            if cost < best[start + 1]:
                best[start + 1], last[start + 1] = cost, start
            for length in lengths.get(char, ()):
                end = start + length
                if end > n:
                    break
                known = costs.get(run[start:end])
                if known is not None and before + known < best[end]:
                    best[end], last[end] = before + known, start
        terms, end = [], n
        while end:
            terms.append(run[last[end] : end])
            end = last[end]
        return terms[::-1]

    def render(self) -> str:
        """The table as the text of its file."""
        source, target, counts = self.lexicon.source, self.lexicon.target, self.lexicon.counts
        ends = np.searchsorted(source, np.arange(1, len(self.terms) + 1))
        lines, start = [], 0
        for term, frequency, end in zip(self.terms, self.frequencies, ends.tolist(), strict=True):
            order = start + np.argsort(-counts[start:end], kind="stable")
            words = " ".join(f"{self.stems[target[k]]} {counts[k]:.0f}" for k in order)
            lines.append(f"{term}\t{frequency:.0f}\t{words}\n")
            start = end
        return "".join(lines)


def parse_table(lines: Iterable[str]) -> WordTable:
    """Read a table that `WordTable.render` wrote."""
    rows = [line.rstrip("\n").split("\t") for line in lines]
    words = [row[2].split() for row in rows]
    all_stems = [stem for found in words for stem in found[::2]]
    ids = {stem: place for place, stem in enumerate(dict.fromkeys(all_stems))}
    lexicon = Lexicon(
        np.repeat(np.arange(len(rows), dtype=np.int32), [len(found) // 2 for found in words]),
        np.array([ids[stem] for stem in all_stems], np.int32),
        np.array([count for found in words for count in found[1::2]], np.float64),
    )
    return WordTable([row[0] for row in rows], np.array([float(row[1]) for row in rows]), list(ids), lexicon)


@lru_cache(maxsize=1)
def packaged_table() -> WordTable:
    """The table in the package."""
    with gzip.open(PACKAGED, "rt", encoding="utf-8") as lines:
        return parse_table(lines)
