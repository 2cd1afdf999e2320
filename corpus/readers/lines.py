"""Lines of a bitext. Only a line feed ends one: a carriage return within a line must not shift all that follow."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from translate.errors import InputError
from translate.files.lines import LONGEST_LINE
from translate.files.unpack import read_chunks

__all__ = ["text_of", "whole_lines"]

_MOST_BYTES = 4 * LONGEST_LINE


def whole_lines(path: Path) -> Iterator[bytes | None]:
    """Each line without its end; None for one that is too long to be held.

    Raises:
        InputError: the file cannot be read, or is packed and damaged.
    """
    parts: list[bytes] = []
    n_bytes = 0
    for chunk in read_chunks(path):
        first, *others = chunk.split(b"\n")
        n_bytes += len(first)
        if n_bytes <= _MOST_BYTES:
            parts.append(first)
        else:
            parts.clear()
        if others:
            yield b"".join(parts) if n_bytes <= _MOST_BYTES else None
            *between, last = others
            yield from between
            parts, n_bytes = [last], len(last)
    if n_bytes:
        yield b"".join(parts) if n_bytes <= _MOST_BYTES else None


def text_of(line: bytes | None, *, is_first: bool = False) -> str:
    """A line as text, without the byte order mark that a file may begin with.

    Raises:
        InputError: it is too long, or not UTF-8, with the reason.
    """
    if line is None:
        raise InputError(f"longer than {LONGEST_LINE:,} characters")
    if is_first:
        line = line.removeprefix(codecs.BOM_UTF8)
    try:
        return line.decode().removesuffix("\r")
    except UnicodeDecodeError as error:
        bad = f"0x{line[error.start]:02x}"
        raise InputError(f"not UTF-8 (byte {bad}); `iconv -f GB18030 -t UTF-8` or the like converts it") from error
