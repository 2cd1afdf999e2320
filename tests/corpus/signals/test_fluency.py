"""``fluency`` hears an order of words that English does not have."""

from __future__ import annotations

import pytest

from corpus.signals.fluency import fluency

SENTENCES = (
    "The government said on Monday that it will raise the tax on cars next year.",
    "I don't know what he wants from us.",
    "Click the button to save the changes, and then close the window.",
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_backwards_is_less_fluent(sentence: str) -> None:
    forwards, backwards = fluency("", sentence), fluency("", " ".join(reversed(sentence.split())))
    assert forwards is not None
    assert backwards is not None
    assert forwards > 0.5
    assert backwards < 0


def test_what_the_words_say_does_not_matter() -> None:
    assert fluency("", "The cat sat on the mat.") == fluency("", "The dog sat on the log.") != None  # noqa: E711
