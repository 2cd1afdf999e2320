"""The rows of a corpus against one another, and against what its sidecar says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from corpus.pair import Pair, Span
from corpus.readers.base import Rejected
from corpus.release.checks import Check, Problems

__all__ = ["RowChecks"]

_Place = tuple[int, int]


@dataclass(slots=True, eq=False)
class RowChecks:
    """Counts the pairs of a corpus and looks at their order and spans, in memory that grows by a hash a document.

    Attributes:
        has_raw: whether rows hold the raw text, so that its length can be held to the offsets.
    """

    has_raw: bool
    n_pairs: int = 0
    n_documents: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    problems: Problems = field(default_factory=Problems)
    _documents: set[bytes] = field(default_factory=set)
    _last_counted: str | None = None
    _last_doc: str | None = None
    _last_place: _Place = (-1, -1)
    _last_end: int = 0

    def over(self, rows: Iterable[Pair | Rejected]) -> Iterator[Pair]:
        """The pairs, as they go by."""
        for row in rows:
            if isinstance(row, Rejected):
                self.problems.add(str(row))
                continue
            self._count(row)
            if row.source.is_placed and row.source.n_sentences:
                self._look(row.source)
            yield row

    def _count(self, pair: Pair) -> None:
        self.n_pairs += 1
        self.flags.update(pair.flags)
        # As a writer counts them: a document is a run of pairs of one name.
        if pair.source.doc_id != self._last_counted:
            self._last_counted = pair.source.doc_id
            self.n_documents += 1

    def _look(self, span: Span) -> None:
        if span.doc_id != self._last_doc:
            self._last_doc, self._last_place, self._last_end = span.doc_id, (-1, -1), 0
            key = blake2b(span.doc_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            if key in self._documents:
                self.problems.add(f"document {span.doc_id!r} comes in two places")
            self._documents.add(key)
        place = (span.paragraph, span.index)
        if place <= self._last_place:
            self.problems.add(f"{span.id} comes after {span.doc_id}:{self._last_place[0]}:{self._last_place[1]}")
        if span.start is None or span.end is None or not self._last_end <= span.start <= span.end:
            self.problems.add(f"{span.id} is [{span.start}, {span.end}), and the one before ends at {self._last_end}")
        elif self.has_raw and span.raw and len(span.raw) != span.end - span.start:
            self.problems.add(f"{span.id} is {span.end - span.start} characters long, its raw text {len(span.raw)}")
        self._last_place, self._last_end = place, span.end or self._last_end

    def check(self, counts: Mapping[str, Any] | None) -> Check:
        """What was found, held to the counts of the sidecar where there is one."""
        if counts is not None:
            seen = {"pairs": self.n_pairs, "documents": self.n_documents, "flags": dict(self.flags)}
            for name, number in seen.items():
                if name in counts and counts[name] != number:
                    self.problems.add(f"{name}: {_short(number)}, and the sidecar says {_short(counts[name])}")
        detail = f"{self.n_pairs} pairs of {self.n_documents} documents, each span after the one before"
        return self.problems.check("rows", detail)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"
