"""Segmenting: the seed article, nothing lost, and nothing that depends on how a line came in."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translate.errors import UsageError
from translate.normalize import NormalizeOptions
from translate.records import Paragraph, Sentence
from translate.segment import SegmentOptions, segment, segment_text

SEED = Path(__file__).parents[2] / "examples" / "hainan.txt"


def assert_nothing_lost(text: str, sentences: list[Sentence]) -> None:
    """Every non-blank character lies in exactly one sentence; each is the document's slice, trimmed."""
    at = 0
    for sentence in sentences:
        assert sentence.start >= at
        assert not text[at : sentence.start].strip()
        assert sentence.raw == text[sentence.start : sentence.end]
        assert sentence.raw
        assert sentence.raw == sentence.raw.strip()
        at = sentence.end
    assert not text[at:].strip()


def assert_well_formed(sentences: list[Sentence]) -> None:
    for sentence in sentences:
        assert not set(sentence.text) & set("\n\r\t\x0b\x0c\x00\u2028\u2029\x85")
        assert sentence.text == sentence.text.strip()
        assert bool(sentence.text) != ("empty_source" in sentence.flags)
        assert list(sentence.flags) == sorted(set(sentence.flags))
    by_line: dict[int, list[int]] = {}
    for sentence in sentences:
        by_line.setdefault(sentence.paragraph, []).append(sentence.index)
    assert all(indices == list(range(len(indices))) for indices in by_line.values())


def test_seed_article() -> None:
    document = SEED.read_text(encoding="utf-8")
    sentences = segment_text(document)
    texts = [sentence.text for sentence in sentences]
    assert_nothing_lost(document, sentences)
    assert_well_formed(sentences)
    joined = "\n".join(texts)
    for piece in (
        "11月18日",
        "腾讯公司与海南省政府签署了",
        "手机QQ、新闻客户端",
        "（TPT）",
        "6.5亿",
        "“互联网+”",
        "龙头园区——海南生态软件园",
        "马化腾(微博)，",
        "腾讯Q3 财报",
    ):
        assert piece in joined
    assert "授人以渔" in texts
    assert "合作建设“互联网+”生态村" in texts
    assert all(text.count("。") <= 1 for text in texts)
    assert all(text.count("“") == text.count("”") for text in texts)
    assert len(texts) == 38


def texts_of(text: str, options: SegmentOptions | None = None) -> list[str]:
    return [sentence.text for sentence in segment_text(text, options or SegmentOptions())]


def test_lines_are_paragraphs() -> None:
    sentences = segment_text("一。二。\r\n\r\n三。\r四\n五\u2028六\f七")
    assert [(s.paragraph, s.index, s.text) for s in sentences] == [
        (0, 0, "一。"),
        (0, 1, "二。"),
        (2, 0, "三。"),
        (3, 0, "四"),
        (4, 0, "五"),
        (4, 1, "六"),
        (4, 2, "七"),
    ]
    assert sentences[2].start == 8


@pytest.mark.parametrize("text", ["", " \n\t\n\u3000", "\n\n"])
def test_blank_text_has_no_sentence(text: str) -> None:
    assert segment_text(text) == []


def test_characters_that_become_nothing_stay_with_a_neighbour() -> None:
    text = "\u200b你好。\u200b\u200b我走了。\ufeff"
    first, second = segment_text(text)
    assert (first.raw, first.text) == ("\u200b你好。\u200b\u200b", "你好。")
    assert (second.raw, second.text) == ("我走了。\ufeff", "我走了。")


def test_a_line_with_nothing_readable_is_an_empty_sentence() -> None:
    (sentence,) = segment_text(" \u200b\x00 ")
    assert (sentence.raw, sentence.text, sentence.flags) == ("\u200b\x00", "", ("control", "empty_source"))


def test_flags_stand_at_their_sentence() -> None:
    first, second, third = segment_text("好。坏\ufffd了。也\ue000好。")
    assert first.flags == ()
    assert second.flags == ("replacement",)
    assert third.flags == ("private_use",)


def test_blanks_inside_a_sentence_are_single() -> None:
    assert texts_of("他说，\t  我走了 Q3\u00a0财报") == ["他说， 我走了 Q3 财报"]
    assert texts_of("张\u3000三来了") == ["张 三来了"]


def test_an_entity_can_hold_a_line_end() -> None:
    assert texts_of("他走了&#10;我留下") == ["他走了", "我留下"]


WRAPPED = (
    "　　海南省地处中国最南端，是中国的经济特区，也是中国\n"
    "唯一的热带海洋岛屿省份，陆地面积三万五千四百平方公\n"
    "里，海域面积约二百万平方公里，人口九百多万，气候温\n"
    "和湿润，四季常青，是著名的旅游胜地。\n"
    "\n"
    "　　近年来，海南省大力发展互联网产业，吸引了大批企业\n"
    "入驻，腾讯公司先后与海南省签署了多项战略合作协议，推\n"
    "动当地数字经济的快速发展，取得了丰硕的成果。\n"
)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_hard_wrapped_lines_are_one(end: str) -> None:
    document = WRAPPED.replace("\n", end)
    sentences = segment_text(document)
    assert_nothing_lost(document, sentences)
    assert_well_formed(sentences)
    assert [s.paragraph for s in sentences] == [0, 5]
    assert "中国唯一的热带" in sentences[0].text
    assert end in sentences[0].raw
    assert len(segment_text(document, SegmentOptions(hard_wrap="off"))) == 7


