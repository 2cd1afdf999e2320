"""Markup in prose is seen, and prose is not taken for it."""

from __future__ import annotations

import pytest

from translate.text.flags import Flag
from translate.text.markup import MAY_BE_MARKUP, has_markup
from translate.text.segment import segment_text


@pytest.mark.parametrize(
    "text",
    [
        "<p>正文。</p>",
        "请看[这里](http://a.cn/b)。",
        "## 第五章",
        "**重点。**",
        "| 姓名 |",
        '{"标题": "新闻"}',
        '"标题": "新闻",',
        "00:00:01,312 --> 00:00:02,993",
        "运行`git`命令。",
        "<!DOCTYPE html><html>",
    ],
)
def test_markup_is_seen(text: str) -> None:
    assert MAY_BE_MARKUP.search(text)
    assert has_markup(text)
    assert all(Flag.MARKUP in row.flags for row in segment_text(text))


@pytest.mark.parametrize(
    "text",
    [
        "他说[1]。",
        "3<5，7>2。",
        "C#很好",
        "#话题#",
        "a*b*c",
        "新闻 | 腾讯发布",
        "他说：“好”：是的。",
        "变量_a_与b",
        "（见[注 1]）(甲)",
    ],
)
def test_prose_is_not(text: str) -> None:
    assert not has_markup(text)
    assert segment_text(text)[0].flags == ()


def test_rows_of_csv_are_seen_by_their_document() -> None:
    rows = segment_text("姓名,年龄,城市\n张三,28,北京\n李四,35,上海\n")
    assert [row.flags for row in rows] == [(Flag.MARKUP,)] * len(rows)
    assert not any(row.flags for row in segment_text("你好,他说,走吧。\n我不去,太远了。\n好。\n"))
