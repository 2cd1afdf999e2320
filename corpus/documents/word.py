"""Documents of Word and of whatever else writes docx (ECMA-376, Office Open XML).

A paragraph is made of runs, each with a format. Word cuts runs for many reasons that nobody sees, so neighbours of one
format are one again; the format that most of a text has is its own, and any other is a pair of tags around what has it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape

from corpus.documents.archive import Archive, read_archive
from corpus.documents.encoded import Encoded, decoded
from corpus.documents.inline import Gatherer, is_chinese
from corpus.documents.kinds import FileOptions
from corpus.documents.markup import Kind, Token, attribute_span, escaped, plain, text_of, xml_tokens
from corpus.documents.segments import Bilingual, Rendering, Role, Segment, TagSide
from translate.errors import InputError

__all__ = ["WordFile", "read"]

_PARTS = {
    "main": Role.PARAGRAPH,
    "header": Role.HEADER,
    "footer": Role.HEADER,
    "footnotes": Role.FOOTNOTE,
    "endnotes": Role.FOOTNOTE,
    "comments": Role.COMMENT,
}
"""Members with text, by the end of their content type."""
_NAMESPACE = re.compile(
    r"""xmlns:?(\w*)\s*=\s*["'](?:http://schemas\.openxmlformats\.org/wordprocessingml/2006/main"""
    r"""|http://purl\.oclc\.org/ooxml/wordprocessingml/main)["']"""
)
_HOLDERS = frozenset(("hyperlink", "ins", "moveTo", "smartTag", "sdt", "fldSimple", "customXml", "dir", "bdo"))
"""What holds runs within a paragraph."""
_BREAKS = frozenset(("br", "cr", "tab", "ptab"))
"""What ends a text within a paragraph: what stands on both sides is no sentence."""
_CODE = re.compile(r"code|verbatim|source text|teletype|keyboard", re.IGNORECASE)
"""In the names of styles of characters that are no language."""
_RAISED = re.compile(r"""vertAlign\b[^>]*["']superscript""")
_REFERENCE = re.compile(r"[\s\d\[\]()（）*†‡§,，-]+")
_SHOWN = {"docPr": ("descr", "title"), "tblCaption": ("val",), "tblDescription": ("val",)}
"""Attributes that a reader may see, by the element."""


@dataclass(frozen=True, slots=True)
class _Range:
    """Tokens ``[first, last)`` as they come out, and the format of the run around them, where there is one."""

    first: int
    last: int
    run: str | None = None


@dataclass(slots=True)
class _Item:
    """A piece of a paragraph: a text with its format, or what is none.

    Attributes:
        what: ``text``, ``open``, ``close``, ``alone``, ``code`` or ``break``.
        text: of ``text`` and ``code``.
        format: of ``text``: the properties of its run.
        ranges: of all else.
        name: of what opens and closes.
    """

    what: str
    text: str = ""
    format: str = ""
    ranges: list[_Range] = field(default_factory=list)
    name: str = ""


@dataclass(slots=True)
class _Group:
    """The items of one segment, or between two; ``segment`` is None where there is nothing to translate."""

    items: list[_Item]
    segment: Segment | None = None
    base: str = ""
    tags: list[_Item | str] = field(default_factory=list)


@dataclass(slots=True)
class _WordParagraph:
    """The content of a paragraph: tokens ``[first, last)``."""

    first: int
    last: int
    groups: list[_Group]


@dataclass(slots=True)
class _Shown:
    """A text in an attribute of a tag."""

    at: int
    attribute: str
    segment: Segment


