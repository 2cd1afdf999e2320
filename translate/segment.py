"""Paragraphs to sentences, in a stream: normalise, split, and find the way back to the raw document.

A line is worked on in windows of a fixed size, counted from where the last sentence ended, so memory does not grow
with the line and the result does not depend on how the reader cut it into pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from translate.errors import UsageError
from translate.normalize import Normalized, NormalizeOptions, Profile, normalize, profile
from translate.records import Paragraph, Sentence
from translate.split import LOOK_AHEAD, MAX_LENGTH, Quotes, split

__all__ = ["SegmentOptions", "segment", "segment_text"]

VERSION = 1
"""Raised when the same options give other spans; part of the signature."""

SAMPLE = 1 << 17
"""Code points read ahead to make the profile of a document."""

_WINDOW = 1 << 16


@dataclass(frozen=True, slots=True)
class SegmentOptions:
    """How documents are cut into sentences.

    Attributes:
        normalize: which repairs are made.
        quotes: ``break`` lets a final mark inside a quotation end a sentence; ``keep`` does not.
        hard_wrap: ``auto`` re-joins lines that were cut at a fixed width when the document shows it.
        max_length: longest sentence, in code points.
    """

    normalize: NormalizeOptions = field(default_factory=NormalizeOptions)
    quotes: Quotes = "break"
    hard_wrap: Literal["auto", "off"] = "auto"
    max_length: int = MAX_LENGTH

    def __post_init__(self) -> None:
        if self.quotes not in ("break", "keep"):
            raise UsageError(f"quotes is {self.quotes!r}; expected break or keep")
        if self.hard_wrap not in ("auto", "off"):
            raise UsageError(f"hard_wrap is {self.hard_wrap!r}; expected auto or off")
        if not 1 <= self.max_length <= _WINDOW // 4:
            raise UsageError(f"max_length is {self.max_length}; expected 1 to {_WINDOW // 4}")

    @property
    def signature(self) -> str:
        """The piece of a run's signature that names these options: ``norm:1|split:1``."""
        parts = [f"norm:{self.normalize.signature}|split:{VERSION}"]
        parts += ["+keep"] if self.quotes == "keep" else []
        parts += ["-nowrap"] if self.hard_wrap == "off" else []
        parts += [f"+max{self.max_length}"] if self.max_length != MAX_LENGTH else []
        return "".join(parts)


_DEFAULT_OPTIONS = SegmentOptions()


def segment(paragraphs: Iterable[Paragraph], options: SegmentOptions = _DEFAULT_OPTIONS) -> Iterator[Sentence]:
    """Cut the paragraphs of one document into sentences.

    Args:
        paragraphs: of one document, in order; a long line may come in pieces.
        options: how.

    Yields:
        Sentences in the order of the document. Every non-blank character lies in exactly one ``[start, end)``.
        A line in which nothing is readable gives one sentence with empty text, flagged ``empty_source``.
    """
    stream = iter(paragraphs)
    head, sample = _look_ahead(stream)
    shape = profile(sample)
    if options.hard_wrap == "off":
        shape = Profile(segmented=shape.segmented)
    worker = _Segmenter(options, shape)
    pieces: list[Paragraph] = []
    size = 0
    for paragraph in chain(head, stream):
        if paragraph.final and not pieces and len(paragraph.text) <= _WINDOW:
            yield from worker.line(paragraph)
            continue
        pieces.append(paragraph)
        size += len(paragraph.text)
        if size > _WINDOW or paragraph.final:
            yield from worker.piece("".join(p.text for p in pieces), pieces[0], paragraph.final)
            pieces.clear()
            size = 0
            if not paragraph.final:
                pieces.append(worker.rest)
                size = len(worker.rest.text)
    if pieces:
        yield from worker.piece("".join(p.text for p in pieces), pieces[0], final=True)


def segment_text(text: str, options: SegmentOptions = _DEFAULT_OPTIONS, doc_id: str = "text") -> list[Sentence]:
    """Cut a string into sentences, as `segment` does for a document.

    Args:
        text: the whole document; ``\\n``, ``\\r\\n`` and ``\\r`` end a line.
        options: how.
        doc_id: the name its sentences carry.
    """
    return list(segment(_paragraphs(text, doc_id), options))


_LINE_END = re.compile(r"\r\n|\n|\r")


def _paragraphs(text: str, doc_id: str) -> Iterator[Paragraph]:
    at = 0
    index = 0
    for end in _LINE_END.finditer(text):
        yield Paragraph(doc_id, index, text[at : end.start()], at)
        at = end.end()
        index += 1
    if at < len(text) or index == 0:
        yield Paragraph(doc_id, index, text[at:], at)


