"""The signals of a sentence pair: which there are, and which function of which version computes each."""

from __future__ import annotations

from collections.abc import Mapping

from corpus.signals.measures import MEASURES, measured
from corpus.signals.quality import QUALITY, quality_of
from corpus.signals.signal import Signal

__all__ = ["SIGNALS", "signals_of"]

SIGNALS: Mapping[str, Signal] = {**MEASURES, QUALITY.name: QUALITY}
"""By name, in the order of their columns."""


def signals_of(source: str, target: str) -> dict[str, float]:
    """Every signal that there is of a pair; one whose question does not arise is left out."""
    signals = measured(source, target)
    signals[QUALITY.name] = quality_of(source, target, signals)
    return signals
