"""Roman numerals: World War II, Chapter IV."""

from __future__ import annotations

import re

from translate.text.numbers.number import Number

__all__ = ["romans"]

_ROMAN = re.compile(r"[IVX]{1,7}(?![\w'’-])")
_IS_ROMAN = re.compile("X{0,3}(?:IX|IV|V?I{0,3})")
_INSIDE_WORD = re.compile(r"[\w'’.-]")
_ROMAN_ONE = re.compile(r"(?:War|Part|Chapter|Article|Volume|Book|Act|Phase|Type|Level|Class|Title|Elizabeth)\s+$")
_ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10}


def romans(text: str) -> list[Number]:
    """World War II, Chapter IV."""
    found = []
    for match in _ROMAN.finditer(text):
        numeral = match[0]
        if _INSIDE_WORD.match(text, match.start() - 1) or not _IS_ROMAN.fullmatch(numeral):
            continue
        if numeral in "IVX" and not _ROMAN_ONE.search(text[max(0, match.start() - 16) : match.start()]):
            continue
        digits = [_ROMAN_DIGITS[letter] for letter in numeral]
        value = sum(-a if a < b else a for a, b in zip(digits, [*digits[1:], 0], strict=True))
        found.append(Number(match.start(), match.end(), numeral, (float(value),), is_required=False))
    return found
