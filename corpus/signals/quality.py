"""``quality``: how likely a pair is sound, from all other signals.

A logistic regression over `features`, whose answers are then put right by a curve that never falls (isotonic
regression, Zadrozny and Elkan 2002), so that of the pairs with 0.8 about eight in ten are sound *where half of all
pairs are*. It was taught by pairs that were corrupted on purpose: recipes/quality. Its numbers: ``quality.json``.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log, log1p, sqrt
from operator import mul
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.signals.copied import same_text
from corpus.signals.coverage import answered
from corpus.signals.measures import measured
from corpus.signals.signal import Signal
from corpus.signals.words import count_words

__all__ = ["FEATURES", "PACKAGED", "QUALITY", "Estimate", "features", "packaged_estimate", "quality", "quality_of"]

PACKAGED = Path(__file__).with_name("quality.json")

FEATURES = (
    "long", "short", "empty", "copied", "numbers_lost", "a_number_lost", "numbers_extra", "urls_lost", "names_lost",
    "han", "latin", "foreign", "repetition", "disfluent", "disfluency", "open_end", "unbalanced", "sentences_more",
    "sentences_less", "source_uncovered", "target_uncovered", "source_deficit", "target_deficit", "source_gap",
    "target_gap", "source_tail", "target_tail", "brief",
)  # fmt: skip
"""What the regression looks at, in order. Each is 0 where its signal is missing, about what a sound pair has."""

_USUAL_SOURCE, _USUAL_TARGET, _USUAL_FLUENCY, _USUAL_ENGLISH = 0.65, 0.8, 0.95, 0.95
"""Of pairs that people translated: `source_coverage`, `target_coverage`, `fluency` and `english_share`."""


def features(source: str, target: str, signals: Mapping[str, float]) -> list[float]:
    """What is wrong with a pair, a number each; see `FEATURES`.

    Args:
        source: of the pair.
        target: of the pair.
        signals: its measures; any may be missing.
    """
    get = signals.get
    z = get("length_z", 0.0)
    kept = get("numbers_kept", 1.0)
    more = get("sentence_difference", 0.0)
    of_source, of_target = answered(source, target)
    n_words = count_words(target)
    fluent = _USUAL_FLUENCY - get("fluency", _USUAL_FLUENCY)
    return [
        min(8.0, max(0.0, z)),
        min(8.0, max(0.0, -z)),
        get("empty_sides", 0.0),
        float(same_text(source, target)),
        1.0 - kept,
        float(kept < 1.0),
        min(3.0, get("numbers_extra", 0.0)),
        1.0 - get("urls_kept", 1.0),
        1.0 - get("names_kept", 1.0),
        sqrt(get("han_share", 0.0)),
        get("latin_share", 0.0),
        max(0.0, _USUAL_ENGLISH - get("english_share", _USUAL_ENGLISH)),
        log(get("repetition", 1.0)),
        max(-1.0, min(3.0, fluent)),
        max(-4.0, min(8.0, fluent * sqrt(n_words))),
        get("open_end", 0.0),
        min(3.0, get("unbalanced", 0.0)),
        min(4.0, max(0.0, more)),
        min(4.0, max(0.0, -more)),
        _USUAL_SOURCE - get("source_coverage", _USUAL_SOURCE),
        _USUAL_TARGET - get("target_coverage", _USUAL_TARGET),
        _deficit(of_source, _USUAL_SOURCE),
        _deficit(of_target, _USUAL_TARGET),
        log1p(get("source_gap", 0.0)),
        log1p(get("target_gap", 0.0)),
        log1p(_tail(of_source)),
        log1p(_tail(of_target)),
        1.0 / (1.0 + n_words),
    ]


def _deficit(found: list[bool], usual: float) -> float:
    """How many standard deviations fewer words are answered than usual; negative where more are."""
    if not found:
        return 0.0
    n_words = len(found)
    return max(-4.0, min(10.0, (usual * n_words - sum(found)) / sqrt(usual * (1 - usual) * n_words)))


def _tail(found: list[bool]) -> int:
    """Words at the end that are not answered."""
    return next((place for place, is_answered in enumerate(reversed(found)) if is_answered), len(found))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A logistic regression and the curve behind it.

    Attributes:
        weights: one for each of `FEATURES`.
        bias: added to their sum.
        knots: of the curve: log-odds, ascending; below the first and above the last it is flat.
        values: the probabilities there; never falling.
    """

    weights: Sequence[float]
    bias: float
    knots: Sequence[float]
    values: Sequence[float]

    def of(self, found: Sequence[float]) -> float:
        """The estimate for the features of one pair."""
        logit: float = self.bias + sum(map(mul, self.weights, found))
        place = bisect_right(self.knots, logit)
        if place == 0 or place == len(self.knots):
            return self.values[-1 if place else 0]
        left, right = self.knots[place - 1], self.knots[place]
        share = (logit - left) / (right - left)
        return self.values[place - 1] + share * (self.values[place] - self.values[place - 1])

    def of_all(self, found: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of many pairs at once.

        Args:
            found: ``(n_pairs, len(FEATURES))``.

        Returns:
            ``(n_pairs,)``.
        """
        logits = found @ np.array(self.weights) + self.bias
        return np.asarray(np.interp(logits, self.knots, self.values), np.float64)


def parse_estimate(said: Mapping[str, Any]) -> Estimate:
    """Read what the recipe wrote.

    Raises:
        ValueError: it was made for other features than `FEATURES`.
    """
    weights = {str(name): float(weight) for name, weight in said["weights"].items()}
    if tuple(weights) != FEATURES:
        raise ValueError(f"weights of {', '.join(weights)}; expected {', '.join(FEATURES)}: run recipes/quality again")
    knots, values = zip(*said["curve"], strict=True)
    return Estimate(tuple(weights.values()), float(said["bias"]), knots, values)


@lru_cache(maxsize=1)
def packaged_estimate() -> Estimate:
    """The one in the package."""
    return parse_estimate(json.loads(PACKAGED.read_text(encoding="utf-8")))


def quality_of(source: str, target: str, signals: Mapping[str, float]) -> float:
    """The estimate for a pair whose measures are known."""
    return packaged_estimate().of(features(source, target, signals))


def quality(source: str, target: str) -> float:
    """How likely the pair is sound, where half of all pairs are; 1 is best."""
    return quality_of(source, target, measured(source, target))


QUALITY = Signal("quality", quality, 1, "probability", 0, 1, "how likely the pair is sound, by its other signals")
