"""Markup in text that is read as prose: HTML, Markdown, JSON, subtitles, rows of CSV."""

from __future__ import annotations

import re
from collections import Counter

__all__ = ["MAY_BE_MARKUP", "SUSPECTS", "has_markup", "is_comma_separated"]

SUSPECTS = r'<>*#|\]`_"'
MAY_BE_MARKUP = re.compile(f"[{SUSPECTS}]")
"""What a text has in which there is markup; most have none of it."""

_MARKUP = re.compile(
    r"</?[A-Za-z][A-Za-z0-9]{0,15}(?:\s[^<>]{0,300})?/?>|<!--|<!(?i:doctype)\b"  # HTML
    r"|\[[^\[\]\n]{0,200}\]\([^()\s]{1,500}\)|(?:^|(?<=\s))#{1,6}\s\S|\*\*[^*\s][^*]{0,300}\*\*|__[^_\s][^_]{0,300}__"
    r"|```|`[^`\n]{1,100}`|^\|(?!\|)"  # Markdown
    r'|[{,\[]\s*"[^"\n]{1,80}"\s*:|^\s*"[^"\n]{1,80}"\s*:\s*["\[{0-9tfn]'  # JSON
    r"|[0-9]{2}:[0-9]{2}[,.][0-9]{2,3}\s*-->\s*[0-9]{2}:"  # subtitles
)
_FEWEST_ROWS = 3


def has_markup(text: str) -> bool:
    """Whether a sentence has markup in it that a model would take for prose."""
    return _MARKUP.search(text) is not None


def is_comma_separated(sample: str) -> bool:
    """Whether a text is a table of CSV: every line has as many commas of ASCII, none with a blank behind it."""
    lines = [line for line in sample.splitlines() if line.strip()]
    if len(lines) < _FEWEST_ROWS or not all("," in line for line in lines[:_FEWEST_ROWS]):
        return False
    counts = Counter(len(_COMMA.findall(line)) for line in lines)
    n_commas, n_lines = counts.most_common(1)[0]
    return n_commas >= 1 and n_lines * 10 >= 9 * len(lines) and not any(", " in line for line in lines[:20])


_COMMA = re.compile(r",(?![0-9]{3}(?![0-9]))")
