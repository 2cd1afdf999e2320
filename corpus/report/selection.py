"""Which pairs a page shows, where it cannot show all of them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

__all__ = ["Selection", "select"]

_SEED = 0


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the pairs of a corpus.

    Attributes:
        places: of the pairs, ascending, from 0.
        rank: of each of these, 0 for the one that is most suspicious.
        is_random: whether each was drawn at random; all False where every pair is shown.
        n_of: how many pairs there are.
    """

    places: NDArray[np.int64]
    rank: NDArray[np.int64]
    is_random: NDArray[np.bool_]
    n_of: int

    @property
    def is_all(self) -> bool:
        """Whether no pair is left out."""
        return len(self.places) == self.n_of


def select(suspicion: NDArray[np.float64], n_most: int) -> Selection:
    """All pairs, or where there are more than ``n_most``: half of that number the worst, half at random of the others.

    The same suspicions give the same selection.

    Args:
        suspicion: of each pair, shape ``(n_pairs,)``; higher is worse.
        n_most: how many pairs to show.
    """
    n = len(suspicion)
    order = np.argsort(-suspicion, kind="stable")  # the first of those that are equally bad comes first
    is_random = np.zeros(n, dtype=bool)
    if n <= n_most:
        places = np.arange(n)
    else:
        n_worst = (n_most + 1) // 2
        drawn = order[n_worst:][Random(_SEED).sample(range(n - n_worst), n_most - n_worst)]
        is_random[drawn] = True
        places = np.sort(np.concatenate([order[:n_worst], drawn]))
    ranks = np.empty(n, dtype=np.int64)
    ranks[order] = np.arange(n)
    rank = np.argsort(np.argsort(ranks[places], kind="stable"), kind="stable")
    return Selection(places, rank, is_random[places], n)
