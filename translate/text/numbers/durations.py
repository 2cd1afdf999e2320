"""Spans of time that one side says in two units and the other in one: 一小时四十分钟, 100 minutes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from translate.text.numbers.number import Number

__all__ = ["Sides", "without_durations"]

_LARGER = re.compile(
    r"\s*(?:个)?(?:(小时|钟头|hours?|hrs?)|(分钟?|minutes?|mins?)|(年|years?)|(天|days?)|(周|星期|weeks?))\s*(?:又|零|,?\s*and|,)?\s*",
    re.IGNORECASE,
)
_SMALLER = re.compile(
    r"[\s-]*(?:个)?(?:(分|minutes?|mins?)|(秒|seconds?|secs?)|(月|months?)|(小时|钟头|hours?)|(天|days?))",
    re.IGNORECASE,
)
_FACTORS = (60, 60, 12, 24, 7)
_UNIT_BEFORE = re.compile(r"\b(?:an?|one)\s+(hour|minute|year|day|week)\s+and\s+\Z", re.IGNORECASE)
_AT = {"hour": 0, "minute": 1, "year": 2, "day": 3, "week": 4}


@dataclass(frozen=True, slots=True)
class Sides:
    """A text with its numbers, and those of them that have no counterpart."""

    text: str
    numbers: Sequence[Number]
    left: list[Number]


def without_durations(zh: Sides, en: Sides) -> tuple[list[Number], list[Number]]:
    """What is left without counterpart when spans of time are compared as a whole."""
    missing, extra = _matched(zh, en.left)
    more, missing = _matched(Sides(en.text, en.numbers, extra), missing)
    return missing, more


def _matched(side: Sides, others: list[Number]) -> tuple[list[Number], list[Number]]:
    left, others = list(side.left), list(others)
    for pair, values in _durations(side):
        if not any(number in left for number in pair):
            continue
        found = next((other for other in others if other.values and other.values[0] in values), None)
        if found is not None:
            others.remove(found)
            left = [number for number in left if number not in pair]
    return left, others


def _durations(side: Sides) -> Iterator[tuple[tuple[Number, ...], tuple[float, ...]]]:
    """The numbers of each span of two units, and what it is in the smaller and in the larger one."""
    for first, second in pairwise(side.numbers):
        larger, smaller = _LARGER.fullmatch(side.text, first.end, second.start), _SMALLER.match(side.text, second.end)
        if larger and smaller and larger.lastindex == smaller.lastindex and larger.lastindex:
            value = first.values[0] if first.values else None
            yield (first, second), _in_each(value if isinstance(value, float) else 1.0, second, larger.lastindex - 1)
    for second in side.numbers:
        larger = _UNIT_BEFORE.search(side.text, max(0, second.start - 24), second.start)
        smaller = _SMALLER.match(side.text, second.end)
        if larger and smaller and smaller.lastindex and _AT[larger[1].lower()] == smaller.lastindex - 1:
            yield (second,), _in_each(1.0, second, smaller.lastindex - 1)


def _in_each(whole: float, part: Number, unit: int) -> tuple[float, ...]:
    value = part.values[0] if part.values else None
    if not isinstance(value, float):
        return ()
    factor = _FACTORS[unit]
    return (whole * factor + value, round(whole + value / factor, 9))
