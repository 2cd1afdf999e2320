"""Reads the numbers of a Chinese text."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from translate.text.numbers.chinese.amount import DIGITS, LONGEST, amount, bounds
from translate.text.numbers.chinese.characters import plain
from translate.text.numbers.chinese.counted import WITH_PREFIX, Counted
from translate.text.numbers.chinese.lookalikes import HOLIDAY
from translate.text.numbers.chinese.readings import BELOW_ZERO, other_values, said_otherwise
from translate.text.numbers.chinese.runs import PAIR, RUN
from translate.text.numbers.chinese.words import IDIOMS, IMPLIED, VAGUE
from translate.text.numbers.number import SCALES, VULGAR, Number, Value, arabic, fold, scaled, stem_of

__all__ = ["read_chinese"]

_MIXED = re.compile(" ([1-9])/([1-9])(?![0-9/])")
_RANGE = re.compile(r"\s*(?:[-—–~～至到、或和与及比:/]|乃至|甚至|以上|至多){1,2}\s*(?:第|约|零下|-)?")
_SAME_UNIT = re.compile(r"\s*(?:[-—–~～至到、或]|乃至)\s*")
_LATIN_SCALE = re.compile(
    r"\s?(k|mn|mln|million|bn|billion|tn|trillion|[mb](?=[^A-Za-z]|$))(?![A-Za-z])", re.IGNORECASE
)
_CIRCLED = re.compile("[①-⑳]")
_YEARS = re.compile(r"\s*年(?![级龄轮代])")
_NEGATIVE = re.compile(r"(?:^|[\s(（~为至到，。、：是])[-－–]$")
# A minus, not a range or a dash: where what follows is measured, after anything but a unit of the same kind.
_MINUS = re.compile(
    "(?:^|(?<![0-9%])\\s|[(（~为至到，。、：:=是]|[\u3400-\u9fff](?<![年月日号时点分秒度元万亿千百十第型]))-$"
)
_MEASURED = re.compile("\\s?(?:[%℃°度]|摄氏|个百分点|[百千]?[万亿]|[港美欧日]?元)")
_SINKS = re.compile("[亏降减跌缩负低]|赤字")
_VULGAR = re.compile(f"[{''.join(VULGAR)}]")
_NOT_ONE = re.compile(r"\s*[月日号年点分时度%:.-]")
_HALF_AFTER = re.compile(
    "(?:个|年|岁|天|小时|吨|公斤|斤|倍|杯|里|米|块|公里|周|碗|勺|茶匙|汤匙|匙|升|亩|寸|尺|盒|瓶|圈|场|层|页)?半(?![夜径岛决数价场路途导月天年生壁拉身])"
)
_HAS_NUMERAL = re.compile(
    "[0-9０-９〇零一二两三四五六七八九十百千万亿兩萬億壹贰叁肆伍陆柒捌玖拾佰仟貳參陸廿卅½¼¾⅓⅔⅕-⅞]"
)


class _ChineseReader(Counted):
    """Reads a text from left to right."""

    def read(self) -> list[Number]:
        """What stands there in digits and numerals."""
        self.runs = [span for match in RUN.finditer(self.masked) for span in self._spans(match)]
        k = 0
        while k < len(self.runs):
            k = self._run(k)
        self._license_lists()
        self._alone()
        return self.found

    def implied(self) -> list[Number]:
        """The words that stand for a number: 双方, 冠军, 一半."""
        taken = {offset for number in self.found for offset in range(number.start, min(number.end, number.start + 16))}
        more = []
        for start, end in self.words:
            word = self.text[start:end]
            if word in IMPLIED and taken.isdisjoint(range(start, end)):
                more += [Number(start, end, word, values, is_required=False) for values in IMPLIED[word]]
            elif word in VAGUE:
                more.append(Number(start, end, word, (), is_required=False, span=VAGUE[word]))
            elif word in IDIOMS:
                more += self._of_idiom(start, end)
        for match in _CIRCLED.finditer(self.text):
            value = float(ord(match[0]) - ord("①") + 1)
            more.append(Number(*match.span(), match[0], (value,), is_required=False))
        for match in HOLIDAY.finditer(self.text):
            # The 1st of October.
            more += [Number(*match.span(), match[0], values, is_required=False) for values in ((10.0, 11.0), (1.0,))]
        return more

    def _of_idiom(self, start: int, end: int) -> list[Number]:
        """The numerals of 千言万语: a thousand words."""
        found = []
        for match in RUN.finditer(self.text, start, end):
            value = float(amount(match[0].rstrip("多余来几")) or 0)
            span = (value, 9.99 * value) if value >= 100 else None
            found.append(Number(*match.span(), match[0], (value,), is_required=False, span=span))
        return found

    def _run(self, k: int) -> int:
        """Read the run ``k``, and those that belong to it; returns the next one."""
        if after := self._composed(k):
            return after
        start, end = self.runs[k]
        run = self.masked[start:end]
        if (pair := PAIR.search(run)) and self._is_pair(pair, run):
            self._pair(start, end, pair, is_counted=self._is_counted(start, end))
        else:
            self._note(start, end, run)
        return k + 1

    def _note(self, start: int, end: int, run: str) -> None:
        if end - start > LONGEST:
            self._add(start, end, (run,))
            return
        before = self.text[max(0, start - 16) : start]
        if run[0] in "0123456789" and (stem := stem_of(before)):
            digits = run.replace(",", "")
            values = arabic(digits) if re.fullmatch("[0-9.]+", digits) else (float(amount(digits) or 0),)
            self.found.append(Number(start, end, self.text[start:end], values, is_required=False, stem=stem))
            return
        if run[0] in "零〇" and len(run) in (2, 3) and run[1:2] in DIGITS and not self.text.startswith("年", end):
            # 两年零三个月.
            run, start = run[1:], start + 1
        if re.fullmatch("[0-9,.]+", run):
            self._digits(start, end, run.replace(",", ""), before)
        else:
            self._numeral(start, end, run, before)

    def _digits(self, start: int, end: int, digits: str, before: str) -> None:
        if self.found and self.found[-1].end > start:
            # The 3 of 1/3, or of 2 1/3.
            return
        values = arabic(digits)
        here = self.text[start:end]
        if digits.count(".") > 1:
            parts = tuple(Number(start, end, here, (float(part),)) for part in digits.split("."))
            self.found.append(Number(start, end, here, values, parts=parts))
            return
        is_required = not (digits == "00" and before.endswith(":"))
        parts = self._month_and_day(start, end, digits)
        behind = self.text[end : end + 1]
        if behind in VULGAR and isinstance(values[0], float):
            values, end = (values[0] + VULGAR[behind],), end + 1
        if mixed := _MIXED.match(self.text, end):
            end, values = mixed.end(), (float(digits) + int(mixed[1]) / int(mixed[2]),)
        elif (
            self.text[end : end + 1] == "/"
            and (at := RUN.match(self.masked, end + 1))
            and self._slashed(start, end, digits, at)
        ):
            return
        values = self._extended(start, end, values, before)
        if (scale := _LATIN_SCALE.match(self.text, end)) and isinstance(values[0], float):
            values = (*values, scaled(digits, len(str(SCALES[scale[1].lower()])) - 1))
        if len(digits) == 2 and before.endswith(("-", "—", "–", "~", "至")):
            values = (*values, *self._year_after(float(digits)))
        self.found.append(Number(start, end, here, values, is_required, parts=parts))

    def _month_and_day(self, start: int, end: int, digits: str) -> tuple[Number, ...]:
        """The parts of what may be a date, as 9.11."""
        month, _, day = digits.partition(".")
        if not day or day[0] == "0" or len(month) > 2 or len(day) > 2 or not 0 < int(month) <= 12 or int(day) > 31:
            return ()
        here = self.text[start:end]
        return tuple(Number(start, end, here, (float(each),)) for each in (month, day))

    def _year_after(self, value: float) -> tuple[float, ...]:
        """2019 of 2018-19."""
        last = self.found[-1].values[0] if self.found and self.found[-1].values else 0.0
        is_year = isinstance(last, float) and 1000 <= last < 2100 and last % 100 < value
        return (last - last % 100 + value,) if is_year and isinstance(last, float) else ()

    def _slashed(self, start: int, end: int, digits: str, other: re.Match[str]) -> bool:
        """1/3 as a fraction, which may be a date or a ratio."""
        below = other[0]
        is_chain = self.text[start - 1 : start] == "/" or self.text[other.end() : other.end() + 1] == "/"
        if is_chain or not digits.isdecimal() or not below.isdecimal() or not 0 < int(digits) < int(below):
            return False
        stop = other.end()
        here = self.text[start:stop]
        parts = (Number(start, stop, here, (float(digits),)), Number(start, stop, here, (float(below),)))
        ratio = int(digits) / int(below)
        self.found.append(Number(start, stop, here, (ratio, 100 * ratio), parts=parts))
        return True

    def _numeral(self, start: int, end: int, run: str, before: str) -> None:
        here = self.text[start:end]
        if any(char in run for char in "几数多余来"):
            low, high = bounds(run)
            values: tuple[Value, ...] = () if "几" in run or "数" in run else (low,)
            values = self._extended(start, end, (10.0,) if run == "十几" else values, before)
            self.found.append(Number(start, end, here, values, span=(low, high)))
            return
        if len(run) > 1 and all(char in DIGITS for char in run):
            self._digit_string(start, end, run, before)
            return
        value = float(amount(run) or 0)
        if all(char in "百千万亿" for char in run):
            # 上百, 百万吨; but not 百姓.
            is_required = bool(WITH_PREFIX.search(before)) or self.text.startswith("计", end)
            is_required = is_required or (len(run) > 1 and self._is_counted(start, end))
            self.found.append(Number(start, end, here, (value,), is_required, span=(value, 9.99 * value)))
            return
        is_required = len(run) > 1 or (self._is_counted(start, end) and not self._is_summed_up(start, end, value))
        values = self._extended(start, end, (value,), before)
        if end in self.priced:
            values = (*values, value + SCALES[self.text[end - 1]] / 10 if self.text[end - 1] in SCALES else value)
        if run == "一" and (unit := self._unit_of_one(end)):
            # 一小时 is an hour, which no number says.
            values, is_required = (unit,), True
        elif run == "零" or (run == "一" and not self._is_definite_one(end, before)):
            is_required = False
        self._add(start, end, values, is_required=is_required)

    def _digit_string(self, start: int, end: int, run: str, before: str) -> None:
        """二〇二四年, 一一九, 九八年; a numeral a digit."""
        digits = "".join(str(DIGITS[char]) for char in run)
        if len(run) == 3 and digits[0] in "12" and self.text.startswith("几年", end):
            # 一九六几年
            decade = 10 * float(digits)
            here = self.text[start : end + 1]
            self.found.append(Number(start, end + 1, here, (decade,), span=(decade, decade + 9)))
            return
        is_chain = len(run) > 2 and digits in "0123456789"
        if is_chain or (len(run) > 1 and self.text.startswith("年级", end)):
            # 三四五六年级
            for at, char in enumerate(run):
                self._add(start + at, start + at + 1, (float(DIGITS[char]),), is_required=self._is_counted(start, end))
            return
        values = arabic(digits)
        is_year = bool(_YEARS.match(self.text, end)) or self.text.startswith(("后", "年代", "级", "届"), end)
        if is_year:
            values = self._extended(start, end, (float(digits),), before)
            if digits[0] == "0" and len(digits) == 2:
                values = (*values, 2000 + float(digits))
        is_discount = self.text.startswith("折", end) and len(digits) == 2
        if is_discount:
            values = (float(digits), 100 - float(digits))
        is_required = is_discount or (is_year and len(run) != 3) or len(run) > 2 or "〇" in run
        self._add(start, end, values, is_required=is_required)

    def _alone(self) -> None:
        """The ½ of ½杯; that of 1½ has been read."""
        taken = {number.end - 1 for number in self.found}
        found = [match for match in _VULGAR.finditer(self.text) if match.start() not in taken]
        if found:
            values = ((match, VULGAR[match[0]]) for match in found)
            self.found += [Number(*match.span(), match[0], (value, 100 * value)) for match, value in values]
            self.found.sort(key=lambda number: number.start)

    def _license_lists(self) -> None:
        """三 in 三、四月 and in 三到五个 counts what the next one counts, and is in its 万 or 亿."""
        for k in range(len(self.found) - 2, -1, -1):
            number, following = self.found[k], self.found[k + 1]
            if not _RANGE.fullmatch(self.text, number.end, following.start):
                continue
            if following.is_required and not number.is_required and number.text != "一" and not number.stem:
                number = self.found[k] = replace(number, is_required=True)
            if not _SAME_UNIT.fullmatch(self.text, number.end, following.start) or not number.values:
                continue
            first, value = number.values[0], following.values[0] if following.values else 0.0
            if isinstance(first, float) and isinstance(value, float) and 0 < first < 1000:
                for exponent in (8, 4, 3, 2, 1):
                    if value >= 10**exponent > first and any(char in following.text for char in "十百千万亿"):
                        more = scaled(f"{first:.10g}", exponent)
                        self.found[k] = replace(self.found[k], values=(*number.values, more))
                        break

    def _extended(self, start: int, end: int, values: tuple[Value, ...], before: str) -> tuple[Value, ...]:
        """With the other readings that the context allows: hours, years, tenths, times."""
        first = values[0] if values else None
        if not isinstance(first, float):
            return values
        if BELOW_ZERO.search(before):
            return (-first,) if before.endswith("零下") or _is_degree(self.text, end) else (-first, first)
        if _MINUS.search(before) and self._is_measured(start, end):
            return (-first, first) if _SINKS.search(before) else (-first,)
        if _NEGATIVE.search(before):
            values = (*values, -first)
        behind = self.text[end : end + 6]
        if _HALF_AFTER.match(behind):
            return self._and_a_half(end, first, behind)
        if instead := said_otherwise(first, behind.lstrip()):
            return instead
        more = other_values(first, behind.lstrip(), before)
        if first == 1 and self.masked[start:end].isdecimal() and not _NOT_ONE.match(behind):
            more = (*more, "ARTICLE")
        if before.endswith("第") and first in (1, 2):
            more = (*more, "TOP" if first == 1 else "NEXT")
        if behind.startswith("刻") and self.found:
            last = self.found[-1]
            if first == 3 and self.text[last.end : start] == "点" and isinstance(last.values[0], float):
                self.found[-1] = replace(last, values=(*last.values, last.values[0] % 12 + 1))
        return (*values, *more)

    def _is_measured(self, start: int, end: int) -> bool:
        return bool(_MEASURED.match(self.text, end)) or not self.text[start:end].isdecimal()

    def _and_a_half(self, end: int, first: float, behind: str) -> tuple[Value, ...]:
        """两个半小时, 一年半."""
        rest = self.text[end : end + 10]
        more = (60 * (first + 0.5),) if "小时" in rest else (12 * (first + 0.5),) if behind.startswith("年半") else ()
        return (first + 0.5, *more)


def read_chinese(text: str, *, with_implied: bool = True) -> list[Number]:
    """The numbers of a Chinese text in their order, in digits, numerals, or both.

    ``第三十条`` is 30, ``百分之三十五`` 35 (and 0.35), ``两千三百万`` 23,000,000, ``二○○一年`` 2001, ``三成`` 30,
    ``几十`` something between 10 and 99. What only looks like a number (一起, 万一, 三亚, 千万不要) is none.

    Args:
        text: Chinese, in simplified or traditional characters.
        with_implied: at the end also what is said without a numeral (双方, 冠军), which no translation must have.
    """
    if not with_implied and not _HAS_NUMERAL.search(text):
        return []
    reader = _reader(text)
    return reader.found + reader.implied() if with_implied else [*reader.found]


# A comparison asks first for what is written, and then again with what is implied; of both sides where 万 was left.
@lru_cache(maxsize=2)
def _reader(text: str) -> _ChineseReader:
    reader = _ChineseReader(plain(fold(text)))
    if _HAS_NUMERAL.search(text):
        reader.read()
    return reader


def _is_degree(text: str, end: int) -> bool:
    return text[end : end + 1] in ("度", "℃", "°", "摄")
