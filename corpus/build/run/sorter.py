"""Numbered records in the order of their numbers, sorted on disk where they are many."""

from __future__ import annotations

import heapq
import struct
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from translate.errors import OutputError

__all__ = ["Sorter"]

_HELD_BYTES = 64 << 20
_HEAD = struct.Struct("<QI")
_OVERHEAD = 100  # bytes that Python needs for a record beside its own


class Sorter:
    """Takes records in any order and gives them back in that of their numbers (an external merge sort).

    Args:
        folder: for temporary files, which have no names and go with the process; that of the system when None.

    Raises:
        OutputError: from `add`, when the disk is full.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._held: list[tuple[int, bytes]] = []
        self._n_bytes = 0
        self._runs: list[BinaryIO] = []
        self._files = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def add(self, number: int, record: bytes) -> None:
        """Take a record."""
        self._held.append((number, record))
        self._n_bytes += len(record) + _OVERHEAD
        if self._n_bytes >= _HELD_BYTES:
            self._spill()

    def _spill(self) -> None:
        self._held.sort()
        try:
            made = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - `__exit__` closes it
            file = cast(BinaryIO, self._files.enter_context(made))
            for number, record in self._held:
                file.write(_HEAD.pack(number, len(record)) + record)
            file.flush()
        except OSError as error:
            raise OutputError(
                f"cannot sort on disk: {error.strerror or error}; run it again, with more room"
            ) from error
        self._runs.append(file)
        self._held, self._n_bytes = [], 0

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """All of them; nothing can be added any more."""
        self._held.sort()
        return heapq.merge(*map(_read, self._runs), self._held)


def _read(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    file.seek(0)
    while head := file.read(_HEAD.size):
        number, length = _HEAD.unpack(head)
        yield number, file.read(length)
