"""The value of one run of digits, numerals and units."""

from __future__ import annotations

import re
from decimal import Decimal

from translate.text.numbers.number import SCALES

__all__ = ["DIGITS", "HAN", "LONGEST", "amount", "bounds"]

HAN = "〇零一二三四五六七八九"
_SCORES = {"廿": 20, "卅": 30}
DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?|.")
LONGEST = 40
"""No number in numerals or with 万 and 亿 is longer; a run that is is no number."""


def amount(run: str) -> Decimal | int | None:
    """The value of digits, numerals and units: 2万5千, 三千零五, 两千三 (2,300), 1.5万亿; None of what is no number."""
    if len(run) > LONGEST:
        return None
    total: Decimal | int = 0
    section: Decimal | int = 0
    current: Decimal | int | None = None
    unit, has_zero, n_digits = 0, False, 0
    for match in _TOKEN.finditer(run.replace(",", "")):
        token = match[0]
        if token in DIGITS:
            has_zero = has_zero or (not DIGITS[token] and current is None)
            current = DIGITS[token] if current is None else 10 * current + DIGITS[token]
            n_digits += 1
        elif token in _SCORES:
            section += _SCORES[token]
        elif token[0].isdigit():
            current, n_digits = (Decimal(token) if "." in token else int(token)), len(token)
        elif token in SCALES:
            unit, has_zero = SCALES[token], False
            if unit < 10**4 and current is None and 0 < section < unit:
                section *= unit  # 二百五十千卡
            elif unit < 10**4:
                section += unit * (1 if current is None else current)
            elif section or current is not None:
                section += current or 0
                total = (total + section) * unit if 0 < total < unit else total + section * unit
                section = 0
            else:
                total = (total or 1) * unit
            current, n_digits = None, 0
    if current is not None:
        is_short = unit >= 100 and n_digits == 1 and not has_zero
        section += current * (unit // 10) if is_short else current
    return total + section


def bounds(run: str) -> tuple[float, float]:
    """The least and the most that 几十, 十几万, 900多万, 二十多 can mean."""
    bare = re.sub("[多余来]", "", run)
    if "几" in bare or "数" in bare:
        at = bare.index("几") if "几" in bare else 0
        low = bare.replace("几", "" if at else "一", 1).replace("数", "一")
        return float(amount(low) or 1), float(amount(bare.replace("几", "九").replace("数", "九")) or 1) * 1.11
    low_value = amount(bare) or 1
    step = 1
    while low_value % (10 * step) == 0:
        step *= 10
    return float(low_value), float(low_value) + 0.99 * step
