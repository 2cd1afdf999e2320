"""Finds copies of a pair that was seen before.

What was seen is kept as 64-bit hashes, so a million pairs take a few hundred MB and no sentence is stored.
"""

from __future__ import annotations

import zlib
from collections import Counter

from corpus.signals.keys import digest, key, shingles, skeleton

__all__ = ["Seen"]

_SKETCH = 3
_PER_SKELETON = 2


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

    def copy_of(self, source: str, target: str) -> str | None:
        """``copy``, ``near_copy``, or None for a new pair, which is remembered."""
        zh, en = key(source), key(target)
        whole = digest(f"{zh}\t{en}")
        if whole in self._keys:
            return "copy"
        bones = digest(f"{skeleton(source)}\t{skeleton(target)}")
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
