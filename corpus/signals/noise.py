"""Says why a pair of found text is noise: misaligned, in a wrong language, full of markup.

A rule is a function from two strings to whether the pair is bad; the order of `RULES` is that of a report, cheap ones
first. They are strict: made to choose what a model is trained on, where a good pair lost costs little.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from corpus.signals.keys import key
from translate.text.marks import HAN
from translate.text.numbers import find_numbers, numbers_kept

__all__ = ["RULES", "reason_to_drop"]

_HAN = re.compile(f"[{HAN}]")
_MARKUP = re.compile(r"https?://\S+|&\w+;|\{\{|\}\}|\]\(|</|/>|\\[a-z]+\{|::|%\(|\$\{|[A-Za-z]\(\)\.|--[a-z]|={3,}|\|")
_CODE = re.compile(r"[{}\[\]<>=_\\|$^~@#*/+]")
_KANA_HANGUL = re.compile(r"[\u3041-\u30ff\uac00-\ud7af]")
_LATIN = re.compile(r"[A-Za-z]")
_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*|\d+(?:[.,]\d+)*")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\ua000-\uabff]")
_STUTTER = re.compile(r"\b(\w+)(?:\W+\1\b){3,}|([^\W\d_]{2,8})\2{3,}")
_ENDS = re.compile(r"[。！？!?]")
_ENGLISH_ENDS = re.compile(r"[.!?](?=\s|$|[\"'”’)])")

MAX_HAN, MAX_WORDS = 200, 120


def reason_to_drop(source: str, target: str) -> str | None:
    """Name of the first rule that refuses the pair; None when all accept it."""
    return next((name for name, is_bad in RULES.items() if is_bad(source, target)), None)


def _empty(source: str, target: str) -> bool:
    return not key(source) or not key(target)


def _script_zh(source: str, target: str) -> bool:
    """No Chinese: less than a third of the letters are Han, or there is Japanese, Korean or another script."""
    n_han, n_latin = len(_HAN.findall(source)), len(_LATIN.findall(source))
    # A Latin word of five letters weighs as much as two characters.
    return n_han == 0 or n_han < 0.2 * n_latin or bool(_KANA_HANGUL.search(source) or _OTHER_SCRIPT.search(source))


def _script_en(source: str, target: str) -> bool:
    letters = sum(char.isalpha() for char in target)
    n_latin = len(_LATIN.findall(target))
    return n_latin == 0 or n_latin < 0.9 * letters or bool(_HAN.search(target) or _KANA_HANGUL.search(target))


def _too_long(source: str, target: str) -> bool:
    return len(source) > 2 * MAX_HAN or len(_HAN.findall(source)) > MAX_HAN or len(_WORD.findall(target)) > MAX_WORDS


def _ratio(source: str, target: str) -> bool:
    """Words against Chinese characters (a Latin word or number in the Chinese counts as a word on both sides)."""
    n_zh = len(_HAN.findall(source)) / 1.7 + len(_WORD.findall(source))
    n_en = len(_WORD.findall(target))
    slack = 3  # short pairs vary more
    return n_en > 1.9 * n_zh + slack or n_zh > 1.8 * n_en + slack


def _markup(source: str, target: str) -> bool:
    if _MARKUP.search(source) or _MARKUP.search(target):
        return True
    return any(len(_CODE.findall(side)) > 2 + 0.05 * len(side) for side in (source, target))


def _copied(source: str, target: str) -> bool:
    """Most English words stand in the Chinese too: it was not translated."""
    words = [word.lower() for word in _LATIN_WORD.findall(target)]
    there = {word.lower() for word in _LATIN_WORD.findall(source)}
    return len(words) >= 3 and sum(word in there for word in words) > 0.6 * len(words)


def _numbers(source: str, target: str) -> bool:
    """A number of two digits or more that has no counterpart, on either side."""
    found, n_numbers = numbers_kept(source, target)
    if n_numbers - found > (1 if n_numbers > 4 else 0):
        return True
    there = "".join(find_numbers(source))
    has_scale = any(mark in source for mark in "百千万亿")
    lost = [number for number in find_numbers(target) if len(number) > 2 and number.replace(".", "") not in there]
    return bool(lost) and not has_scale and "".join(lost).replace(".", "") not in there.replace(".", "")


def _stutter(source: str, target: str) -> bool:
    return bool(_STUTTER.search(source) or _STUTTER.search(target))


def _sentences(source: str, target: str) -> bool:
    """One side has at least three sentences more than the other: something is missing."""
    n_zh, n_en = len(_ENDS.findall(source)), len(_ENGLISH_ENDS.findall(target))
    return n_zh >= n_en + 3 or n_en >= n_zh + 3


RULES: dict[str, Callable[[str, str], bool]] = {
    "empty": _empty,
    "script_zh": _script_zh,
    "script_en": _script_en,
    "too_long": _too_long,
    "ratio": _ratio,
    "markup": _markup,
    "copied": _copied,
    "numbers": _numbers,
    "stutter": _stutter,
    "sentences": _sentences,
}
"""Name of a reason -> whether it holds for a repaired pair."""
