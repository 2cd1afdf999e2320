"""Bytes to text: compression, encoding, and lines with the offsets that all spans in a corpus rest on.

::

    file --read_chunks--> bytes      .gz and .zst opened on the way, never more than a chunk in memory (unpack)
         --scan-->        Scan       which encoding, proved over the whole file; size, SHA-256 (encodings)
         --read_paragraphs--> Paragraph   one a line, offsets in code points

A byte order mark is not part of the text: offset 0 is the character after it. This module is the way in; where lines
end is told in `translate.text.paragraphs`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO

from translate.errors import InputError, UndecodableError
from translate.files.encodings import (
    BYTE_ORDER_MARKS,
    ENCODINGS,
    Encoding,
    Errors,
    Scan,
    UndecodedError,
    decode,
    detect_encoding,
    forced_encoding,
    likely_encoding,
    scan,
    undecodable,
)
from translate.files.unpack import CHUNK, OnBytes, name_of, read_chunks, unpacked
from translate.text.paragraphs import PIECE_SIZE, cut_lines
from translate.text.records import Paragraph

__all__ = [
    "CHUNK",
    "ENCODINGS",
    "LONGEST_LINE",
    "STDIN",
    "Encoding",
    "Errors",
    "Scan",
    "Spool",
    "detect_encoding",
    "forced_encoding",
    "one_line",
    "read_chunks",
    "read_paragraphs",
    "scan",
    "stdin_bytes",
    "without_surrogates",
]

LONGEST_LINE = 1 << 24
"""Code points of a line that must be held whole, as a line of JSON must; a longer one is an error of that line.

So a small packed file takes no more than some 200 MB of memory, whatever it says. The longest novels are shorter."""

STDIN = "-"
"""The name that stands for standard input."""

_SURROGATES = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """Text that can be written as UTF-8: U+FFFD for each half of a pair.

    Bytes of a file name that are no UTF-8 arrive as such halves.
    """
    return _SURROGATES.sub("\ufffd", text)


_CONTROLS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(message: str) -> str:
    """A message on one line, and without commands to a terminal, whatever the names of files in it hold."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), message)


def read_paragraphs(
    source: Path | str | BinaryIO,
    doc_id: str,
    encoding: Encoding | str | None,
    piece_size: int = PIECE_SIZE,
    on_bytes: OnBytes | None = None,
    *,
    chunk_size: int = CHUNK,
    name: str | None = None,
    errors: Errors = "strict",
) -> Iterator[Paragraph]:
    """Read a document line by line, in flat memory even where a line is as long as the file.

    Every line gives a `Paragraph`, a blank one too, so that ``index`` is the number of the line; a line end at the
    very end of the file begins no further line. Offsets are code points from the first character after the byte
    order mark, which is no part of the text. A line longer than ``piece_size`` comes in pieces that are cut at
    multiples of it from the start of the line, however the bytes arrive.

    Args:
        source: a path (``.gz`` and ``.zst`` are unpacked), or an open binary stream, which is read as its bytes
            come in and not closed.
        doc_id: what to call the document in every paragraph.
        encoding: as `scan` found it, or the name of one. None for a stream that cannot be looked at beforehand:
            what its byte order mark says, and UTF-8 without one.
        piece_size: code points, at least 1.
        on_bytes: called with the number of bytes taken from disk, as they are taken.
        chunk_size: bytes read at a time; the result does not depend on it.
        name: what to call the file in messages; its own name when None.
        errors: ``replace`` reads bytes that cannot be decoded as U+FFFD; an `Encoding` says that itself.

    Raises:
        UndecodableError: at the first byte that is not in this encoding; what stands before has been given out.
        InputError: if the file cannot be read, or is packed and damaged.
        UnknownNameError: if there is no such encoding.
    """
    known = forced_encoding(encoding, errors) if isinstance(encoding, str) else encoding
    label = name or name_of(source)
    tap = None if on_bytes is None else lambda block: on_bytes(len(block))
    chunks = unpacked(source, label, tap, chunk_size)
    if known is None:
        known, chunks = _by_mark(chunks, errors)
    try:
        yield from cut_lines(decode(chunks, known.name, known.errors), doc_id, piece_size)
    except UndecodedError as bad:
        if encoding is None and known.how == "valid":
            likely = likely_encoding(bad)
            looks = f" (it looks like {likely})" if likely else ""
            raise UndecodableError(
                f"{label}: not UTF-8 because of {bad.where()}; a stream is read as UTF-8 as it comes, "
                f"so name its encoding with --encoding{looks}, "
                "or have what cannot be read replaced with --errors replace"
            ) from bad
        raise undecodable(bad, known, label) from bad


