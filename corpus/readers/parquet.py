"""Parquet, ours and anyone's: a batch of columns at a time, and only the columns that are needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.pair import SIGNAL, Columns, Pair, Span
from corpus.readers.arrow import columns_in, import_pyarrow, metadata_in, schema_of
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions
from corpus.readers.rows import pair_of_texts
from translate.errors import InputError, first_line

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

__all__ = ["parquet_metadata", "read_parquet"]

_ROWS = 1 << 12
_RAWS = {"raw": ("source", "start"), "target_raw": ("target", "target_start")}
"""Columns that may be missing, and what stands for them then."""


def read_parquet(path: Path, options: BitextOptions) -> Iterator[Pair | Rejected]:
    """A pair a row.

    Raises:
        InputError: it is no Parquet, or its columns are not those that were named.
    """
    with _opened(path) as file:
        schema = file.schema_arrow
        columns = columns_in(schema) if (options.source, options.target) == ("source", "target") else None
        if columns is None:
            yield from _anyones(path, file, options)
        else:
            yield from _ours(path, file, columns)


def parquet_metadata(path: Path) -> dict[str, Any] | None:
    """What a file of ours says of its making; None where it is somebody else's.

    Raises:
        InputError: it is no Parquet.
    """
    with _opened(path) as file:
        return metadata_in(file.metadata.metadata)


@contextmanager
def _opened(path: Path) -> Iterator[ParquetFile]:
    pa, parquet = import_pyarrow()
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: cannot be read as Parquet: {first_line(error)}") from error


def _batches(file: ParquetFile, names: list[str]) -> Iterator[pa.RecordBatch]:
    # Threads would read ahead, and hold what they have read.
    return file.iter_batches(batch_size=_ROWS, columns=names, use_threads=False)


# -- anyone's ------------------------------------------------------------------------------------------------------


def _anyones(path: Path, file: ParquetFile, options: BitextOptions) -> Iterator[Pair | Rejected]:
    fields = [_place(path, file.schema_arrow, name) for name in (options.source, options.target)]
    number = 0
    for batch in _batches(file, list(dict.fromkeys(place[0] for place in fields))):
        sides = [_texts(_column(batch, place)) for place in fields]
        for source, target in zip(*sides, strict=True):
            if source is None or target is None:
                name = options.source if source is None else options.target
                yield Rejected(f"{path}:{number + 1}", f"no text in {name!r}, or none in UTF-8")
            else:
                yield pair_of_texts(path, number, source, target)
            number += 1


def _place(path: Path, schema: pa.Schema, name: str) -> list[str]:
    """The column of that name, or a column and the fields within it.

    Raises:
        InputError: there is none, or no text in it.
    """
    pa, _ = import_pyarrow()
    place = [name] if name in schema.names else name.split(".")
    kind: Any = pa.struct(list(schema))
    for step in place:
        index = kind.get_field_index(step) if pa.types.is_struct(kind) else -1
        if index < 0:
            seen = ", ".join(map(repr, schema.names[:12]))
            raise InputError(f"{path}: no column {name!r}; its columns: {seen}; name the two")
        kind = kind.field(index).type
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain)):
        raise InputError(f"{path}: expected text in the column {name!r}, found {kind}")
    return place


def _column(batch: pa.RecordBatch, place: list[str]) -> Any:
    import pyarrow.compute as pc

    column = batch.column(place[0])
    return pc.struct_field(column, place[1:]) if len(place) > 1 else column


def _texts(column: Any) -> list[str | None]:
    """The texts; None for one that is null, or in no UTF-8, as some writer may have let pass."""
    try:
        found: list[str | None] = column.to_pylist()
    except UnicodeDecodeError:
        pa, _ = import_pyarrow()
        found = [_decoded(value) for value in column.cast(pa.large_binary()).to_pylist()]
    return found


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


# -- ours ----------------------------------------------------------------------------------------------------------


def _ours(path: Path, file: ParquetFile, columns: Columns) -> Iterator[Pair | Rejected]:
    """Pairs with spans, scores, flags and signals, also where another program has written the table again."""
    fields = [field for field in schema_of(columns) if field.name in file.schema_arrow.names]
    number = 0
    for batch in _batches(file, [field.name for field in fields]):
        lists = {field.name: _values(path, batch.column(field.name), field) for field in fields}
        for raw, (text, start) in _RAWS.items():
            if raw not in lists:  # not known of what stands somewhere in a document
                starts = lists.get(start, [None] * batch.num_rows)
                lists[raw] = [own if at is None else "" for own, at in zip(lists[text], starts, strict=True)]
        missing = _rows_without(lists, fields)
        for row, pair in enumerate(_pairs(lists, columns)):
            if row in missing:
                yield Rejected(f"{path}:{number + row + 1}", f"nothing in {missing[row]!r}")
            else:
                yield pair
        number += batch.num_rows


def _values(path: Path, column: Any, field: Any) -> list[Any]:
    """The values as Python has them.

    Raises:
        InputError: they are not of the kind that we write.
    """
    pa, _ = import_pyarrow()
    try:
        found: list[Any] = column.cast(field.type).to_pylist()
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: expected {field.type} in the column {field.name!r}, as duizhao writes it: {first_line(error)}"
        ) from error
    if pa.types.is_integer(field.type) and any(value is not None and value < 0 for value in found):
        raise InputError(f"{path}: a number below 0 in the column {field.name!r}, which is not as duizhao writes it")
    return found


def _rows_without(lists: dict[str, list[Any]], fields: list[Any]) -> dict[int, str]:
    """The rows in which something is null that never is in ours, and what."""
    found: dict[int, str] = {}
    for field in fields:
        values = lists[field.name]
        if not field.nullable and None in values:
            found |= {row: field.name for row, value in enumerate(values) if value is None}
    return found


def _pairs(lists: dict[str, list[Any]], columns: Columns) -> Iterator[Pair]:
    n_rows = len(lists["source"])
    of_source = ("doc", "paragraph", "sentence", "start", "end", "raw", "source")
    sources = zip(*(lists[name] for name in of_source), lists.get("source_sentences", [1] * n_rows), strict=True)
    said = {name: lists[name] for name in columns.said}
    signals = [(name, lists[SIGNAL + name]) for name in columns.signals]
    for row, (source, target) in enumerate(zip(sources, _targets(lists, columns), strict=True)):
        found = {name: values[row] for name, values in signals if values[row] is not None}
        further = {name: values[row] for name, values in said.items()}
        yield Pair(Span(*source), target, lists["score"][row], found, tuple(lists["flags"][row] or ()), **further)


def _targets(lists: dict[str, list[Any]], columns: Columns) -> Iterator[Span]:
    if not columns.aligned:
        return map(Span.unplaced, lists["target"])
    place = ("doc", "paragraph", "sentence", "start", "end", "raw")
    names = [*(f"target_{name}" for name in place), "target", "target_sentences"]
    return map(Span, *(lists[name] for name in names))
