"""Whether the numbers of a Chinese text and of its English are the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from translate.text.marks import HAN
from translate.text.numbers.chinese import read_chinese
from translate.text.numbers.durations import Sides, without_durations
from translate.text.numbers.english import read_english
from translate.text.numbers.english.words import HINTS, MONTHS
from translate.text.numbers.number import Number, Value

__all__ = ["Comparison", "compare_numbers", "numbers_kept"]

_MOST = 64
"""Beyond so many numbers in a text each takes the first counterpart, and none gives way to another."""
_FEW = 16
"""Of so many numbers at most the parts are tried then."""
_HAN = re.compile(f"[{HAN}]")
_MARKS_OF_MINUS = ("-", "－", "−", "–")
_BARE_DAY = re.compile(
    r"(?<![月0-9０-９])(?<!月 )[0-9０-９]{1,2}(?:、[0-9０-９]{1,2})?\s?[日号]|[本当上下同次]月|月[初末底]"
)
# What says in words that a number is negative.
_SINKING = re.compile(
    r"\b(?:loss\w*|lost|los[et]\w*|deficit\w*|declin\w*|decreas\w*|f[ae]ll\w*|drop\w*|down|reduc\w*|shr[aiu]nk\w*"
    r"|contract\w*|below|minus|negative|slump\w*|slid\w*|lower\w*|less|plung\w*|tumbl\w*|sank|sink\w*|dip\w*)\b",
    re.IGNORECASE,
)
_HINTS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in HINTS.items()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the numbers of a source and of its translation have to do with each other.

    Attributes:
        source: the numbers of the source.
        target: the numbers of the translation.
        missing: of the source, those that the translation lacks.
        extra: of the translation, those that the source does not have.
    """

    source: tuple[Number, ...]
    target: tuple[Number, ...]
    missing: tuple[Number, ...]
    extra: tuple[Number, ...]

    @property
    def is_equal(self) -> bool:
        """Whether every number has its counterpart."""
        return not self.missing and not self.extra


def compare_numbers(source: str, target: str) -> Comparison:
    """Match the numbers of a Chinese text with those of its English translation, each with one of its own.

    6.5亿 is 650 million and 0.65 billion, 下午3点半 is 3:30 p.m., 第一届 the first, 三分之一 a third, 几十 dozens.
    """
    compared = _compared(source, target, with_implied=False)
    # What is only implied answers to what is left, if anything is.
    return compared if compared.is_equal else _compared(source, target, with_implied=True)


def _compared(source: str, target: str, *, with_implied: bool) -> Comparison:
    zh, en = read_chinese(source, with_implied=with_implied), read_english(target, with_implied=with_implied)
    if en and _HAN.search(target):
        en = _with_chinese(en, target)
    if not zh and not en:
        return Comparison((), (), (), ())
    if _SINKING.search(target):
        zh = [_unsigned(number, source) for number in zh]
    left = _unmatched(zh, en)
    # Each try compares all numbers anew, so of very many only the first few are tried.
    n_tries = _MOST if max(len(zh), len(en)) <= _MOST else _FEW
    for number in left[0][:n_tries]:
        if number.parts:
            parts = _with_parts(zh, number)
            zh, left = (parts, new) if _is_less(new := _unmatched(parts, en), left, number) else (zh, left)
    for number in left[1][:n_tries]:
        if number.parts:
            parts = _with_parts(en, number)
            en, left = (parts, new) if _is_less(new := _unmatched(zh, parts), left, number) else (en, left)
    missing, extra = left
    missing = [number for number in missing if not _is_hinted(number, target)]
    if missing and extra:
        missing, extra = without_durations(Sides(source, zh, missing), Sides(target, en, extra))
    if extra and _BARE_DAY.search(source):
        # English names the month of 27日 and of 本月.
        extra = [number for number in extra if number.text.capitalize() not in MONTHS]
    return Comparison(tuple(zh), tuple(en), tuple(missing), tuple(extra))


def _unsigned(number: Number, source: str) -> Number:
    """With both signs for a minus that stands as a mark: -3.2% is a drop of 3.2 percent."""
    value = number.values[0] if number.values else None
    if source[number.start - 1 : number.start] not in _MARKS_OF_MINUS or not isinstance(value, float) or value >= 0:
        return number
    return replace(number, values=(*number.values, -value))


def numbers_kept(source: str, target: str) -> tuple[int, int]:
    """How many numbers of a Chinese source stand in its English translation.

    Returns:
        Numbers found, numbers in the source.
    """
    compared = compare_numbers(source, target)
    n_numbers = sum(number.is_required for number in compared.source)
    return max(0, n_numbers - len(compared.missing)), n_numbers


def _with_chinese(numbers: list[Number], target: str) -> list[Number]:
    """With what stands there in 万 and 亿, left as it was: not translated, but not lost."""
    left = [number for number in read_chinese(target) if _HAN.search(number.text)]
    return [number for number in numbers if not any(a.start < number.end and number.start < a.end for a in left)] + left


_Left = tuple[list[Number], list[Number]]
"""What has no counterpart, of the source and of the translation."""


def _with_parts(numbers: list[Number], number: Number) -> list[Number]:
    """The numbers with the parts of one instead of it: 9 and 11 for 9.11."""
    at = numbers.index(number)
    return [*numbers[:at], *number.parts, *numbers[at + 1 :]]


def _is_less(left: _Left, before: _Left, number: Number) -> bool:
    """Whether less is left over, and none of the parts of the number is."""
    if any(part in side for side in left for part in number.parts):
        return False
    return len(left[0]) + len(left[1]) < len(before[0]) + len(before[1])


def _is_hinted(number: Number, target: str) -> bool:
    return any(isinstance(value, str) and value in _HINTS and _HINTS[value].search(target) for value in number.values)


def _unmatched(zh: Sequence[Number], en: Sequence[Number]) -> tuple[list[Number], list[Number]]:
    """The required numbers of both sides that are left when as many as can be are paired one to one."""
    if len(zh) > _MOST or len(en) > _MOST:
        return _left_over(zh, en), _left_over(en, zh)
    stems = {number.stem for number in zh if number.stem} & {number.stem for number in en if number.stem}
    needed_zh = [number.is_required or number.stem in stems for number in zh]
    needed_en = [number.is_required or number.stem in stems for number in en]
    edges = _edges(zh, en)
    of_zh, of_en = [-1] * len(zh), [-1] * len(en)
    back: list[list[int]] = [[] for _ in en]
    for i, others in enumerate(edges):
        others.sort(key=lambda j: not needed_en[j])
        for j in others:
            back[j].append(i)
    for i, is_needed in enumerate(needed_zh):
        if is_needed:
            _pair(i, edges, of_zh, of_en, set())
    for j, is_needed in enumerate(needed_en):
        if is_needed and of_en[j] < 0:
            _pair(j, back, of_en, of_zh, set())
    missing = [number for i, number in enumerate(zh) if needed_zh[i] and of_zh[i] < 0]
    extra = [number for j, number in enumerate(en) if needed_en[j] and of_en[j] < 0]
    return _unnamed(missing, en), _unnamed(extra, zh)


def _unnamed(left: list[Number], others: Sequence[Number]) -> list[Number]:
    """Without the names that stand on the other side, which need not be repeated as often: COVID-19, G20."""
    if not any(number.stem for number in left):
        return left
    there = {value for number in others for value in number.values}
    return [number for number in left if not number.stem or there.isdisjoint(number.values)]


def _left_over(numbers: Sequence[Number], others: Sequence[Number]) -> list[Number]:
    """The required ones of a long text that the other side does not have as often; in one pass."""
    there = Counter(value for number in others for value in number.values)
    left = []
    for number in numbers:
        found = next((value for value in number.values if there[value] > 0), None)
        if found is not None:
            there[found] -= 1
        elif number.is_required:
            left.append(number)
    return left


def _pair(i: int, edges: list[list[int]], own: list[int], others: list[int], seen: set[int]) -> bool:
    """Find a counterpart for ``i``, if need be by giving another one to what has it now (Kuhn's algorithm)."""
    for j in edges[i]:
        if j not in seen:
            seen.add(j)
            if others[j] < 0 or _pair(others[j], edges, own, others, seen):
                own[i], others[j] = j, i
                return True
    return False


def _edges(zh: Sequence[Number], en: Sequence[Number]) -> list[list[int]]:
    """For each number of the source those of the translation that may be it."""
    by_value: dict[Value, list[int]] = {}
    spans = []
    for j, number in enumerate(en):
        for value in number.values:
            by_value.setdefault(value, []).append(j)
        if number.span:
            spans.append(j)
    edges: list[list[int]] = []
    for number in zh:
        others = dict.fromkeys(j for value in number.values for j in by_value.get(value, ()))
        if number.span:
            others |= dict.fromkeys(j for j, other in enumerate(en) if _overlap(number, other))
        elif spans:
            others |= dict.fromkeys(j for j in spans if _overlap(en[j], number))
        edges.append(list(others))
    return edges


def _overlap(vague: Number, other: Number) -> bool:
    """Whether two numbers of which the first is vague can be the same."""
    low, high = vague.span or (0.0, 0.0)
    if other.span:
        return other.span[0] <= high and low <= other.span[1]
    return any(isinstance(value, float) and low <= value <= high for value in other.values)
