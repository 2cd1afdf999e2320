"""Bytes as they were before they were packed: ``.gz`` and ``.zst`` are opened on the way, in flat memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Protocol

from translate.errors import InputError

__all__ = ["CHUNK", "OnBlock", "OnBytes", "name_of", "read_chunks", "unpacked"]

CHUNK = 1 << 18
"""Bytes read, or unpacked, at a time."""

OnBytes = Callable[[int], None]
OnBlock = Callable[[bytes], None]


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


class _Unpack(Protocol):
    def __call__(self, blocks: Iterable[bytes], name: str) -> Iterator[bytes]: ...


_ARCHIVES: dict[str, tuple[bytes, _Unpack]] = {
    ".gz": (b"\x1f\x8b", _unpack_gzip),
    ".zst": (b"\x28\xb5\x2f\xfd", _unpack_zstd),
}


def _raw_blocks(file: BinaryIO, size: int, name: str, tap: OnBlock | None) -> Iterator[bytes]:
    """Bytes as they lie on disk; a terminal's or a pipe's as they come."""
    read = getattr(file, "read1", file.read)
    while True:
        try:
            block = read(size)
        except OSError as error:
            raise InputError(f"{name}: cannot be read: {error.strerror or error}") from error
        if not block:
            return
        if tap:
            tap(block)
        yield block


def unpacked(source: Path | str | BinaryIO, name: str, tap: OnBlock | None, size: int = CHUNK) -> Iterator[bytes]:
    """Read the unpacked bytes of ``source`` in chunks; see `read_chunks`.

    Args:
        source: a path or an open binary stream.
        name: what to call it in messages.
        tap: sees each block as it comes from disk, still packed.
        size: bytes read at a time.
    """
    if not isinstance(source, (str, Path)):
        yield from _raw_blocks(source, size, name, tap)
        return
    path = Path(source)
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise InputError(f"{name}: no such file") from error
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from error
    with file:
        blocks = _raw_blocks(file, size, name, tap)
        if path.suffix.lower() not in _ARCHIVES:
            yield from blocks
            return
        magic, unpack = _ARCHIVES[path.suffix.lower()]
        first = next(blocks, b"")
        if first and not first.startswith(magic[: len(first)]):
            raise InputError(f"{name}: named {path.suffix} but holds something else; give it its own suffix")
        if first:
            yield from filter(None, unpack(chain((first,), blocks), name))


def read_chunks(
    source: Path | str | BinaryIO, *, on_bytes: OnBytes | None = None, chunk_size: int = CHUNK
) -> Iterator[bytes]:
    """Read a file or a stream in chunks; a path that ends in ``.gz`` or ``.zst`` is unpacked on the way.

    Memory stays within a few chunks whatever is packed inside.

    Args:
        source: a path, or an open binary stream (which is neither unpacked nor closed).
        on_bytes: called with the number of bytes taken from disk, as they are taken.
        chunk_size: bytes read at a time.

    Yields:
        The bytes, none of them empty.

    Raises:
        InputError: if the file cannot be opened, or what is packed is damaged or cut off.
    """
    tap = None if on_bytes is None else lambda block: on_bytes(len(block))
    yield from unpacked(source, name_of(source), tap, chunk_size)


def name_of(source: Path | str | BinaryIO) -> str:
    """What to call a file or a stream in messages."""
    return str(source) if isinstance(source, (str, Path)) else str(getattr(source, "name", "input"))
