"""Parts: decoded shards on disk, the cut between dear and cheap.

A part is a file ``<key>.jsonl``: a header line, then one canonical row a pair. It is written beside its final name,
synced and renamed, so a part is done if and only if its final name exists, whenever and however the process
was killed. The header carries the hash of the rows; what a disk damaged later is noticed when it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from corpus.records import Pair, from_row, row
from corpus.shards import Piece, Shard
from translate.atomic import AtomicFile, whole_or_nothing
from translate.errors import OutputError

__all__ = ["PartStore", "piece_pairs"]

_VERSION = 1


class _Place(NamedTuple):
    """Where the rows of a piece stand: a part, and which of its rows."""

    key: str
    first: int
    n_rows: int


@dataclass(slots=True, eq=False)
class PartStore:
    """The folder of parts beside an output.

    Attributes:
        folder: made on the first write.
        environment: what decoded the parts (library versions, processor), noted in each header.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _places: dict[str, _Place] | None = None

    def path(self, key: str) -> Path:
        """Where the part of that key is, or would be."""
        return self.folder / f"{key}.jsonl"

    def has(self, shard: Shard) -> bool:
        """Whether the shard is done."""
        return self.path(shard.key).is_file()

    def reusable(self, shard: Shard) -> dict[str, list[Pair]]:
        """Pairs of those pieces of a shard that stand in some other part, by piece key.

        They do when a document was added or taken away and the shards shifted.
        """
        if self._places is None:
            self._places = dict(self._scan())
        found: dict[str, list[Pair]] = {}
        for piece in shard.pieces:
            place = self._places.get(piece.key)
            if place is not None and self.path(place.key).is_file():
                pairs = list(self.read(place.key))[place.first : place.first + place.n_rows]
                found[piece.key] = pairs
        return found

    def _scan(self) -> Iterator[tuple[str, _Place]]:
        for path in sorted(self.folder.glob("*.jsonl")):
            with path.open("rb") as lines:
                header = _header(path, lines.readline())
            yield from _places(path.stem, header)

    def write(self, shard: Shard, pairs: Iterable[Pair], signature: str) -> None:
        """Keep a decoded shard: written beside, synced, renamed.

        Raises:
            OutputError: the disk is full, or the folder cannot be written; parts written before are intact.
        """
        body = b"".join(_line(row(pair)) for pair in pairs)
        header = {
            "part": _VERSION,
            "signature": signature,
            "environment": dict(self.environment),
            "pieces": [[piece.key, len(piece.sentences)] for piece in shard.pieces],
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder {self.folder}: {error.strerror or error}") from error
        with whole_or_nothing(AtomicFile(self.path(shard.key), alone=False)) as sink:
            sink.write(_line(header) + body)
        if self._places is not None:
            self._places.update(_places(shard.key, header))

    def read(self, key: str) -> Iterator[Pair]:
        """The pairs of a part, in order.

        Raises:
            OutputError: the part is damaged; it is moved aside, so that the next run decodes it again.
        """
        path = self.path(key)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise OutputError(f"cannot read the part {path}: {error.strerror}; run the same command again") from error
        first, _, body = data.partition(b"\n")
        header = _header(path, first)
        if hashlib.sha256(body).hexdigest() != header.get("sha256"):
            raise _damaged(path, "its rows do not match the hash in its header")
        for line in body.splitlines():
            yield from_row(json.loads(line))


def _places(key: str, header: Mapping[str, Any]) -> Iterator[tuple[str, _Place]]:
    first = 0
    for piece, n_rows in header["pieces"]:
        yield piece, _Place(key, first, n_rows)
        first += n_rows


def _header(path: Path, line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("part") != _VERSION:
        raise _damaged(path, f"its first line is not the header of a version {_VERSION} part")
    return header


def _damaged(path: Path, why: str) -> OutputError:
    aside = path.with_suffix(".damaged")
    path.replace(aside)
    return OutputError(f"damaged part {path.name}: {why}; moved to {aside}; run the same command to make it again")


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def piece_pairs(shard: Shard, reused: Mapping[str, list[Pair]], fresh: Iterator[Pair]) -> Iterator[Pair]:
    """The pairs of a shard in order, taken from what was reused and what was just decoded."""
    for piece in shard.pieces:
        yield from reused[piece.key] if piece.key in reused else _take(fresh, piece)


def _take(fresh: Iterator[Pair], piece: Piece) -> Iterator[Pair]:
    for _ in piece.sentences:
        yield next(fresh)
