"""TSV with a header row: UTF-8, no quoting, no escapes; what would break a line becomes a space."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corpus.pair import FIELDS, PLAIN, SIGNAL, Columns, Languages, Pair, rounded, row
from corpus.writers.base import Output, as_bytes, on_one_line

__all__ = ["TsvWriter", "safe_cell"]

# What begins a formula, also in full width, which some spreadsheets take for the same.
_FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class TsvWriter:
    """One file, a line a pair; the columns are those of the output."""

    def __init__(self, output: Output) -> None:
        self._columns = output.columns
        self._line = _safe_line if output.safe_cells else _line
        (path,) = output.paths
        self._file = output.open(path)
        self._file.write(as_bytes("\t".join(map(on_one_line, output.columns.names)) + "\n"))

    @staticmethod
    def paths(out: str, languages: Languages) -> tuple[str, ...]:
        """OUT itself."""
        return (out,)

    def write(self, pairs: Sequence[Pair]) -> None:
        """A line each."""
        self._file.write(as_bytes("".join([self._line(pair, self._columns) for pair in pairs])))

    @staticmethod
    def lines(pairs: Sequence[Pair], columns: Columns) -> bytes:
        """What `write` writes, where cells need not be safe."""
        return as_bytes("".join([_line(pair, columns) for pair in pairs]))

    def end(self) -> None:
        """Nothing comes after the last line."""


def _line(pair: Pair, columns: Columns) -> str:
    span = pair.source
    doc, start, end, score = span.doc_id, span.start, span.end, rounded(pair.score)
    line = (
        f"{pair.id}\t{doc}\t{span.paragraph}\t{span.index}\t{'' if start is None else start}\t"
        f"{'' if end is None else end}\t{span.text}\t{pair.target.text}\t{'' if score is None else score}\t"
        f"{','.join(pair.flags)}"
    )
    # Nearly always the line is one line of ten fields, which is quicker to see than to make.
    if columns is not PLAIN or line.count("\t") != len(FIELDS) - 1 or "\0" in line or len(line.splitlines()) != 1:
        line = "\t".join(map(on_one_line, _cells(pair, columns)))
    return line + "\n"


def _safe_line(pair: Pair, columns: Columns) -> str:
    """The line of a pair for a spreadsheet: no text in it begins as a formula does (CWE-1236)."""
    return "\t".join([safe_cell(on_one_line(cell)) for cell in _cells(pair, columns)]) + "\n"


def safe_cell(cell: str) -> str:
    """Put a ``'`` before what a spreadsheet would compute; a number stays one."""
    return f"'{cell}" if cell.lstrip().startswith(_FORMULAS) and not _NUMBER.fullmatch(cell) else cell


def _cells(pair: Pair, columns: Columns) -> Iterator[str]:
    fields = row(pair, columns)
    for name in columns.names:
        value = fields["signals"].get(name.removeprefix(SIGNAL)) if name.startswith(SIGNAL) else fields[name]
        yield ",".join(value) if isinstance(value, list) else "" if value is None else str(value)
