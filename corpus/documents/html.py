"""Pages of HTML and XHTML."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape

from corpus.documents.encoded import Encoded, decoded
from corpus.documents.inline import Gatherer, is_chinese
from corpus.documents.kinds import FileOptions
from corpus.documents.markup import Kind, Token, attribute_span, escaped, html_tokens, plain, text_of, xml_tokens
from corpus.documents.segments import Bilingual, Rendering, Role, Segment, TagSide
from translate.errors import InputError

__all__ = ["HtmlFile", "Page", "read"]

_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body br button caption center col colgroup dd details dialog dir div dl dt "
        "fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li "
        "link main menu meta nav noscript ol optgroup option p param pre script search section select style summary "
        "table tbody td template textarea tfoot th thead title tr track ul video audio canvas object iframe",
    )
)
"""Elements at which a paragraph ends."""
_ROLES = {
    "title": Role.TITLE,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), Role.HEADING),
    **dict.fromkeys(("caption", "figcaption"), Role.CAPTION),
    **dict.fromkeys(("td", "th"), Role.CELL),
    **dict.fromkeys(("li", "dt", "dd", "option"), Role.ITEM),
}
_VERBATIM = frozenset(("code", "kbd", "samp", "var", "tt"))
"""Elements whose text is read, and stays what it is."""
_OPAQUE = frozenset(("svg", "math", "rt", "rp", "template", "canvas", "object"))
"""Elements in which nothing is translated."""
_STYLES = frozenset(("b", "strong", "i", "em", "u", "s", "span", "font", "small", "big", "mark", "cite", "dfn"))
_REFERRING = ("sup", "a")
"""Elements that may be the number of a note, which is no part of the sentence."""
_SHOWN = ("alt", "title", "placeholder", "aria-label", "label")
"""Attributes that a reader sees."""
_META = re.compile(
    r"""\s(?:name|property)\s*=\s*["']?(?:description|keywords|og:title|og:description|twitter:\w+)""", re.I
)
_KEPT = re.compile(
    r"""\stranslate\s*=\s*["']?no\b|\sclass\s*=\s*(?:"[^"]*\bnotranslate\b|'[^']*\bnotranslate\b)""", re.I
)
_NOTE = re.compile(r"""\s(?:epub:type|role|class)\s*=\s*["'][^"']*(?:footnote|endnote)""", re.I)
_ASIDE = frozenset(("nav", "aside", "footer", "form", "menu", "button", "select", "dialog", "search"))
_ASIDE_NAMES = re.compile(
    r"""\s(?:role\s*=\s*["']?(?:navigation|banner|contentinfo|search|complementary|menu)"""
    r"""|(?:class|id)\s*=\s*["'][^"']*\b(?:nav(?:bar|igation)?|menu|sidebar|side-bar|footer|breadcrumbs?|toc|comments?"""
    r"""|share|social|related|pagination|pager|copyright|advert\w*|ads?|cookie\w*|banner|toolbar|login)\b)""",
    re.I,
)
_REFERENCE = re.compile(r"[\W\d_]+$")
_MARKS = re.compile("[。！？；：，…]")


@dataclass(slots=True)
class _Spot:
    """Where a segment stands: tokens ``[first, last)``, all of them inline."""

    segment: Segment
    first: int
    last: int
    attribute: str = ""
    in_main: bool = False
    is_aside: bool = False
    in_nav: bool = False
    n_linked: int = 0


