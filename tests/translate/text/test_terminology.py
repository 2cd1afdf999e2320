"""What is asked of a text, and what of it a translation has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.errors import UsageError
from translate.text.keep import Keep
from translate.text.terminology import Asked, Terminology, has_term, lost, read_asked, write_asked

ANY = Terminology.of({"腾讯": "Tencent", "猫": "cat"}, "default")


def test_a_term_inside_a_span_that_stays_does_not_count() -> None:
    asked = ANY.asked("腾讯的#腾讯#")
    assert [(each.source, each.target, each.is_span) for each in asked] == [
        ("腾讯", "Tencent", False),
        ("#腾讯#", "#腾讯#", True),
    ]


@pytest.mark.parametrize(
    ("target", "term", "inflected", "expected"),
    [
        ("a cat.", "cat", False, True),
        ("Cat food", "cat", False, True),
        ("A Cat", "cat", False, False),
        ("He left. Cats", "cat", True, True),
        ("cats", "cat", False, False),
        ("cats", "cat", True, True),
        ("category", "cat", True, False),
        ("studies", "study", True, True),
        ("running", "run", True, True),
        ("making", "make", True, True),
        ("Tencent's", "Tencent", False, True),
        ("Smart\nHainan", "Smart Hainan", False, True),
        ("smart Hainan", "Smart Hainan", False, False),
        ("(COVID-19)", "COVID-19", False, True),
        ("C++.", "C++", False, True),
    ],
)
def test_a_term_stands_as_words_of_its_own(target: str, term: str, inflected: bool, expected: bool) -> None:
    assert has_term(target, term, inflected=inflected) is expected


def test_a_span_stands_as_often_as_in_the_source() -> None:
    source = "{a}和{a}，见http://a.cn/b"
    asked = ANY.asked(source)
    assert lost(asked, source, "{a} and {a}, see http://a.cn/b.") == ()
    assert [each.target for each in lost(asked, source, "{a}, see http://a.cn/bc")] == ["{a}", "{a}", "http://a.cn/b"]


def test_only_what_is_asked_of_a_sentence_is_in_its_key() -> None:
    more = Terminology.of({"腾讯": "Tencent", "狗": "dog"}, "default")
    assert ANY.key("你好") == more.key("你好") == "你好"
    assert ANY.key("腾讯") == more.key("腾讯") != "腾讯"
    assert ANY.key("狗") != more.key("狗")
    assert ANY.key("腾讯") != Terminology.of({"腾讯": "Tencent"}, inflected=True).key("腾讯")


def test_the_signature_names_both() -> None:
    assert Terminology().signature == ""
    assert Terminology.of({"猫": "cat"}, "url,email", inflected=True).signature.split("|") == [
        "glossary:c04a6dcb711c+inflected",
        "keep:url,email",
        "terms:1",
    ]
    one, other = (Terminology.of(None, Keep.named("url", [own])).signature for own in ("a", "b"))
    assert one != other


ANYTHING = st.text(st.sampled_from("a=;!\\ 海b"), min_size=1, max_size=6).map(str.strip).filter(bool)


@given(st.lists(st.tuples(ANYTHING, ANYTHING), max_size=4))
def test_what_was_asked_is_read_back(pairs: list[tuple[str, str]]) -> None:
    asked = [Asked(0, len(source), source, target) for source, target in pairs]
    back = read_asked(write_asked(asked, "", pairs[0][1] if pairs else ""))
    assert [(source, target) for source, target, _ in back] == list(dict.fromkeys(pairs))
    if pairs:
        assert back[0] == (*pairs[0], True)


def test_it_travels_as_json() -> None:
    sent = Terminology.of({"猫": "cat"}, Keep.named("url", ["x+"]), inflected=True)
    assert Terminology.from_json(sent.to_json()) == sent
    with pytest.raises(UsageError):
        Terminology.from_json("{}")
