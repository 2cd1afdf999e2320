"""Where numerals stand that are no numbers: in 一起, 三亚, 周三, 千万不要."""

from __future__ import annotations

import re

from translate.text.marks import HAN
from translate.text.numbers.chinese.words import HEADS, NOT_NUMBERS

__all__ = ["HOLIDAY", "NUMERALS", "masked_text", "words"]

NUMERALS = frozenset("0123456789〇零一二两三四五六七八九十百千万亿几数第")
_WEEKDAY = re.compile(
    "(?<![一二两三四五六七八九十0-9几数])(?:周|星期|礼拜)[一二三四五六](?:[、和及至到][一二三四五六日])*(?![十百千万次个天名节倍轮])"
)
_VERY = re.compile(f"(?<![差点时得第二三四五六七八九每])十分(?=[{HAN}])(?![钟之后内左差])")
_A_LITTLE = re.compile(
    "(?<![午晨上晚夜间十第])一[点时](?!到[一二三四五六七八九十0-9]|[半钟整零左过多前后许〇一二三四五六七八九十0-9五万亿])"
)
HOLIDAY = re.compile(
    "(?<=[“‘「\"'])十一(?=[”’」\"'])|十一(?=黄金周|国庆|长假|假期|小长假|期间|放假|出行|旅游)|(?<=国庆)十一"
)
_MUST = re.compile("(?<![0-9〇零一二两三四五六七八九十百数几])千万(?=[不别要勿记注小莫当得可])")
_MASKS = (
    ("周", _WEEKDAY), ("星期", _WEEKDAY), ("礼拜", _WEEKDAY), ("十分", _VERY), ("一点", _A_LITTLE), ("一时", _A_LITTLE),
    ("千万", _MUST), ("十一", HOLIDAY),
)  # fmt: skip
"""What must be there -> what is no number then."""
_MASKED = "\ufffe"
_SCALES = frozenset("十百千万亿")
_MORE = frozenset("多余")
_PRICED = frozenset("块元毛角百千万")
_DAYS = frozenset({"五一", "六一", "七一", "八一"})


def words(text: str) -> list[tuple[int, int]]:
    """Where the words stand that only look like numbers, or imply one."""
    found = []
    end = 0
    for head in HEADS.finditer(text):
        start = head.start()
        if start < end or not (match := NOT_NUMBERS[head[0]].match(text, start)):
            continue
        before = text[max(0, start - 3) : start].rstrip(" ")[-1:]
        # 一起 in 十一起, 一番 in 翻一番, 三明 in 第三明.
        if before and ((before in NUMERALS and head[0] in NUMERALS) or before == "翻"):
            continue
        # 二百八十多万户, 三块五一斤.
        if (before in _MORE and head[0] in _SCALES) or (before in _PRICED and match[0] in _DAYS):
            continue
        if match[0][-1] in NUMERALS and text[match.end() : match.end() + 1] in _SCALES:
            # 第一 in 第一百条, 统一 in 统一百货.
            continue
        if match[0] == "之一" and before in ("分", "条"):
            continue
        end = match.end()
        found.append((start, end))
    return found


def masked_text(text: str, words: list[tuple[int, int]]) -> str:
    """The text with a sign that is nothing in place of what is no number."""
    spans = [*words]
    for is_there, pattern in _MASKS:
        if is_there in text:
            spans += [match.span() for match in pattern.finditer(text)]
    if not spans:
        return text
    chars = list(text)
    for start, end in spans:
        chars[start:end] = _MASKED * (end - start)
    return "".join(chars)
