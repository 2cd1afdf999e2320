"""Where the tokens of a text stand in it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.marian.find import locate
from translate.marian.vocabulary import MarianVocabulary

VOCABULARY = MarianVocabulary(locate("zh-en-mini"))


def slices(text: str) -> list[str]:
    return [text[start:end] for start, end in VOCABULARY.places(text)]


def test_tokens_stand_where_they_were_read() -> None:
    assert [each for each in slices("今天天气很好，我们去公园。") if each] == [
        each.replace("▁", "").replace(",", "，") for each in tokens("今天天气很好，我们去公园。") if each != "▁"
    ]


def tokens(text: str) -> list[str]:
    (ids,) = VOCABULARY.encode([text])
    return [VOCABULARY.source[token] for token in ids[:-1]]


def test_letters_of_full_width_and_a_character_that_becomes_two() -> None:
    assert "".join(dict.fromkeys(slices("重３．５㎏。"))) == "重３．５㎏。"
    assert slices("重３．５㎏。").count("㎏") == len("kg")


def test_a_character_without_a_token_is_its_bytes_which_all_stand_at_it() -> None:
    text = "至少搓洗20秒"
    found = slices(text)
    assert found.count("搓") == 3
    assert found[-1] == "秒"


def test_a_space_before_a_word_is_no_part_of_it() -> None:
    text = "  Hello  big world"
    places = VOCABULARY.target_places(text)
    assert {text[start:end].strip() for start, end in places} == {text[start:end] for start, end in places}
    assert "".join(text[start:end] for start, end in places) == "Hellobigworld"


@pytest.mark.parametrize("text", ["", " ", "\ud800"])
def test_there_are_as_many_as_tokens(text: str) -> None:
    assert len(VOCABULARY.places(text)) == len(VOCABULARY.encode([text])[0]) - 1


@given(st.text("今天天气鿏搓㎏½ﬁ 。，“３aB\u3000\n𠮷😀", max_size=20))
def test_places_ascend_within_the_text_and_are_as_many_as_tokens(text: str) -> None:
    for places, ids in (
        (VOCABULARY.places(text), VOCABULARY.encode([text])),
        (VOCABULARY.target_places(text), VOCABULARY.encode_target([text])),
    ):
        assert len(places) == len(ids[0]) - 1
        assert all(0 <= start <= end <= len(text) for start, end in places)
        assert all(before[0] <= after[0] and before[1] <= after[1] for before, after in pairwise(places))
