"""``source_coverage``, ``target_coverage`` and the two gaps: content words that the other side answers."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from math import inf

from corpus.lexicon.counterparts import packaged_counterparts
from corpus.signals.signal import Signal

__all__ = [
    "SOURCE_COVERAGE",
    "SOURCE_GAP",
    "TARGET_COVERAGE",
    "TARGET_GAP",
    "answered",
    "source_coverage",
    "source_gap",
    "target_coverage",
    "target_gap",
]

_MOST = 20_000
"""Characters of a side beyond which nothing is looked up: no sentence is as long."""


# Four signals ask for the same pair, one after the other.
@lru_cache(maxsize=1)
def answered(source: str, target: str) -> tuple[list[bool], list[bool]]:
    """Which content words have a counterpart, as `Counterparts.answered`; none of texts that are no sentences."""
    if max(len(source), len(target)) > _MOST:
        return [], []
    return packaged_counterparts().answered(source, target)


def source_coverage(source: str, target: str) -> float | None:
    """Share of the source's content words that have a counterpart in the target; None for a source without any."""
    return _share(answered(source, target)[0])


def target_coverage(source: str, target: str) -> float | None:
    """Share of the target's content words that have a counterpart in the source; None for a target without any."""
    return _share(answered(source, target)[1])


def source_gap(source: str, target: str) -> float | None:
    """The most content words of the source in a row without a counterpart; None for a source without any."""
    return _gap(answered(source, target)[0])


def target_gap(source: str, target: str) -> float | None:
    """The most content words of the target in a row without a counterpart; None for a target without any."""
    return _gap(answered(source, target)[1])


def _share(found: list[bool]) -> float | None:
    return sum(found) / len(found) if found else None


def _gap(found: list[bool]) -> int | None:
    if not found:
        return None
    return max((sum(1 for _ in run) for is_answered, run in groupby(found) if not is_answered), default=0)


SOURCE_COVERAGE = Signal(
    "source_coverage", source_coverage, 1, "share", 0, 1, "content words of the source that the target answers"
)
TARGET_COVERAGE = Signal(
    "target_coverage", target_coverage, 1, "share", 0, 1, "content words of the target that the source answers"
)
SOURCE_GAP = Signal(
    "source_gap", source_gap, 1, "words", 0, inf, "the most content words of the source unanswered in a row"
)
TARGET_GAP = Signal(
    "target_gap", target_gap, 1, "words", 0, inf, "the most content words of the target unanswered in a row"
)
