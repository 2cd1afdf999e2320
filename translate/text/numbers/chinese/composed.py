"""Numbers of several runs: 百分之三十五, 三点五, 三块五, 二十世纪六十年代, 七八个."""

from __future__ import annotations

import re
from dataclasses import replace

from translate.text.numbers.chinese.amount import DIGITS, HAN, amount, bounds
from translate.text.numbers.chinese.readings import BELOW_ZERO, DECADE_AFTER
from translate.text.numbers.chinese.runs import PAIR, Runs
from translate.text.numbers.chinese.words import COUNTED
from translate.text.numbers.number import SCALES, Number, Value, hours, scaled

__all__ = ["Composed"]

_DAYPART = re.compile(
    "(上午|早上|早晨|清晨|凌晨|中午|下午|晚上|晚间|傍晚|夜里|夜间|半夜|深夜|午后|当晚|今晚|昨晚|明晚|时间|点|时|[早晚夜])$"
)
_AND_MORE = frozenset("米块秒元角毛度")


class Composed(Runs):
    """Reads what is made of several runs."""

    def _composed(self, k: int) -> int:
        """Read a number that begins with the run ``k`` and has others in it; returns the run behind it, or 0."""
        end = self.runs[k][1]
        after = self.text[end : end + 4].lstrip(" ")
        if after.startswith("世纪") and k + 1 < len(self.runs):
            gap = self.text[end : self.runs[k + 1][0]].strip(" ")
            is_decade = gap in ("世纪", "世纪的") and DECADE_AFTER.match(self.text, self.runs[k + 1][1])
            return self._decade_of_century(k) if is_decade else 0
        if after.startswith("分之") and self._starts(k + 1, end + 2):
            return self._fraction(k)
        if not self._starts(k + 1, end + 1):
            return 0
        if after[0] == "点" and self._is_decimal(k):
            return self._decimal(k)
        if after[0] == "成" and self._is_five_of_tenths(k):
            return self._tenths(k)
        return self._with_lower_unit(k) if after[:1] in _AND_MORE and self._is_lower_unit(k) else 0

    def _fraction(self, k: int) -> int:
        """百分之三十五, 三分之一, 千分之五, 万分之零点五."""
        first, last = k, k + 1
        end = self.runs[last][1]
        run = self.masked[self.runs[last][0] : end]
        if (pair := PAIR.search(run)) and self._is_pair(pair, run) and self._value(first) == 100:
            # 百分之七八十
            self._pair(self.runs[last][0], end, pair)
            return k + 2
        if self.text[end : end + 1] == "点" and self._starts(last + 1, end + 1):
            value, end = self._decimal_value(last)
            last += 1
        else:
            value = self._value(last)
        denominator = self._value(first) or 1.0
        start = self.runs[first][0]
        ratio = value / denominator
        if self.text[start - 1 : start] == "又" and self.found and self.found[-1].end == start - 1:
            # 三又二分之一
            whole = self.found.pop()
            self._add(whole.start, end, (float(amount(whole.text) or 0) + ratio,))
            return last + 1
        parts = (
            Number(start, end, self.text[start:end], (value,)),
            Number(start, end, self.text[start:end], (denominator,)),
        )
        if denominator == 100:
            values: tuple[Value, ...] = (value, value / 100)
        else:
            values = (ratio, round(100 * ratio, 12), 100 * ratio)
            if denominator >= 10**6:
                # Parts per million.
                values = (*values, value)
        run = self.masked[self.runs[last][0] : self.runs[last][1]]
        span = None
        if "几" in run or run[-1] in "多余来":
            low, high = bounds(run)
            span = (low, high) if denominator == 100 else None
            values = values if "几" not in run else ()
        self.found.append(Number(start, end, self.text[start:end], values, parts=parts, span=span))
        return last + 1

    def _is_five_of_tenths(self, k: int) -> bool:
        start, end = self.runs[k + 1]
        return end - start == 1 and self.masked[start] in HAN and not COUNTED.match(self.text, end)

    def _tenths(self, k: int) -> int:
        """三成五 is 35 percent."""
        start, end = self.runs[k][0], self.runs[k + 1][1]
        value = 10 * self._value(k) + self._value(k + 1)
        self._add(start, end, (value, value / 100))
        return k + 2

    def _is_decimal(self, k: int) -> bool:
        """Whether 三点五 is 3.5, not half a clock time."""
        start, end = self.runs[k]
        run, rest = self.masked[start:end], self.masked[self.runs[k + 1][0] : self.runs[k + 1][1]]
        behind = self.text[self.runs[k + 1][1] : self.runs[k + 1][1] + 1]
        if (
            run[0].isdigit()
            or rest[0] not in HAN
            or "十" in rest
            or behind == "刻"
            or (behind == "分" and len(rest) > 1)
        ):
            return False
        return not _DAYPART.search(self.text, max(0, start - 6), start)

    def _decimal_value(self, k: int) -> tuple[float, int]:
        start, end = self.runs[k]
        whole = amount(self.masked[start:end]) or 0
        rest_start, rest_end = self.runs[k + 1]
        rest = self.masked[rest_start:rest_end].rstrip("多余来几")
        n_digits = len(rest) - len(rest.lstrip(HAN))
        digits = "".join(str(DIGITS[char]) for char in rest[:n_digits])
        exponent = sum(len(str(SCALES.get(char, 1))) - 1 for char in rest[n_digits:])
        return scaled(f"{whole}.{digits}", exponent), rest_end

    def _decimal(self, k: int) -> int:
        value, end = self._decimal_value(k)
        start = self.runs[k][0]
        number = Number(start, end, self.text[start:end], (value,))
        hour, minute = self._value(k), self._value(k + 1)
        if hour <= 24 and minute < 60:
            parts = (replace(number, values=hours(int(hour), is_evening=False)), replace(number, values=(minute,)))
            number = replace(number, parts=parts)
        if BELOW_ZERO.search(self.text, max(0, start - 8), start):
            number = replace(number, values=(-value,))
        if self.text.startswith("折", end):
            number = replace(number, values=(10 * value, 100 - 10 * value))
        self.found.append(number)
        return k + 2

    def _decade_of_century(self, k: int) -> int:
        start, end = self.runs[k][0], self.runs[k + 1][1]
        run = self.masked[self.runs[k + 1][0] : end]
        century = self._value(k)
        if (pair := PAIR.search(run)) and self._is_pair(pair, run):
            # 20世纪六七十年代
            for char in pair[1], pair[2]:
                year = (century - 1) * 100 + 10 * DIGITS[char]
                self._add(start, end, (year, 10.0 * DIGITS[char]))
            return k + 2
        decade = self._value(k + 1)
        year = (century - 1) * 100 + decade
        number = Number(start, end, self.text[start:end], (year, decade))
        parts = (replace(number, values=(century, (century - 1) * 100)), replace(number, values=(decade,)))
        self.found.append(replace(number, parts=parts))
        return k + 2

    def _is_lower_unit(self, k: int) -> bool:
        """Whether 五 in 三块五, 58 in 9秒58, 7 in 1米7 is a part of the unit before it."""
        end = self.runs[k][1]
        start, stop = self.runs[k + 1]
        rest, unit, behind = self.masked[start:stop], self.text[end], self.text[stop : stop + 1]
        if unit in "元块角毛":
            return behind in tuple("角毛分") or (unit != "元" and len(rest) == 1 and not COUNTED.match(self.text, stop))
        if not (rest.isdecimal() or all(char in HAN for char in rest)) or len(rest) > 2:
            return False
        return not COUNTED.match(self.text, stop)

    def _with_lower_unit(self, k: int) -> int:
        """三块五 is 3.5, 两角五分 0.25 yuan, 9秒58 9.58, 一米七 1.7; or what the parts say."""
        start, stop = self.runs[k][0], self.runs[k + 1][1]
        unit = self.text[self.runs[k][1]]
        rest = self.masked[self.runs[k + 1][0] : stop]
        whole, part = self._value(k), self._value(k + 1)
        behind = self.text[stop : stop + 1]
        texts = self.text[start:stop]
        parts: tuple[Number, ...] = (
            Number(start, stop, texts, (whole,)),
            Number(start, stop, texts, (part,)),
        )
        if unit in "角毛":
            value = round(whole / 10 + part / 100, 4)
        elif unit in "元块":
            value = round(whole + part / (100 if behind == "分" else 10), 4)
            if self._starts(k + 2, stop + 1) and self.text[self.runs[k + 2][1] : self.runs[k + 2][1] + 1] == "分":
                cents = self._value(k + 2)
                value, parts = round(value + cents / 100, 4), (*parts, Number(start, stop, texts, (cents,)))
                self.found.append(Number(start, self.runs[k + 2][1], texts, (value,), parts=parts))
                return k + 3
        else:
            value = round(whole + part / 10 ** len(rest), 6)
        self.found.append(Number(start, stop, texts, (value, *((100 * value,) if unit == "米" else ())), parts=parts))
        return k + 2

    def _pair(self, start: int, end: int, pair: re.Match[str], *, is_counted: bool = True) -> None:
        """七八 as 7 and 8, 三四百 as 300 and 400, of which a translation must have the second if it is a large one."""
        run = pair.string
        is_small = len(run) == 2
        low, high = (self._without(run, pair.span(at)) for at in (2, 1))
        more: tuple[Value, ...] = ("FEW",) if is_small else ()
        here = self.text[start:end]
        first, second = (self._as_decade(each, end) for each in (low, high))
        self.found.append(Number(start, end, here, (*first, *more), is_required=False))
        is_required = not is_small and is_counted
        self.found.append(Number(start, end, here, (*second, *more, *first), is_required, span=(low, high)))

    def _as_decade(self, value: float, end: int) -> tuple[Value, ...]:
        """The readings of 六十 in 六七十年代."""
        is_decade = value < 100 and DECADE_AFTER.match(self.text, end)
        return (value, 1900 + value, f"{value:.0f}s") if is_decade else (value,)

    @staticmethod
    def _without(run: str, span: tuple[int, int]) -> float:
        return float(amount((run[: span[0]] + run[span[1] :]).rstrip("多余来几")) or 0)
