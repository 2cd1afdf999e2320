"""``retried``: the first attempt looked wrong, and others were made."""

from __future__ import annotations

from translate.pipeline.translation import Translation

__all__ = ["VERSION", "retried"]

VERSION = 1


def retried(said: Translation) -> bool:
    """Whether there was more than one attempt."""
    return len(said.attempts) > 1
