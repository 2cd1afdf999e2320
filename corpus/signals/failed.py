"""``failed``: the engine raised, hung or died at a sentence, or at a piece of it."""

from __future__ import annotations

from translate.pipeline.translation import Translation

__all__ = ["VERSION", "failed"]

VERSION = 1


def failed(said: Translation) -> bool:
    """Whether the engine failed at the first attempt, or at the one that is kept."""
    return any(piece.finish == "failed" for attempt in said.first_and_best for piece in attempt.pieces)
