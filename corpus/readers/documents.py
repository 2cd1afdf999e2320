"""Inputs to documents: which files are meant, what is in them, and which cannot be read and why.

::

    INPUT… --find_inputs--> [InputFile] --read_documents--> Document | Rejected, one at a time

A document is a key and a way to read it, not a container: its paragraphs are read when they are asked for. A bad
input is a value (`Rejected`), so that one bad file costs one file.
"""

from __future__ import annotations

import glob
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path, PurePath
from typing import Any

from translate.errors import InputError
from translate.files.lines import (
    STDIN,
    Encoding,
    Spool,
    forced_encoding,
    one_line,
    read_paragraphs,
    scan,
    stdin_bytes,
    without_surrogates,
)
from translate.files.packing import split_packing
from translate.text.paragraphs import split_paragraphs
from translate.text.records import Paragraph

__all__ = [
    "SUFFIXES",
    "Document",
    "InputFile",
    "ReadOptions",
    "Rejected",
    "SourceFile",
    "find_inputs",
    "read_documents",
    "total_bytes",
]

SUFFIXES = (".txt", ".jsonl")
"""What a folder is searched for; each may be packed (``.gz``, ``.zst``)."""

MAX_JSON_LINE = 1 << 28
"""Code points; a longer line of a .jsonl is rejected, since a line must be held whole to be parsed."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How inputs are read.

    Attributes:
        encoding: the encoding of every input; None to find each one's.
        text_field: the field of a .jsonl line that holds the text.
        id_field: the field that names the document; a line without it is named by file and line number.
    """

    encoding: str | None = None
    text_field: str = "text"
    id_field: str = "id"


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
    def is_jsonl(self) -> bool:
        """Whether each line is a document of its own."""
        return _kind(self.origin) == ".jsonl"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """Where documents came from, for the record.

    Attributes:
        origin: path as given, or ``-``.
        encoding: how its bytes became text.
        n_bytes: size on disk (packed, where it is).
        sha256: of the bytes on disk, in hexadecimal.
    """

    origin: str
    encoding: Encoding
    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text to be translated, not yet in memory.

    Attributes:
        doc_id: names it; unique in a run.
        source: the file it is in, or is one line of.
    """

    doc_id: str
    source: SourceFile
    _read: Callable[[str], Iterator[Paragraph]] = field(repr=False, compare=False)

    @property
    def origin(self) -> str:
        """Path of its file as given, or ``-``."""
        return self.source.origin

    @property
    def encoding(self) -> Encoding:
        """How the bytes of its file became text."""
        return self.source.encoding

    @property
    def n_bytes(self) -> int:
        """Size of its file on disk."""
        return self.source.n_bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of its file on disk, in hexadecimal."""
        return self.source.sha256

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


# -- which files ---------------------------------------------------------------------------------------------------


def _kind(path: str) -> str:
    """The suffix of a path, less that of a packer."""
    return PurePath(split_packing(path)[0]).suffix.lower()


def _in_folder(folder: str) -> Iterator[InputFile]:
    """Every text file below a folder, in the order of code points of the path; hidden ones are passed over."""
    found: list[tuple[tuple[str, ...], str]] = []
    unreadable: list[OSError] = []
    for here, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = os.path.join(here, name)  # noqa: PTH118  (keeps the folder as it was given)
            if not name.startswith(".") and _kind(name) in SUFFIXES and not _is_special(path):
                found.append((PurePath(os.path.relpath(path, folder)).parts, path))
    for error in unreadable:
        yield InputFile(str(error.filename), str(error.filename), problem=f"cannot be read: {error.strerror}")
    if not found and not unreadable:
        known = ", ".join(SUFFIXES)
        yield InputFile(folder, folder, problem=f"no text in this folder; expected {known} (or packed: .gz, .zst)")
    for parts, path in sorted(found):
        yield _file(path, "/".join(parts))


def _is_special(path: str) -> bool:
    """Whether this is no regular file (a folder, a pipe, a device): nobody means to wait for one who gives a folder.

    What cannot be looked at (a link to nowhere) is not, so that it is told.
    """
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False


def _file(path: str, doc_id: str) -> InputFile:
    try:
        return InputFile(path, without_surrogates(doc_id), Path(path).stat().st_size)
    except OSError as error:
        return InputFile(path, without_surrogates(doc_id), problem=f"cannot be read: {error.strerror or error}")


def _stdin() -> InputFile:
    try:
        stdin_bytes()
    except InputError as error:
        return InputFile(STDIN, "stdin", problem=str(error).removeprefix(f"{STDIN}: "))
    return InputFile(STDIN, "stdin")


