"""Where each word of one side comes from on the other: a hidden Markov model.

The model is Vogel, Ney and Tillmann's (1996, https://aclanthology.org/C96-2141): every word of the target comes from a
word of the source, and where that one stands depends on where the one before it came from. As with Och and Ney (2003,
section 2.2), a word may come from nowhere, and the model then remembers where it was.

Sentences of one source length go together, and each of them gives the same numbers whatever stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FARTHEST", "NOWHERE", "Jumps", "posteriors"]

FARTHEST = 10
"""Jumps of more words count as jumps of so many, shared out among all places that are so far."""

NOWHERE = 0.2
"""How likely a word comes from nowhere."""

_ANYWHERE = 0.1
"""The share of jumps that may lead anywhere, so that none is out of the question (Och and Ney 2003, section 3.2)."""

_WHOLE = 160
"""Places up to which a matrix of all ways is quicker than to move likelihoods by one jump after the other."""

Floats = NDArray[np.float64]
Step = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Jumps:
    """How likely it is to go so many words on from one target word to the next.

    Attributes:
        chances: ``(2 * FARTHEST + 1,)``, from ``-FARTHEST`` to ``FARTHEST``; need not sum to one.
        nowhere: how likely a target word comes from nowhere.
    """

    chances: Floats
    nowhere: float

    def matrix(self, n: int) -> Floats:
        """From each place of ``n`` to each, ``(n, n)``; rows sum to one."""
        places = np.arange(n)
        chances = self.chances[np.clip(places[None, :] - places[:, None], -FARTHEST, FARTHEST) + FARTHEST]
        matrix: Floats = (1 - _ANYWHERE) * chances / chances.sum(1, keepdims=True) + _ANYWHERE / n
        return matrix

    def steps(self, n: int) -> tuple[Step, Step]:
        """From likelihoods of ``n`` places, ``(n_pairs, n)``, to those one word on; and the same against the way."""
        if n <= _WHOLE:
            matrix = self.matrix(n)
            return _product(matrix), _product(matrix.T.copy())
        places = np.arange(n)
        total = np.array([self.chances[np.clip(places - i, -FARTHEST, FARTHEST) + FARTHEST].sum() for i in range(n)])

        def onward(likely: Floats) -> Floats:
            near: Floats = _shifted(likely / total, self.chances)
            moved: Floats = (1 - _ANYWHERE) * near + _ANYWHERE / n * likely.sum(1, keepdims=True)
            return moved

        def against(likely: Floats) -> Floats:
            near: Floats = _shifted(likely, self.chances[::-1]) / total
            moved: Floats = (1 - _ANYWHERE) * near + _ANYWHERE / n * likely.sum(1, keepdims=True)
            return moved

        return onward, against


def _product(matrix: Floats) -> Step:
    """Products with a matrix, of each vector by itself, so that its numbers do not depend on how many there are."""

    def step(vectors: Floats) -> Floats:
        product: Floats = np.matmul(vectors[:, None, :], matrix)[:, 0, :]
        return product

    return step


def _shifted(likely: Floats, chances: Floats) -> Floats:
    """``likely``, ``(n_pairs, n)``, moved by each jump at its chance; far jumps lead to all places that are so far.

    ``n`` is larger than `FARTHEST`.
    """
    n = likely.shape[1]
    moved = np.zeros_like(likely)
    for way in range(1 - FARTHEST, FARTHEST):
        moved[:, max(0, way) : n + min(0, way)] += chances[way + FARTHEST] * likely[:, max(0, -way) : n - max(0, way)]
    moved[:, FARTHEST:] += chances[-1] * np.cumsum(likely, 1)[:, :-FARTHEST]
    moved[:, :-FARTHEST] += chances[0] * np.cumsum(likely[:, ::-1], 1)[:, ::-1][:, FARTHEST:]
    return moved


def posteriors(
    emissions: Floats, nowhere: Floats, lengths: NDArray[np.int64], jumps: Jumps, *, count: bool = True
) -> tuple[Floats, Floats]:
    """How likely each target word comes from each source word, by the forward-backward algorithm.

    Args:
        emissions: ``(n_pairs, n_target, n_source)``, how likely a source word becomes the target word; what stands
            after the end of a target is passed over.
        nowhere: ``(n_pairs, n_target)``, how likely the target word is by itself.
        lengths: ``(n_pairs,)``, of the targets.
        jumps: how likely ways are.
        count: whether the jumps are counted, which takes as long as all else where sentences are long.

    Returns:
        ``(n_pairs, n_target, n_source)``: rows sum to one, less what comes from nowhere; 0 after the end of a target.
        And ``(2 * FARTHEST + 1,)``: how often each jump is expected; zeros where they are not counted.
    """
    n_pairs, n_target, n_source = emissions.shape
    onward_from, against_from = jumps.steps(n_source)
    inside = np.arange(n_target)[None, :] < lengths[:, None]
    likely = emissions * (1 - jumps.nowhere)
    empty = (nowhere * jumps.nowhere)[:, :, None]
    # What is behind: how likely the word before, or the last one before it that came from somewhere, came from there.
    before = np.empty((n_target, n_pairs, n_source))
    arrives = np.empty((n_target, n_pairs, n_source))
    came = np.full((n_pairs, n_source), 1 / n_source)
    arrive = came  # the first word may stand anywhere
    for j in range(n_target):
        before[j] = came
        arrives[j] = arrive
        came = arrive * likely[:, j] + came * empty[:, j]
        came /= _sums(came)
        arrive = onward_from(came)
    # What is ahead, and with it what is likely.
    found = np.zeros((n_pairs, n_target, n_source))
    matrix = jumps.matrix(n_source) if count else np.zeros((0, 0))
    ways = np.zeros_like(matrix)
    ahead = np.ones((n_pairs, n_source))
    for j in range(n_target - 1, -1, -1):
        here = inside[:, j, None]
        word = likely[:, j] * ahead
        onward = against_from(word) + empty[:, j] * ahead
        stays = before[j] * empty[:, j] * ahead
        comes = arrives[j] * word
        found[:, j] = np.where(here, comes / _sums(comes + stays), 0.0)
        if j and count:
            shares = np.where(here, before[j] / _sums(before[j] * onward), 0.0)
            ways += (shares.T @ word) * matrix
        ahead = np.where(here, onward / _sums(onward), ahead)
    return found, _by_jump(ways)


def _sums(rows: Floats) -> Floats:
    """The sum of each row, as a column; never 0."""
    sums: Floats = np.maximum(rows.sum(1, keepdims=True), 1e-300)
    return sums


def _by_jump(ways: Floats) -> Floats:
    n = len(ways)
    way = np.clip(np.arange(n)[None, :] - np.arange(n)[:, None], -FARTHEST, FARTHEST) + FARTHEST
    return np.bincount(way.ravel(), ways.ravel(), minlength=2 * FARTHEST + 1).astype(np.float64)
