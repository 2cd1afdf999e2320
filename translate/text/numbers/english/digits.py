"""Numbers in digits: 3.5 million, 1/3, 3:30 p.m., 1990s, -5."""

from __future__ import annotations

import re

from translate.text.numbers.english.tokens import Tokens
from translate.text.numbers.english.words import SCALE_WORDS, SHORT_SCALES
from translate.text.numbers.number import VULGAR, Number, Value, arabic, hours, scaled, stem_of

__all__ = ["TIMES", "decade"]

_PERCENT = frozenset({"percent", "percentage", "%", "pc", "pct"})
TIMES = {"decade": 10, "decades": 10, "century": 100, "centuries": 100, "dozen": 12, "fortnights": 14}
_RANGE = re.compile(r"\s*(?:-|–|—|~|to|or|and|,)\s*(?:(?:about|around|even|as|many)\s+)*[$€£¥]?\s*")
_HOUR_AFTER = re.compile(r"\s*(?:(a|p)\.?\s?m\b|o['’]clock)", re.IGNORECASE)
_MINUS = frozenset({"minus", "negative"})
_MINUS_SIGN = re.compile(r"(?:^|[^\w%)\]])[-–]\s?(?:[$€£¥]\s?)?$|\([$€£¥]?$")
_BELOW = re.compile(r"\s*(?:(?:degrees?|°\s?[CF]?|℃)\s*)?(?:(?:Celsius|centigrade|Fahrenheit|C|F)\s+)?below\b")
_NEGATIVE = re.compile(r"(?:^|[\s(~])[-–]$")


