"""Numbers in words: six hundred and fifty million, two thirds, dozens, half a million, March."""

from __future__ import annotations

import re

from translate.text.numbers.english.digits import TIMES, Digits, decade
from translate.text.numbers.english.words import (
    CARDINALS,
    DECADES,
    FRACTIONS,
    MONTHS,
    MONTHS_THAT_ARE_WORDS,
    ORDINALS,
    PLAIN,
    PLURAL_SCALES,
    SCALE_WORDS,
    SHORT_MONTHS,
)
from translate.text.numbers.number import Value, scaled

__all__ = []

_VAGUE_BEFORE = frozenset({"several", "few", "many", "some", "multiple", "various"})
_KNOWN = frozenset({"the", "these", "those", "other", "of", "its", "their", "our", "your", "my", "his", "her"})
_FIRST_OF_SENTENCE = re.compile(r"(?:^|[.!?:;]\s*[\"'“”’)]*|[\"“(])\s*$")
_OF_DATE = re.compile(
    r"(?:\b(?:in|of|last|early|late|since|by|mid|until|till|from|to|and|this|next|every|during|for|between|on|before"
    r"|after|through|around|[Ee]nd)|[0-9](?:st|nd|rd|th)?|[-–,/])\s*(?:of\s+)?$"
)


_SPANS = {"dozen": (10, 19), "teen": (11, 19), "teens": (11, 19), "teenage": (11, 19)} | dict.fromkeys(
    ("teenager", "teenagers"), (11, 19)
)
"""Vague words that no source must have a number for -> the least and the most that they say."""
_MOST_DECIMALS = 15
_UNITS = {"hour": 60, "century": 100, "decade": 10, "dozen": 12, "million": 10**6, "billion": 10**9, "year": 12}
_AND_A_HALF = {"hour": 90.0, "minute": 90.0, "year": 18.0, "day": 36.0}
"""What one and a half of a unit is in the next smaller one."""
_OF_UNIT = re.compile(rf"\s+of\s+an?\s+({'|'.join(_UNITS)})\b")
"""Three quarters of an hour are 45 minutes."""


