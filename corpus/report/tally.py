"""What is counted of every pair of a corpus, whether the page shows it or not."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field, replace
from math import nan

import numpy as np
from numpy.typing import NDArray

from corpus.curation.rules import SCORE
from corpus.curation.score import ALWAYS, scored
from corpus.pair import Pair
from corpus.report.repairs import repair_of
from corpus.report.suspicion import suspicion
from corpus.signals.words import count_words

__all__ = ["DocumentCount", "Tally"]


@dataclass(frozen=True, slots=True)
class DocumentCount:
    """A document.

    Attributes:
        name: of the document.
        n_pairs: of it.
        n_flagged: of these, with a flag.
        means: of some signals, by name.
    """

    name: str
    n_pairs: int
    n_flagged: int
    means: dict[str, float]


@dataclass(slots=True)
class Tally:
    """Numbers of every pair: 8 bytes for each signal, and no text.

    Attributes:
        n_pairs: added so far.
        n_scored_here: of these, such as came without signals and were given them.
        n_characters: code points of all sources.
        n_words: words of all targets.
        repairs: pairs by what their raw source is not: `repair_of`.
    """

    n_pairs: int = 0
    n_scored_here: int = 0
    n_characters: int = 0
    n_words: int = 0
    repairs: Counter[str] = field(default_factory=Counter)
    _signals: dict[str, array[float]] = field(default_factory=dict)
    _score: array[float] = field(default_factory=lambda: array("d"))
    _suspicion: array[float] = field(default_factory=lambda: array("d"))
    _flag_sets: dict[tuple[str, ...], int] = field(default_factory=dict)
    _flag_set: array[int] = field(default_factory=lambda: array("q"))
    _licenses: dict[str | None, int] = field(default_factory=dict)
    _license: array[int] = field(default_factory=lambda: array("q"))
    _documents: dict[str, int] = field(default_factory=dict)
    _document: array[int] = field(default_factory=lambda: array("q"))

    def add(self, pair: Pair) -> None:
        """Count a pair; one without signals is scored."""
        if ALWAYS not in pair.signals:
            pair = scored(pair)
            pair = replace(pair, signals={name: round(value, 4) for name, value in pair.signals.items()})
            self.n_scored_here += 1
        self._add_signals(pair)
        self._suspicion.append(suspicion(pair))
        self._flag_set.append(self._flag_sets.setdefault(pair.flags, len(self._flag_sets)))
        self._document.append(self._documents.setdefault(pair.source.doc_id, len(self._documents)))
        self._license.append(self._licenses.setdefault(pair.license, len(self._licenses)))
        if repair := repair_of(pair.source.raw, pair.source.text):
            self.repairs[repair] += 1
        self.n_characters += len(pair.source.text)
        self.n_words += count_words(pair.target.text)
        self.n_pairs += 1

    def _add_signals(self, pair: Pair) -> None:
        found = pair.signals
        for name in found:
            if name not in self._signals:
                self._signals[name] = array("d", [nan]) * self.n_pairs
        for name, values in self._signals.items():
            values.append(found.get(name, nan))
        self._score.append(nan if pair.score is None else pair.score)

    @property
    def signals(self) -> dict[str, NDArray[np.float64]]:
        """Values of ``score`` and of each signal, shape ``(n_pairs,)``, NaN where there is none; no column is empty."""
        columns = {name: np.frombuffer(values, np.float64) for name, values in self._signals.items() if name != SCORE}
        columns[SCORE] = np.frombuffer(self._score, np.float64)
        return {name: column for name, column in columns.items() if np.isfinite(column).any()}

    @property
    def suspicion(self) -> NDArray[np.float64]:
        """`suspicion` of each pair, shape ``(n_pairs,)``."""
        return np.frombuffer(self._suspicion, np.float64)

    @property
    def flag_sets(self) -> list[tuple[str, ...]]:
        """The combinations of flags that there are."""
        return list(self._flag_sets)

    @property
    def flag_set(self) -> NDArray[np.int64]:
        """Which of `flag_sets` each pair carries, shape ``(n_pairs,)``."""
        return np.frombuffer(self._flag_set, np.int64)

    @property
    def flags(self) -> Counter[str]:
        """Pairs by flag."""
        found: Counter[str] = Counter()
        for flags, n in zip(self._flag_sets, np.bincount(self.flag_set), strict=True):
            found.update(dict.fromkeys(flags, int(n)))
        return found

    @property
    def licenses(self) -> dict[str | None, int]:
        """Pairs by the licence of their document, None where it is not known; in the order in which they come."""
        return dict(zip(self._licenses, map(int, np.bincount(self.license)), strict=True))

    @property
    def license(self) -> NDArray[np.int64]:
        """Which of `licenses` each pair has, shape ``(n_pairs,)``."""
        return np.frombuffer(self._license, np.int64)

    @property
    def n_unflagged(self) -> int:
        """Pairs that carry no flag."""
        none = self._flag_sets.get(())
        return 0 if none is None else int((self.flag_set == none).sum())

    @property
    def n_documents(self) -> int:
        """How many documents the pairs are of."""
        return len(self._documents)

    @property
    def document_names(self) -> list[str]:
        """The documents, in the order in which they come."""
        return list(self._documents)

    @property
    def document(self) -> NDArray[np.int64]:
        """Which of `document_names` each pair is of, shape ``(n_pairs,)``."""
        return np.frombuffer(self._document, np.int64)

    def documents(self, signals: tuple[str, ...], n_most: int) -> list[DocumentCount]:
        """The documents with the most pairs, in the order of the corpus.

        Args:
            signals: of which the mean is wanted.
            n_most: of how many documents.
        """
        has_flags = np.array([bool(flags) for flags in self.flag_sets], dtype=bool)[self.flag_set]
        n_pairs = np.bincount(self.document, minlength=self.n_documents)
        n_flagged = np.bincount(self.document, weights=has_flags, minlength=self.n_documents)
        means = {name: self._means(self.signals[name]) for name in signals if name in self.signals}
        largest = np.sort(np.argsort(-n_pairs, kind="stable")[:n_most])
        names = self.document_names
        return [
            DocumentCount(
                names[i],
                int(n_pairs[i]),
                int(n_flagged[i]),
                {name: float(mean[i]) for name, mean in means.items() if np.isfinite(mean[i])},
            )
            for i in largest
        ]

    def _means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        there = np.isfinite(values)
        n = np.bincount(self.document[there], minlength=self.n_documents)
        total = np.bincount(self.document[there], weights=values[there], minlength=self.n_documents)
        means: NDArray[np.float64] = np.divide(total, n, out=np.full(self.n_documents, nan), where=n > 0)
        return means
