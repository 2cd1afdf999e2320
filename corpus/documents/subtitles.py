"""Subtitles: SubRip (srt), WebVTT, and Advanced SubStation Alpha (ass, ssa).

A sentence often runs over several cues. Those cues are one segment, and its translation is cut again into as many, each
about as much of it as the cue had of the sentence, at the end of a word and rather at a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import pairwise

from corpus.documents.encoded import Encoded, decoded
from corpus.documents.inline import Gatherer
from corpus.documents.kinds import FileOptions
from corpus.documents.markup import plain
from corpus.documents.segments import Bilingual, Rendering, Role, Segment
from translate.text.marks import CLOSERS, ELLIPSIS, FINAL

__all__ = ["SubtitleFile", "read_ass", "read_srt", "read_vtt"]

LONGEST_LINE = 42
"""Characters of a line, as the guides of broadcasters have it; a longer translation is wrapped."""

_TIMES = re.compile(
    r"^[ \t]*(?:(\d+):)?(\d+):(\d+)[,.](\d+)[ \t]*-->[ \t]*(?:(\d+):)?(\d+):(\d+)[,.](\d+)[^\r\n]*(?:\r?\n|\r)", re.M
)
_BLANK_LINE = re.compile(r"(?:\r\n|\n|\r(?!\n))[ \t]*(?=[\r\n]|\Z)|\Z")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>\n]*>|<[\d:.]+>|\{[^{}\n]*\}")
_ASS_MARKUP = re.compile(r"\{[^{}\n]*\}")
_ENDED = re.compile(rf"(?:[{re.escape(FINAL)}{ELLIPSIS}.♪♫)）\]】])[{CLOSERS}\"'」』]*$")
_GOES_ON = re.compile(r"[，、：；,:—－-]$")
_SPEAKER = re.compile(r"\s*[-–—－]\s*(?=\w)")
_LONGEST_GAP = 1.5
_MOST_CUES, _LONGEST_GROUP = 6, 160


@dataclass(frozen=True, slots=True)
class _Cue:
    """A text of a cue, or one speaker's line of it.

    Attributes:
        start: where its text begins in the file.
        end: one past its last character.
        begins: seconds.
        ends: seconds.
        style: only cues of one style are one sentence.
        whole: whether it is all of the cue.
    """

    start: int
    end: int
    begins: float
    ends: float
    style: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Syntax:
    """How one kind writes its texts.

    Attributes:
        markup: what is no text.
        line_end: a new line within a cue; None for that of the file.
        has_entities: whether ``&`` begins one.
    """

    markup: re.Pattern[str]
    line_end: str | None = None
    has_entities: bool = False

    def read(self, text: str) -> str:
        """A text as it is shown."""
        if self.line_end:
            text = re.sub(r"\\[Nn]", "\n", text).replace("\\h", "\u00a0")
        return unescape(text) if self.has_entities else text

    def write(self, text: str, line_end: str) -> str:
        """A text as it stands in the file."""
        text = plain(text) if self.has_entities else text
        return text.replace("\n", self.line_end or line_end)


@dataclass(slots=True)
class _Inner:
    """A cue without the tags at its ends: ``[start, end)`` of the file."""

    cue: _Cue
    start: int
    end: int
    has_tags: bool


@dataclass(slots=True)
class _CueGroup:
    """Cues that are translated as one text.

    Attributes:
        cues: in order.
        segment: their text.
        cuts: where each but the first begins in the text.
        tags: as they stand in the file.
    """

    cues: list[_Inner]
    segment: Segment
    cuts: list[int]
    tags: list[str]


@dataclass(slots=True)
class SubtitleFile:
    """A file of subtitles that was read."""

    encoded: Encoded
    syntax: _Syntax
    groups: list[_CueGroup] = field(default_factory=list)

    @property
    def segments(self) -> Sequence[Segment]:
        """The sentences that run over cues, put together."""
        return [group.segment for group in self.groups]

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None = None) -> bytes:
        """See `MarkedFile.written`."""
        text = self.encoded.text
        line_end = "\r\n" if "\r\n" in text else "\n"
        found: list[str] = []
        at = 0
        pieces = [
            (inner, piece)
            for number, rendering in renderings.items()
            for inner, piece in zip(
                self.groups[number].cues, self._pieces(self.groups[number], rendering, line_end), strict=True
            )
        ]
        for inner, piece in sorted(pieces, key=lambda each: each[0].start):
            own = text[inner.start : inner.end]
            between = " " if bilingual == "beside" else self.syntax.line_end or line_end
            new = piece if bilingual is None else f"{own}{between}{piece}" if piece else own
            found += [text[at : inner.start], new or "\u00a0"]  # a cue without a line would end the file for some
            at = inner.end
        return self.encoded.encode("".join(found) + text[at:])

    def _pieces(self, group: _CueGroup, rendering: Rendering, line_end: str) -> Iterator[str]:
        """The translation of each cue."""
        ends = [0, *cut(rendering, len(group.segment.text), group.cuts), len(rendering.text)]
        for start, end in pairwise(ends):
            text = wrapped(rendering.text[start:end])
            lead = len(text) - len(text.lstrip())
            written: list[str] = []
            at = 0
            for tag in rendering.tags if len(group.cues) == 1 else ():
                written += [self.syntax.write(text[at : tag.at], line_end), group.tags[tag.number]]
                at = tag.at
            written.append(self.syntax.write(text[at:], line_end))
            yield "".join(written)[0 if rendering.tags else lead :].rstrip()


def cut(rendering: Rendering, n_source: int, cuts: Sequence[int]) -> list[int]:
    """Where a translation is cut so that each piece is about as much of it as of the source.

    Args:
        rendering: the translation; cuts between sentences stay between them.
        n_source: characters of the source.
        cuts: places in the source, ascending.
    """
    found: list[int] = []
    for at in cuts:
        last = found[-1] if found else 0
        start, end, lo, hi = next((s for s in rendering.sentences if at < s[1]), (0, n_source, 0, len(rendering.text)))
        if at <= start:
            found.append(max(last, lo))
            continue
        ideal = lo + (hi - lo) * (at - start) / max(1, end - start)
        spaces = [m.end() for m in re.finditer(" ", rendering.text) if max(lo, last) < m.end() < hi]
        best = min(spaces, key=lambda space: _badness(rendering.text, space, ideal), default=int(hi))
        found.append(max(last, best))
    return found


def _badness(text: str, space: int, ideal: float) -> float:
    """How far a cut is from where it should be; a mark before it is worth some characters."""
    bonus = 8 if text[space - 2 : space - 1] in ",.;:?!—…" else 0
    return abs(space - ideal) - bonus


def wrapped(text: str) -> str:
    """A text on lines of about the same length, none longer than `LONGEST_LINE` where it can be."""
    n_lines = -(-len(text.strip()) // LONGEST_LINE)
    for number in range(1, n_lines):
        ideal = len(text) * number / n_lines
        spaces = [m.start() for m in re.finditer(" ", text.rstrip()) if m.start() > 0]
        if not spaces:
            break
        best = min(spaces, key=lambda space: _badness(text, space + 1, ideal))
        text = f"{text[:best]}\n{text[best + 1 :]}"
    return text


# -- reading ---------------------------------------------------------------------------------------------------------


def _file(encoded: Encoded, syntax: _Syntax, cues: Iterator[_Cue]) -> SubtitleFile:
    file = SubtitleFile(encoded, syntax)
    inner = [_inner(encoded.text, cue, syntax) for cue in cues]
    texts = [_text(encoded.text, each, syntax) for each in inner]
    ended = sum(map(_is_ended, texts))
    has_marks = ended * 4 >= len(texts)
    group: list[_Inner] = []
    for each, text in zip(inner, texts, strict=True):
        if group and not _continues(group, each, _text(encoded.text, group[-1], syntax), has_marks=has_marks):
            _add(file, group)
            group = []
        if text:
            group.append(each)
    if group:
        _add(file, group)
    return file


def _text(text: str, inner: _Inner, syntax: _Syntax) -> str:
    return syntax.read(syntax.markup.sub("", text[inner.start : inner.end])).strip()


def _is_ended(text: str) -> bool:
    return _ENDED.search(text) is not None


def _continues(group: Sequence[_Inner], following: _Inner, text: str, *, has_marks: bool) -> bool:
    """Whether a cue goes on with the sentence of those before."""
    before = group[-1]
    gap = following.cue.begins - before.cue.ends
    size = sum(each.end - each.start for each in group)
    return (
        not any(each.has_tags or not each.cue.whole for each in (*group, following))
        and before.cue.style == following.cue.style
        and -0.1 <= gap <= _LONGEST_GAP
        and len(group) < _MOST_CUES
        and size < _LONGEST_GROUP
        and not _is_ended(text)
        and (has_marks or _GOES_ON.search(text) is not None)
    )


def _inner(text: str, cue: _Cue, syntax: _Syntax) -> _Inner:
    """A cue less the tags at its ends, as far as they belong together."""
    start, end = cue.start, cue.end
    heads: list[re.Match[str]] = []
    while (match := syntax.markup.match(text, start, end)) or (start < end and text[start].isspace()):
        start = match.end() if match else start + 1
        heads += [match] if match else []
    if dash := _SPEAKER.match(text, start, end):
        start = dash.end()
    tails: list[str] = []
    while end > start:
        if text[end - 1].isspace():
            end -= 1
            continue
        found = next((m for m in syntax.markup.finditer(text, start, end) if m.end() == end), None)
        if found is None:
            break
        tails.append(found[0])
        end = found.start()
    # A tag at the beginning that is closed within is a tag of the text.
    closed = {re.sub(r"\W", "", tail) for tail in tails}
    inside = syntax.markup.search(text, start, end) is not None
    if inside:
        for match in heads:
            name = re.match(r"<(\w+)", match[0])
            if name and name[1] not in closed and f"</{name[1]}>" in text[start:end]:
                start = match.start()
                break
    return _Inner(cue, start, end, inside)


def _add(file: SubtitleFile, cues: list[_Inner]) -> None:
    gatherer = Gatherer()
    tags: list[str] = []
    cuts: list[int] = []
    for number, inner in enumerate(cues):
        if number:
            gatherer.add_text("\n")
        before = len(gatherer.text)
        _gather(file, inner, gatherer, tags)
        if number:
            cuts.append(before)
    if gatherer.is_chinese:
        file.groups.append(_CueGroup(list(cues), gatherer.segment(Role.CUE), cuts, tags))


def _gather(file: SubtitleFile, inner: _Inner, gatherer: Gatherer, tags: list[str]) -> None:
    text, at = file.encoded.text, inner.start
    for match in file.syntax.markup.finditer(text, inner.start, inner.end):
        gatherer.add_text(file.syntax.read(text[at : match.start()]))
        at = match.end()
        tags.append(match[0])
        name = re.match(r"</?(\w+)", match[0])
        if name is None or name[1][0].isdigit():
            gatherer.add_alone(len(tags) - 1)
        elif match[0].startswith("</"):
            gatherer.add_close(len(tags) - 1, name[1])
        else:
            gatherer.add_open(len(tags) - 1, name[1])
    gatherer.add_text(file.syntax.read(text[at : inner.end]))


def _timed(text: str) -> Iterator[_Cue]:
    """The cues behind lines of times; a line that begins with a dash is a speaker's own."""
    at = 0
    while match := _TIMES.search(text, at):
        end = _BLANK_LINE.search(text, match.end() - 1)
        at = max(match.end(), end.start() if end else len(text))
        h, m, s, f, *after = (part or "0" for part in match.groups())
        begins, ends = _seconds(h, m, s, f), _seconds(*after)
        lines = list(re.finditer(r"[^\r\n]+", text[match.end() : at]))
        off = match.end()
        if len(lines) > 1 and any(_SPEAKER.match(line[0]) for line in lines[1:]):
            starts = [line.start() for line in lines if line is lines[0] or _SPEAKER.match(line[0])]
            ends_of = [*(next(line.end() for line in reversed(lines) if line.end() < nxt) for nxt in starts[1:])]
            for first, last in zip(starts, [*ends_of, lines[-1].end()], strict=True):
                yield _Cue(off + first, off + last, begins, ends, whole=False)
        elif lines:
            yield _Cue(off + lines[0].start(), off + lines[-1].end(), begins, ends)


