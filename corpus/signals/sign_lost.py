"""``sign_lost``: a sign of the Chinese (emoji, arrow, ≤, ₩, a rare ideograph) is not in the English."""

from __future__ import annotations

from translate.text.signs import BROKEN, missing_signs

__all__ = ["VERSION", "sign_lost"]

VERSION = 2


def sign_lost(source: str, target: str) -> bool:
    """Whether the target lacks a sign of the source and a word for it, or has U+FFFD, which was one perhaps."""
    return BROKEN in target or bool(missing_signs(source, target))
