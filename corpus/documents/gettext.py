"""Catalogues of gettext: .po and .pot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from corpus.documents.encoded import Encoded, decoded
from corpus.documents.inline import Gatherer, is_chinese
from corpus.documents.kinds import FileOptions
from corpus.documents.placeholders import gather, rendered
from corpus.documents.segments import Bilingual, Rendering, Role, Segment

__all__ = ["GettextFile", "read"]

_FIELD = re.compile(
    r'^(?P<key>msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)(?P<gap>[ \t]+)(?P<strings>"(?:[^"\\\r\n]|\\.)*"'
    r'(?:[ \t]*\r?\n[ \t]*"(?:[^"\\\r\n]|\\.)*")*)',
    re.M,
)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(?:([abfnrtv\\\"'?])|([0-7]{1,3})|x([0-9a-fA-F]{2}))")
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CHARSET = re.compile(rb"charset=([\w-]+)")
_ACCELERATOR = re.compile(r"\s*[(（]([_&])([A-Za-z0-9])[)）](?=\W*$)")


@dataclass(frozen=True, slots=True)
class _String:
    """A string of an entry.

    Attributes:
        key: ``msgid``, ``msgstr``, ``msgstr[1]`` …
        value: what it says.
        start: of its quotes in the file.
        end: one past them.
    """

    key: str
    value: str
    start: int
    end: int


@dataclass(slots=True)
class _Line:
    """A line of a message, less the white space around it.

    Attributes:
        before: what stands before it.
        after: what stands behind it.
        segment: its text; None where there is nothing to translate.
        accelerator: the sign and the letter of a key, such as ``&`` and ``F``; empty where there is none.
        tags: placeholders.
    """

    before: str
    after: str
    text: str
    segment: Segment | None = None
    accelerator: tuple[str, str] | None = None
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Message:
    """A text to translate, and where its translation goes.

    Attributes:
        target: the string that becomes another.
        lines: of the text.
        head: where the entry begins.
        flags: the end of its line of flags; None where it has none.
    """

    target: _String
    lines: list[_Line]
    head: int
    flags: int | None


@dataclass(slots=True)
class GettextFile:
    """A catalogue that was read."""

    encoded: Encoded
    messages: list[_Message] = field(default_factory=list)

    @property
    def _places(self) -> list[tuple[_Message, _Line]]:
        return [(message, line) for message in self.messages for line in message.lines if line.segment]

    @property
    def segments(self) -> Sequence[Segment]:
        """The lines of the messages."""
        return [line.segment for _, line in self._places if line.segment]

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None = None) -> bytes:
        """See `MarkedFile.written`; an entry of which a placeholder's place is unsure is marked fuzzy."""
        found = {id(line): renderings[n] for n, (_, line) in enumerate(self._places) if n in renderings}
        text = self.encoded.text
        changes: list[tuple[int, int, str]] = []
        fuzzy: set[int] = set()
        for message in self.messages:
            own = [found.get(id(line)) for line in message.lines]
            if not any(own):
                continue
            whole = "\n".join(_written(line, each) for line, each in zip(message.lines, own, strict=True))
            if bilingual is not None:
                source = "\n".join(line.before + line.text + line.after for line in message.lines)
                between = " " if bilingual == "beside" else "" if source.endswith("\n") else "\n"
                whole = source + between + whole
            changes.append((message.target.start, message.target.end, _quoted(whole, text)))
            if any(each and not each.is_sure for each in own) and message.head not in fuzzy:
                fuzzy.add(message.head)
                at = message.head if message.flags is None else message.flags
                changes.append((at, at, "#, fuzzy\n" if message.flags is None else ", fuzzy"))
        return self.encoded.encode(_changed(text, changes))


def _changed(text: str, changes: list[tuple[int, int, str]]) -> str:
    found: list[str] = []
    at = 0
    for start, end, new in sorted(changes):
        found += [text[at:start], new]
        at = end
    return "".join(found) + text[at:]


