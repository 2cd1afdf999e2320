"""Paragraphs to sentences, in a stream: normalise, split, and find the way back to the raw document.

A line is worked on in windows of a fixed size, counted from where the last sentence ended, so memory does not grow
with the line and the result does not depend on how the reader cut it into pieces.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice, pairwise
from typing import Literal

from translate.errors import UsageError
from translate.text import language, markup
from translate.text import normalize as repairs
from translate.text.classes import others
from translate.text.flags import Flag
from translate.text.language import SUSPECT, language_flags
from translate.text.marks import BLANK, BREAK, HAN
from translate.text.markup import MAY_BE_MARKUP, has_markup
from translate.text.normalize import NormalizeOptions, is_only_for_suspects, joined, normalize
from translate.text.offsets import Normalized
from translate.text.paragraphs import split_paragraphs
from translate.text.profile import (
    MOST_BETWEEN,
    Profile,
    continues,
    ends_sentence,
    is_furniture,
    is_page_break,
    is_short,
    profile,
)
from translate.text.records import Paragraph, Sentence, new_sentence
from translate.text.split import (
    LOOK_AHEAD,
    MAX_LENGTH,
    UNMARKED_LENGTH,
    Quotes,
    Scanner,
    is_unmarked,
    plain_sentence,
    split,
)
from translate.text.variety import find_variety

__all__ = ["SAMPLE", "SegmentOptions", "look_ahead", "segment", "segment_lines", "segment_text"]

VERSION = 4
"""Raised when the same options give other spans; part of the signature."""

SAMPLE = 1 << 17
"""Code points read ahead to make the profile of a document."""

_WINDOW = 1 << 16

LONGEST = _WINDOW // 4
"""The largest `SegmentOptions.max_length`."""


@dataclass(frozen=True, slots=True)
class SegmentOptions:
    """How documents are cut into sentences.

    Attributes:
        normalize: which repairs are made.
        quotes: ``break`` lets a final mark inside a quotation end a sentence; ``keep`` does not.
        hard_wrap: ``auto`` re-joins lines that were cut at a fixed width when the document shows it; ``on`` where it
            is known that they were, with or without a blank line after each; ``off`` never.
        max_length: longest sentence, in code points.
        variety: whether each sentence has the flag of which Chinese its document is in (``variety:zh-Hant-TW``); it
            changes nothing else.
    """

    normalize: NormalizeOptions = field(default_factory=NormalizeOptions)
    quotes: Quotes = "break"
    hard_wrap: Literal["auto", "on", "off"] = "auto"
    max_length: int = MAX_LENGTH
    variety: bool = False

    def __post_init__(self) -> None:
        if self.quotes not in ("break", "keep"):
            raise UsageError(f"quotes is {self.quotes!r}; expected break or keep")
        if self.hard_wrap not in ("auto", "on", "off"):
            raise UsageError(f"hard_wrap is {self.hard_wrap!r}; expected auto, on or off")
        if not 1 <= self.max_length <= LONGEST:
            raise UsageError(f"max_length is {self.max_length}; expected 1 to {LONGEST}")

    @property
    def signature(self) -> str:
        """The piece of a run's signature that names these options: ``norm:4|split:4``."""
        parts = [f"norm:{self.normalize.signature}|split:{VERSION}"]
        parts += ["+keep"] if self.quotes == "keep" else []
        parts += {"auto": [], "on": ["+wrap"], "off": ["-nowrap"]}[self.hard_wrap]
        parts += [f"+max{self.max_length}"] if self.max_length != MAX_LENGTH else []
        parts += ["+variety"] if self.variety else []
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
    shape, lines = look_ahead(paragraphs, options)
    yield from segment_lines(lines, shape, options)


def look_ahead(
    paragraphs: Iterable[Paragraph], options: SegmentOptions = _DEFAULT_OPTIONS
) -> tuple[Profile, Iterator[Paragraph]]:
    """What the beginning of a document shows of its form, and its lines, put together again where they were cut.

    Any whole lines of it can then be given to `segment_lines` on their own, also in another process.

    Args:
        paragraphs: see `segment`.
        options: how they are to be cut.
    """
    stream = iter(paragraphs)
    head, sample = _look_ahead(stream)
    shape = profile(sample, wrapped=options.hard_wrap == "on")
    if options.hard_wrap == "off" or any(paragraph.is_whole for paragraph in head):
        shape = replace(shape, wrap=None)
    if options.variety and not shape.is_foreign:
        shape = replace(shape, variety=find_variety(sample))
    lines: Iterator[Paragraph] = chain(head, stream)
    return shape, lines if shape.wrap is None else _rejoin(lines, shape)


