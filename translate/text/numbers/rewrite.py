"""The numbers of a Chinese text written in digits, for a model that can copy those."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from translate.text.marks import HAN
from translate.text.numbers.chinese import amount, read_chinese
from translate.text.numbers.number import ARABIC, Number, fold

__all__ = ["find_numbers", "write_amounts"]

_NUMBER = re.compile(ARABIC)
# What form folding would glue to the number before it, or make one of: 50km² is not 2, nor 1½ eleven halves.
_RAISED = re.compile("[²³¹⁰⁴-⁹㎟-㎥㏎]")
_PART = re.compile("(?=[¼-¾⅐-⅞])")
_PART_SIGN = re.compile(
    f"(?<![0-9][0-9.,:/][0-9])(?<![.,:/])(?<![¼-¾⅐-⅞])[¼-¾⅐-⅞](?=[{HAN}])(?![多余年月日时点号后第])(?![十百千万亿])"
)
_CHINESE_COMMA = re.compile("(?<![０-９])，")

_DIGITS_ALONE = re.compile("[0-9.,]+")
_NUMERALS_ALONE = re.compile("[〇零一二两三四五六七八九]{2,}")
_IS_LARGE = re.compile("[万亿]|[0-9]\\s?[多余]?[百千]")
_UNSURE = re.compile("[几数]|来")
_INNER_MORE = re.compile("[多余](?=.)")
_ALREADY_MORE = re.compile("(?:超过|超|逾|过|多达)$")
_DECIMAL = re.compile("([〇零一二三四五六七八九十百两]+)点([〇零一二三四五六七八九]+)([万亿]*)")
_FRACTION = re.compile("([^分]+)分之(.+)")
_WITH_UNIT = re.compile("([^米块]+)([米块])([〇零一二三四五六七八九0-9]+)")
_TENTHS = re.compile("([一二两三四五六七八九])成([一二三四五六七八九])")
_DECADE = re.compile("(.+)世纪的?(.+)")
_RANGE = re.compile(r"\s*(?:[-—–~～至到或、/]|乃至)\s*")
_AFTER_KILO = frozenset("克米瓦卡赫焦伏帕")
# 0万 1/2 would be read as a half.
_FRACTION_AFTER = re.compile(" ?[0-9]+/")
_GLUES = re.compile("[0-9.,十百千万亿]")
_PLAIN_DIGITS = str.maketrans("〇零一二三四五六七八九两", "001234567892")


def find_numbers(text: str) -> list[str]:
    """The numbers of a text as digits: ``1,250.50`` gives ``1250.50``, ``４．５`` gives ``4.5``."""
    text = _CHINESE_COMMA.sub("， ", _PART.sub(" ", _RAISED.sub(" ", text)))
    folded = unicodedata.normalize("NFKC", text).replace("⁄", "/")
    return [match[0].replace(",", "") for match in _NUMBER.finditer(folded)]


def write_amounts(source: str) -> str:
    """A Chinese text with its numbers in digits: ``第三十条`` as ``第30条``, ``1.2亿人`` as ``120,000,000人``.

    A model that reads a numeral wrong, or gets the power of ten wrong, can copy digits. ``百分之三十五`` becomes
    ``35%``, ``三成`` ``30%``, ``三分之一`` ``1/3``, ``100多万人`` ``超过1,000,000人``. What says no one number
    (``几十``, ``七八个``, ``3至5万``) stays as it is, as does all else. ``1½杯`` becomes
    ``1 1/2杯``.
    """
    plain = _PART_SIGN.sub(_spelt_out, source)
    if _PART.search(plain):
        return source
    source = plain
    folded = fold(source)
    numbers = [number for number in read_chinese(source, with_implied=False) if not number.stem]
    parts: list[str] = []
    end = 0
    for k, number in enumerate(numbers):
        if number.start < end or not number.is_required or _in_range(numbers, k, folded):
            continue
        if (written := _written(number, folded)) is not None:
            # 三年零六个月 is 3年6个月, not 3年零6.
            stop = number.start - (source[number.start - 1 : number.start] in ("零", "〇") and number.start - 1 > end)
            parts += [source[end:stop], written[0]]
            end = written[1]
    return "".join(parts) + source[end:]


def _spelt_out(match: re.Match[str]) -> str:
    """½ as 1/2, and apart from a number before it."""
    written = unicodedata.normalize("NFKC", match[0]).replace("⁄", "/")
    return f" {written}" if match.string[match.start() - 1 : match.start()].isdigit() else written


def _in_range(numbers: list[Number], k: int, source: str) -> bool:
    """Whether a number shares its place with another (七八), or its 万 (3至5万)."""
    number = numbers[k]
    for other in (*numbers[max(0, k - 1) : k], *numbers[k + 1 : k + 2]):
        first, second = (other, number) if other.start < number.start else (number, other)
        if second.start < first.end:
            return True
        if _RANGE.fullmatch(source, first.end, second.start) and _has_unit(second) and not _has_unit(first):
            return True
    return False


def _has_unit(number: Number) -> bool:
    return any(char in "百千万亿" for char in number.text)


def _written(number: Number, source: str) -> tuple[str, int] | None:
    """How a number is written, and where what it replaces ends; None to leave it."""
    text, end = number.text, number.end
    if _DIGITS_ALONE.fullmatch(text) or _UNSURE.search(text) or any(mark in text for mark in "/秒元角毛"):
        return None
    is_glued = _GLUES.match(source[number.start - 1 : number.start]) or _GLUES.match(source[end : end + 1])
    if is_glued or _FRACTION_AFTER.match(source, end) or (text[-1] == "千" and source[end : end + 1] in _AFTER_KILO):
        return None
    value = amount(text.rstrip("多余"))
    if composed := _composed(text):
        return composed, end
    if value is not None and source.startswith("成", end) and 10 * value in number.values:
        return f"{_grouped(10 * value, is_large=False)}%", end + 1
    if value is not None and (value or not _INNER_MORE.search(text)):
        return _in_digits(text, value, source[max(0, number.start - 4) : number.start]), end
    return None  # 0多万 is no number above 0.


def _in_digits(text: str, value: Decimal | int, before: str) -> str:
    if _NUMERALS_ALONE.fullmatch(text):
        return text.translate(_PLAIN_DIGITS)
    more = "超过" if _INNER_MORE.search(text) and not _ALREADY_MORE.search(before) else ""
    tail = text[-1] if text[-1] in "多余" else ""
    return more + _grouped(value, is_large=bool(_IS_LARGE.search(text))) + tail


def _composed(text: str) -> str:
    """百分之三十五 is 35%, 三分之一 1/3, 三点一四 3.14, 一米七 1.7米, 二十世纪六十 20世纪60; else empty."""
    if match := _FRACTION.fullmatch(text):
        below, above = _one(match[1]), _one(match[2])
        written = f"{above}%" if match[1] in ("百", "100") else f"{above}/{below}"
        return written if below and above else ""
    if match := _DECADE.fullmatch(text):
        return f"{amount(match[1])}世纪{amount(match[2])}"
    if (match := _WITH_UNIT.fullmatch(text)) and (first := amount(match[1])) is not None:
        return f"{first}.{match[3].translate(_PLAIN_DIGITS)}{match[2]}"
    if match := _TENTHS.fullmatch(text):
        return f"{amount(match[1] + match[2])}%"
    return _one(text) if _DECIMAL.fullmatch(text) else ""


def _one(text: str) -> str:
    """One number in digits; empty where it is vague."""
    if match := _DECIMAL.fullmatch(text):
        decimal = Decimal(f"{amount(match[1])}.{match[2].translate(_PLAIN_DIGITS)}")
        for mark in match[3]:
            decimal *= 10**4 if mark == "万" else 10**8
        return _grouped(decimal, is_large=True)
    if _UNSURE.search(text) or any(char in "多余点" for char in text):
        return ""
    value = amount(text)
    return "" if value is None else _grouped(value, is_large=False)


def _grouped(number: Decimal | int, *, is_large: bool) -> str:
    """Without zeros at the end of a fraction; thousands apart in what is large."""
    written = f"{number:,f}" if is_large or number >= 10_000 else f"{number:f}"
    whole, _, part = written.partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole
