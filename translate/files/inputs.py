"""What is named as an input: looked at before any work is done, and read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from translate.errors import InputError
from translate.files.lines import (
    STDIN,
    Spool,
    detect_encoding,
    read_paragraphs,
    scan,
    stdin_bytes,
    without_surrogates,
)
from translate.text.records import Paragraph

__all__ = ["check_input", "read_input"]


def check_input(name: str) -> None:
    """Find out, before any work is done, whether there is such an input.

    Args:
        name: a path, or ``-`` for standard input.

    Raises:
        InputError: there is no such file, or it is a folder, or standard input is closed.
    """
    if name == STDIN:
        stdin_bytes()
    elif not Path(name).is_file():
        what = "a folder; give its files" if Path(name).is_dir() else "no such file"
        raise InputError(f"{name}: {what}")


def read_input(name: str, encoding: str | None) -> Iterator[Paragraph]:
    """Read an input line by line once its encoding is proved; standard input is kept on disk until then.

    Args:
        name: a path, or ``-`` for standard input.
        encoding: forced encoding; None to have it found.

    Raises:
        InputError: it cannot be read.
    """
    if name != STDIN:
        return read_paragraphs(name, without_surrogates(Path(name).name), detect_encoding(name, encoding))
    spool = Spool(name)
    return spool.read("stdin", encoding=scan(spool.path, encoding, name=name).encoding)
