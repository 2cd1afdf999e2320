"""The words of a sentence, with their places: what the links of word alignment are numbered over.

Two tokenisations, which `NAMES` names. Both leave out white space and nothing else: every other character lies in
exactly one token.

- ``zh-words``: a run of ideographs is cut into the words of a dictionary, by the likeliest cutting (each word at its
  frequency); an ideograph that begins no word is one by itself. Words and not characters, since one English word is
  most often one Chinese word and two characters, and a link should say so.
- ``en-words``: letters with inner apostrophes (``don't``), the ``'s`` of ``China's`` by itself; a hyphen parts words.

In both a number with its points and commas is a token, so are Latin letters in a row, and any other character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from translate.text.marks import HAN

__all__ = ["NAMES", "Span", "chinese_tokens", "english_tokens", "folded"]

NAMES = ("zh-words", "en-words")
"""The tokenisations of the two sides."""

Span = tuple[int, int]
"""First character of a token, and one past its last: code points of the sentence."""

_NUMBER = r"\d+(?:[.,:]\d+)*"
_LETTERS = rf"[^\W\d_{HAN}]+"
_CHINESE = re.compile(rf"(?P<han>[{HAN}]+)|{_NUMBER}|{_LETTERS}|\S")
_ENGLISH = re.compile(rf"{_NUMBER}|{_LETTERS}(?:['’](?![sS]\b){_LETTERS})*|['’][sS]\b|\S")


def chinese_tokens(text: str, cut: Callable[[str], Sequence[str]]) -> list[Span]:
    """The words of a Chinese sentence.

    Args:
        text: as it stands; offsets are those of its code points.
        cut: cuts a run of ideographs into words, which joined are the run again.
    """
    spans: list[Span] = []
    for found in _CHINESE.finditer(text):
        start = found.start()
        for word in cut(found[0]) if found["han"] else (found[0],):
            spans.append((start, start + len(word)))
            start += len(word)
    return spans


def english_tokens(text: str) -> list[Span]:
    """The words of an English sentence."""
    return [found.span() for found in _ENGLISH.finditer(text)]


def folded(token: str) -> str:
    """A token as it is looked up: in lower case, full-width letters and digits as narrow ones."""
    return token.lower() if token.isascii() else unicodedata.normalize("NFKC", token).lower()
