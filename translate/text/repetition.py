"""Words said over and over, as a decoder that has lost its way does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from operator import eq

__all__ = ["loops", "repeats", "word_repeats"]

_LONGEST_PERIOD = 16
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_GLUED = re.compile(r"(\S{1,16}?)\1{3,}")


def loops(source: str, target: str) -> bool:
    """Whether the English says words over and over, and more often than the Chinese does."""
    words = _WORD.findall(target.lower())
    times = _glued_repeats(target)
    # Nearly always no word is there three times, and then no group of them three times in a row.
    if any(n > 2 and word[0].isalnum() for word, n in Counter(words).items()):
        times = max(times, repeats(words), repeats(words, n_least=2) + 1)
    # “very, very, very” and “no, no, no” are English; four times is not, nor are three times the same few words,
    # unless the source says it as often.
    return times >= 4 and times > repeats(source) + 1


def word_repeats(text: str) -> int:
    """How often the most repeated group of words, or of characters within a word, stands in a row, from 1."""
    return max(_glued_repeats(text), repeats(_WORD.findall(text.lower())))


def repeats(units: Sequence[str], *, n_least: int = 1) -> int:
    """How often the most repeated group of up to 16 units stands in a row, from 1.

    ``repeats("哈哈哈")`` is 3; ``repeats(["a", "b", "a", "b"])`` is 2.

    Args:
        units: words, or characters.
        n_least: only groups with so many words count; those of marks alone (``……``, ``----``) never do.
    """
    most = 1
    # What is equal to an earlier one is not the first of its kind: so many units at most, which is few in most texts.
    n_again = len(units) - len(set(units))
    for period in range(1, min(_LONGEST_PERIOD, len(units) // 2, n_again) + 1):
        # So many units must be equal to the one that far before, which is counted much faster than runs are found.
        if n_again < most * period or sum(map(eq, units[period:], units)) < most * period:
            continue
        run = 0
        for i in range(period, len(units)):
            if units[i] != units[i - period]:
                run = 0
                continue
            run += 1
            times = run // period + 1
            if times > most and sum(unit[0].isalnum() for unit in units[i - period + 1 : i + 1]) >= n_least:
                most = times
    return most


def _glued_repeats(text: str) -> int:
    """The same for groups of characters inside one word: ``hahahahaha`` is 5."""
    most = 1
    for word in text.split():
        # Four times the same is three characters that were there already, which few words have.
        if len(word) < 4 or len(word) - len(set(word)) < 3:
            continue
        for match in _GLUED.finditer(word):
            group = match[1]
            if any(char.isalpha() for char in group):
                most = max(most, len(match[0]) // len(group))
    return most
