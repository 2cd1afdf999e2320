"""Learning rate over a run that ends after so many steps, or after so many minutes."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Schedule"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Linear warm-up, then down to zero at the end.

    Attributes:
        peak: highest rate.
        warmup: steps until the peak.
        steps: the run ends after these; None for no bound.
        minutes: the run ends after these; None for no bound. The rate then follows the clock, so two runs with a
            bound in minutes are alike, not equal.
        form: ``cosine``, ``linear``, ``rsqrt`` (inverse square root, with a linear end in the last fifth), or
            ``flat`` (constant, then the same end).
    """

    peak: float
    warmup: int
    steps: int | None = None
    minutes: float | None = None
    form: str = "cosine"

    def progress(self, step: int, seconds: float) -> float:
        """Share of the run that is over, from 0 to 1."""
        by_steps = step / self.steps if self.steps else 0.0
        by_clock = seconds / (60 * self.minutes) if self.minutes else 0.0
        return min(1.0, max(by_steps, by_clock))

    def rate(self, step: int, progress: float) -> float:
        """The rate of a step.

        Args:
            step: steps taken before.
            progress: see `progress`.

        Raises:
            ValueError: no such form.
        """
        rising = min(1.0, (step + 1) / max(1, self.warmup))
        ending = min(1.0, (1 - progress) / 0.2)
        if self.form == "cosine":
            return self.peak * rising * 0.5 * (1 + math.cos(math.pi * progress))
        if self.form == "linear":
            return self.peak * rising * (1 - progress)
        if self.form == "rsqrt":
            return self.peak * rising * ending * math.sqrt(max(1, self.warmup) / max(step + 1, self.warmup))
        if self.form == "flat":
            return self.peak * rising * ending
        raise ValueError(f"{self.form!r} is no schedule; take cosine, linear, rsqrt or flat")
