"""Parts: decoded shards on disk, the cut between dear and cheap.

A part is a file ``<key>.jsonl``: a header line, then one canonical row a pair. It is written beside its final name,
synced and renamed, so a part is done if and only if its final name exists, whenever and however the process
was killed. The header carries the hash of the rows; what a disk damaged later is noticed when it is read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from corpus.build.shards import Shard
from corpus.pair import Pair, Span, from_row, row
from translate.errors import OutputError
from translate.files.atomic import AtomicFile, whole_or_nothing

__all__ = ["PartStore", "is_part", "piece_pairs"]

_VERSION = 1
_PART = re.compile(r"[0-9a-f]{64}\.jsonl")


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
        """Whether the shard is done; a part that is damaged counts as none, and will be written anew."""
        try:
            self._body(shard.key)
        except OutputError:
            return False
        return True

    def reusable(self, shard: Shard, but_not: Collection[str]) -> dict[str, list[Pair]]:
        """What is known already of a shard's pieces, by piece key.

        A piece stands in some other part when a document was added, changed, renamed or taken away and the shards
        shifted.

        Args:
            shard: not done.
            but_not: keys of parts that do not count: those of this same run, which are there or not according to
                when it was killed last, while the result must not depend on that.
        """
        if self._places is None:
            self._places = dict(self._scan())
        wanted = {piece.key: piece for piece in shard.pieces}
        by_part: dict[str, list[str]] = {}
        for key in wanted:
            place = self._places.get(key)
            if place is not None and place.key not in but_not:
                by_part.setdefault(place.key, []).append(key)
        found: dict[str, list[Pair]] = {}
        for part, keys in by_part.items():
            try:
                pairs = list(self.read(part))
            except OutputError:
                continue  # gone or damaged since; then it is decoded once more
            for key in keys:
                place = self._places[key]
                found[key] = pairs[place.first : place.first + place.n_rows]
        return found

    def _scan(self) -> Iterator[tuple[str, _Place]]:
        """Pieces of all parts that can be read. Whatever else lies in the folder is left alone."""
        for path in sorted(self.folder.glob("*.jsonl")):
            if not is_part(path):
                continue
            try:
                with path.open("rb") as lines:
                    header = _header(lines.readline())
            except OSError:
                continue
            if header is not None:
                yield from _places(path.stem, header)

    def _body(self, key: str) -> bytes:
        """The rows of a part, proved whole.

        Raises:
            OutputError: it is not there, cannot be read, or is not what was written.
        """
        path = self.path(key)
        try:
            first, _, body = path.read_bytes().partition(b"\n")
        except OSError as error:
            raise OutputError(f"cannot read the part {path}: {error.strerror}; run the same command again") from error
        header = _header(first)
        if header is None or hashlib.sha256(body).hexdigest() != header["sha256"]:
            raise OutputError(f"damaged part {path}; run the same command to make it again")
        return body

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
            OutputError: the part is gone or damaged; the next run decodes it again.
        """
        for line in self._body(key).splitlines():
            yield from_row(json.loads(line))


def is_part(path: Path) -> bool:
    """Whether a file is named as a part is."""
    return _PART.fullmatch(path.name) is not None


def _places(key: str, header: Mapping[str, Any]) -> Iterator[tuple[str, _Place]]:
    first = 0
    for piece, n_rows in header["pieces"]:
        yield piece, _Place(key, first, n_rows)
        first += n_rows


def _header(line: bytes) -> dict[str, Any] | None:
    """The header of a part; None when it is none, or of a version we do not read."""
    try:
        header = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(header, dict) and header.get("part") == _VERSION and {"pieces", "sha256"} <= header.keys()
    return header if whole else None


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def piece_pairs(shard: Shard, known: Mapping[str, list[Pair]], fresh: Iterator[Pair]) -> Iterator[Pair]:
    """The pairs of a shard in order: translations that were known, and those just decoded.

    What was known is put beside the sentences of today, which may have another document's name and other offsets.
    """
    for piece in shard.pieces:
        if piece.key not in known:
            yield from islice(fresh, len(piece.sentences))
            continue
        for sentence, pair in zip(piece.sentences, known[piece.key], strict=True):
            yield replace(pair, source=Span.of(sentence))
