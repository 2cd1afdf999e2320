"""Markdown: the text becomes another, every mark of it stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from corpus.documents.kinds import FileOptions
from corpus.documents.markdown import read
from corpus.documents.segments import Role

from .files import translated

KNOWN = {
    "我们去公园散步。": "We go to the park for a walk.",
    "我不相信。": "I do not believe it.",
    "使用 print() 函数输出文字。": "Use the print() function to output text.",
    "苹果": "Apple",
    "标题": "Title: one",
    "第一项": "1. First",
    "甲*乙。": "A*B.",
    "公园": "the park",
}


def english(text: str, **options: str) -> str:
    return translated(text.encode(), "markdown", KNOWN, **options).data.decode()


@pytest.mark.parametrize(
    ("chinese", "expected"),
    [
        ("# 苹果 #\n", "# Apple #\n"),
        ("苹果\n====\n", "Apple\n====\n"),
        ("我们去**公园**散步。", "We go to **the park** for a walk."),
        ("我们去[公园](a/(b) '园')散步。\n", "We go to [the park](a/(b) '园') for a walk.\n"),
        ("我们去[公园][1]散步。\n\n[1]: http://a\n", "We go to [the park][1] for a walk.\n\n[1]: http://a\n"),
        ("我们去[公园]散步。\n\n[公园]: http://a\n", "We go to [the park][公园] for a walk.\n\n[公园]: http://a\n"),
        ("使用 `print()` 函数输出文字。", "Use the `print()` function to output text."),
        ("我不相信[^1]。\n\n[^1]: 苹果\n", "I do not believe it[^1].\n\n[^1]: Apple\n"),
        ("- [ ] 苹果\n  1. 苹果\n> 苹果\n", "- [ ] Apple\n  1. Apple\n> Apple\n"),
        ("| 苹果 | a |\n|:--|--|\n| `x` | 苹果 |\n", "| Apple | a |\n|:--|--|\n| `x` | Apple |\n"),
        ("> 我们去公园\n> 散步。\n\n苹果\n", "> We go to the park for a walk.\n\nApple\n"),
        ("苹果  \n我不相信。\n", "Apple  \nI do not believe it.\n"),
        ("```python\n# 苹果\n```\n    苹果\n", "```python\n# 苹果\n```\n    苹果\n"),
        ("<div>\n<p>苹果</p>\n</div>\n\n苹果<br>苹果", None),
        ("---\ntitle: 标题\ntags: [苹果]\n---\n苹果\n", '---\ntitle: "Title: one"\ntags: [苹果]\n---\nApple\n'),
        ("第一项\n", "1\\. First\n"),
        ("甲\\*乙。\n", "A\\*B.\n"),
        ("苹果\n: 苹果\n", "Apple\n: Apple\n"),
        ("::: tip\n苹果\n:::\n", "::: tip\nApple\n:::\n"),
        ("![苹果](a.png)\r\n\r\n苹果\r\n", "![Apple](a.png)\r\n\r\nApple\r\n"),
        ("snake_case_苹果_名", None),
    ],
)  # fmt: skip
def test_only_text_becomes_another(chinese: str, expected: str | None):
    found = english(chinese)
    if expected is not None:
        assert found == expected
    elif chinese.startswith("<div>"):
        assert found.startswith("<div>\n<p>Apple</p>\n</div>\n\n")
        assert "<br>" in found
    else:
        assert "snake_case" in found.replace("\\", "")


@pytest.mark.parametrize(
    ("chinese", "target", "expected"),
    [
        ("我**就**去。", "I go.", "I go."),  # around nothing there are no marks
        ("**公园**很美。", "The park is beautiful.", "**The park** is beautiful."),
        ("去**“公园”**路。", "To “Park”road.", "To <strong>“Park”</strong>road."),
    ],
)
def test_emphasis_is_written_so_that_it_is_read(chinese: str, target: str, expected: str):
    plain = re.sub(r"[*_]", "", chinese)
    assert translated(chinese.encode(), "markdown", {plain: target}).data.decode() == expected


@pytest.mark.parametrize(
    "text", ["[" * 4000 + "我" + "]" * 4000, "*" * 9000 + "我", " ".join("`" * n for n in range(1, 150)) + "我"]
)
def test_a_text_of_marks_alone_is_read_at_once(text: str):
    assert translated(text.encode(), "markdown").data


def test_both_texts_can_be_had():
    assert english("> 苹果\n", bilingual="below") == "> 苹果\\\nApple\n"
    assert english("# 苹果\n", bilingual="below") == "# 苹果<br>Apple\n"
    assert english("- 苹果\n", bilingual="beside") == "- 苹果 Apple\n"


def test_each_text_knows_what_it_is():
    text = "---\ntitle: 甲\n---\n# 乙\n\n丙\n\n- 丁\n\n| 戊 |\n|---|\n\n[^1]: 己\n    己二\n\n    己三\n\n庚\n"
    found = [(s.text, s.role) for s in read(text.encode(), "a", FileOptions()).segments]
    assert found == [
        ("甲", Role.TITLE),
        ("乙", Role.HEADING),
        ("丙", Role.PARAGRAPH),
        ("丁", Role.ITEM),
        ("戊", Role.CELL),
        ("己己二", Role.FOOTNOTE),
        ("己三", Role.FOOTNOTE),
        ("庚", Role.PARAGRAPH),
    ]


PARTS = [
    *("甲乙", "丙。", "a b", " ", "\n", "\n\n", "**", "*", "_", "`", "[", "](u)", "]", "![", "\\", "# ", "- ", "1. "),
    *("> ", "| ", "|---|", "<b>", "</b>", "<!-- 丁 -->", "[^1]", "[^1]: ", "~~", "```", "    ", "$", "&amp;", "http://x.y/z"),
]  # fmt: skip


def test_chinese_in_code_is_neither_translated_nor_cut():
    text = '运行 `print("你好。世界。")` 就行。再看 `修复？` 一节。\n'
    after = translated(text.encode(), "markdown").data.decode()
    assert after.count("你好") == after.count("世界") == after.count("修复") == 1
    assert '`print("你好。世界。")`' in after
    assert "`修复？`" in after
    assert "Z" not in after


@settings(max_examples=60)
@example("丙。`</b>甲乙`")
@given(st.lists(st.sampled_from(PARTS), max_size=20).map("".join))
def test_a_file_without_translation_is_the_same_and_lines_without_chinese_stay(text: str):
    assert read(text.encode(), "a", FileOptions()).written({}) == text.encode()
    after = translated(text.encode(), "markdown").data.decode()
    tags = re.compile(r"</?b>|<!-- 丁 -->|\[\^1\]")
    if "\\" not in text:
        assert sorted(tags.findall(after)) == sorted(tags.findall(text))


def test_what_was_a_list_a_table_and_a_link_is_one_after():
    text = "# 苹果\n\n1. 我们去**公园**散步。\n2. 我们去[公园](u)散步。\n\n| 苹果 |\n|--|\n| 苹果 |\n\n> 我不相信。\n"
    parser = MarkdownIt("commonmark").enable(["table"])

    def shape(source: str) -> list[str]:
        return [
            inner.type for token in parser.parse(source) for inner in [token, *(token.children or ())] if inner.nesting
        ]

    assert shape(english(text)) == shape(text)
