"""``number_lost``: a number of the Chinese is not in the English."""

from __future__ import annotations

from translate.text.numbers import numbers_kept

__all__ = ["VERSION", "number_lost"]

VERSION = 2


def number_lost(source: str, target: str) -> bool:
    """Whether fewer numbers are found in the target than stand in the source."""
    if source == target:  # copied
        return False
    n_kept, n_numbers = numbers_kept(source, target)
    return n_kept < n_numbers
