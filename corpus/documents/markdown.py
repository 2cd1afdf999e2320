"""Markdown: CommonMark with tables, strikethrough, footnotes and front matter.

The parser of markdown-it tells which lines are paragraphs, headings and cells; each is found in the file again, and
what is within it is taken apart here, where every mark keeps its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.documents.encoded import Encoded, decoded
from corpus.documents.html import Page
from corpus.documents.inline import Gatherer, is_chinese
from corpus.documents.kinds import FileOptions
from corpus.documents.markup import html_tokens
from corpus.documents.segments import Bilingual, Rendering, Role, Segment, TagSide

__all__ = ["MarkdownFile", "read"]

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?\r?\n)?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S)
_FRONT_FIELD = re.compile(
    r"""^(?:title|subtitle|description|summary|abstract|caption)[ \t]*:[ \t]+"""
    r"""(?P<value>"(?P<double>[^"\\\r\n]*)"|'(?P<single>[^'\r\n]*)'|(?P<bare>[^\s"'|>&*!\[{#][^\r\n]*?))[ \t]*\r?$""",
    re.M,
)
_NOTE = re.compile(r"(\[\^[^\]\s]+\]:)(?=[ \t])")
_DEFINITION = re.compile(r":(?=[ \t]+\S)")
_CONTAINER = re.compile(r":{3,}|!{3}|\?{3}")
_ROLES = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), Role.HEADING),
    **dict.fromkeys(("td", "th"), Role.CELL),
    "li": Role.ITEM,
}
_INLINE = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<code>(?<!`)(?P<ticks>`+)(?!`)(?P<inner>.{1,4000}?)(?<!`)(?P=ticks)(?!`))"
    r"|(?P<math>\$\$.{1,4000}?\$\$|\$(?=\S)[^$\n]{1,4000}?(?<=\S)\$(?!\d))"
    r"|(?P<template>\{%.{0,4000}?%\}|\{\{.{0,4000}?\}\}|\{[#.:][^{}\n]*\})"
    r"|(?P<auto><[a-zA-Z][\w+.-]*:[^<>\s]*>|<[^<>\s@]+@[^<>\s@]+>|https?://[!-;=?-\[\]^-~]*[\w/])"
    r"|(?P<html></?[a-zA-Z][^<>]*>|<!--.{0,4000}?-->)"
    r"|(?P<note>\[\^[^\]\s]+\])"
    r"|(?P<entity>&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);)"
    r"|(?P<link>!?\[)"
    r"|(?P<mark>(?<!\*{3})(?<!_{3})(?!\*{4}|_{4})(?P<run>\*{1,3}|_{1,3}|~~)(?=\S)(?P<marked>.{1,2000}?)(?<=\S)(?P=run)(?!(?P=run)))",
    re.S,
)
_DEEPEST = 32
"""Most marks within marks; what is deeper is text. No writer needs as many, and each costs a call."""
_EMPHASIS = re.compile(r"\*{1,3}|_{1,3}|~~")
_AS_HTML = {
    **dict.fromkeys(("*", "_"), ("<em>", "</em>")),
    **dict.fromkeys(("**", "__"), ("<strong>", "</strong>")),
    **dict.fromkeys(("***", "___"), ("<em><strong>", "</strong></em>")),
    "~~": ("<del>", "</del>"),
}
_TARGET = re.compile(r"""\((?:[^()\s"'<>]|\([^()]*\)|<[^<>]*>)*(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)""")
_BRACKET = re.compile(r"\\.|[\[\]]", re.S)
_REFERENCE = re.compile(r"\[[^\[\]]*\]")
_SPECIAL = re.compile(r"[\\`*<\[\]]|_(?=\W|$)|(?<!\w)_")
_BLOCK_START = re.compile(r"(\d{1,9})([.)])(?=\s)|([-+#>])(?=\s|$)|(#{2,6})(?=\s)")


@dataclass(slots=True)
class _MarkdownBlock:
    """The text of a paragraph, a heading or a cell: ``[start, end)`` of the file, with its marks."""

    start: int
    end: int
    segment: Segment
    marks: list[str]
    quote: str = ""


@dataclass(slots=True)
class _HtmlBlock:
    """A piece of HTML: ``[start, end)`` of the file."""

    start: int
    end: int
    page: Page


