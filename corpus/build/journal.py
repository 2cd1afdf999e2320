"""The journal of a shard under way: each batch as the engine gave it, so that a kill loses only what was in flight.

A journal is a file of lines, each with a checksum before it, appended batch by batch, and removed when the part of the
shard is there. A line that was torn by a kill or damaged by the disk is passed over, and its batch decoded again.
Batches are put together from the shard's texts alone, so the same shard asks for the same batches again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from corpus.build.record import hypothesis_from_json, hypothesis_to_json
from corpus.build.shards import digest
from translate.engines.base import Hypothesis
from translate.errors import OutputError

__all__ = ["SUFFIX", "ShardJournal"]

SUFFIX = ".journal"

_SUM_DIGITS = 16


@dataclass(slots=True, eq=False)
class ShardJournal:
    """What is decoded already of one shard; see `translate.pipeline.batching.Journal`.

    Attributes:
        path: of the file; its folder is there.
    """

    path: Path
    _known: dict[str, list[Hypothesis]] | None = None
    _file: FileIO | None = field(default=None, repr=False)

    def recall(self, texts: Sequence[str], max_length: int) -> list[Hypothesis] | None:
        """What a batch became; None when it is not in the journal."""
        if self._known is None:
            self._known = dict(_read(self.path))
        found = self._known.get(_key(texts, max_length))
        return found if found is not None and len(found) == len(texts) else None

    def note(self, texts: Sequence[str], max_length: int, hypotheses: Sequence[Hypothesis]) -> None:
        """Append a batch; it survives the end of this process, whatever ends it.

        Raises:
            OutputError: the disk is full, or the file cannot be written.
        """
        record = [_key(texts, max_length), [hypothesis_to_json(each) for each in hypotheses]]
        body = json.dumps(record, separators=(",", ":")).encode()
        # The line break comes first, so that nothing is appended to a line that was torn.
        line = b"\n" + _sum(body) + b" " + body
        try:
            if self._file is None:
                self._file = FileIO(self.path, "a")
            n_written = self._file.write(line)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {error.strerror or error}") from error
        if n_written != len(line):
            raise OutputError(f"{self.path}: cannot be written: disk full; free some space and run it again")

    def close(self) -> None:
        """Keep what is there for the next run."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Delete it, since the part is there."""
        self.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def _key(texts: Sequence[str], max_length: int) -> str:
    return digest(max_length, *texts)


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:_SUM_DIGITS].encode()


def _read(path: Path) -> Iterator[tuple[str, list[Hypothesis]]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines:
        checksum, _, body = line.partition(b" ")
        if checksum != _sum(body):
            continue
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            key, hypotheses = json.loads(body)
            yield str(key), [hypothesis_from_json(each) for each in hypotheses]
