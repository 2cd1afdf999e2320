"""``cut``: the translation was made in pieces."""

from __future__ import annotations

from translate.pipeline.translation import Translation

__all__ = ["VERSION", "cut"]

VERSION = 1


def cut(said: Translation) -> bool:
    """Whether the attempt that is kept is of several pieces."""
    return said.best is not None and len(said.best.pieces) > 1
