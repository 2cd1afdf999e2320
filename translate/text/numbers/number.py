"""A number as it stands in a text, with every value that it may mean."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ARABIC", "SCALES", "VULGAR", "Number", "Value", "arabic", "fold", "hours", "scaled", "stem_of"]

Value = float | str
"""A number, or what only matches letter by letter (``0000``, ``2.7.1``) or is looked for as a word (``ARTICLE``)."""

ARABIC = r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)*"
"""Digits with or without commas between thousands; with several points a date or a version."""

SCALES = {
    "十": 10, "百": 100, "千": 10**3, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8,
    "k": 10**3, "thousand": 10**3, "m": 10**6, "mn": 10**6, "mln": 10**6, "million": 10**6, "b": 10**9, "bn": 10**9,
    "billion": 10**9, "tn": 10**12, "trillion": 10**12,
}  # fmt: skip
"""What multiplies the number before it, in Chinese and in lower-case English -> by how much."""

VULGAR = {
    "½": 1 / 2, "¼": 1 / 4, "¾": 3 / 4, "⅓": 1 / 3, "⅔": 2 / 3, "⅕": 1 / 5, "⅖": 2 / 5, "⅗": 3 / 5, "⅘": 4 / 5,
    "⅙": 1 / 6, "⅚": 5 / 6, "⅛": 1 / 8, "⅜": 3 / 8, "⅝": 5 / 8, "⅞": 7 / 8,
}  # fmt: skip
"""Fractions that are one character."""

_MOST_DIGITS = 15
_WIDE = {0xFF01 + i: 0x21 + i for i in range(94) if chr(0x21 + i) not in ",;!?"} | {ord("⁄"): "/", ord("−"): "-"}
_IS_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ％．／－～＋＄⁄−]|[0-9]：")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a text.

    Attributes:
        start: offset of its first character.
        end: offset behind its last one.
        text: what stands there.
        values: what it may mean, the plain reading first: ``95年`` is 95, 1995 or 2095.
        is_required: whether a translation must have it. ``一`` in 一个, and ``the first``, may go unsaid; they only
            serve as counterparts.
        span: of a vague number (几十, dozens) the least and the most that it can mean.
        parts: what it is made of, where the other side may say the parts: 1/3 as 1 and 3, 9.11 as 9 and 11.
        stem: the letters that it is a name with, as ``covid`` in COVID-19.
    """

    start: int
    end: int
    text: str
    values: tuple[Value, ...]
    is_required: bool = True
    span: tuple[float, float] | None = None
    parts: tuple[Number, ...] = ()
    stem: str = ""


def fold(text: str) -> str:
    """Full-width digits, letters and marks as ASCII, character by character, so that offsets stay."""
    if text.isascii() or not _IS_WIDE.search(text):
        return text
    if "，" in text:
        # 2018，2019 must not become one number, １，２５０ is one.
        text = _between_wide(text)
    return text.translate(_WIDE)


def _between_wide(text: str) -> str:
    chars = list(text)
    for at, char in enumerate(chars):
        if char == "，" and text[at - 1 : at] in _WIDE_DIGITS and text[at + 1 : at + 2] in _WIDE_DIGITS:
            chars[at] = ","
    return "".join(chars)


_WIDE_DIGITS = frozenset("０１２３４５６７８９")


def scaled(digits: str, exponent: int) -> float:
    """The number nearest to ``digits`` times a power of ten: the same for 6.5亿, 650 million and 0.65 billion."""
    return float(f"{digits}e{exponent}")


def arabic(digits: str) -> tuple[Value, ...]:
    """The values of Arabic digits without commas, as ``3.50``, ``007`` or ``2018.11.18``."""
    if digits.count(".") > 1 or len(digits) > _MOST_DIGITS:
        return (digits,)
    if len(digits) > 2 and digits[0] == "0" and digits.isdecimal():
        # 0000 of a telephone number is not 0.
        return (digits,)
    return (float(digits),)


def hours(hour: int, *, is_evening: bool) -> tuple[Value, ...]:
    """An hour on the clock of 24 hours and on that of 12: 15 is 3 as well, and 3 in the evening 15."""
    others = {hour - 12} if hour > 12 else {hour + 12} if is_evening and hour < 12 else set()
    if hour in (0, 12, 24):
        others |= {0, 12, 24} - {hour}
    return (float(hour), *map(float, sorted(others)))


_STEM = re.compile(r"(?:^|[^A-Za-z])([A-Za-z]{1,12})(-?)$")
# Letters before digits that are no name with them.
_NO_STEM = frozenset(
    re.findall(
        r"\w+",
        """
        mid pre post over under sub top late early non rmb usd eur gbp hkd cny jpy nt us hk a rs no year pages p pp vol
        ch art aged age and or to of by in at ca c circa re anti pro around about approx
        """,
    )
)


def stem_of(before: str) -> str:
    """The letters that digits are a name with: ``covid`` of COVID-19, ``g`` of G20; empty for ``mid-1990s``."""
    match = _STEM.search(before)
    if not match or match[1].lower() in _NO_STEM:
        return ""
    # A word before a hyphen is a name with a capital: F-16, but under-five.
    return match[1].lower() if not match[2] or any(map(str.isupper, match[1])) else ""
