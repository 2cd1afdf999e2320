"""What is read and what comes of it: the seam between files and documents.

A reader is a function that `corpus.readers.documents` knows by the suffix of a file, or by what the file begins with:
from an `Input` to documents, each a key and a way to read it. A bad input is a value (`Rejected`), so that one bad
file costs one file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Protocol

from translate.errors import InputError
from translate.files.lines import (
    STDIN,
    Encoding,
    Errors,
    Scan,
    Spool,
    one_line,
    read_paragraphs,
    scan,
    without_surrogates,
)
from translate.files.packing import split_packing
from translate.text.records import Paragraph

__all__ = [
    "NOTHING_SAID",
    "Document",
    "Input",
    "InputFile",
    "Metadata",
    "OnBytes",
    "ReadOptions",
    "Reader",
    "Rejected",
    "Skipped",
    "SourceFile",
]

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How inputs are read.

    Attributes:
        encoding: the encoding of every input; None to find each one's.
        text_field: the field of a .jsonl line that holds the text.
        id_field: the field that names the document; a line without it is named by file and line number.
        errors: ``replace`` reads bytes that cannot be decoded as U+FFFD, instead of rejecting their file.
        all_text: whether of a page all text is read, and not the main one alone.
        columns: of a table, those that are read: names in its first row, or numbers from 1; all of them when empty.
    """

    encoding: str | None = None
    text_field: str = "text"
    id_field: str = "id"
    errors: Errors = "strict"
    all_text: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that the user meant.

    Attributes:
        origin: what to call it in messages: its path as given, or ``-``.
        doc_id: its path within the folder (or below the fixed part of the pattern) that was given, else its name.
        n_bytes: size on disk; 0 for ``-``, which is not known beforehand.
        problem: why it cannot be read, where that is known already; None otherwise.
    """

    origin: str
    doc_id: str
    n_bytes: int = 0
    problem: str | None = None

    @property
    def suffix(self) -> str:
        """Its suffix in lower case, less that of a packing; empty for standard input."""
        return PurePath(split_packing(self.origin)[0]).suffix.lower()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """Where documents came from, for the record.

    Attributes:
        origin: path as given, or ``-``.
        encoding: how its bytes became text; None for a format that says so itself, as zipped XML does.
        n_bytes: size on disk (packed, where it is).
        sha256: of the bytes on disk, in hexadecimal.
        name: what its documents are called, or begin with where it holds several; empty for what is no document.
    """

    origin: str
    encoding: Encoding | None
    n_bytes: int
    sha256: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a source says of a document; None where it does not say. Nothing here is guessed.

    Attributes:
        title: of the document.
        url: where it is from.
        language: as the source writes it; a BCP 47 tag, if it is careful.
        script: as the source writes it; ``Hans``, ``Hant`` …, if it is careful.
        licence: as the source writes it.
    """

    title: str | None = None
    url: str | None = None
    language: str | None = None
    script: str | None = None
    licence: str | None = None


NOTHING_SAID = Metadata()


@dataclass(frozen=True, slots=True)
class Document:
    """A text to be translated, not yet in memory.

    Attributes:
        doc_id: names it; unique in a run.
        source: the file it is in, or is one line of.
        metadata: what the source says of it.
    """

    doc_id: str
    source: SourceFile
    _read: Callable[[str], Iterator[Paragraph]] = field(repr=False, compare=False)
    metadata: Metadata = NOTHING_SAID

    def paragraphs(self) -> Iterator[Paragraph]:
        """Read it, from the start each time; offsets count from the start of the document.

        Raises:
            InputError: if the file has changed or gone since it was looked at.
        """
        return self._read(self.doc_id)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An input, or a line of one, that is no document.

    Attributes:
        origin: path as given; ``path:line`` (from 1) for a line of a .jsonl.
        reason: why, without the path.
    """

    origin: str
    reason: str

    def __str__(self) -> str:
        return one_line(f"{self.origin}: {self.reason}")


@dataclass(frozen=True, slots=True)
class Skipped:
    """What is left out without being wrong: our own output, a link that leads back.

    Attributes:
        origin: its path as given.
        reason: why, without the path.
    """

    origin: str
    reason: str

    def __str__(self) -> str:
        return one_line(f"{self.origin}: {self.reason}")


@dataclass(slots=True, eq=False)
class Input:
    """A file that can be read from the start as often as need be: a pipe is kept in a temporary file.

    Its hash is on record, and its encoding proved, as of the moment when it was first looked at; it is held to what
    it was then.

    Attributes:
        file: as the user meant it.
        options: how it is read.
        on_bytes: called with a number of bytes on disk as they are read as text.
        path: opens it.

    Raises:
        InputError: if there is no such file.
    """

    file: InputFile
    options: ReadOptions
    on_bytes: OnBytes | None = None
    path: Path = field(init=False)
    _spool: Spool | None = field(init=False)
    _state: tuple[int, int] = field(init=False)
    _scan: Scan | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        origin = self.file.origin
        self._spool = None if origin != STDIN and Path(origin).is_file() else Spool(origin)
        self.path = self._spool.path if self._spool else Path(origin)
        self._state = self._look()

    def _look(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError as error:
            raise InputError(f"{self.file.origin}: cannot be read: {error.strerror or error}") from error
        return found.st_size, found.st_mtime_ns

    def check(self) -> None:
        """Make sure that it is still the file that was looked at.

        Raises:
            InputError: if it is another one by now.
        """
        if self._look() != self._state:
            raise InputError(f"{self.file.origin}: changed while it was read; run the same command again")

    def scan(self) -> Scan:
        """Look at all of it as text.

        Raises:
            InputError: if it is no text, or none in an encoding that we find, or has no visible character.
        """
        if self._scan is None:
            self._scan = scan(self.path, self.options.encoding, name=self.file.origin, errors=self.options.errors)
            if self._scan.blank:
                raise InputError("empty file")
        return self._scan

    def source(self) -> SourceFile:
        """What is on record of it, as text; see `scan`."""
        facts = self.scan()
        origin, name = without_surrogates(self.file.origin), without_surrogates(self.file.doc_id)
        return SourceFile(origin, facts.encoding, facts.n_bytes, facts.sha256, name)

    def lines(self, doc_id: str, on_bytes: OnBytes | None = None) -> Iterator[Paragraph]:
        """Its lines as text, by the rules of `read_paragraphs`; looks at the file before the first and after the last.

        Raises:
            InputError: if it has changed since it was looked at.
        """
        facts = self.scan()
        self.check()
        try:
            yield from read_paragraphs(self.path, doc_id, facts.encoding, on_bytes=on_bytes, name=self.file.origin)
        except InputError:
            self.check()  # that it has changed is why it cannot be read any more
            raise
        self.check()


class Reader(Protocol):
    """A kind of file at work."""

    def __call__(self, given: Input) -> Iterator[Document | Rejected]:
        """The documents of a file, in order; one that cannot be had is a value among them.

        Raises:
            InputError: the file as a whole cannot be read; it is rejected then.
        """
        ...
