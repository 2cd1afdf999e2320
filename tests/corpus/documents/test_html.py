"""Pages: what is text in them, and that nothing else changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.documents.html import read
from corpus.documents.kinds import FileOptions
from corpus.documents.markup import html_tokens, joined, xml_tokens
from corpus.documents.segments import Role
from translate.errors import InputError

from .files import translated

KNOWN = {
    "我们去公园散步。": "We go to the park for a walk.",
    "使用 print() 函数输出文字。": "Use the print() function to output text.",
    "我不相信。": "I do not believe it.",
    "天气": "Weather",
    "苹果": "Apple",
    "下雨的图片": "A picture of rain",
    "首页": "Home",
}


def page_of(body: str) -> str:
    return f"<!DOCTYPE html>\n<html><head><title>天气</title></head><body>{body}</body></html>"


def english(body: str) -> str:
    found = translated(page_of(body).encode(), "html", KNOWN).data.decode()
    return re.sub("(?s).*<body>|</body>.*", "", found)


@pytest.mark.parametrize(
    ("chinese", "expected"),
    [
        ("<p>我们去<b>公园</b>散步。</p>", "<p>We go to <b>the park</b> for a walk.</p>"),
        ("<p>\n 我们去公园<br>我不相信。\n</p>", None),
        (
            "<p>我不相信<sup><a href='#1'>[1]</a></sup>。</p>",
            "<p>I do not believe it<sup><a href='#1'>[1]</a></sup>.</p>",
        ),
        (
            "<p>使用 <code>print()</code> 函数输出文字。</p>",
            "<p>Use the <code>print()</code> function to output text.</p>",
        ),
        ('<img src=a.png alt="下雨的图片">', '<img src=a.png alt="A picture of rain">'),
        ("<p><img src=a> <br>\n<img> <!-- a --> 苹果 <img>", "<p><img src=a> <br>\n<img> <!-- a --> Apple <img>"),
        ("<ul><li>苹果<li> 苹果 </ul>", "<ul><li>Apple<li> Apple </ul>"),
        ("<p translate=no>苹果</p><p>苹果", "<p translate=no>苹果</p><p>Apple"),
        ("<script>if (a<b) '苹果'</script><!-- 苹果 -->", "<script>if (a<b) '苹果'</script><!-- 苹果 -->"),
        ("<pre><code># 苹果\nx = 1</code></pre>", "<pre><code># 苹果\nx = 1</code></pre>"),
        ("<pre>苹果\n  苹果\n</pre>", "<pre>Apple\n  Apple\n</pre>"),
        ("<p>Latin only <b>&eacute;</b></p>", "<p>Latin only <b>&eacute;</b></p>"),
    ],
)
def test_only_text_becomes_another(chinese: str, expected: str | None):
    if expected is not None:
        assert english(chinese) == expected
    else:
        assert english(chinese).startswith("<p>\n EN(")


def test_both_texts_can_be_had():
    page = page_of('<p id="a">我不相信<b id="x">。</b></p>').encode()
    below = translated(page, "html", KNOWN, bilingual="below").data.decode()
    assert '<p id="a">我不相信<b id="x">。</b><br/><span lang="en">I do not believe it<b>.</b></span></p>' in below
    assert "<title>天气 / Weather</title>" in below
    beside = translated(page, "html", KNOWN, bilingual="beside").data.decode()
    assert '</b> <span lang="en">I do' in beside


def test_the_encoding_of_a_page_is_kept_and_what_it_has_not_is_written_as_a_reference():
    page = "<meta charset=gb2312><p>苹果</p>苹果".encode("gb18030")
    assert translated(page, "html", {"苹果": "Apple"}).data == b"<meta charset=gb2312><p>Apple</p>Apple"
    mark = "<p>苹果</p>".encode("utf-16")
    assert translated(mark, "html", {"苹果": "Apple é"}).data == "<p>Apple é</p>".encode("utf-16")


def test_a_page_without_chinese_comes_back_byte_for_byte():
    page = b"<html lang='zh'>\r\n<p a='1'  b=2>x &amp; y &lt\xe9</p>"
    found = translated(page, "html", options=FileOptions("latin-1"))
    assert (found.data, found.n_segments) == (page, 0)


def test_each_text_knows_what_it_is():
    page = (
        "<title>甲</title><h2>乙</h2><p>丙</p><table><caption>丁</caption><tr><td><p>戊</p></td></tr></table>"
        "<ol class='footnotes'><li>己</li></ol><ul><li><p>庚</p></li></ul><img alt='辛'>"
    )
    found = [(s.text, s.role) for s in read(page.encode(), "a", FileOptions()).segments]
    assert found == [
        ("甲", Role.TITLE),
        ("乙", Role.HEADING),
        ("丙", Role.PARAGRAPH),
        ("丁", Role.CAPTION),
        ("戊", Role.CELL),
        ("己", Role.FOOTNOTE),
        ("庚", Role.ITEM),
        ("辛", Role.ATTRIBUTE),
    ]


def test_the_main_text_is_told_from_what_stands_around_it():
    page = (
        "<nav><a href=/>首页</a></nav><div class='sidebar'><p>热门文章推荐给大家。</p></div>"
        "<article><h1>标题</h1><p>这是文章的正文，有好几个句子。这是第二句。</p></article>"
        "<div><a href=1>上一篇</a></div><footer>版权所有</footer>"
    )
    file = read(page.encode(), "a", FileOptions())
    assert [file.segments[n].text for n in file.main()] == ["标题", "这是文章的正文，有好几个句子。这是第二句。"]


PARTS = [
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<i class='>'>",
    "</i>",
    "<br>",
    "<img alt='图'>",
    "甲乙",
    "丙。",
    "a b",
    "\n",
    " ",
    "<",
    "&amp;",
    "&#20013;",
    "<!-- 甲 -->",
    "<script>甲<b>",
    "</script>",
    "<pre>",
    "</pre>",
    "<code>",
    "</code>",
    "<a",
    '="',
    ">",
    "<td>",
    "</td>",
    "<sup>1</sup>",
    "<ruby>",
    "<rt>",
    "</rt>",
    "</ruby>",
    "<svg/>",
    "<title>",
]
MARKUP = st.lists(st.sampled_from(PARTS), max_size=20).map("".join)


@given(MARKUP)
def test_tokens_are_the_page(text: str):
    assert joined(html_tokens(text)) == text


@settings(max_examples=30)
@given(MARKUP)
def test_every_tag_is_still_there_and_a_page_without_translation_is_the_same(text: str):
    file = read(text.encode(), "a", FileOptions())
    assert file.written({}) == text.encode()
    after = translated(text.encode(), "html").data.decode()

    def tags(page: str) -> list[str]:
        return sorted(re.sub("alt='.*?'", "alt", t.raw) for t in html_tokens(page) if t.name)

    assert tags(after) == tags(text)


def test_xml_that_could_do_harm_is_refused():
    for text in (
        '<!DOCTYPE a [<!ENTITY b "甲">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "<a><b></a>",
        "<a>" * 600 + "</a>" * 600,
    ):
        with pytest.raises(InputError, match="book"):
            xml_tokens(text, "book")


@given(
    st.recursive(
        st.sampled_from(["甲 &amp;", "<![CDATA[<x>]]>", "<!-- > -->", "<b c='>' d=\"'\"/>", "<?x > ?>"]),
        lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"<w:p a = '1'>{''.join(parts)}</w:p >"),
        max_leaves=8,
    )
)
def test_tokens_are_the_xml(text: str):
    text = f"<?xml version='1.0'?><!DOCTYPE a PUBLIC \"x\" 'y'><a xmlns:w='w'>{text}</a>\n"
    assert joined(xml_tokens(text, "a")) == text


def test_a_thousand_tags_within_each_other():
    page = "<p>" + "<b>" * 1000 + "我们去公园。" + "</b>" * 1000
    assert translated(page.encode(), "html").data.count(b"</b>") == 1000
