"""Records that are made quickly are the same records."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from translate.text.records import Paragraph, Sentence, new_paragraph, new_sentence


def test_quick_records_are_records() -> None:
    sentence, paragraph = new_sentence("d", 1, 2, 3, 4, "好", "好"), new_paragraph("d", 0, "好", 3, line_end="\n")
    assert type(sentence) is Sentence
    assert type(paragraph) is Paragraph
    assert sentence == Sentence("d", 1, 2, 3, 4, "好", "好")
    assert paragraph == Paragraph("d", 0, "好", 3, line_end="\n")
    assert hash(sentence) == hash(Sentence("d", 1, 2, 3, 4, "好", "好"))
    assert repr(sentence) == repr(Sentence("d", 1, 2, 3, 4, "好", "好"))
    assert pickle.loads(pickle.dumps(sentence)) == replace(sentence)
    with pytest.raises(FrozenInstanceError):
        sentence.text = "坏"  # type: ignore[misc]
