"""Text that is no prose: what its suffix or its first line gives it away as."""

from __future__ import annotations

import re

__all__ = ["STRUCTURED", "looks_like"]

STRUCTURED = {
    **dict.fromkeys((".htm", ".html", ".xhtml"), "HTML"),
    **dict.fromkeys((".tmx", ".xlf", ".xliff", ".xml"), "XML"),
    **dict.fromkeys((".csv", ".tsv"), "a table"),
    **dict.fromkeys((".ass", ".srt", ".vtt"), "subtitles"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "JSON"),
}
"""Suffixes of text whose markup would be taken for prose, and what it is."""

_BEGINNINGS = (
    (re.compile(r"\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE), "HTML"),
    (re.compile(r"\s*<\?xml\b"), "XML"),
    (re.compile(r'\s*\[\s*([{\["]|$)'), "JSON"),
    (re.compile(r'\s*\{\s*("|$)'), "JSON"),
)


def looks_like(line: str) -> str | None:
    """What a text is (a value of `STRUCTURED`) by its first line that is not blank; None where it may be prose."""
    return next((what for begins, what in _BEGINNINGS if begins.match(line)), None)
