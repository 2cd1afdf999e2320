"""Where each word of one side comes from on the other: a hidden Markov model.

The model is Vogel, Ney and Tillmann's (1996, https://aclanthology.org/C96-2141): every word of the target comes from a
word of the source, and where that one stands depends on where the one before it came from. As with Och and Ney (2003,
section 2.2), a word may come from nowhere, and the model then remembers where it was.

Sentences of one source length go together, and each of them gives the same numbers whatever stands beside it.
"""

from __future__ import annotations

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

Floats = NDArray[np.float64]


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


def posteriors(emissions: Floats, nowhere: Floats, lengths: NDArray[np.int64], jumps: Jumps) -> tuple[Floats, Floats]:
    """How likely each target word comes from each source word, by the forward-backward algorithm.

    Args:
        emissions: ``(n_pairs, n_target, n_source)``, how likely a source word becomes the target word; what stands
            after the end of a target is passed over.
        nowhere: ``(n_pairs, n_target)``, how likely the target word is by itself.
        lengths: ``(n_pairs,)``, of the targets.
        jumps: how likely ways are.

    Returns:
        ``(n_pairs, n_target, n_source)``: rows sum to one, less what comes from nowhere; 0 after the end of a target.
        And ``(2 * FARTHEST + 1,)``: how often each jump is expected.
    """
    n_pairs, n_target, n_source = emissions.shape
    matrix = jumps.matrix(n_source)
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
        arrive = _step(came, matrix)
    # What is ahead, and with it what is likely.
    found = np.zeros((n_pairs, n_target, n_source))
    ways = np.zeros((n_source, n_source))
    back = matrix.T.copy()
    ahead = np.ones((n_pairs, n_source))
    for j in range(n_target - 1, -1, -1):
        here = inside[:, j, None]
        word = likely[:, j] * ahead
        onward = _step(word, back) + empty[:, j] * ahead
        stays = before[j] * empty[:, j] * ahead
        comes = arrives[j] * word
        found[:, j] = np.where(here, comes / _sums(comes + stays), 0.0)
        if j:
            shares = np.where(here, before[j] / _sums(before[j] * onward), 0.0)
            ways += (shares.T @ word) * matrix
        ahead = np.where(here, onward / _sums(onward), ahead)
    return found, _by_jump(ways)


def _sums(rows: Floats) -> Floats:
    """The sum of each row, as a column; never 0."""
    sums: Floats = np.maximum(rows.sum(1, keepdims=True), 1e-300)
    return sums


def _step(vectors: Floats, matrix: Floats) -> Floats:
    """``vectors @ matrix``, each by itself, so that its numbers do not depend on how many there are."""
    product: Floats = np.matmul(vectors[:, None, :], matrix)[:, 0, :]
    return product


def _by_jump(ways: Floats) -> Floats:
    n = len(ways)
    way = np.clip(np.arange(n)[None, :] - np.arange(n)[:, None], -FARTHEST, FARTHEST) + FARTHEST
    return np.bincount(way.ravel(), ways.ravel(), minlength=2 * FARTHEST + 1).astype(np.float64)