def _look_ahead(stream: Iterator[Paragraph]) -> tuple[list[Paragraph], str]:
    head: list[Paragraph] = []
    parts: list[str] = []
    size = 0
    for paragraph in stream:
        head.append(paragraph)
        parts.append(paragraph.text)
        size += len(paragraph.text)
        if paragraph.final:
            parts.append("\n")
            size += 1
        if size >= SAMPLE:
            break
    return head, "".join(parts)[:SAMPLE]


class _Segmenter:
    """Works on one line after the other."""

    def __init__(self, options: SegmentOptions, shape: Profile) -> None:
        self._options = options
        self._shape = shape
        self._n_done = 0
        self.rest = Paragraph("", 0, "", 0, final=False)

    def line(self, paragraph: Paragraph) -> Iterator[Sentence]:
        """All sentences of a line that is here as a whole."""
        self._n_done = 0
        yield from self._window(paragraph, paragraph.text, paragraph.start, 0, more=False)[0]

    def piece(self, text: str, first: Paragraph, final: bool) -> Iterator[Sentence]:
        """The sentences of the beginning of a line; what is not decided yet is left in ``rest``."""
        if first is not self.rest:
            self._n_done = 0
        off = 0
        while len(text) - off > _WINDOW:
            sentences, used = self._window(first, text[off : off + _WINDOW], first.start + off, self._n_done, more=True)
            self._n_done += len(sentences)
            off += used
            yield from sentences
        if final:
            sentences, _ = self._window(first, text[off:], first.start + off, self._n_done, more=False)
            yield from sentences
        else:
            self.rest = Paragraph(first.doc_id, first.index, text[off:], first.start + off, final=False)

    def _window(self, line: Paragraph, raw: str, start: int, n_done: int, more: bool) -> tuple[list[Sentence], int]:
        """Sentences of ``raw``, and how many of its characters they use up; with ``more``, only the certain ones."""
        found = normalize(raw, self._options.normalize, self._shape)
        text = found.text
        spans = split(text, quotes=self._options.quotes, max_length=self._options.max_length)
        used = len(raw)
        if more:
            limit = len(text) - LOOK_AHEAD
            n_sure = sum(1 for _, end in spans if end <= limit)
            n_sure = min(n_sure, len(spans) - 1)
            if n_sure > 0:
                used = found.start(spans[n_sure][0])
                spans = spans[:n_sure]
        ranges = _ranges(raw[:used], found, spans)
        return self._records(line, raw, start, n_done, ranges, found), used

    def _records(
        self, line: Paragraph, raw: str, start: int, n_done: int, ranges: list[tuple[int, int, str]], found: Normalized
    ) -> list[Sentence]:
        sentences = []
        for index, (r0, r1, text) in enumerate(ranges, n_done):
            flags = {flag for at, flag in found.marks if r0 <= at < r1} if found.marks else set()
            if not text:
                flags.add("empty_source")
            sentences.append(
                Sentence(line.doc_id, line.index, index, start + r0, start + r1, raw[r0:r1], text, tuple(sorted(flags)))
            )
        return sentences


def _ranges(raw: str, found: Normalized, spans: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """Raw range and text of each sentence; every non-blank character of ``raw`` in exactly one of them."""
    ranges: list[tuple[int, int, str]] = []
    text = found.text
    done = 0
    for a, b in spans:
        piece = text[a:b]
        readable = piece.strip()
        if not readable:
            continue
        a += len(piece) - len(piece.lstrip())
        r0, r1 = max(found.start(a), done), found.end(a + len(readable))
        if raw[done:r0].strip():
            r0 = _attach(raw, ranges, done, r0)
        if r1 <= r0:
            if ranges:
                ranges[-1] = (ranges[-1][0], max(ranges[-1][1], r1), ranges[-1][2] + readable)
            continue
        while raw[r1 - 1].isspace():
            r1 -= 1
        while raw[r0].isspace():
            r0 += 1
        ranges.append((r0, r1, " ".join(readable.split())))
        done = r1
    if raw[done:].strip():
        rest = len(raw) if not ranges else len(raw.rstrip())
        if ranges:
            ranges[-1] = (ranges[-1][0], rest, ranges[-1][2])
        else:
            lead = len(raw) - len(raw.lstrip())
            ranges.append((lead, len(raw.rstrip()), ""))
    return ranges


def _attach(raw: str, ranges: list[tuple[int, int, str]], done: int, r0: int) -> int:
    """Give characters that became nothing to the sentence before them, or to the one after when there is none."""
    gap = raw[done:r0]
    if ranges:
        ranges[-1] = (ranges[-1][0], done + len(gap.rstrip()), ranges[-1][2])
        return r0
    return done + len(gap) - len(gap.lstrip())
