"""What the aligner reads of a sentence beside its words: marks, and how it begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["chinese_edges", "chinese_marks", "english_edges", "english_marks"]

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
