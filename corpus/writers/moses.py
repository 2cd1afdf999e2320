"""The line-aligned files of Moses: line *n* of one belongs to line *n* of the other.

As in OPUS, ``.ids`` says which sentences they are, and ``.scores`` the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpus.pair import Languages, Pair, Span, rounded
from corpus.writers.base import Output, as_bytes, on_one_line
from corpus.writers.formats import SUFFIXES
from translate.errors import UsageError
from translate.files.atomic import STDOUT
from translate.files.packing import split_packing

__all__ = ["MosesWriter"]


class MosesWriter:
    """Two files of text, one of ids, one of scores; flags, signals and offsets have no place in them."""

    def __init__(self, output: Output) -> None:
        self._source, self._target, self._ids, self._scores = map(output.open, output.paths)

    @staticmethod
    def paths(out: str, languages: Languages) -> tuple[str, ...]:
        """A file a language: OUT without a language or, where it was named after another format, without that."""
        if out == STDOUT:
            raise UsageError("moses is several files, so it cannot go to stdout; name OUT, such as -o news")
        plain, packing = split_packing(out)
        suffix = Path(plain).suffix
        is_known = suffix[1:] in languages or suffix.lower() in SUFFIXES
        stem = plain[: -len(suffix)] if suffix and is_known else plain
        return tuple(f"{stem}.{end}{packing}" for end in (*languages, "ids", "scores"))

    def write(self, pairs: Sequence[Pair]) -> None:
        """A line in each file; an empty translation is an empty line, and so is a score that there is not."""
        self._source.write(as_bytes("".join([on_one_line(pair.source.text) + "\n" for pair in pairs])))
        self._target.write(as_bytes("".join([on_one_line(pair.target.text) + "\n" for pair in pairs])))
        self._ids.write(as_bytes("".join([_ids(pair) for pair in pairs])))
        scores = [rounded(pair.score) for pair in pairs]
        self._scores.write(as_bytes("".join(["\n" if score is None else f"{score}\n" for score in scores])))

    def end(self) -> None:
        """Nothing comes after the last line."""


def _ids(pair: Pair) -> str:
    """Both documents, and the sentences of either, with tabs between."""
    source, target = pair.source, pair.target
    return (
        f"{on_one_line(source.doc_id)}\t{on_one_line(target.doc_id)}\t{_sentences(source)}\t"
        f"{_sentences(target) if target.doc_id else ''}\n"
    )


def _sentences(span: Span) -> str:
    """``paragraph.sentence`` of each, counted on from the first, which alone is sure to be in its paragraph."""
    if span.n_sentences == 1:
        return f"{span.paragraph}.{span.index}"
    return " ".join(f"{span.paragraph}.{span.index + n}" for n in range(span.n_sentences))