def _seconds(hours: str, minutes: str, seconds: str, fraction: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


_DIALOGUE = re.compile(r"^Dialogue:[ \t]*([^\r\n]*)", re.M)
_FORMAT = re.compile(r"^\[Events\][^\[]*?^Format:([^\r\n]*)", re.M | re.I)
_DRAWING = re.compile(r"\{[^}]*\\p[1-9]")


def _dialogues(text: str) -> Iterator[_Cue]:
    """The lines of an ass file that are spoken; what draws a shape is none."""
    declared = _FORMAT.search(text)
    names = [name.strip().lower() for name in declared[1].split(",")] if declared else _USUAL
    for match in _DIALOGUE.finditer(text):
        fields = match[1].split(",", len(names) - 1)
        if len(fields) < len(names) or _DRAWING.search(fields[-1]):
            continue
        said = dict(zip(names, fields, strict=True))
        try:
            begins, ends = (_clock(said[name]) for name in ("start", "end"))
        except (KeyError, ValueError):
            continue
        yield _Cue(
            match.end() - len(fields[-1]), match.end(), begins, ends, said.get("style", "") + said.get("name", "")
        )


_USUAL = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]


def _clock(text: str) -> float:
    hours, minutes, seconds = text.strip().split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def read_srt(data: bytes, name: str, options: FileOptions) -> SubtitleFile:
    """Read subtitles of SubRip.

    Raises:
        InputError: they are in no encoding that we find.
    """
    encoded = decoded(data, None, options.encoding, name=name)
    return _file(encoded, _Syntax(_MARKUP), _timed(encoded.text))


def read_vtt(data: bytes, name: str, options: FileOptions) -> SubtitleFile:
    """Read WebVTT; notes, styles and regions stay.

    Raises:
        InputError: see `read_srt`.
    """
    encoded = decoded(data, None, options.encoding, name=name)
    return _file(encoded, _Syntax(_MARKUP, has_entities=True), _timed(encoded.text))


def read_ass(data: bytes, name: str, options: FileOptions) -> SubtitleFile:
    """Read Advanced SubStation Alpha; styles, fonts, drawings and comments stay.

    Raises:
        InputError: see `read_srt`.
    """
    encoded = decoded(data, None, options.encoding, name=name)
    return _file(encoded, _Syntax(_ASS_MARKUP, line_end="\\N"), _dialogues(encoded.text))