def _by_pattern(pattern: str) -> Iterator[InputFile]:
    """Every file that a glob pattern matches (``**`` goes into folders), in the order of code points."""
    fixed = pattern
    while glob.has_magic(fixed):
        fixed = os.path.dirname(fixed)  # noqa: PTH120  (Path would drop a leading "./")
    matches = [path for path in glob.glob(pattern, recursive=True) if not _is_special(path)]  # noqa: PTH207  (same)
    if not matches:
        yield InputFile(pattern, pattern, problem="this pattern matches no file")
    for path in sorted(matches, key=lambda match: PurePath(match).parts):
        yield _file(path, PurePath(os.path.relpath(path, fixed or ".")).as_posix())


def _meant_by(given: str) -> Iterator[InputFile]:
    if given == STDIN:
        yield _stdin()
    elif Path(given).is_dir():
        yield from _in_folder(given)
    elif not os.path.lexists(given) and glob.has_magic(given):
        yield from _by_pattern(given)
    elif not os.path.lexists(given):
        yield InputFile(given, given, problem="no such file or folder")
    else:
        yield _file(given, PurePath(given).name)


def find_inputs(inputs: Sequence[str]) -> list[InputFile]:
    """Find the files that are meant, in the order given; within a folder or a pattern in the order of the path.

    Args:
        inputs: each a file, a folder (searched for `SUFFIXES`, hidden files passed over), a glob pattern, or
            ``-`` for stdin. A file that is reached twice is taken once.

    Returns:
        The files. One that cannot be had is among them, with its ``problem``; `read_documents` rejects it.

    Raises:
        InputError: if nothing at all can be read; the message names each input.
    """
    found: dict[str, InputFile] = {}
    for given in inputs:
        for file in _meant_by(given):
            found.setdefault(STDIN if file.origin == STDIN else os.path.realpath(file.origin), file)
    files = list(found.values())
    if all(file.problem for file in files):
        raise InputError("; ".join(f"{file.origin}: {file.problem}" for file in files) or "no input given")
    times = Counter(file.doc_id for file in files)
    return [
        replace(file, doc_id=without_surrogates(PurePath(file.origin).as_posix())) if times[file.doc_id] > 1 else file
        for file in files
    ]


def total_bytes(files: Iterable[InputFile]) -> int:
    """Bytes on disk, for a progress display; what comes from stdin is not known and counts nothing."""
    return sum(file.n_bytes for file in files)


# -- what is in them -----------------------------------------------------------------------------------------------


