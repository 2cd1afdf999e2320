"""``loop``: the English repeats words over and over, more often than the Chinese does."""

from __future__ import annotations

from functools import partial

from corpus.signals.repetition import times_in_a_row
from translate.pipeline.translation import Attempt, Translation
from translate.text.repetition import loops

__all__ = ["VERSION", "is_looping", "loop", "loops_in_target"]

VERSION = 1

_FEWEST = 3
"""Times in a row from which a text may be a loop."""


def loop(said: Translation) -> bool:
    """Whether the first attempt, or the one that is kept, is such a text."""
    return any(map(partial(is_looping, said.source), said.first_and_best))


def is_looping(source: str, attempt: Attempt) -> bool:
    """Whether an attempt at a sentence is such a text."""
    return loops(source, attempt.whole.text)


def loops_in_target(source: str, target: str) -> bool:
    """Whether the target of any pair is such a text, whoever wrote it."""
    return times_in_a_row(target) >= _FEWEST and loops(source, target)
