"""What else a number may mean, after what stands around it."""

from __future__ import annotations

import re

from translate.text.numbers.number import Value, hours

__all__ = ["BELOW_ZERO", "DECADE_AFTER", "KILO", "other_values", "said_otherwise"]

BELOW_ZERO = re.compile("零下$|(?<![0-9一二三四五六七八九十胜平抱欺])负$")
"""What makes the number behind it negative; not the 负 of a score."""
_EVENING = re.compile("(?:下午|晚上|晚间|傍晚|夜里|夜间|深夜|午后|[当今昨明]晚|晚|夜)[^，。；]{0,6}$")
_NOT_HOUR = re.compile("时[代期间候尚速而差常髦段装刻]|点[名评燃子缀]|小时")
_GROWN = re.compile("[增提升涨高多快长扩翻超][^，。；]{0,8}$")
DECADE_AFTER = re.compile(r"\s*(?:年代|后(?=[^来面续期退方]|$))")
_NOT_TENTHS = re.compile("成[为立功员果本就长熟绩都人分品型交像份效因语千百]")
KILO = frozenset("克米瓦卡赫焦伏帕")
"""What is counted in thousands with 千: grams, metres, watts."""
_FACTORS = {"刻": 15, "里": 0.5, "打": 12}
"""Minutes of a quarter, kilometres of a li, pieces of a dozen."""


def other_values(value: float, behind: str, before: str) -> tuple[Value, ...]:
    """What a number may mean besides itself, after what stands behind it."""
    head = behind[:1]
    if head in ("点", "时", ":") and value <= 24 and value == int(value) and not _NOT_HOUR.match(behind):
        return (*hours(int(value), is_evening=bool(_EVENING.search(before)))[1:], 100 * value)
    if head == "%":
        return (value / 100,)
    if behind.startswith(("世纪", "个世纪")):
        return (100 * (value - 1) if head == "世" else 100 * value,)
    if DECADE_AFTER.match(behind):
        return (1900 + value, 1800 + value, 2000 + value, f"{value:.0f}s") if value < 100 else (value % 100,)
    if head == "年" and 10 <= value < 100:
        return (1900 + value, 2000 + value, *((1911 + value,) if before.endswith("民国") else ()))
    return _measured(value, behind, before)


def said_otherwise(value: float, behind: str) -> tuple[Value, ...]:
    """What a number means where it is not said in ones: 三成 is 30 percent, 八折 20 percent off, 六旬 sixty."""
    head = behind[:1]
    if head == "成" and value <= 10 and not _NOT_TENTHS.match(behind):
        return (10 * value, value / 10)
    if head == "折":
        percent = 10 * value if value < 10 else value
        return (percent, 100 - percent, percent / 100)
    return (10 * value,) if head == "旬" else ()


def _measured(value: float, behind: str, before: str) -> tuple[Value, ...]:
    head = behind[:1]
    if head == "倍":
        grown = (value + 1,) if _GROWN.search(before) else ()
        return (*grown, 100 * value, *(100 * each for each in grown))
    if head in KILO:
        return (value / 1000,) if value >= 1000 and value % 1000 == 0 else ()
    if head == "番" and value < 10:
        return (2**value,)
    if head in "毛角" and head and value < 10:
        return (value / 10, 10 * value)
    if head == "斤":
        return (0.5 * value, 0.0005 * value)
    factor = _FACTORS.get(head)
    return (factor * value,) if factor else ()
