"""The sentence pair, and the row it is in every output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from translate.text.records import Sentence

__all__ = ["FIELDS", "Pair", "from_row", "row"]

FIELDS = ("id", "doc", "paragraph", "sentence", "start", "end", "source", "target", "score", "flags")
"""Columns of a row, in order; JSONL has ``raw`` after them."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and its translation.

    Attributes:
        sentence: the source; its ``text`` is what the model read.
        target: the translation; empty where there is none.
        score: mean log-probability per target token in nats; None where nothing was decoded.
        flags: everything a reader of the corpus should know of either side.
    """

    sentence: Sentence
    target: str
    score: float | None
    flags: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """``document:paragraph:sentence``, unique in a run."""
        sentence = self.sentence
        return f"{sentence.doc_id}:{sentence.paragraph}:{sentence.index}"


def rounded(score: float | None) -> float | None:
    """Round a score to the 4 decimals that are written; None where there is no number."""
    # Adding 0.0 turns -0.0, which reads like a slip, into 0.0.
    return round(score, 4) + 0.0 if score is not None and isfinite(score) else None


def all_flags(pair: Pair) -> tuple[str, ...]:
    """The flags of the pair and of its sentence, sorted, each once."""
    if not pair.sentence.flags:
        return pair.flags
    return tuple(sorted({*pair.flags, *pair.sentence.flags}))


def row(pair: Pair) -> dict[str, Any]:
    """Lay a pair out as the row of a JSONL output.

    Returns:
        `FIELDS` in order, then ``raw``. ``score`` is rounded to 4 decimals, or None; ``flags`` is a list that
        includes the flags of the sentence.
    """
    sentence = pair.sentence
    return {
        "id": pair.id,
        "doc": sentence.doc_id,
        "paragraph": sentence.paragraph,
        "sentence": sentence.index,
        "start": sentence.start,
        "end": sentence.end,
        "source": sentence.text,
        "target": pair.target,
        "score": rounded(pair.score),
        "flags": list(all_flags(pair)),
        "raw": sentence.raw,
    }


def from_row(fields: Mapping[str, Any]) -> Pair:
    """Read a pair back from its row; ``row(from_row(fields)) == fields`` for every row that `row` made.

    A row does not say which flags were the sentence's, so the pair has them all.

    Raises:
        KeyError: if a field is missing. Values are not checked: rows are read back only from files we wrote.
    """
    sentence = Sentence(
        fields["doc"],
        fields["paragraph"],
        fields["sentence"],
        fields["start"],
        fields["end"],
        fields["raw"],
        fields["source"],
    )
    return Pair(sentence, fields["target"], fields["score"], tuple(fields["flags"]))
