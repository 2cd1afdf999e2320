"""Finds sentences of a test set in a corpus, on either side.

Everything is kept as hashes, of 64 bits for a sentence and of 32 for a run of characters; no sentence is stored.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from corpus.signals.keys import digest, key, shingles

__all__ = ["Overlap"]


class Overlap:
    """Knows sentences that must not be trained on.

    Args:
        chinese: Chinese sentences to keep out.
        english: English ones.
    """

    n_zh, n_en = 8, 20
    """Characters of a run that is looked for, on a `key`: about five words."""

    def __init__(self, chinese: Iterable[str], english: Iterable[str]) -> None:
        self._zh, self._zh_runs = _index(chinese, self.n_zh)
        self._en, self._en_runs = _index(english, self.n_en)

    def holds(self, source: str, target: str) -> bool:
        """Whether either side is one of the sentences, or consists by half or more of runs that stand in them."""
        zh, en = key(source), key(target)
        if digest(zh) in self._zh or digest(en) in self._en:
            return True
        return _share(zh, self.n_zh, self._zh_runs) >= 0.5 or _share(en, self.n_en, self._en_runs) >= 0.5


def _index(texts: Iterable[str], n: int) -> tuple[set[int], set[int]]:
    whole: set[int] = set()
    runs: set[int] = set()
    for text in texts:
        compact = key(text)
        if compact:
            whole.add(digest(compact))
            runs.update(zlib.crc32(run.encode()) for run in shingles(compact, n))
    return whole, runs


def _share(compact: str, n: int, runs: set[int]) -> float:
    """Share of the text's runs that are known; 0 for a text too short to tell chance from copy."""
    n_runs = len(compact) - n + 1
    if n_runs < n:
        return 0.0
    return sum(zlib.crc32(compact[i : i + n].encode()) in runs for i in range(n_runs)) / n_runs
