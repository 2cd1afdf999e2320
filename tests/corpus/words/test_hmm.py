from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.words import agreement, hmm, model
from corpus.words.hmm import FARTHEST, NOWHERE, Jumps, posteriors
from corpus.words.model import align_pairs, align_words, packaged_model

PAIRS = [
    ("他昨天在北京买了三本书。", "Yesterday he bought three books in Beijing."),
    ("北京", "Beijing"),
    ("", "Nothing."),
    ("中国经济增长很快。", "The Chinese economy is growing fast."),
]


@given(st.integers(FARTHEST + 1, 45), st.integers(0, 2**32 - 1))
def test_steps_of_long_sentences_are_products_with_the_matrix(n: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    jumps = Jumps(draw.random(2 * FARTHEST + 1), NOWHERE)
    likely, matrix = draw.random((3, n)), jumps.matrix(n)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hmm, "_WHOLE", 0)
        onward, against = jumps.steps(n)
    np.testing.assert_allclose(onward(likely), likely @ matrix)
    np.testing.assert_allclose(against(likely), likely @ matrix.T)


def test_counting_jumps_changes_no_posterior() -> None:
    draw = np.random.default_rng(1)
    given_ = draw.random((2, 5, 4)), draw.random((2, 5)), np.array([5, 3]), Jumps(draw.random(21), NOWHERE)
    found, ways = posteriors(*given_)
    same, nothing = posteriors(*given_, count=False)
    assert np.array_equal(found, same)
    assert ways.sum() > 0
    assert not nothing.any()


def test_how_many_pairs_are_looked_at_at_once_changes_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [align_words(*pair) for pair in PAIRS]
    monkeypatch.setattr(agreement, "_CELLS", 1)
    monkeypatch.setattr(model, "MOST_CELLS", 100)
    assert list(align_pairs(PAIRS * 3, packaged_model())) == expected * 3


def test_a_pair_that_is_too_long_has_its_tokens_and_no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST_CELLS", 60)
    found = list(align_pairs(PAIRS, packaged_model()))
    assert [bool(each.links) for each in found] == [False, True, False, True]
    assert len(found[0].source) > 5


def test_numbers_of_one_value_are_all_linked_with_each_other() -> None:
    source, target = "3.5亿和350万，又是3.5亿", "350 million and 3.5 million, again 350 million"
    texts = {(source[a:b], target[c:d], a, c) for (a, b), (c, d) in align_words(source, target).spans}
    assert {("3.5", "350", 0, 0), ("350", "3.5", 5, 16), ("3.5", "350", 12, 35)} <= texts
