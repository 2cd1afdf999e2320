"""The best way through two texts: dynamic programming over links, within a band.

A way goes from before the first sentences of both texts to behind the last, link after link. Only places within a
band are looked at, so that time and memory grow with the length of the texts and not with its square. Scores are
whole numbers (of `SCALE` to a nat), so that sums are exact, equal ways are equal, and the one that is taken does not
depend on the machine: the kind of link that stands first in `SHAPES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["SCALE", "SHAPES", "Band", "Costs", "LinkScorer", "best_path"]

SHAPES = (
    (1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (2, 2), (1, 4), (4, 1), (2, 3), (3, 2), (1, 5), (5, 1), (2, 4), (4, 2),
    (3, 3), (1, 0), (0, 1),
)  # fmt: skip
"""How many sentences of either side a link may have."""

N_MATCHED = len(SHAPES) - 2
"""Those before stand for links with two sides; the last two are 1:0 and 0:1."""

SCALE = 1024
"""Units of a score to a nat."""

NEVER = np.int64(-(1 << 50))
"""The score of what cannot be."""

_ROWS, _COLUMNS = 64, 512
"""Places of a block that are scored together."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What links cost whatever they say, 0 or less, in units of `SCALE` to a nat.

    A sentence is left out here and there, and now and then a whole passage is (a chapter, the notes, what a publisher
    writes before a book). So each 1:0 and 0:1 costs what `shapes` says, or it stands in a passage of such: to begin one
    is dear, to go on is cheap (an affine gap: Gotoh 1982, https://doi.org/10.1016/0022-2836(82)90398-9).

    Attributes:
        shapes: of a link of each of `SHAPES`, outside of passages.
        passage: of a passage.
        passage_sentence: of each 1:0 and 0:1 within it, beside that.
    """

    shapes: Sequence[int]
    passage: int
    passage_sentence: int

    def is_passage(self, n_source: int, n_target: int) -> bool:
        """Whether so many 1:0 and 0:1 on end are cheaper as a passage."""
        single = n_source * self.shapes[-2] + n_target * self.shapes[-1]
        return self.passage + (n_source + n_target) * self.passage_sentence > single


@dataclass(frozen=True, slots=True)
class Band:
    """Which places are looked at. Place (i, j) stands behind i source sentences and j target sentences.

    Attributes:
        low: ``(n_source + 1,)``, the first column of each row; 0 in the first row, never falling.
        high: the last; the number of target sentences in the last row, never falling, at least the next row's low.
    """

    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @classmethod
    def around(cls, low: NDArray[np.int64], high: NDArray[np.int64], n_target: int) -> Band:
        """The least band that holds these rows and that a way can go through."""
        low, high = np.clip(low, 0, n_target), np.clip(high, 0, n_target)
        low[0], high[-1] = 0, n_target
        low = np.minimum.accumulate(low[::-1])[::-1]
        high = np.maximum.accumulate(np.maximum(high, low))
        high[:-1] = np.maximum(high[:-1], low[1:])
        return cls(low, np.maximum.accumulate(high))

    @classmethod
    def whole(cls, n_source: int, n_target: int) -> Band:
        """Every place."""
        return cls(np.zeros(n_source + 1, np.int64), np.full(n_source + 1, n_target, np.int64))

    @property
    def n_places(self) -> int:
        """How many places there are."""
        return int((self.high - self.low + 1).sum())


class LinkScorer(Protocol):
    """Says how good links are."""

    def scores(self, rows: range, columns: range) -> NDArray[np.int64]:
        """Scores of links with two sides, ``(N_MATCHED, len(rows), len(columns))``, in units of `SCALE` to a nat.

        Args:
            rows: the first source sentence of the link.
            columns: the first target sentence of the link.

        Returns:
            `NEVER` for a link that does not fit into the texts.
        """
        ...


def best_path(band: Band, scorer: LinkScorer, costs: Costs) -> list[tuple[range, range]]:
    """Find the best way through a band.

    Args:
        band: where to look.
        scorer: of links with two sides.
        costs: what comes to that; all that 1:0 and 0:1 have.

    Returns:
        The links in order; together they hold every sentence of either side exactly once.
    """
    n_rows = len(band.low)
    steps: list[_Steps] = []
    recent: dict[int, tuple[_Row, NDArray[np.int64]]] = {}
    longest = max(a for a, _ in SHAPES)
    rows = _rows_of_scores(band, scorer, costs)
    for i in range(n_rows):
        row, step = _row(i, band, recent, costs)
        steps.append(step)
        # The last row begins no link with two sides.
        recent[i] = row, next(rows) if i < n_rows - 1 else np.empty((0, 0), np.int64)
        recent.pop(i - longest, None)
    return _walk_back(band, steps)


class _Row(NamedTuple):
    """The best scores of the places of a row, ``(width,)`` each: of ways outside of passages, in one, and of both."""

    outside: NDArray[np.int64]
    passage: NDArray[np.int64]
    best: NDArray[np.int64]


class _Steps(NamedTuple):
    """How the best ways came to the places of a row, ``(width,)`` each.

    Attributes:
        outside: the last link of the way outside of passages, by its place in `SHAPES`.
        passage: the last link of the way in a passage: with `_SOURCE` a 1:0, else a 0:1; with `_FIRST` the first of it.
            With `_BETTER` this way is better than the other.
    """

    outside: NDArray[np.int8]
    passage: NDArray[np.int8]


_SOURCE, _FIRST, _BETTER = 1, 2, 4


def _row(i: int, band: Band, recent: dict[int, tuple[_Row, NDArray[np.int64]]], costs: Costs) -> tuple[_Row, _Steps]:
    outside, shapes = _outside(i, band, recent, costs)
    passage, step = _passage(i, band, recent[i - 1][0] if i else None, outside, costs)
    better = passage > outside
    step[better] |= _BETTER
    return _Row(outside, passage, np.where(better, passage, outside)), _Steps(shapes, step)


def _outside(
    i: int, band: Band, recent: dict[int, tuple[_Row, NDArray[np.int64]]], costs: Costs
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Links with two sides, after whatever comes before; 1:0 and 0:1, after what is no passage."""
    low, width = int(band.low[i]), int(band.high[i] - band.low[i]) + 1
    ways = np.full((len(SHAPES) - 1, width), NEVER)
    for shape, (a, b) in enumerate(SHAPES[:-1]):
        if a > i:
            continue
        row, scores = recent[i - a]
        before, more = (row.best, scores[shape]) if b else (row.outside, None)
        first = int(band.low[i - a]) + b - low  # where the first place of that row leads to in this one
        start, end = max(0, -first), min(len(before), width - first)
        if start < end:
            here = ways[shape, start + first : end + first]
            np.add(before[start:end], costs.shapes[shape] if more is None else more[start:end], out=here)
    chosen = ways.argmax(axis=0)  # the first of equals
    best = ways[chosen, np.arange(width)]
    if i == 0:
        best[0] = 0
    # Along the row: any number of 0:1.
    steps = np.arange(width, dtype=np.int64) * costs.shapes[-1]
    level = best - steps
    highest = np.maximum.accumulate(level)
    chosen[highest > level] = len(SHAPES) - 1
    return np.maximum(highest + steps, NEVER), chosen.astype(np.int8)


def _passage(
    i: int, band: Band, above: _Row | None, outside: NDArray[np.int64], costs: Costs
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """1:0 and 0:1 that begin a passage or go on with one."""
    width = len(outside)
    passage = np.full(width, NEVER)
    step = np.zeros(width, np.int8)
    if above is not None:
        # Down from the row above, whose band may begin and end further left.
        first = int(band.low[i] - band.low[i - 1])
        n = min(width, len(above.best) - first)
        begun, went_on = above.outside[first : first + n] + costs.passage, above.passage[first : first + n]
        passage[:n] = np.maximum(begun, went_on) + costs.passage_sentence
        step[:n] = np.where(begun >= went_on, _SOURCE | _FIRST, _SOURCE)
    # Along the row: any number of 0:1.
    steps = np.arange(width, dtype=np.int64) * costs.passage_sentence
    begun = outside + costs.passage
    level = np.maximum(begun, passage) - steps
    highest = np.maximum.accumulate(level)
    along = np.full(width, NEVER)
    along[1:] = highest[:-1] + steps[1:]
    better = along > passage
    # The one before is of the passage already, or the passage begins behind it.
    begins = np.zeros(width, bool)
    begins[1:] = (begun >= passage)[:-1] & (level == highest)[:-1]
    step[better] = np.where(begins[better], _FIRST, 0)
    return np.maximum(np.where(better, along, passage), NEVER), step


def _rows_of_scores(band: Band, scorer: LinkScorer, costs: Costs) -> Iterator[NDArray[np.int64]]:
    """For each row but the last scores less costs of the links that begin in it, ``(N_MATCHED, width of the row)``."""
    shapes = np.array(costs.shapes[:N_MATCHED], np.int64)[:, None, None]
    n_rows = len(band.low) - 1
    start = 0
    while start < n_rows:
        end = start + 1
        # Rows whose bands lie side by side are scored together, as long as the block is not much larger than they are.
        while end < min(n_rows, start + _ROWS) and band.high[end] - band.low[start] < _COLUMNS:
            end += 1
        low, high = int(band.low[start]), int(band.high[end - 1]) + 1
        blocks = [
            scorer.scores(range(start, end), range(first, min(first + _COLUMNS, high)))
            for first in range(low, high, _COLUMNS)
        ]
        block = np.concatenate(blocks, axis=2) + shapes
        for i in range(start, end):
            yield block[:, i - start, int(band.low[i]) - low : int(band.high[i]) - low + 1]
        start = end


def _walk_back(band: Band, steps: Sequence[_Steps]) -> list[tuple[range, range]]:
    i, j = len(band.low) - 1, int(band.high[-1])
    links = []
    in_passage: bool | None = None  # None after a link with two sides: whichever is better
    while i or j:
        place = j - int(band.low[i])
        step = int(steps[i].passage[place])
        if in_passage or (in_passage is None and step & _BETTER):
            a, b = (1, 0) if step & _SOURCE else (0, 1)
            in_passage = not step & _FIRST
        else:
            a, b = SHAPES[steps[i].outside[place]]
            in_passage = None if a and b else False
        links.append((range(i - a, i), range(j - b, j)))
        i, j = i - a, j - b
    return links[::-1]
