"""What was repaired in a sentence, as its raw text beside the repaired one shows it."""

from __future__ import annotations

import re

__all__ = ["REPAIRS", "repair_of"]

REPAIRS = {
    "spaces": "only spaces, or breaks of lines, were taken out or put in",
    "entities": "the raw text has character references, such as &#8212;",
    "characters": "other characters were replaced or taken out",
}
"""The kinds, each with its meaning; a pair counts once, under the first that fits."""

_ENTITY = re.compile(r"&\s*(?:#\s*[xX]?\s*)?[0-9A-Za-z]+\s*[;；]")
_SPACE = re.compile(r"\s+")


def repair_of(raw: str, text: str) -> str:
    """One of `REPAIRS`; empty where nothing was changed, or where the raw text is not known."""
    if not raw or raw == text:
        return ""
    if _SPACE.sub("", raw) == _SPACE.sub("", text):
        return "spaces"
    return "entities" if _ENTITY.search(raw) else "characters"
