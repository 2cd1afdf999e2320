"""Pairs drawn from a corpus of any size, the same ones on every machine."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from hashlib import blake2b

from corpus.pair import Pair

__all__ = ["Sample"]


@dataclass(slots=True, eq=False)
class Sample:
    """Keeps the pairs whose ids have the smallest hashes: each pair is as likely as any other.

    Attributes:
        size: how many pairs are wanted.
        seed: another one draws other pairs.
    """

    size: int
    seed: int = 0
    _kept: list[tuple[int, int, Pair]] = field(default_factory=list)
    _n: int = 0

    def add(self, pair: Pair) -> None:
        """Offer a pair."""
        self._n += 1
        digest = blake2b(f"{self.seed}\t{pair.id}\t{self._n}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        item = (-int.from_bytes(digest, "big"), -self._n, pair)
        if len(self._kept) < self.size:
            heapq.heappush(self._kept, item)
        elif self.size and item > self._kept[0]:
            heapq.heapreplace(self._kept, item)

    @property
    def pairs(self) -> list[Pair]:
        """Those that were drawn, in the order of the corpus."""
        return [pair for _, _, pair in sorted(self._kept, key=lambda item: -item[1])]
