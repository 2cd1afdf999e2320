"""``sentence_difference``: one side of a pair has more sentences than the other."""

from __future__ import annotations

import re
from math import inf

from corpus.signals.signal import Signal
from translate.text.marks import BLANK, BREAK, CLOSERS, ELLIPSIS, FINAL
from translate.text.split import split

__all__ = ["SENTENCE_DIFFERENCE", "sentence_difference"]

_UNCUT = 1 << 40
"""A length that no sentence has, so that only its marks end one."""


_MARK = re.compile(f"[{FINAL}{ELLIPSIS}{BREAK}\\t.．：]|[{BLANK}]{{2}}")
_AT_END = re.compile(f"(?:[{FINAL}]+|\\.|…{{1,2}})(?:[{CLOSERS}]?[{BLANK}]?|[\"'])\\Z")


def sentence_difference(source: str, target: str) -> float:
    """Sentences of the target less those of the source, as `translate.text.split` finds them in both languages.

    Quotations that close are kept whole, since languages differ in where the full stop of one stands.
    """
    return _count(target) - _count(source)


def _count(text: str) -> int:
    mark = _MARK.search(text)
    # Most texts have one mark, at the end, and looking closer takes fifty times as long.
    if mark is None or _AT_END.match(text, mark.start()):
        return 1 if text.strip() else 0
    return len(split(text, quotes="keep", max_length=_UNCUT)) if text.strip() else 0


SENTENCE_DIFFERENCE = Signal(
    "sentence_difference", sentence_difference, 1, "sentences", -inf, inf, "sentences of the target less the source's"
)
