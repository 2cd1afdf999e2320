"""Reads the training text and what is known of where it comes from."""

from __future__ import annotations

import csv
import lzma
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

__all__ = ["GROUPS", "Pair", "Source", "choose", "group_of", "read_folder", "read_pairs", "read_sources"]

GROUPS = ("news", "docs", "prose", "terms", "made")
"""What pairs are weighted as; ``made`` are those that no source brought."""

_STATUSES = ("open", "unstated", "unclear")


@dataclass(frozen=True, slots=True)
class Source:
    """A row of ``SOURCES.tsv``.

    Attributes:
        name: as in the third column of the training text.
        n_pairs: pairs it brings.
        domain: in words.
        licence: as its owner states it.
        origin: repository and commit.
        status: ``open``, ``unstated`` or ``unclear``.
    """

    name: str
    n_pairs: int
    domain: str
    licence: str
    origin: str
    status: str

    @property
    def group(self) -> str:
        """What it is weighted as: ``news``, ``docs``, ``terms`` or ``prose``."""
        if "news" in self.domain and not any(word in self.domain for word in ("tech", "finance", "docs")):
            return "news"
        if "encyclopedic" in self.domain:
            return "news"
        if "dictionary" in self.domain:
            return "terms"
        is_docs = any(word in self.domain for word in ("docs", "glossary", "help", "command", "tech/finance"))
        return "docs" if is_docs or self.domain == "finance/tech" else "prose"


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence pair on its way into the training set.

    Attributes:
        zh: Chinese.
        en: English.
        source: name of its source; augmented copies keep it.
    """

    zh: str
    en: str
    source: str


def group_of(pair: Pair, sources: Mapping[str, Source]) -> str:
    """One of `GROUPS`."""
    return sources[pair.source].group if pair.source in sources else "made"


def read_sources(path: Path) -> dict[str, Source]:
    """``SOURCES.tsv`` by name.

    Raises:
        ValueError: a status is none of the known three.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    sources = {
        row["name"]: Source(
            row["name"], int(row["pairs"]), row["domain"], row["licence_as_stated"], row["source"], row["status"]
        )
        for row in rows
    }
    for source in sources.values():
        if source.status not in _STATUSES:
            raise ValueError(f"{path}: status of {source.name} is {source.status!r}, not one of {', '.join(_STATUSES)}")
    return sources


def choose(sources: Mapping[str, Source], unclear: Collection[str] = ()) -> dict[str, Source]:
    """The sources that may be used: ``open``, ``unstated``, and those of unclear licence that are named one by one.

    Raises:
        ValueError: a name is not that of an unclear source.
    """
    known = {name for name, source in sources.items() if source.status == "unclear"}
    if wrong := sorted(set(unclear) - known):
        raise ValueError(
            f"{wrong[0]!r} is no source of unclear licence; those are: {', '.join(sorted(known)) or 'none'}"
        )
    return {name: source for name, source in sources.items() if source.status != "unclear" or name in unclear}


def _open(path: Path) -> TextIO:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8", newline="\n")
    return path.open(encoding="utf-8", newline="\n")


def read_pairs(path: Path) -> Iterator[Pair]:
    """Rows ``zh, en, source`` of a tab-separated file, ``.xz`` or plain.

    Raises:
        ValueError: a row has not three columns; the message names the line.
    """
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            columns = line.rstrip("\n").split("\t")
            if len(columns) != 3:
                raise ValueError(f"{path}:{number}: {len(columns)} columns, expected zh, en and source")
            yield Pair(*columns)


def read_folder(folder: Path) -> Iterator[Pair]:
    """Rows of all ``train*.tsv.xz`` of a folder one after the other, ``train.tsv.xz`` first; else of ``train*.tsv``.

    Raises:
        FileNotFoundError: there is none.
    """
    paths = list(folder.glob("train*.tsv.xz")) or list(folder.glob("train*.tsv"))
    if not paths:
        raise FileNotFoundError(f"{folder}: no training text; it should hold train.tsv.xz, and may hold train-2.tsv.xz")
    for path in sorted(paths, key=lambda path: (len(path.name), path.name)):
        yield from read_pairs(path)
