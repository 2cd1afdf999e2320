"""Numbers that stand in the translation are found in every usual form; changed ones are not."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.text.numbers import (
    compare_numbers,
    find_numbers,
    numbers_kept,
    read_chinese,
    read_english,
    write_amounts,
)


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
5千米，第3名，三万 | 5千米，第3名，30,000
1½万，3万 | 1½万，3万
1½杯，三万 | 1 1/2杯，30,000
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
    # Figures of more than 15 digits are taken for a name, and 十百万亿 is none.
    is_too_long = re.search(r"[0-9](?:,?[0-9]){15}", written)
    # Nobody writes 1/2万, half of which is read as a fraction.
    is_odd = re.search("/[0-9０²½①٣,.，．]*[十百千万亿]", source)
    assert written == source or found == n_numbers or is_too_long or is_odd


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


PAIRS = {"number_pairs.tsv": 300, "number_pairs_2.tsv": 300, "number_pairs_3.tsv": 80}
"""Each set, and how many pairs of either label it has at least."""


def labelled(name: str = "number_pairs.tsv") -> list[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("name", PAIRS)
def test_wrong_numbers_are_found_and_right_ones_are_not(name: str) -> None:
    pairs = labelled(name)
    judged = Counter((row["label"], compare_numbers(row["source"], row["target"]).is_equal) for row in pairs)
    n_found, n_missed, n_false = judged["wrong", False], judged["wrong", True], judged["right", False]
    assert n_found + n_missed >= PAIRS[name]
    assert judged["right", True] + n_false >= PAIRS[name]
    assert n_found / (n_found + n_false) >= 0.98
    assert n_found / (n_found + n_missed) >= 0.95


VALUES = """
第三十条 | 30
二〇二四年三月五日 | 2024 3 5
二○○一年 | 2001
二○○○年十二月 | 2000 12
百分之三十五 | 35
百分之零点五 | 0.5
百分之七八十 | 80
三成 | 30
三成五 | 35
一点五万 | 15000
两千三百万 | 23000000
三万五 | 35000
一百零五 | 105
一万零五十 | 10050
2万5千 | 25000
1.5万亿 | 1500000000000
十九 | 19
廿四日 | 24
捌仟元 | 8000
三块五 | 3.5
两角五分 | 0.25
9秒58 | 9.58
身高一米七五 | 1.75
两个半小时 | 2.5
零下二十六度 | -26
二十世纪六十年代 | 1960
20世纪六七十年代 | 1960 1970
三、四月 | 3 4
八五折 | 85
一百两银子 | 100
十九点五十分 | 19 50
第一百零二条 | 102
三百二十万平方米 | 3200000
一千六百万千瓦 | 16000000
138 0000 0000 | 138 0000 0000
兩萬三千個 | 23000
１，２５０人 | 1250
"""


@pytest.mark.parametrize(("text", "values"), cases(VALUES))
def test_chinese_numerals_are_read_by_value(text: str, values: str) -> None:
    expected = [
        each if len(each) > 2 and each[0] == "0" and each.isdecimal() else float(each) for each in values.split()
    ]
    assert [number.values[0] for number in read_chinese(text, with_implied=False) if number.is_required] == expected


@pytest.mark.parametrize(
    "text",
    [
        "我们一起去吧，一些人，一样的",
        "万一不行呢",
        "十分高兴",
        "三亚、九江、四川、百度、三星",
        "千万不要忘记",
        "一方面，另一方面",
        "他一直一定要去",
        "意见不一",
        "展品五花八门，他三心二意",
        "三明治和二手车",
        "周三到星期五",
        "每周一、三、五",
        "百货大楼里的千克秤",
        "一个人，一条河，一点也不",
        "成千上万的人",
    ],
)
def test_what_only_looks_like_a_number_is_never_missed(text: str) -> None:
    assert not compare_numbers(text, "nothing of the sort").missing


def test_what_only_looks_like_a_number_answers_to_none() -> None:
    assert [number.text for number in compare_numbers("三亚的三明治", "three of 3").extra] == ["three", "3"]
    assert not read_chinese("我们一直在三亚百货")


ENGLISH = """
six hundred and fifty million | 650000000
0.65 billion and 650m | 650000000 650000000
two thousand and one | 2001
nineteen ninety-eight | 1998
twenty-third | 23
one hundred and twentieth | 120
two-thirds | 0.6666666666666666
half a million | 500000
two and a half million | 2500000
an hour and three point one four | 3.14
March 5 | 3 5
a hundred | 100
three decades | 30
minus five | -5
26 degrees below zero | -26
the 1990s | 1990
$45 million | 45000000
1,250.50 | 1250.5
3 1/2 | 3.5
2 to 3 million | 2 3000000
35 percent | 35
two dozen | 24
0078 | 0078
"""


@pytest.mark.parametrize(("text", "values"), cases(ENGLISH))
def test_english_numbers_are_read_by_value(text: str, values: str) -> None:
    expected = [each if each == "0078" else float(each) for each in values.split()]
    assert [number.values[0] for number in read_english(text) if number.is_required] == expected


SAME = """
下午3点半 | 3:30 p.m.
二十多岁 | in his twenties
几十个人 | dozens of people
数百万人 | millions of people
900多万人 | over nine million people
第一届 | the first
双方的代表 | both delegates
增长两倍 | tripled
翻了一番 | doubled
十年 | a decade
四分之一 | a quarter
五成 | half
每十人中有三人 | three out of ten
9·11 | September 11
上午九点一刻 | a quarter past nine
第二次世界大战 | World War II
27日在北京 | in Beijing on September 27
七八分钟 | seven or eight minutes
3至5万元 | 30,000 to 50,000 yuan
千言万语 | a thousand words
新冠疫情中的20人 | 20 people in the COVID-19 pandemic
"""

DIFFERENT = """
第三十条 | Article 13 | 三十 | 13
三万人 | 300,000 people | 三万 | 300,000
数千人 | hundreds of thousands of people | 数千 | hundreds of thousands
零下五度 | five degrees | 五 | five
138 0000 0000 | 138 0000 | 0000 |
3人和3人 | 3 people | 3 |
有人受伤 | twelve people were hurt | | twelve
9.7% | 7.9% | 9.7 | 7.9
第一届 | the second | 一 |
F-16战机 | an F-15 fighter | 16 | 15
"""


@pytest.mark.parametrize(("source", "target"), cases(SAME))
def test_the_same_number_may_be_said_in_many_ways(source: str, target: str) -> None:
    assert compare_numbers(source, target).is_equal


@pytest.mark.parametrize("row", DIFFERENT.strip().split("\n"))
def test_what_is_missing_and_what_is_extra_is_named(row: str) -> None:
    source, target, missing, extra = (each.strip() for each in row.split("|"))
    compared = compare_numbers(source, target)
    assert [number.text for number in compared.missing] == ([missing] if missing else [])
    assert [number.text for number in compared.extra] == ([extra] if extra else [])


def numeral(value: int) -> str:
    """A whole number in Chinese numerals."""
    digits = "零一二三四五六七八九"
    for unit, mark in ((10**8, "亿"), (10**4, "万")):
        if value >= unit:
            rest = value % unit
            gap = "零" if 0 < rest < unit // 10 else ""
            return numeral(value // unit) + mark + (gap + numeral(rest) if rest else "")
    written, gap = "", False
    for unit, mark in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            written += ("零" if gap and written else "") + digits[digit] + mark
            gap = False
        elif written:
            gap = True
    return written


def english(value: int) -> str:
    """A whole number in English words."""
    ones = re.findall(
        r"\w+",
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""",
    )
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if value < 20:
        return ones[value]
    if value < 100:
        return tens[value // 10 - 2] + (f"-{ones[value % 10]}" if value % 10 else "")
    for unit, word in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if value >= unit:
            rest = value % unit
            joint = " and " if 0 < rest < 100 else " "
            return f"{english(value // unit)} {word}" + (joint + english(rest) if rest else "")
    raise AssertionError(value)


WHOLE = st.integers(3, 10**12 - 1) | st.integers(1, 9).flatmap(
    lambda n: st.sampled_from([n * 10**e for e in range(1, 12)])
)


@given(WHOLE)
def test_a_value_in_chinese_numerals_is_read_back(value: int) -> None:
    (number,) = read_chinese(f"共{numeral(value)}个")
    assert number.values[0] == value


@given(st.integers(1, 10**6), st.sampled_from(["万", "亿"]))
def test_digits_with_a_chinese_unit_are_read_back(tenths: int, mark: str) -> None:
    written = f"{tenths // 10}.{tenths % 10}{mark}"
    (number,) = read_chinese(f"约{written}元")
    assert number.values[0] == tenths * {"万": 10**3, "亿": 10**7}[mark]


@given(WHOLE)
def test_a_value_in_english_words_is_read_back(value: int) -> None:
    (number,) = read_english(f"There are {english(value)} of them")
    assert number.values[0] == value


@given(WHOLE)
def test_both_sides_agree_and_ten_times_as_much_does_not(value: int) -> None:
    assert compare_numbers(f"共{numeral(value)}人", f"{english(value)} people in all").is_equal
    assert not compare_numbers(f"共{numeral(value)}人", f"{10 * value:,} people in all").is_equal


@given(WHOLE)
def test_a_numeral_is_written_in_its_digits(value: int) -> None:
    assert write_amounts(f"共{numeral(value)}吨").replace(",", "") == f"共{value}吨"


WRITTEN = """
第三十条、第三十一条规定 | 第30条、第31条规定
百分之三十五的人 | 35%的人
二○○一年春季 | 2001年春季
三成五的人，三成 | 35%的人，30%
一点五万亿 | 1,500,000,000,000
三分之二以上 | 2/3以上
两千三百多万元 | 超过23,000,000元
二〇二四年三月五日 | 2024年3月5日
第一百零二条之一 | 第102条之一
身高一米七五 | 身高1.75米
七八个人，几十人，十几万，三到五万 | 七八个人，几十人，十几万，三到五万
一个人一起去三亚 | 一个人一起去三亚
"""


@pytest.mark.parametrize(("source", "written"), cases(WRITTEN))
def test_numerals_are_written_in_digits_where_they_count(source: str, written: str) -> None:
    assert write_amounts(source) == written


@given(
    st.text(st.sampled_from("〇零一二三十百千万亿两几多半点分之第年月日个成倍零下0123.,:/-% ABk三亚起双"), max_size=40)
)
def test_numbers_lie_where_their_text_says(text: str) -> None:
    for number in read_chinese(text):
        assert 0 <= number.start < number.end <= len(text)
    compare_numbers(text, text)
    write_amounts(text)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared(source: str, target: str) -> None:
    compared = compare_numbers(source, target)
    assert len(compared.missing) <= len(compared.source) + sum(len(number.parts) for number in compared.source)
    assert all(target[number.start : number.end] for number in compared.extra)


@pytest.mark.parametrize(
    "unit", ["三万", "第一", "一点", "1/2 ", "三、", "七八", "百分之", "one hundred and ", "March ", "half "]
)
def test_long_runs_of_anything_are_no_trouble(unit: str) -> None:
    compared = compare_numbers(unit * 5000, unit * 5000)
    assert len(compared.source) <= 10_001


@pytest.mark.parametrize(
    ("source", "target", "is_equal"),
    [
        ("½杯糖和¼杯油。", "Half a cup of sugar and ¼ cup of oil.", True),
        ("½杯糖和¼杯油。", "½ cup of sugar and oil.", False),
        ("½杯糖。", "¾ cup of sugar.", False),
        ("需要1½杯面粉。", "It takes one and a half cups of flour.", True),
        ("⅔的人", "two thirds of the people", True),
        ("一小时四十分钟后，他到了。", "He came an hour and forty minutes later.", True),
        ("一小时四十分钟后，他到了。", "He came forty minutes later.", False),
        ("至少一个小时才救下第一个人。", "It took at least an hour to get the first one off.", True),
        ("房价八千一平。", "8,000 a square metre.", True),
        ("苹果三块五一斤。", "Apples are 5.3 yuan a jin.", False),
        ("二百八十多万户家庭", "over 2.8 million households", True),
        ("秦统一六国。", "Qin unified the six states.", True),
        ("两点一刻着陆。", "It landed at half past two.", False),
        ("三十九度二", "39.2 degrees", True),
        ("场均二十七点三分", "27.3 points a game", True),
        ("晚上八点五分", "five past eight in the evening", True),
        ("九成以上的人", "more than nine in ten", True),
        ("炖四十五分钟。", "Simmer for three quarters of an hour.", True),
        ("七点五折", "25 percent off", True),
        ("一万三千亿斤粮食", "650 million tonnes of grain", True),
        ("十七世纪四十年代", "the 1740s", False),
        ("上世纪六七十年代", "the 1960s and 1970s", True),
        ("四十年代", "the 1940s", True),
        ("他走了1,5公里。", "He walked 1.5 kilometres.", True),
    ],
)
def test_kinds_that_a_second_set_of_pairs_taught(source: str, target: str, is_equal: bool) -> None:
    assert compare_numbers(source, target).is_equal == is_equal


def test_a_fraction_in_one_character_is_spelt_out_for_the_model() -> None:
    assert write_amounts("需要1½杯面粉和¼杯油，二十分钟。") == "需要1 1/2杯面粉和1/4杯油，20分钟。"


@pytest.mark.parametrize(
    ("source", "target", "is_equal"),
    [
        ("净利润为-1,234.56万元。", "Net profit was 12.3456 million yuan.", False),
        ("净利润为-1,234.56万元。", "Net profit was -12.3456 million yuan.", True),
        ("净利润为-1,234.56万元。", "Net profit was ($12.3456 million).", True),
        ("公司净亏损-1,234.56万元。", "The company lost 12.3456 million yuan.", True),
        ("气温-5℃。", "Temperature: 5 °C.", False),
        ("气温-5℃。", "It is 5 degrees below zero.", True),
        ("最低气温-15℃，最高3℃。", "The minimum is - 15°C, the maximum 3°C.", True),
        ("增长率为-3.2%。", "Growth was 3.2%.", False),
        ("增长率为-3.2%。", "It fell by 3.2%.", True),
        ("咽痛 (13 -25%) 为主。", "mainly sore throat (13-25%).", True),
        ("气温5-10℃，涨3%-5%。", "5-10 °C, up 3%-5%.", True),
        ("他走了一小时四十分钟。", "He walked for 100 minutes.", True),
        ("他走了一小时四十分钟。", "He walked for 140 minutes.", False),
        ("他走了1小时30分钟。", "He walked for 1.5 hours.", True),
        ("他走了100分钟。", "He walked for an hour and forty minutes.", True),
        ("他走了100分钟。", "He walked for an hour and thirty minutes.", False),
        ("他走了100分钟。", "He walked for 1 hour and 40 minutes.", True),
        ("两分三十秒。", "150 seconds.", True),
        ("三年零六个月。", "Three and a half years.", True),
        ("三年零六个月。", "42 months.", True),
        ("三年零六个月。", "40 months.", False),
        ("九十分钟。", "An hour and a half.", True),
        ("两个世纪。", "200 years.", True),
        ("他年届花甲。", "He is nearly sixty.", True),
        ("三七分账。", "A 30-70 split.", True),
        ("三又二分之一。", "Three and a half.", True),
        ("①准备②开始。", "(1) Prepare (2) Start.", True),
        ("月薪8k。", "8,000 a month.", True),
        ("十二万分感谢。", "Many thanks.", True),
        ("好像是在一九六几年吧。", "It was in the 1960s, it seems.", True),
        ("好像是在一九六几年吧。", "It was in 196 years.", False),
    ],
)
def test_kinds_that_a_third_set_of_pairs_taught(source: str, target: str, is_equal: bool) -> None:
    assert compare_numbers(source, target).is_equal is is_equal


def test_a_zero_between_two_units_is_not_left_before_digits() -> None:
    assert write_amounts("历时三年零六个月，共两千零六人。") == "历时3年6个月，共2006人。"