def _by_mark(chunks: Iterator[bytes], errors: Errors) -> tuple[Encoding, Iterator[bytes]]:
    """The encoding of a stream by its first bytes, and all its chunks; waits for no byte that cannot matter."""
    head = b""
    while any(len(head) < len(mark) and mark.startswith(head) for mark, _ in BYTE_ORDER_MARKS):
        if not (chunk := next(chunks, b"")):
            break
        head += chunk
    name = next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    return Encoding(name or "utf-8", "bom" if name else "valid", errors), chain((head,), chunks)


def stdin_bytes() -> BinaryIO:
    """Standard input.

    Raises:
        InputError: if the program was started without one.
    """
    if sys.stdin is None:
        raise InputError(f"{STDIN}: standard input is closed; name a file, or pipe something in")
    return sys.stdin.buffer


def _reopened(file: IO[bytes]) -> Path | None:
    """A path under which an open file can be opened once more, at its start; None where there is none."""
    # Not /dev/fd: where that is no link to this folder, what it opens shares its position with the descriptor.
    path = Path(f"/proc/self/fd/{file.fileno()}")
    try:
        with path.open("rb") as again:
            same = os.path.samestat(os.fstat(again.fileno()), os.fstat(file.fileno()))
    except OSError:
        return None
    return path if same else None


class Spool:
    """What can be read only once (stdin, a pipe) as a file, since an encoding is found by looking at all of it.

    The file is deleted with the last who may read it; where the system can name an open file, it has no name from
    the start, so that nothing stays however the process ends.

    Args:
        origin: a path, or ``-`` for stdin.

    Raises:
        InputError: if the temporary file cannot be written, or the origin not be read.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        try:
            with contextlib.ExitStack() as stack:
                pipe = stdin_bytes() if origin == STDIN else stack.enter_context(Path(origin).open("rb"))
                self.path = self._fill(pipe)
        except OSError as error:
            where = tempfile.gettempdir()
            raise InputError(f"{origin}: cannot be kept in {where} to be read: {error.strerror or error}") from error

    def _fill(self, pipe: BinaryIO) -> Path:
        """Copy the pipe into a temporary file; returns a path that opens it from the start each time."""
        nameless = tempfile.TemporaryFile(prefix="duizhao-")  # noqa: SIM115  (lives as long as the spool)
        weakref.finalize(self, nameless.close)
        if (path := _reopened(nameless)) is not None:
            shutil.copyfileobj(pipe, nameless, CHUNK)
            nameless.flush()
            return path
        handle, name = tempfile.mkstemp(prefix="duizhao-")
        weakref.finalize(self, Path(name).unlink, missing_ok=True)
        with open(handle, "wb") as file:  # noqa: PTH123  (a descriptor, no path)
            shutil.copyfileobj(pipe, file, CHUNK)
        return Path(name)

    def read(self, doc_id: str, *, encoding: Encoding, on_bytes: OnBytes | None = None) -> Iterator[Paragraph]:
        """Read it as `read_paragraphs` does."""
        # A method, so that whoever may still read keeps the file alive.
        yield from read_paragraphs(self.path, doc_id, encoding, on_bytes=on_bytes, name=self.origin)
