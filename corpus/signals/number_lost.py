"""``number_lost``: a number of the Chinese is not in the English."""

from __future__ import annotations

from corpus.signals.number_mismatch import numbers_kept

__all__ = ["VERSION", "number_lost"]

VERSION = 3


def number_lost(source: str, target: str) -> bool:
    """Whether fewer numbers are found in the target than stand in the source."""
    if source == target:  # copied
        return False
    share = numbers_kept(source, target)
    return share is not None and share < 1
