"""TMX, anyone's: a pair a translation unit, read as a stream.

Expat reads what the file holds and nothing else: no DTD is fetched, and a file that declares entities, by which a few
lines can stand for gigabytes, is refused. Inline codes (``<bpt>``, ``<ph>`` …) are left out of the text, and what
``<hi>`` marks stays in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from corpus.pair import Pair, Span
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions
from corpus.readers.rows import pair_of_texts
from translate.errors import InputError
from translate.files.unpack import read_chunks

__all__ = ["read_tmx"]

_CODES = {"bpt", "ept", "it", "ph", "ut"}
_SIGNAL = "x-signal-"
_LONGEST = 1 << 22
"""Bytes of a unit, or of a tag: far more than any has, and little to hold."""
_DEEPEST = 256


def read_tmx(path: Path, options: BitextOptions) -> Iterator[Pair | Rejected]:
    """A pair a unit, of its first variant in either language; a unit that lacks one is no pair.

    Raises:
        InputError: it is no well-formed XML, declares entities, or cannot be read.
    """
    units = _Units(path)
    n_seen = n_bytes = 0
    try:
        for chunk in read_chunks(path):
            n_bytes += len(chunk)
            units.parser.Parse(chunk, False)
            # What expat holds back is one piece of markup, which may be as long as the file.
            if n_bytes - units.parser.CurrentByteIndex > _LONGEST:
                raise InputError(f"{path}:{units.parser.CurrentLineNumber}: markup longer than {_LONGEST:,} bytes")
            for unit in units.take():
                yield _pair(path, n_seen, unit, options)
                n_seen += 1
        units.parser.Parse(b"", True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise InputError(f"{path}:{error.lineno}: no well-formed XML: {what}; expected TMX") from error
    if not units.is_tmx:
        raise InputError(f"{path}: XML, but no TMX")


@dataclass(slots=True)
class _Variant:
    """A ``<tuv>``."""

    language: str
    text: str = ""
    props: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Unit:
    """A ``<tu>``, and where it begins."""

    line: int
    variants: list[_Variant] = field(default_factory=list)
    props: dict[str, str] = field(default_factory=dict)


class _Units:
    """Gathers units as the parser comes by.

    Attributes:
        parser: feed it.
        is_tmx: whether the root element said so.
    """

    def __init__(self, path: Path) -> None:
        self.parser = expat.ParserCreate()
        self.is_tmx = False
        self._path = path
        self._done: list[_Unit] = []
        self._unit: _Unit | None = None
        self._in_seg = False
        self._n_codes = 0
        self._prop: str | None = None
        self._text: list[str] = []
        self._depth = 0
        self._began = 0
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._refuse

    def take(self) -> list[_Unit]:
        """The units that have ended since the last time."""
        done, self._done = self._done, []
        return done

    def _refuse(self, *declared: object) -> None:
        raise InputError(f"{self._path}: declares the entity {declared[0]!r}, and TMX needs none; write out what it is")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth == 0:
            self.is_tmx = name == "tmx"
        self._depth += 1
        self._check()
        if name == "tu":
            self._unit = _Unit(self.parser.CurrentLineNumber)
            self._began = self.parser.CurrentByteIndex
        elif self._unit is None:
            return
        elif name == "tuv":
            # "lang" stood in TMX 1.1, before XML had it.
            self._unit.variants.append(_Variant(attributes.get("xml:lang", attributes.get("lang", ""))))
        elif name == "seg":
            self._in_seg, self._n_codes = True, 0
            self._text.clear()
        elif name in _CODES:
            self._n_codes += 1
        elif name == "prop" and not self._in_seg:
            self._prop = attributes.get("type", "")
            self._text.clear()

    def _check(self) -> None:
        """Refuse what would take more memory than any memory of translations needs."""
        if self._unit is not None and self.parser.CurrentByteIndex - self._began > _LONGEST:
            raise InputError(f"{self._path}:{self._unit.line}: a <tu> longer than {_LONGEST:,} bytes")
        if self._depth > _DEEPEST:
            raise InputError(f"{self._path}:{self.parser.CurrentLineNumber}: tags within tags, {_DEEPEST} deep")

    def _characters(self, text: str) -> None:
        if (self._in_seg and not self._n_codes) or self._prop is not None:
            self._check()
            self._text.append(text)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._unit is None:
            return
        variants = self._unit.variants
        if name == "tu":
            self._done.append(self._unit)
            self._unit = None
        elif name == "seg":
            self._in_seg = False
            if variants:
                variants[-1].text = "".join(self._text)
        elif name in _CODES:
            self._n_codes -= 1
        elif name == "prop" and self._prop is not None:
            holder = variants[-1].props if variants else self._unit.props
            holder[self._prop] = "".join(self._text)
            self._prop = None


def _pair(path: Path, number: int, unit: _Unit, options: BitextOptions) -> Pair | Rejected:
    sides = [_variant(unit, language) for language in options.languages]
    source, target = sides
    if source is None or target is None:
        lacks = options.languages[sides.index(None)]
        seen = ", ".join(variant.language for variant in unit.variants) or "none"
        return Rejected(f"{path}:{unit.line}", f"no <tuv> in {lacks}; its languages: {seen}")
    return _ours(unit, source, target) or pair_of_texts(path, number, source.text, target.text)


def _variant(unit: _Unit, language: str) -> _Variant | None:
    """The first variant in a language, exactly so if there is one; ``zh`` stands for ``zh-TW`` and ``ZH_cn`` too."""
    wanted = _tag(language)
    tags = [(_tag(variant.language), variant) for variant in unit.variants]
    exact = (variant for tag, variant in tags if tag == wanted)
    near = (variant for tag, variant in tags if tag.startswith(f"{wanted}-"))
    return next(exact, None) or next(near, None)


def _tag(language: str) -> str:
    return language.lower().replace("_", "-")


def _ours(unit: _Unit, source: _Variant, target: _Variant) -> Pair | None:
    """The pair with its span, score, flags and signals, where we wrote them; None where somebody else did."""
    props = unit.props
    if not props.keys() >= {f"x-{name}" for name in ("doc", "paragraph", "sentence", "start", "end", "score", "flags")}:
        return None
    try:
        span = _span(props, source.text)
        score = float(props["x-score"]) if props["x-score"] else None
        signals = {
            name.removeprefix(_SIGNAL): float(value) for name, value in props.items() if name.startswith(_SIGNAL)
        }
        place = _span(target.props, target.text) if "x-doc" in target.props else Span.unplaced(target.text)
    except (KeyError, ValueError):
        return None
    flags = tuple(filter(None, props["x-flags"].split(",")))
    return Pair(span, place, score, signals, flags, props.get("x-license"))


def _span(props: dict[str, str], text: str) -> Span:
    """The span that properties tell; its raw text is not in TMX."""
    start, end = (int(props[f"x-{name}"]) if props[f"x-{name}"] else None for name in ("start", "end"))
    where = int(props["x-paragraph"]), int(props["x-sentence"])
    return Span(props["x-doc"], *where, start, end, text, text, int(props.get("x-sentences", 1)))
