"""Normalising: each repair, what it leaves alone, and that every character finds its way back."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translate.errors import UsageError
from translate.text.normalize import (
    Normalized,
    NormalizeOptions,
    Profile,
    _converter,
    boilerplate_patterns,
    normalize,
    profile,
)
from translate.text.profile import continues
from translate.text.segment import segment_text

PLAIN_PROFILE = Profile()
SEGMENTED = Profile(separator=" ")


def run(raw: str, shape: Profile = PLAIN_PROFILE, **options: Any) -> Normalized:
    return normalize(raw, NormalizeOptions(**options), shape)


def sources(raw: str, found: Normalized) -> list[tuple[str, str]]:
    """Each character of the result with the raw slice that it stands for."""
    pairs = zip(found.text, found.starts, found.ends, strict=True)
    return [(char, raw[start:end]) for char, start, end in pairs]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("他说&quot;好&quot;", '他说"好"'),
        ("他说&quot ;好& quot ;", '他说"好"'),
        ("园区&# 8212 ;&# 8212 ;海南", "园区——海南"),
        ("a & lt ; b & gt ; c", "a < b > c"),
        ("&#x4E2D;&#X6587;&#25991;", "中文文"),
        ("&#x 4E2D ;", "中"),
        ("甲&amp;乙", "甲&乙"),
        ("甲&amp;amp;乙", "甲&乙"),
        ("甲&amp;amp;amp;乙", "甲&乙"),
        ("甲&amp;quot;乙", '甲"乙'),
        ("甲&amp;#8212;乙", "甲—乙"),
        ("甲&nbsp;乙", "甲\xa0乙"),
        ("甲&hellip;&ldquo;乙&rdquo;", "甲…“乙”"),
        ("甲&lt；乙", "甲<乙"),
        ("甲＆lt;乙", "甲<乙"),
        ("&#150;", "–"),
        ("&#8203;中", "中"),
        ("AT&T", "AT&T"),
        ("?a=1&b=2", "?a=1&b=2"),
        ("?a=1&lt=2&copy=3", "?a=1&lt=2&copy=3"),
        ("R&D; 研发", "R&D; 研发"),
        ("A & B ; C", "A & B ; C"),
        ("&", "&"),
        ("&;", "&;"),
        ("& ;", "& ;"),
        ("&nosuchname;", "&nosuchname;"),
        ("&#0;&#xD800;&#99999999;", "&#0;&#xD800;&#99999999;"),
        ("&Auml;rzte", "Ärzte"),
    ],
)
def test_entities(raw: str, expected: str) -> None:
    assert run(raw).text == expected


def test_entities_can_be_left() -> None:
    assert run("&quot;", entities=False).text == "&quot;"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("中\u200b国", "中国"),
        ("\ufeff中国", "中国"),
        ("手\u00ad机", "手机"),
        ("中\u200e国\u202a人\u202c", "中国人"),
        ("中\ufe0f心", "中心"),
        ("中\u200d心", "中心"),
        ("👨\u200d心", "👨心"),
        ("葛\U000e0100城", "葛城"),
        ("中\u2060国\u180e", "中国"),
        ("中\u3164国", "中国"),
    ],
)
def test_invisible_characters_go_without_a_flag(raw: str, expected: str) -> None:
    found = run(raw)
    assert found.text == expected
    assert not found.flags


@pytest.mark.parametrize(
    "raw",
    [
        "一家👨\u200d👩\u200d👧三口",
        "❤\ufe0f心",
        "❤\ufe0f\u200d🔥",
        "👩🏽\u200d⚕\ufe0f医生",
        "🏳\ufe0f\u200d🌈",
        "第1\ufe0f\u20e3步",
    ],
)
def test_what_joins_emoji_stays(raw: str) -> None:
    assert run(raw) == Normalized(raw)


@pytest.mark.parametrize(
    ("char", "flag"),
    [
        ("\x00", "control"),
        ("\x07", "control"),
        ("\x1b", "control"),
        ("\x7f", "control"),
        ("\x9d", "control"),
        ("\ud800", "control"),
        ("\uffff", "control"),
        ("\ue000", "private_use"),
        ("\U0010ffff", "private_use"),
        ("\ufffd", "replacement"),
    ],
)
def test_damage_goes_with_a_flag_at_its_place(char: str, flag: str) -> None:
    found = run(f"中国{char}人")
    assert found.text == "中国人"
    assert found.marks == ((2, flag),)
    assert found.counts == {"invisibles": 1}
    assert run(f"中国{char}人", invisibles=False).text == f"中国{char}人"


def misread(text: str, wrong: str, right: str = "utf-8") -> str:
    return text.encode(right).decode(wrong, "replace")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (misread("中文很好，我们。", "latin-1"), "中文很好，我们。"),
        (misread("‘中文’", "cp1252"), "‘中文’"),
        (misread(misread("“中文”", "latin-1"), "latin-1"), "“中文”"),
        (misread(misread("中文", "cp1252"), "latin-1"), "中文"),
        ("他说â€œ好â€\x9d", "他说“好”"),
        ("CafÃ© 25Â°C", "Café 25°C"),
        ("约翰Â·史密斯", "约翰·史密斯"),
        (misread("中文很好，大家一起去学习", "gb18030"), "中文很好，大家一起去学习"),
        ("奥黛丽?赫本", "奥黛丽·赫本"),
        ("约翰?史密斯说", "约翰·史密斯说"),
    ],
)
def test_mojibake_is_repaired_where_certain(raw: str, expected: str) -> None:
    found = run(raw)
    assert found.text == expected
    assert found.counts["mojibake"] >= 1
    assert run(raw, mojibake=False, invisibles=False).text == raw


@pytest.mark.parametrize(
    "raw",
    [
        "奥黛丽?赫本",
        "《罗马假日》由奥黛丽?赫本主演",
        "他来了。约翰?史密斯说",
        "美国总统唐纳德?特朗普表示",
    ],
)
def test_a_lost_dot_of_a_name_is_repaired_and_flagged(raw: str) -> None:
    found = run(raw)
    assert found.text == raw.replace("?", "·")
    assert found.marks == ((raw.index("?"), "mojibake"),)


@pytest.mark.parametrize(
    "raw",
    [
        "你认识马克?克里斯认识他。",
        "他去了巴西?马克没去。",
        "那个人是约翰?史密斯不知道。",
        "你知道导演马克?克里斯知道他。",
    ],
)
def test_a_question_between_names_is_left_and_flagged(raw: str) -> None:
    found = run(raw)
    assert found.text == raw
    assert found.marks == ((raw.index("?"), "mojibake"),)
    assert not run(raw, mojibake=False).marks


@pytest.mark.parametrize("raw", ["锟斤拷", "烫烫烫烫", "锛屾", "ä\x80字", "涓枃銆�"])
def test_mojibake_is_flagged_where_not(raw: str) -> None:
    assert run(raw).flags & {"mojibake", "replacement"}


def latin(text: str) -> str:
    return text.encode("gb2312").decode("latin-1")


@pytest.mark.parametrize(
    "text",
    ["“你好，我叫林小雨。”她微笑着说道，", "第一章　初遇", "他们说Q3财报，是真的", "中文", "这是一份关于经济的报告"],
)
def test_gb2312_read_as_latin_1_is_repaired(text: str) -> None:
    found = run(latin(text))
    assert found.text == text
    assert found.counts["mojibake"] == sum(not char.isascii() for char in text)


@pytest.mark.parametrize("raw", ["ÕÂ¡¡", "Q3²Æ±¨", "我å«林å\ufffd。", "没有说è¯\ufffd。"])
def test_what_is_left_of_mojibake_is_flagged_and_not_made_worse(raw: str) -> None:
    found = run(raw)
    assert found.text == raw.replace("\ufffd", "")
    assert "mojibake" in found.flags


def test_the_middle_of_gb2312_read_as_latin_1_is_not_taken_for_utf_8() -> None:
    assert run(latin("的的的")).text == "µÄµÄµÄ"


def test_what_is_left_beside_a_repair_is_flagged() -> None:
    found = run("æˆ‘å«æž—。")
    assert found.text == "我å«林。"
    assert found.flags == {"mojibake"}


@given(st.text("中文的一是在，。a1 \n", max_size=30))
@settings(max_examples=100, deadline=None)
def test_gb2312_read_as_latin_1_is_repaired_or_left(text: str) -> None:
    found = run(latin(text))
    assert "".join(char if char <= "\xff" else latin(char) for char in found.text) == latin(text)


@pytest.mark.parametrize(
    "raw", ["××××年", "¡¡¡¡Hola!!", "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙ", "É só isso: ação, coração, ÇÃO", "30°C±5·约翰·史"]
)
def test_natural_latin_1_stays_without_a_flag(raw: str) -> None:
    found = run(raw)
    assert (found.text, found.flags) == (raw, set())


def test_a_cut_character_of_mojibake_is_flagged_and_the_rest_repaired() -> None:
    found = run(misread("中文很好，我们的书。", "gb18030"))
    assert found.text.startswith("中文很好，我们的书")
    assert "replacement" in found.flags


@pytest.mark.parametrize(
    "raw",
    [
        "café“智慧海南”",
        "résumé…",
        "Ünïcödé naïve São Paulo",
        "涓涓细流",
        "京浜工業地帯",
        "温度25°C，面积±5%",
        "你好?我走了",
        "好吗?马克来了",
        "É»",
        "ÂRE",
    ],
)
def test_natural_text_is_no_mojibake(raw: str) -> None:
    assert run(raw) == Normalized(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("腾讯 公司 与 海南省政府 签署 了 协议 。", "腾讯公司与海南省政府签署了协议。"),
        ("11 月 18 日", "11月18日"),
        ("6.5 亿", "6.5亿"),
        ("900 多万 居民", "900多万居民"),
        ("“ 互联网 + ”", "“互联网+”"),
        ("马化腾 ( 微博 ) ， 陈宇", "马化腾(微博)，陈宇"),
        ("锦标赛 （ TPT ） 、 大赛", "锦标赛（TPT）、大赛"),
        ("手机 QQ 、 新闻 客户端", "手机QQ、新闻客户端"),
        ("腾讯 Q3 财报", "腾讯Q3财报"),
        ("使用 Windows 10 系统", "使用Windows 10系统"),
        ("COVID19 疫情", "COVID19疫情"),
        ("he said hello", "he said hello"),
        ("2015 2016 2017", "2015 2016 2017"),
        ("x = 3 + 5", "x = 3 + 5"),
        ("增长 5 % ， 达到", "增长5%，达到"),
        ("上午 9 : 30 开会", "上午9:30开会"),
        ("北京 - 上海", "北京-上海"),
        ("he said , ok .", "he said, ok."),
        ("— — 海南", "——海南"),
        ("授人以渔   合作 建设", "授人以渔   合作建设"),
        ("我\xa0们", "我们"),
        ("“ hello world ”", "“hello world”"),
        ("A 股 市场", "A股市场"),
        ("1,000.50 元", "1,000.50元"),
        ("2015-2016 年", "2015-2016年"),
    ],
)
def test_words_of_segmented_text_are_joined(raw: str, expected: str) -> None:
    found = run(raw, SEGMENTED)
    assert found.text == expected
    assert all(char == source for char, source in sources(raw, found))
    assert run(raw, SEGMENTED, spacing="off").text == raw
    assert run(raw, spacing="on").text == expected


@pytest.mark.parametrize(
    ("sample", "segmented"),
    [
        ("腾讯 公司 与 海南省政府 签署 了 协议 。", True),
        ("我 是 学生 ， 他 是 老师 。 你 呢 ？", True),
        ("他 走 了 我 也 走 了", True),
        ("我们现在有 4 个月大的老鼠，它们曾经得过该病。", False),
        ("出席的有：张三 李四 王五 赵六。", False),
        ("苹果 香蕉 西瓜 葡萄", False),
        ("张三 李四 王五", False),
        ("今天天气很好。\n主演：张三 李四\n导演：王五", False),
        ("Hello world, this is English.", False),
        ("", False),
        ("你好 我是小王 请多关照", False),
    ],
)
def test_segmentation_is_seen(sample: str, segmented: bool) -> None:
    assert bool(profile(sample).separator) is segmented


WRAPPED = """\
　　海南省地处中国最南端，是中国的经济特区，也是中国
唯一的热带海洋岛屿省份，陆地面积三万五千四百平方公
里，海域面积约二百万平方公里，人口九百多万，气候温
和湿润，四季常青，是著名的旅游胜地。
　　近年来，海南省大力发展互联网产业，吸引了大批企业
入驻，腾讯公司先后与海南省签署了多项战略合作协议，推
动当地数字经济的快速发展，取得了丰硕的成果。
"""


def test_hard_wrapping_is_seen_and_undone() -> None:
    shape = profile(WRAPPED)
    assert shape.wrap is not None
    lines = WRAPPED.splitlines()
    assert continues(lines[0], lines[1], shape)
    assert not continues(lines[3], lines[4], shape)
    raw = "\n".join(lines[:3])
    found = run(raw, shape)
    assert "\n" not in found.text
    assert "中国唯一的" in found.text
    assert found.counts == {"wrap": 2}
    assert run("深度学习 deep\nlearning 方法\n很好", shape).text == "深度学习 deep learning 方法很好"


@pytest.mark.parametrize(
    "sample",
    [
        "床前明月光\n疑是地上霜\n举头望明月\n低头思故乡\n" * 3,
        "春眠不觉晓，处处闻啼鸟。\n夜来风雨声，花落知多少。\n" * 5,
        "国破山河在城春草木深\n" * 20,
        "今天天气很好，我们一起去公园里散步，大家都很高兴。\n" * 10,
        "他走了。\n" * 10 + "这是一个很长的段落，" * 20 + "完了。\n",
        "",
    ],
)
def test_verse_lists_and_paragraphs_are_not_hard_wrapped(sample: str) -> None:
    assert profile(sample).wrap is None


def test_width_is_folded_only_on_request() -> None:
    raw = "ＡＢＣ１２３，。《》“”"
    assert run(raw).text == raw
    found = run(raw, width=True)
    assert found.text == "ABC123，。《》“”"
    assert found.counts == {"width": 6}


def test_script() -> None:
    pytest.importorskip("opencc")
    raw = "臺灣的軟體與滑鼠，隨身碟。"
    assert run(raw, script="t2s").text == "台湾的软体与滑鼠，随身碟。"
    found = run(raw, script="tw2sp")
    assert found.text.startswith("台湾的软件与鼠标")
    assert sources(raw, found)[0] == ("台", "臺")
    assert found.starts == sorted(found.starts)


def test_script_names_the_extra_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opencc", None)
    _converter.cache_clear()
    with pytest.raises(UsageError, match=r"duizhao\[script\]"):
        run("臺灣", script="t2s")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("马化腾(微博)出席。", "马化腾出席。"),
        ("马化腾（微博）出席。", "马化腾出席。"),
        ("他走了。（责任编辑：张三）", "他走了。"),
        ("他走了。 责任编辑：张三", "他走了。"),
        ("第 3 页 共 10 页", ""),
        ("- 12 -", ""),
        ("他走了。（完）", "他走了。"),
        ("他在第3页写了字。", "他在第3页写了字。"),
        ("责任编辑张三说，他走了。", "责任编辑张三说，他走了。"),
    ],
)
def test_boilerplate_on_request(raw: str, expected: str) -> None:
    assert run(raw, boilerplate=True).text == expected
    assert run(raw).text == raw


def test_boilerplate_table_is_read() -> None:
    assert len(boilerplate_patterns()) >= 8


@pytest.mark.parametrize(
    ("options", "signature"),
    [
        ({}, "4"),
        ({"entities": False, "script": "t2s"}, "4-noentities+t2s"),
        ({"spacing": "off"}, "4-nospacing"),
        ({"spacing": "on", "width": True, "boilerplate": True}, "4+width+spacing+boilerplate"),
        ({"mojibake": False, "invisibles": False}, "4-nomojibake-noinvisibles"),
    ],
)
def test_signature(options: dict[str, Any], signature: str) -> None:
    assert NormalizeOptions(**options).signature == signature


@pytest.mark.parametrize("options", [{"spacing": "maybe"}, {"script": "s2t"}])
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="expected"):
        NormalizeOptions(**options)


def test_clean_text_comes_back_as_it_is() -> None:
    raw = "他说：“我走了。”Q3 财报很好。"
    found = run(raw)
    assert found.text is raw
    assert found.starts == list(range(len(raw)))
    assert found.ends == list(range(1, len(raw) + 1))


# --- properties

PLAIN = st.text(st.sampled_from("中文的字了，。：“”（）Aab12 \n"), max_size=12)
DAMAGE = st.sampled_from(
    [
        ("\u200b", ""),
        ("\ufeff", ""),
        ("\x00", ""),
        ("\ue001", ""),
        ("\ufffd", ""),
        ("&quot;", '"'),
        ("& lt ;", "<"),
        ("&# 8212 ;", "—"),
        ("&amp;amp;", "&"),
        (misread("汉", "latin-1"), "汉"),
        (misread("，", "cp1252"), "，"),
    ]
)


@given(st.lists(st.tuples(PLAIN, DAMAGE)), PLAIN)
@settings(max_examples=300, deadline=None)
def test_random_damage_is_undone_and_mapped(parts: list[tuple[str, tuple[str, str]]], last: str) -> None:
    raw = "".join(plain + written for plain, (written, _) in parts) + last
    expected = []
    at = 0
    for plain, (written, meant) in [*parts, (last, ("", ""))]:
        expected += [(char, at + i, at + i + 1) for i, char in enumerate(plain)]
        at += len(plain)
        expected += [(char, at, at + len(written)) for char in meant]
        at += len(written)
    found = run(raw, spacing="off")
    assert list(zip(found.text, found.starts, found.ends, strict=True)) == expected


ANYTHING = st.text() | st.text(
    st.sampled_from(
        "中文的 ，。&;#amplt8212x\u200b\ufeff\x00\ue000\ufffdÃ¤Â¸\xad\x80锛銆的?约翰史密斯\n\r\t\u3000Aa1.%()臺軟體"
    )
)


@given(ANYTHING, st.booleans(), st.booleans())
@settings(max_examples=500, deadline=None)
def test_the_map_is_exact_and_monotone_for_any_text(raw: str, segmented: bool, wrapped: bool) -> None:
    shape = Profile(separator=" " if segmented else "", wrap=40 if wrapped else None)
    found = run(raw, shape, boilerplate=True, width=True)
    starts, ends = found.starts, found.ends
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    assert all(0 <= start < end <= len(raw) for start, end in zip(starts, ends, strict=True))
    # What no repair touched stands for itself.
    for char, source in sources(raw, found):
        assert char == source or len(source) > 1 or source in "?\n\r" or "！" <= source <= "～"


@given(ANYTHING)
@settings(max_examples=200, deadline=None)
def test_profile_takes_any_text(sample: str) -> None:
    assert isinstance(profile(sample), Profile)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("state @-@ of @-@ the @-@ art 系统", "state-of-the-art 系统"),
        ("和 @/@ 或", "和/或"),
        ("他说 &quot; 好 &quot; 。", '他说 " 好 " 。'),
        ("&#91; 1 &#93;", "[ 1 ]"),
        ("写信给 a@b.cn 或 @小明", "写信给 a@b.cn 或 @小明"),
    ],
)
def test_escapes_of_moses_are_resolved(raw: str, expected: str) -> None:
    found = run(raw)
    assert found.text == expected
    assert run(raw, entities=False).text == raw


def test_a_name_that_the_document_has_with_its_dot_may_have_any_characters() -> None:
    rows = segment_text("演员朱莉?安德鲁斯出席。\n朱莉·安德鲁斯获奖。\n他叫朱莉?是的。")
    assert [row.text for row in rows] == ["演员朱莉·安德鲁斯出席。", "朱莉·安德鲁斯获奖。", "他叫朱莉?", "是的。"]


def test_marks_alone_are_repaired_beside_ideographs_that_were() -> None:
    text = "“那一年，我才十七岁。”他说，“票价只要5。”".replace("“", "\u201c").replace("”", "\u201d")
    assert [row.text for row in segment_text(text.encode("gbk").decode("latin-1"))] == [text]
    assert segment_text("价格为5¡£。")[0].text == "价格为5¡£。"
