"""Bitext of a row a pair: TSV and JSONL, ours and anyone's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from corpus.pair import ALIGNED_FIELDS, FIELDS, SAID, SIGNAL, Pair, Span, from_row
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions
from corpus.readers.jsonl import kind_of_value
from corpus.readers.lines import text_of, whole_lines
from corpus.readers.quick import cells_reader, pair_of_object
from translate.errors import InputError
from translate.files.lines import without_surrogates

__all__ = ["pair_of_texts", "read_jsonl", "read_tsv"]

_WHOLE_NUMBERS = {"paragraph", "sentence", "start", "end"} | {name for name in ALIGNED_FIELDS if name != "target_doc"}
_OPTIONAL = {"start", "end", "target_start", "target_end"}


def pair_of_texts(path: Path, number: int, source: str, target: str) -> Pair:
    """A pair of which nothing is known but where it stands.

    Args:
        path: its file, whose name stands for a document.
        number: which of its rows, from 0, stands for a paragraph.
        source: text.
        target: text.
    """
    return Pair(Span(without_surrogates(path.name), number, 0, None, None, source, source), Span.unplaced(target))


# -- TSV -----------------------------------------------------------------------------------------------------------

_FromCells = Callable[[int, list[str]], Pair]


def read_tsv(path: Path, options: BitextOptions) -> Iterator[Pair | Rejected]:
    """A pair a row; a header names the columns, unless the options give their numbers."""
    lines = enumerate(whole_lines(path), start=1)
    make: _FromCells
    if options.source.isdecimal() and options.target.isdecimal():
        make = partial(_numbered, path, options)
        n_before = 1
    else:
        _, line = next(lines, (1, b""))
        try:
            make = _named(path, text_of(line, is_first=True).split("\t"), options)
        except InputError as error:
            raise InputError(f"{path}:1: {error}") from error
        n_before = 2
    for number, line in lines:
        try:
            yield make(number - n_before, text_of(line, is_first=number == 1).split("\t"))
        except InputError as error:
            yield Rejected(f"{path}:{number}", str(error))


def _numbered(path: Path, options: BitextOptions, number: int, cells: list[str]) -> Pair:
    wanted = int(options.source), int(options.target)
    if max(wanted) > len(cells) or min(wanted) < 1:
        raise InputError(f"{len(cells)} columns, expected columns {wanted[0]} and {wanted[1]}, counted from 1")
    return pair_of_texts(path, number, cells[wanted[0] - 1], cells[wanted[1] - 1])


def _named(path: Path, columns: list[str], options: BitextOptions) -> _FromCells:
    for name in (options.source, options.target):
        if name not in columns:
            seen = ", ".join(map(repr, columns[:12]))
            raise InputError(f"no column {name!r} in the header, which has {seen}; name the two, or number them from 1")
    is_ours = set(columns) >= set(FIELDS) and (options.source, options.target) == ("source", "target")
    source, target = columns.index(options.source), columns.index(options.target)
    quick = cells_reader(columns) if is_ours else None

    def make(number: int, cells: list[str]) -> Pair:
        if len(cells) != len(columns):
            raise InputError(f"{len(cells)} columns, expected {len(columns)} as in the header")
        if quick is not None:
            return quick(cells) or _ours(_fields(dict(zip(columns, cells, strict=True))))
        return pair_of_texts(path, number, cells[source], cells[target])

    return make


def _fields(cells: Mapping[str, str]) -> dict[str, Any]:
    """The cells of a row of ours with the types that they have in JSON; what TSV does not have is the text itself."""
    fields: dict[str, Any] = dict(cells)
    try:
        for name in _WHOLE_NUMBERS & cells.keys():
            fields[name] = None if not cells[name] and name in _OPTIONAL else int(cells[name])
        fields["score"] = float(cells["score"]) if cells["score"] else None
        signals = {name: value for name, value in cells.items() if name.startswith(SIGNAL) and value}
        fields["signals"] = {name.removeprefix(SIGNAL): float(value) for name, value in signals.items()}
    except ValueError as error:
        raise InputError(f"expected numbers as duizhao writes them: {error}") from error
    fields["flags"] = cells["flags"].split(",") if cells["flags"] else []
    fields |= {name: cells[name] or None for name in SAID if name in cells}
    # A table has no raw texts: of what stands somewhere in a document it is not known, of other text it is the text.
    fields["raw"] = cells["source"] if fields["start"] is None else ""
    fields["target_raw"] = cells["target"] if fields.get("target_start") is None else ""
    return fields


# -- JSONL ---------------------------------------------------------------------------------------------------------


def read_jsonl(path: Path, options: BitextOptions) -> Iterator[Pair | Rejected]:
    """A pair a line; blank lines are passed over."""
    may_be_ours = (options.source, options.target) == ("source", "target")
    for number, line in enumerate(whole_lines(path), start=1):
        if line is not None and (not line or line.isspace()):
            continue
        try:
            value = _object(text_of(line, is_first=number == 1))
            found = pair_of_object(value) if may_be_ours else None
            yield found or _from_object(path, number - 1, value, options)
        except InputError as error:
            yield Rejected(f"{path}:{number}", str(error))


def _object(line: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"no JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"expected a JSON object, found {kind_of_value(value)}")
    return value


def _from_object(path: Path, number: int, value: dict[str, Any], options: BitextOptions) -> Pair:
    source, target = _text(value, options.source), _text(value, options.target)
    if value.keys() >= {*FIELDS, "raw"} and (options.source, options.target) == ("source", "target"):
        return _ours(value)
    return pair_of_texts(path, number, source, target)


def _text(value: Mapping[str, Any], field: str) -> str:
    """The text in a field, or in a field within a field."""
    found: Any = value.get(field)
    if found is None:
        found = value
        for name in field.split("."):
            found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str):
        seen = ", ".join(map(repr, list(value)[:8])) or "none"
        wrong = "no field" if found is None else f"found {kind_of_value(found)} in the field"
        raise InputError(f"{wrong} {field!r}, expected a text; its fields: {seen}; name the two")
    return without_surrogates(found)


# -- both ----------------------------------------------------------------------------------------------------------


def _ours(fields: Mapping[str, Any]) -> Pair:
    """The pair of a row that has all of our fields.

    Raises:
        InputError: some value is not of the kind that we write.
    """
    if "target_doc" in fields and not fields.keys() >= {*ALIGNED_FIELDS, "target_raw"}:
        raise InputError(f"expected all of {', '.join(ALIGNED_FIELDS)} where one of them is")
    for name, value in fields.items():
        if not _fits(name, value):
            raise InputError(f"field {name!r} is not as duizhao writes it")
    return from_row(fields)


def _fits(name: str, value: object) -> bool:
    if name in _WHOLE_NUMBERS:
        return (value is None and name in _OPTIONAL) or (type(value) is int and value >= 0)
    if name == "score":
        return value is None or type(value) in (int, float)
    if name in SAID:
        return value is None or isinstance(value, str)
    if name == "flags":
        return isinstance(value, list) and all(isinstance(flag, str) for flag in value)
    if name == "signals":
        return isinstance(value, dict) and all(type(number) in (int, float) for number in value.values())
    return isinstance(value, str) or name not in {*FIELDS, "raw", "target_doc", "target_raw"}
