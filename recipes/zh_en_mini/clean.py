"""Repairs a pair where that is safe, and says why a pair is refused.

A rule is a function from a pair to whether it is bad; the order of `RULES` is that of the report, cheap ones first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace

from recipes.zh_en_mini.sources import Pair
from recipes.zh_en_mini.text import HAN, key
from translate.text.numbers import find_numbers, numbers_kept

__all__ = ["RULES", "reason_to_drop", "repair"]

_HAN = re.compile(f"[{HAN}]")
_CJK = rf"{HAN}\u2014\u2018-\u201d\u2026\u3000-\u303f\uff01-\uff60"
_BETWEEN_CJK = re.compile(rf"(?<=[{_CJK}])[ \t\u3000]+(?=[{_CJK}])")
_BLANKS = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_ROLE = re.compile(r":[a-z]+:`|`{1,2}")
_BULLET = re.compile(r"^\s*(?:[-*•·]|#+)\s+")
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "…": "..."})

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


def repair(pair: Pair) -> Pair:
    """Undo what is no part of the sentence: entities, simple tags, bullets, zero-width marks, word spacing.

    English quotes become straight ones: the sources mix both, and a small model cannot know which is wanted.
    """
    zh, en = (_strip(side) for side in (pair.zh, pair.en))
    return replace(pair, zh=_BETWEEN_CJK.sub("", zh), en=en.translate(_CURLY))


def _strip(text: str) -> str:
    text = _ROLE.sub("", _TAG.sub("", html.unescape(text)))
    return _BLANKS.sub(" ", _INVISIBLE.sub("", _BULLET.sub("", text))).strip()


def reason_to_drop(pair: Pair) -> str | None:
    """Name of the first rule that refuses the pair; None when all accept it."""
    return next((name for name, is_bad in RULES.items() if is_bad(pair)), None)


def _empty(pair: Pair) -> bool:
    return not key(pair.zh) or not key(pair.en)


def _script_zh(pair: Pair) -> bool:
    """No Chinese: less than a third of the letters are Han, or there is Japanese, Korean or another script."""
    n_han, n_latin = len(_HAN.findall(pair.zh)), len(_LATIN.findall(pair.zh))
    # A Latin word of five letters weighs as much as two characters.
    return n_han == 0 or n_han < 0.2 * n_latin or bool(_KANA_HANGUL.search(pair.zh) or _OTHER_SCRIPT.search(pair.zh))


def _script_en(pair: Pair) -> bool:
    letters = sum(char.isalpha() for char in pair.en)
    n_latin = len(_LATIN.findall(pair.en))
    return n_latin == 0 or n_latin < 0.9 * letters or bool(_HAN.search(pair.en) or _KANA_HANGUL.search(pair.en))


def _too_long(pair: Pair) -> bool:
    return len(pair.zh) > 2 * MAX_HAN or len(_HAN.findall(pair.zh)) > MAX_HAN or len(_WORD.findall(pair.en)) > MAX_WORDS


def _ratio(pair: Pair) -> bool:
    """Words against Chinese characters (a Latin word or number in the Chinese counts as a word on both sides)."""
    n_zh = len(_HAN.findall(pair.zh)) / 1.7 + len(_WORD.findall(pair.zh))
    n_en = len(_WORD.findall(pair.en))
    slack = 3  # short pairs vary more
    return n_en > 1.9 * n_zh + slack or n_zh > 1.8 * n_en + slack


def _markup(pair: Pair) -> bool:
    if _MARKUP.search(pair.zh) or _MARKUP.search(pair.en):
        return True
    return any(len(_CODE.findall(side)) > 2 + 0.05 * len(side) for side in (pair.zh, pair.en))


def _copied(pair: Pair) -> bool:
    """Most English words stand in the Chinese too: it was not translated."""
    words = [word.lower() for word in _LATIN_WORD.findall(pair.en)]
    there = {word.lower() for word in _LATIN_WORD.findall(pair.zh)}
    return len(words) >= 3 and sum(word in there for word in words) > 0.6 * len(words)


def _numbers(pair: Pair) -> bool:
    """A number of two digits or more that has no counterpart, on either side."""
    found, n_numbers = numbers_kept(pair.zh, pair.en)
    if n_numbers - found > (1 if n_numbers > 4 else 0):
        return True
    there = "".join(find_numbers(pair.zh))
    has_scale = any(mark in pair.zh for mark in "百千万亿")
    lost = [number for number in find_numbers(pair.en) if len(number) > 2 and number.replace(".", "") not in there]
    return bool(lost) and not has_scale and "".join(lost).replace(".", "") not in there.replace(".", "")


def _stutter(pair: Pair) -> bool:
    return bool(_STUTTER.search(pair.zh) or _STUTTER.search(pair.en))


def _sentences(pair: Pair) -> bool:
    """One side has at least three sentences more than the other: something is missing."""
    n_zh, n_en = len(_ENDS.findall(pair.zh)), len(_ENGLISH_ENDS.findall(pair.en))
    return n_zh >= n_en + 3 or n_en >= n_zh + 3


RULES: dict[str, Callable[[Pair], bool]] = {
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
