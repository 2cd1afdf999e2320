from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.align.english import english_sentences, split_english
from translate.text.paragraphs import split_paragraphs


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in split_english(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Mr. Wang met Dr. Li on Jan. 5.", "They talked."],
        ["It cost $3.50 in the U.S. last year.", "Then it rose."],
        ["J. K. Rowling wrote it.", "He read it."],
        ["'Surrender?'", "'Never!'"],
        ['"Where is it?" he asked.', "Nobody knew."],
        ['She said, "Come in."', "He came."],
        ["Oh . . . nothing.", "Nothing at all."],
        ["He left...", "Nobody saw him."],
        ["I live in the U.S.", "It is large."],
        ["See Fig. 3 and No. 4 of vol. 2.", "It is there."],
        ["Really?!", "Yes!!!", "(He laughed.)", "Good."],
        ["One team vs. Another was shown.", "It rained."],
        [
            "1. Purpose of this text",
        ],
        ["The end …", "Of the year."],
    ],
)
def test_sentences(sentences: list[str]) -> None:
    assert cut(" ".join(sentences)) == sentences


@given(st.text(alphabet="aAbB .!?…\"'”)\n\u00a0Mr", max_size=60))
def test_spans_tile_what_is_not_blank(text: str) -> None:
    spans = split_english(text)
    done = 0
    for start, end in spans:
        assert done <= start < end
        assert not text[done:start].strip()
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        done = end
    assert not text[done:].strip()


@given(st.text(alphabet="aA .!?\n\r", max_size=60), st.integers(1, 9))
def test_sentences_of_a_document_do_not_depend_on_its_pieces(text: str, size: int) -> None:
    whole = list(english_sentences(split_paragraphs(text, "d")))
    assert list(english_sentences(split_paragraphs(text, "d", size))) == whole
    assert all(text[s.start : s.end] == s.raw for s in whole)
    assert "".join(s.raw for s in whole).replace(" ", "") == "".join(text.split())
