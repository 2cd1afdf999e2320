"""Pairs as the bytes that they are in a format of lines, made elsewhere than where they are written: in a process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from corpus.pair import PLAIN, Columns, Pair, columns_of
from corpus.writers.jsonl import JsonlWriter
from corpus.writers.tsv import TsvWriter

__all__ = ["Counts", "LineEncoder", "Lines"]

_LINES: Mapping[str, Callable[[Sequence[Pair], Columns], bytes]] = {"tsv": TsvWriter.lines, "jsonl": JsonlWriter.lines}


@dataclass(slots=True)
class Counts:
    """What was written, counted.

    Attributes:
        pairs: how many.
        documents: how many they are of (pairs of one document come together).
        flags: how often each flag came.
        signals: how many pairs have each signal.
        first_doc: of the first pair; None where there is none.
        last_doc: of the last one.
    """

    pairs: int = 0
    documents: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    signals: Counter[str] = field(default_factory=Counter)
    first_doc: str | None = None
    last_doc: str | None = None

    def add(self, pairs: Sequence[Pair]) -> None:
        """Count some pairs."""
        # All at once, since a Counter takes longer to be asked than to count.
        self.flags.update(chain.from_iterable([pair.flags for pair in pairs if pair.flags]))
        self.signals.update(chain.from_iterable([pair.signals for pair in pairs if pair.signals]))
        for pair in pairs:
            if pair.source.doc_id != self.last_doc:
                self.last_doc = pair.source.doc_id
                self.documents += 1
        if self.first_doc is None and pairs:
            self.first_doc = pairs[0].source.doc_id
        self.pairs += len(pairs)

    def join(self, other: Counts) -> None:
        """Count what was counted elsewhere, and comes next."""
        if not other.pairs:
            return
        self.pairs += other.pairs
        self.documents += other.documents - (self.last_doc == other.first_doc)
        self.flags.update(other.flags)
        self.signals.update(other.signals)
        self.first_doc = other.first_doc if self.first_doc is None else self.first_doc
        self.last_doc = other.last_doc


@dataclass(frozen=True, slots=True)
class Lines:
    """Some pairs in a format.

    Attributes:
        content: their lines.
        counts: of them.
    """

    content: bytes
    counts: Counts


@dataclass(frozen=True, slots=True)
class LineEncoder:
    """Makes lines, in whatever process.

    Attributes:
        format: its name.
        columns: of the file.
    """

    format: str
    columns: Columns

    @staticmethod
    def knows(name: str) -> bool:
        """Whether a format is lines and nothing else, so that they can be made in any process."""
        return name in _LINES

    def __call__(self, pairs: Sequence[Pair]) -> Lines:
        """The lines of some pairs.

        Raises:
            ValueError: they have more than the columns hold.
        """
        self.check(pairs)
        counts = Counts()
        counts.add(pairs)
        # Formats ask for it by identity, which does not come along to another process.
        columns = PLAIN if self.columns == PLAIN else self.columns
        return Lines(_LINES[self.format](pairs, columns), counts)

    def check(self, pairs: Sequence[Pair]) -> None:
        """Raise `ValueError` where pairs have more than the columns hold."""
        needed = columns_of(pairs)
        if not self.columns.hold(needed):
            raise ValueError(f"pairs need {needed}, and the file was opened with {self.columns}")
