"""``numbers_kept`` and ``numbers_extra``, and the flag ``number_mismatch``: numbers compared by value."""

from __future__ import annotations

from functools import lru_cache
from math import inf

from corpus.signals.signal import Signal
from translate.text.numbers import Comparison, compare_numbers

__all__ = ["NUMBERS_EXTRA", "NUMBERS_KEPT", "VERSION", "number_mismatch", "numbers_extra", "numbers_kept"]

VERSION = 2

_MOST = 20_000
"""Characters of a side beyond which numbers are not compared: no sentence is as long."""


# The two signals and the flag ask one after the other, and comparing takes longer than everything else together.
@lru_cache(maxsize=1)
def _compared(source: str, target: str) -> Comparison | None:
    return None if max(len(source), len(target)) > _MOST else compare_numbers(source, target)


@lru_cache(maxsize=1)
def numbers_kept(source: str, target: str) -> float | None:
    """Share of the source's numbers that the target has, by value; None for a source without any."""
    compared = _compared(source, target)
    n_numbers = sum(number.is_required for number in compared.source) if compared else 0
    if compared is None or not n_numbers:
        return None
    return max(0, n_numbers - len(compared.missing)) / n_numbers


def numbers_extra(source: str, target: str) -> float | None:
    """How many numbers of the target the source does not have; None for texts too long to be compared."""
    compared = _compared(source, target)
    return None if compared is None else len(compared.extra)


def number_mismatch(source: str, target: str) -> bool:
    """Whether a number of either side has no counterpart on the other."""
    compared = _compared(source, target)
    return compared is not None and not compared.is_equal


NUMBERS_KEPT = Signal(
    "numbers_kept", numbers_kept, VERSION, "share", 0, 1, "numbers of the source that the target has, by value"
)
NUMBERS_EXTRA = Signal(
    "numbers_extra", numbers_extra, VERSION, "numbers", 0, inf, "numbers of the target that the source does not have"
)
