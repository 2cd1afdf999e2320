"""Which sentences of a run are the same as an earlier one, found on disk.

Hashes are dealt into files by their first bits, each file is sorted on its own (a partitioned sort-merge, as databases
do it), and what was found is dealt out again by place. So memory depends on the size of a file, and not on how many
sentences there are; the result depends on neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "COPY", "HASH_BYTES", "Copies", "SentenceHashes"]

HASH_BYTES = 16
"""Of SHA-256: two of 10^10 different sentences share so many with a probability of 10^-19."""

BLOCK = 1 << 20
"""Copies are handed out for so many sentences at a time."""

_HELD = 1 << 16
_RECORD = np.dtype([("low", "<u8"), ("high", "<u8"), ("place", "<u8")])
COPY = np.dtype([("place", "<u8"), ("of", "<u8")])
"""A sentence that is the same as an earlier one: its own number in the run, and that of the earlier one."""

_MOST_FILES = 512
_BYTES_A_FILE = 64 << 20

Records = NDArray[Any]


class SentenceHashes:
    """The hashes of all sentences, in files by their first bits.

    Args:
        folder: for temporary files.
        n_bytes: of the inputs, about, by which it is chosen how many files there are.
    """

    def __init__(self, folder: Path, n_bytes: int) -> None:
        self._folder = folder
        # About 60 bytes a sentence become one record of 24.
        wanted = n_bytes * _RECORD.itemsize // 60 // _BYTES_A_FILE
        self._bits = min(max(4, wanted.bit_length()), _MOST_FILES.bit_length() - 1)
        self._held = bytearray()
        self._n = 0

    def add(self, digests: bytes) -> None:
        """Add the next sentences, by their hashes of `HASH_BYTES` each."""
        self._held += digests
        if len(self._held) >= _HELD * HASH_BYTES:
            self._deal()

    def _deal(self) -> None:
        hashes = np.frombuffer(bytes(self._held), dtype="<u8").reshape(-1, 2)
        self._held.clear()
        records = np.empty(len(hashes), _RECORD)
        records["low"], records["high"] = hashes[:, 0], hashes[:, 1]
        records["place"] = np.arange(self._n, self._n + len(hashes), dtype="<u8")
        self._n += len(hashes)
        _append(self._folder, "hashes", records, records["high"] >> np.uint64(64 - self._bits))

    def copies(self, dropped: Sequence[tuple[int, int]] = ()) -> Copies:
        """Find the sentences that are the same as an earlier one; nothing can be added any more.

        Args:
            dropped: sentences that do not count, as ranges [first, end) in rising order. The others are numbered anew.
        """
        self._deal()
        found = Copies(self._folder, self._n - sum(end - first for first, end in dropped))
        for path in sorted(self._folder.glob("hashes-*")):
            records = _without(np.fromfile(path, _RECORD), dropped)
            path.unlink()
            found.add(_copies_in(records))
        return found


class Copies:
    """Sentences that are the same as an earlier one.

    Args:
        folder: for temporary files.
        n_sentences: that there are in all.

    Attributes:
        n_sentences: that there are in all.
        n_copies: of these, how many are copies.
    """

    def __init__(self, folder: Path, n_sentences: int) -> None:
        self._folder = folder
        self.n_sentences = n_sentences
        self.n_copies = 0

    def add(self, copies: Records) -> None:
        """Add some, in any order."""
        self.n_copies += len(copies)
        _append(self._folder, "places", copies, copies["place"] // np.uint64(BLOCK))
        _append(self._folder, "originals", copies, copies["of"] // np.uint64(BLOCK))

    def places(self) -> Iterator[NDArray[Any]]:
        """The places of all copies, in rising order."""
        for copies in self._blocks("places", "place"):
            yield copies["place"]

    def by_original(self) -> Iterator[Records]:
        """All copies as arrays of ``place`` and ``of``, in the order of the sentence that each is the same as."""
        yield from self._blocks("originals", "of")

    def _blocks(self, kind: str, first: str) -> Iterator[Records]:
        for path in sorted(self._folder.glob(f"{kind}-*")):
            copies = np.fromfile(path, COPY)
            second = "of" if first == "place" else "place"
            yield copies[np.lexsort((copies[second], copies[first]))]
            path.unlink()


def _append(folder: Path, kind: str, records: Records, where: NDArray[Any]) -> None:
    """Append each record to the file of its number, those of a file in their order."""
    if not len(records):
        return
    order = np.argsort(where, kind="stable")
    where, records = where[order], records[order]
    starts = np.flatnonzero(np.diff(where, prepend=where[0] + np.uint64(1)))
    for start, end in zip(starts, [*starts[1:], len(where)], strict=True):
        with (folder / f"{kind}-{int(where[start]):010}").open("ab") as file:
            file.write(records[start:end].tobytes())


def _without(records: Records, dropped: Sequence[tuple[int, int]]) -> Records:
    if not dropped:
        return records
    firsts, ends = (np.array(side, dtype="<u8") for side in zip(*dropped, strict=True))
    behind = np.searchsorted(firsts, records["place"], side="right")  # how many ranges begin at or before it
    inside = (behind > 0) & (records["place"] < ends[np.maximum(behind, 1) - 1])
    n_before = np.concatenate([[0], np.cumsum(ends - firsts)]).astype("<u8")
    records["place"] -= n_before[behind]
    kept: Records = records[~inside]
    return kept


def _copies_in(records: Records) -> Records:
    """Those of some records that are not the first of their hash, each beside that first one."""
    # They are in the order of their places, and those of the same hash stay in it.
    records = records[np.lexsort((records["low"], records["high"]))]
    if not len(records):
        return np.empty(0, COPY)
    differs = (np.diff(records["high"]) != 0) | (np.diff(records["low"]) != 0)
    is_first = np.concatenate([[True], differs])
    first_of = records["place"][np.flatnonzero(is_first)[np.cumsum(is_first) - 1]]
    copies = np.empty(int((~is_first).sum()), COPY)
    copies["place"], copies["of"] = records["place"][~is_first], first_of[~is_first]
    return copies
