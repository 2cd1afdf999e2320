"""BLEU and chrF of groups."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from translate.errors import UsageError
from translate.pipeline.evaluation import evaluate, length_group


@pytest.mark.parametrize(
    ("n", "name"), [(1, "1-10"), (10, "1-10"), (11, "11-20"), (40, "21-40"), (41, "41-80"), (81, "81-"), (999, "81-")]
)
def test_groups_of_length_have_no_gap(n, name):
    assert length_group(n) == name


@settings(max_examples=8)
@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=12))
def test_groups_by_document_hold_every_sentence_once_and_are_scored_as_small_corpora(labels):
    texts = [f"This is the sentence number {i} of a test." for i in range(len(labels))]
    references = [text.replace("test", "text") for text in texts]
    found = evaluate(["句"] * len(labels), references, {"x": texts}, labels)
    documents = [group for group in found.groups if group.kind == "document"]
    assert [group.name for group in documents] == list(dict.fromkeys(labels))
    assert sum(group.n_sentences for group in documents) == len(labels)
    for group in documents:
        own = [i for i, label in enumerate(labels) if label == group.name]
        expected = CHRF().corpus_score([texts[i] for i in own], [[references[i] for i in own]]).score
        assert group.chrf["x"] == pytest.approx(expected)


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(UsageError, match="nothing to score"):
        evaluate([], [], {"x": []})
    with pytest.raises(UsageError, match="x: 1, expected 2"):
        evaluate(["一", "二"], ["a", "b"], {"x": ["a"]})
