"""Columns of a page: many values of one kind, packed so small that a hundred thousand pairs fit into one file.

A column is gzip in base64, which a browser unpacks by itself. Numbers are the narrowest integers that hold all of
them, in whole or in ten-thousandths (to which signals are rounded anyway); texts are UTF-8 with a line feed behind
each, and their lengths are a column of numbers.
"""

from __future__ import annotations

import base64
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from translate.files.lines import without_surrogates

__all__ = ["Column", "TextColumn", "number_column"]

_LEVEL = 6
_PIECE = 1 << 16
_SCALES = (1, 10_000)
_INTEGERS = ("Int8", "Int16", "Int32")


@dataclass(frozen=True, slots=True)
class Column:
    """A packed column.

    Attributes:
        name: of the column.
        kind: ``Int8``, ``Int16``, ``Int32`` or ``Float64`` (each ``…Array`` in a browser, little-endian), or ``utf-8``.
        scale: what a number is divided by; the least integer of its kind stands for a missing one, in Float64 a NaN.
        packed: gzip.
    """

    name: str
    kind: str
    scale: int
    packed: bytes

    @property
    def described(self) -> dict[str, Any]:
        """All but its content, for a page."""
        return {"name": self.name, "kind": self.kind, "scale": self.scale}

    def base64(self) -> Iterator[bytes]:
        """Its content as text, piece by piece."""
        step = 3 << 18
        for at in range(0, len(self.packed), step):
            yield base64.b64encode(self.packed[at : at + step])


def number_column(name: str, values: ArrayLike) -> Column:
    """Pack numbers.

    Args:
        name: of the column.
        values: shape ``(n,)``; NaN for a missing one. Those beyond 32 bits, or with more than four decimals, make all
            of them floats.
    """
    numbers = np.asarray(values, dtype=np.float64)
    there = np.isfinite(numbers)
    largest = float(np.abs(numbers[there]).max(initial=0.0))
    for scale in _SCALES:
        if largest * scale > np.iinfo(np.int32).max:
            break
        whole = np.round(numbers * scale)
        if np.array_equal((whole / scale)[there], numbers[there]):
            kind = next(kind for kind in _INTEGERS if round(largest * scale) <= np.iinfo(kind.lower()).max)
            width = np.dtype(kind.lower()).newbyteorder("<")
            whole[~there] = np.iinfo(width).min
            return Column(name, kind, scale, _gzip(whole.astype(width).tobytes()))
    return Column(name, "Float64", 1, _gzip(numbers.astype("<f8").tobytes()))


class TextColumn:
    """Packs texts as they come; only what is packed stays in memory.

    Args:
        name: of the column; that of its lengths is this and ``.length``.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lengths = array("d")
        self._held: list[str] = []
        self._n_held = 0
        self._gzip = _compressor()
        self._packed = bytearray()

    def add(self, text: str | None) -> None:
        """Add a text; None for one that is missing, which is not the same as an empty one."""
        if text is None:
            self._lengths.append(-1)
            text = ""
        else:
            text = without_surrogates(text)
            self._lengths.append(_utf16_length(text))
        self._held.append(text)
        self._n_held += len(text)
        if self._n_held > _PIECE or len(self._held) > _PIECE:
            self._pack()

    def _pack(self) -> None:
        self._held.append("")  # so that the last one has its line feed, too
        self._packed += self._gzip.compress("\n".join(self._held).encode())
        self._held.clear()
        self._n_held = 0

    def end(self) -> tuple[Column, Column]:
        """The texts, and their lengths in UTF-16 code units, which browsers count in; -1 for a missing one."""
        if self._held:
            self._pack()
        self._packed += self._gzip.flush()
        texts = Column(self._name, "utf-8", 1, bytes(self._packed))
        return texts, number_column(f"{self._name}.length", np.frombuffer(self._lengths, np.float64))


def _utf16_length(text: str) -> int:
    return len(text) if not text or max(text) < "\U00010000" else len(text.encode("utf-16-le")) // 2


def _compressor() -> Any:  # zlib names no type for it
    return zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)  # gzip, without a name or a time


def _gzip(data: bytes) -> bytes:
    packer = _compressor()
    packed: bytes = packer.compress(data) + packer.flush()
    return packed
