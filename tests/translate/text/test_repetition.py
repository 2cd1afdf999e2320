"""Groups of words in a row are counted."""

from __future__ import annotations

from translate.text.repetition import repeats


def test_repeats_counts_groups_in_a_row() -> None:
    assert repeats("哈哈哈") == 3
    assert repeats(["a", "b", "a", "b"]) == 2
    assert repeats("abcabcabcd") == 3
    assert repeats("……………") == 1
    assert repeats("") == 1
