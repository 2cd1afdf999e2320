"""What both versions of XLIFF share: one file, in it a ``<file>`` a document, in that a unit a pair."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from corpus.pair import Languages, Pair
from corpus.writers.base import Output, as_bytes

__all__ = ["XliffWriter"]


class XliffWriter(ABC):
    """Writes a version of XLIFF; it says how a document begins, what a unit is, and how all ends."""

    def __init__(self, output: Output) -> None:
        self._columns = output.columns
        self._meta = output.meta
        (path,) = output.paths
        self._file = output.open(path)
        self._doc: str | None = None
        self._n_units = 0

    @staticmethod
    def paths(out: str, languages: Languages) -> tuple[str, ...]:
        """OUT itself."""
        return (out,)

    def write(self, pairs: Sequence[Pair]) -> None:
        """A unit each, in the ``<file>`` of its document."""
        parts = []
        for pair in pairs:
            if pair.source.doc_id != self._doc:
                parts.append(self._begin(pair.source.doc_id))
            self._n_units += 1
            parts.append(self._unit(pair))
        self._put("".join(parts))

    def _put(self, text: str) -> None:
        self._file.write(as_bytes(text))

    @abstractmethod
    def _begin(self, doc_id: str) -> str:
        """Open the ``<file>`` of a document, after that of the one before; sets which document it is."""

    @abstractmethod
    def _unit(self, pair: Pair) -> str:
        """The unit of a pair, whose number is ``_n_units``."""

    @abstractmethod
    def end(self) -> None:
        """Close the last ``<file>``; a corpus of no pairs has one all the same, as the standard asks."""
