"""Whether a numeral counts something, so that a translation must have it."""

from __future__ import annotations

import re

from translate.text.numbers.chinese.composed import Composed
from translate.text.numbers.chinese.lookalikes import NUMERALS
from translate.text.numbers.chinese.words import COUNTED, UNITS

__all__ = ["WITH_PREFIX", "Counted"]

WITH_PREFIX = re.compile("(?:上|近|逾|超|过|破|达|约|数以|好|成|超过|高达|超出|以)$")
_FIRST = re.compile("第$|No\\.?\\s?$|头$")
_BEFORE = re.compile("(?:[第每约逾比负差:]|零下|[仅只共]有|[五正腊]月|月初)$")
_UNIT = re.compile(f"(?:个)?多?(?:个)?({'|'.join(UNITS)})")
_SIDES = frozenset("人者国队方军岸地")
_PLACES = frozenset("人国省市方地校者县区军")
_KINDS = frozenset("家个位条项种所")
_THESE = frozenset("这那此该后前其述另本")
_LISTED = re.compile("[和与及、][^，。；：和与及、]{1,16}$")


class Counted(Composed):
    """Tells 三个 from 三角, and 第一届 from 一个."""

    def _is_definite_one(self, end: int, before: str) -> bool:
        """Whether 一 is a date, a time or an ordinal, and no article."""
        behind = self.text[end : end + 1]
        if _FIRST.search(before):
            return before.endswith("第")
        if behind == "日":
            return before.endswith(("月", "、", "至", "到", "-"))
        if behind == "刻":
            return before.endswith(("点", "差"))
        return behind in ("月", "号", "点", "时", "比", "成", "楼")

    def _unit_of_one(self, end: int) -> str:
        """The hint for the unit that 一 counts; empty where there is none that English must name."""
        match = _UNIT.match(self.text, end)
        return UNITS[match[1]] if match else ""

    def _is_counted(self, start: int, end: int) -> bool:
        """Whether a measure word, a unit or the like follows, or 第, 每, 只有 stand before."""
        if _BEFORE.search(self.text[max(0, start - 2) : start]):
            return True
        if self.text.startswith("比", end) and self.text[end + 1 : end + 2] in NUMERALS:
            return True
        at = end
        while self.text[at : at + 1] in (" ", "多", "余", "来") and at < len(self.text):
            at += 1
        return bool(COUNTED.match(self.text, at)) or self.text[at : at + 1] in ("%", "℃", "°")

    def _is_summed_up(self, start: int, end: int, value: float) -> bool:
        """Whether a numeral only sums up what was named: 中美两国, 这两个, 张某和李某三人."""
        behind = self.text[end : end + 1]
        if value == 2 and (behind in _SIDES or self.text[start - 1 : start] in _THESE):
            return True
        listed = _LISTED.search(self.text, max(0, start - 24), start)
        return bool(listed) and (behind in _PLACES or (value == 2 and behind in _KINDS))
