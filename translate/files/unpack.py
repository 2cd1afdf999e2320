"""The bytes of a file in chunks; what is packed is opened on the way, in flat memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from translate.errors import InputError
from translate.files.packing import CHUNK, PACKINGS, packing_of

__all__ = ["CHUNK", "OnBlock", "OnBytes", "name_of", "read_chunks", "unpacked"]

OnBytes = Callable[[int], None]
OnBlock = Callable[[bytes], None]


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
        suffix = packing_of(path)
        if not suffix:
            yield from blocks
            return
        packing = PACKINGS[suffix]
        first = next(blocks, b"")
        if first and not first.startswith(packing.magic[: len(first)]):
            raise InputError(f"{name}: named {path.suffix} but holds something else; give it its own suffix")
        if first:
            yield from filter(None, packing.unpack(chain((first,), blocks), name))


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
