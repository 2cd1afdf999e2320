"""How a document is laid out: whether spaces stand between its words, and whether its lines were cut at a width.

Decided once for a document, on a sample of it, so that one odd line does not change how it is read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from translate.marks import CLOSERS, FINAL, HAN

__all__ = ["Profile", "columns", "continues", "profile"]


@dataclass(frozen=True, slots=True)
class Profile:
    """What was decided for a whole document from a sample of it.

    Attributes:
        segmented: whether spaces stand between Chinese words (``腾讯 公司 与``).
        wrap: the column (a Han character counts 2) at which lines were cut by a fixed width, or None.
    """

    segmented: bool = False
    wrap: int | None = None


_PAIR = re.compile(f"(?<=[{HAN}])(?=[{HAN}])")
_SPACED_PAIR = re.compile(f"(?<=[{HAN}]) (?=[{HAN}])")
_POINT = re.compile("[，。、；：！？]")
_SPACED_POINT = re.compile(" [，。、；：！？]")
_LONE_FUNCTION_WORD = re.compile(" [的了是在和与不也就都我你他她这那有] ")


def profile(sample: str) -> Profile:
    """Decide how a document is written from a sample of it (64 Ki code points or more, or all of it).

    Args:
        sample: the beginning of the document, line ends included.
    """
    return Profile(segmented=_is_segmented(sample), wrap=_wrap_width(re.split(r"\r\n|\n|\r", sample)))


def _is_segmented(sample: str) -> bool:
    n_spaced = len(_SPACED_PAIR.findall(sample))
    if not n_spaced or n_spaced < 0.25 * (n_spaced + len(_PAIR.findall(sample))):
        return False
    n_points = len(_POINT.findall(sample))
    if n_points:
        return len(_SPACED_POINT.findall(sample)) * 2 >= n_points
    return _LONE_FUNCTION_WORD.search(sample) is not None


_ENDS_CLAUSE = re.compile(f'[{FINAL}，、；：,;:…—{CLOSERS}"]\\Z')
_ENDS_SENTENCE = re.compile(f'[{FINAL}…：:；][{CLOSERS}"]*\\Z')
_MIN_WRAP = 30
_SLACK = 4


def columns(line: str) -> int:
    """Width of a line where a Han character takes two columns: its length in the national encoding."""
    return len(line.encode("gb18030", "replace"))


def _wrap_width(lines: list[str]) -> int | None:
    """The width at which lines were cut, when most lines are as long as the longest and end in mid-clause.

    Verse has lines of one length too, but short ones that end with a clause; lists end where they like.
    """
    texts = [line.rstrip() for line in lines if line.strip()]
    if len(texts) < 6:
        return None
    widths = sorted(map(columns, texts))
    width = widths[len(widths) * 9 // 10]
    full = [text for text in texts if width - _SLACK <= columns(text) <= width + _SLACK]
    longer = len(widths) - bisect_right(widths, width + _SLACK)
    if width < _MIN_WRAP or longer * 50 > len(texts) or len(full) * 2 < len(texts):
        return None
    n_mid_clause = sum(1 for text in full if not _ENDS_CLAUSE.search(text))
    return width if n_mid_clause * 2 >= len(full) else None


def continues(line: str, following: str, wrap: int) -> bool:
    """Whether two lines of a document wrapped at ``wrap`` columns are one: the first is full, and goes on.

    Args:
        line: a line, without its end.
        following: the line after it.
        wrap: the width, as in `Profile.wrap`.
    """
    text = line.rstrip()
    if not following or following[0].isspace() or columns(text) < wrap - _SLACK:
        return False
    return not _ENDS_SENTENCE.search(text)
