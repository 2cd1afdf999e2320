from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.words.model import align_words


def linked(source: str, target: str) -> list[tuple[str, str]]:
    return [(source[a:b], target[c:d]) for (a, b), (c, d) in align_words(source, target).spans]


def test_words_that_change_their_order() -> None:
    found = linked("他昨天在北京买了三本书。", "Yesterday he bought three books in Beijing.")
    assert {("他", "he"), ("北京", "Beijing"), ("。", ".")} <= set(found)


def test_names_in_latin_letters_and_numbers_need_no_table() -> None:
    found = linked("Zorblax公司售出3.5亿件", "Zorblax sold 350 million pieces")
    assert {("Zorblax", "Zorblax"), ("3.5", "350")} <= set(found)


def test_marks_answer_marks() -> None:
    assert linked("“好！”", '"Good!"') == [("“", '"'), ("好", "Good"), ("！", "!"), ("”", '"')]


def test_traditional_text_gives_the_same_links() -> None:
    simplified, traditional = "他们学习历史和经济。", "他們學習歷史和經濟。"
    english = "They study history and economics."
    assert align_words(traditional, english) == align_words(simplified, english)


def test_a_phrase_and_what_it_became() -> None:
    source, target = "中国经济增长很快。", "The Chinese economy is growing fast."
    links = align_words(source, target)
    assert [target[a:b] for a, b in links.target_of(2, 4)] == ["economy"]
    assert [source[a:b] for a, b in links.source_of(target.index("economy"), target.index(" is"))] == ["经济"]


@pytest.mark.parametrize(("source", "target"), [("", ""), ("你好", ""), ("", "Hello"), (" ", "Hello")])
def test_an_empty_side_has_no_links(source: str, target: str) -> None:
    assert align_words(source, target).links == ()


_CHINESE = st.text("我们在北京的大学学习，。“”3万 aB\u3000", max_size=30)
_ENGLISH = st.text("the weuniversity of Beijing,. 30000's-\n", max_size=40)


@given(_CHINESE, _ENGLISH)
def test_tokens_tile_what_is_not_blank_and_links_are_between_them(source: str, target: str) -> None:
    found = align_words(source, target)
    for text, tokens in ((source, found.source), (target, found.target)):
        assert "".join(text[a:b] for a, b in tokens) == "".join(text.split())
        assert all(a < b <= c for (a, b), (c, _) in pairwise((*tokens, (len(text), 0))))
    assert list(found.links) == sorted(set(found.links))
    assert all(0 <= i < len(found.source) and 0 <= j < len(found.target) for i, j in found.links)
    assert align_words(source, target) == found
