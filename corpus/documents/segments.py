"""What a file of any kind is to a translator: segments of text with tags in them.

::

    bytes --read--> MarkedFile     Segment: one heading, one cell, one paragraph …, as text and tags
                      |            (sentences, translation, `placement`)
    bytes <--written-- MarkedFile  given a `Rendering` for each segment that has one; every other byte as it was

A tag is whatever stands within a text and is none: the bold that begins, the image, the placeholder. What it is in the
file is known to the file alone; here it has a place, and a partner where it opens or closes something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

__all__ = ["Bilingual", "MarkedFile", "Rendering", "Role", "Segment", "Tag", "TagSide"]

Bilingual = Literal["below", "beside"]
"""Both texts: the translation in a paragraph (line, cue) of its own after the other, or after it in the same one."""


class Role(StrEnum):
    """What a segment is in its document."""

    PARAGRAPH = "paragraph"
    TITLE = "title"
    HEADING = "heading"
    CAPTION = "caption"
    CELL = "cell"
    ITEM = "item"
    FOOTNOTE = "footnote"
    HEADER = "header"
    COMMENT = "comment"
    ATTRIBUTE = "attribute"
    CUE = "cue"
    MESSAGE = "message"
    UNIT = "unit"


class TagSide(StrEnum):
    """What a tag does."""

    OPEN = "open"
    CLOSE = "close"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Tag:
    """Markup within the text of a segment.

    Attributes:
        at: offset in the text of the segment, in code points.
        side: whether it opens or closes a range of the text, or stands alone.
        number: which of the file's tags it is; the file knows what it stands for.
        pair: the same for an opening tag and the one that closes it; no other tag of the segment has it.
        covers: characters of the text behind ``at`` that stand for the tag itself, so that a model may read what it
            is: code, a placeholder, a number that is a link. They come out as they are, with the tag. 0 for most.
        is_style: whether it only says what a text looks like: where that text is gone, it had better be gone too.
    """

    at: int
    side: TagSide
    number: int
    pair: int
    covers: int = 0
    is_style: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A text that is translated by itself.

    Attributes:
        text: as a reader sees it, on one line; no white space at its ends.
        tags: in the order of the file, so that ``at`` never falls.
        role: what it is in the document.
    """

    text: str
    tags: tuple[Tag, ...] = ()
    role: Role = Role.PARAGRAPH


@dataclass(frozen=True, slots=True)
class Rendering:
    """A segment in the other language.

    Attributes:
        text: the translation.
        tags: all those of the segment, at places in this text, in order; here none covers anything.
        sentences: each sentence's range of the segment's text and of this one, ``(start, end, start, end)``, in order.
        is_sure: whether the place of every tag is known.
    """

    text: str
    tags: tuple[Tag, ...] = ()
    sentences: tuple[tuple[int, int, int, int], ...] = ()
    is_sure: bool = True


class MarkedFile(Protocol):
    """A file that was read."""

    @property
    def segments(self) -> Sequence[Segment]:
        """Its texts, in the order of the document."""
        ...

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None = None) -> bytes:
        """The file with these segments in the other language, or in both.

        Args:
            renderings: by the segment's place in `segments`; what is missing stays as it is.
            bilingual: None for the translation alone.
        """
        ...
