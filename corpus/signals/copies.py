"""Near copies of some texts among others, found exactly: by comparing, not by estimate.

Of two texts that are similar enough, the rarest runs of characters of either, as many of each as it cannot do without
all of, have one in common (prefix filtering: R. J. Bayardo, Y. Ma and R. Srikant, "Scaling up all pairs similarity
search", WWW 2007). Only texts that share such a run are compared in full; most share none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import ceil

from corpus.signals.keys import shingles
from corpus.signals.minhash import LEAST_RUNS

__all__ = ["CopyIndex", "runs_of"]


def runs_of(key: str, run: int) -> frozenset[str]:
    """The runs of characters of a text that is long enough to be a near copy; none of another.

    Args:
        key: the text, as `corpus.signals.keys.key` makes it.
        run: characters of a run.
    """
    if len(key) - run + 1 < LEAST_RUNS:
        return frozenset()
    return frozenset(shingles(key, run))


class CopyIndex:
    """Some texts, in which the copies and near copies of others are found.

    Args:
        keys: the texts, as `corpus.signals.keys.key` makes them; all of them stay in memory.
        run: characters of a run.
        threshold: Jaccard similarity of the sets of runs from which on two texts are near copies.
    """

    def __init__(self, keys: Sequence[str], run: int, threshold: float) -> None:
        self._threshold = threshold
        self._whole: dict[str, int] = {}
        self._runs: list[frozenset[str]] = []
        self._postings: dict[str, list[int]] = {}
        for at, key in enumerate(keys):
            if key:
                self._whole.setdefault(key, at)
            self._runs.append(runs_of(key, run))
        self._index()

    def _index(self) -> None:
        self._times = Counter(run for runs in self._runs for run in runs)
        for at, runs in enumerate(self._runs):
            for run in self._rarest(runs, self._n_needed(runs)):
                self._postings.setdefault(run, []).append(at)

    def _n_needed(self, runs: frozenset[str]) -> int:
        """How many runs a text may not lack altogether and still be similar enough."""
        return len(runs) - ceil(self._threshold * len(runs)) + 1 if runs else 0

    def _rarest(self, runs: Iterable[str], n: int) -> list[str]:
        return sorted(runs, key=lambda run: (self._times[run], run))[:n]

    def copy_of(self, key: str) -> int | None:
        """The first text here that is the same; None where there is none."""
        return self._whole.get(key)

    def near_copies(self, runs: frozenset[str]) -> Iterator[tuple[int, float]]:
        """The texts here that are as similar as is asked for, in order, each with its similarity.

        Args:
            runs: of a text, as `runs_of` gives them for the characters of a run here.
        """
        known = [run for run in runs if run in self._times]
        # The rarest are those that no text here has; where they are enough, nothing here can be similar.
        n_known = self._n_needed(runs) - (len(runs) - len(known))
        if n_known <= 0:
            return
        found = {at for run in self._rarest(known, n_known) for at in self._postings.get(run, ())}
        for at in sorted(found):
            shared = len(runs & self._runs[at])
            similarity = shared / (len(runs) + len(self._runs[at]) - shared)
            if similarity >= self._threshold:
                yield at, similarity