@dataclass(slots=True)
class Page:
    """The tokens of one page with their segments.

    Attributes:
        tokens: put together again they are the page.
        is_xml: whether it is XHTML.
        spots: where the segments stand, in the order of the page.
    """

    tokens: Sequence[Token]
    is_xml: bool = False
    spots: list[_Spot] = field(default_factory=list)
    _tags: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, tokens: Sequence[Token], *, is_xml: bool = False) -> Page:
        """Find the segments."""
        page = cls(_lines_of_pre(tokens), is_xml)
        _Reader(page).read()
        return page

    @property
    def segments(self) -> list[Segment]:
        """Every visible text that has anything Chinese in it."""
        return [spot.segment for spot in self.spots]

    def main(self) -> list[int]:
        """Which of the segments are the text that the page is about, and not what stands around it on every page."""
        own = [n for n, spot in enumerate(self.spots) if not spot.is_aside and not spot.attribute]
        total = sum(len(self.spots[n].segment.text) for n in own)
        named = [n for n in own if self.spots[n].in_main or self.spots[n].segment.role is Role.TITLE]
        if 2 * sum(len(self.spots[n].segment.text) for n in named) > total:
            own = named
        return [n for n in own if not self._is_list_of_links(n)]

    def _is_list_of_links(self, number: int) -> bool:
        spot = self.spots[number]
        text = spot.segment.text
        return spot.n_linked > 0.7 * len(text) and len(text) < 40 and not _MARKS.search(text)

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None) -> str:
        """The page with these segments in the other language."""
        out = [token.raw for token in self.tokens]
        if bilingual is None and renderings:
            self._rename_language(out)
        # Attributes first: the tags that they stand in are part of other segments.
        for attributes in (True, False):
            for number, rendering in renderings.items():
                spot = self.spots[number]
                if bool(spot.attribute) is attributes:
                    (self._write_attribute if attributes else self._write_text)(spot, rendering, bilingual, out)
        return "".join(out)

    def _rename_language(self, out: list[str]) -> None:
        for number, token in enumerate(self.tokens):
            if token.kind is Kind.START and token.name == "html":
                for name in ("lang", "xml:lang"):
                    span = attribute_span(out[number], name)
                    if span and out[number][slice(*span)].lower().startswith("zh"):
                        out[number] = out[number][: span[0]] + "en" + out[number][span[1] :]

    @staticmethod
    def _write_attribute(spot: _Spot, rendering: Rendering, bilingual: Bilingual | None, out: list[str]) -> None:
        raw = out[spot.first]
        span = attribute_span(raw, spot.attribute)
        if span is not None:
            text = f"{spot.segment.text} / {rendering.text}" if bilingual else rendering.text
            out[spot.first] = raw[: span[0]] + escaped(text) + raw[span[1] :]

    def _write_text(self, spot: _Spot, rendering: Rendering, bilingual: Bilingual | None, out: list[str]) -> None:
        raw = "".join(out[spot.first : spot.last])
        lead = raw[: len(raw) - len(raw.lstrip())]
        trail = raw[len(raw.rstrip()) :]
        if bilingual is None:
            own = lead + self._pieces(spot, rendering, out, copy=False) + trail
        elif self.is_xml and spot.in_nav:
            own = raw  # the contents of a book may hold one link in each item, and nothing else
        elif self.tokens[spot.first - 1].name in ("title", "option", "textarea"):
            own = raw.rstrip() + " / " + self._pieces(spot, rendering, out, copy=True) + trail
        else:
            between = "<br/>" if bilingual == "below" else " "
            language = "xml:lang" if self.is_xml else "lang"
            copy = f'<span {language}="en">{self._pieces(spot, rendering, out, copy=True)}</span>'
            own = raw.rstrip() + between + copy + trail
        out[spot.first : spot.last] = [own, *[""] * (spot.last - spot.first - 1)]

    def _pieces(self, spot: _Spot, rendering: Rendering, out: list[str], *, copy: bool) -> str:
        """Text and tags; of a copy no images or notes, and no names that the original has."""
        found = []
        at = 0
        pairs = {t.pair for t in rendering.tags if t.side is TagSide.OPEN} & {
            t.pair for t in rendering.tags if t.side is TagSide.CLOSE
        }
        covering = {t.pair for t in spot.segment.tags if t.covers}
        for tag in rendering.tags:
            found.append(plain(rendering.text[at : tag.at]))
            at = tag.at
            first, last = self._tags[tag.number]
            raw = "".join(out[first:last])
            if not copy:
                found.append(raw)
            elif tag.pair in pairs or tag.pair in covering:
                found.append(_ID.sub("", raw))
        return "".join(found) + plain(rendering.text[at:])

    def add_tag(self, first: int, last: int) -> int:
        """Note that tokens ``[first, last)`` are a tag; returns its number."""
        self._tags.append((first, last))
        return len(self._tags) - 1


