"""The runs of digits and numerals of a text, and what each is worth."""

from __future__ import annotations

import re

from translate.text.numbers.chinese.amount import DIGITS, HAN, amount
from translate.text.numbers.chinese.lookalikes import masked_text, words
from translate.text.numbers.chinese.readings import KILO
from translate.text.numbers.number import ARABIC, Number, Value

__all__ = ["PAIR", "RUN"]

RUN = re.compile(
    rf"(?:{ARABIC}|[{HAN}]|两|[廿卅]|[十百千万亿]|[几数](?=[十百千万亿]))"
    rf"(?:\s?[多余来几]?[十百千万亿]|[{HAN}]|两(?=[百千万亿])|(?<=[百千万亿])(?:{ARABIC}))*"
    r"(?:[多余](?![数样谢少次])|来(?=[个名年人岁天件斤里分秒块元张只步级米公次位家户种，。、])|(?<=十)几)?"
)
_YEAR_AND_UNIT = re.compile("((?:19|20)[0-9]{2})[十百千]")
_PRICED_UNIT = re.compile("[斤个只张件套吨月晚天台平份盒瓶位对条杯顿次碗]|平米|小时|公斤|人(?![民们口])")
PAIR = re.compile("([一二两三四五六七八])([二两三四五六七八九])(?=[十百千万亿]|$)")


class Runs:
    """The runs of numerals of a text, which reading goes through from left to right.

    Args:
        text: folded, in plain numerals.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = words(text)
        self.masked = masked_text(text, self.words)
        self.runs: list[tuple[int, int]] = []
        self.found: list[Number] = []
        self.priced: set[int] = set()  # ends of prices: 八千 in 八千一平

    def _spans(self, match: re.Match[str]) -> list[tuple[int, int]]:
        if year := _YEAR_AND_UNIT.match(match[0]):
            middle = match.start() + year.end(1)
            return [(match.start(), middle), (middle, match.end())]
        start, end = match.span()
        if self._is_price(start, end):
            self.priced.add(end - 1)
            return [(start, end - 1), (end - 1, end)]
        if match[0][-2:] in ("万千", "亿千") and self.text[end : end + 1] in KILO:
            return [(start, end - 1)]  # 万千瓦
        return [(start, end)]

    def _is_price(self, start: int, end: int) -> bool:
        """Whether the last 一 is that of a unit with a price: 八千一平, 三块五一斤."""
        if end - start < 2 or self.text[end - 1] != "一" or not _PRICED_UNIT.match(self.text, end):
            return False
        return self.text[end - 2] in "百千万" or (end - start == 2 and self.text[start - 1 : start] in ("块", "元"))

    def _starts(self, k: int, offset: int) -> bool:
        return k < len(self.runs) and self.runs[k][0] == offset

    def _add(self, start: int, end: int, values: tuple[Value, ...], *, is_required: bool = True) -> None:
        self.found.append(Number(start, end, self.text[start:end], values, is_required))

    def _value(self, k: int) -> float:
        start, end = self.runs[k]
        return float(amount(self.masked[start:end].rstrip("多余来几")) or 0)

    @staticmethod
    def _is_pair(pair: re.Match[str], run: str) -> bool:
        """Whether two numerals side by side are an estimate: 七八个, 三四十, 两三百; not 二三 in 二三四."""
        first, second = DIGITS[pair[1]], DIGITS[pair[2]]
        before, behind = run[: pair.start()], run[pair.end() :]
        if (before and before[-1] in DIGITS) or (behind and behind[0] in DIGITS):
            return False
        return second == first + 1 or (first, second) == (3, 5)