@dataclass(slots=True)
class MarkdownFile:
    """A file of Markdown that was read."""

    encoded: Encoded
    blocks: list[_MarkdownBlock | _HtmlBlock] = field(default_factory=list)

    @property
    def segments(self) -> Sequence[Segment]:
        """Paragraphs, headings, items, cells, notes, and the title of the front matter."""
        found: list[Segment] = []
        for block in self.blocks:
            found += block.page.segments if isinstance(block, _HtmlBlock) else [block.segment]
        return found

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None = None) -> bytes:
        """See `MarkedFile.written`."""
        text = self.encoded.text
        found: list[str] = []
        at = number = 0
        for block in self.blocks:
            found.append(text[at : block.start])
            at = block.end
            raw = text[block.start : block.end]
            if isinstance(block, _HtmlBlock):
                n = len(block.page.segments)
                own = {m - number: renderings[m] for m in range(number, number + n) if m in renderings}
                found.append(block.page.written(own, bilingual))
                number += n
                continue
            rendering = renderings.get(number)
            number += 1
            found.append(raw if rendering is None else _written(block, rendering, raw, bilingual))
        return self.encoded.encode("".join(found) + text[at:])


def _written(block: _MarkdownBlock, rendering: Rendering, raw: str, bilingual: Bilingual | None) -> str:
    is_cell = block.segment.role is Role.CELL
    if block.quote or block.segment.role is Role.TITLE:  # of the front matter
        text = f"{block.segment.text} / {rendering.text}" if bilingual else rendering.text
        return _quoted(text, block.quote)
    new = _pieces(block, rendering, copy=bilingual is not None)
    if is_cell:
        new = re.sub(r"(?<!\\)\|", r"\\|", new)
    if bilingual is None:
        return new if _BLOCK_START.match(raw) else _BLOCK_START.sub(_escaped_start, new, count=1) if new else raw
    if bilingual == "beside":
        return f"{raw} {new}"
    # A line end in the text, which also a heading and a cell can have; only in those it needs to be HTML.
    return f"{raw}<br>{new}" if is_cell or block.segment.role is Role.HEADING else f"{raw}\\\n{block.quote}{new}"


def _escaped_start(match: re.Match[str]) -> str:
    if match.start() > 0:
        return match[0]
    return f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[0]}"


def _pieces(block: _MarkdownBlock, rendering: Rendering, *, copy: bool) -> str:
    opened = {tag.pair for tag in rendering.tags if tag.side is TagSide.OPEN}
    both = opened & {tag.pair for tag in rendering.tags if tag.side is TagSide.CLOSE}
    found: list[str] = []
    starts: dict[int, int] = {}  # of each pair of marks that is open, where it stands in `found`
    at = 0
    for tag in rendering.tags:
        found.append(_SPECIAL.sub(r"\\\g<0>", rendering.text[at : tag.at]))
        at = tag.at
        mark = block.marks[tag.number]
        if _EMPHASIS.fullmatch(mark):
            if tag.side is TagSide.OPEN:
                starts[tag.pair] = len(found)
            elif tag.pair in starts:
                _emphasize(found, starts.pop(tag.pair), mark, rendering.text[at : at + 1])
                continue
        if not copy or tag.pair in both or mark[0] not in "<[{":
            found.append(mark)
    return "".join(found) + _SPECIAL.sub(r"\\\g<0>", rendering.text[at:])


def _emphasize(found: list[str], start: int, mark: str, following: str) -> None:
    """Close an emphasis that was opened at ``start``, so that a reader of CommonMark takes it for one.

    Around nothing there is none: its marks would be read as others, or be seen. Blanks go outside. Where a mark would
    stand between a letter and a sign, or within a word, tags of HTML say the same.
    """
    inner = "".join(found[start + 1 :])
    del found[start + 1 :]
    words = inner.strip()
    if not words:
        found[start] = inner
        return
    before = "".join(found[:start])[-1:]
    before = inner[: len(inner) - len(inner.lstrip())] or before
    behind = inner[len(inner.rstrip()) :] or following
    marks = (mark, mark)
    joins = (_joins(before[-1:], words[0]), _joins(behind[:1], words[-1]))
    if any(joins) or (mark[0] == "_" and (before[-1:].isalnum() or behind[:1].isalnum())):
        marks = _AS_HTML[mark]
    lead, trail = len(inner) - len(inner.lstrip()), len(inner.rstrip())
    found[start:] = [inner[:lead], marks[0], words, marks[1], inner[trail:]]


