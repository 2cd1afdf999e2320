from __future__ import annotations

from corpus.align.tokens import (
    chinese_edges,
    chinese_marks,
    english_edges,
    english_marks,
    english_stems,
    latin_stems,
)


def test_forms_of_a_word_have_one_stem() -> None:
    assert len(set(english_stems("look looks looked looking"))) == 1
    assert len(set(english_stems("city cities City"))) == 1
    assert len(set(english_stems("stop stopped stopping stops"))) == 1
    assert english_stems("Wang's glass, 1,108 days") == ["wang", "glas", "1108", "day"]
    assert latin_stems("COBE和WMAP的数据") == ["cob", "wmap"]
    assert latin_stems("没有") == []


def test_the_marks_of_both_languages_have_the_same_names() -> None:
    assert chinese_marks("他问：“你来吗？”……") == [":", "open", "?", "close", "…"]
    assert english_marks("He asked: “Are you coming?” . . .") == [":", "open", "?", "close", "…"]
    assert english_marks("'I don't,' he said.") == ["open", "close"]
    assert chinese_marks("——不") == english_marks("-- no") == ["—"]


def test_edges() -> None:
    assert chinese_edges("“来。”") == english_edges('"Come."') == ("quote", ".quote")
    assert chinese_edges("来吗？") == english_edges("Coming?") == ("word", "?")
    assert english_edges("Well...") == chinese_edges("那么……")
    assert chinese_edges("") == ("word", "word")