@pytest.mark.parametrize(
    "lines",
    [
        ["床前明月光", "疑是地上霜", "举头望明月", "低头思故乡"] * 3,
        ["你在干嘛", "哈哈哈哈 笑死我了", "好的", "明天见"] * 3,
        ["春眠不觉晓，处处闻啼鸟。", "夜来风雨声，花落知多少。"] * 4,
        ["- 你去哪儿？", "- 回家", "♪ 月亮代表我的心 ♪", "[叹气]"] * 3,
        ["第一章　总则", "第二章　细则", "附　则"],
    ],
)
def test_verse_subtitles_and_chat_come_through_line_by_line(lines: list[str]) -> None:
    sentences = segment_text("\n".join(lines))
    assert sorted({s.paragraph for s in sentences}) == list(range(len(lines)))
    # A line of verse may hold two sentences, none is joined with another.
    assert len(sentences) <= len(lines) + sum(line.count("。") - 1 for line in lines if "。" in line)


def test_options_and_signature() -> None:
    assert SegmentOptions().signature == "norm:1|split:1"
    options = SegmentOptions(NormalizeOptions(script="t2s"), quotes="keep", hard_wrap="off", max_length=500)
    assert options.signature == "norm:1+t2s|split:1+keep-nowrap+max500"
    text = "他说：“今天很冷。明天更冷。”我没有出门。"
    assert texts_of(text) == ["他说：“今天很冷。", "明天更冷。”", "我没有出门。"]
    assert texts_of(text, SegmentOptions(quotes="keep")) == ["他说：“今天很冷。明天更冷。”", "我没有出门。"]
    with pytest.raises(UsageError, match="quotes"):
        SegmentOptions(quotes="both")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="hard_wrap"):
        SegmentOptions(hard_wrap="on")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="max_length"):
        SegmentOptions(max_length=0)


# --- lines in pieces


def in_pieces(text: str, cuts: list[int], index: int = 0, start: int = 0) -> Iterator[Paragraph]:
    edges = [0, *sorted({cut % (len(text) + 1) for cut in cuts}), len(text)]
    for a, b in pairwise(edges):
        yield Paragraph("text", index, text[a:b], start + a, final=False)
    yield Paragraph("text", index, "", start + len(text), final=True)


UNITS = [
    "他走了。",
    "他说：“好。”",
    "“",
    "（",
    '"',
    "，",
    "……",
    " ",
    "&# 8212 ; ",
    "\u200b",
    "字" * 300,
    "a. ",
    "腾讯 公司 ",
    "\ufffd",
    "3.5",
    "　",
    "Ã¤",
]


@given(st.integers(0, 10_000), st.lists(st.integers(0, 1 << 20), max_size=12))
@settings(max_examples=8, deadline=None)
def test_pieces_do_not_matter(seed: int, cuts: list[int]) -> None:
    # Longer than two windows, so that lines are decided piecemeal.
    chosen = random.Random(seed)
    units = chosen.sample(UNITS, 6)
    text = "".join(chosen.choice(units) for _ in range(150_000 // (1 + sum(map(len, units)) // 6)))
    whole = segment_text(text)
    assert_nothing_lost(text, whole)
    assert_well_formed(whole)
    assert list(segment(in_pieces(text, cuts))) == whole


def test_single_characters_as_pieces() -> None:
    text = "他说：“我走了。”我留下了。" * 50
    assert list(segment(in_pieces(text, list(range(len(text)))))) == segment_text(text)


def test_windows_leave_no_trace_in_ordinary_text() -> None:
    text = "他走了，我留下。" * 40_000
    assert [s.text for s in segment_text(text)] == ["他走了，我留下。"] * 40_000


@pytest.mark.parametrize(
    "unit", [" ", "\u200b", "字", "（", "“", '"', "。", "…", "&", "&amp;", "Ã", "锛", "\u3000", "a b", "1. "]
)
def test_endless_lines_of_one_kind(unit: str) -> None:
    text = "开始。" + unit * (150_000 // len(unit)) + "结束。"
    sentences = segment_text(text)
    assert_nothing_lost(text, sentences)
    assert_well_formed(sentences)


def test_memory_does_not_grow_with_the_line() -> None:
    piece = "他说：“我走了。”然后大家都笑了，没有人留下。" * 2000

    def line(n_pieces: int) -> Iterator[Paragraph]:
        for i in range(n_pieces):
            yield Paragraph("d", 0, piece, i * len(piece), final=i == n_pieces - 1)

    def peak(n_pieces: int) -> int:
        tracemalloc.start()
        try:
            assert sum(1 for _ in segment(line(n_pieces))) == n_pieces * 4000
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(9) < 1.3 * peak(5)


def test_a_document_is_read_ahead_only_so_far() -> None:
    n_read = 0

    def endless() -> Iterator[Paragraph]:
        nonlocal n_read
        while True:
            yield Paragraph("d", n_read, "他走了。" * 100, n_read * 401)
            n_read += 1

    next(segment(endless()))
    assert n_read < 400


# --- any text


ANYTHING = st.text() | st.text(
    st.sampled_from(
        '中文的。！？，“”「」"（）《》…. &#;amp8212\u200b\ufeff\x00\ue000\ufffdÃ¤Â¸\xad\x80\xa0锛銆的?\n\r\t\u3000'
        "\u2028\x1f Aa1"
    )
)


@given(ANYTHING, st.sampled_from(["break", "keep"]))
@settings(max_examples=500, deadline=None)
def test_any_text_is_segmented_without_loss(text: str, quotes: str) -> None:
    options = SegmentOptions(quotes="keep" if quotes == "keep" else "break")
    sentences = segment_text(text, options)
    assert_nothing_lost(text, sentences)
    assert_well_formed(sentences)


@given(ANYTHING, st.lists(st.integers(0, 1000), max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_line_in_any_pieces(text: str, cuts: list[int]) -> None:
    line = text.replace("\n", " ").replace("\r", " ")
    assert list(segment(in_pieces(line, cuts))) == segment_text(line)
