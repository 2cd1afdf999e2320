"""The pieces of a sentence become one sentence."""

from __future__ import annotations

import pytest

from translate.engines.base import Hypothesis
from translate.pipeline.joining import join_hypotheses


def test_a_joined_hypothesis_scores_as_if_decoded_at_once() -> None:
    joined = join_hypotheses([Hypothesis("One,", -1.0, 3, "eos"), Hypothesis("two.", -2.0, 1, "length")])
    assert joined == Hypothesis("One, two.", -1.25, 4, "length")


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["In Sanya,", "At that time;", "However, he went."], "In Sanya, at that time; however, he went."),
        (["He said", "The end is near."], "He said the end is near."),
        (["It rained.", "The end."], "It rained. The end."),
        (["He asked:", "The end?"], "He asked: The end?"),
        (["In May,", "April came, and", "I went,", "It's late."], "In May, April came, and I went, it's late."),
        (["One,", "A-levels,", "O'Neill"], "One, A-levels, O'Neill"),
        (["One,", "IT firms,", "the A, B"], "One, IT firms, the A, B"),
        (["", "The end."], "The end."),
        (["(", "The end.)"], "( The end.)"),
    ],
)  # fmt: skip
def test_a_function_word_within_a_sentence_is_not_capitalised(pieces: list[str], expected: str) -> None:
    assert join_hypotheses([Hypothesis(text, -1.0, 1, "eos") for text in pieces]).text == expected
