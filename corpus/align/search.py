"""The best way through two texts: dynamic programming over links, within a band.

A way goes from before the first sentences of both texts to behind the last, link after link. Only places within a
band are looked at, so that time and memory grow with the length of the texts and not with its square. Scores are
whole numbers (of `SCALE` to a nat), so that sums are exact, equal ways are equal, and the one that is taken does not
depend on the machine: the kind of link that stands first in `SHAPES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["SCALE", "SHAPES", "Band", "LinkScorer", "best_path"]

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

_ROWS, _COLUMNS = 128, 512
"""Places of a block that are scored together."""


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


def best_path(band: Band, scorer: LinkScorer, priors: Sequence[int]) -> list[tuple[range, range]]:
    """Find the best way through a band.

    Args:
        band: where to look.
        scorer: of links with two sides.
        priors: for each of `SHAPES` what such a link costs whatever it says (0 or less); all that 1:0 and 0:1 have.

    Returns:
        The links in order; together they hold every sentence of either side exactly once.
    """
    n_rows = len(band.low)
    moves: list[NDArray[np.int8]] = []
    recent: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    longest = max(a for a, _ in SHAPES)
    rows = _rows_of_scores(band, scorer)
    for i in range(n_rows):
        best, move = _row(i, band, recent, priors)
        moves.append(move)
        # The last row begins no link with two sides.
        recent[i] = best, next(rows) if i < n_rows - 1 else np.empty((0, 0), np.int64)
        recent.pop(i - longest, None)
    return _walk_back(band, moves)


def _row(
    i: int, band: Band, recent: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]], priors: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """The best score of each place of a row, and the last link on the way to it."""
    low, width = int(band.low[i]), int(band.high[i] - band.low[i]) + 1
    best = np.full(width, NEVER)
    move = np.full(width, -1, np.int8)
    if i == 0:
        best[0] = 0
    for shape, (a, b) in enumerate(SHAPES):
        if a == 0 or a > i:
            continue
        before, scores = recent[i - a]
        first = int(band.low[i - a]) + b - low  # where the first place of that row leads to in this one
        start, end = max(0, -first), min(len(before), width - first)
        if start >= end:
            continue
        reached = before[start:end] + priors[shape]
        if b:
            reached = reached + scores[shape, start:end]
        here = slice(start + first, end + first)
        better = reached > best[here]
        best[here][better] = reached[better]
        move[here][better] = shape
    # Along the row: any number of 0:1.
    steps = np.arange(width, dtype=np.int64) * priors[-1]
    level = best - steps
    highest = np.maximum.accumulate(level)
    along = highest > level
    move[along] = len(SHAPES) - 1
    return np.maximum(highest + steps, NEVER), move


def _rows_of_scores(band: Band, scorer: LinkScorer) -> Iterator[NDArray[np.int64]]:
    """For each row but the last the scores of the links that begin in it, ``(N_MATCHED, width of the row)``."""
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
        block = np.concatenate(blocks, axis=2)
        for i in range(start, end):
            yield block[:, i - start, int(band.low[i]) - low : int(band.high[i]) - low + 1]
        start = end


def _walk_back(band: Band, moves: Sequence[NDArray[np.int8]]) -> list[tuple[range, range]]:
    i, j = len(band.low) - 1, int(band.high[-1])
    links = []
    while i or j:
        a, b = SHAPES[moves[i][j - int(band.low[i])]]
        links.append((range(i - a, i), range(j - b, j)))
        i, j = i - a, j - b
    return links[::-1]
