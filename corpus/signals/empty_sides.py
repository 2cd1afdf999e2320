"""``empty_sides``: sides of a pair in which there is nothing to read."""

from __future__ import annotations

from corpus.signals.signal import Signal

__all__ = ["EMPTY_SIDES", "empty_sides"]


def empty_sides(source: str, target: str) -> float:
    """How many of the two texts have no letter and no digit."""
    return (not any(map(str.isalnum, source))) + (not any(map(str.isalnum, target)))


EMPTY_SIDES = Signal("empty_sides", empty_sides, 1, "sides", 0, 2, "sides without a letter or a digit")