_ID = re.compile(r"""\s(?:id|name)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)""")


def _lines_of_pre(tokens: Sequence[Token]) -> list[Token]:
    """The same tokens; within ``pre`` each line is one of its own, and each line end too, as it shows."""
    found: list[Token] = []
    depth = 0
    for token in tokens:
        if token.name == "pre":
            depth = max(0, depth + (1 if token.kind is Kind.START else -1))
        if depth and token.kind is Kind.TEXT and "\n" in token.raw:
            parts = re.split(r"(\n)", token.raw)
            found += [Token(Kind.OTHER if part == "\n" else Kind.TEXT, part) for part in parts if part]
        else:
            found.append(token)
    return found


class _Reader:
    """Goes over the tokens of a page once."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._blocks: list[tuple[str, str]] = []
        self._new()

    def _new(self) -> None:
        self._gatherer = Gatherer()
        self._first: int | None = None
        self._links = 0
        self._n_linked = 0
        self._has_only_images = False
        self._last = (0, 0)

    def read(self) -> None:
        """Find the segments of the page."""
        tokens = self._page.tokens
        at = 0
        while at < len(tokens):
            at = self._take(at, tokens[at])
        self._flush()

    def _take(self, at: int, token: Token) -> int:
        """Take a token, or an element that is one tag; returns where the next one is."""
        if token.kind is Kind.TEXT:
            text = text_of(token)
            if self._has_only_images:  # these stay where they are, and the white space behind them
                self._new()
            if text.strip() or self._first is not None:
                self._begin(at)
                self._gatherer.add_text(text)
                self._n_linked += len(text.strip()) if self._links else 0
            if text.strip():
                self._last = (at + 1, self._gatherer.n_tags)
            return at + 1
        if token.kind in (Kind.START, Kind.EMPTY):
            self._read_attributes(at, token)
        if token.raw == "\n" or (token.name in _BLOCKS and token.kind is not Kind.OTHER):
            self._flush()
            return self._block(at, token)
        if token.kind is Kind.START and (end := self._kept_until(at, token)):
            self._begin(at)
            content = "" if token.name in (*_OPAQUE, *_REFERRING) else self._content(at, end)
            self._gatherer.add_alone(self._page.add_tag(at, end), content)
            self._last = (end, self._gatherer.n_tags)
            return end
        self._begin(at)
        number = self._page.add_tag(at, at + 1)
        if token.kind is Kind.START:
            self._links += token.name == "a"
            self._gatherer.add_open(number, token.name, is_style=token.name in _STYLES)
        elif token.kind is Kind.END:
            self._links = max(0, self._links - (token.name == "a"))
            self._gatherer.add_close(number, token.name)
        else:
            self._has_only_images = self._has_only_images or at == self._first
            self._gatherer.add_alone(number)
            return at + 1
        self._has_only_images = False
        self._last = (at + 1, self._gatherer.n_tags)
        return at + 1

    def _begin(self, at: int) -> None:
        if self._first is None:
            self._first = at

    def _block(self, at: int, token: Token) -> int:
        if token.kind is Kind.START:
            if _KEPT.search(token.raw) or token.name in _OPAQUE:
                return self._end_of(at, token, over_blocks=True) or at + 1
            if token.name == "p" and self._blocks and self._blocks[-1][0] == "p":
                self._blocks.pop()  # a paragraph ends where the next begins
            self._blocks.append((token.name, token.raw))
        elif token.kind is Kind.END and any(name == token.name for name, _ in self._blocks):
            while self._blocks.pop()[0] != token.name:
                pass
        return at + 1

    def _kept_until(self, at: int, token: Token) -> int | None:
        """Where an inline element ends of which nothing is translated; None where this is none."""
        if token.name in _OPAQUE or token.name in _VERBATIM or _KEPT.search(token.raw):
            return self._end_of(at, token, over_blocks=token.name in ("svg", "math", "code"))
        if token.name in _REFERRING:
            end = self._end_of(at, token, over_blocks=False)
            if end and _REFERENCE.match(self._content(at, end)):
                return end
        return None

    def _end_of(self, at: int, token: Token, *, over_blocks: bool) -> int | None:
        """One past the end of the element that begins here; None where it has none, or holds blocks."""
        depth = 0
        for number in range(at, len(self._page.tokens)):
            other = self._page.tokens[number]
            if other.name == token.name and other.kind is not Kind.EMPTY:
                depth += 1 if other.kind is Kind.START else -1
                if depth == 0:
                    return number + 1
            elif other.name in _BLOCKS and not over_blocks:
                return None
        return None

    def _content(self, first: int, last: int) -> str:
        texts = [text_of(token) for token in self._page.tokens[first:last] if token.kind is Kind.TEXT]
        content = "".join(texts)
        return content if len(content) <= 80 else ""

    def _read_attributes(self, at: int, token: Token) -> None:
        names = ("content",) if token.name == "meta" and _META.search(token.raw) else _SHOWN
        if token.name == "input" and re.search(r"""type\s*=\s*["']?(?:submit|button|reset)""", token.raw, re.I):
            names = (*names, "value")
        for name in names:
            span = attribute_span(token.raw, name)
            if span is None:
                continue
            text = " ".join(unescape(token.raw[slice(*span)]).split())
            if is_chinese(text):
                self._page.spots.append(_Spot(Segment(text, (), Role.ATTRIBUTE), at, at + 1, name))

    def _flush(self) -> None:
        """A paragraph ends."""
        if self._first is not None and self._gatherer.is_chinese:
            last, n_tags = self._last  # images at the end stay where they are, too
            spot = _Spot(self._gatherer.segment(self._role(), n_tags), self._first, last)
            names = {name for name, _ in self._blocks}
            spot.in_nav = "nav" in names
            spot.in_main = bool(names & {"main", "article"})
            spot.is_aside = bool(names & _ASIDE) or any(
                _ASIDE_NAMES.search(raw) for name, raw in self._blocks if name not in ("html", "body", "article")
            )
            spot.is_aside = spot.is_aside or ("header" in names and not spot.in_main)
            spot.n_linked = self._n_linked
            self._page.spots.append(spot)
        self._new()

    def _role(self) -> Role:
        if any(_NOTE.search(raw) for _, raw in self._blocks):
            return Role.FOOTNOTE
        return next((_ROLES[name] for name, _ in reversed(self._blocks) if name in _ROLES), Role.PARAGRAPH)


