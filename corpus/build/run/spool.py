"""The sentences of all inputs on disk, in order, until it is known which of them are copies."""

from __future__ import annotations

import pickle
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.build.run.blocks import Block
from corpus.build.run.distinct import HASH_BYTES, Copies, SentenceHashes
from corpus.build.run.rows import Rows

__all__ = ["SentenceSpool"]


class SentenceSpool:
    """Sentences in the order of the inputs.

    Args:
        folder: for temporary files; on a disk with room for the texts of the inputs.
        n_bytes: of the inputs, about.
    """

    def __init__(self, folder: Path, n_bytes: int) -> None:
        self._folder = folder
        self._hashes = SentenceHashes(folder, n_bytes)
        self._starts = array("Q")  # of each source the number of its first sentence
        self._n_blocks = 0
        self._n = 0

    def fill(self, blocks: Iterable[Block]) -> None:
        """Take all of them."""
        with (self._folder / "blocks").open("wb") as file:
            for block in blocks:
                for first, source in block.sources:
                    while len(self._starts) <= source:
                        self._starts.append(self._n + first)
                self._hashes.add(block.digests)
                pickle.dump((block.rows, block.digests), file, pickle.HIGHEST_PROTOCOL)
                self._n_blocks += 1
                self._n += len(block.rows)

    def _dropped(self, dropped: Iterable[int]) -> list[tuple[int, int]]:
        """The sentences of some sources, as ranges."""
        ends = [*self._starts[1:], self._n]
        ranges = ((self._starts[source], ends[source]) for source in sorted(dropped) if source < len(ends))
        return [(first, end) for first, end in ranges if first < end]

    def copies(self, dropped: Iterable[int]) -> Copies:
        """Find those that are the same as an earlier one.

        Args:
            dropped: sources that do not count.
        """
        return self._hashes.copies(self._dropped(dropped))

    def sentences(self, dropped: Iterable[int]) -> Iterator[tuple[Rows, NDArray[np.uint8]]]:
        """All of them but those of some sources, in order, with the hash of each."""
        ranges = self._dropped(dropped)
        firsts, ends = [first for first, _ in ranges], [end for _, end in ranges]
        at = 0
        with (self._folder / "blocks").open("rb") as file:
            for _ in range(self._n_blocks):
                loaded: tuple[Rows, bytes] = pickle.load(file)
                rows, digests = loaded[0], np.frombuffer(loaded[1], np.uint8).reshape(-1, HASH_BYTES)
                here = ranges[bisect_right(ends, at) : bisect_left(firsts, at + len(rows))]
                yield from _outside(rows, digests, [(first - at, end - at) for first, end in here])
                at += len(rows)


def _outside(
    rows: Rows, digests: NDArray[np.uint8], ranges: Sequence[tuple[int, int]]
) -> Iterator[tuple[Rows, NDArray[Any]]]:
    """What of some rows lies in none of some ranges, which are in rising order and touch them."""
    if not ranges:
        yield rows, digests
        return
    for first, end in zip([0, *(end for _, end in ranges)], [*(first for first, _ in ranges), len(rows)], strict=True):
        if first < end:
            yield rows.cut(first, end)[0], digests[first:end]