@dataclass(slots=True)
class _Part:
    """A member with text.

    Attributes:
        path: its name in the zip.
        encoded: its text.
        tokens: of it.
        prefix: of the names of WordprocessingML.
        paragraphs: those with anything to translate; one that stands in another comes before it.
    """

    path: str
    encoded: Encoded
    tokens: Sequence[Token]
    prefix: str
    paragraphs: list[_WordParagraph] = field(default_factory=list)
    shown: list[_Shown] = field(default_factory=list)

    @property
    def places(self) -> list[_Group | _Shown]:
        """Where the segments stand."""
        return [*(g for paragraph in self.paragraphs for g in paragraph.groups if g.segment), *self.shown]

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None) -> bytes:
        """The member with texts in the other language.

        Args:
            renderings: by ``id`` of the place.
            bilingual: see `MarkedFile.written`.
        """
        out = [token.raw for token in self.tokens]
        for shown in self.shown:
            if (rendering := renderings.get(id(shown))) and (span := attribute_span(out[shown.at], shown.attribute)):
                text = f"{shown.segment.text} / {rendering.text}" if bilingual else rendering.text
                out[shown.at] = out[shown.at][: span[0]] + escaped(text) + out[shown.at][span[1] :]
        for paragraph in self.paragraphs:
            if any(id(group) in renderings for group in paragraph.groups):
                writer = _Writer(self.prefix, out)
                text = "".join(writer.group(g, renderings.get(id(g)), bilingual) for g in paragraph.groups)
                out[paragraph.first : paragraph.last] = [text, *[""] * (paragraph.last - paragraph.first - 1)]
        return self.encoded.encode("".join(out), "xmlcharrefreplace")


@dataclass(slots=True)
class _Writer:
    """Puts paragraphs together again."""

    prefix: str
    out: Sequence[str]

    def group(self, group: _Group, rendering: Rendering | None, bilingual: Bilingual | None) -> str:
        """The items of a group in the other language, in both, or as they were."""
        own = "".join(map(self._item, group.items))
        if rendering is None:
            return own
        if bilingual is None:
            return self._rendered(group, rendering, copy=False)
        between = f"<{self.prefix}br/>" if bilingual == "below" else self._text(" ")
        return own + self._run(group.base, between) + self._rendered(group, rendering, copy=True)

    def _item(self, item: _Item) -> str:
        if item.what == "text":
            return self._run(item.format, self._text(item.text)) if item.text else ""
        return "".join(map(self._range, item.ranges))

    def _range(self, own: _Range) -> str:
        raw = "".join(self.out[own.first : own.last])
        return raw if own.run is None else self._run(own.run, raw)

    def _run(self, format_: str, raw: str) -> str:
        return f"<{self.prefix}r>{format_}{raw}</{self.prefix}r>"

    def _text(self, text: str) -> str:
        return f'<{self.prefix}t xml:space="preserve">{plain(text)}</{self.prefix}t>'

    def _rendered(self, group: _Group, rendering: Rendering, *, copy: bool) -> str:
        formats = [group.base]
        found: list[str] = []
        links = {
            t.pair
            for t in rendering.tags
            if isinstance(item := group.tags[t.number], _Item) and item.name == "hyperlink" and t.side is TagSide.OPEN
        }
        at = 0
        for tag in rendering.tags:
            if tag.at > at:
                found.append(self._run(_latin(formats[-1]), self._text(rendering.text[at : tag.at])))
                at = tag.at
            item = group.tags[tag.number]
            if isinstance(item, str):
                if tag.side is TagSide.OPEN:
                    formats.append(item)
                else:
                    formats.pop()
            elif not copy or tag.pair in links or item.what == "code":
                found.append(self._item(item))
        if at < len(rendering.text):
            found.append(self._run(_latin(formats[-1]), self._text(rendering.text[at:])))
        return "".join(found)


_HINT = re.compile(r"""\s[\w.-]*:?hint\s*=\s*(?:"[^"]*"|'[^']*')""")
_LANGUAGE = re.compile(r"<[\w.-]*:?(?:lang|noProof)\b[^>]*?/>")


def _latin(format_: str) -> str:
    """A format without the hint that its marks are Chinese ones."""
    return _HINT.sub("", format_)


def _look(format_: str) -> str:
    """What of a format is seen."""
    seen = re.sub(r"<[\w.-]*:?rFonts\s*/>", "", _LANGUAGE.sub("", _HINT.sub("", format_)))
    return "" if re.fullmatch(r"<([\w.-]*:?rPr)\s*(?:/>|>\s*</\1>)", seen) else seen


