"""Repairs a pair where that is safe; why one is refused is told by `corpus.signals.noise`."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from recipes.zh_en_mini.sources import Pair
from translate.text.marks import HAN

__all__ = ["repair"]

_CJK = rf"{HAN}\u2014\u2018-\u201d\u2026\u3000-\u303f\uff01-\uff60"
_BETWEEN_CJK = re.compile(rf"(?<=[{_CJK}])[ \t\u3000]+(?=[{_CJK}])")
_BLANKS = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_ROLE = re.compile(r":[a-z]+:`|`{1,2}")
_BULLET = re.compile(r"^\s*(?:[-*•·]|#+)\s+")
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "…": "..."})


def repair(pair: Pair) -> Pair:
    """Undo what is no part of the sentence: entities, simple tags, bullets, zero-width marks, word spacing.

    English quotes become straight ones: the sources mix both, and a small model cannot know which is wanted.
    """
    zh, en = (_strip(side) for side in (pair.zh, pair.en))
    return replace(pair, zh=_BETWEEN_CJK.sub("", zh), en=en.translate(_CURLY))


def _strip(text: str) -> str:
    text = _ROLE.sub("", _TAG.sub("", html.unescape(text)))
    return _BLANKS.sub(" ", _INVISIBLE.sub("", _BULLET.sub("", text))).strip()
