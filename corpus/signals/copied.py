"""``copied``: nothing Chinese in the source (figures, marks, a URL), so that no model was asked."""

from __future__ import annotations

from translate.pipeline.translation import Translation

__all__ = ["VERSION", "copied"]

VERSION = 1


def copied(said: Translation) -> bool:
    """Whether the translation is the source itself."""
    return bool(said.source) and not said.attempts
