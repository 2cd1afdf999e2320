"""The numbers of a sentence, and whether they stand in its translation."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

__all__ = ["SCALES", "find_numbers", "numbers_kept", "write_amounts"]

_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)*|\d+(?:\.\d+)*")
# Form folding makes the Chinese comma a Latin one, and 2018，2019 must not become one number.
_CHINESE_COMMA = re.compile("(?<![０-９])，")
# What form folding would glue to the number before it, or make one of: 50km² is not 2, nor 1½ eleven halves.
_RAISED = re.compile("[²³¹⁰⁴-⁹㎟-㎥㏎]")
_PART = re.compile("(?=[¼-¾⅐-⅞])")

SCALES = {
    "十": 10, "百": 100, "千": 10**3, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8,
    "k": 10**3, "thousand": 10**3, "m": 10**6, "mn": 10**6, "mln": 10**6, "million": 10**6, "b": 10**9, "bn": 10**9,
    "billion": 10**9, "tn": 10**12, "trillion": 10**12,
}  # fmt: skip
"""What multiplies the number before it, in Chinese and in lower-case English -> by how much."""

# What cannot be one number: the first of 3至5万 is in 万 too, and 几 is any number below ten.
_BEFORE_RANGE = re.compile(r"\d\s*(?:[-—–~～至到或、/]|乃至)\s*$")
_UNSURE = re.compile("[几来]")
_GLUES = re.compile("[0-9.,十百千万萬亿億]")
_MORE = re.compile("[多余]")
_ALREADY_MORE = re.compile("(?:超过|超|逾|过|多达)$")

# 千米 and 百分 are not numbers.
_SCALE = re.compile(
    r"\s*(?:多|余|几|来|\+)?\s*([十百千]?[多余几]?[万萬][亿億]|[十百千]?[多余几]?[万萬亿億]|[十百千](?![分米克瓦赫卡焦伏帕字]))"
)
_ENGLISH_SCALE = re.compile(r"(?:[ -]?(thousand|million|billion|trillion)|(k|mn?|mln|bn?|tn))\b", re.IGNORECASE)

_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_IRREGULAR = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_CARDINALS = {word: value for value, word in enumerate(_ONES)} | {word: 10 * i for i, word in enumerate(_TENS, start=1)}
_ORDINALS = (
    {word + "th": value for word, value in _CARDINALS.items() if value}
    | {word.removesuffix("y") + "ieth": value for word, value in _CARDINALS.items() if word.endswith("y")}
    | _IRREGULAR
)
_PLURALS = {word + "s": value for word, value in _ORDINALS.items()} | {
    word.removesuffix("y") + "ies": value for word, value in _CARDINALS.items() if word.endswith("y")
}
_OTHERS = {"once": 1, "twice": 2, "double": 2, "both": 2, "half": 2, "quarter": 4, "quarters": 4, "dozen": 12}
_WORDS = _CARDINALS | _ORDINALS | _PLURALS | _OTHERS
_UNITS = {"hundred": 100} | {word: SCALES[word] for word in ("thousand", "million", "billion", "trillion")}
_LARGEST_SAID = 10**16
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

_CENTURY = re.compile(r"\s*世纪\s*(?:(\d0)\s*年代)?")
_AFTER_CENTURY = re.compile(r"(\d{1,2})\s*世纪\s*$")
_MONTH = re.compile(r"\s*(?:(?:[-—–~～至到、和及与]|份至)\s*\d{1,2}\s*)*月")
_HOUR = re.compile(r"\s*[时点:]")
_NOT_ONE = re.compile(r"\s*[月日号年点时分度%:.-]")


def find_numbers(text: str) -> list[str]:
    """The numbers of a text as digits: ``1,250.50`` gives ``1250.50``, ``４．５`` gives ``4.5``."""
    return [_plain(match[0]) for match in _NUMBER.finditer(_fold(text))]


def numbers_kept(source: str, target: str) -> tuple[int, int]:
    """How many numbers of a Chinese source stand in its English translation.

    Found is: the same digits; for a number with 万 or 亿 the product (and not the digits: 280万 is no 280 million);
    for a month (``3月``) its name; for a decade (``20世纪60年代``) its year; for others also their words, as ``two
    million``, ``thirty-six``, ``the third``, ``a``. A correct translation finds nearly all, one that drops or changes
    digits does not.

    Returns:
        Numbers found, numbers in the source.
    """
    if not any(map(str.isdigit, source)):
        return 0, 0
    folded, english = _fold(source), _English(_fold(target))
    numbers = _read(folded)
    return sum(_is_kept(number, english) for number in numbers), len(numbers)


def write_amounts(source: str) -> str:
    """A Chinese text with its amounts in 万, 亿 and the like as digits: ``1.2亿人`` becomes ``120,000,000人``.

    A model that gets the power of ten wrong can copy digits. ``100多万人`` becomes ``超过1,000,000人``. Ranges
    (``3至5万``) and what is no one number (``10几万``) stay as they are, as does all else; and so does a text with a
    sign like ½, which may belong to an amount.
    """
    if _PART.search(source):
        return source
    folded = _fold_in_place(source)
    parts: list[str] = []
    end = 0
    for number in _read(folded):
        said = folded[number.start : number.end]
        if number.total is None or _UNSURE.search(said) or _BEFORE_RANGE.search(number.before):
            continue
        if _GLUES.match(number.before.rstrip()[-1:]) or _GLUES.match(number.after.lstrip()):
            continue
        more = "超过" if _MORE.search(said) and not _ALREADY_MORE.search(number.before) else ""
        parts += [source[end : number.start], more, _grouped(number.total)]
        end = number.end
    return "".join(parts) + source[end:]


def _grouped(number: Decimal) -> str:
    whole, _, part = f"{number:,f}".partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of the source.

    Attributes:
        digits: as they stand there, without commas.
        total: with 万, 亿 and the like the product, else None.
        before: a few characters before it.
        after: a few behind it.
        start: offset of its first digit.
        end: offset behind it and its 万 or 亿.
    """

    digits: str
    total: Decimal | None
    before: str
    after: str
    start: int = 0
    end: int = 0


