"""Files of translators, which hold both languages: XLIFF 1.2 and 2.x, TMX.

A unit in Chinese without a translation gets one; what somebody has translated stays. Inline elements are tags.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import islice

from corpus.documents.encoded import Encoded, decoded
from corpus.documents.html import declared_encoding
from corpus.documents.inline import Gatherer
from corpus.documents.kinds import FileOptions
from corpus.documents.markup import Kind, Token, attribute_span, plain, text_of, xml_tokens
from corpus.documents.segments import Bilingual, Rendering, Role, Segment
from translate.errors import InputError, UsageError

__all__ = ["ExchangeFile", "read_tmx", "read_xliff"]

_PAIRS = frozenset(("g", "pc", "mrk", "hi"))
"""Inline elements around a text."""
_OPENING, _CLOSING = frozenset(("bpt", "bx", "sc", "sm")), frozenset(("ept", "ex", "ec", "em"))
"""Those that are one half of a pair; all others stand for something that is no text."""
_PLACEHOLDER = re.compile(r"[%${][^<>\s]*$")
"""What is shown in the place of an element, where it stands for a word."""
_NEW = ("", "new", "needs-translation", "initial")


@dataclass(slots=True)
class _TransUnit:
    """A text and where its translation goes.

    Attributes:
        segment: the text.
        tags: tokens ``[first, last)`` of each.
        lead: white space before the text.
        trail: white space behind it.
        at: tokens ``[first, last)`` that the translation takes the place of; none where it is new.
        before: what stands before it where it is new.
        after: what stands behind it.
    """

    segment: Segment
    tags: list[tuple[int, int]]
    lead: str
    trail: str
    at: tuple[int, int]
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class ExchangeFile:
    """A file that was read.

    Attributes:
        encoded: its text.
        tokens: of it.
        units: what is to be translated.
        told: by the place of a tag, the tag once there is a translation: it names the language then.
    """

    encoded: Encoded
    tokens: Sequence[Token]
    units: list[_TransUnit] = field(default_factory=list)
    told: dict[int, str] = field(default_factory=dict)

    @property
    def segments(self) -> Sequence[Segment]:
        """The texts of units that have no translation yet."""
        return [unit.segment for unit in self.units]

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None = None) -> bytes:
        """See `MarkedFile.written`.

        Raises:
            UsageError: both texts are asked for, and it has both anyway.
        """
        if bilingual is not None:
            raise UsageError("such a file holds both languages side by side already; leave --bilingual out")
        out = [token.raw for token in self.tokens]
        for at, raw in self.told.items() if renderings else ():
            out[at] = raw
        for number, rendering in renderings.items():
            unit = self.units[number]
            text = unit.before + unit.lead + self._pieces(unit, rendering) + unit.trail + unit.after
            first, last = unit.at
            if first == last:
                out[first - 1] += text
            else:
                out[first:last] = [text, *[""] * (last - first - 1)]
        return self.encoded.encode("".join(out), "xmlcharrefreplace")

    def _pieces(self, unit: _TransUnit, rendering: Rendering) -> str:
        found: list[str] = []
        at = 0
        for tag in rendering.tags:
            found.append(plain(rendering.text[at : tag.at]))
            at = tag.at
            first, last = unit.tags[tag.number]
            found.extend(token.raw for token in self.tokens[first:last])
        return "".join(found) + plain(rendering.text[at:])


# -- elements --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Element:
    """An element of a file: tokens ``[first, last)``, the first and the last of them its tags."""

    name: str
    first: int
    last: int
    raw: str

    def attribute(self, name: str) -> str:
        """The value of an attribute; empty where it has none."""
        return _attribute(self.raw, name)


class _Elements:
    """The elements of some names, in the order in which they begin."""

    def __init__(self, tokens: Sequence[Token], names: frozenset[str]) -> None:
        found: list[_Element] = []
        stack: list[int] = []
        for at, token in enumerate(tokens):
            name = _local(token)
            if token.kind is Kind.EMPTY and name in names:
                found.append(_Element(name, at, at + 1, token.raw))
            elif token.kind is Kind.START:
                stack.append(at)
            elif token.kind is Kind.END:
                start = stack.pop()
                if name in names:
                    found.append(_Element(name, start, at + 1, tokens[start].raw))
        self._all = sorted(found, key=lambda element: element.first)
        self._firsts = [element.first for element in self._all]

    def __iter__(self) -> Iterator[_Element]:
        return iter(self._all)

    def within(self, outer: _Element, name: str, but_not: str = "") -> Iterator[_Element]:
        """The elements of a name in another one, less those within something of another name."""
        passed = 0
        for element in islice(self._all, bisect_right(self._firsts, outer.first), None):
            if element.first >= outer.last:
                return
            if element.name == but_not:
                passed = element.last
            elif element.name == name and element.first >= passed:
                yield element


def _local(token: Token) -> str:
    return token.name.rpartition(":")[2]


def _unit(tokens: Sequence[Token], source: _Element, at: tuple[int, int], before: str, after: str) -> _TransUnit | None:
    """The text of an element as a unit; None where there is nothing Chinese in it."""
    gatherer = Gatherer()
    tags: list[tuple[int, int]] = []
    number = source.first + 1
    while number < source.last - 1:
        token = tokens[number]
        last = number + 1
        if token.kind is Kind.TEXT:
            gatherer.add_text(text_of(token))
        else:
            if token.kind is Kind.START and _local(token) not in _PAIRS:
                last = _end(tokens, number)
            tags.append((number, last))
            _add_tag(gatherer, tokens[number:last], len(tags) - 1)
        number = last
    if not gatherer.is_chinese:
        return None
    first, final = (tokens[n].raw if tokens[n].kind is Kind.TEXT else "" for n in (source.first + 1, source.last - 2))
    lead, trail = first[: len(first) - len(first.lstrip())], final[len(final.rstrip()) :]
    return _TransUnit(gatherer.segment(Role.UNIT), tags, lead, trail, at, before, after)


def _add_tag(gatherer: Gatherer, tokens: Sequence[Token], number: int) -> None:
    """An inline element: around a text, one half of a pair, or alone, with what it shows where that is a word."""
    token, name = tokens[0], _local(tokens[0])
    if name in _PAIRS and token.kind is not Kind.EMPTY:
        (gatherer.add_open if token.kind is Kind.START else gatherer.add_close)(number, name)
    elif name in _OPENING or name in _CLOSING:
        own = next((v for key in ("startRef", "rid", "i", "id") if (v := _attribute(token.raw, key))), "")
        (gatherer.add_open if name in _OPENING else gatherer.add_close)(number, f"half {own}")
    else:
        shown = "".join(text_of(t) for t in tokens if t.kind is Kind.TEXT)
        shown = shown or next((v for key in ("equiv-text", "equiv", "disp") if (v := _attribute(token.raw, key))), "")
        gatherer.add_alone(number, shown if _PLACEHOLDER.match(shown) else "")


def _attribute(raw: str, name: str) -> str:
    """The value of an attribute of a tag; empty where it has none."""
    span = attribute_span(raw, name)
    return unescape(raw[slice(*span)]) if span else ""


def _end(tokens: Sequence[Token], at: int) -> int:
    depth = 0
    for number in range(at, len(tokens)):
        depth += {Kind.START: 1, Kind.END: -1}.get(tokens[number].kind, 0)
        if depth == 0:
            return number + 1
    return len(tokens)


def _is_empty(tokens: Sequence[Token], element: _Element) -> bool:
    return all(t.kind is Kind.TEXT and not t.raw.strip() for t in tokens[element.first + 1 : element.last - 1])


def _indent(tokens: Sequence[Token], at: int) -> str:
    """The white space before a tag, from the line end on, so that what is added stands on a line of its own."""
    raw = tokens[at - 1].raw if at and tokens[at - 1].kind is Kind.TEXT else ""
    found = re.search(r"\r?\n[ \t]*$", raw)
    return found[0] if found else ""


_Units = Callable[[ExchangeFile], Iterator[_TransUnit | None]]


def _file(data: bytes, name: str, options: FileOptions, root: str, units: _Units) -> ExchangeFile:
    encoded = decoded(data, declared_encoding(data), options.encoding, name=name)
    file = ExchangeFile(encoded, xml_tokens(encoded.text, name))
    seen = next((_local(t) for t in file.tokens if t.kind in (Kind.START, Kind.EMPTY)), "")
    if seen != root:
        raise InputError(f"{name}: begins with <{seen}>, expected <{root}>")
    file.units = [unit for unit in units(file) if unit]
    return file


# -- XLIFF -----------------------------------------------------------------------------------------------------------


def read_xliff(data: bytes, name: str, options: FileOptions) -> ExchangeFile:
    """Read XLIFF, 1.2 (OASIS, 2008) or 2.x (2.1: OASIS, 2018).

    Raises:
        InputError: it is none, is not well-formed, or could do harm.
    """
    return _file(data, name, options, "xliff", _xliff_units)


def _xliff_units(file: ExchangeFile) -> Iterator[_TransUnit | None]:
    tokens = file.tokens
    names = "xliff file group unit trans-unit segment source seg-source target alt-trans"
    elements = _Elements(tokens, frozenset(names.split()))
    open_: list[_Element] = []
    for element in elements:
        open_ = [outer for outer in open_ if outer.last > element.first] + [element]
        if element.name in ("xliff", "file"):
            _tell(file, element)
        translated = next((e.attribute("translate") for e in reversed(open_) if e.attribute("translate")), "yes")
        if element.name in ("trans-unit", "segment") and translated != "no":
            yield _xliff_unit(tokens, elements, element)


def _tell(file: ExchangeFile, element: _Element) -> None:
    """Name the language of the translations, which 2.x wants wherever there is one."""
    ours, theirs = ("source-language", "target-language") if element.name == "file" else ("srcLang", "trgLang")
    if element.attribute(ours) and not element.attribute(theirs):
        file.told[element.first] = re.sub(r"\s*/?>$", lambda end: f' {theirs}="en"{end[0]}', element.raw)


def _xliff_unit(tokens: Sequence[Token], elements: _Elements, unit: _Element) -> _TransUnit | None:
    source = next(elements.within(unit, "source", "alt-trans"), None)
    target = next(elements.within(unit, "target", "alt-trans"), None)
    if source is None or tokens[source.first].kind is Kind.EMPTY:
        return None
    prefix = tokens[source.first].name.removesuffix("source")
    if target is None:
        behind = next(elements.within(unit, "seg-source"), source)
        state = ' state="needs-review-translation" state-qualifier="mt-suggestion"' if unit.name == "trans-unit" else ""
        before = f"{_indent(tokens, source.first)}<{prefix}target{state}>"
        return _unit(tokens, source, (behind.last, behind.last), before, f"</{prefix}target>")
    if tokens[target.first].kind is Kind.EMPTY:
        opening = re.sub(r"\s*/>$", ">", target.raw)
        return _unit(tokens, source, (target.first, target.last), opening, f"</{prefix}target>")
    if _is_empty(tokens, target) or (target.attribute("state") in _NEW[1:]):
        place = (target.first, target.last)
        return _unit(tokens, source, place, tokens[target.first].raw, tokens[target.last - 1].raw)
    return None


# -- TMX -------------------------------------------------------------------------------------------------------------


def read_tmx(data: bytes, name: str, options: FileOptions) -> ExchangeFile:
    """Read TMX 1.4b (LISA, 2005): units with a Chinese side and no English one get it.

    Raises:
        InputError: it is none, is not well-formed, or could do harm.
    """
    return _file(data, name, options, "tmx", _tmx_units)


def _tmx_units(file: ExchangeFile) -> Iterator[_TransUnit | None]:
    tokens = file.tokens
    elements = _Elements(tokens, frozenset(("tu", "tuv", "seg")))
    for unit in elements:
        if unit.name != "tu":
            continue
        sides = list(elements.within(unit, "tuv"))
        here, there = (next((side for side in sides if _language(side) == own), None) for own in ("zh", "en"))
        source = next(elements.within(here, "seg"), None) if here else None
        if here is None or source is None:
            continue
        if there is None:
            indent = _indent(tokens, here.first)
            before, after = f'{indent}<tuv xml:lang="en">', "</tuv>"
            yield _unit(tokens, source, (here.last, here.last), f"{before}<seg>", f"</seg>{after}")
            continue
        target = next(elements.within(there, "seg"), None)
        if target is not None and (target.last - target.first == 1 or _is_empty(tokens, target)):
            yield _unit(tokens, source, (target.first, target.last), "<seg>", "</seg>")


def _language(side: _Element) -> str:
    own = (side.attribute("xml:lang") or side.attribute("lang")).lower()
    return {"cmn": "zh", "yue": "zh"}.get(re.split("[-_]", own)[0], re.split("[-_]", own)[0])
