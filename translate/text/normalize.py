"""Repair Chinese text and keep, for every character of the result, where it stood in the raw text.

Each repair is a pass: it takes text and gives text, a list of edits and a count. The edits of the passes are kept
as layers and looked up only where an offset is asked for, so a repair costs little and clean text costs one search.
What every pass does and does not do is told in ``docs/text.md``.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from operator import add
from types import MappingProxyType
from typing import Literal

from translate.errors import UsageError
from translate.text.classes import others
from translate.text.flags import Flag
from translate.text.marks import BLANK, CLAUSE_STARTS, HAN
from translate.text.mojibake import (
    BESIDE,
    GBK_SUSPECTS,
    LOST,
    gb2312_edits,
    gb2312_suspects,
    gbk_edits,
    latin_edits,
    lost_name_dots,
)
from translate.text.offsets import Deletions, Edits, Layer, Normalized
from translate.text.profile import Profile, is_page_break, is_short, profile
from translate.text.words import is_plain, is_segmented, joints, own_separator, parted, tags

__all__ = [
    "SOUND_ASTRAL",
    "SUSPECTS",
    "NormalizeOptions",
    "Normalized",
    "Profile",
    "boilerplate_patterns",
    "is_only_for_suspects",
    "joined",
    "normalize",
    "profile",
]

VERSION = 4
"""Raised when the same options give other text; part of the signature."""

Script = Literal["t2s", "tw2sp"]


@dataclass(frozen=True, slots=True)
class NormalizeOptions:
    """Which repairs are made.

    Attributes:
        entities: HTML entities, also broken ones (``&# 8212 ;``, ``& lt ;``, ``&amp;amp;``).
        mojibake: text decoded with the wrong table, where the original is certain.
        invisibles: zero-width, bidi, control, private-use and replacement characters are taken out.
        width: full-width ASCII becomes half-width; off, since the models' own tokenizers do it.
        spacing: spaces between the words of segmented text; ``auto`` asks the `Profile`.
        script: Traditional to Simplified by OpenCC (needs the extra ``duizhao[script]``).
        boilerplate: the patterns of ``data/boilerplate.tsv`` are taken out.
    """

    entities: bool = True
    mojibake: bool = True
    invisibles: bool = True
    width: bool = False
    spacing: Literal["auto", "on", "off"] = "auto"
    script: Script | None = None
    boilerplate: bool = False

    def __post_init__(self) -> None:
        if self.spacing not in ("auto", "on", "off"):
            raise UsageError(f"spacing is {self.spacing!r}; expected auto, on or off")
        if self.script not in (None, "t2s", "tw2sp"):
            raise UsageError(f"script is {self.script!r}; expected t2s or tw2sp")

    @property
    def signature(self) -> str:
        """Short and stable: the version, and what differs from the defaults (``3-noentities+t2s``)."""
        parts = [str(VERSION)]
        parts += [f"-no{name}" for name in ("entities", "mojibake", "invisibles") if not getattr(self, name)]
        parts += ["+width"] if self.width else []
        parts += {"auto": [], "on": ["+spacing"], "off": ["-nospacing"]}[self.spacing]
        parts += [f"+{self.script}"] if self.script else []
        parts += ["+boilerplate"] if self.boilerplate else []
        return "".join(parts)


class _Work:
    """Text on its way through the passes."""

    __slots__ = ("counts", "layers", "marks", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.layers: list[Layer] = []
        self.marks: list[tuple[int, str]] = []
        self.counts: dict[str, int] = {}

    def raw(self, index: int) -> int:
        for layer in reversed(self.layers):
            index = layer.start(index)
        return index

    def mark(self, index: int, flag: str) -> None:
        self.marks.append((self.raw(index), flag))

    def changed(self, name: str, text: str, layer: Layer, n: int) -> None:
        self.text = text
        self.layers.append(layer)
        self.counts[name] = self.counts.get(name, 0) + n

    def edit(self, name: str, changes: Iterable[tuple[int, int, str]]) -> bool:
        """Replace ``[start, end)`` by a text, for ascending ranges that do not overlap; False when there are none."""
        text = self.text
        edits = Edits()
        out: list[str] = []
        done = shift = 0
        for r0, r1, new in changes:
            out += (text[done:r0], new)
            edits.add(r0 + shift, r0 + shift + len(new), r0, r1)
            shift += len(new) - (r1 - r0)
            done = r1
        if not edits.t0:
            return False
        out.append(text[done:])
        self.changed(name, "".join(out), edits, len(edits.t0))
        return True

    def substitute(self, name: str, pattern: re.Pattern[str], repair: Callable[[re.Match[str]], str | None]) -> None:
        """Replace what ``pattern`` finds by what ``repair`` gives; None leaves it."""
        found = ((m.start(), m.end(), m.group(), repair(m)) for m in pattern.finditer(self.text))
        self.edit(name, [(start, end, new) for start, end, old, new in found if new is not None and new != old])

    def delete(self, name: str, pattern: re.Pattern[str]) -> None:
        """Take out every match of ``pattern``, which matches single characters."""
        pieces = pattern.split(self.text)
        if len(pieces) > 1:
            self.join(name, pieces, 1)

    def join(self, name: str, pieces: list[str], width: int) -> None:
        """Take out what stands between pieces of the text, so many characters each time."""
        self.changed(name, "".join(pieces), _removal(pieces, width), len(pieces) - 1)


_DEFAULT_OPTIONS = NormalizeOptions()
_DEFAULT_PROFILE = Profile()

# What any repair of characters is for.
_DAMAGED = (
    "&＆\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\\xad\\xb2-\\xb6\\xb8-\\xd6\\xe2-\\xef\\xf0\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5"
    "\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ue000-\\uf8ff\\ufe00-\\ufe0f"
    "\\ufeff\\uffa0\\ufff0-\\uffff锟烫屯" + GBK_SUSPECTS
)
SOUND_ASTRAL = "\\U00010000-\\U000dffff"
"""The characters outside the basic plane of which none is repaired."""
_SOUND = re.compile(f"[{others(_DAMAGED, SOUND_ASTRAL)}]*+")
SUSPECTS = f"{_DAMAGED}@?"
"""The inside of a class: what a text has in which there is anything to repair, where `is_only_for_suspects` holds."""


def is_only_for_suspects(options: NormalizeOptions, profile: Profile) -> bool:
    """Whether of a line without `SUSPECTS` nothing is changed, but that its words are joined (`joined`)."""
    is_shaped = profile.wrap is not None or profile.unmarked or bool(profile.tag_mark and options.spacing != "off")
    return not (is_shaped or options.width or options.script is not None or options.boilerplate)


def joined(raw: str, options: NormalizeOptions, profile: Profile) -> tuple[str, Layer | None] | None:
    """What `normalize` makes of a line where only its words may have to be joined.

    Returns:
        The text, and the way back unless it is the line as it was; None where more than separators of words went.
    """
    separator = _separator(raw, options, profile)
    if not separator:
        return raw, None
    pieces = parted(raw, separator) if separator.isspace() else None
    if pieces is None:
        return None
    return ("".join(pieces), _removal(pieces, len(separator))) if len(pieces) > 1 else (raw, None)


def _removal(pieces: list[str], width: int) -> Layer:
    """What was taken out between pieces of a text, so many characters each time."""
    at = list(accumulate(map(len, pieces)))
    at.pop()
    if width == 1:
        return Deletions(at)
    starts = list(map(add, at, range(0, width * len(at), width)))
    return Edits(at, at, starts, [start + width for start in starts])


def normalize(
    raw: str, options: NormalizeOptions = _DEFAULT_OPTIONS, profile: Profile = _DEFAULT_PROFILE
) -> Normalized:
    """Repair a piece of text.

    Args:
        raw: any text; line ends in it stay, but for those that ``profile.wrap`` says were made by a fixed width.
        options: which repairs are made.
        profile: what was decided for the document.

    Returns:
        The text, the map and what was found. Text in which there is nothing to repair comes back as it is.

    Raises:
        UsageError: when ``options.script`` needs OpenCC and it is not installed.
    """
    work = _Work(raw)
    if profile.wrap is not None:
        _drop_page_breaks(work, profile)
    if not _SOUND.fullmatch(raw):
        _repair_characters(work, options)
    if options.entities and "@" in raw:
        work.substitute("entities", _HYPHEN_OF_MOSES, lambda match: match[1])
    if options.mojibake and "?" in raw:
        _repair_name_dots(work, profile.names)
    if options.width:
        _fold_width(work)
    if profile.wrap is not None:
        _unwrap(work)
    if profile.unmarked:
        work.substitute("clauses", _CLAUSE_BLANK, lambda _: "\n")
    if profile.tag_mark and options.spacing != "off":
        _drop_tags(work, profile.tag_mark)
    if separator := _separator(work.text, options, profile):
        _join_words(work, separator)
    if options.script is not None:
        _convert_script(work, options.script)
    if options.boilerplate:
        _drop_boilerplate(work)
    if not work.counts and not work.marks:
        return Normalized(raw)
    work.marks.sort()
    return Normalized(work.text, tuple(work.layers), tuple(work.marks), MappingProxyType(work.counts))


def _repair_characters(work: _Work, options: NormalizeOptions) -> None:
    if options.entities:
        work.substitute("entities", _ENTITY, _entity)
    if options.mojibake:
        _repair_mojibake(work)
    if options.invisibles:
        _drop_invisibles(work)


def _repair_mojibake(work: _Work) -> None:
    work.edit("mojibake", gb2312_edits(work.text))
    for start, _, _ in gb2312_suspects(work.text):
        work.mark(start, "mojibake")
    for _ in range(3):
        if not work.edit("mojibake", latin_edits(work.text)):
            break
    work.edit("mojibake", gbk_edits(work.text))
    for match in LOST.finditer(work.text):
        work.mark(match.start(), "mojibake")
    if "mojibake" in work.counts:
        for match in BESIDE.finditer(work.text):
            work.mark(match.start(), "mojibake")


def _repair_name_dots(work: _Work, names: frozenset[str]) -> None:
    """Flagged always: a reader should know of a guess, and of a question mark that may be none."""
    found = list(lost_name_dots(work.text, names))
    for at, _ in found:
        work.mark(at, "mojibake")
    work.edit("mojibake", [(at, at + 1, "·") for at, certain in found if certain])


# --- entities

_ENTITY = re.compile(
    r"[&＆]\s{0,2}(?:amp\s{0,2}[;；]\s{0,2})*"
    r"(?:#\s{0,2}(?:[xX]\s{0,2}[0-9A-Fa-f]{1,6}|[0-9]{1,7})|[A-Za-z][A-Za-z0-9]{1,31})\s{0,2}[;；]"
)
_ENTITY_NAME = re.compile(r"(?:#\s*[xX]?\s*)?([0-9A-Za-z]+)\s*[;；]\Z")
# Names that stand for themselves even with spaces around: nobody writes ``& lt ;`` meaning anything else.
_COMMON = frozenset(
    """amp lt gt quot apos nbsp ensp emsp thinsp hellip mdash ndash ldquo rdquo lsquo rsquo middot bull laquo raquo
    times deg copy reg trade yen euro pound""".split()  # noqa: SIM905 - a table is read more easily than a list
)


def _entity(match: re.Match[str]) -> str | None:
    written = match.group()
    name = _ENTITY_NAME.search(written)
    if name is None:
        return None
    if "#" in written:
        digits = name.group(1)
        hexadecimal = "x" in written[: name.start(1)].lower()
        code = f"&#{'x' if hexadecimal else ''}{digits.lstrip('xX')};"
        return _character(html.unescape(code))
    if any(map(str.isspace, written)) and name.group(1) not in _COMMON:
        return None
    if name.group(1) + ";" not in html.entities.html5:
        return None
    return _character(html.unescape(f"&{name.group(1)};"))


def _character(decoded: str) -> str | None:
    """What an entity stands for, unless it is nothing that text can hold."""
    if not decoded or decoded == "\ufffd" or decoded.startswith("&#"):
        return None
    return decoded


# The tokenizer of Moses writes ``sign @-@ up`` for sign-up, and likewise for a slash; its other escapes are entities.
_HYPHEN_OF_MOSES = re.compile(r"(?:(?<=\S) )?@([-–—/]|[,.](?=@ ?[0-9]))@(?: (?=\S))?")

# --- invisible characters

# What may be joined into one picture, or told to be one by U+FE0F. Not ‼ and ⁉: they are marks of sentences.
_EMOJI = (
    "\\u2139\\u2194-\\u21aa\\u231a-\\u23ff\\u24c2\\u25aa-\\u27bf\\u2934\\u2935\\u2b05-\\u2b55\\U0001f000-\\U0001faff"
)
_INVISIBLE = re.compile(
    "[\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f"
    "\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb\\U000e0000-\\U000e0fff"
    "\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\\ud800-\\udfff\\ue000-\\uf8ff\\ufff0-\\ufff8\\ufffd-\\uffff"
    "\\U000f0000-\\U0010ffff]"
    # U+200D between emoji and U+FE0F after one stay: without them 👨‍👩‍👧 is three heads.
    f"(?!(?<=[{_EMOJI}]\\u200d)[{_EMOJI}]|(?<=[{_EMOJI}]\\ufe0f\\u200d)[{_EMOJI}]|(?<=[0-9#*]\\ufe0f)\\u20e3)(?<![{_EMOJI}]\\ufe0f)"
)
_FLAGGED = re.compile(
    "[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\\ud800-\\udfff\\ue000-\\uf8ff\\ufff0-\\ufff8\\ufffd-\\uffff"
    "\\U000f0000-\\U0010ffff]"
)


def _drop_invisibles(work: _Work) -> None:
    for match in _FLAGGED.finditer(work.text):
        work.mark(match.start(), _damage(match.group()))
    work.delete("invisibles", _INVISIBLE)


def _damage(char: str) -> str:
    """The flag for a character that should not be in a text."""
    if char == "\ufffd":
        return "replacement"
    return "private_use" if "\ue000" <= char <= "\uf8ff" or char >= "\U000f0000" else "control"


# --- width

_FULL_WIDTH = re.compile("[０-９Ａ-Ｚａ-ｚ]")


def _fold_width(work: _Work) -> None:
    text, n = _FULL_WIDTH.subn(lambda m: chr(ord(m.group()) - 0xFEE0), work.text)
    if n:
        # Character for character: the map stays what it was.
        work.text = text
        work.counts["width"] = n


# --- lines cut at a fixed width

# In a text without marks a blank between ideographs ends a sentence, as a line end does.
# Beside Latin letters and figures only where a clause begins for sure.
_CLAUSE_BLANK = re.compile(f"(?<=[{HAN}])[{BLANK}]+(?=[{HAN}])|(?<=[0-9A-Za-z])[{BLANK}]+(?={CLAUSE_STARTS})")

_LINE_END = re.compile(r"(?:[^\S\r\n]*(?:\r\n|\n|\r))+[^\S\r\n]*")


_LINE = re.compile(r"[^\r\n]+")


def _drop_page_breaks(work: _Work, profile: Profile) -> None:
    """Page numbers and running heads between two lines that were made one: what is too short for one that was cut."""
    lines = list(_LINE.finditer(work.text))
    dropped: list[re.Match[str]] = []
    block: list[re.Match[str]] = []
    for line in lines[1:]:
        if line is not lines[-1] and is_short(line[0], profile):
            block.append(line)
            continue
        feed = line[0][: len(line[0]) - len(line[0].lstrip("\f"))]
        if block and is_page_break([*(part[0] for part in block), feed], profile.heads):
            dropped += [part for part in block if part[0].strip()]
        block = []
    for line in dropped:
        work.mark(line.start(), Flag.PAGE_BREAK)
    work.edit("wrap", [(*line.span(), "") for line in dropped])


def _unwrap(work: _Work) -> None:
    work.substitute("wrap", _LINE_END, _joint)


def _joint(match: re.Match[str]) -> str:
    """What joins two lines: a space between Latin words, nothing where either side is Chinese or a hyphen."""
    text = match.string
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    if _IN_NUMBER.search(text, max(0, match.start() - 8), match.start()) and _OF_NUMBER.match(text, match.end()):
        return ""
    return " " if before and after and before != "-" and before.isascii() and after.isascii() else ""


# A number of Chinese text that was cut: 在20 and 23年.
_IN_NUMBER = re.compile(f"[{HAN}][0-9.,]{{1,6}}\\Z")
_OF_NUMBER = re.compile(f"[0-9.,]{{1,8}}[%％{HAN}]")


# --- spaces between the words of segmented text


def _separator(text: str, options: NormalizeOptions, profile: Profile) -> str:
    """What stands between the words of this text, of which the profile knows the document."""
    if options.spacing == "on":
        return profile.separator or " "
    separator = profile.separator
    if not separator or options.spacing == "off":
        return ""
    if not (separator in text or separator in (" ", "\xa0")):
        return own_separator(text)
    if separator == " " and _has_wider_blank(text) and (own := own_separator(text)) not in (" ", ""):
        return own
    is_joined = is_segmented(text, separator) if profile.mixed else not is_plain(text, separator)
    return separator if is_joined else ""


def _join_words(work: _Work, separator: str) -> None:
    pieces = parted(work.text, separator)
    if pieces is None:
        work.substitute("spacing", joints(separator), lambda match: "" if match["kept"] is None else " ")
    elif len(pieces) > 1:
        work.join("spacing", pieces, len(separator))


# Of a blank other than one single space.
_SINGLE_SPACES = re.compile(f"[{others(BLANK.replace(' ', ''))}]*+")


def _has_wider_blank(text: str) -> bool:
    return "  " in text or not _SINGLE_SPACES.fullmatch(text)


def _drop_tags(work: _Work, mark: str) -> None:
    changes = list(tags(work.text, mark))
    for start, _, _ in changes:
        work.mark(start, Flag.POS_TAGS)
    work.edit("spacing", changes)


# --- script


_HAN_RUN = re.compile(f"[{HAN}]+")


def _convert_script(work: _Work, script: Script) -> None:
    """Convert run by run: characters map one to one where the length stays, else from the first change to the last."""
    convert = _converter(script)
    text = work.text
    runs = [(m.start(), m.group(), convert(m.group())) for m in _HAN_RUN.finditer(text)]
    work.edit("script", [edit for at, old, new in runs if old != new for edit in _differences(at, old, new)])


def _differences(at: int, old: str, new: str) -> Iterator[tuple[int, int, str]]:
    if len(old) == len(new):
        yield from ((at + i, at + i + 1, b) for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b)
        return
    head = _n_common(old, new)
    tail = _n_common(old[head:][::-1], new[head:][::-1])
    yield at + head, at + len(old) - tail, new[head : len(new) - tail]


def _n_common(a: str, b: str) -> int:
    """Length of the common beginning."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


@cache
def _converter(script: Script) -> Callable[[str], str]:
    try:
        from opencc import OpenCC
    except ImportError:
        raise UsageError(
            f"script {script!r} needs OpenCC, which is not installed; install the extra: pip install 'duizhao[script]'"
        ) from None
    convert: Callable[[str], str] = OpenCC(script).convert
    return convert


# --- boilerplate


def _drop_boilerplate(work: _Work) -> None:
    for pattern in boilerplate_patterns():
        work.substitute("boilerplate", pattern, lambda _: "")


@cache
def boilerplate_patterns() -> tuple[re.Pattern[str], ...]:
    """The patterns of ``data/boilerplate.tsv``, in its order."""
    table = files("translate.text").joinpath("boilerplate.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t")[0] for line in table.splitlines() if line and not line.startswith("#")]
    return tuple(re.compile(row, re.MULTILINE) for row in rows)
