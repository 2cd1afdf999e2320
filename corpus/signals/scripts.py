"""``han_share`` and ``latin_share``: letters of the one language in a text of the other."""

from __future__ import annotations

import re

from corpus.signals.signal import Signal
from translate.text.marks import HAN

__all__ = ["HAN_SHARE", "LATIN_SHARE", "han_share", "latin_share"]

_HAN = re.compile(f"[{HAN}]")
_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏＡ-Ｚａ-ｚ]")


def han_share(source: str, target: str) -> float | None:
    """Share of the target's letters that are Chinese characters; None for a target without letters."""
    return _share(_HAN, target)


def latin_share(source: str, target: str) -> float | None:
    """Share of the source's letters that are Latin; None for a source without letters."""
    return _share(_LATIN, source)


def _share(wanted: re.Pattern[str], text: str) -> float | None:
    n_wanted = len(wanted.findall(text))
    if not n_wanted:  # as in most texts, whose letters need not be counted then
        return 0.0 if any(map(str.isalpha, text)) else None
    n_letters = sum(map(str.isalpha, text))
    return min(1.0, n_wanted / n_letters) if n_letters else None


HAN_SHARE = Signal("han_share", han_share, 1, "share", 0, 1, "Chinese characters among the letters of the target")
LATIN_SHARE = Signal("latin_share", latin_share, 1, "share", 0, 1, "Latin letters among the letters of the source")
