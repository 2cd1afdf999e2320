"""``repetition``: the target says something over and over that the source does not."""

from __future__ import annotations

from functools import lru_cache
from math import inf

from corpus.signals.signal import Signal
from translate.text.repetition import repeats, word_repeats

__all__ = ["REPETITION", "repetition", "times_in_a_row"]


# The signal and the flag ask one after the other.
@lru_cache(maxsize=1)
def times_in_a_row(target: str) -> int:
    """How often the most repeated group of words of a target stands in a row, from 1."""
    return word_repeats(target)


def repetition(source: str, target: str) -> float:
    """How often the target's most repeated group of up to 16 words stands in a row, less what the source repeats.

    1 is a text that repeats nothing, or no more often than the source: ``哈哈哈`` may be ``ha ha ha``.
    """
    times = times_in_a_row(target)
    return max(1, times - repeats(source) + 1) if times > 1 else 1


REPETITION = Signal(
    "repetition", repetition, 1, "times", 1, inf, "how often a group of words stands in a row, beyond the source's own"
)