class _PartReader:
    """Goes over the tokens of a part once."""

    def __init__(self, part: _Part, role: Role, styles: Mapping[str, str]) -> None:
        self._part = part
        self._tokens = part.tokens
        self._role = role
        self._styles = styles
        self._ends = _ends(part.tokens)

    def read(self) -> None:
        """Find all paragraphs, and what attributes show."""
        self._scan(0, len(self._tokens), in_cell=False)
        for at, token in enumerate(self._tokens):
            for name in _SHOWN.get(token.name.rpartition(":")[2], ()):
                attribute = f"{self._part.prefix}{name}" if name == "val" else name
                span = attribute_span(token.raw, attribute)
                if span and is_chinese(text := " ".join(unescape(token.raw[slice(*span)]).split())):
                    self._part.shown.append(_Shown(at, attribute, Segment(text, (), Role.ATTRIBUTE)))

    def _name(self, at: int) -> str:
        """The name of a tag without its prefix; empty for what is no WordprocessingML."""
        name = self._tokens[at].name
        return name[len(self._part.prefix) :] if name.startswith(self._part.prefix) else ""

    def _end(self, at: int) -> int:
        return self._ends.get(at, at + 1)

    def _scan(self, at: int, last: int, *, in_cell: bool) -> None:
        """Read the paragraphs among some tokens."""
        while at < last:
            if self._tokens[at].kind is Kind.START:
                name = self._name(at)
                if name == "p":
                    self._paragraph(at, self._end(at), in_cell=in_cell)
                    at = self._end(at)
                    continue
                if name == "tc":
                    self._scan(at + 1, self._end(at) - 1, in_cell=True)
                    at = self._end(at)
                    continue
            at += 1

    def _paragraph(self, start: int, end: int, *, in_cell: bool) -> None:
        at = start + 1
        role = Role.CELL if in_cell else self._role
        while at < end and self._tokens[at].kind is Kind.TEXT:
            at += 1
        if self._name(at) == "pPr":
            role = self._role_of(at, role)
            at = self._end(at)
        items: list[_Item] = []
        self._content(at, end - 1, items)
        groups = list(_groups(items, role))
        if any(group.segment for group in groups):
            self._part.paragraphs.append(_WordParagraph(at, end - 1, groups))

    def _role_of(self, at: int, role: Role) -> Role:
        """The role that the properties of a paragraph tell."""
        end = self._end(at)
        for number in range(at, end):
            token = self._tokens[number]
            name = self._name(number)
            value = attribute_span(token.raw, f"{self._part.prefix}val")
            own = token.raw[slice(*value)] if value else ""
            if name == "pStyle":
                style = self._styles.get(own, own).lower()
                if style.startswith("heading") or style in ("title", "subtitle"):
                    return Role.TITLE if style == "title" else Role.HEADING
                if style == "caption":
                    return Role.CAPTION
            if name == "outlineLvl":
                return Role.HEADING
            if name == "numPr" and role is Role.PARAGRAPH:
                role = Role.ITEM
        return role

    def _content(self, at: int, last: int, items: list[_Item]) -> None:
        """The items among tokens that are runs, what holds runs, or neither."""
        while at < last:
            name, end = self._name(at), self._end(at)
            kind = self._tokens[at].kind
            if kind is Kind.START and name == "r":
                self._run(at + 1, end - 1, items)
            elif kind is Kind.START and name in _HOLDERS:
                self._holder(at, end, name, items)
            elif kind is not Kind.TEXT or self._tokens[at].raw.strip():
                self._scan(at + 1, end - 1, in_cell=False)
                items.append(_Item("alone", ranges=[_Range(at, end)]))
            at = end

    def _holder(self, at: int, end: int, name: str, items: list[_Item]) -> None:
        first, last = at + 1, end - 1
        if name == "sdt":
            inner = next((n for n in self._children(at) if self._name(n) == "sdtContent"), None)
            if inner is None or self._tokens[inner].kind is not Kind.START:
                items.append(_Item("alone", ranges=[_Range(at, end)]))
                return
            first, last = inner + 1, self._end(inner) - 1
        elif self._name(first).endswith("Pr"):
            first = self._end(first)
        items.append(_Item("open", ranges=[_Range(at, first)], name=name))
        self._content(first, last, items)
        items.append(_Item("close", ranges=[_Range(last, end)], name=name))

    def _children(self, at: int) -> Iterator[int]:
        end = self._end(at) - 1
        at += 1
        while at < end:
            yield at
            at = self._end(at)

    def _run(self, at: int, last: int, items: list[_Item]) -> None:
        format_ = ""
        while at < last:
            name, end = self._name(at), self._end(at)
            if name == "rPr":
                format_ = "".join(token.raw for token in self._tokens[at:end])
            elif name == "t":
                text = "".join(text_of(token) for token in self._tokens[at:end] if token.kind is Kind.TEXT)
                items.append(self._text(text, _Range(at, end, format_)))
            elif self._tokens[at].kind is not Kind.TEXT:
                self._scan(at + 1, end - 1, in_cell=False)
                self._other(_Range(at, end, format_), name, items)
            at = end

    def _text(self, text: str, own: _Range) -> _Item:
        """A text; code, which is read and stays; or the number of a note, which is no part of the sentence."""
        format_ = own.run or ""
        style = re.search(r"""<[\w.-]*:?rStyle\b[^>]*val\s*=\s*["']([^"']*)""", format_)
        if style and _CODE.search(self._styles.get(style[1], style[1])):
            return _Item("code", text, ranges=[own])
        if _RAISED.search(format_) and _REFERENCE.fullmatch(text):
            return _Item("alone", ranges=[own])
        return _Item("text", text, format_)

    def _other(self, own: _Range, name: str, items: list[_Item]) -> None:
        """What is no text within a run; the code of a field opens it, and its end closes it."""
        step = ""
        if name == "fldChar":
            span = attribute_span(self._tokens[own.first].raw, f"{self._part.prefix}fldCharType")
            step = self._tokens[own.first].raw[slice(*span)] if span else ""
        open_field = items[-1] if items and items[-1].name == "code" else None
        if step == "begin":
            items.append(_Item("open", ranges=[own], name="code"))
        elif step == "separate" and open_field:
            open_field.ranges.append(own)
            open_field.name = "field"
        elif step == "end":
            if open_field:  # it shows nothing
                open_field.ranges.append(own)
                open_field.what, open_field.name = "alone", ""
            else:
                items.append(_Item("close", ranges=[own], name="field"))
        elif open_field and name == "instrText":
            open_field.ranges.append(own)
        else:
            items.append(_Item("break" if name in _BREAKS else "alone", ranges=[own]))


