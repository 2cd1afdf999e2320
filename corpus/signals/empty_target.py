"""``empty_target``: nothing came out of a sentence, or of a piece of it."""

from __future__ import annotations

from translate.pipeline.translation import Attempt, Translation

__all__ = ["VERSION", "empty_target", "is_empty"]

VERSION = 1


def empty_target(said: Translation) -> bool:
    """Whether the first attempt, or the one that is kept, came out empty or has a hole."""
    return any(map(is_empty, said.first_and_best))


def is_empty(attempt: Attempt) -> bool:
    """Whether any piece came out empty; a piece is never empty itself."""
    return any(not piece.text.strip() for piece in attempt.pieces)