def _joins(outer: str, inner: str) -> bool:
    """Whether a mark between the two is none: a letter without, and a sign within."""
    return bool(outer) and not inner.isalnum() and outer.isalnum()


def _quoted(text: str, quote: str) -> str:
    """A value of the front matter, in quotes where YAML needs some."""
    if quote == "'":
        return "'" + text.replace("'", "''") + "'"
    if quote == '"' or re.search(r": |\s#|:$|^[\W_]", text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


# -- reading ---------------------------------------------------------------------------------------------------------


def read(data: bytes, name: str, options: FileOptions) -> MarkdownFile:
    """Read a file of Markdown.

    Raises:
        InputError: it is in no encoding that we find.
    """
    encoded = decoded(data, None, options.encoding, name=name)
    file = MarkdownFile(encoded)
    text = encoded.text
    front = _FRONT.match(text)
    if front:
        file.blocks.extend(_front_matter(text, front.end()))
    lines = _lines(text)
    plain, notes = _plain_lines(text, lines, front.end() if front else 0)
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    environment: dict[str, dict[str, object]] = {}
    tokens = parser.parse("\n".join(plain), environment)
    labels = {label.upper() for label in environment.get("references", {})}
    for block in _blocks(tokens, text, lines, notes, labels):
        if not file.blocks or block.start >= file.blocks[-1].end:
            file.blocks.append(block)
    return file


def _lines(text: str) -> list[tuple[int, int]]:
    """Where each line begins and ends, without its end."""
    found = []
    at = 0
    for line in re.split(r"(?<=\n)", text):
        found.append((at, at + len(line.rstrip("\r\n"))))
        at += len(line)
    return found


def _front_matter(text: str, end: int) -> Iterator[_MarkdownBlock]:
    for match in _FRONT_FIELD.finditer(text, 0, end):
        value = next(v for v in (match["double"], match["single"], match["bare"]) if v is not None)
        if is_chinese(value):
            quote = match["value"][0] if match["bare"] is None else ""
            yield _MarkdownBlock(*match.span("value"), Segment(" ".join(value.split()), (), Role.TITLE), [], quote)


def _plain_lines(text: str, lines: Sequence[tuple[int, int]], start: int) -> tuple[list[str], set[int]]:
    """The lines as plain CommonMark: definitions of notes and terms as items of lists, containers as blank lines.

    Returns:
        As many lines, and which of them belong to a note.
    """
    found: list[str] = []
    notes: set[int] = set()
    in_note = False
    for number, (first, last) in enumerate(lines):
        line = text[first:last]
        if first < start or _CONTAINER.match(line):
            found.append("")
            continue
        note = _NOTE.match(line)
        in_note = note is not None or (in_note and (not line.strip() or line[0] in " \t" or bool(found[-1].strip())))
        if in_note and line.strip():
            notes.add(number)
        if note:
            line = "-" + line[note.end() :]
        elif _DEFINITION.match(line):
            line = "-" + line[1:]
        found.append(line)
    return found, notes


def _blocks(
    tokens: Sequence[Token], text: str, lines: Sequence[tuple[int, int]], notes: set[int], labels: set[str]
) -> Iterator[_MarkdownBlock | _HtmlBlock]:
    open_tags: list[str] = []
    at = 0
    for token in tokens:
        if token.nesting:
            open_tags = [*open_tags, token.tag] if token.nesting > 0 else open_tags[:-1]
        if token.map is None:
            continue
        first, last = token.map
        if token.type == "html_block":
            start, end = lines[first][0], lines[min(last, len(lines)) - 1][1]
            page = Page.of(html_tokens(text[start:end]))
            if page.segments:
                yield _HtmlBlock(start, end, page)
        elif token.type == "inline" and is_chinese(token.content):
            role = next((_ROLES[tag] for tag in reversed(open_tags) if tag in _ROLES), Role.PARAGRAPH)
            role = Role.FOOTNOTE if first in notes else role
            at = max(at, lines[first][0])
            for spans, content in _runs(token.content, text, lines[first:last], at):
                at = spans[1]
                block = _block(spans, content, role, labels)
                if block:
                    yield block


def _runs(content: str, text: str, lines: Sequence[tuple[int, int]], at: int) -> Iterator[tuple[tuple[int, int], str]]:
    """Where the lines of a text stand in the file; a hard line break ends a run of them."""
    run: list[str] = []
    start = end = 0
    rows = content.split("\n")
    for row, (first, last) in zip(rows, lines, strict=False):
        own = row.strip()
        is_hard = row.endswith("  ") or (own.endswith("\\") and not own.endswith("\\\\"))
        own = own[:-1].rstrip() if own.endswith("\\") and is_hard else own
        written = own if own in text[max(first, at) : last] else own.replace("|", "\\|")
        place = text.find(written, max(first, at), last)
        if place < 0 or not own:
            if run:
                yield (start, end), "\n".join(run)
            run = []
            continue
        start = start if run else place
        end = place + len(written)
        run.append(written)
        if is_hard:
            yield (start, end), "\n".join(run)
            run = []
    if run:
        yield (start, end), "\n".join(run)


def _block(spans: tuple[int, int], content: str, role: Role, labels: set[str]) -> _MarkdownBlock | None:
    inline = _InlineReader(labels)
    inline.gather(content)
    if not inline.gatherer.is_chinese:
        return None
    return _MarkdownBlock(*spans, inline.gatherer.segment(role), inline.marks)


class _InlineReader:
    """Takes the text of a paragraph apart.

    Args:
        labels: the names of references, in capitals.
    """

    def __init__(self, labels: set[str]) -> None:
        self.gatherer = Gatherer()
        self.marks: list[str] = []
        self._labels = labels
        self._depth = 0

    def gather(self, content: str) -> None:
        """Take in a text."""
        at = 0
        brackets = _brackets(content)
        while match := _INLINE.search(content, at):
            before = content[at : match.start()]
            if match["mark"] and match["run"][0] == "_" and re.search(r"\w$", before):  # as in snake_case
                end = match.start() + len(match["run"])
                self.gatherer.add_text(content[at:end])
                at = end
                continue
            self.gatherer.add_text(before)
            at = match.end()
            if match["escape"]:
                self.gatherer.add_text(match[0][1])
            elif match["mark"]:
                self._around(match["run"], match["marked"], match["run"])
            elif match["link"]:
                at = self._link(content, match, brackets.get(match.end() - 1))
            elif match["html"]:
                self._html(match[0])
            else:
                covers = match["inner"] or match["math"] or match["auto"] or ""
                self._alone(match[0], covers if len(covers) <= 80 else "")
        self.gatherer.add_text(content[at:])

    def _alone(self, raw: str, covers: str = "") -> None:
        self.marks.append(raw)
        self.gatherer.add_alone(len(self.marks) - 1, covers)

    def _around(self, opening: str, inner: str, closing: str) -> None:
        if self._depth >= _DEEPEST:
            self.gatherer.add_text(f"{opening}{inner}{closing}")
            return
        self.marks += [opening, closing]
        number = len(self.marks) - 2
        self.gatherer.add_open(number, f"{opening} {number}", is_style=opening[0] in "*_~")
        self._depth += 1
        self.gather(inner)
        self._depth -= 1
        self.gatherer.add_close(number + 1, f"{opening} {number}")

    def _link(self, content: str, match: re.Match[str], close: int | None) -> int:
        """A link or an image, whose bracket is closed there; returns where the text goes on."""
        start = match.end()
        if close is None:
            self.gatherer.add_text(match[0])
            return start
        inner = content[start:close]
        target = _TARGET.match(content, close + 1) or _REFERENCE.match(content, close + 1)
        if target and target[0] != "[]":
            self._around(match[0], inner, f"]{target[0]}")
            return target.end()
        if " ".join(inner.split()).upper() in self._labels:  # its text is the name of a reference too
            self._around(match[0], inner, f"][{inner}]")
            return target.end() if target else close + 1
        if re.fullmatch(r"[ xX]", inner):  # a box to be ticked, with the blank that makes it one
            self._alone(content[match.start() : close + 2])
            return close + 2
        self.gatherer.add_text(match[0])
        return start

    def _html(self, raw: str) -> None:
        name = re.match(r"</?([a-zA-Z][\w-]*)", raw)
        if name is None or raw.endswith("/>") or name[1].lower() in ("br", "img", "hr", "wbr", "input"):
            self._alone(raw)
            return
        self.marks.append(raw)
        add = self.gatherer.add_close if raw.startswith("</") else self.gatherer.add_open
        add(len(self.marks) - 1, name[1].lower())


def _brackets(content: str) -> dict[int, int]:
    """Where each bracket is closed."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACKET.finditer(content):
        if match[0] == "[":
            opened.append(match.start())
        elif match[0] == "]" and opened:
            found[opened.pop()] = match.start()
    return found