@dataclass(slots=True)
class HtmlFile:
    """A file that is one page."""

    encoded: Encoded
    page: Page

    @property
    def segments(self) -> Sequence[Segment]:
        """Every visible text."""
        return self.page.segments

    def main(self) -> list[int]:
        """See `Page.main`."""
        return self.page.main()

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None = None) -> bytes:
        """See `MarkedFile.written`."""
        return self.encoded.encode(self.page.written(renderings, bilingual), "xmlcharrefreplace")


_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]+)|<\?xml[^>]{0,100}encoding\s*=\s*["']([\w-]+)""", re.I
)
_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs", "iso-8859-1": "cp1252"}
"""Names that pages use for what is more, as the Encoding Standard has it."""


def declared_encoding(data: bytes) -> str | None:
    """The encoding that a page says it is in."""
    found = _CHARSET.search(data[:4096])
    if found is None:
        return None
    name = (found[1] or found[2]).decode().lower()
    return _ALIASES.get(name, name)


def read(data: bytes, name: str, options: FileOptions) -> HtmlFile:
    """Read a page.

    Raises:
        InputError: it is in no encoding that we can find.
    """
    encoded = decoded(data, declared_encoding(data), options.encoding, name=name)
    if encoded.text.lstrip().startswith("<?xml"):
        with contextlib.suppress(InputError):  # many pages say so and are not
            return HtmlFile(encoded, Page.of(xml_tokens(encoded.text, name), is_xml=True))
    return HtmlFile(encoded, Page.of(html_tokens(encoded.text)))
