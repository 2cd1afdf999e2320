"""``empty_sides``, and the flags ``empty_source`` and ``empty_target``: nothing to read on a side of a pair."""

from __future__ import annotations

from corpus.signals.signal import Signal

__all__ = ["EMPTY_SIDES", "empty_sides", "empty_source", "empty_target"]


def empty_sides(source: str, target: str) -> float:
    """How many of the two texts have no letter and no digit."""
    return _is_mute(source) + _is_mute(target)


def empty_source(source: str, target: str) -> bool:
    """Whether the source is blank."""
    return not source.strip()


def empty_target(source: str, target: str) -> bool:
    """Whether the target is blank, or has nothing but marks where the source has letters or digits."""
    return not target.strip() or (_is_mute(target) and not _is_mute(source))


def _is_mute(text: str) -> bool:
    return not any(map(str.isalnum, text))


EMPTY_SIDES = Signal("empty_sides", empty_sides, 1, "sides", 0, 2, "sides without a letter or a digit")
