"""Cutting keeps every character, loops are seen and legitimate repetition is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.engines.base import Hypothesis
from translate.pipeline.rescue import cut_clauses, cut_sentence, join_hypotheses, problems, repeats

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


def test_a_joined_hypothesis_scores_as_if_decoded_at_once() -> None:
    joined = join_hypotheses([Hypothesis("One,", -1.0, 3, "eos"), Hypothesis("two.", -2.0, 1, "length")])
    assert joined == Hypothesis("One, two.", -1.25, 4, "length")


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["In Sanya,", "At that time;", "However, he went."], "In Sanya, at that time; however, he went."),
        (["He said", "The end is near."], "He said the end is near."),
        (["It rained.", "The end."], "It rained. The end."),
        (["He asked:", "The end?"], "He asked: The end?"),
        (["In May,", "April came, and", "I went,", "It's late."], "In May, April came, and I went, it's late."),
        (["One,", "A-levels,", "O'Neill"], "One, A-levels, O'Neill"),
        (["One,", "IT firms,", "the A, B"], "One, IT firms, the A, B"),
        (["", "The end."], "The end."),
        (["(", "The end.)"], "( The end.)"),
    ],
)  # fmt: skip
def test_a_function_word_within_a_sentence_is_not_capitalised(pieces: list[str], expected: str) -> None:
    assert join_hypotheses([Hypothesis(text, -1.0, 1, "eos") for text in pieces]).text == expected


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("他缓缓走来。", "Come on. Come on. Come on. Come on. Come on.", {"loop"}),
        ("奥沙利文6比3丁俊晖", "O'Sullivan 6-3, 6-3, 6-3, 6-3, 6-3", {"loop"}),
        ("这是一场盛宴。", "hahahahahahaha", {"loop"}),
        ("发展的发展。", "the development of the development of the development of the development of it", {"loop"}),
        ("毛超峰和陈宇签约。", "The two sides of the two sides of the two sides of the two sides.", {"loop"}),
        ("一步一步来。", "Step by step by step.", set()),
        ("哈哈哈哈哈哈！", "Ha ha ha ha ha ha!", set()),
        ("非常非常好。", "Very, very, very good.", set()),
        ("不，不，不！", "No, no, no!", set()),
        ("他走了……", "He left......", set()),
        ("————", "--------", set()),
        ("一共1000000元。", "A total of 1000000 yuan.", set()),
        ("海南。", " ", {"empty_target"}),
        ("", "", set()),
    ],
)
def test_problems(source: str, target: str, expected: set[str]) -> None:
    assert problems(source, Hypothesis(target, -1.0, 5, "eos")) == expected


def test_an_output_at_the_cap_is_noticed() -> None:
    assert problems("海南", Hypothesis("Hainan is", -1.0, 64, "length")) == {"length_cap"}


def test_repeats_counts_groups_in_a_row() -> None:
    assert repeats("哈哈哈") == 3
    assert repeats(["a", "b", "a", "b"]) == 2
    assert repeats("abcabcabcd") == 3
    assert repeats("……………") == 1
    assert repeats("") == 1
