"""``rescued``: the first attempt looked wrong, and a later one, which is free of that, is kept."""

from __future__ import annotations

from corpus.signals.empty_target import is_empty
from corpus.signals.length_cap import is_capped
from corpus.signals.loop import is_looping
from corpus.signals.number_lost import number_lost
from translate.pipeline.translation import FOR_TERMS, Attempt, Translation

__all__ = ["VERSION", "rescued"]

VERSION = 2


def rescued(said: Translation) -> bool:
    """Whether a later attempt is kept that has none of the first one's trouble.

    Where that was only a lost number it has all numbers; where it was worse than that a number may be lost.
    """
    first, best = said.first, said.best
    if first is None or best is None or best is first or _is_broken(said.source, best):
        return False
    if _is_broken(said.source, first):
        return True
    return best.kind not in FOR_TERMS and not number_lost(said.source, said.text)


def _is_broken(source: str, attempt: Attempt) -> bool:
    return is_empty(attempt) or is_capped(attempt) or is_looping(source, attempt)
