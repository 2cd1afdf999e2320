from __future__ import annotations

from corpus.align.tokens import (
    chinese_edges,
    chinese_marks,
    english_edges,
    english_marks,
)


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
