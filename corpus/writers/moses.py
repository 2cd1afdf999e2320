"""The two line-aligned files of Moses: line *n* of one belongs to line *n* of the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpus.pair import Languages, Pair
from corpus.writers.base import Output, as_bytes, on_one_line
from corpus.writers.formats import SUFFIXES
from translate.errors import UsageError
from translate.files.atomic import STDOUT
from translate.files.packing import split_packing

__all__ = ["MosesWriter"]


class MosesWriter:
    """Two files of text; ids, scores and flags have no place in them."""

    def __init__(self, output: Output) -> None:
        source, target = output.paths
        self._source, self._target = output.open(source), output.open(target)

    @staticmethod
    def paths(out: str, languages: Languages) -> tuple[str, ...]:
        """A file a language: OUT without a language or, where it was named after another format, without that."""
        if out == STDOUT:
            raise UsageError("moses is two files, so it cannot go to stdout; name OUT, such as -o news")
        plain, packing = split_packing(out)
        suffix = Path(plain).suffix
        is_known = suffix[1:] in languages or suffix.lower() in SUFFIXES
        stem = plain[: -len(suffix)] if suffix and is_known else plain
        return tuple(f"{stem}.{language}{packing}" for language in languages)

    def write(self, pairs: Sequence[Pair]) -> None:
        """A line in each file; an empty translation is an empty line."""
        self._source.write(as_bytes("".join([on_one_line(pair.source.text) + "\n" for pair in pairs])))
        self._target.write(as_bytes("".join([on_one_line(pair.target.text) + "\n" for pair in pairs])))

    def end(self) -> None:
        """Nothing comes after the last line."""
