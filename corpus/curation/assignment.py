"""Which pair of a corpus goes into which set: whole documents, and no text with a copy in another set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from translate.errors import UsageError

__all__ = ["NO_SET", "Sets", "SplitSet", "Units", "assign", "copies_in"]

Indexes = NDArray[np.int64]
Sets = NDArray[np.int8]


class SplitSet(IntEnum):
    """A set, in the order in which one is preferred where a text could stand in either."""

    TEST = 0
    DEV = 1
    TRAIN = 2


NO_SET = 3
"""In the place of a set where there is none."""


@dataclass(frozen=True, slots=True)
class Units:
    """What goes into a set as a whole.

    Attributes:
        of_pairs: ``(n_pairs,)``, the number of the unit of each pair, from 0.
        hashes: ``(n_units,)``, of what is in each unit, so that it does not depend on the order of the corpus.
        what: ``documents`` or ``pairs``, for messages.
    """

    of_pairs: Indexes
    hashes: NDArray[np.uint64]
    what: str


def assign(units: Units, n_dev: int, n_test: int, seed: int) -> Sets:
    """Draw the units of dev and test, ``(n_pairs,)`` `SplitSet` numbers; all others are for training.

    Units come in the order of a hash of the seed and of what is in them, and one that would make a set too large is
    passed over. So a set has at most the number of pairs that was asked for, and adding documents moves few others.

    Raises:
        UsageError: no unit is small enough.
    """
    sizes = np.bincount(units.of_pairs, minlength=len(units.hashes))
    order = sorted(range(len(units.hashes)), key=lambda unit: _drawn(int(units.hashes[unit]), seed))
    if len(order) == 1 and units.what != "documents" and n_dev + n_test:
        raise UsageError(f"all {sizes[0]} pairs are copies or near copies of one another: no set can be apart")
    found = np.full(len(units.hashes), SplitSet.TRAIN, np.int8)
    taken: set[int] = set()
    for split_set, wanted in ((SplitSet.TEST, n_test), (SplitSet.DEV, n_dev)):
        chosen = _fill([unit for unit in order if unit not in taken], sizes, wanted)
        if wanted and not chosen:
            least = min((int(sizes[unit]) for unit in order if unit not in taken), default=0)
            raise UsageError(
                f"{split_set.name.lower()} should have {wanted} pairs, and the smallest of the {units.what} that are "
                f"left has {least}; ask for more{', or --by pair' if units.what == 'documents' else ''}"
            )
        found[chosen] = split_set
        taken.update(chosen)
    assigned: Sets = found[units.of_pairs]
    return assigned


def _drawn(unit: int, seed: int) -> bytes:
    return blake2b(f"{seed}\t{unit}".encode(), digest_size=8).digest()


def _fill(order: Sequence[int], sizes: Indexes, wanted: int) -> list[int]:
    chosen, n = [], 0
    for unit in order:
        if n + sizes[unit] <= wanted:
            chosen.append(unit)
            n += int(sizes[unit])
        if n == wanted:
            break
    return chosen


def copies_in(sets: Sets, clusters: Sequence[Indexes]) -> Sets:
    """For each pair, ``(n_pairs,)``, the other set that the texts of its cluster belong to; `NO_SET` where it may stay.

    They belong to the set which has most of them, so that a phrase that everybody uses does not empty the training set
    for the sake of one pair in the test set; between equals it is the first of `SplitSet`. Once the pairs that have
    such a set are taken out, the texts of each cluster are in one set only.

    Args:
        sets: ``(n_pairs,)``, the set of each.
        clusters: of each side, ``(n_pairs,)``: a number that is the same for the texts of one cluster.
    """
    found = np.full(len(sets), NO_SET, np.int8)
    for cluster in clusters:
        counts = np.stack([np.bincount(cluster[sets == each], minlength=int(cluster.max()) + 1) for each in SplitSet])
        winner = np.argmax(counts, axis=0).astype(np.int8)[cluster]  # the first of the highest
        found = np.where((found == NO_SET) & (winner != sets), winner, found)
    return found