def _ends(tokens: Sequence[Token]) -> dict[int, int]:
    """One past the end of each element, by the place of its beginning."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind is Kind.START:
            stack.append(at)
        elif token.kind is Kind.END:
            found[stack.pop()] = at + 1
    return found


def _groups(items: Sequence[_Item], role: Role) -> Iterator[_Group]:
    """The items of a paragraph, cut at its breaks."""
    own: list[_Item] = []
    for item in [*items, _Item("break")]:
        if item.what != "break":
            own.append(item)
            continue
        if own:
            yield _group(own, role)
            own = []
        if item.ranges:
            yield _Group([item])


def _group(items: list[_Item], role: Role) -> _Group:
    sizes: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for item in items:
        if item.what == "text":
            sizes[_look(item.format)] += len(item.text.strip())
            shown.setdefault(_look(item.format), item.format)
    look = sizes.most_common(1)[0][0] if sizes else ""
    group = _Group(items, base=shown.get(look, ""))
    gatherer = Gatherer()
    current = look
    for item in items:
        if item.what == "text" and item.text.strip():
            if _look(item.format) != current:
                _change(gatherer, group, current, look, opening=False)
                current = _look(item.format)
                _change(gatherer, group, current, look, opening=True, format_=item.format)
            gatherer.add_text(item.text)
        elif item.what == "text":
            gatherer.add_text(item.text)
        else:
            if item.what in ("open", "close") and current != look:
                _change(gatherer, group, current, look, opening=False)
                current = look
            group.tags.append(item)
            number = len(group.tags) - 1
            if item.what == "open":
                gatherer.add_open(number, item.name)
            elif item.what == "close":
                gatherer.add_close(number, item.name)
            else:
                gatherer.add_alone(number, item.text)
    _change(gatherer, group, current, look, opening=False)
    if gatherer.is_chinese:
        group.segment = gatherer.segment(role)
    return group


def _change(gatherer: Gatherer, group: _Group, look: str, base: str, *, opening: bool, format_: str = "") -> None:
    """Open or close the tags of a format, unless it is the one of the text."""
    if look == base:
        return
    group.tags.append(format_)
    if opening:
        gatherer.add_open(len(group.tags) - 1, f"format {look}", is_style=True)
    else:
        gatherer.add_close(len(group.tags) - 1, f"format {look}")


@dataclass(slots=True)
class WordFile:
    """A docx that was read."""

    archive: Archive
    parts: Sequence[_Part]

    @property
    def _places(self) -> list[_Group | _Shown]:
        return [place for part in self.parts for place in part.places]

    @property
    def segments(self) -> Sequence[Segment]:
        """Paragraphs, cells, headers, notes, comments; what stands in a text box comes before what it stands in."""
        return [place.segment for place in self._places if place.segment]

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None = None) -> bytes:
        """See `MarkedFile.written`."""
        places = self._places
        by_place = {id(places[number]): rendering for number, rendering in renderings.items()}
        changed = {part.path: part.written(by_place, bilingual) for part in self.parts if by_place}
        return self.archive.written(changed)


def read(data: bytes, name: str, options: FileOptions) -> WordFile:
    """Read a docx.

    Raises:
        InputError: it is none, is damaged, or could do harm.
    """
    del options
    archive = read_archive(data, name)
    styles = _style_names(archive)
    parts = []
    for path, role in _text_members(archive):
        encoded = _decoded(archive, path)
        prefix = _NAMESPACE.search(encoded.text)
        if prefix is None:
            continue
        part = _Part(path, encoded, xml_tokens(encoded.text, f"{name}: {path}"), f"{prefix[1]}:" if prefix[1] else "")
        _PartReader(part, role, styles).read()
        parts.append(part)
    if not parts:
        raise InputError(f"{name}: no text of a docx in it; expected a document of Word, saved as .docx")
    return WordFile(archive, parts)


def _decoded(archive: Archive, path: str) -> Encoded:
    return decoded(archive.member(path), name=archive.name)


_OVERRIDE = re.compile(r"<(?:\w+:)?Override\b[^>]*>")


def _text_members(archive: Archive) -> Iterator[tuple[str, Role]]:
    """The members with text, in the order of `_PARTS`."""
    types = _decoded(archive, "[Content_Types].xml").text
    found: list[tuple[int, str, Role]] = []
    order = list(_PARTS)
    for match in _OVERRIDE.finditer(types):
        path, kind = (attribute_span(match[0], name) for name in ("PartName", "ContentType"))
        if path is None or kind is None:
            continue
        own = re.search(r"(?:wordprocessingml|ms-word)[\w.]*\.(\w+)\+xml$", match[0][slice(*kind)])
        member = match[0][slice(*path)].lstrip("/")
        if own and own[1] in _PARTS and member in archive.members:
            found.append((order.index(own[1]), member, _PARTS[own[1]]))
    for _, member, role in sorted(found):
        yield member, role


def _style_names(archive: Archive) -> dict[str, str]:
    """The names of styles by their ids, which in a Chinese Word are mere numbers."""
    path = next((path for path in archive.members if path.endswith("/styles.xml")), None)
    if path is None:
        return {}
    text = _decoded(archive, path).text
    found = {}
    for match in re.finditer(r"<(?:\w+:)?style\b[^>]*>.*?</(?:\w+:)?style>", text, re.DOTALL):
        own = re.search(r"""styleId\s*=\s*["']([^"']*)""", match[0])
        named = re.search(r"""<(?:\w+:)?name\s[^>]*?val\s*=\s*["']([^"']*)""", match[0])
        if own and named:
            found[own[1]] = named[1]
    return found
