"""Chinese typography as ASCII: how text without Chinese in it is written on the English side."""

from __future__ import annotations

import re

__all__ = ["in_ascii"]

_MARKS = {
    "\u3000": " ", "\xa0": " ", "。": ".", "｡": ".", "、": ",", "､": ",", "…": "...", "⋯": "...",
    "“": '"', "”": '"', "„": '"', "「": '"', "」": '"', "『": '"', "』": '"', "《": '"', "》": '"',
    "‘": "'", "’": "'", "〈": "'", "〉": "'", "【": "[", "】": "]", "〔": "[", "〕": "]", "〖": "[", "〗": "]",
}  # fmt: skip
_TABLE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | _MARKS
_FOLD = str.maketrans(_TABLE)
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WIDE = "".join(sorted(set(_TABLE) - {"\xa0", "’", "‘", "“", "”", "„", "…", "\u3000"}))
_CHINESE = re.compile(f"[{re.escape(_WIDE)}\u3000]")
_GLUED = re.compile(r"([。｡，、､；：！？）】](?![\s\d]))(?=\w)|((?<=\w)[（【])")
_LOOSE = re.compile(r"[\s\u3000]+(?=[。｡，、､；：！？）】．])")


def in_ascii(text: str) -> str:
    """Write full-width forms and Chinese marks as ASCII: ``１２．５％ 。`` reads ``12.5%.`` then.

    A mark that brings its own white space in Chinese has a space beside it then, and none before it; figures stay
    together (``１，０００`` is ``1,000``). Dashes, accents and signs, which English has too, stay, and so
    does all of a text in Japanese or Korean.
    """
    if text.isascii() or _EAST_ASIAN.search(text):
        return text
    if _CHINESE.search(text):
        text = _GLUED.sub(lambda match: f"{match[1]} " if match[1] else f" {match[2]}", _LOOSE.sub("", text))
    return text.translate(_FOLD)
