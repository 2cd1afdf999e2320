"""Elements of XML that hold a text and nothing else: titles, labels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from corpus.documents.inline import is_chinese
from corpus.documents.markup import Kind, Token, plain, text_of
from corpus.documents.segments import Bilingual, Rendering, Role, Segment

__all__ = ["TextElement", "text_elements"]


@dataclass(frozen=True, slots=True)
class TextElement:
    """The text of an element: tokens ``[first, last)``."""

    first: int
    last: int
    segment: Segment

    def write(self, rendering: Rendering, bilingual: Bilingual | None, out: list[str]) -> None:
        """Put the translation in its place among the tokens' texts."""
        text = f"{self.segment.text} / {rendering.text}" if bilingual else rendering.text
        out[self.first : self.last] = [plain(text), *[""] * (self.last - self.first - 1)]


def text_elements(tokens: Sequence[Token], names: Collection[str], role: Role) -> Iterator[TextElement]:
    """The elements with one of these names, whatever their prefix, in which there is Chinese and no element."""
    start = -1
    for at, token in enumerate(tokens):
        if token.kind is Kind.START:
            start = at + 1 if token.name.rpartition(":")[2] in names else -1
        elif token.kind is Kind.END and start >= 0:
            text = " ".join("".join(text_of(t) for t in tokens[start:at] if t.kind is Kind.TEXT).split())
            if at > start and is_chinese(text):
                yield TextElement(start, at, Segment(text, (), role))
            start = -1
        elif token.kind is not Kind.TEXT:
            start = -1
