"""The way back from repaired text to raw text.

Every repair that changed something is a layer: where its result differs from what it read. An offset goes through the
layers from the last to the first, by bisection, and only when somebody asks for it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["Deletions", "Edits", "Layer", "Normalized"]

_NO_COUNTS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Deletions:
    """A pass that only took out single characters: ``at[k]`` is where in the result the k-th one is missing."""

    at: list[int]

    def start(self, index: int) -> int:
        """Where the character at ``index`` of the result began in what was read."""
        return index + bisect_right(self.at, index)

    def end(self, index: int) -> int:
        """Where the character before ``index`` of the result ended in what was read."""
        return self.start(index - 1) + 1 if index else 0


@dataclass(frozen=True, slots=True)
class Edits:
    """A pass that replaced: ``[t0, t1)`` of the result stands for ``[r0, r1)`` of what it read; ascending."""

    t0: list[int] = field(default_factory=list)
    t1: list[int] = field(default_factory=list)
    r0: list[int] = field(default_factory=list)
    r1: list[int] = field(default_factory=list)

    def add(self, t0: int, t1: int, r0: int, r1: int) -> None:
        """Note the next edit; they come in order."""
        self.t0.append(t0)
        self.t1.append(t1)
        self.r0.append(r0)
        self.r1.append(r1)

    def start(self, index: int) -> int:
        """Where the character at ``index`` of the result began in what was read."""
        k = bisect_right(self.t0, index) - 1
        if k < 0:
            return index
        return self.r0[k] if index < self.t1[k] else self.r1[k] + index - self.t1[k]

    def end(self, index: int) -> int:
        """Where the character before ``index`` of the result ended in what was read."""
        if not index:
            return 0
        k = bisect_right(self.t0, index - 1) - 1
        if k < 0:
            return index
        return self.r1[k] if index - 1 < self.t1[k] else self.r1[k] + index - self.t1[k]


Layer = Deletions | Edits


@dataclass(frozen=True, slots=True)
class Normalized:
    """Repaired text and the way back.

    Attributes:
        text: the result.
        layers: the passes that changed something, first one first; empty when nothing changed.
        marks: ``(raw offset, flag)`` of what a reader should know, ascending.
        counts: how many repairs of each kind were made; the kinds are the names of the options.
    """

    text: str
    layers: tuple[Layer, ...] = ()
    marks: tuple[tuple[int, str], ...] = ()
    counts: Mapping[str, int] = field(default_factory=lambda: _NO_COUNTS)

    @property
    def flags(self) -> frozenset[str]:
        """Every flag that occurs."""
        return frozenset(flag for _, flag in self.marks)

    def start(self, index: int) -> int:
        """Raw offset of the first character that ``text[index]`` stands for."""
        for layer in reversed(self.layers):
            index = layer.start(index)
        return index

    def end(self, index: int) -> int:
        """Raw offset behind the last character that ``text[index - 1]`` stands for; 0 for index 0."""
        for layer in reversed(self.layers):
            index = layer.end(index)
        return index

    @property
    def starts(self) -> list[int]:
        """`start` of every character."""
        return [self.start(i) for i in range(len(self.text))]

    @property
    def ends(self) -> list[int]:
        """`end` of every character: ``text[i]`` stands for ``raw[starts[i]:ends[i]]``."""
        return [self.end(i + 1) for i in range(len(self.text))]