def _written(line: _Line, rendering: Rendering | None) -> str:
    if rendering is None:
        return line.before + line.text + line.after
    text = rendered(rendering, line.tags)
    if line.accelerator:
        sign, letter = line.accelerator
        at = text.lower().find(letter.lower())
        text = f"{text} ({sign}{letter})" if at < 0 else f"{text[:at]}{sign}{text[at:]}"
    return line.before + text + line.after


def _quoted(value: str, text: str) -> str:
    """A value as the strings of an entry: one, or one a line behind an empty one."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    parts = [part for part in re.split(r"(?<=\n)", value) if part]
    quoted = [f'"{_escaped(part)}"' for part in parts]
    return line_end.join(['""', *quoted]) if len(quoted) > 1 else "".join(quoted) or '""'


def _escaped(value: str) -> str:
    value = value.replace("\\", "\\\\").replace('"', '\\"')
    for letter, char in _CONTROLS.items():
        value = value.replace(char, f"\\{letter}")
    return value


def _value(strings: str) -> str:
    """What strings in a row say."""
    raw = "".join(match[1] for match in _STRING.finditer(strings))

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return _CONTROLS.get(match[1], match[1])
        return chr(int(match[2], 8) if match[2] else int(match[3], 16))

    return _ESCAPE.sub(one, raw)


def _entries(text: str) -> Iterator[tuple[int, int | None, list[_String]]]:
    """Each entry: where its strings begin, the end of its flags, and the strings."""
    own: list[_String] = []
    head, last = 0, 0
    flags: int | None = None
    for match in _FIELD.finditer(text):
        key = match["key"]
        if own and (key == "msgctxt" or (key == "msgid" and own[-1].key != "msgctxt")):
            yield head, flags, own
            own = []
        if not own:
            head = match.start()
            comments = text[last:head]
            found = [m.end() for m in re.finditer(r"^#,[^\r\n]*", comments, re.M)]
            flags = last + found[-1] if found else None
        own.append(_String(key, _value(match["strings"]), match.start("strings"), match.end()))
        last = match.end()
    if own:
        yield head, flags, own


def read(data: bytes, name: str, options: FileOptions) -> GettextFile:
    """Read a catalogue.

    What is Chinese in an entry is translated: the ``msgid``, into a ``msgstr`` that is empty or Chinese itself; where
    the ``msgid`` is not Chinese, the ``msgstr``. The header and obsolete entries stay.

    Raises:
        InputError: it is in no encoding that we find.
    """
    declared = _CHARSET.search(data[:8192])
    encoded = decoded(data, declared[1].decode() if declared else None, options.encoding, name=name)
    file = GettextFile(encoded)
    for head, flags, strings in _entries(encoded.text):
        said = {string.key: string for string in strings}
        if "msgid" not in said or not said["msgid"].value:
            continue
        for string in strings:
            if not string.key.startswith("msgstr"):
                continue
            source = said["msgid"].value
            if string.key not in ("msgstr", "msgstr[0]") and "msgid_plural" in said:
                source = said["msgid_plural"].value
            if not is_chinese(source):
                source = string.value
            elif string.value.strip() and not is_chinese(string.value):
                continue  # somebody has translated it
            if is_chinese(source):
                file.messages.append(_Message(string, [_line(line) for line in source.split("\n")], head, flags))
    return file


def _line(raw: str) -> _Line:
    text = raw.strip()
    start = raw.index(text)
    line = _Line(raw[:start], raw[start + len(text) :], text)
    found = _ACCELERATOR.search(text)
    spoken = text
    if found:
        line.accelerator = (found[1], found[2])
        spoken = text[: found.start()] + text[found.end() :]
    gatherer = Gatherer()
    gather(spoken, gatherer, line.tags)
    if gatherer.is_chinese:
        line.segment = gatherer.segment(Role.MESSAGE)
    return line
