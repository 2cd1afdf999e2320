"""Splitting: the table of cases, and what must hold for any text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translate.text import split as module
from translate.text.split import cut_points, split

TABLE = Path(__file__).with_name("split_cases.tsv")
ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\f": "\f", "\\u3000": "\u3000", "\\u2028": "\u2028"}
ESCAPES |= {"\\u2029": "\u2029", "\\u0085": "\x85"}


def cases() -> list[tuple[str, str]]:
    """Quotes mode and row of each case."""
    mode = "break"
    rows = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line in ("[keep]", "[break]"):
            mode = line[1:-1]
        elif line and not line.startswith("#"):
            rows.append((mode, line))
    return rows


@pytest.mark.parametrize(("mode", "row"), cases())
def test_table(mode: Literal["break", "keep"], row: str) -> None:
    marked, why = row.split("\t")
    for written, char in ESCAPES.items():
        marked = marked.replace(written, char)
    expected = [piece for piece in marked.split("¦") if piece]
    text = "".join(expected)
    assert [text[a:b] for a, b in split(text, quotes=mode)] == expected, why


def test_table_is_large_and_explained() -> None:
    rows = cases()
    assert len(rows) >= 190
    assert len({row for _, row in rows}) == len(rows)
    assert all(row.count("\t") == 1 and row.split("\t")[1] for _, row in rows)


TEXT = st.text(
    st.sampled_from(
        " \t\n\r\u3000.．!?。！？…，、；：:/\"'“”‘’「」《》（）()[]【】—-0123一二三第章讯的说道Aab.中文字👍\u200b"
    )
)


@given(TEXT | st.text(), st.sampled_from(["break", "keep"]), st.integers(1, 50) | st.just(2000))
@settings(max_examples=400, deadline=None)
def test_spans_tile_any_text(text: str, quotes: Literal["break", "keep"], max_length: int) -> None:
    spans = split(text, quotes=quotes, max_length=max_length)
    assert "".join(text[a:b] for a, b in spans) == text
    assert all(0 < b - a <= max_length for a, b in spans)
    assert [a for a, _ in spans[1:]] == [b for _, b in spans[:-1]]


LINE = st.lists(
    st.sampled_from(
        [
            *'。。？！“”「」（）()《》‘’…【】1" \u3000',
            *(
                "中文",
                "的说道",
                "我们，",
                "他说：",
                "字" * 70,
                "  ",
                "a. ",
                "U.S.",
                "3.5",
                "如下：",
                "Word ",
                "[1]",
                "——",
            ),
        ]
    ),
    max_size=30,
).map("".join)


@given(LINE)
@settings(max_examples=700, deadline=None)
def test_what_is_recognised_as_a_whole_ends_where_its_marks_say(text: str) -> None:
    nothing = re.compile("(?!)")
    with patch.object(module, "_PLAIN", nothing), patch.object(module, "_QUOTED", nothing):
        expected = split(text)
    assert split(text) == expected


@given(TEXT | st.text())
@settings(max_examples=300, deadline=None)
def test_cut_points_are_inside_ascending_and_ranked(text: str) -> None:
    points = cut_points(text)
    offsets = [offset for offset, _ in points]
    assert offsets == sorted(set(offsets))
    assert all(0 < offset < len(text) for offset in offsets)
    assert {rank for _, rank in points} <= {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲，乙；丙、丁。戊", "甲，2乙；1丙、3丁。0戊"),
        ("共1,000.5元，好", "共1,000.5元，2好"),
        ("见http://a.b/c,d;e，好", "见http://a.b/c,d;e，2好"),
        ("he left，ok go", "he 3left，2ok 3go"),
        ("他说：“好，”走", "他说：2“好，”2走"),
        ("上午9:30，到——了", "上午9:30，2到——2了"),
        ("（甲；乙）丙", "（甲；1乙）丙"),
        ("A,B", "A,2B"),
        ("无标点", "无标点"),
    ],
)
def test_cut_points(text: str, expected: str) -> None:
    ranks = dict(cut_points(text))
    assert "".join(f"{ranks.get(i, '')}{char}" for i, char in enumerate(text)) == expected


def test_an_overlong_sentence_is_cut_at_its_best_mark() -> None:
    text = "字" * 30 + "，" + "字" * 20 + "；" + "字" * 20 + "，" + "字" * 50
    pieces = [text[a:b] for a, b in split(text, max_length=80)]
    assert pieces == [text[:52], text[52:]]
    assert [b - a for a, b in split("字" * 250, max_length=100)] == [100, 100, 50]


@pytest.mark.parametrize(
    "unit",
    ["（", "《", "“", "”", '"', "。", "…", "！？", ".", "a. ", " ", "\n", "“好！", "（（a）", "1. ", "http://", "字"],
)
def test_adversarial_text_tiles(unit: str) -> None:
    text = unit * 20_000
    assert sum(b - a for a, b in split(text)) == len(text)


def test_a_long_run_of_digits_takes_no_longer_than_letters() -> None:
    # Quadratic once: half an hour for this one.
    text = "共" + "1" * 500_000 + "。完"
    assert split(text, max_length=len(text)) == [(0, 500_002), (500_002, 500_003)]
    assert cut_points(text) == [(500_002, 0)]
