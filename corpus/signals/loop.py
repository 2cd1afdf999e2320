"""``loop``: the English repeats words over and over, more often than the Chinese does."""

from __future__ import annotations

from functools import partial

from translate.pipeline.translation import Attempt, Translation
from translate.text.repetition import loops

__all__ = ["VERSION", "is_looping", "loop"]

VERSION = 1


def loop(said: Translation) -> bool:
    """Whether the first attempt, or the one that is kept, is such a text."""
    return any(map(partial(is_looping, said.source), said.first_and_best))


def is_looping(source: str, attempt: Attempt) -> bool:
    """Whether an attempt at a sentence is such a text."""
    return loops(source, attempt.whole.text)