def segment_lines(
    lines: Iterable[Paragraph], shape: Profile, options: SegmentOptions = _DEFAULT_OPTIONS
) -> Iterator[Sentence]:
    """Cut whole lines into sentences.

    Args:
        lines: some that follow one another in a document, from `look_ahead`.
        shape: of the document.
        options: see `segment`.
    """
    worker = _Segmenter(options, shape)
    pieces: list[Paragraph] = []
    size = 0
    for paragraph in lines:
        if paragraph.final and not pieces and len(paragraph.text) <= _WINDOW:
            # A blank line has no sentence; each pass over it would cost as much as over a short one.
            if paragraph.text and not paragraph.text.isspace():
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
    r"""Cut a string into sentences, as `segment` does for a document.

    Args:
        text: the whole document; ``\n``, ``\r\n`` and ``\r`` end a line.
        options: how.
        doc_id: the name its sentences carry.
    """
    return list(segment(split_paragraphs(text, doc_id), options))


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


def _rejoin(lines: Iterable[Paragraph], shape: Profile) -> Iterator[Paragraph]:
    """Lines that were cut at a fixed width become pieces of one, with the line ends in them.

    So do those before and after the end of a page, with the page number and the running head in between.
    """
    stream = iter(lines)
    ahead: deque[Paragraph] = deque()
    while line := ahead.popleft() if ahead else next(stream, None):
        while (n_between := _continuation(line, ahead, stream, shape)) is not None:
            inside = "".join(part.text + part.line_end for part in islice(ahead, n_between))
            yield replace(line, text=line.text + line.line_end + inside, final=False, line_end="")
            for _ in range(n_between):
                ahead.popleft()
            line = replace(ahead.popleft(), index=line.index)
        yield line


def _continuation(line: Paragraph, ahead: deque[Paragraph], stream: Iterator[Paragraph], shape: Profile) -> int | None:
    """How many lines stand between a line and the one that goes on with it; None where none does.

    Args:
        line: the line.
        ahead: those after it that have been read; more are as they are looked at.
        stream: the others.
        shape: of the document; its lines were cut at a width.
    """
    if not line.final or is_short(line.text, shape):
        return None
    found = None
    between: list[str] = []
    while len(between) <= MOST_BETWEEN:
        if len(ahead) == len(between):
            if (following := next(stream, None)) is None:
                break
            ahead.append(following)
        following = ahead[len(between)]
        text = following.text.lstrip("\f")
        is_blank = not text.strip()
        if not is_blank and not is_furniture(text, shape.heads) and continues(line.text, text, shape):
            is_near = len(between) <= shape.n_blank and not any(part.strip() for part in between)
            if is_near or is_page_break([*between, following.text[: -len(text)]], shape.heads):
                found = len(between)
                if is_near:
                    break
        if not following.final or not (is_blank or is_short(text, shape)) or ends_sentence(text):
            break
        between.append(following.text)
    return found


