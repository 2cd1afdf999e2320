"""The formats there are, by name, and which one an output is in."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from corpus.pair import CHINESE_ENGLISH, Languages
from corpus.writers.base import FormatWriter
from translate.errors import OutputError, UnknownNameError, UsageError
from translate.files import atomic
from translate.files.atomic import STDOUT
from translate.files.packing import split_packing

__all__ = ["FORMATS", "SUFFIXES", "TEXT_ONLY", "OutputFormat", "check_writable", "format_class", "resolve_format"]

FORMATS = {
    "tsv": "corpus.writers.tsv:TsvWriter",
    "jsonl": "corpus.writers.jsonl:JsonlWriter",
    "tmx": "corpus.writers.tmx:TmxWriter",
    "parquet": "corpus.writers.parquet:ParquetWriter",
    "xliff12": "corpus.writers.xliff12:Xliff12Writer",
    "xliff21": "corpus.writers.xliff21:Xliff21Writer",
    "xces": "corpus.writers.xces:XcesWriter",
    "moses": "corpus.writers.moses:MosesWriter",
}
"""The known formats, by name: ``module:Class`` of a `FormatWriter`, imported when it is chosen."""

SUFFIXES = {
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".tmx": "tmx",
    ".parquet": "parquet",
    ".xlf": "xliff12",
    ".xliff": "xliff12",
    ".xces": "xces",
}
"""Suffixes that name a format."""

TEXT_ONLY = {"moses"}
"""Formats in which there is no place for flags, signals and offsets."""


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format, and the files it will be in.

    Attributes:
        name: a key of `FORMATS`.
        paths: the files, in the order of the format; ``-`` for standard output.
        sidecar: where the run is described; None for standard output.
    """

    name: str
    paths: tuple[str, ...]
    sidecar: str | None


def format_class(name: str) -> type[FormatWriter]:
    """The class of a format.

    Raises:
        UnknownNameError: if there is no format of that name.
    """
    if name not in FORMATS:
        raise UnknownNameError("format", name, FORMATS)
    module, _, attribute = FORMATS[name].partition(":")
    return cast(type[FormatWriter], getattr(import_module(module), attribute))


def resolve_format(out: Path | str, fmt: str | None = None, languages: Languages = CHINESE_ENGLISH) -> OutputFormat:
    """Settle how OUT is written, before any work is done.

    Args:
        out: its suffix names the format (a key of `SUFFIXES`), and may be followed by ``.gz`` or ``.zst``; ``-`` is
            standard output, and needs ``fmt``. For ``moses`` it is what comes before ``.zh`` and ``.en``: ``news``
            gives ``news.zh`` and ``news.en``, ``news.gz`` gives ``news.zh.gz`` and ``news.en.gz``, and either file's
            own name gives both; the suffix of another format is dropped.
        fmt: a key of `FORMATS`; overrides the suffix.
        languages: of the two sides.

    Raises:
        UnknownNameError: if there is no format ``fmt``.
        UsageError: if the suffix says nothing and ``fmt`` is None, or a format of several files should go to
            standard output.
    """
    name = str(out)
    chosen = fmt or SUFFIXES.get(Path(split_packing(name)[0]).suffix.lower())
    if chosen is None:
        seen = "stdout has no suffix" if name == STDOUT else f"the suffix of {name!r} names no format"
        *first, last = SUFFIXES
        raise UsageError(
            f"{seen}: end OUT in {', '.join(first)} or {last} (.gz or .zst may follow), "
            f"or say --format {'|'.join(FORMATS)}"
        )
    paths = format_class(chosen).paths(name, languages)
    return OutputFormat(chosen, paths, _sidecar(paths))


def _sidecar(paths: tuple[str, ...]) -> str | None:
    """Beside one file, or the first of several, its name and ``.meta.json``; beside equals what their names share."""
    if paths[0] == STDOUT:
        return None
    if len(paths) == 1 or Path(split_packing(paths[0])[0]).suffix.lower() in SUFFIXES:
        return f"{paths[0]}.meta.json"
    return f"{Path(split_packing(paths[0])[0]).with_suffix('')}.meta.json"


def check_writable(out: Path | str, fmt: str | None = None, languages: Languages = CHINESE_ENGLISH) -> None:
    """Find out, before any work is done, whether OUT can be written; leaves nothing behind.

    Raises:
        UsageError: see `resolve_format`.
        OutputError: if the folder is missing or read-only, there is a folder in the place of a file, or the name of
            a file or of its sidecar is too long.
    """
    layout = resolve_format(out, fmt, languages)
    for path in layout.paths:
        if path == STDOUT and sys.stdout is None:
            raise OutputError("standard output is closed; name a file with -o, or leave it open")
        atomic.check_writable(path)
    if layout.sidecar is not None and not any(map(atomic.is_special, layout.paths)):
        atomic.check_writable(layout.sidecar)
