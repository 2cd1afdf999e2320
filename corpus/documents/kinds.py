"""The kinds of files, by the suffix of their names."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from typing import Protocol, cast

from corpus.documents.segments import MarkedFile
from translate.errors import UnknownNameError

__all__ = ["KINDS", "SUFFIXES", "FileOptions", "kind_of", "open_file"]

KINDS = {
    "ass": "corpus.documents.subtitles:read_ass",
    "csv": "corpus.documents.table:read_csv",
    "docx": "corpus.documents.word:read",
    "epub": "corpus.documents.epub:read",
    "html": "corpus.documents.html:read",
    "markdown": "corpus.documents.markdown:read",
    "po": "corpus.documents.gettext:read",
    "srt": "corpus.documents.subtitles:read_srt",
    "tmx": "corpus.documents.exchange:read_tmx",
    "tsv": "corpus.documents.table:read_tsv",
    "vtt": "corpus.documents.subtitles:read_vtt",
    "xliff": "corpus.documents.exchange:read_xliff",
}
"""What reads a kind: ``module:function``, imported when there is such a file."""

SUFFIXES = {
    ".ass": "ass",
    ".csv": "csv",
    ".docx": "docx",
    ".epub": "epub",
    ".htm": "html",
    ".html": "html",
    ".markdown": "markdown",
    ".md": "markdown",
    ".po": "po",
    ".pot": "po",
    ".srt": "srt",
    ".ssa": "ass",
    ".tmx": "tmx",
    ".tsv": "tsv",
    ".vtt": "vtt",
    ".xlf": "xliff",
    ".xliff": "xliff",
    ".xhtml": "html",
}
"""The kind that a suffix names."""


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How a file is read.

    Attributes:
        encoding: of text; None to find it.
        columns: of a table, those that hold text: names in its first row, or numbers from 1.
    """

    encoding: str | None = None
    columns: tuple[str, ...] = ()


class _Read(Protocol):
    def __call__(self, data: bytes, name: str, options: FileOptions) -> MarkedFile: ...


def kind_of(name: str) -> str | None:
    """The kind of a file by its name, or that is named itself; None where it is none that has markup."""
    return SUFFIXES.get(PurePath(name).suffix.lower()) or (name if name in KINDS else None)


def open_file(data: bytes, kind: str, name: str = "file", options: FileOptions | None = None) -> MarkedFile:
    """Read a file.

    Args:
        data: all of it.
        kind: one of `KINDS`.
        name: what to call it in messages.
        options: how.

    Raises:
        UnknownNameError: no such kind.
        InputError: it is not what it says it is, or could do harm.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of file", kind, KINDS)
    module, _, function = KINDS[kind].partition(":")
    return cast(_Read, getattr(import_module(module), function))(data, name, options or FileOptions())
