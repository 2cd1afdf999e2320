"""XML as a stream: what every format that is XML needs, so that no file can do harm.

Expat reads what the file holds and nothing else: no DTD is fetched, and a file that declares entities, by which a few
lines can stand for gigabytes, is refused. What is held of a file is bounded, whatever its markup says.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar
from xml.parsers import expat

from translate.errors import InputError
from translate.files.unpack import read_chunks

__all__ = ["Records"]

Record = TypeVar("Record")

_LONGEST = 1 << 22
"""Bytes of a record, or of a tag: far more than any has, and little to hold."""
_DEEPEST = 256


class Records(ABC, Generic[Record]):
    """Gathers the records of one file as the parser comes by; a format says what its elements mean.

    Names of elements and attributes come as they are written, prefix and all.

    Attributes:
        path: the file.
        root: its outermost element, once it was seen.
    """

    name = "XML"
    """Of the format, for messages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = ""
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._depth = 0
        self._began: int | None = None
        self._record = ""
        self._done: list[Record] = []
        self._text: list[str] = []
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._refuse

    # -- what a format says ------------------------------------------------------------------------------------------

    @abstractmethod
    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    @abstractmethod
    def end(self, name: str) -> None:
        """An element ends; `end` of an inner one comes before that of the outer."""

    @abstractmethod
    def wants_text(self) -> bool:
        """Whether characters that come now belong to something that is kept."""

    # -- what a format can use ---------------------------------------------------------------------------------------

    @property
    def line(self) -> int:
        """Where the parser is."""
        return self._parser.CurrentLineNumber

    def begin_record(self, name: str) -> None:
        """From here on, until `keep` or `drop`, what comes is one record, an element of this name."""
        self._began = self._parser.CurrentByteIndex
        self._record = name

    def keep(self, record: Record) -> None:
        """A record is whole."""
        self._began = None
        self._done.append(record)

    def clear_text(self) -> None:
        """What comes from here on is another text."""
        self._text.clear()

    def add_text(self, text: str) -> None:
        """As if these characters had come."""
        self._text.append(text)

    def taken_text(self) -> str:
        """The characters since `clear_text`."""
        return "".join(self._text)

    # -- the work ----------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Record]:
        n_bytes = 0
        try:
            for chunk in read_chunks(self.path):
                n_bytes += len(chunk)
                self._parser.Parse(chunk, False)
                # What expat holds back is one piece of markup, which may be as long as the file.
                if n_bytes - self._parser.CurrentByteIndex > _LONGEST:
                    raise InputError(f"{self.path}:{self.line}: markup longer than {_LONGEST:,} bytes")
                done, self._done = self._done, []
                yield from done
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            place = f"{self.path}:{error.lineno}"
            raise InputError(f"{place}: no well-formed XML: {what}; expected {self.name}") from error
        yield from self._done

    def _refuse(self, *declared: object) -> None:
        raise InputError(
            f"{self.path}: declares the entity {declared[0]!r}, and {self.name} needs none; write out what it is"
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth == 0:
            self.root = name
        self._depth += 1
        self._check()
        self.start(name, attributes)

    def _check(self) -> None:
        """Refuse what would take more memory than any bitext needs."""
        if self._began is not None and self._parser.CurrentByteIndex - self._began > _LONGEST:
            raise InputError(f"{self.path}:{self.line}: a <{self._record}> longer than {_LONGEST:,} bytes")
        if self._depth > _DEEPEST:
            raise InputError(f"{self.path}:{self.line}: tags within tags, {_DEEPEST} deep")

    def _characters(self, text: str) -> None:
        if self.wants_text():
            self._check()
            self._text.append(text)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.end(name)
