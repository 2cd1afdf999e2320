"""Signals that need more than the pair, the whole corpus or test sets: which there are, and how they are computed.

Each function takes arrays with an element a pair, in the order of the corpus, and gives one more; NaN stands where the
question does not arise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from corpus.signals import benchmarks
from translate.text.flags import Flag

__all__ = [
    "ACROSS",
    "ACROSS_FLAGS",
    "OVERLAPS",
    "CorpusSignal",
    "among_several",
    "corpus_z",
    "earlier",
    "earlier_pairs",
]

_MAD = 1.4826
"""Standard deviation of a normal distribution whose median absolute deviation is 1."""


@dataclass(frozen=True, slots=True)
class CorpusSignal:
    """A number of a pair that depends on its corpus, or on the test sets that it is held against.

    Attributes:
        name: of its column.
        version: raised when the same corpus, and the same test sets, give another number.
        unit: what is counted, or measured.
        low: the least it can be.
        high: the most it can be; ``inf`` where there is no end.
        meaning: one clause, for the documentation.
    """

    name: str
    version: int
    unit: str
    low: float
    high: float
    meaning: str


ACROSS: Mapping[str, CorpusSignal] = {
    signal.name: signal
    for signal in (
        CorpusSignal("length_z_corpus", 1, "standard deviations", -inf, inf, "`length_z` against that of the corpus"),
        CorpusSignal("source_repeats", 1, "pairs", 0, inf, "earlier pairs with the same source, where it comes again"),
        CorpusSignal("target_repeats", 1, "pairs", 0, inf, "earlier pairs with the same target, where it comes again"),
        CorpusSignal("source_cluster", 1, "index", 0, inf, "the first pair with that source or a near copy of it"),
        CorpusSignal("target_cluster", 1, "index", 0, inf, "the first pair with that target or a near copy of it"),
        CorpusSignal("source_overlap", benchmarks.VERSION, "share", 0, 1, "what test sets have of the source"),
        CorpusSignal("target_overlap", benchmarks.VERSION, "share", 0, 1, "what test sets have of the target"),
    )
}
"""By name, in the order of their columns."""

OVERLAPS = ("source_overlap", "target_overlap")
"""Those that need test sets."""


ACROSS_FLAGS: Mapping[Flag, int] = {
    Flag.DUPLICATE: 1,
    Flag.NEAR_DUPLICATE: 1,
    Flag.CONTAMINATED: benchmarks.VERSION,
}
"""Flags that need more than the pair, which scoring sets or takes away, with their versions."""


def corpus_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each value is from the median, in standard deviations as the median absolute deviation tells them.

    So a tenth of the pairs may be garbage without moving the measure (B. Iglewicz and D. Hoaglin, "How to Detect and
    Handle Outliers", 1993). NaN where half of the values are the same.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return values
    middle = np.median(known)
    spread = float(_MAD * np.median(np.abs(known - middle)))
    return (values - middle) / spread if spread > 0 else np.full_like(values, np.nan)


def earlier(hashes: NDArray[np.uint64], blank: int) -> NDArray[np.float64]:
    """How often each hash came before; NaN for one that comes once, and for ``blank``."""
    _, groups, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    order = np.argsort(groups, kind="stable")
    ranks = np.empty(len(hashes))
    ranks[order] = np.arange(len(hashes)) - np.repeat(np.cumsum(counts) - counts, counts)
    ranks[(counts[groups] < 2) | (hashes == blank)] = np.nan
    return ranks


def among_several(firsts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The first of each one's cluster; NaN where it has no other member."""
    sizes = np.bincount(firsts, minlength=len(firsts))
    return np.where(sizes[firsts] > 1, firsts.astype(np.float64), np.nan)


def earlier_pairs(sources: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether an earlier pair has both its source and its target in the clusters of this one's.

    Args:
        sources: ``(n_pairs,)``, the first of the cluster of each source.
        targets: the same of each target.
    """
    both = sources.astype(np.uint64) << np.uint64(32) | targets.astype(np.uint64)
    _, firsts, groups = np.unique(both, return_index=True, return_inverse=True)
    found: NDArray[np.bool_] = firsts[groups] < np.arange(len(both))
    return found
