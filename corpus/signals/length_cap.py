"""``length_cap``: the cap on its length ended a translation, and not the model."""

from __future__ import annotations

from translate.pipeline.translation import Attempt, Translation

__all__ = ["VERSION", "is_capped", "length_cap"]

VERSION = 1


def length_cap(said: Translation) -> bool:
    """Whether the first attempt, or the one that is kept, was ended by the cap."""
    return any(map(is_capped, said.first_and_best))


def is_capped(attempt: Attempt) -> bool:
    """Whether the cap ended any piece."""
    return any(piece.finish == "length" for piece in attempt.pieces)
