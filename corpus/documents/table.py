"""Tables as text: .csv and .tsv (RFC 4180), of which some columns hold text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from corpus.documents.encoded import Encoded, decoded
from corpus.documents.inline import Gatherer
from corpus.documents.kinds import FileOptions
from corpus.documents.placeholders import gather, rendered
from corpus.documents.segments import Bilingual, Rendering, Role, Segment
from translate.errors import UsageError

__all__ = ["TableFile", "read_csv", "read_tsv"]


@dataclass(slots=True)
class _TableCell:
    """A cell: ``[start, end)`` of the file, quotes included."""

    start: int
    end: int
    value: str
    segment: Segment | None = None
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class TableFile:
    """A table that was read.

    Attributes:
        encoded: its text.
        separator: between two cells.
        quotes: whether cells may be quoted.
        rows: all of them.
        columns: those that are text, from 0.
        has_header: whether the first row names the columns.
    """

    encoded: Encoded
    separator: str
    quotes: bool
    rows: list[list[_TableCell]]
    columns: Sequence[int]
    has_header: bool

    @property
    def _places(self) -> list[_TableCell]:
        return [cell for row in self.rows for cell in row if cell.segment]

    @property
    def segments(self) -> Sequence[Segment]:
        """Cells, row by row."""
        return [cell.segment for cell in self._places if cell.segment]

    def written(self, renderings: Mapping[int, Rendering], bilingual: Bilingual | None = None) -> bytes:
        """See `MarkedFile.written`; beside is a column of its own behind that of the text."""
        found = {id(cell): renderings[n] for n, cell in enumerate(self._places) if n in renderings}
        text = self.encoded.text
        pieces: list[str] = []
        at = 0
        for number, row in enumerate(self.rows):
            for column, cell in enumerate(row):
                pieces.append(text[at : cell.start])
                at = cell.end
                raw = text[cell.start : cell.end]
                new = rendered(found[id(cell)], cell.tags) if id(cell) in found else None
                if bilingual == "beside":
                    pieces.append(raw)
                    if column in self.columns:
                        other = cell.value if new is None else new
                        if number == 0 and self.has_header:
                            other = f"{cell.value}_en"
                        pieces.append(self.separator + self._written(other, raw))
                elif new is None:
                    pieces.append(raw)
                else:
                    pieces.append(self._written(f"{cell.value}\n{new}" if bilingual else new, raw))
        return self.encoded.encode("".join(pieces) + text[at:])

    def _written(self, value: str, raw: str) -> str:
        """A value as a cell, quoted where it has to be or where the cell was."""
        if not self.quotes:
            return re.sub(r"[\t\r\n]+", " ", value)
        if raw.startswith('"') or re.search(rf'["\r\n{re.escape(self.separator)}]', value):
            return '"' + value.replace('"', '""') + '"'
        return value


def _rows(text: str, separator: str, *, quotes: bool) -> list[list[_TableCell]]:
    own = re.escape(separator)
    quoted = rf'"(?:[^"]|"")*"(?=[{own}\r\n]|\Z)|' if quotes else ""
    cell = re.compile(rf"(?:{quoted}[^{own}\r\n]*)")
    rows: list[list[_TableCell]] = [[]]
    at = 0
    while True:
        match = cell.match(text, at)
        raw = match[0] if match else ""
        end = at + len(raw)
        is_quoted = quotes and len(raw) > 1 and raw[0] == raw[-1] == '"'
        rows[-1].append(_TableCell(at, end, raw[1:-1].replace('""', '"') if is_quoted else raw))
        if end >= len(text):
            break
        if text[end] == separator:
            at = end + 1
        else:
            at = end + (2 if text.startswith("\r\n", end) else 1)
            if at >= len(text):
                break
            rows.append([])
    return rows


def _columns(rows: Sequence[Sequence[_TableCell]], options: FileOptions, name: str) -> tuple[list[int], bool]:
    """Which columns are text, and whether the first row names them.

    Raises:
        UsageError: there is no such column.
    """
    header = [cell.value.strip() for cell in rows[0]]
    if not options.columns:
        return list(range(max(map(len, rows)))), False
    found = []
    for own in options.columns:
        if own in header:
            found.append(header.index(own))
        elif own.isdigit() and 1 <= int(own) <= len(header):
            found.append(int(own) - 1)
        else:
            seen = ", ".join(map(repr, header[:12]))
            raise UsageError(
                f"{name}: no column {own!r}; its first row: {seen}; name one of these, or its number from 1"
            )
    return found, any(own in header for own in options.columns)


def _read(data: bytes, name: str, options: FileOptions, separator: str) -> TableFile:
    encoded = decoded(data, None, options.encoding, name=name)
    first = re.split(r"[\r\n]", encoded.text, maxsplit=1)[0]
    rows = _rows(encoded.text, separator, quotes=separator != "\t")
    if separator == "," and first.count(";") > first.count(",") and not _is_even(rows):
        separator = ";"  # as a spreadsheet writes it where a comma is the decimal point
        rows = _rows(encoded.text, separator, quotes=True)
    columns, has_header = _columns(rows, options, name)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if column in columns and not (number == 0 and has_header):
                gatherer = Gatherer()
                gather(cell.value, gatherer, cell.tags)
                if gatherer.is_chinese:
                    cell.segment = gatherer.segment(Role.CELL)
    return TableFile(encoded, separator, separator != "\t", rows, columns, has_header)


def _is_even(rows: Sequence[Sequence[object]]) -> bool:
    """Whether all rows have the same number of cells, and more than one."""
    return len(rows[0]) > 1 and len({*map(len, rows)}) == 1


def read_csv(data: bytes, name: str, options: FileOptions) -> TableFile:
    """Read a table with commas, or semicolons.

    Raises:
        UsageError: it has no column of that name or number.
        InputError: it is in no encoding that we find.
    """
    return _read(data, name, options, ",")


def read_tsv(data: bytes, name: str, options: FileOptions) -> TableFile:
    """Read a table with tabs, in which nothing is quoted.

    Raises:
        UsageError: see `read_csv`.
        InputError: see `read_csv`.
    """
    return _read(data, name, options, "\t")
