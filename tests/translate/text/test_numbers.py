"""Numbers that stand in the translation are found in every usual form; changed ones are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.text.numbers import find_numbers, numbers_kept, write_amounts


def test_numbers_are_read_without_thousands_marks() -> None:
    assert find_numbers("1,250.50 和 ４．５") == ["1250.50", "4.5"]
    assert find_numbers("2018，2019 年，１，２５０ 人") == ["2018", "2019", "1250"]
    assert find_numbers("6,604,126,1900 1,2") == ["6604126", "1900", "1", "2"]


KEPT = """
有25人 | 25 people
共１２，３４５人 | 12,345 people
占２０％ | 20 percent
3.5万人 | 35,000 people
1.2亿美元 | $120 million
1.2亿美元 | $120m
8.7万米 | 87,000 m
1.5万亿元 | 1.5 trillion yuan
1.5万亿元 | 1,500 billion yuan
600多万人 | over 6 million people
2万5千人 | 25,000 people
1亿2000万人 | 120 million people
2万4801张 | 24,801 tickets
3万5 | 35,000
3千多万元 | over 30 million yuan
200万年前 | two million years ago
100万人 | a million people
50万人 | half a million people
10万人 | one hundred thousand people
5000万人 | fifty million people
5千米 | 5 kilometers
12个 | a dozen
2次 | twice
36人 | Thirty-six people
105人 | a hundred and five people
1名男子 | A man
1/3的人 | a third of them
占0.5 | half of it
占0.50 | 0.5 of it
2019年3月12日 | March 12, 2019
2018.11.18 | November 18, 2018
9.11事件 | September 11
5月 | in May
1-9月 | January to September
3、4月 | March and April
20 世纪 60 年代 | in the 1960s
上世纪90年代 | in the 1990s
90年代初 | in the early nineties
80后 | those born in the 1980s
15世纪 | the fifteenth century
第21届 | the 21st
第3名 | third
95年 | in 1995
10年来 | over a decade
20时30分 | at 8:30 p.m.
8点05分 | at 8:05
占地100㎡ | an area of 100 square meters
50km² | 50 square kilometers
1½杯 | 1 1/2 cups
-5℃ | -5 °C
24小时 | around the clock, 24 hours
280万桶 | 280万 barrels
"""

IN_DIGITS = """
有１．５亿人 | 有150,000,000人
2万5千人，３万人 | 25,000人，30,000人
２，０００万，3 亿元 | 20,000,000，300,000,000元
1.23456万 | 12,345.6
1.3万亿斤 | 1,300,000,000,000斤
2万5 | 25,000
2018，2019年3万 | 2018，2019年30,000
增长1.5倍至3.2万元 | 增长1.5倍至32,000元
600多万人 | 超过6,000,000人
已超过600多万人 | 已超过6,000,000人
2亿多人 | 200,000,000多人
20万、30万元，3万—5万 | 200,000、300,000元，30,000—50,000
3至5万人，3-5万，20、30万元，3 或 5 万 | 3至5万人，3-5万，20、30万元，3 或 5 万
10几万人 | 10几万人
5千米，第3名，三万 | 5千米，第3名，三万
1½万，3万 | 1½万，3万
"""

LOST = """
有25人 | 52 people
280万桶 | 280 million barrels
280万桶 | 280,000 barrels
3万人 | 30 people
30万人 | 300 million people
3亿人 | 3 billion people
700名 | 7,000 people
3月 | the market
5月 | it may rain
10月 | the doctor
5人 | 3.5 people
6百万人 | sixty-six million people
20 世纪 60 年代 | in the 20th century
20时30分 | in the evening
1月 | a month
95年 | in the war
"""


def cases(text: str) -> list[tuple[str, str]]:
    return [(source, target) for source, _, target in (line.partition(" | ") for line in text.strip().split("\n"))]


@pytest.mark.parametrize(("source", "target"), cases(KEPT))
def test_a_number_is_found_in_every_usual_form(source: str, target: str) -> None:
    found, n_numbers = numbers_kept(source, target)
    assert found == n_numbers >= 1


@pytest.mark.parametrize(("source", "target"), cases(LOST))
def test_a_number_that_is_changed_or_missing_is_not_found(source: str, target: str) -> None:
    found, n_numbers = numbers_kept(source, target)
    assert found < n_numbers


@pytest.mark.parametrize(("source", "written"), cases(IN_DIGITS))
def test_amounts_are_written_in_digits_and_all_else_stays(source: str, written: str) -> None:
    assert write_amounts(source) == written


ANY_NUMBERS = st.text(st.sampled_from("0123456789０５²½①٣,.，．/:十百千万亿年月日时后第多 ab"), max_size=60)


@given(ANY_NUMBERS)
def test_an_amount_in_digits_is_the_same_amount(source: str) -> None:
    written = write_amounts(source)
    found, n_numbers = numbers_kept(source, written)
    assert written == source or found == n_numbers


def test_a_number_in_parts_counts_once() -> None:
    assert numbers_kept("2万5千人和1亿2000万人", "") == (0, 2)
    assert numbers_kept("没有", "none") == (0, 0)


@given(ANY_NUMBERS, st.text(max_size=40))
def test_whatever_stands_there_is_counted(source: str, target: str) -> None:
    found, n_numbers = numbers_kept(source, target)
    assert 0 <= found <= n_numbers


@pytest.mark.parametrize(
    "source", ["1" * 50_000 + "万", "1," * 20_000, "7万" * 20_000, "9" * 5000 + "世纪", "1.1" * 9000]
)
def test_long_runs_of_digits_are_no_trouble(source: str) -> None:
    target = "billion " * 3000 + source
    found, n_numbers = numbers_kept(source, target)
    assert 0 <= found <= n_numbers
    assert write_amounts(source)
