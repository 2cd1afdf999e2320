"""Pairs on their way to another process, or to a file of our own and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from corpus.pair import Pair, Span

__all__ = ["Packed", "pack", "unpack"]

Packed = Sequence[list[Any]]
"""Pairs as their fields. Pickling a slotted dataclass asks it for its fields each time, in Python; a list takes a fifth
of the time."""

_of_span = attrgetter(*Span.__slots__)
_of_pair = attrgetter(*Pair.__slots__)
_SOURCE, _TARGET = (Pair.__slots__.index(name) for name in ("source", "target"))


def pack(pairs: Iterable[Pair]) -> Packed:
    """Take pairs apart."""
    return [_fields(pair) for pair in pairs]


def unpack(packed: Packed) -> list[Pair]:
    """Put them together again; the lists are used up."""
    return [_pair(fields) for fields in packed]


def _fields(pair: Pair) -> list[Any]:
    fields = list(_of_pair(pair))
    fields[_SOURCE], fields[_TARGET] = _of_span(pair.source), _of_span(pair.target)
    return fields


def _pair(fields: list[Any]) -> Pair:
    fields[_SOURCE], fields[_TARGET] = Span(*fields[_SOURCE]), Span(*fields[_TARGET])
    return Pair(*fields)
