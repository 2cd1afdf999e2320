"""Segmenting: the seed article, nothing lost, and nothing that depends on how a line came in."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translate.errors import UsageError
from translate.text import segment as segmenter
from translate.text.normalize import Normalized, NormalizeOptions, normalize
from translate.text.profile import Profile, profile
from translate.text.records import Paragraph, Sentence
from translate.text.segment import SegmentOptions, segment, segment_text
from translate.text.split import Quotes

SEED = Path(__file__).parents[3] / "examples" / "hainan.txt"


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
        "腾讯Q3财报",
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


def test_blank_lines_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def spy(raw: str, options: NormalizeOptions, profile: Profile) -> Normalized:
        seen.append(raw)
        return normalize(raw, options, profile)

    monkeypatch.setattr("translate.text.segment.normalize", spy)
    options = SegmentOptions(NormalizeOptions(boilerplate=True))
    assert [(s.paragraph, s.text) for s in segment_text("一。" + "\n \n\u3000\n" * 50 + "二。", options)] == [
        (0, "一。"),
        (150, "二。"),
    ]
    assert seen == ["一。", "二。"]


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


INDEPENDENT = {
    "verse in halves": [
        "两个黄鹂鸣翠柳　一行白鹭上青天",
        "窗含西岭千秋雪　门泊东吴万里船",
        "迟日江山丽如画　春风花草香满园",
        "泥融飞燕子啼春　沙暖睡鸳鸯成双",
        "江碧鸟逾白如雪　山青花欲燃似火",
        "今春看又过一年　何日是归年月中",
    ],
    "verse in lines": ["两个黄鹂鸣翠柳，一行白鹭上青天", "窗含西岭千秋雪，门泊东吴万里船"] * 3,
    "table": [
        f"{name}省　2023年　人口{people}万　面积{area}万平方公里"
        for name, people, area in zip(
            ["广东", "浙江", "江苏", "山东", "河南", "四川", "湖北"], range(1270, 1277), range(11, 18), strict=True
        )
    ],
    "table with tabs": [f"{name}\t2023年\t人口很多，面积很大，气候很好" for name in "甲乙丙丁戊己庚"],
    "log": [f"2024-11-18 10:23:{n:02} INFO request done, no error, id={n:04}" for n in range(12)],
    "headlines": [
        "海南省与腾讯公司签署深化战略合作协议",
        "全国粮食总产量连续九年稳定在万亿斤上",
        "我国成功发射遥感四十三号卫星零二组星",
        "北京市发布暴雨黄色预警信号请注意防范",
        "国产大飞机迎来首批国际航线订单交付中",
        "上海自贸区推出二十条措施扩大对外开放",
        "长江流域进入主汛期多地水位超过警戒线",
    ],
    "headlines with commas and a note": [
        "海南与腾讯签署协议，推动数字经济更上台阶",
        "全国粮食再获丰收，总产量稳定在万亿斤以上",
        "卫星发射取得成功，将用于国土普查防灾减灾",
        "北京发布暴雨预警，提醒市民减少出行和聚集",
        "国产飞机迎来订单，首批航线将于明年初开通",
        "上海推出二十条措施，自贸区进一步扩大开放",
        "长江进入主汛期，多地水位超过警戒线引关注",
        "详见第二版。",
    ],
    "lyrics": [
        "我曾经跨过山和大海也穿过人山人海走着",
        "我曾经拥有着的一切转眼都飘散如烟云雾",
        "曾经失落失望失掉所有方向直到看见平凡",
        "当你仍然还在幻想你的明天会好吗还是烂",
        "对我而言是另一天风吹过的路依然很遥远",
        "你的故事讲到了哪里我还在路上慢慢地走",
        "向前走就这么走就算你被给过什么也别停",
        "时间无言如此这般明天已在眼前等着我们",
    ],
    "chat": [
        "小明：你今天去不去图书馆，我想借一本书",
        "小红：我下午才有空，要不我们三点钟见吧",
        "小明：三点可以，就在东门那棵大树下面等",
        "小红：好的没问题，记得把上次的笔记带来",
        "小明：笔记在我这里，放心吧我不会忘记的",
        "小红：那就说定了，不见不散咱们下午再聊",
        "小明：好。",
    ],
    "chat without names": [
        "你今天去不去图书馆，我想借一本鸟类的书",
        "我下午才有空啊，要不我们三点钟在那里见",
        "三点可以的吧，就在东门那棵大树下面等你",
        "好的没问题，记得把上次的课堂笔记带过来",
        "笔记在我这里呢，放心吧我绝对不会忘记的",
        "那就说定了，不见不散咱们下午见面再细聊",
        "嗯嗯",
    ],
    "items": [f"{n}. 第{n}项工作已经完成，结果符合预期目标要求" for n in range(1, 8)] + ["完。"],
}


@pytest.mark.parametrize("lines", INDEPENDENT.values(), ids=INDEPENDENT)
def test_lines_of_one_length_that_stand_alone_are_not_joined(lines: list[str]) -> None:
    sentences = segment_text("\n".join(lines))
    assert all("\n" not in sentence.raw for sentence in sentences)
    assert sorted({s.paragraph for s in sentences}) == list(range(len(lines)))


def test_a_table_or_a_list_in_wrapped_prose_is_not_joined() -> None:
    rows = ["广东省　人口一千二百七十万　面积十七万平方公里土地", "浙江省　人口六千五百七十万　面积十万平方公里的土地"]
    items = ["一、推动数字经济与实体产业的深度融合发展和合作共赢", "二、支持企业在海南设立区域总部和研发中心与数据中心"]
    document = WRAPPED * 3 + "\n".join(rows + items)
    texts = texts_of(document)
    assert sum("中国唯一的热带" in text for text in texts) == 3
    raws = [sentence.raw for sentence in segment_text(document)]
    assert not [raw for raw in raws if "\n" in raw and ("广东" in raw or "一、推" in raw)]


def test_lines_are_joined_where_it_is_told_that_they_were_cut() -> None:
    # Three lines are too few to be seen for what they are.
    document = (
        "第一章\n随着信息技术的迅速发展，机器翻译已经成为自然语言处理领域\n的重要研究方向之一。本章首先介绍研究背景，"
        "然后说明本文的\n主要工作和组织结构。\n第二章\n近年来，神经网络方法取得了进展。\n"
    )
    options = SegmentOptions(hard_wrap="on")
    assert len(texts_of(document)) == 7
    sentences = segment_text(document, options)
    assert_nothing_lost(document, sentences)
    assert_well_formed(sentences)
    assert [sentence.text for sentence in sentences] == [
        "第一章",
        "随着信息技术的迅速发展，机器翻译已经成为自然语言处理领域的重要研究方向之一。",
        "本章首先介绍研究背景，然后说明本文的主要工作和组织结构。",
        "第二章",
        "近年来，神经网络方法取得了进展。",
    ]
    spread = document.replace("\n", "\n\n")
    again = segment_text(spread, options)
    assert_nothing_lost(spread, again)
    assert [sentence.text for sentence in again] == [sentence.text for sentence in sentences]
    assert options.signature == "norm:4|split:4+wrap"
    assert texts_of("只有一行\n", options) == ["只有一行"]
    assert texts_of("", options) == []


def test_options_and_signature() -> None:
    assert SegmentOptions().signature == "norm:4|split:4"
    options = SegmentOptions(NormalizeOptions(script="t2s"), quotes="keep", hard_wrap="off", max_length=500)
    assert options.signature == "norm:4+t2s|split:4+keep-nowrap+max500"
    text = "他说：“今天很冷。明天更冷。”我没有出门。"
    assert texts_of(text) == ["他说：“今天很冷。", "明天更冷。”", "我没有出门。"]
    assert texts_of(text, SegmentOptions(quotes="keep")) == ["他说：“今天很冷。明天更冷。”", "我没有出门。"]
    with pytest.raises(UsageError, match="quotes"):
        SegmentOptions(quotes="both")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="hard_wrap"):
        SegmentOptions(hard_wrap="yes")  # type: ignore[arg-type]
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


ORDINARY = st.lists(
    st.sampled_from(
        [
            *'。？！“”「」（）()《》…也1" \u3000\x0c\n\n\u200b?@#',
            *("中文", "也说道", "几乎", "我们，", "他说：", "字" * 110, "  ", "a. ", "3.5", "Word ", "也。", "曰："),
            *("之乎者也。", "<b>", "あい", "&amp;", "**"),
        ]
    ),
    max_size=40,
).map("".join)
SEGMENTED = st.lists(
    st.sampled_from(
        [
            *"也，说：。？“”（）()9:%5\n\n\xa0\u3000的\u200b𠀀",
            *("中文", "我们", "Word", "3.5", "30", ""),
        ]
    ),
    max_size=40,
)
HEAD = "大家 都 说 好 书 是 一 位 老师 ， 而 实践 更 是 难得 的 老师 。".split()  # noqa: SIM905 - as it is read


def slowly(text: str, options: SegmentOptions) -> list[Sentence]:
    """What comes out where no line is taken for one in which there is nothing to look at."""
    with patch.object(segmenter._Segmenter, "_quickly", return_value=None):
        return segment_text(text, options)


@given(
    ORDINARY, st.sampled_from(["break", "keep"]), st.sampled_from([2000, 20]), st.sampled_from(["auto", "on", "off"])
)
@settings(max_examples=500, deadline=None)
def test_a_line_with_nothing_to_repair_is_cut_as_others_are(
    text: str, quotes: Quotes, max_length: int, spacing: Literal["auto", "on", "off"]
) -> None:
    options = SegmentOptions(NormalizeOptions(spacing=spacing), quotes=quotes, max_length=max_length, variety=True)
    assert segment_text(text, options) == slowly(text, options)


@given(SEGMENTED, st.sampled_from([" ", "  ", "\u3000", "\xa0", "\t", "/ "]))
@settings(max_examples=500, deadline=None)
def test_a_line_of_words_with_nothing_to_repair_is_cut_as_others_are(words: list[str], separator: str) -> None:
    text = separator.join([*HEAD * 3, "\n", *words])
    assert segment_text(text) == slowly(text, SegmentOptions())


@given(ANYTHING, st.lists(st.integers(0, 1000), max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_line_in_any_pieces(text: str, cuts: list[int]) -> None:
    line = text.replace("\n", " ").replace("\r", " ")
    assert list(segment(in_pieces(line, cuts))) == segment_text(line)


CLAUSES = [
    "大家好",
    "欢迎来到我的频道",
    "今天我们来做一道菜",
    "首先准备两个鸡蛋",
    "然后放一点盐",
    "大概三分钟就可以出锅了",
]


def test_blanks_part_the_clauses_of_a_text_without_marks() -> None:
    text = " ".join(CLAUSES * 10)
    rows = segment_text(text)
    assert [row.text for row in rows] == CLAUSES * 10
    assert all(text[row.start : row.end] == row.raw for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        "　".join(["春眠不觉晓", "处处闻啼鸟"]) + "\n" + "　".join(["夜来风雨声", "花落知多少"]),
        " ".join(["张三", "李四", "王五"] * 30),
        "他说 今天的天气很好，我们一起去公园里散步吧。" * 10,
    ],
)
def test_other_blanks_of_text_end_nothing(text: str) -> None:
    assert not profile(text).unmarked


@given(st.lists(st.sampled_from([*CLAUSES, "然后", "所以", "的", "了", "字"]), min_size=30, max_size=200))
def test_text_without_any_mark_is_cut_and_flagged(words: list[str]) -> None:
    text = "".join(words)
    rows = segment_text(text)
    assert "".join(row.raw for row in rows) == text
    assert all(len(row.text) <= 200 for row in rows)
    assert all(row.flags == (("unmarked",) if len(text) > 200 else ()) for row in rows)


def test_long_text_with_marks_or_without_ideographs_is_not_flagged() -> None:
    clause = "今天我们来做一道菜然后放一点盐，"
    assert [row.flags for row in segment_text(clause * 20 + "完了。")] == [()]
    assert [row.flags for row in segment_text("ab1" * 200)] == [()]


WRAPPED_SHORT = """\
随着信息技术的迅速发展，机器翻译已经成为自然语言处理领域
的重要研究方向之一。本章首先介绍研究背景，然后说明本文的主
要工作和组织结构。
"""


def test_a_short_wrapped_text_is_joined() -> None:
    rows = [row.text for row in segment_text(WRAPPED_SHORT)]
    assert rows == [
        "随着信息技术的迅速发展，机器翻译已经成为自然语言处理领域的重要研究方向之一。",
        "本章首先介绍研究背景，然后说明本文的主要工作和组织结构。",
    ]


def test_three_lines_of_their_own_are_not_joined() -> None:
    text = "他昨天去了北京\n她今天去了上海\n我们明天去广州。"
    assert len(segment_text(text)) == 3


PROSE = (
    "海南省地处中国最南端，是中国的经济特区，陆地面积三万五千平方公里，海域面积约二百万平方公里。气候温和湿润，四季常青，"
    "是著名的旅游胜地。近年来，当地大力发展互联网产业，吸引了大批企业入驻，推动数字经济快速发展，取得了丰硕的成果。"
)


def test_wrapped_lines_with_a_blank_line_after_each_are_joined() -> None:
    lines = [PROSE[at : at + 20] for at in range(0, len(PROSE), 20)]
    assert [row.text for row in segment_text("\n\n".join(lines))] == [row.text for row in segment_text(PROSE)]


PAGES = [
    [],
    ["12"],
    ["", "- 12 -", "某大学学报", ""],
    ["\f"],
    ["第 3 页 共 20 页"],
    ["某大学学报  第12期"],
    ["", "\f某大学学报", ""],
]


@pytest.mark.parametrize("between", PAGES)
def test_page_numbers_and_running_heads_part_no_sentence(between: list[str]) -> None:
    text = PROSE * 6
    lines = [text[at : at + 28] for at in range(0, len(text), 28)]
    pages = [lines[at : at + 7] for at in range(0, len(lines), 7)]
    document = "\n".join("\n".join([*page, *between]) for page in pages[:-1]) + "\n" + "\n".join(pages[-1]) + "\n"
    rows = segment_text(document)
    assert_nothing_lost(document, rows)
    assert [row.text for row in rows] == [row.text for row in segment_text(text)]
    has_text = any(part.strip() for part in between)
    assert any("page_break" in row.flags for row in rows) == has_text


def test_what_is_no_page_break_stays_a_row_of_its_own() -> None:
    lines = [PROSE[at : at + 28] for at in range(0, len(PROSE), 28)]
    document = "\n".join([*lines[:2], "图3 结构示意图", "", *lines[2:], "12", "第二章　结论", *lines])
    rows = [row.text for row in segment_text(document)]
    assert "图3 结构示意图" in rows
    assert "第二章 结论" in rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("马克·克里斯来了。\n你认识马克?克里斯认识他。", "你认识马克·克里斯认识他。"),
        ("记者问起吉姆?阿科斯塔的事。\n他听说吉姆?阿科斯塔走了。", "他听说吉姆·阿科斯塔走了。"),
        ("你认识马克?克里斯认识他。", "克里斯认识他。"),
        ("唐纳德?特朗普来了。\n昨天吉姆?阿科斯塔走了。", "昨天吉姆·阿科斯塔走了。"),
        ("昨天吉姆?阿科斯塔走了。", "阿科斯塔走了。"),
    ],
)
def test_other_names_of_the_document_decide_what_a_question_mark_was(text: str, expected: str) -> None:
    assert texts_of(text)[-1] == expected


@pytest.mark.parametrize("text", ["我å«林å°雨。", "她没有说è¯。", "她没有说è¯"])
def test_what_is_left_of_bytes_between_ideographs_is_flagged(text: str) -> None:
    assert "mojibake" in segment_text(text)[0].flags


def test_accents_of_latin_words_beside_ideographs_are_not() -> None:
    assert segment_text("在café喝的crème很好，é是字母。")[0].flags == ()


LONG = (
    "公司在2023年推出了GPT-4o等三个新模型，价格从每百万词3.5美元降到1.2美元，API的用户因此增加了45%。"
    "“这可真是……传奇啊！”他说：“没……没什么。”大家都笑了起来——谁也没有想到，事情会变成这样；"
    "后来发生的一切，COVID-19也好，SARS也好，都已经写进了教科书：一本三百页的厚书。"
)


@pytest.mark.parametrize("width", [18, 20, 27, 30, 33, 38])
def test_lines_may_be_cut_after_so_many_characters(width):
    paragraphs = [LONG + "他走了。" * n for n in range(1, 9)]
    expected = [row.text for row in segment_text("\n".join(paragraphs))]
    lines = [f"　　{text}"[at : at + width] for text in paragraphs for at in range(0, len(text) + 2, width)]
    rows = segment_text("\n".join(lines))
    # Whether a Latin word was cut, or two were parted, nothing tells.
    assert [row.text.replace(" ", "") for row in rows] == expected
    assert all("2023年" in row.text for row in rows if row.text.startswith("公司"))


def test_a_single_paragraph_may_be_cut_at_a_width():
    text = "他从北京来到上海，在这里住了整整十年，后来又去了广州和深圳，认识了很多朋友。" * 5
    lines = [text[at : at + 21] for at in range(0, len(text), 21)]
    assert [row.text for row in segment_text("\n".join(lines))] == [row.text for row in segment_text(text)]
