"""What a signal is: a named, versioned number that two texts give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Signal"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A number that says something of a sentence pair.

    Attributes:
        name: of its column.
        function: source and target -> the number; None where the question does not arise, as the share of numbers
            that are kept of a source without any. It looks at nothing else.
        version: raised when the same texts give another number.
        unit: what is counted, or measured.
        low: the least it can be.
        high: the most it can be; ``inf`` where there is no end.
        meaning: one clause, for the documentation.
    """

    name: str
    function: Callable[[str, str], float | None]
    version: int
    unit: str
    low: float
    high: float
    meaning: str
