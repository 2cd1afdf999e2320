"""``fluency``: do the English words stand beside words that they stand beside elsewhere?"""

from __future__ import annotations

from operator import getitem

from corpus.lexicon.word_order import packaged_order
from corpus.signals.signal import Signal

__all__ = ["FLUENCY", "fluency"]

_FEWEST = 4
"""Words and marks below which there is no order to speak of."""

_MOST = 20_000
"""Characters beyond which a target is not looked at: no sentence is as long."""


def fluency(source: str, target: str) -> float | None:
    """Mean mutual information of neighbouring words of the target, in bits; None for one of less than four.

    The words are told apart by their kinds only (`corpus.lexicon.word_order`): it hears whether words are in an
    order that English has, and nothing of what they say.
    """
    if len(target) > _MOST:
        return None
    ids = packaged_order().numbered(target)
    if len(ids) < _FEWEST + 2:
        return None
    rows = packaged_order().rows
    tenths = sum(map(getitem, map(rows.__getitem__, ids), ids[1:]))
    return tenths / (10 * (len(ids) - 1))


FLUENCY = Signal("fluency", fluency, 1, "bits", -6, 6, "how well the target's neighbouring words go together, by kind")
