from __future__ import annotations

import pytest

from translate.numerals import find_numbers, numbers_kept


def test_numbers_are_read_without_thousands_marks() -> None:
    assert find_numbers("1,250.50 和 ４．５") == ["1250.50", "4.5"]
    assert find_numbers("2018，2019 年，１，２５０ 人") == ["2018", "2019", "1250"]
    assert find_numbers("6,604,126,1900 1,2") == ["6604126", "1900", "1", "2"]


@pytest.mark.parametrize(
    ("source", "target", "kept"),
    [
        ("有25人", "25 people", (1, 1)),
        ("有25人", "52 people", (0, 1)),
        ("3.5万人", "35,000 people", (1, 1)),
        ("1.2亿美元", "$120 million", (1, 1)),
        ("200万年前", "two million years ago", (1, 1)),
        ("2019年3月12日", "March 12, 2019", (3, 3)),
        ("20 世纪 60 年代", "in the 1960s", (2, 2)),
        ("15世纪", "the fifteenth century", (1, 1)),
        ("36人", "Thirty-six people", (1, 1)),
        ("２０％", "20 percent", (1, 1)),
        ("没有", "none", (0, 0)),
    ],
)
def test_numbers_kept(source: str, target: str, kept: tuple[int, int]) -> None:
    found, n_numbers = numbers_kept(source, target)
    # Of two numbers in a decade, the century may count as said by the year.
    assert n_numbers == kept[1]
    assert found == kept[0]
