"""HTML and XML as tokens that are the file: put together again they are its text, character by character.

XML goes past expat first, which refuses what is not well-formed, and here whatever declares entities, by which a few
lines stand for gigabytes. No DTD, and nothing else, is fetched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from xml.parsers import expat
from xml.sax.saxutils import escape

from translate.errors import InputError

__all__ = ["Kind", "Token", "attribute_span", "escaped", "html_tokens", "joined", "plain", "text_of", "xml_tokens"]

_DEEPEST = 512


class Kind(Enum):
    """What a token is."""

    TEXT = "text"
    START = "start"
    END = "end"
    EMPTY = "empty"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a file of markup.

    Attributes:
        kind: what it is; `Kind.OTHER` for comments, declarations, scripts and styles.
        raw: as it stands.
        name: of a tag, as it stands in XML (with its prefix), in lower case in HTML.
    """

    kind: Kind
    raw: str
    name: str = ""


_HTML = re.compile(
    r"""(?P<other><!--.*?(?:-->|--!>|\Z)|<![^>]*>|<\?[^>]*>|</[^a-zA-Z>][^>]*>|</>)"""
    r"""|<(?P<slash>/?)(?P<name>[a-zA-Z][^\s/>]*)(?P<rest>(?:=\s*"[^"]*"|=\s*'[^']*'|[^>])*+)>""",
    re.DOTALL,
)
_XML = re.compile(
    r"""(?P<other><!--.*?-->|<\?.*?\?>|<!DOCTYPE(?:[^\[>"']|"[^"]*"|'[^']*'|\[(?:[^\]"']|"[^"]*"|'[^']*')*\])*>)"""
    r"""|(?P<cdata><!\[CDATA\[.*?\]\]>)"""
    r"""|<(?P<slash>/?)(?P<name>[^\s/>!?]+)(?P<rest>(?:"[^"]*"|'[^']*'|[^>"'])*)>""",
    re.DOTALL,
)
_UNREAD = ("script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext")
"""Elements of HTML in which nothing is markup, and nothing is to be read."""
_TEXT_ONLY = ("title", "textarea")
"""Those in which nothing is markup, but entities are read."""
_VOID = frozenset(re.findall(r"\w+", "area base br col embed hr img input link meta param source track wbr"))
"""Elements of HTML that hold nothing."""


def html_tokens(text: str) -> list[Token]:
    """The tokens of a page, however badly it is written."""
    return list(_html(text))


def _html(text: str) -> Iterator[Token]:
    at, last = 0, text.rfind(">") + 1  # no tag ends behind it, so none is looked for over and over
    while match := _HTML.search(text, at, last):
        if match.start() > at:
            yield Token(Kind.TEXT, text[at : match.start()])
        at = match.end()
        if match["other"]:
            yield Token(Kind.OTHER, match[0])
            continue
        name = match["name"].lower()
        if match["slash"]:
            yield Token(Kind.END, match[0], name)
            continue
        yield Token(Kind.EMPTY if name in _VOID or match["rest"].endswith("/") else Kind.START, match[0], name)
        if name in _UNREAD or name in _TEXT_ONLY:
            end = re.compile(rf"</{re.escape(name)}(?=[\s/>])", re.IGNORECASE).search(text, at)
            stop = end.start() if end else len(text)
            if stop > at:
                yield Token(Kind.OTHER if name in _UNREAD else Kind.TEXT, text[at:stop])
            at = stop
    if at < len(text):
        yield Token(Kind.TEXT, text[at:])


def xml_tokens(text: str, what: str) -> list[Token]:
    """The tokens of a file of XML.

    Args:
        text: the file, decoded; what its declaration says of an encoding does not count.
        what: what to call it in messages.

    Raises:
        InputError: it is not well-formed, or declares entities.
    """
    _check(text, what)
    tokens: list[Token] = []
    at = 0
    while match := _XML.search(text, at):
        if match.start() > at:
            tokens.append(Token(Kind.TEXT, text[at : match.start()]))
        at = match.end()
        if match["other"]:
            tokens.append(Token(Kind.OTHER, match[0]))
        elif match["cdata"]:
            tokens.append(Token(Kind.TEXT, match[0]))
        elif match["slash"]:
            tokens.append(Token(Kind.END, match[0], match["name"]))
        else:
            kind = Kind.EMPTY if match["rest"].endswith("/") or match["name"].endswith("/") else Kind.START
            tokens.append(Token(kind, match[0], match["name"]))
    if at < len(text):
        tokens.append(Token(Kind.TEXT, text[at:]))
    return tokens


def _check(text: str, what: str) -> None:
    parser = expat.ParserCreate("utf-8")
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        del name, attributes
        depth += 1
        if depth > _DEEPEST:
            raise InputError(f"{what}: tags within tags, {_DEEPEST} deep")

    def end(name: str) -> None:
        nonlocal depth
        del name
        depth -= 1

    def entity(*declared: object) -> None:
        raise InputError(f"{what}: declares the entity {declared[0]!r}, which may stand for anything; write it out")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise InputError(f"{what}: no well-formed XML: {reason}, in line {error.lineno}") from error


_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)


def text_of(token: Token) -> str:
    """What a token of text says, its entities resolved."""
    if token.raw.startswith("<![CDATA["):
        return token.raw[9:-3]
    return html.unescape(token.raw) if "&" in token.raw else token.raw


_NO_CHARACTER = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plain(text: str) -> str:
    """A text as it stands between tags, without what cannot be written in XML."""
    return escape(_NO_CHARACTER.sub("", text))


def escaped(text: str) -> str:
    """A text as it stands within quotes."""
    return plain(text).replace('"', "&quot;")


def attribute_span(raw: str, name: str) -> tuple[int, int] | None:
    """Where the value of an attribute stands in a tag, without its quotes; None where there is none, or no quotes."""
    match = re.search(rf"""\s{re.escape(name)}\s*=\s*(?:"([^"]*)"|'([^']*)')""", raw, re.IGNORECASE)
    if match is None:
        return None
    return match.span(1) if match[1] is not None else match.span(2)


def joined(tokens: Sequence[Token]) -> str:
    """The file that these tokens are of."""
    return "".join(token.raw for token in tokens)
