"""What is named as an input: looked at before any work is done, and read."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from translate.errors import InputError, UsageError
from translate.files.encodings import BYTE_ORDER_MARKS
from translate.files.lines import (
    STDIN,
    Errors,
    Spool,
    detect_encoding,
    read_paragraphs,
    scan,
    stdin_bytes,
    without_surrogates,
)
from translate.files.markup import STRUCTURED, looks_like
from translate.files.packing import split_packing
from translate.files.unpack import read_chunks
from translate.text.records import Paragraph

__all__ = ["check_distinct", "check_input", "check_outputs_distinct", "read_input", "read_lines", "unreadable_kind"]

_PROSE = ".txt"  # read as it stands, whatever is in it
_HEAD_BYTES = 4096
# Byte order marks, and what UTF-16 puts between letters.
_MARKS = re.compile(b"|".join([*(re.escape(mark) for mark, _ in BYTE_ORDER_MARKS), rb"\0"]))


def check_input(name: str) -> None:
    """Find out, before any work is done, whether there is such an input, and whether it is plain text.

    Args:
        name: a path, or ``-`` for standard input, which is taken for plain text whatever it holds.

    Raises:
        InputError: there is no such file; it is a folder or a socket; its name or its beginning is that of a table,
            JSON, HTML or another format whose markup would be read as prose (a .txt is prose whatever it holds).
    """
    if name == STDIN:
        stdin_bytes()
        return
    path = Path(name)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise InputError(f"{name}: {_why_missing(path, error)}") from error
    if stat.S_ISDIR(mode):
        raise InputError(f"{name}: a folder; give its files")
    if problem := unreadable_kind(mode):
        raise InputError(f"{name}: {problem}")
    suffix = PurePath(split_packing(name)[0]).suffix.lower()
    if suffix in STRUCTURED:
        raise _not_prose(name, STRUCTURED[suffix])
    if stat.S_ISREG(mode) and suffix != _PROSE:
        _refuse_markup(path, name)


def unreadable_kind(mode: int) -> str | None:
    """What is wrong with something of this mode, should it be neither a folder, a file, nor a pipe."""
    if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
        return f"{'a socket' if stat.S_ISSOCK(mode) else 'a block device'}, expected a file or a pipe"
    return None


def _why_missing(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "a symbolic link to a file that does not exist" if path.is_symlink() else "no such file"
    return f"cannot be read: {error.strerror or error}"


def _refuse_markup(path: Path, name: str) -> None:
    head = _MARKS.sub(b"", next(read_chunks(path), b"")[:_HEAD_BYTES]).decode("utf-8", "replace")
    what = looks_like(next((line for line in head.splitlines() if line.strip()), ""))
    if what is not None:
        raise _not_prose(name, what)


def _not_prose(name: str, what: str) -> InputError:
    return InputError(
        f"{name}: {what}, expected plain text; take the text out of it, see what `duizhao build` reads, "
        f"or name it {_PROSE} or pipe it in to have it read as it stands"
    )


def read_input(name: str, encoding: str | None, errors: Errors = "strict") -> Iterator[Paragraph]:
    """Read an input line by line once its encoding is proved; a pipe is kept on disk until then.

    Args:
        name: a path, or ``-`` for standard input.
        encoding: forced encoding; None to have it found.
        errors: ``replace`` reads bytes that cannot be decoded as U+FFFD.

    Raises:
        InputError: it cannot be read; see `check_input`.
    """
    if name != STDIN and Path(name).is_file():
        found = detect_encoding(name, encoding, errors=errors)
        return read_paragraphs(name, without_surrogates(Path(name).name), found)
    spool = Spool(name)
    if name != STDIN and PurePath(name).suffix.lower() != _PROSE:
        _refuse_markup(spool.path, name)
    doc_id = "stdin" if name == STDIN else without_surrogates(Path(name).name)
    return spool.read(doc_id, encoding=scan(spool.path, encoding, name=name, errors=errors).encoding)


def read_lines(name: str, encoding: str | None, errors: Errors = "strict") -> list[str]:
    """The lines of an input, all in memory, blank ones too; see `read_input`."""
    by_number = {paragraph.index: paragraph.text for paragraph in read_input(name, encoding, errors)}
    return [by_number.get(number, "") for number in range(max(by_number, default=-1) + 1)]


def check_distinct(inputs: Iterable[Path | str], outputs: Iterable[Path | str]) -> None:
    """Refuse an output that is one of the inputs, by whatever name, link or redirection it comes.

    Args:
        inputs: paths, or ``-`` for standard input; what does not exist is for others to tell.
        outputs: paths, or ``-`` for standard output.

    Raises:
        UsageError: a file is both.
    """
    written = {identity: str(out) for out in outputs if (identity := _identity(out, 1)) is not None}
    for name in inputs:
        identity = _identity(name, 0)
        if identity is None or identity not in written:
            continue
        out = written[identity]
        same = "" if out == str(name) else f" (as {'standard output' if out == STDIN else out})"
        what = "standard input" if str(name) == STDIN else str(name)
        raise UsageError(f"{what} is both an input and the output{same}; write to another file")


def check_outputs_distinct(outputs: Iterable[Path | str]) -> None:
    """Refuse two outputs in one file.

    Raises:
        UsageError: a file is named twice, by whatever path; or standard output is.
    """
    seen: set[str] = set()
    for out in map(str, outputs):
        path = out if out == STDIN else os.path.realpath(out)
        if path in seen:
            name = "standard output" if out == STDIN else out
            raise UsageError(f"{name} is named for two outputs; write one of them to another file")
        seen.add(path)


def _identity(name: Path | str, descriptor: int) -> tuple[int, int] | None:
    """Device and number of a regular file; None of anything else, which nothing is lost in."""
    stream = (sys.stdin, sys.stdout)[descriptor]
    try:
        if str(name) != STDIN:
            found = os.stat(name)  # noqa: PTH116  (takes both kinds of name)
        elif stream is not None:
            found = os.fstat(stream.fileno())
        else:
            return None
    except (OSError, ValueError):  # not there; or a stream that is no file, as under a test
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
