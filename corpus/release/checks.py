"""What a check of a corpus found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Check", "Outcome", "Problems"]

_NAMED = 3
"""How many problems of a kind are written out."""


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        name: ``checksums``, ``rows``, ``inputs``, ``spans`` or ``translations``.
        outcome: how it ended.
        detail: what was looked at, or what is wrong, or why it could not be looked at.
    """

    name: str
    outcome: Outcome
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.outcome}: {self.detail}"


@dataclass(slots=True, eq=False)
class Problems:
    """Counts what is wrong, and keeps the first few for the message."""

    n: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """Note one."""
        self.n += 1
        if self.n <= _NAMED:
            self.first.append(problem)

    def check(self, name: str, passed: str, notes: Sequence[str] = ()) -> Check:
        """Passed where there is none, with ``passed`` as its detail; else failed, with what is wrong."""
        if not self.n:
            return Check(name, Outcome.PASSED, "; ".join([passed, *notes]))
        more = [f"and {self.n - len(self.first)} more"] if self.n > len(self.first) else []
        return Check(name, Outcome.FAILED, "; ".join([*self.first, *more, *notes]))
