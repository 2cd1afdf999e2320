"""A corpus to be read and corrected: an index of its pairs on disk, and the file of corrections beside it.

The corpus itself is read once and never written. The index is a SQLite file of its own, gone with the server, so that
memory does not grow with the corpus.
"""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from corpus.curation.bitext import OnReject, open_bitext
from corpus.curation.corrections import Correction, Corrections, corrected_pair, source_hash
from corpus.pair import Columns, Pair, Span
from corpus.readers.bitext import BitextOptions
from translate.errors import UsageError

__all__ = ["OpenCorpus", "corrections_beside"]

_TABLES = """
CREATE TABLE pairs (
    row INTEGER PRIMARY KEY, id TEXT, hash TEXT, source TEXT, target TEXT, flags TEXT, score REAL, folded TEXT
);
CREATE TABLE corrected (row INTEGER PRIMARY KEY, text TEXT, folded TEXT);
"""
_BATCH = 5000
_MOST = 200


def corrections_beside(path: str | Path) -> Path:
    """Where the corrections of a corpus are kept unless told otherwise: ``news.tsv.corrections.jsonl``."""
    return Path(path).with_name(f"{Path(path).name}.corrections.jsonl")


class OpenCorpus:
    """A corpus that is open.

    Args:
        path: any bitext, see `read_bitext`.
        corrections: the file of corrections; need not be there yet.
        options: where the two texts are.
        author: named in each correction that is made.
        on_reject: told of each row that is no pair.

    Attributes:
        name: of the corpus.
        n_pairs: how many there are.
        flags: how many pairs carry each flag, the most frequent first.
        unapplied: corrections in the file that are of no pair as it is now, and why; they stay in the file.

    Raises:
        InputError: the corpus or the corrections cannot be read.
    """

    def __init__(
        self,
        path: str | Path,
        corrections: str | Path,
        options: BitextOptions | None = None,
        *,
        author: str | None = None,
        on_reject: OnReject | None = None,
    ) -> None:
        self.name = Path(path).name
        self.author = author
        self._path = Path(corrections)
        self._corrections = Corrections.read(corrections) if self._path.exists() else Corrections()
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="duizhao-")
        self._index = sqlite3.connect(Path(self._folder.name) / "index", check_same_thread=False, isolation_level=None)
        try:
            self._index.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES}")
            bitext = open_bitext(path, options, on_reject, self._fill)
        except BaseException:
            self.close()
            raise
        self.n_pairs = bitext.n_pairs
        self.flags = bitext.flags.most_common()
        self.unapplied = self._corrections.unapplied()

    def close(self) -> None:
        """Forget the index; corrections are in their file."""
        self._index.close()
        self._folder.cleanup()

    def find(self, query: str, flag: str, start: int, n: int) -> tuple[int, list[dict[str, Any]]]:
        """Pairs in the order of the corpus.

        Args:
            query: stands in the source, the target or the correction, large or small.
            flag: only pairs that carry it; ``*`` for any, ``+corrected`` for those that were corrected here.
            start: how many to pass over.
            n: how many at most.

        Returns:
            How many there are in all, and those that were asked for.
        """
        conditions, values = ["1"], list[Any]()
        if query:
            conditions.append(
                "(instr(folded, ?) OR row IN (SELECT row FROM corrected WHERE instr(corrected.folded, ?)))"
            )
            values += [query.casefold()] * 2
        if flag == "+corrected":
            conditions.append("row IN (SELECT row FROM corrected)")
        elif flag == "*":
            conditions.append("flags != ''")
        elif flag:
            conditions.append("instr(flags, ?)")
            values.append(f",{flag},")
        where = " AND ".join(conditions)
        with self._lock:
            (total,) = self._index.execute(f"SELECT count(*) FROM pairs WHERE {where}", values).fetchone()
            rows = self._index.execute(
                f"SELECT pairs.row FROM pairs WHERE {where} ORDER BY row LIMIT ? OFFSET ?",
                [*values, min(n, _MOST), start],
            ).fetchall()
            return total, [self._shown(row) for (row,) in rows]

    def correct(self, row: int, corrected: str | None) -> dict[str, Any]:
        """Save the correction of a pair, or take it back.

        Args:
            row: which pair.
            corrected: its translation; None to take a correction back.

        Returns:
            The pair as it is shown now.

        Raises:
            OutputError: the file of corrections cannot be written.
            UsageError: there is no such pair; or its id is not its own, so that a correction could not be told apart.
        """
        with self._lock:
            pair = self._pair(row)
            own = None if corrected is None or corrected == pair.target.text else corrected
            known = self._corrections.by_id.get(self._id(row))
            changed = dict(self._corrections.by_id)
            if own is None:
                changed.pop(self._id(row), None)
            elif known is not None and known.source_sha256 != source_hash(pair) and self._is_shared(row):
                raise UsageError("another pair of this corpus has the same id, and is corrected already")
            else:
                made = Correction.of(pair, own, self.author)
                changed[self._id(row)] = replace(made, id=self._id(row))
            Corrections(changed).write(self._path)
            self._corrections.by_id = changed
            self._index.execute("DELETE FROM corrected WHERE row = ?", [row])
            if own is not None:
                self._note(row, own)
            return self._shown(row)

    def _fill(self, pairs: Iterable[Pair]) -> Columns:
        numbered = enumerate(pairs, 1)
        self._index.execute("BEGIN")
        while batch := list(islice(numbered, _BATCH)):
            self._index.executemany(
                "INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [_fields(row, pair) for row, pair in batch]
            )
            for row, pair in batch:
                for after in self._corrections.over([pair]):
                    if after is not pair:
                        self._note(row, after.target.text)
        self._index.execute("COMMIT")
        return Columns()

    def _note(self, row: int, text: str) -> None:
        self._index.execute("INSERT INTO corrected VALUES (?, ?, ?)", [row, text, text.casefold()])

    def _id(self, row: int) -> str:
        (found,) = self._index.execute("SELECT id FROM pairs WHERE row = ?", [row]).fetchone()
        return str(found)

    def _is_shared(self, row: int) -> bool:
        found = self._index.execute("SELECT count(*) FROM pairs WHERE id = ?", [self._id(row)]).fetchone()
        return bool(found[0] > 1)

    def _pair(self, row: int) -> Pair:
        """Enough of a pair to be shown and corrected."""
        found = self._index.execute("SELECT source, target, flags FROM pairs WHERE row = ?", [row]).fetchone()
        if found is None:
            raise UsageError(f"there is no pair {row}; this corpus has {self.n_pairs}")
        source, target, flags = found
        span = Span("", row, 0, None, None, source, source)
        return Pair(span, Span.unplaced(target), flags=tuple(filter(None, flags.split(","))))

    def _shown(self, row: int) -> dict[str, Any]:
        pair = self._pair(row)
        found = self._index.execute("SELECT text FROM corrected WHERE row = ?", [row]).fetchone()
        flags = pair.flags
        if found is not None:
            flags = corrected_pair(pair, Correction.of(pair, found[0])).flags
        return {
            "row": row,
            "id": self._id(row),
            "source": pair.source.text,
            "target": pair.target.text,
            "corrected": None if found is None else found[0],
            "flags": list(flags),
        }


def _fields(row: int, pair: Pair) -> tuple[Any, ...]:
    source, target = pair.source.text, pair.target.text
    flags = f",{','.join(pair.flags)}," if pair.flags else ""
    folded = f"{source}\n{target}".casefold()
    return row, pair.id, source_hash(pair), source, target, flags, pair.score, folded
