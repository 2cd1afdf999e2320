"""Cutting keeps every character, and no word, number or bracket is cut where there is another place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.pipeline.cutting import cut_clauses, cut_sentence

CHINESE = st.text(st.sampled_from("海南与腾讯签署协议的人在，；、：（）“”《》 3.5QQ%。"), max_size=300)


@given(CHINESE, st.integers(4, 60))
def test_pieces_keep_within_the_budget_and_lose_nothing_but_blanks(text: str, budget: int) -> None:
    pieces = cut_sentence(text, len, budget)
    assert all(0 < len(piece) <= budget for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(CHINESE, st.integers(4, 60))
def test_without_leave_to_cut_anywhere_words_stay_whole(text: str, budget: int) -> None:
    pieces = cut_sentence(text, len, budget, anywhere=False)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_long_sentence_is_cut_at_the_best_mark_near_its_middle() -> None:
    halves = [
        "一方面，把政府职能部门的窗口服务放到线上来，大大提升了行政效率；",
        "另一方面，把社会民生服务集中到几个入口上面，方便了老百姓办事。",
    ]
    assert cut_sentence("".join(halves), len, 40) == halves


def test_without_any_mark_it_is_cut_in_the_middle_but_not_in_a_word() -> None:
    assert cut_sentence("我们在说Kubernetes和别的", len, 13) == ["我们在说", "Kubernetes和别的"]
    assert cut_sentence("字" * 10, len, 5) == ["字" * 5, "字" * 5]
    assert cut_sentence("字" * 10, len, 5, anywhere=False) == ["字" * 10]


def test_clauses_are_cut_where_they_end_and_nowhere_else() -> None:
    halves = ["一方面，把窗口服务放到线上来，提升了效率；", "另一方面，把民生服务集中起来，方便了老百姓。"]
    assert cut_clauses("".join(halves), len, 30) == halves
    assert cut_clauses(halves[0], len, 30) == [halves[0]]
    # A stub, a list, a bracket, a blank: longer than asked for is better.
    for text in (
        "他说，" + "字" * 40,
        "苹果、梨、桃、李、杏、枣、柿子、葡萄、西瓜、香蕉",
        "在岛西（一千里，即五百公里，两天）的风暴",
        "甲 乙 丙 丁 戊",
    ):
        assert cut_clauses(text, len, 8) == [text]


@pytest.mark.parametrize(
    "text", ["会议于18：30开始并且还有五个人", "共１２，３４５人到场并且还有五个人", "获得资金3.5亿元并且还有五个人"]
)
def test_nothing_is_cut_inside_a_number(text: str) -> None:
    pieces = [piece for budget in range(4, 14) for piece in cut_sentence(text, len, budget)]
    number = max(re.findall("[0-9０-９：，.亿]+", text), key=len)
    for budget in range(len(number) + 3, 14):
        assert any(number in piece for piece in cut_sentence(text, len, budget)), pieces


def test_a_bracket_that_never_closes_hides_no_clause() -> None:
    halves = ["一方面【把窗口服务放到线上来，提升效率；", "2）另一方面（集中起来），方便了老百姓们。"]
    assert cut_clauses("".join(halves), len, 30) == halves


@given(CHINESE, st.integers(4, 60))
def test_cutting_clauses_loses_nothing_but_blanks(text: str, budget: int) -> None:
    assert "".join("".join(cut_clauses(text, len, budget)).split()) == "".join(text.split())


def test_a_number_stays_with_its_unit() -> None:
    text = "健力士已经成长为年营业额 100 亿欧元的全球性企业"
    assert cut_sentence(text, len, 18)[0].endswith("营业额")
    assert "100 亿" in cut_sentence(text, len, 18)[1]


def test_a_million_characters_without_a_mark_are_cut_without_deep_recursion() -> None:
    pieces = cut_sentence("字" * 100_000, len, 500)
    assert "".join(pieces) == "字" * 100_000
