"""How often each word of the one language became each word of the other, and how likely that makes the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chances", "WordCounts"]

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

_PRIOR = 3.0
"""How many occurrences of a word weigh as much as what is known of no word in particular."""


@dataclass(frozen=True, slots=True)
class Chances:
    """What the words of some sentence pairs become.

    Attributes:
        there: ``(n_pairs, n_target, n_source)``, how likely each source word becomes each target word.
        back: ``(n_pairs, n_source, n_target)``, the other way round.
        of_target: ``(n_pairs, n_target)``, how likely each target word is by itself.
        of_source: ``(n_pairs, n_source)``.
    """

    there: Floats
    back: Floats
    of_target: Floats
    of_source: Floats


@dataclass(frozen=True, slots=True)
class WordCounts:
    """Expected counts of translations, of words by their ids; the id -1 is every word that is not known.

    Attributes:
        keys: ``source id * n_targets + target id`` of each two words that go together, ascending.
        values: how often they did; above 0.
        sources: ``(n_sources + 1,)``, how often each source word went with any; 0 last, for what is not known.
        targets: ``(n_targets + 1,)``, the same of target words.
    """

    keys: Ids
    values: Floats
    sources: Floats
    targets: Floats

    @classmethod
    def of(cls, keys: Ids, values: Floats, n_sources: int, n_targets: int) -> Self:
        """Sum what stands under the same key."""
        order = np.argsort(keys, kind="stable")
        keys, values = keys[order], values[order]
        firsts = np.flatnonzero(np.diff(keys, prepend=-1))
        keys, values = keys[firsts], np.add.reduceat(values, firsts) if len(firsts) else values
        sources = np.bincount(keys // n_targets, values, minlength=n_sources + 1).astype(np.float64)
        targets = np.bincount(keys % n_targets, values, minlength=n_targets + 1).astype(np.float64)
        return cls(keys, values, sources, targets)

    @property
    def n_targets(self) -> int:
        """How many target words are known."""
        return len(self.targets) - 1

    def chances(self, sources: Ids, targets: Ids) -> Chances:
        """What words become.

        Args:
            sources: ``(n_pairs, n_source)``, ids.
            targets: ``(n_pairs, n_target)``.
        """
        wanted = sources[:, None, :] * self.n_targets + targets[:, :, None]
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        is_known = (self.keys[places] == wanted) & (sources >= 0)[:, None, :] & (targets >= 0)[:, :, None]
        found = np.where(is_known, self.values[places], 0.0)
        here, there = self.sources[sources], self.targets[targets]
        total = float(self.sources.sum()) + 1.0
        of_source, of_target = (here + 0.5) / total, (there + 0.5) / total
        forward = (found + _PRIOR * of_target[:, :, None]) / (here + _PRIOR)[:, None, :]
        back = (found + _PRIOR * of_source[:, None, :]) / (there + _PRIOR)[:, :, None]
        return Chances(forward, np.ascontiguousarray(back.transpose(0, 2, 1)), of_target, of_source)
