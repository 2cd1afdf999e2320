"""What is visibly wrong with a translation is seen, and legitimate repetition is not."""

from __future__ import annotations

import pytest

from translate.engines.base import Hypothesis
from translate.pipeline.judging import problems


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
