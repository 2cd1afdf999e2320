"""Spans that stay are found by name or by one's own expression."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.errors import UsageError
from translate.text.keep import DEFAULT, Keep


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("url", "请访问https://example.com/a?b=c，或www.x.cn/y。", ["https://example.com/a?b=c", "www.x.cn/y"]),
        ("url", "打开https://例.com/路", []),
        ("url", "见example.org/a。版本3.5.cn", ["example.org/a", "3.5.cn"]),
        ("email", "邮件a.b+c@ex-am.com.cn。", ["a.b+c@ex-am.com.cn"]),
        ("code", "运行`pip install x`和```a`b```。", ["`pip install x`", "```a`b```"][:1]),
        ("tag", '<x id=1/>你<b class="c">好</b><br/>，3<5>2', ["<x id=1/>", '<b class="c">', "</b>", "<br/>"]),
        ("placeholder", "你好{name}，{{ n }}个，%s、%1$s、%(x)s", ["{name}", "{{ n }}", "%s", "%1$s", "%(x)s"]),
        ("placeholder", "增长5%，50%的人，100%sure，${HOME}、%@", ["${HOME}", "%@"]),
        ("hashtag", "#今天天气#真好 #话题 哈哈 C#语言", ["#今天天气#", "#话题"]),
        ("mention", "@张伟 说，@user_1你好，a@b.com", ["@张伟", "@user_1"]),
        ("model", "GTX-1080Ti和A320neo，10km，5G，3.5kg，F-35B，2020年", ["GTX-1080Ti", "A320neo", "5G", "F-35B"]),
    ],
)
def test_each_kind_is_found(name: str, text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in Keep.named(name).find(text)] == expected


def test_of_overlapping_spans_the_first_and_then_the_longer_is_kept() -> None:
    text = "写信到a1@b2.com/x，或https://b2.com/@c#d。"
    assert [text[a:b] for a, b in Keep.named().find(text)] == ["a1@b2.com", "https://b2.com/@c#d"]


@given(st.text(st.sampled_from("a1@#{}%s<>/=.: `-_海南，\"'x"), max_size=60))
def test_spans_are_in_order_and_none_overlaps_another(text: str) -> None:
    end = 0
    for start, stop in Keep.named("default", ["海南?"]).find(text):
        assert end <= start < stop
        end = stop


def test_names_are_spread_and_put_in_order() -> None:
    assert Keep.named("default").names == DEFAULT
    assert Keep.named(["model,url", "url"]).names == ("url", "model")
    assert not Keep.named([])


@pytest.mark.parametrize(("names", "own"), [("urls", ()), ("url", ("(",)), ("", ("x*",))])
def test_what_is_no_pattern_is_refused(names: str, own: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        Keep.named(names, own)