class Digits(Tokens):
    """Reads what is written in digits."""

    def _digits(self, i: int) -> int:
        word, start = self.tokens[i][:2]
        if word in VULGAR:
            return self._add(i, i + 1, (VULGAR[word], 100 * VULGAR[word]))
        digits = word.replace(",", "")
        before = self.text[max(0, start - 16) : start]
        if stem := stem_of(before):
            return self._add(i, i + 1, arabic(digits), is_required=False, stem=stem)
        if digits.count(".") > 1:
            return self._add(i, i + 1, (digits,), parts=self._parts(i, digits.split(".")))
        if (at := self._clock(i, digits)) or (at := self._fraction(i, digits)):
            return at
        values, after = self._scaled(i, digits)
        if not after:
            values, after = self._suffixed(i, digits)
        if _NEGATIVE.search(before):
            values = (*values, *(-value for value in values if isinstance(value, float)))
        return self._finish(i, after or i + 1, values, digits)

    def _scaled(self, i: int, digits: str) -> tuple[tuple[Value, ...], int]:
        """``3.5 million``, ``10m``, ``$5k``, ``2 hundred thousand``; after is 0 where nothing multiplies it."""
        exponent, at = 0, i + 1
        while self._adjacent(at) and self._get(at) in SCALE_WORDS:
            exponent += SCALE_WORDS[self._get(at)]
            at += 1
        if exponent:
            return (scaled(digits, exponent),), at
        if self._adjacent(at):
            start, end = self.tokens[at][1:]
            glued = start == self.tokens[i][2]
            short = self.text[start:end]
            if short in SHORT_SCALES and (glued or len(short) > 1):
                value = scaled(digits, SHORT_SCALES[short])
                # 25m are millions or meters.
                return ((value, float(digits)) if len(short) == 1 else (value,)), at + 1
        return (), 0

    def _suffixed(self, i: int, digits: str) -> tuple[tuple[Value, ...], int]:
        """``1990s``, ``21st``, ``3D``, and digits alone."""
        values = arabic(digits)
        at = i + 1
        if at < len(self.tokens) and self.tokens[at][1] == self.tokens[i][2] and isinstance(values[0], float):
            suffix = self._get(at)
            if suffix in ("st", "nd", "rd", "th"):
                return values, at + 1
            if suffix == "s":
                return decade(values[0]), at + 1
        elif self.text[self.tokens[i][2] : self.tokens[i][2] + 2] in ("'s", "’s") and digits.endswith("0"):
            return decade(float(digits)), i + 1
        return values, i + 1

    def _parts(self, i: int, digits: list[str]) -> tuple[Number, ...]:
        start, end = self.tokens[i][1:]
        return tuple(Number(start, end, part, (float(part),)) for part in digits)

    def _clock(self, i: int, digits: str) -> int:
        """``3:30 p.m.``, ``15:30``, ``8 pm``, ``8.30 a.m.``: an hour and, if not 00, a minute."""
        end = self.tokens[i][2]
        if not digits.replace(".", "").isdecimal() or float(digits) > 24:
            return 0
        hour, minute, last = digits, "", i
        if self.text[end : end + 1] == ":" and i + 1 < len(self.tokens) and self.tokens[i + 1][1] == end + 1:
            minute, last = self.tokens[i + 1][0], i + 1
            if len(minute) != 2 or not minute.isdecimal() or int(minute) > 59:
                return 0
        half = _HOUR_AFTER.match(self.text, self.tokens[last][2])
        if "." in digits:
            hour, _, minute = digits.partition(".")
            if not half or len(minute) != 2:
                return 0
        if not minute and not half:
            return 0
        self._add(i, i + 1, hours(int(hour), is_evening=bool(half and (half[1] or "").lower() == "p")))
        if minute:
            self._add(last, last + 1, (float(minute),), is_required=int(minute) > 0)
        return last + 1

    def _fraction(self, i: int, digits: str) -> int:
        """``1/3``, ``2 1/2``, ``1½``: its value, or its parts."""
        end = self.tokens[i][2]
        at = i + 1
        if at >= len(self.tokens) or not digits.isdecimal():
            return 0
        word, start = self.tokens[at][:2]
        if word in VULGAR and self.text[end:start] in ("", " "):
            return self._add(i, at + 1, (float(digits) + VULGAR[word],))
        if self.text[end:start] != "/" or not word.isdecimal():
            if self._adjacent(at) and word.isdecimal() and self.text[self.tokens[at][2] :][:1] == "/":
                other = self._get(at + 1)
                if other.isdecimal() and int(digits) and 0 < int(word) < int(other):
                    parts = self._parts(i, [digits]) + self._parts(at, [word]) + self._parts(at + 1, [other])
                    return self._add(i, at + 2, (float(digits) + int(word) / int(other),), parts=parts)
            return 0
        # 11/18/2018 is a date, 2018/19 two years.
        is_chain = (
            self.text[self.tokens[at][2] :][:1] == "/" or self.text[self.tokens[i][1] - 1 : self.tokens[i][1]] == "/"
        )
        if is_chain or not 0 < int(digits) < int(word) or len(digits) > 3:
            return 0
        ratio = int(digits) / int(word)
        return self._add(i, at + 1, (ratio, 100 * ratio), parts=self._parts(i, [digits]) + self._parts(at, [word]))

    def _finish(self, i: int, end: int, values: tuple[Value, ...], digits: str = "") -> int:
        """Note a number after looking at what stands before and behind it."""
        first = values[0]
        if not isinstance(first, float):
            return self._add(i, end, values)
        word = self._get(end)
        is_next = self._adjacent(end)
        if is_next and (word in _PERCENT or (word == "per" and self._is(end + 1, "cent"))):
            values = (first, first / 100)
        elif is_next and word == "‰":
            values = (first, first / 10, first / 1000)
        elif is_next and word in TIMES and not (word == "dozen" and end - i > 2):
            values, end = (first * TIMES[word], first), end + 1
        elif _BELOW.match(self.text, self.tokens[end - 1][2]) and first < 200:
            values = (-first,)
        start = self.tokens[i][1]
        if self._get(i - 1) in _MINUS and self._adjacent(i):
            values = (-first,)
        elif _MINUS_SIGN.search(self.text, max(0, start - 5), start):
            values = (*values, -first)
        if "." in digits and digits.count(".") == 1:
            whole, _, part = digits.partition(".")
            is_date = len(part) < 3 and part[0] != "0" and 0 < int(whole) <= 12 and int(part) <= 31
            is_date = is_date or (len(part) == 2 and int(whole) <= 24 and int(part) < 60)
            parts = self._parts(i, [whole, part]) if is_date else ()
        else:
            parts = ()
        values = self._in_range(i, values, digits)
        is_top = first == 1 and self._is(i - 1, "no", "number")
        return self._add(i, end, values, parts=parts, is_required=not is_top)

    def _in_range(self, i: int, values: tuple[Value, ...], digits: str) -> tuple[Value, ...]:
        """In ``2 to 3 million`` the first is in millions too; in ``2018-19`` the second is 2019."""
        if not self.found or self.last_token > i - 1 or not isinstance(values[0], float):
            return values
        last, first = self.found[-1], values[0]
        before = last.values[0] if last.values else None
        if not isinstance(before, float) or not _RANGE.fullmatch(self.text, last.end, self.tokens[i][1]):
            return values
        if len(digits) == 2 and 1000 <= before < 2100 and before % 100 < first:
            return (*values, before - before % 100 + first)
        for exponent in (12, 9, 6, 3, 2):
            factor = 10.0**exponent
            if first >= factor and 0 < before < 1000 and before < factor:
                self._change_last(values=(*last.values, scaled(f"{before:.10g}", exponent)))
                break
        return values


def decade(value: float) -> tuple[Value, ...]:
    """The readings of 1990s, nineties; 1900s may be a century."""
    if value < 100:
        return (value, 1900 + value, 1800 + value, 2000 + value)
    # 1740s is 40年代 of any century, but not 17世纪40年代.
    return (value, value % 100, value // 100 + 1) if value % 100 == 0 else (value, f"{value % 100:.0f}s")
