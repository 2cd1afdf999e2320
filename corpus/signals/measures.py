"""What is measured on a sentence pair: every signal that is a function of its own."""

from __future__ import annotations

from collections.abc import Mapping

from corpus.signals.coverage import SOURCE_COVERAGE, SOURCE_GAP, TARGET_COVERAGE, TARGET_GAP
from corpus.signals.empty_sides import EMPTY_SIDES
from corpus.signals.fluency import FLUENCY
from corpus.signals.language import ENGLISH_SHARE, HANT_SHARE
from corpus.signals.length_ratio import LENGTH_RATIO, LENGTH_Z
from corpus.signals.number_mismatch import NUMBERS_EXTRA, NUMBERS_KEPT
from corpus.signals.open_end import OPEN_END
from corpus.signals.repetition import REPETITION
from corpus.signals.scripts import HAN_SHARE, LATIN_SHARE
from corpus.signals.sentence_difference import SENTENCE_DIFFERENCE
from corpus.signals.signal import Signal
from corpus.signals.unbalanced import UNBALANCED
from corpus.signals.verbatim import NAMES_KEPT, URLS_KEPT

__all__ = ["MEASURES", "measured"]

MEASURES: Mapping[str, Signal] = {
    signal.name: signal
    for signal in (
        EMPTY_SIDES,
        LENGTH_RATIO,
        LENGTH_Z,
        NUMBERS_KEPT,
        NUMBERS_EXTRA,
        URLS_KEPT,
        NAMES_KEPT,
        HAN_SHARE,
        LATIN_SHARE,
        ENGLISH_SHARE,
        HANT_SHARE,
        REPETITION,
        FLUENCY,
        UNBALANCED,
        OPEN_END,
        SENTENCE_DIFFERENCE,
        SOURCE_COVERAGE,
        TARGET_COVERAGE,
        SOURCE_GAP,
        TARGET_GAP,
    )
}
"""By name, in the order of their columns."""


def measured(source: str, target: str) -> dict[str, float]:
    """Every measure of a pair; one whose question does not arise is left out."""
    found = ((name, signal.function(source, target)) for name, signal in MEASURES.items())
    return {name: float(value) for name, value in found if value is not None}
