"""The pairs that a page shows: what only the pairs themselves say, in columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from math import nan

import numpy as np

from corpus.pair import Pair, Span
from corpus.report.columns import Column, TextColumn, number_column

__all__ = ["ShownPairs"]

_FAR = 2**53  # whatever a row claims: a place beyond every document is no place
_PLACES = ("paragraph", "sentence", "sentences", "start", "end")


class ShownPairs:
    """Texts and places of pairs, packed as they come."""

    def __init__(self) -> None:
        self._texts = {name: TextColumn(name) for name in ("source", "target", "raw", "target_raw", "target_document")}
        self._places = {side: [array("d") for _ in _PLACES] for side in ("source", "target")}

    def add(self, pair: Pair) -> None:
        """Add a pair; a raw text is left out where it is the text itself."""
        source, target = pair.source, pair.target
        texts = self._texts
        texts["source"].add(source.text)
        texts["target"].add(target.text)
        texts["raw"].add(None if source.raw == source.text else source.raw or None)
        texts["target_raw"].add(None if target.raw == target.text else target.raw or None)
        texts["target_document"].add(target.doc_id or None)
        for side, span in (("source", source), ("target", target)):
            for column, value in zip(self._places[side], _places(span), strict=True):
                column.append(nan if value is None or value > _FAR else value)

    def columns(self) -> Iterator[Column]:
        """What was added; a number that is not known is missing."""
        for column in self._texts.values():
            yield from column.end()
        for side, columns in self._places.items():
            for name, values in zip(_PLACES, columns, strict=True):
                yield number_column(f"{side}.{name}", np.frombuffer(values, np.float64))


def _places(span: Span) -> tuple[int | None, ...]:
    """In the order of `_PLACES`."""
    return span.paragraph, span.index, span.n_sentences, span.start, span.end
