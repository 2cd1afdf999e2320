"""The one table of how files are packed, by suffix: ``.gz`` and ``.zst``, read and written in flat memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from translate.errors import InputError

__all__ = ["CHUNK", "PACKINGS", "Packing", "packed", "packing_of", "split_packing"]

CHUNK = 1 << 18
"""Bytes read, or unpacked, at a time."""


@dataclass(frozen=True, slots=True)
class Packing:
    """How bytes are packed.

    Attributes:
        magic: what packed bytes begin with.
        unpack: turns packed blocks into chunks; takes the name of the file for its messages, and raises an
            `InputError` where the bytes are damaged or cut off.
        pack: a file that packs what is written to it into another, which it leaves open when it is closed.
    """

    magic: bytes
    unpack: Callable[[Iterable[bytes], str], Iterator[bytes]]
    pack: Callable[[BinaryIO], BinaryIO]


def split_packing(name: str) -> tuple[str, str]:
    """``corpus.tsv.gz`` -> ``corpus.tsv``, ``.gz``; the second is empty where a name is of no packed file."""
    packing = packing_of(name)
    return name[: len(name) - len(packing)], packing


def packing_of(path: Path | str) -> str:
    """How a file of this name is packed: a key of `PACKINGS`, or empty."""
    name = str(path).lower()
    return next((suffix for suffix in PACKINGS if name.endswith(suffix)), "")


def packed(raw: BinaryIO, packing: str) -> BinaryIO:
    """Pack what is written to ``raw``; ``raw`` itself where ``packing`` is empty."""
    return PACKINGS[packing].pack(raw) if packing else raw


def _pack_gzip(raw: BinaryIO) -> BinaryIO:
    # The same bytes give the same file: no name and no time in it.
    return cast(BinaryIO, gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0))


def _pack_zstd(raw: BinaryIO) -> BinaryIO:
    import zstandard  # here, because most runs write no .zst

    return cast(BinaryIO, zstandard.ZstdCompressor(level=6, write_checksum=True).stream_writer(raw, closefd=False))


def _unpack_gzip(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Unpack gzip members, one after another (RFC 1952); zeros may follow, as tape drives leave them."""
    member = zlib.decompressobj(wbits=31)
    try:
        for block in blocks:
            left = block
            while left:
                if member.eof:
                    left = left.lstrip(b"\0")
                    if not left:
                        break
                    member = zlib.decompressobj(wbits=31)
                yield member.decompress(left, CHUNK)
                left = member.unused_data if member.eof else member.unconsumed_tail
        # A full chunk may leave more inside the decompressor even when all its input is taken.
        while not member.eof and (more := member.decompress(b"", CHUNK)):
            yield more
    except zlib.error as error:
        raise InputError(f"{name}: damaged gzip data ({error}); unpack or fetch it again") from error
    if not member.eof:
        raise InputError(f"{name}: gzip data that ends too early; fetch it again")


# A zstd block of 4 bytes may stand for 128 KiB (RFC 8878, RLE blocks), and the decompressor gives out all that it
# can make of what it is given. So it is given little: at most 128 blocks, 16 MiB, come out at once.
_ZSTD_SLICE = 512


def _unpack_zstd(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Unpack zstd frames, one after another (RFC 8878)."""
    import zstandard  # here, because most runs meet no .zst

    # The stream reader of this library takes a cut frame for a whole one; the object below knows when a frame ends.
    opener = zstandard.ZstdDecompressor()
    frame = opener.decompressobj()
    started = False
    try:
        for block in blocks:
            for first in range(0, len(block), _ZSTD_SLICE):
                left = block[first : first + _ZSTD_SLICE]
                while left:
                    if frame.eof:
                        frame = opener.decompressobj()
                    started = True
                    yield from _cut(frame.decompress(left))
                    left = frame.unused_data if frame.eof else b""
    except zstandard.ZstdError as error:
        raise InputError(f"{name}: damaged zstd data ({error}); unpack or fetch it again") from error
    if started and not frame.eof:
        raise InputError(f"{name}: zstd data that ends too early; fetch it again")


def _cut(data: bytes) -> Iterator[bytes]:
    if len(data) <= CHUNK:
        yield data
    else:
        yield from (data[first : first + CHUNK] for first in range(0, len(data), CHUNK))


PACKINGS = {
    ".gz": Packing(b"\x1f\x8b", _unpack_gzip, _pack_gzip),
    ".zst": Packing(b"\x28\xb5\x2f\xfd", _unpack_zstd, _pack_zstd),
}
"""The packings we read and write, by the suffix of a file's name."""
