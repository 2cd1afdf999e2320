"""Reads the numbers of an English text."""

from __future__ import annotations

import re

from translate.text.numbers.english.digits import VULGAR
from translate.text.numbers.english.roman import romans
from translate.text.numbers.english.said import Said
from translate.text.numbers.english.words import ASKING_WORDS, NUMBER_WORDS
from translate.text.numbers.number import Number, fold

__all__ = ["read_english"]

_SAYS_A_NUMBER = re.compile(r"[0-9½¼¾⅓⅔⅕-⅞]")
_WORD = re.compile(r"[A-Za-z]+")


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
        return self.found


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
    found = _EnglishReader(folded).read()
    return found + romans(folded) if with_implied else found