class _Segmenter:
    """Works on one line after the other."""

    def __init__(self, options: SegmentOptions, shape: Profile) -> None:
        self._options = options
        self._shape = shape
        self._told = (f"{Flag.VARIETY}:{shape.variety}",) if shape.variety else ()
        repairs = options.normalize
        self._is_quick = not (shape.is_foreign or shape.is_table) and is_only_for_suspects(repairs, shape)
        self._joins = repairs.spacing == "on" or (repairs.spacing == "auto" and shape.separator != "")
        self._longest = min(options.max_length, UNMARKED_LENGTH)
        self._n_done = 0
        self.rest = Paragraph("", 0, "", 0, final=False)

    def line(self, line: Paragraph) -> list[Sentence]:
        """All sentences of a line that is here as a whole."""
        self._n_done = 0
        sentences = self._quickly(line) if self._is_quick else None
        return self._window(line, more=False)[0] if sentences is None else sentences

    def _quickly(self, line: Paragraph) -> list[Sentence] | None:
        """The same where nothing is to be repaired; None where something may be, or where a sentence is long.

        Most sentences are recognised by one regular expression as such that neither splitting nor any flag has to be
        asked about.
        """
        text, back, is_sound = line.text, None, False
        if self._joins:
            words = joined(text, self._options.normalize, self._shape) if _SOUND.fullmatch(text) else None
            if words is None:
                return None
            (text, back), is_sound = words, True
        name, number, start = line.doc_id, line.index, line.start
        further = self._told if not line.flags else tuple(sorted({*line.flags, *self._told}))
        scanner: Scanner | None = None
        sentences: list[Sentence] = []
        at, length, match_clean = 0, len(text), _CLEAN.match
        while at < length:
            if (clean := match_clean(text, at)) and clean.lastindex == 1:
                (first, last), end, flags = clean.span(1), clean.end(), further
                readable = raw = text[first:last]
            elif is_sound or _SOUND.fullmatch(text, at):
                is_sound, scanner = True, scanner or Scanner(text, self._options.quotes)
                end = scanner.sentence_end(at)
                first, raw, readable, flags = _looked_at(text, at, end, further)
                last = first + len(raw)
            else:
                return None
            if end - at > self._longest and (end - at > self._options.max_length or is_unmarked(text, at, end)):
                return None
            at = end
            if not readable:
                continue
            if back is not None:
                first, last = back.start(first), back.end(last)
                raw = line.text[first:last]
            index = len(sentences)
            sentences.append(new_sentence(name, number, index, start + first, start + last, raw, readable, flags))
        return sentences

    def piece(self, text: str, first: Paragraph, final: bool) -> Iterator[Sentence]:
        """The sentences of the next part of a line; what is not decided yet is left in ``rest``.

        Args:
            text: ``rest`` and what came after it.
            first: the record that ``text`` begins with.
            final: whether the line ends here.
        """
        if first is not self.rest:
            self._n_done = 0
        off = 0
        while len(text) - off > _WINDOW:
            window = replace(first, text=text[off : off + _WINDOW], start=first.start + off)
            sentences, used = self._window(window, more=True)
            yield from sentences
            self._n_done += len(sentences)
            off += used
        rest = replace(first, text=text[off:], start=first.start + off, final=False)
        if final:
            yield from self._window(rest, more=False)[0]
        else:
            self.rest = rest

    def _window(self, window: Paragraph, more: bool, found: Normalized | None = None) -> tuple[list[Sentence], int]:
        """Sentences of a window, and how many of its characters they use up.

        With ``more`` to come, only those sentences count that no rule would end elsewhere if it saw the rest. When
        there are none (half a million blanks, say), all do.
        """
        found = normalize(window.text, self._options.normalize, self._shape)
        spans = split(found.text, quotes=self._options.quotes, max_length=self._options.max_length)
        if len(found.text) > UNMARKED_LENGTH and (forced := _forced(found.text, spans)):
            marks = sorted([*found.marks, *((found.start(at), Flag.UNMARKED) for at in forced)])
            found = replace(found, marks=tuple(marks))
        used = len(window.text)
        if more:
            limit = len(found.text) - LOOK_AHEAD
            n_sure = min(sum(end <= limit for _, end in spans), len(spans) - 1)
            if n_sure > 0:
                used = found.start(spans[n_sure][0])
                spans = spans[:n_sure]
        ranges = _ranges(window.text[:used], found, spans)
        has_flags = bool(found.marks) or self._may_have_flags(found.text)
        name, line, start, raw = window.doc_id, window.index, window.start, window.text
        further = (*window.flags, *self._told)
        sentences = []
        for index, (r0, r1, text) in enumerate(ranges, self._n_done):
            flags = self._flags(found, (r0, r1, text)) if has_flags else () if text else _NOTHING
            if further:
                flags = tuple(sorted({*flags, *further}))
            sentences.append(new_sentence(name, line, index, start + r0, start + r1, raw[r0:r1], text, flags))
        return sentences, used

    def _may_have_flags(self, text: str) -> bool:
        """Whether there is anything in a line for a flag of its sentences; in most there is nothing."""
        shape = self._shape
        return shape.is_foreign or shape.is_table or bool(SUSPECT.search(text) or MAY_BE_MARKUP.search(text))

    def _flags(self, found: Normalized, place: tuple[int, int, str]) -> tuple[str, ...]:
        """What a reader should know of a sentence, of which the raw range and the text are given."""
        r0, r1, text = place
        flags: tuple[str, ...] = ()
        if found.marks or not text:
            here = found.marks[bisect_left(found.marks, (r0, "")) : bisect_left(found.marks, (r1, ""))]
            marks = {flag for _, flag in here}
            flags = tuple(sorted(marks if text else marks | {"empty_source"}))
        is_foreign = self._shape.is_foreign
        if (is_foreign or SUSPECT.search(text)) and (more := language_flags(text, in_foreign_document=is_foreign)):
            flags = tuple(sorted({*flags, *more}))
        if self._shape.is_table or (MAY_BE_MARKUP.search(text) and has_markup(text)):
            flags = tuple(sorted({*flags, Flag.MARKUP}))
        return flags


