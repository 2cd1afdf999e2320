"""How the values of a signal are spread over a corpus: bins for a plot, and what a table says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, inf, log10

import numpy as np
from numpy.typing import NDArray

from corpus.curation.rules import SCORE
from corpus.signals.across import ACROSS, CorpusSignal
from corpus.signals.signal import Signal
from corpus.signals.table import SIGNALS

__all__ = ["KNOWN", "Distribution", "distribution"]

KNOWN: Mapping[str, Signal | CorpusSignal] = {**SIGNALS, **ACROSS}
"""The signals that we can say something of, in the order of their columns."""

_BINS = 40
_FEWEST_WHOLE = 8  # bins, so that a signal of two values is not drawn as two walls
_LARGEST_WHOLE = 2.0**53
_LARGEST = 1e100
"""A number beyond it is no measurement, and its sums would overflow."""
_NARROWEST = 1e-100
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Distribution:
    """The values of one signal.

    Attributes:
        name: of the signal, or ``score``.
        unit: what is counted or measured; empty for a signal that we do not know.
        meaning: one clause; empty for a signal that we do not know.
        version: of the signal; None where it is not known.
        n: pairs that have it.
        minimum: the least value.
        maximum: the largest.
        mean: of all.
        quantiles: 5, 25, 50, 75 and 95 %.
        start: where the first bin begins.
        step: how wide a bin is; a value on an edge is in the bin above it, but for the last one.
        counts: pairs in each bin.
        below: pairs before the first bin.
        above: pairs behind the last bin.
        is_whole: whether every value is a whole number; bins then stand around one each, if there are few.
    """

    name: str
    unit: str
    meaning: str
    version: int | None
    n: int
    minimum: float
    maximum: float
    mean: float
    quantiles: tuple[float, ...]
    start: float
    step: float
    counts: tuple[int, ...]
    below: int
    above: int
    is_whole: bool


def distribution(name: str, values: NDArray[np.float64], version: int | None = None) -> Distribution | None:
    """Spread the values of a signal over bins of a round width.

    A thousandth at either end may lie outside the bins, so that one odd value does not press all others into one bin.

    Args:
        name: of the signal.
        values: shape ``(n_pairs,)``; NaN for a pair that does not have it. Those beyond ±1e100 are not counted.
        version: of the signal.

    Returns:
        None if no pair has it.
    """
    found = values[np.abs(values) <= _LARGEST]
    if not found.size:
        return None
    is_whole = bool((found == np.floor(found)).all() and np.abs(found).max() < _LARGEST_WHOLE)
    start, step, n_bins = _bins(name, found, is_whole)
    stop = start + n_bins * step
    # The end of the last bin is in it: a share of exactly 1 has no bin of its own.
    inside = found[(found >= start) & (found <= stop)]
    places = np.minimum(((inside - start) / step + 1e-9).astype(np.int64), n_bins - 1)
    counts = np.bincount(places, minlength=n_bins)
    unit, meaning = _described(name)
    return Distribution(
        name=name,
        unit=unit,
        meaning=meaning,
        version=version,
        n=int(found.size),
        minimum=float(found.min()),
        maximum=float(found.max()),
        mean=float(found.mean()),
        quantiles=tuple(float(value) for value in np.quantile(found, _QUANTILES)),
        start=start,
        step=step,
        counts=tuple(map(int, counts)),
        below=int((found < start).sum()),
        above=int((found > stop).sum()),
        is_whole=is_whole,
    )


def _bins(name: str, values: NDArray[np.float64], is_whole: bool) -> tuple[float, float, int]:
    """Where bins begin, how wide each is, and how many there are."""
    signal = KNOWN.get(name)
    ends = (signal.low, signal.high) if signal is not None else (-inf, inf)
    if ends[1] - ends[0] <= 1:  # a share: always drawn from 0 to 1
        low, high = ends
    else:
        low, high = (float(value) for value in np.quantile(values, (0.001, 0.999), method="nearest"))
        if is_whole and high - low < _BINS:
            return low - 0.5, 1.0, int(min(max(high - low, _FEWEST_WHOLE - 1), ends[1] - low)) + 1
    if high - low < _NARROWEST:  # one value, or nearly
        width = max(abs(low), 1.0) / _BINS
        low, high = low - width, high + width
    step = _round_step((high - low) / _BINS)
    start = floor(low / step + 1e-9) * step
    return start, step, max(1, ceil((high - start) / step - 1e-9))


def _round_step(width: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(width))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= width * (1 - 1e-9))


def _described(name: str) -> tuple[str, str]:
    if name == SCORE:
        return "nats a token", "mean log-probability that the model gave a token of its translation"
    signal = KNOWN.get(name)
    return (signal.unit, signal.meaning.replace("`", "")) if signal is not None else ("", "")
