"""JSONL: UTF-8, an object a line, Chinese as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import Any

from corpus.pair import PLAIN, Columns, Languages, Pair, further, rounded
from corpus.writers.base import Output, as_bytes

__all__ = ["JsonlWriter", "json_line"]


class JsonlWriter:
    """One file, a line a pair; the fields are those of `corpus.pair.row`."""

    def __init__(self, output: Output) -> None:
        self._columns = output.columns
        (path,) = output.paths
        self._file = output.open(path)

    @staticmethod
    def paths(out: str, languages: Languages) -> tuple[str, ...]:
        """OUT itself."""
        return (out,)

    def write(self, pairs: Sequence[Pair]) -> None:
        """A line each."""
        self._file.write(self.lines(pairs, self._columns))

    @staticmethod
    def lines(pairs: Sequence[Pair], columns: Columns) -> bytes:
        """What `write` writes."""
        return as_bytes("".join([_line(pair, columns) for pair in pairs]))

    def end(self) -> None:
        """Nothing comes after the last line."""


def json_line(fields: Mapping[str, Any]) -> bytes:
    """An object on a line of its own, whatever a reader takes for the end of a line."""
    text = json.dumps(fields, ensure_ascii=False)
    return as_bytes(_BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


_BREAKS = re.compile("[\x85\u2028\u2029]")
_quote: Callable[[str], str] = encode_basestring


def _line(pair: Pair, columns: Columns) -> str:
    """The row as JSON; by hand, in half the time of a dict and an encoder. A test holds it to `row`."""
    span = pair.source
    start, end, score, flags = span.start, span.end, rounded(pair.score), pair.flags
    line = (
        f'{{"id": {_quote(pair.id)}, "doc": {_quote(span.doc_id)}, "paragraph": {span.paragraph}, '
        f'"sentence": {span.index}, "start": {"null" if start is None else start}, '
        f'"end": {"null" if end is None else end}, "source": {_quote(span.text)}, '
        f'"target": {_quote(pair.target.text)}, "score": {"null" if score is None else score}, '
        f'"flags": [{", ".join(map(_quote, flags)) if flags else ""}], "raw": {_quote(span.raw)}}}\n'
    )
    if columns is not PLAIN:
        line = f"{line[:-2]}, {json.dumps(further(pair, columns), ensure_ascii=False)[1:]}\n"
    # Line breaks that JSON lets stand, but at which some readers of lines would cut.
    if len(line.splitlines()) != 1:
        line = _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
    return line
