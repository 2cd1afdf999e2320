"""Logistic regression and isotonic regression, in numpy, and how well an estimate does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Curve", "area", "calibration_error", "fit_curve", "fit_logistic", "reliability"]

_Array = NDArray[np.float64]


def fit_logistic(found: _Array, sound: _Array, *, penalty: float = 1.0, n_rounds: int = 50) -> tuple[_Array, float]:
    """Maximum likelihood with a penalty on the squares of the weights of standardised features, by Newton's method.

    Args:
        found: ``(n_pairs, n_features)``.
        sound: ``(n_pairs,)``, 1 for a sound pair and 0 for a corrupted one.
        penalty: on each squared weight, where a pair counts as one.
        n_rounds: at most.

    Returns:
        Weights for the features as they are, ``(n_features,)``, and the bias.
    """
    mean, spread = found.mean(0), found.std(0) + 1e-9
    design = np.column_stack([(found - mean) / spread, np.ones(len(found))])
    ridge = np.full(design.shape[1], penalty)
    ridge[-1] = 0.0
    weights = np.zeros(design.shape[1])
    for _ in range(n_rounds):
        chance = 1.0 / (1.0 + np.exp(-design @ weights))
        slope = design.T @ (sound - chance) - ridge * weights
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, slope)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    scaled = weights[:-1] / spread
    return scaled, float(weights[-1] - scaled @ mean)


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve that never falls.

    Attributes:
        knots: ``(n_knots,)``, ascending.
        values: ``(n_knots,)``, probabilities, never falling.
    """

    knots: _Array
    values: _Array


def fit_curve(logits: _Array, sound: _Array, n_bins: int = 40) -> Curve:
    """Isotonic regression by pooling adjacent violators, over bins of equally many pairs; linear between them.

    Args:
        logits: ``(n_pairs,)``.
        sound: ``(n_pairs,)``, 1 or 0.
        n_bins: before pooling.
    """
    order = np.argsort(logits, kind="stable")
    blocks: list[list[float]] = []  # sum of logits, sum of sound, pairs
    for part in np.array_split(order, min(n_bins, len(order))):
        # One sound and one corrupted pair are thought in, so that nothing is certain.
        blocks.append([float(logits[part].sum()), float(sound[part].sum()) + 0.5, float(len(part)), len(part) + 1.0])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][3] >= blocks[-1][1] / blocks[-1][3]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    knots = np.array([total / n for total, _, n, _ in blocks])
    values = np.array([n_sound / n for _, n_sound, _, n in blocks])
    return Curve(knots, values)


def area(sound: _Array, corrupted: _Array) -> float:
    """How often a sound pair is above a corrupted one, ties half: the area under the ROC curve."""
    both = np.concatenate([sound, corrupted])
    _, places, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    n_sound, n_corrupted = len(sound), len(corrupted)
    return float((ranks[:n_sound].sum() - n_sound * (n_sound + 1) / 2) / (n_sound * n_corrupted))


def reliability(estimates: _Array, sound: _Array, n_bins: int = 10) -> list[tuple[float, float, int]]:
    """For tenths of the scale: mean estimate, share of sound pairs, and how many pairs there are."""
    bins = np.minimum((estimates * n_bins).astype(int), n_bins - 1)
    rows = []
    for number in range(n_bins):
        there = bins == number
        if there.any():
            rows.append((float(estimates[there].mean()), float(sound[there].mean()), int(there.sum())))
    return rows


def calibration_error(estimates: _Array, sound: _Array, n_bins: int = 10) -> float:
    """Expected calibration error: the mean distance of estimate and share, over the bins of `reliability`."""
    rows = reliability(estimates, sound, n_bins)
    return sum(abs(estimate - share) * n for estimate, share, n in rows) / len(estimates)
