"""The flags of a sentence pair: which there are, and who computes each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from corpus.signals import (
    copied,
    cut,
    empty_target,
    han_in_target,
    length_cap,
    loop,
    number_lost,
    rescued,
    retried,
    sign_lost,
)
from translate.pipeline.translation import Translation
from translate.text.flags import Flag

__all__ = ["VERSIONS", "flags_of_decoding", "flags_of_texts"]

_OF_TEXTS: Mapping[Flag, Callable[[str, str], bool]] = {
    Flag.HAN_IN_TARGET: han_in_target.han_in_target,
    Flag.NUMBER_LOST: number_lost.number_lost,
    Flag.SIGN_LOST: sign_lost.sign_lost,
}
_OF_DECODING: Mapping[Flag, Callable[[Translation], bool]] = {
    Flag.COPIED: copied.copied,
    Flag.CUT: cut.cut,
    Flag.EMPTY_TARGET: empty_target.empty_target,
    Flag.LENGTH_CAP: length_cap.length_cap,
    Flag.LOOP: loop.loop,
    Flag.RESCUED: rescued.rescued,
    Flag.RETRIED: retried.retried,
}

VERSIONS: Mapping[str, int] = {
    Flag.COPIED: copied.VERSION,
    Flag.CUT: cut.VERSION,
    Flag.EMPTY_TARGET: empty_target.VERSION,
    Flag.HAN_IN_TARGET: han_in_target.VERSION,
    Flag.LENGTH_CAP: length_cap.VERSION,
    Flag.LOOP: loop.VERSION,
    Flag.NUMBER_LOST: number_lost.VERSION,
    Flag.RESCUED: rescued.VERSION,
    Flag.RETRIED: retried.VERSION,
    Flag.SIGN_LOST: sign_lost.VERSION,
}
"""The version of the function behind each flag."""


def flags_of_texts(source: str, target: str) -> tuple[Flag, ...]:
    """What the two texts of a pair show, whoever translated; sorted."""
    return tuple(sorted(name for name, holds in _OF_TEXTS.items() if holds(source, target)))


def flags_of_decoding(said: Translation) -> tuple[Flag, ...]:
    """What the decoder's own account of a sentence shows; sorted."""
    return tuple(sorted(name for name, holds in _OF_DECODING.items() if holds(said)))