def _looked_at(text: str, at: int, end: int, further: tuple[str, ...]) -> tuple[int, str, str, tuple[str, ...]]:
    """Where a sentence begins behind its blanks, as it stands there, as it is read, and all its flags."""
    raw = text[at:end].strip()
    if not raw:
        return at, raw, raw, further
    first = text.index(raw[0], at)
    if _CALM.fullmatch(text, first, first + len(raw)):
        return first, raw, raw, further
    readable = " ".join(raw.split())
    return first, raw, readable, tuple(sorted({*_content_flags(readable), *further}))


def _content_flags(text: str) -> list[str]:
    """What a reader should know of a sentence by its language and markup, in a document that is Chinese and no CSV."""
    flags: list[str] = []
    if SUSPECT.search(text):
        flags += language_flags(text)
    if MAY_BE_MARKUP.search(text) and has_markup(text):
        flags.append(Flag.MARKUP)
    return flags


# Of what may matter to a flag; what is common matters only where no ideograph follows.
_FLAGGED = f"{language.SUSPECTS}{language.COMMON_SUSPECTS}{markup.SUSPECTS}"
_IN_WORD = f"[{language.COMMON_SUSPECTS}](?=[{HAN}])"
_CLEAN = plain_sentence(f"{repairs.SUSPECTS}{_FLAGGED}", repairs.SOUND_ASTRAL, _IN_WORD)
_SOUND = re.compile(f"[{others(repairs.SUSPECTS, repairs.SOUND_ASTRAL)}]*+")
_CALM = re.compile(f"(?:[{others(_FLAGGED + BLANK + BREAK)}]++|[ ](?! )|{_IN_WORD})*+")
_NOTHING = (Flag.EMPTY_SOURCE.value,)
_IDEOGRAPH = re.compile(f"[{HAN}]")


def _forced(text: str, spans: list[tuple[int, int]]) -> list[int]:
    """The first characters of the spans that were cut from text without marks: ideographs on both sides of a cut."""
    starts: dict[int, None] = {}
    for (start, at), (_, end) in pairwise(spans):
        if max(at - start, end - at) <= UNMARKED_LENGTH // 2 - 1:
            continue
        if _IDEOGRAPH.match(text[at - 1]) and _IDEOGRAPH.match(text[at]):
            starts |= {start: None, at: None}
    return list(starts)


def _ranges(raw: str, found: Normalized, spans: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """Raw range and text of each sentence; every non-blank character of ``raw`` lies in exactly one range."""
    if not found.layers:
        return _plain_ranges(found.text, spans)
    ranges: list[tuple[int, int, str]] = []
    text = found.text
    done = 0
    for start, end in spans:
        piece = text[start:end]
        readable = piece.strip()
        if not readable:
            continue
        first = start + len(piece) - len(piece.lstrip())
        r0, r1 = max(found.start(first), done), found.end(first + len(readable))
        if r1 <= r0:
            # All of it stands for characters that the sentence before has taken already.
            ranges[-1] = (*ranges[-1][:2], ranges[-1][2] + readable)
            continue
        if r0 > done:
            r0 = _attach(raw, ranges, done, r0)
        if raw[r0].isspace() or raw[r1 - 1].isspace():
            r0, r1 = _trim(raw, r0, r1)
        if _UNEVEN_BLANKS.search(readable):
            readable = " ".join(readable.split())
        ranges.append((r0, r1, readable))
        done = r1
    if raw[done:].strip():
        if ranges:
            _attach(raw, ranges, done, len(raw))
        else:
            ranges.append((*_trim(raw, 0, len(raw)), ""))
    return ranges


def _plain_ranges(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """`_ranges` of text in which nothing was repaired."""
    ranges = []
    uneven = _UNEVEN_BLANKS.search(text) is not None
    for start, end in spans:
        readable = text[start:end].strip()
        if readable:
            first = text.index(readable[0], start)
            last = first + len(readable)
            ranges.append((first, last, " ".join(readable.split()) if uneven else readable))
    return ranges


_UNEVEN_BLANKS = re.compile(r"[^\S ]|  ")


def _attach(raw: str, ranges: list[tuple[int, int, str]], done: int, r0: int) -> int:
    """Give characters that became nothing to the sentence before them, or to the one after when there is none.

    Returns:
        Where the sentence after them begins.
    """
    gap = raw[done:r0]
    if gap.isspace():
        return r0
    if not ranges:
        return done + len(gap) - len(gap.lstrip())
    start, _, text = ranges[-1]
    ranges[-1] = (start, done + len(gap.rstrip()), text)
    return r0


def _trim(raw: str, r0: int, r1: int) -> tuple[int, int]:
    while r1 > r0 and raw[r1 - 1].isspace():
        r1 -= 1
    while r0 < r1 and raw[r0].isspace():
        r0 += 1
    return r0, r1
