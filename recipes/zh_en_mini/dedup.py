"""Finds copies: of a pair seen before, and of a test sentence on either side.

Everything is kept as 64-bit or 32-bit hashes, so a million pairs take a few hundred MB and no sentence is stored.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable

from recipes.zh_en_mini.sources import Pair
from recipes.zh_en_mini.text import key, shingles, skeleton

__all__ = ["Overlap", "Seen", "digest"]

_SKETCH = 3
_PER_SKELETON = 2


def digest(text: str) -> int:
    """A 64-bit hash that is the same in every run."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


class Seen:
    """Remembers pairs and tells a copy from a new one.

    A copy is a pair whose sides have the `key` of a pair seen before. A near copy differs only in its digits (two of
    a kind are kept: numbers are worth learning), or has on both sides the same smallest three hashes of all runs of
    five characters, which two texts of similarity J share with a probability of about J³ (Broder 1997, "On the
    resemblance and containment of documents").
    """

    def __init__(self) -> None:
        self._keys: set[int] = set()
        self._sketches: set[int] = set()
        self._skeletons: Counter[int] = Counter()

    def copy_of(self, pair: Pair) -> str | None:
        """``copy``, ``near_copy``, or None for a new pair, which is remembered."""
        zh, en = key(pair.zh), key(pair.en)
        whole = digest(f"{zh}\t{en}")
        if whole in self._keys:
            return "copy"
        bones = digest(f"{skeleton(pair.zh)}\t{skeleton(pair.en)}")
        sketch = digest(f"{_sketch(zh)}\t{_sketch(en)}") if len(zh) > 12 else whole
        if self._skeletons[bones] >= _PER_SKELETON or (sketch in self._sketches and not self._skeletons[bones]):
            return "near_copy"
        self._keys.add(whole)
        self._skeletons[bones] += 1
        self._sketches.add(sketch)
        return None


def _sketch(compact: str) -> list[int]:
    hashes = {zlib.crc32(shingle.encode()) for shingle in shingles(compact, 5)}
    return sorted(hashes)[:_SKETCH]


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

    def holds(self, pair: Pair) -> bool:
        """Whether either side is one of the sentences, or consists by half or more of runs that stand in them."""
        zh, en = key(pair.zh), key(pair.en)
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
