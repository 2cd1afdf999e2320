"""What the aligner reads of a sentence: English stems, marks, and how a sentence begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["chinese_edges", "chinese_marks", "english_edges", "english_marks", "english_stems", "latin_stems"]

_WORD = re.compile(r"[a-z]+|\d{1,3}(?:,\d{3})+|\d+")
_POSSESSIVE = re.compile(r"['’]s\b")


def english_stems(text: str) -> list[str]:
    """The words and numbers of an English text, in lower case and less their endings: ``looked`` and ``looks`` are one.

    Porter's first step (1980), roughly: a word need not come out right, only the same in all its forms.
    """
    return [_stem(word.replace(",", "")) for word in _WORD.findall(_POSSESSIVE.sub(" ", text.lower()))]


def latin_stems(text: str) -> list[str]:
    """The same of the Latin words and the figures that stand in a Chinese text, which are often left as they are."""
    return english_stems(text) if _WORD.search(text.lower()) else []


def _stem(word: str) -> str:
    if len(word) > 4:
        for ending, instead in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("ly", "")):
            if word.endswith(ending) and (ending != "ing" or len(word) > 5):
                word = word.removesuffix(ending) + instead
                break
        else:
            word = _singular(word)
    elif len(word) > 3:
        word = _singular(word)
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == "e" else word


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


# -- marks -----------------------------------------------------------------------------------------------------------

_CHINESE_MARKS = {
    "“": "open", "「": "open", "『": "open", "”": "close", "」": "close", "』": "close",
    "？": "?", "?": "?", "！": "!", "!": "!", "：": ":", ":": ":", "；": ";", ";": ";",
    "（": "(", "(": "(", "）": ")", ")": ")", "…": "…", "—": "—",
}  # fmt: skip
_ENGLISH_MARKS = {"?": "?", "!": "!", ":": ":", ";": ";", "(": "(", ")": ")", "…": "…", "—": "—"}
_DOTS = re.compile(r"\.{3,}|\.(?:\s\.){2,}|…+")
_DASHES = re.compile(r"--+|—+|\s[–-]\s")


def chinese_marks(text: str) -> list[str]:
    """The marks of a Chinese sentence that an English one is likely to have too, by common names."""
    text = _DASHES.sub("—", _DOTS.sub("…", text))
    return [_CHINESE_MARKS[char] for char in text if char in _CHINESE_MARKS]


def english_marks(text: str) -> list[str]:
    """The same of an English sentence; straight and single quotes are opening or closing by what stands beside them."""
    return list(_english_marks(_DASHES.sub("—", _DOTS.sub("…", text))))


def _english_marks(text: str) -> Iterator[str]:
    for index, char in enumerate(text):
        if char in _ENGLISH_MARKS:
            yield _ENGLISH_MARKS[char]
        elif char == "“":
            yield "open"
        elif char == "”":
            yield "close"
        elif char in "\"'‘’":
            before, after = text[index - 1 : index] or " ", text[index + 1 : index + 2] or " "
            if before.isalnum() and after.isalnum():
                continue  # don't
            if (before.isspace() or before in "([—") and not after.isspace():
                yield "open"
            elif char == '"' or not before.isalnum():
                yield "close"


# -- edges -----------------------------------------------------------------------------------------------------------

_OPENING, _CLOSING = "“「『\"'‘", "”」』\"'’"
_LAST_MARKS = {
    "。": ".", ".": ".", "；": ".", ";": ".", "？": "?", "?": "?", "！": "!", "!": "!",
    "：": ":", ":": ":", "…": "…", "，": ",", ",": ",", "—": "—",
}  # fmt: skip


def chinese_edges(text: str) -> tuple[str, str]:
    """How a sentence begins (with an opening quote or not), and with which mark and quote it ends."""
    return _edges(text)


def english_edges(text: str) -> tuple[str, str]:
    """The same of an English sentence; ``.`` at the end may be the last of three."""
    return _edges(_DOTS.sub("…", text))


def _edges(text: str) -> tuple[str, str]:
    text = text.strip()
    bare = text.rstrip(_CLOSING + " ")
    begins = "quote" if text[:1] and text[0] in _OPENING else "word"
    closes = "quote" if text[-1:] and text[-1] in _CLOSING else ""
    return begins, _LAST_MARKS.get(bare[-1:], "word") + closes
