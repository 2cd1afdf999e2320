"""Near copies of some texts among others, found exactly: by comparing, not by estimate.

Of each text the runs of characters that are rarest here are indexed, as many of them as a text of the wanted similarity
cannot do without all of (prefix filtering: R. J. Bayardo, Y. Ma and R. Srikant, "Scaling up all pairs similarity
search", WWW 2007); what shares one of them is compared in full. That is quick where the indexed texts are few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil

from corpus.signals.keys import shingles
from corpus.signals.minhash import LEAST_RUNS

__all__ = ["CopyIndex"]


class CopyIndex:
    """Some texts, in which the copies and near copies of others are found.

    Args:
        keys: the texts, as `corpus.signals.keys.key` makes them; all of them stay in memory.
        run: characters of a run.
        threshold: Jaccard similarity of the sets of runs from which on two texts are near copies.
    """

    def __init__(self, keys: Sequence[str], run: int, threshold: float) -> None:
        self._run, self._threshold = run, threshold
        self._whole: dict[str, int] = {}
        self._runs: list[frozenset[str]] = []
        self._postings: dict[str, list[int]] = {}
        for at, key in enumerate(keys):
            if key:
                self._whole.setdefault(key, at)
            self._runs.append(self._runs_of(key))
        self._index()

    def _runs_of(self, key: str) -> frozenset[str]:
        """The runs of a text that is long enough; none of another."""
        if len(key) - self._run + 1 < LEAST_RUNS:
            return frozenset()
        return frozenset(shingles(key, self._run))

    def _index(self) -> None:
        times = Counter(run for runs in self._runs for run in runs)
        for at, runs in enumerate(self._runs):
            n_kept = len(runs) - ceil(self._threshold * len(runs)) + 1 if runs else 0
            for run in sorted(runs, key=lambda run: (times[run], run))[:n_kept]:
                self._postings.setdefault(run, []).append(at)

    def copy_of(self, key: str) -> int | None:
        """The first text here that is the same; None where there is none."""
        return self._whole.get(key)

    def near_copies(self, key: str) -> Iterator[tuple[int, float]]:
        """The texts here that are as similar as is asked for, in order, each with its similarity."""
        runs = self._runs_of(key)
        found = {at for run in runs if run in self._postings for at in self._postings[run]}
        for at in sorted(found):
            shared = len(runs & self._runs[at])
            similarity = shared / (len(runs) + len(self._runs[at]) - shared)
            if similarity >= self._threshold:
                yield at, similarity