class Said(Digits):
    """Reads what is said in words."""

    def _word(self, i: int) -> int:
        """Read what begins with a word that says a number; returns the token behind it."""
        word, start, end = self.tokens[i]
        if word in CARDINALS or word in SCALE_WORDS:
            return self._cardinal(i)
        if word in ORDINALS:
            return self._ordinal(i, i, 0)
        if word in PLURAL_SCALES:
            return i + 1 if word == "scores" and not self._is(i + 1, "of", "more") else self._plural(i)
        if word in DECADES:
            return self._add(i, i + 1, decade(float(DECADES[word])))
        if word == "half":
            return self._half(i)
        return self._implied(i, word) or self._month(i, self.text[start:end])

    def _implied(self, i: int, word: str) -> int:
        """Note what a source may have a number for (twice, a quarter, teenager); 0 where a word is none of that."""
        span = _SPANS.get(word)
        if word in ("quarter", "quarters"):
            values: tuple[Value, ...] = (0.25, 25.0, 15.0, 45.0)
        elif word in FRACTIONS:
            values = (float(FRACTIONS[word]),)
        else:
            values = PLAIN.get(word, ())
        return self._add(i, i + 1, values, is_required=False, span=span) if values or span else 0

    def _month(self, i: int, name: str) -> int:
        if name.isupper() and len(name) > 3:
            name = name.capitalize()
        value = MONTHS.get(name) or SHORT_MONTHS.get(name)
        if value is None:
            return i + 1
        is_required = True
        start, end = self.tokens[i][1:]
        next_is_number = self._get(i + 1)[:1].isdigit() and self.tokens[i + 1][1] - end < 4
        if name in MONTHS_THAT_ARE_WORDS or name in SHORT_MONTHS:
            before = self.text[max(0, start - 16) : start]
            is_required = next_is_number or bool(_OF_DATE.search(before) and not _FIRST_OF_SENTENCE.search(before))
        return self._add(i, i + 1, (float(value),), is_required=is_required)

    def _cardinal(self, i: int) -> int:
        """``six hundred and fifty million``, ``two thousand and one``, ``one third``, ``nineteen ninety-eight``."""
        value, end = self._sum(i)
        word = self._get(i)
        if word in SCALE_WORDS and self._is(i - 1, *_VAGUE_BEFORE) and self._adjacent(i):
            return self._add(i, end, (), span=(float(value), 9.99 * value))
        number = float(value)
        if self._is(end, "point") and self._get(end + 1) in CARDINALS:
            number, end = self._decimal(value, end + 1)
        if self._adjacent(end) and (at := self._fraction_or_ordinal(i, end, value)):
            return at
        if self._is_certain(i, end, value):
            return self._said_year(i, end, value) or self._finish(i, end, (number,))
        return self._add(i, end, (number, *((2 * number,) if self._is(i - 1, "couple") else ())), is_required=False)

    def _is_certain(self, i: int, end: int, value: int) -> bool:
        """Whether a source must have it: not one, zero, the two, nor hundred by itself."""
        word = self._get(i)
        if word in SCALE_WORDS:
            return self._counts(i)
        return value > 2 or end > i + 1 or (value == 2 and self._get(i - 1) not in _KNOWN)

    def _fraction_or_ordinal(self, i: int, end: int, value: int) -> int:
        """``two thirds``, ``one tenth``, ``twenty-third``; 0 where no such word follows."""
        follower = self._get(end)
        if follower == "and" and value % 100 == 0 and self._get(end + 1) in ORDINALS and self._adjacent(end + 1):
            return self._ordinal(i, end + 1, value)
        if follower in FRACTIONS or (follower in ORDINALS and value == 1):
            return self._counted_fraction(i, end, value, FRACTIONS.get(follower) or ORDINALS[follower])
        return self._ordinal(i, end, value) if follower in ORDINALS else 0

    def _counts(self, i: int) -> bool:
        """Whether a bare ``hundred`` is counted: a hundred, per thousand."""
        return self._is(i - 1, "a", "an", "every", "some", "the", "of", "over", "about", "around", "nearly")

    def _sum(self, i: int) -> tuple[int, int]:
        """The value of the words from ``i`` on that make one cardinal, and the index behind them."""
        total = group = 0
        last = ""
        at = i
        while at < len(self.tokens):
            word = self._get(at)
            if at > i and not self._adjacent(at):
                break
            if word in CARDINALS:
                value = CARDINALS[word]
                if at > i and not _fits(value, group, last):
                    break
                group, last = group + value, "tens" if value >= 20 else "ones"
            elif word == "hundred" and (at == i or (last and 0 < group < 100)):
                group, last = (group or 1) * 100, "hundred"
            elif word in SCALE_WORDS and word != "hundred" and (at == i or group or last == "big"):
                factor = 10 ** SCALE_WORDS[word]
                total, group = (total + group * factor, 0) if group else ((total or 1) * factor, 0)
                last = "big"
            elif word == "and" and last in ("hundred", "big") and self._get(at + 1) in CARDINALS:
                if not self._adjacent(at + 1) or not _fits(CARDINALS[self._get(at + 1)], group, last):
                    break
            else:
                break
            at += 1
            if total > 10**16:
                break
        return total + group, at

    def _decimal(self, whole: int, at: int) -> tuple[float, int]:
        """What stands behind ``three point``: digits, and perhaps ``million``."""
        digits, exponent = "", 0
        while self._get(at) in CARDINALS and self._adjacent(at):
            digits += str(CARDINALS[self._get(at)])
            at += 1
        while self._adjacent(at) and self._get(at) in SCALE_WORDS:
            exponent += SCALE_WORDS[self._get(at)]
            at += 1
        return scaled(f"{whole}.{digits[:_MOST_DECIMALS]}", exponent), at

    def _said_year(self, i: int, end: int, first: int) -> int:
        """``nineteen ninety-eight``, which may be a time as well (``eleven fifty``); 0 where it is no pair."""
        if end != i + 1 or not 10 <= first <= 20 or not self._adjacent(end) or self._get(end) not in CARDINALS:
            return 0
        second, behind = self._sum(end)
        if not 10 <= second < 100:
            return 0
        parts = (self._number(i, end, first), self._number(end, behind, second))
        return self._add(i, behind, (100.0 * first + second,), parts=parts)

    def _ordinal(self, i: int, at: int, before: int) -> int:
        """``third``, or the end of ``twenty-third``, ``one hundred and twentieth``; 0 where it is no part of that."""
        value = ORDINALS[self._get(at)]
        if before:
            if value >= 100:
                value = before * value
            elif (before % 100 >= 20 and before % 10 == 0 and value < 10) or (before % 100 == 0 and value < 100):
                value += before
            else:
                return 0
        values: tuple[Value, ...] = (float(value),)
        if not before and self._is(at - 1, "a", "an", "one", "per") and value > 2:
            values = (float(value), 1 / value, 100 / value)
        return self._add(i, at + 1, values, is_required=value > 2)

    def _counted_fraction(self, i: int, end: int, value: int, denominator: int) -> int:
        ratio = value / denominator
        values: tuple[Value, ...] = (ratio, 100 * ratio)
        if denominator == 4:
            # The first three quarters of the year, or a time.
            values = (*values, float(value))
        if of_unit := _OF_UNIT.match(self.text, self.tokens[end][2]):
            values = (*values, ratio * _UNITS[of_unit[1]])
        parts = (self._number(i, end, value), self._number(end, end + 1, denominator))
        return self._add(i, end + 1, values, parts=parts, is_required=ratio != 0.5)

    def _plural(self, i: int) -> int:
        """``hundreds of thousands``, ``dozens``."""
        least, most = PLURAL_SCALES[self._get(i)]
        end = i + 1
        if self._is(end, "and", "upon", "on") and self._is(end + 1, self._get(i)):
            end += 2
        elif self._is(end, "of") and self._get(end + 1) in PLURAL_SCALES and least < 1000:
            factor = PLURAL_SCALES[self._get(end + 1)][0]
            least, most, end = (100 if least == 100 else 10) * factor, most * factor * 1.01, end + 2
        elif self._is(end, "of") and self._get(end + 1) in PLURAL_SCALES:
            end += 2
        return self._add(i, end, (), span=(least, most))

    def _half(self, i: int) -> int:
        if self._is(i - 1, "a", "one") and self._is(i - 2, "and"):
            return self._and_a_half(i)
        at = i + 2 if self._is(i + 1, "a", "an") else i + 1
        word = self._get(at)
        if word in SCALE_WORDS:
            value, end = self._sum(at)
            return self._add(i, end, (value / 2,))
        if word in TIMES:
            return self._add(i, at + 1, (TIMES[word] / 2, 0.5))
        return self._add(i, i + 1, (0.5, 50.0, 30.0, 6.0), is_required=False)

    def _and_a_half(self, i: int) -> int:
        """``two and a half million``, ``two hours and a half``, ``an hour and a half``."""
        end = i + 1
        exponent = SCALE_WORDS.get(self._get(end), 0) if self._adjacent(end) else 0
        if self.found and i - 6 < self.last_token < i - 2:
            value = self.found[-1].values[0] if self.found[-1].values else None
            if isinstance(value, float) and value < 10**15:
                unit = 0.5
                for power in (12, 9, 6, 3):
                    # A million and a half.
                    if value >= 10**power and value % 10**power == 0:
                        unit = 0.5 * 10**power
                        break
                self._change_last(values=((value + unit) * 10**exponent,), is_required=True)
                return end + bool(exponent)
        more = _AND_A_HALF.get(self._get(i - 3))
        return self._add(i, end, (1.5, more) if more else (1.5,), is_required=False)


def _fits(value: int, group: int, last: str) -> bool:
    """Whether a word can go on a number of which ``group`` has been said."""
    if last == "tens":
        return 0 < value < 10
    if last == "hundred":
        return 0 < value < 100
    return last == "big" and group == 0 and value > 0
