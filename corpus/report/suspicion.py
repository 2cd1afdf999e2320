"""How much a pair asks to be looked at: the order of the report, the worst first."""

from __future__ import annotations

from math import exp, isfinite, tanh

from corpus.pair import Pair
from translate.text.flags import Flag, Stage, base

__all__ = ["HARMLESS", "QUALITY", "doubtful", "suspicion"]

QUALITY = "quality"
"""The signal that decides alone wherever a pair has it."""

HARMLESS = {
    Flag.CANTONESE,
    Flag.CLASSICAL,
    Flag.CONTROL,
    Flag.POS_TAGS,
    Flag.PRIVATE_USE,
    Flag.UNMARKED,
    Flag.COPIED,
    Flag.CUT,
    Flag.RETRIED,
    Flag.RESCUED,
    Flag.ROLE,
    Flag.VARIETY,
    Flag.CORRECTED,
}
"""Flags that say what happened, and nothing against the pair as it stands."""

_OF_DECODING = {flag for flag in Flag if flag.stage is Stage.DECODING}
_USUAL_LENGTHS = 8.0  # standard deviations beyond which one length is as odd as another


def doubtful(pair: Pair) -> tuple[str, ...]:
    """The flags that speak against a pair; those of its first attempts do not where one was rescued."""
    excused = HARMLESS | _OF_DECODING if Flag.RESCUED in pair.flags else HARMLESS
    return tuple(flag for flag in pair.flags if base(flag) not in excused)


def suspicion(pair: Pair) -> float:
    """A number that is higher the worse a pair seems.

    With the signal ``quality`` it is 1 − quality. Without it, `doubtful` flags are counted, and in their fraction
    stands how unsure the model was (1 − the mean probability of a token), or else how odd the lengths are.
    """
    quality = pair.signals.get(QUALITY)
    if quality is not None:
        return 1.0 - quality
    if pair.score is not None and isfinite(pair.score):
        doubt = 1.0 - exp(min(pair.score, 0.0))
    else:
        doubt = tanh(abs(pair.signals.get("length_z", 0.0)) / _USUAL_LENGTHS)
    return len(doubtful(pair)) + 0.999 * doubt
