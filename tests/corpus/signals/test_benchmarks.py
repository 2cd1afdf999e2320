"""Test sets: their lines are found however they are dressed, and nothing else is."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.signals.benchmarks import RUN, Benchmark, Benchmarks, hashed

ZH = "海南在传统的休闲旅游之外，将焕发出数字娱乐生态岛的炫酷新貌，并且欢迎各国的游客来访。"
EN = (
    "Apart from its traditional leisure tourism, Hainan will take on the cool new look of a digital island "
    "and welcomes visitors from all countries."
)
SHORT = "毛超峰和陈宇分别签约"
SETS = Benchmarks(
    [hashed("news", [ZH, EN, SHORT, "谢谢"]), hashed("other", ["陈宇等出席了在北京举行的签约仪式以及记者会。", EN])]
)


def names(text: str) -> tuple[str, ...]:
    (found,) = SETS.overlaps([text])
    return found.names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ZH, ("news",)),
        (ZH.replace("，", " — ").rstrip("。") + "!!", ("news",)),
        (f"记者昨日获悉，{ZH}另据报道，陈宇等出席了签约仪式。", ("news",)),
        ("海南在傳統的休閒旅遊之外，將煥發出數字娛樂生態島的炫酷新貌，並且歡迎各國的遊客來訪。", ("news",)),
        (ZH.replace("欢迎", "邀请"), ("news",)),
        (ZH[:30], ("news",)),
        (ZH[:18], ()),  # one run is no evidence
        (EN, ("news", "other")),
        (EN.upper().replace(",", ""), ("news", "other")),
        (f"He said: “{EN}” Nobody objected.", ("news", "other")),
        (SHORT, ("news",)),
        (SHORT.replace("和", "，和"), ("news",)),
        (f"今天{SHORT}。", ()),  # not to be told from chance
        ("谢谢", ()),  # too short to be a line of a test set
        ("腾讯公司与海南省政府签署了深化战略合作协议。", ()),
        ("", ()),
    ],
)
def test_lines_are_found_however_they_are_dressed(text: str, expected: tuple[str, ...]) -> None:
    assert names(text) == expected


def test_shares_are_of_the_text() -> None:
    around = "腾讯公司与海南省政府签署了深化战略合作协议"
    whole, half, none, empty = SETS.overlaps([ZH, ZH + around * 2, around, "。"])
    assert whole.share == 1
    assert half.share == pytest.approx(39 / (39 + 2 * len(around)), abs=0.03)
    assert none.share == 0
    assert empty.share is None


CHARACTERS = "海南省与腾讯公司签署了合作协议并将在旅游之外开展数字娱乐"


@given(
    st.lists(st.text(CHARACTERS, min_size=RUN, max_size=50), min_size=1, max_size=6),
    st.lists(st.text(CHARACTERS, max_size=30), max_size=6),
    st.randoms(use_true_random=False),
)
def test_a_line_of_a_run_or_more_is_found_wherever_it_stands(
    lines: list[str], others: list[str], draw: random.Random
) -> None:
    sets = Benchmarks([hashed("x", [*lines, *others])])
    texts = [draw.choice([*others, ""]) + "。" + line + "。" + draw.choice([*others, ""]) for line in lines]
    assert all(found.names == ("x",) for found in sets.overlaps(texts))
    # What a text gets does not depend on its neighbours.
    assert sets.overlaps(others + texts) == [sets.overlaps([text])[0] for text in others + texts]


def test_unrelated_text_is_not_flagged() -> None:
    draw = random.Random(1)
    words = [
        "海南",
        "腾讯",
        "公司",
        "政府",
        "签署",
        "协议",
        "旅游",
        "数字",
        "娱乐",
        "双方",
        "合作",
        "在",
        "的",
        "了",
        "将",
    ]
    sets = Benchmarks([hashed("x", ["".join(draw.choices(words, k=25)) for _ in range(500)])])
    found = sets.overlaps(["".join(draw.choices(words, k=25)) for _ in range(2000)])
    assert not any(overlap.names for overlap in found)


def test_sets_without_lines_are_sets() -> None:
    assert Benchmarks([]).overlaps([ZH])[0].names == ()
    empty: Benchmark = hashed("none", [])
    assert Benchmarks([empty]).overlaps([ZH, ""])[0].share == 0
