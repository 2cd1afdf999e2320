"""``copied``: the target is the source."""

from __future__ import annotations

from corpus.signals.keys import key
from translate.pipeline.translation import Translation

__all__ = ["VERSION", "copied", "same_text"]

VERSION = 1


def copied(said: Translation) -> bool:
    """Whether the translation is the source itself, since nothing in it is Chinese: no model was asked."""
    return bool(said.source) and not said.attempts


def same_text(source: str, target: str) -> bool:
    """Whether the two texts are the same but for case, width, blanks and punctuation; two empty ones are not."""
    if source == target:
        return bool(source.strip())
    # The same letters take about as many characters; looking closer takes longer.
    if not len(source) <= 2 * len(target) <= 4 * len(source):
        return False
    letters = key(source)
    return bool(letters) and letters == key(target)
