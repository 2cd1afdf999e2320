"""``length_ratio`` and ``length_z``: how long the English is for that much Chinese."""

from __future__ import annotations

from math import inf, sqrt

from corpus.signals.signal import Signal
from corpus.signals.words import CHARACTERS_A_WORD, count_characters, count_words

__all__ = ["LENGTH_RATIO", "LENGTH_Z", "length_ratio", "length_z"]

_VARIANCE = 0.45
"""Of the words of a translation, for each character of the source: 0.38 to 0.46 in the sets that are named at
`CHARACTERS_A_WORD`, and 0.74 in WMT 2020."""

_SLACK = 3
"""Characters that are added to every source, since a greeting may be as long as one likes."""


def length_ratio(source: str, target: str) -> float | None:
    """English words for each Chinese character; None for a source without characters, words and figures.

    What the source writes in Latin letters or in digits is as long as the words it stands for, so that
    ``iPhone 12 Pro 发布`` is not short.
    """
    n_characters = count_characters(source)
    return count_words(target) / n_characters if n_characters else None


def length_z(source: str, target: str) -> float | None:
    """How many standard deviations the English is longer than so much Chinese mostly makes it; negative for shorter.

    The model is that of W. A. Gale and K. W. Church, "A Program for Aligning Sentences in Bilingual Corpora" (1993),
    in words and characters: the variance grows with the length, so that a short pair may have any ratio. The constants
    are of translations by people, not of the corpus at hand: the number of a pair depends on nothing but the pair.
    """
    n_characters = count_characters(source)
    if not n_characters:
        return None
    return (count_words(target) - n_characters / CHARACTERS_A_WORD) / sqrt(_VARIANCE * (n_characters + _SLACK))


LENGTH_RATIO = Signal(
    "length_ratio", length_ratio, 1, "words a character", 0, inf, "English words for each Chinese character"
)
LENGTH_Z = Signal(
    "length_z", length_z, 1, "standard deviations", -inf, inf, "how much longer (or, negative, shorter) than usual"
)
