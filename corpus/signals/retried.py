"""``retried``: the first attempt looked wrong, and others were made."""

from __future__ import annotations

from translate.pipeline.translation import FOR_TERMS, Translation

__all__ = ["VERSION", "retried"]

VERSION = 1


def retried(said: Translation) -> bool:
    """Whether there was more than one attempt, those not counted that were for the sake of a term or a span."""
    return sum(attempt.kind not in FOR_TERMS for attempt in said.attempts) > 1
