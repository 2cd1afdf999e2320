"""Copies and near copies, against comparing everything with everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.signals.copies import CopyIndex, runs_of
from corpus.signals.keys import shingles
from corpus.signals.minhash import LEAST_RUNS

# Few letters, so that runs are shared.
TEXTS = st.lists(st.text("ab字", max_size=30), max_size=8)


def similarity(one: str, other: str, run: int) -> float:
    if min(len(one), len(other)) < LEAST_RUNS + run - 1:
        return 0.0
    a, b = set(shingles(one, run)), set(shingles(other, run))
    return len(a & b) / len(a | b)


@given(TEXTS, st.text("ab字", max_size=30), st.sampled_from([0.2, 0.5, 0.8, 1.0]), st.integers(2, 5))
def test_near_copies_are_those_of_comparing_all(texts, text, threshold, run):
    index = CopyIndex(texts, run, threshold)
    expected = [(at, similarity(text, other, run)) for at, other in enumerate(texts)]
    assert list(index.near_copies(runs_of(text, run))) == [(at, alike) for at, alike in expected if alike >= threshold]


@given(TEXTS, st.text("ab字", max_size=30))
def test_a_copy_is_the_first_that_is_the_same(texts, text):
    assert CopyIndex(texts, 5, 0.5).copy_of(text) == (texts.index(text) if text and text in texts else None)


@pytest.mark.parametrize("text", ["今天天气很好我们一起去公园散步吧", "昨天天气很好我们一起去公园散步吧"])
def test_one_word_does_not_make_another_text(text):
    index = CopyIndex(["今天天气很好我们一起去公园散步吧", "完全不同的一个句子在这里作为对照出现"], 5, 0.5)
    assert [at for at, _ in index.near_copies(runs_of(text, 5))] == [0]
