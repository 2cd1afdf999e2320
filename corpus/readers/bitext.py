"""Sentence pairs read back from a corpus that `corpus.writers.writer` wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from translate.errors import InputError, UsageError
from translate.files.packing import packing_of
from translate.files.unpack import read_chunks

__all__ = ["check_bitext", "read_pairs"]

_NEEDED = ("source", "target", "flags")
_TROUBLE = {"empty_target", "length_cap", "loop"}


def check_bitext(path: Path | str) -> None:
    """Find out, before any work is done, whether this is a file that can be read.

    Raises:
        InputError: there is no such file.
        UsageError: its suffix is that of another format.
    """
    _format(path)
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")


def read_pairs(path: Path | str) -> Iterator[tuple[str, str]]:
    """Source and target of each pair, but for those whose translation is known to have failed.

    Args:
        path: ``.tsv`` or ``.jsonl``, and ``.gz`` or ``.zst`` behind it where it is packed.

    Raises:
        InputError: it cannot be read, or has not the rows that our writers write; the message names the line.
        UsageError: its suffix is that of another format.
    """
    for row in _format(path)(path):
        flags = set(row["flags"])
        if row["source"] and row["target"] and ("rescued" in flags or not flags & _TROUBLE):
            yield row["source"], row["target"]


_Rows = Iterator[Mapping[str, Any]]


def _format(path: Path | str) -> Callable[[Path | str], _Rows]:
    suffixes = [suffix.lower() for suffix in Path(path).suffixes]
    if packing_of(path):
        suffixes.pop()
    if not suffixes or suffixes[-1] not in _FORMATS:
        raise UsageError(f"{path}: expected a corpus that duizhao wrote as {' or '.join(_FORMATS)}")
    return _FORMATS[suffixes[-1]]


def _lines(path: Path | str) -> Iterator[tuple[str, str]]:
    """Each line, and its place for a message."""
    for number, line in enumerate(_raw_lines(path), start=1):
        place = f"{path}:{number}"
        try:
            yield line.decode(), place
        except UnicodeDecodeError as error:
            raise InputError(f"{place}: not UTF-8, which all corpora of duizhao are in") from error


def _raw_lines(path: Path | str) -> Iterator[bytes]:
    rest = b""
    for chunk in read_chunks(path):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _tsv(path: Path | str) -> _Rows:
    columns: list[str] = []
    for line, place in _lines(path):
        fields = line.split("\t")
        if not columns:
            columns = fields
            if missing := [name for name in _NEEDED if name not in columns]:
                raise InputError(f"{place}: no column {missing[0]!r} in the header; expected a corpus of duizhao")
            continue
        if len(fields) != len(columns):
            raise InputError(f"{place}: {len(fields)} columns, expected {len(columns)} as in the header")
        row: dict[str, Any] = dict(zip(columns, fields, strict=True))
        row["flags"] = row["flags"].split(",")
        yield row


def _jsonl(path: Path | str) -> _Rows:
    for line, place in _lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{place}: no JSON: {error}") from error
        kinds = (str, str, list)
        if not isinstance(row, dict) or not all(isinstance(row.get(n), k) for n, k in zip(_NEEDED, kinds, strict=True)):
            raise InputError(f"{place}: expected an object with {', '.join(_NEEDED)}, as duizhao writes it")
        yield row


_FORMATS: dict[str, Callable[[Path | str], _Rows]] = {".tsv": _tsv, ".jsonl": _jsonl}