class _Names:
    """Makes names unique: the second ``a`` becomes ``a#2``. Keeps 8 bytes of hash a name, not the names.

    Names are the same that some format would write the same, so that an id is unique in all of them.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._next: dict[int, int] = {}  # only for names that came twice

    def unique(self, name: str) -> str:
        key = self._key(name)
        if key not in self._seen:
            self._seen.add(key)
            return name
        n = self._next.get(key, 2)
        while self._key(f"{name}#{n}") in self._seen:
            n += 1
        self._next[key] = n + 1
        self._seen.add(self._key(f"{name}#{n}"))
        return f"{name}#{n}"

    @staticmethod
    def _key(name: str) -> int:
        return int.from_bytes(blake2b(_REPLACED.sub("_", name).encode(), digest_size=8).digest(), "big")


# White space is "_" in TMX and " " in TSV; NUL is U+FFFD in one and " " in the other; what XML cannot hold is U+FFFD.
_REPLACED = re.compile("[^!-\ud7ff\ue000-\ufffc\U00010000-\U0010ffff]|\\s")


def read_documents(
    files: Iterable[InputFile], options: ReadOptions, on_bytes: Callable[[int], None] | None = None
) -> Iterator[Document | Rejected]:
    """Open inputs one after another; nothing is kept of those that have gone by but a hash of their names.

    Each file is looked at as a whole before its first document comes, so a file that cannot be decoded is rejected
    as a whole. In a .jsonl each line is a document of its own and is rejected alone; blank lines are passed over.

    Args:
        files: as `find_inputs` found them.
        options: encoding, and the fields of .jsonl.
        on_bytes: called with a number of bytes on disk as they are done with: read as text, or rejected.

    Raises:
        UnknownNameError: if no encoding has the name that the options force.
    """
    if options.encoding is not None:
        forced_encoding(options.encoding)
    names = _Names()
    for file in files:
        try:
            for found in _open(file, options, on_bytes):
                if isinstance(found, Document):
                    yield replace(found, doc_id=names.unique(found.doc_id))
                else:
                    yield found
        except InputError as error:
            if on_bytes is not None:
                on_bytes(file.n_bytes)
            yield Rejected(file.origin, str(error).removeprefix(f"{file.origin}: "))


def _open(
    file: InputFile, options: ReadOptions, on_bytes: Callable[[int], None] | None
) -> Iterator[Document | Rejected]:
    if file.problem is not None:
        raise InputError(file.problem)
    spool = None if file.origin != STDIN and Path(file.origin).is_file() else Spool(file.origin)
    path = spool.path if spool else Path(file.origin)
    unchanged = _Unchanged(path, file.origin)
    facts = scan(path, options.encoding, name=file.origin)
    if facts.blank:
        raise InputError("empty file")
    source = SourceFile(without_surrogates(file.origin), facts.encoding, facts.n_bytes, facts.sha256)
    if spool:
        yield Document(file.doc_id, source, partial(spool.read, encoding=facts.encoding, on_bytes=on_bytes))
    elif file.is_jsonl:
        yield from _open_jsonl(file, source, options, on_bytes, unchanged)
    else:
        yield Document(file.doc_id, source, _reader(path, facts.encoding, on_bytes, unchanged))


class _Unchanged:
    """Holds a file to what it was when it was looked at: its hash is on record, and its encoding proved, as of then.

    Raises:
        InputError: if there is no such file.
    """

    def __init__(self, path: Path, origin: str) -> None:
        self._path = path
        self._origin = origin
        self._state = self._look()

    def _look(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise InputError(f"{self._origin}: cannot be read: {error.strerror or error}") from error
        return found.st_size, found.st_mtime_ns

    def _check(self) -> None:
        if self._look() != self._state:
            raise InputError(f"{self._origin}: changed while it was read; run the same command again")

    def checked(self, paragraphs: Iterator[Paragraph]) -> Iterator[Paragraph]:
        """The same paragraphs; looks before the first and after the last.

        Raises:
            InputError: if the file is another one by then.
        """
        self._check()
        yield from paragraphs
        self._check()


def _reader(
    path: Path, encoding: Encoding, on_bytes: Callable[[int], None] | None, unchanged: _Unchanged
) -> Callable[[str], Iterator[Paragraph]]:
    return lambda doc_id: unchanged.checked(read_paragraphs(path, doc_id, encoding, on_bytes=on_bytes))


# What a file must have one of, too, not to be called empty.
_VISIBLE = re.compile(r"[^\s\0\ufeff\u200b-\u200f\u2060]")


def _open_jsonl(
    file: InputFile,
    source: SourceFile,
    options: ReadOptions,
    on_bytes: Callable[[int], None] | None,
    unchanged: _Unchanged,
) -> Iterator[Document | Rejected]:
    pieces = read_paragraphs(Path(file.origin), file.doc_id, source.encoding, on_bytes=on_bytes)
    for number, line in enumerate(_whole_lines(unchanged.checked(pieces)), start=1):
        if line is not None and not line.strip():
            continue
        try:
            text, name = _parse(line, options)
        except InputError as error:
            yield Rejected(f"{file.origin}:{number}", str(error))
            continue
        if not _VISIBLE.search(text):
            yield Rejected(f"{file.origin}:{number}", "empty text")
            continue
        doc_id = name or f"{file.doc_id}:{number}"
        yield Document(doc_id, source, partial(split_paragraphs, text))


def _whole_lines(pieces: Iterable[Paragraph]) -> Iterator[str | None]:
    """Put lines together again from their pieces; None for one that is too long to be held."""
    parts: list[str] = []
    n_chars = 0
    for piece in pieces:
        n_chars += len(piece.text)
        if n_chars <= MAX_JSON_LINE:
            parts.append(piece.text)
        else:
            parts.clear()
        if piece.final:
            yield "".join(parts) if n_chars <= MAX_JSON_LINE else None
            parts.clear()
            n_chars = 0


def _parse(line: str | None, options: ReadOptions) -> tuple[str, str | None]:
    """Take text and name from one line of JSON.

    Raises:
        InputError: if there is none, with the reason.
    """
    if line is None:
        raise InputError(f"line longer than {MAX_JSON_LINE:,} characters")
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"expected a JSON object, found {_kind_of(value)}")
    if options.text_field not in value:
        fields = ", ".join(map(repr, list(value)[:8])) or "none"
        raise InputError(f"no field {options.text_field!r}; its fields: {fields}; name another with --text-field")
    text = value[options.text_field]
    if not isinstance(text, str):
        raise InputError(f"field {options.text_field!r} should be a string, found {_kind_of(text)}")
    name = value.get(options.id_field)
    if isinstance(name, bool) or not isinstance(name, str | int | float | None):
        raise InputError(f"field {options.id_field!r} should be a string or a number, found {_kind_of(name)}")
    return without_surrogates(text), None if name is None else without_surrogates(str(name))


def _kind_of(value: object) -> str:
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), "null")