def _read(text: str) -> list[_Number]:
    """The numbers of a folded source; ``2万5千`` is one."""
    found: list[_Number] = []
    end, unit = 0, 0
    for match in _NUMBER.finditer(text):
        digits, start = _plain(match[0]), match.start()
        scale = _SCALE.match(text, match.end()) if digits.count(".") < 2 else None
        total = Decimal(digits) * _product(scale[1]) if scale else None
        if unit and start == end and digits.count(".") < 2:
            # What follows 万 at once belongs to it: 2万5千, 1亿2000万, 2万4801; and 2万5 is 2万5千.
            last = found.pop()
            rest = Decimal(digits) * (unit // 10 if len(digits) == 1 else 1) if total is None else total
            total = (last.total or Decimal(0)) + rest
            digits, start = last.digits, last.start
        end, unit = (scale.end(), _product(scale[1])) if scale else (match.end(), 0)
        found.append(_Number(digits, total, text[max(0, start - 8) : start], text[end : end + 12], start, end))
    return found


def _product(marks: str) -> int:
    product = 1
    for mark in marks:
        product *= SCALES.get(mark, 1)  # 多 is no factor
    return product


class _English:
    """What a translation says of numbers.

    Args:
        text: folded.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = frozenset(re.findall("[A-Za-z]+", text))
        self.digits: set[str] = set()
        self.totals: set[Decimal] = set()
        for match in _NUMBER.finditer(text):
            number = _plain(match[0])
            parts = number.split(".")
            self.digits |= {_trimmed(number), *(map(_trimmed, parts) if len(parts) > 2 else ())}
            if len(parts) < 3:
                scale = _ENGLISH_SCALE.match(text, match.end())
                # 25m are millions or meters.
                if scale is None or scale[2]:
                    self.totals.add(Decimal(number))
                if scale:
                    self.totals.add(Decimal(number) * SCALES[scale[0].strip(" -").lower()])

    @cached_property
    def left(self) -> frozenset[Decimal]:
        """What stands there in 万 and 亿, left as it was: not translated, but not lost."""
        return frozenset(number.total for number in _read(self.text) if number.total is not None)

    @cached_property
    def said(self) -> frozenset[Decimal]:
        """What is said in words: ``thirty-six``, ``a million``, ``half a million``, ``the third``."""
        found: set[Decimal] = set()
        words = re.findall("[a-z]+", self.text.lower())
        sums = Decimal(0)
        for index, word in enumerate(words):
            if word in _WORDS:
                value = _WORDS[word]
                found.add(Decimal(value))
                is_next = (sums % 100 >= 20 and sums % 10 == 0 and value < 10) or (sums >= 100 and sums % 100 == 0)
                # Thirty-six, and a hundred and five.
                sums = sums + value if is_next else Decimal(value)
            elif word in _UNITS:
                half = "half" in words[max(0, index - 2) : index]
                sums = Decimal(_UNITS[word]) / 2 if half else max(sums, Decimal(1)) * _UNITS[word]
                sums = sums if sums < _LARGEST_SAID else Decimal(0)
            elif word not in ("and", "a", "an"):
                sums = Decimal(0)
            found.add(sums)
        return frozenset(found)

    def has(self, value: int) -> bool:
        """Whether a whole number is there in digits or words."""
        return str(value) in self.digits or Decimal(value) in self.said


def _is_kept(number: _Number, english: _English) -> bool:
    if number.total is not None:
        return number.total in english.totals or number.total in english.said or number.total in english.left
    digits = _trimmed(number.digits)
    if digits in english.digits:
        return True
    if not number.digits.isdecimal():
        return _parts_are_kept(number.digits, english)
    return len(digits) < 5 and _is_said(int(digits), number.before, number.after, english)


def _parts_are_kept(digits: str, english: _English) -> bool:
    """``2018.11.18`` and ``9.11`` as a date, ``0.5`` as a half."""
    if digits == "0.5":
        return "half" in english.words
    parts = digits.split(".")
    units = ["月" if index == len(parts) - 2 else "日" for index in range(len(parts))]
    return all(_is_kept(_Number(part, None, "", unit), english) for part, unit in zip(parts, units, strict=True))


def _is_said(value: int, before: str, after: str, english: _English) -> bool:
    """Whether a small number stands there in another form: a year, a month's name, an hour, a word."""
    if Decimal(value) in english.said:
        return True
    if 1 <= value <= 12 and _MONTH.match(after):
        return _has_month(_MONTHS[value - 1], english)
    if 13 <= value <= 24 and _HOUR.match(after):
        return english.has(value - 12)
    if value == 1 and not _NOT_ONE.match(after):
        return bool({"a", "an", "A", "An", "single"} & english.words)
    if value == 10 and after.lstrip().startswith("年") and english.words & {"decade", "decades"}:
        return True
    return any(english.has(year) for year in _years(value, before, after.lstrip()))


def _has_month(name: str, english: _English) -> bool:
    # With its capital: may and march are words.
    return bool({name, name[:3], name.upper(), name[:3].upper(), name[:4]} & english.words)


def _years(value: int, before: str, after: str) -> list[int]:
    """The years that a century, a decade or a year of two digits stands for."""
    if century := _CENTURY.match(after):
        return [(value - 1) * 100 + int(century[1])] if century[1] else []
    if after.startswith(("年代", "后")):
        earlier = _AFTER_CENTURY.search(before)
        return [(int(earlier[1]) - 1) * 100 + value] if earlier else [century + value for century in (1800, 1900, 2000)]
    return [1900 + value, 2000 + value] if after.startswith("年") and 10 <= value < 100 else []


def _fold(text: str) -> str:
    text = _CHINESE_COMMA.sub("， ", _PART.sub(" ", _RAISED.sub(" ", text)))
    return unicodedata.normalize("NFKC", text).replace("⁄", "/")


def _fold_in_place(text: str) -> str:
    """Folded character by character, so that every offset stays what it was."""
    text = _CHINESE_COMMA.sub("、", _RAISED.sub(" ", text))
    return "".join(form if len(form := unicodedata.normalize("NFKC", char)) == 1 else char for char in text)


def _plain(number: str) -> str:
    """Without the commas between thousands."""
    return number.replace(",", "")


def _trimmed(number: str) -> str:
    """Without zeros that say nothing: ``05`` is 5, ``0.50`` is 0.5."""
    whole, dot, part = number.partition(".")
    part = part if "." in part else part.rstrip("0")
    return (whole.lstrip("0") or "0") + (dot + part if part else "")
