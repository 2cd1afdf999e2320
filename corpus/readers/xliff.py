"""XLIFF 1.2 and 2.x, anyone's: a pair a translation unit or a segment, read as a stream.

Inline codes are left out of the text, and what ``<g>``, ``<pc>`` or ``<mrk>`` marks stays in. Proposals
(``<alt-trans>``, ``<mtc:match>``) are not read: what the target is, the ``<target>`` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from corpus.pair import Pair
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions
from corpus.readers.languages import stands_for
from corpus.readers.properties import pair_of_properties
from corpus.readers.rows import pair_of_texts
from corpus.readers.xml import Records
from translate.errors import InputError

__all__ = ["read_xliff"]

_SEGMENTS = {"trans-unit", "segment"}
_PROPOSALS = {"alt-trans", "match"}
_CODES = {"bpt", "ept", "it", "ph"}
"""In 1.2 these have native code for content; in 2.x what they stand for is elsewhere, and ``<ph/>`` is empty."""


def read_xliff(path: Path, options: BitextOptions) -> Iterator[Pair | Rejected]:
    """A pair a ``<trans-unit>`` (1.2) or ``<segment>`` (2.x); one without target is no pair.

    Raises:
        InputError: it is no well-formed XML, declares entities, or cannot be read.
    """
    units = _Segments(path)
    for number, unit in enumerate(units):
        yield _pair(path, number, unit, options)
    if _local(units.root) != "xliff":
        raise InputError(f"{path}: XML, but no XLIFF")


@dataclass(slots=True)
class _Segment:
    """A ``<trans-unit>`` or ``<segment>``; ``props`` are those of the unit, where it has no other segment."""

    line: int
    doc: str
    languages: tuple[str, str]
    source: str | None = None
    target: str | None = None
    props: dict[str, str] = field(default_factory=dict)


class _Segments(Records[_Segment]):
    """Gathers units."""

    name = "XLIFF"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._doc = ""
        self._languages = ("", "")
        self._unit: _Segment | None = None
        self._props: dict[str, str] = {}
        self._segments: list[_Segment] = []
        self._side: str | None = None
        self._prop: str | None = None
        self._n_codes = 0
        self._n_proposals = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if name in _PROPOSALS:
            self._n_proposals += 1
        elif self._n_proposals:
            return
        elif self._side is not None:
            self._inline(name, attributes)
        elif name in ("source", "target") and self._unit is not None:
            self._side, self._n_codes = name, 0
            self.clear_text()
        elif name in ("context", "meta", "note"):
            self._prop = _property(name, attributes)
            self.clear_text()
        elif name in _SEGMENTS:
            self._begin(name)
        elif name == "unit":
            self._props = {}
            self.begin_record(name)
        elif name == "file":
            self._doc = attributes.get("original", "")
            if "source-language" in attributes:
                self._languages = attributes["source-language"], attributes.get("target-language", "")
        elif name == "xliff" and "srcLang" in attributes:
            self._languages = attributes["srcLang"], attributes.get("trgLang", "")

    def _begin(self, name: str) -> None:
        if name == "trans-unit":
            self._props = {}
            self.begin_record(name)
        self._unit = _Segment(self.line, self._doc, self._languages)

    def _inline(self, name: str, attributes: dict[str, str]) -> None:
        if name in _CODES:
            self._n_codes += 1
        elif name == "cp":  # a character that XML cannot hold
            code = attributes.get("hex", "")
            self.add_text(chr(int(code, 16)) if len(code) == 4 and code.isalnum() and _is_hex(code) else "\ufffd")

    def wants_text(self) -> bool:
        return (self._side is not None and not self._n_codes and not self._n_proposals) or self._prop is not None

    def end(self, name: str) -> None:
        name = _local(name)
        if name in _PROPOSALS:
            self._n_proposals -= 1
        elif self._n_proposals:
            return
        elif self._side is not None:
            self._end_text(name)
        elif self._prop is not None and name in ("context", "meta", "note"):
            self._props[self._prop] = self.taken_text()
            self._prop = None
        elif name in _SEGMENTS and self._unit is not None:
            self._segments.append(self._unit)
            self._unit = None
            if name == "trans-unit":
                self._keep_all()
        elif name == "unit":
            self._keep_all()

    def _end_text(self, name: str) -> None:
        if name in _CODES:
            self._n_codes -= 1
        elif name == self._side and self._unit is not None:
            if name == "source":
                self._unit.source = self.taken_text()
            else:
                self._unit.target = self.taken_text()
            self._side = None

    def _keep_all(self) -> None:
        """A unit of 1.2, or all segments of one of 2.x."""
        is_alone = len(self._segments) == 1
        for unit in self._segments:
            self.keep(replace(unit, props=self._props) if is_alone else unit)
        self._segments.clear()


@lru_cache(maxsize=256)
def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _is_hex(code: str) -> bool:
    return all(char in "0123456789abcdefABCDEF" for char in code)


def _property(name: str, attributes: dict[str, str]) -> str:
    if name == "context":
        return attributes.get("context-type", "").removeprefix("x-")
    if name == "meta":
        return attributes.get("type", "")
    return "flags" if "flags" in (attributes.get("from"), attributes.get("category")) else "note"


def _pair(path: Path, number: int, unit: _Segment, options: BitextOptions) -> Pair | Rejected:
    where = f"{path}:{unit.line}"
    sides = _sides(unit, options)
    if sides is None:
        seen = " and ".join(filter(None, unit.languages)) or "none"
        return Rejected(where, f"expected {' and '.join(options.languages)}; its languages: {seen}")
    source, target = sides
    if source is None or target is None:
        return Rejected(where, f"no <{'source' if unit.source is None else 'target'}> in it")
    found = None
    if "paragraph" in unit.props:
        found = pair_of_properties({**unit.props, "doc": unit.doc}, source, target)
    return found or pair_of_texts(path, number, source, target)


def _sides(unit: _Segment, options: BitextOptions) -> tuple[str | None, str | None] | None:
    """Source and target as we were asked for them, which may be the other way round; None in other languages."""
    (source, target), (here, there) = options.languages, unit.languages
    if stands_for(source, here) and (not there or stands_for(target, there)):
        return unit.source, unit.target
    if stands_for(target, here) and (not there or stands_for(source, there)):
        return unit.target, unit.source
    return None
