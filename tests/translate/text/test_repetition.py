"""Groups of words in a row are counted."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from translate.text.repetition import loops, repeats


def test_repeats_counts_groups_in_a_row() -> None:
    assert repeats("哈哈哈") == 3
    assert repeats(["a", "b", "a", "b"]) == 2
    assert repeats("abcabcabcd") == 3
    assert repeats("……………") == 1
    assert repeats("") == 1


TEXT = st.text(st.sampled_from("abha ,.-\u3000\x1c好1"), max_size=60)


@given(TEXT, TEXT.map(lambda text: text * 3) | TEXT)
def test_what_is_passed_over_for_speed_is_no_loop(source: str, target: str) -> None:
    words = re.findall(r"\w+(?:['’]\w+)*|[^\w\s]", target.lower())
    glued = [len(m[0]) // len(m[1]) for m in re.finditer(r"(\S{1,16}?)\1{3,}", target) if any(map(str.isalpha, m[1]))]
    times = max([*glued, repeats(words), repeats(words, n_least=2) + 1])
    assert loops(source, target) == (times >= 4 and times > repeats(source) + 1)
