"""Text as it stands between tags, gathered into a segment."""

from __future__ import annotations

import re
from dataclasses import replace

from corpus.documents.segments import Role, Segment, Tag, TagSide
from translate.text.marks import CJK, HAN

__all__ = ["Gatherer", "is_chinese"]

_HAN = re.compile(f"[{HAN}]")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_CJK = re.compile(f"[{CJK}]")


def is_chinese(text: str) -> bool:
    """Whether there is anything in a text to translate."""
    return _HAN.search(text) is not None


class Gatherer:
    """Puts the pieces of a paragraph together, as a page shows them: white space is one blank, and none at the ends.

    A line end between two Chinese characters is nothing at all, since the writer only broke the line there.
    """

    def __init__(self) -> None:
        self._text = ""
        self._space = ""
        self._tags: list[Tag] = []
        self._n_pairs = 0
        self._is_chinese = False
        self._open: list[tuple[str, int]] = []

    def add_text(self, text: str) -> None:
        """Further characters."""
        at = 0
        for gap in _SPACE.finditer(text):
            self._add(text[at : gap.start()])
            self._space += gap[0]
            at = gap.end()
        self._add(text[at:])

    def _add(self, word: str) -> None:
        if not word:
            return
        self._flush_space(word)
        self._text += word
        self._is_chinese = self._is_chinese or is_chinese(word)

    def add_open(self, number: int, name: str, *, is_style: bool = False) -> None:
        """A tag that opens something of this name."""
        if "\n" not in self._space:  # else it is decided by what comes
            self._flush_space("")
        self._n_pairs += 1
        self._open.append((name, self._n_pairs))
        self._tags.append(Tag(len(self._text), TagSide.OPEN, number, self._n_pairs, is_style=is_style))

    def add_close(self, number: int, name: str) -> None:
        """A tag that closes what was opened last under this name."""
        pair = next((pair for own, pair in reversed(self._open) if own == name), 0)
        if pair:
            self._open.remove((name, pair))
        else:
            self._n_pairs += 1
        self._tags.append(Tag(len(self._text), TagSide.CLOSE, number, pair or self._n_pairs))

    def add_alone(self, number: int, covers: str = "") -> None:
        """A tag that stands for itself, and for a text that a reader sees."""
        if covers:
            self._flush_space(covers)
        self._n_pairs += 1
        covered = " ".join(covers.split())
        self._tags.append(Tag(len(self._text), TagSide.ALONE, number, self._n_pairs, len(covered)))
        self._text += covered

    def _flush_space(self, following: str) -> None:
        """White space becomes a blank, or nothing where only a line was broken."""
        if self._space and self._text:
            broken = "\n" in self._space and _CJK.match(self._text[-1]) and _CJK.match(following)
            self._text += "" if broken else " "
        self._space = ""

    @property
    def text(self) -> str:
        """What was gathered."""
        return self._text

    @property
    def is_chinese(self) -> bool:
        """Whether there is anything to translate in it, beside what tags cover."""
        return self._is_chinese

    @property
    def n_tags(self) -> int:
        """How many tags there are."""
        return len(self._tags)

    def segment(self, role: Role, n_tags: int | None = None) -> Segment:
        """All of it, or with so many of the tags."""
        text = self._text.rstrip(" ")
        tags = (tag if tag.at <= len(text) else replace(tag, at=len(text)) for tag in self._tags[:n_tags])
        return Segment(text, tuple(tags), role)
