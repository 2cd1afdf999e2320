"""Reads the numbers of an English text."""

from __future__ import annotations

import re
from functools import lru_cache

from translate.text.numbers.english.roman import romans
from translate.text.numbers.english.said import Said
from translate.text.numbers.english.words import ASKING_WORDS, NUMBER_WORDS
from translate.text.numbers.number import VULGAR, Number, fold

__all__ = ["read_english"]

_SAYS_A_NUMBER = re.compile(r"[0-9½¼¾⅓⅔⅕-⅞]")
_WORD = re.compile(r"[A-Za-z]+")
_OUT_OF = re.compile(r"\s+(?:out\s+of|in|of)\s+(?:every\s+)?|-in-")
_LARGEST_BELOW = 20


class _EnglishReader(Said):
    """Reads a text from left to right."""

    def read(self) -> list[Number]:
        tokens, n_tokens, i = self.tokens, len(self.tokens), 0
        while i < n_tokens:
            word = tokens[i][0]
            if "0" <= word[0] <= "9" or word in VULGAR:
                i = self._digits(i)
            elif word in NUMBER_WORDS:
                i = self._word(i)
            else:
                i += 1
        self._ratios()
        return self.found

    def _ratios(self) -> None:
        """``nine in ten`` and ``three out of every four`` are one number, or two."""
        for k in range(len(self.found) - 1, 0, -1):
            first, second = self.found[k - 1], self.found[k]
            if not _OUT_OF.fullmatch(self.text, first.end, second.start) or not first.values or not second.values:
                continue
            above, below = first.values[0], second.values[0]
            if isinstance(above, float) and isinstance(below, float) and 0 < above < below <= _LARGEST_BELOW:
                ratio = above / below
                values = (ratio, 100 * ratio, round(100 * ratio, 6))
                both = self.text[first.start : second.end]
                self.found[k - 1 : k + 1] = [Number(first.start, second.end, both, values, parts=(first, second))]


def read_english(text: str, *, with_implied: bool = True) -> list[Number]:
    """The numbers of an English text in their order.

    ``650 million``, ``six hundred and fifty million`` and ``0.65bn`` have one value; ``the third``, ``March``,
    ``one fifth``, ``3:30 p.m.``, ``dozens``, ``in the 1990s`` are numbers as well.

    Args:
        text: English.
        with_implied: also where there is nothing but what no source must have (``one``, ``both``), and at the end
            what is in Roman numerals.
    """
    folded = fold(text)
    if not _SAYS_A_NUMBER.search(folded):
        words = NUMBER_WORDS if with_implied else ASKING_WORDS
        if words.isdisjoint(_WORD.findall(folded.lower())):
            return romans(folded) if with_implied else []
    found = _read(folded)
    return [*found, *romans(folded)] if with_implied else [*found]


# A comparison asks first for what is written, and then again with what is implied.
@lru_cache(maxsize=1)
def _read(folded: str) -> tuple[Number, ...]:
    return tuple(_EnglishReader(folded).read())
