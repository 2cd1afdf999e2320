"""Languages as LibreTranslate's clients name them, and which one a text is in."""

from __future__ import annotations

import re
from typing import Any

from corpus.signals.language import english_share
from translate.marian.languages import LanguagePair
from translate.text.language import is_foreign
from translate.text.marks import HAN

__all__ = ["AUTO", "NAMES", "detect", "language_of", "listed"]

AUTO = "auto"
"""The source that is to be found out."""

NAMES = {"zh": "Chinese", "zh-Hans": "Chinese (Simplified)", "zh-Hant": "Chinese (Traditional)", "en": "English"}
"""Codes we list, with their names. Clients differ in what they call Chinese, and each looks for its own code."""

_ALIASES = {"zt": "zh-Hant", "zh-cn": "zh-Hans", "zh-sg": "zh-Hans", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant"}
"""What LibreTranslate and its clients called these before."""

_HAN = re.compile(f"[{HAN}]")
_HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_LATIN_WORD = re.compile("[a-zA-ZÀ-ɏ]+(?:['’-][a-zA-ZÀ-ɏ]+)*")
_OTHER_LETTER = re.compile(r"[^\W\d_a-zA-ZÀ-ɏ]")
_SAMPLE = 20_000


def language_of(code: str) -> str | None:
    """The code in `NAMES` that is meant, whatever its case; None for a language we know nothing of."""
    wanted = code.replace("_", "-").lower()
    wanted = _ALIASES.get(wanted, wanted)
    return next((name for name in NAMES if name.lower() == wanted.lower()), None)


def listed(languages: LanguagePair) -> list[dict[str, Any]]:
    """The answer to ``/languages``: each language, and what it can be translated to.

    Args:
        languages: of the model.
    """
    target = languages.primary[1]
    return [{"code": code, "name": name, "targets": [] if code == target else [target]} for code, name in NAMES.items()]


def detect(text: str) -> list[dict[str, Any]]:
    """What language a text is in, in the shape of LibreTranslate: codes, each with a confidence from 0 to 100.

    Told apart are Chinese, Japanese, Korean and English; of any other it is only said, by a confidence of 0, that none
    of these was found. A Han character counts as much as a word of another script.
    """
    text = text[:_SAMPLE]
    n_han, n_latin = len(_HAN.findall(text)), len(_LATIN_WORD.findall(text))
    n_all = n_latin + len(_OTHER_LETTER.findall(text))
    if n_all and is_foreign(text):
        return [{"confidence": 90.0, "language": "ko" if _HANGUL.search(text) else "ja"}]
    chinese = n_han / n_all if n_all else 0.0
    english = (english_share("", text) or 0.0) * n_latin / n_all if n_latin else 0.0
    found = [("zh", chinese), ("en", english)]
    found = sorted((item for item in found if item[1] > 0), key=lambda item: -item[1]) or [("en", 0.0)]
    return [{"confidence": round(100 * share, 1), "language": code} for code, share in found]
