"""Books in EPUB, 2 and 3: pages of XHTML in a zip, in the order of the spine, with their titles and contents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from corpus.documents.archive import Archive, read_archive
from corpus.documents.elements import TextElement, text_elements
from corpus.documents.encoded import Encoded, decoded
from corpus.documents.html import Page, declared_encoding
from corpus.documents.kinds import FileOptions
from corpus.documents.markup import Kind, Token, attribute_span, xml_tokens
from corpus.documents.segments import Bilingual, Rendering, Role, Segment
from translate.errors import InputError

__all__ = ["EpubFile", "read"]

_PAGES = ("application/xhtml+xml",)
_CONTENTS = "application/x-dtbncx+xml"
_CONTAINER = "META-INF/container.xml"


@dataclass(slots=True)
class _Labels:
    """A member with some texts in it: the package, or the table of contents of EPUB 2."""

    tokens: Sequence[Token]
    elements: Sequence[TextElement]

    @property
    def segments(self) -> list[Segment]:
        """Titles, labels and the like."""
        return [element.segment for element in self.elements]

    def main(self) -> list[int]:
        """None: they name what the book says."""
        return []

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None) -> str:
        """The member with these texts in the other language."""
        out = [token.raw for token in self.tokens]
        for number, rendering in renderings.items():
            self.elements[number].write(rendering, bilingual, out)
        if bilingual is None and renderings:
            _rename_language(self.tokens, out)
        return "".join(out)


def _rename_language(tokens: Sequence[Token], out: list[str]) -> None:
    """The package says which language the book is in."""
    for at, token in enumerate(tokens[:-1]):
        if token.kind is Kind.START and token.name == "dc:language" and out[at + 1].strip().lower().startswith("zh"):
            out[at + 1] = "en"


@dataclass(slots=True)
class EpubFile:
    """A book that was read.

    Attributes:
        archive: the zip.
        members: those with text, in the order in which they are read.
    """

    archive: Archive
    members: list[tuple[str, Encoded, Page | _Labels]] = field(default_factory=list)

    @property
    def segments(self) -> Sequence[Segment]:
        """The texts of all pages, then the titles of the contents and of the book."""
        return [segment for _, _, member in self.members for segment in member.segments]

    def main(self) -> list[int]:
        """The texts of the pages, less what stands on them to find one's way."""
        found: list[int] = []
        number = 0
        for _, _, member in self.members:
            if isinstance(member, Page):
                found += [number + n for n, spot in enumerate(member.spots) if not (spot.attribute or spot.is_aside)]
            number += len(member.segments)
        return found

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None = None) -> bytes:
        """See `MarkedFile.written`; the book is said to be in English, unless it is in both."""
        changed: dict[str, bytes] = {}
        number = 0
        for path, encoded, member in self.members:
            n = len(member.segments)
            own = {m - number: renderings[m] for m in range(number, number + n) if m in renderings}
            number += n
            if own:
                changed[path] = encoded.encode(member.written(own, bilingual), "xmlcharrefreplace")
        return self.archive.written(changed)


def read(data: bytes, name: str, options: FileOptions) -> EpubFile:
    """Read a book.

    Raises:
        InputError: it is none, is damaged or encrypted, or could do harm.
    """
    del options
    archive = read_archive(data, name)
    package = _package_path(archive)
    items, spine, tokens = _package(archive, package)
    _check_readable(archive, items)
    order = [*spine, *(path for path, kind in items.items() if kind in _PAGES and path not in spine)]
    file = EpubFile(archive)
    for path in order:
        if items.get(path) in _PAGES and path in archive.members:
            encoded = _decoded(archive, path)
            file.members.append((path, encoded, Page.of(xml_tokens(encoded.text, f"{name}: {path}"), is_xml=True)))
    for path, kind in items.items():
        if kind == _CONTENTS and path in archive.members:
            encoded = _decoded(archive, path)
            own = xml_tokens(encoded.text, f"{name}: {path}")
            file.members.append((path, encoded, _Labels(own, list(text_elements(own, ("text",), Role.HEADING)))))
    labels = list(text_elements(tokens, ("title", "description"), Role.TITLE))
    file.members.append((package, _decoded(archive, package), _Labels(tokens, labels)))
    return file


def _decoded(archive: Archive, path: str) -> Encoded:
    data = archive.member(path)
    return decoded(data, declared_encoding(data), name=f"{archive.name}: {path}")


def _attributes(tokens: Sequence[Token], name: str) -> Iterator[dict[str, str]]:
    """The attributes that matter here, of each element of a name, whatever its prefix."""
    for token in tokens:
        if token.name.rpartition(":")[2] == name and token.kind in (Kind.START, Kind.EMPTY):
            keys = ("id", "href", "media-type", "idref", "full-path", "URI")
            spans = {key: attribute_span(token.raw, key) for key in keys}
            yield {key: unescape(token.raw[slice(*span)]) for key, span in spans.items() if span}


def _package_path(archive: Archive) -> str:
    text = _decoded(archive, _CONTAINER).text
    tokens = xml_tokens(text, f"{archive.name}: {_CONTAINER}")
    for found in _attributes(tokens, "rootfile"):
        if "full-path" in found:
            return found["full-path"]
    raise InputError(f"{archive.name}: {_CONTAINER} names no package; expected a book in EPUB")


def _package(archive: Archive, package: str) -> tuple[dict[str, str], list[str], list[Token]]:
    """The kinds of all members that the package names, those of the spine in order, and its tokens."""
    tokens = xml_tokens(_decoded(archive, package).text, f"{archive.name}: {package}")
    items: dict[str, str] = {}
    by_id: dict[str, str] = {}
    for item in _attributes(tokens, "item"):
        href = item.get("href", "")
        if re.match(r"[a-z][a-z0-9+.-]*:", href, re.I):
            continue  # elsewhere; nothing is fetched
        path = normpath(join(dirname(package), unquote(href)))
        items[path] = item.get("media-type", "")
        by_id[item.get("id", "")] = path
    spine = [by_id[found["idref"]] for found in _attributes(tokens, "itemref") if found.get("idref") in by_id]
    return items, list(dict.fromkeys(spine)), tokens


def _check_readable(archive: Archive, items: Mapping[str, str]) -> None:
    """Refuse a book whose pages are encrypted; fonts often are, and stay so."""
    path = "META-INF/encryption.xml"
    if path in archive.members:
        tokens = xml_tokens(_decoded(archive, path).text, f"{archive.name}: {path}")
        for found in _attributes(tokens, "CipherReference"):
            if items.get(normpath(unquote(found.get("URI", "")))) in _PAGES:
                raise InputError(f"{archive.name}: its pages are encrypted (DRM); expected a book without")
