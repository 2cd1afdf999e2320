"""Parts: decoded shards on disk, the cut between dear and cheap.

A part is a file ``<key>.jsonl`` of what the decoder said (`corpus.build.part_file`). It is written beside its final
name, synced and renamed, so a part is done if and only if its final name exists, whenever and however the process was
killed. It is believed only if the hash is right, the key is that of its name, and pieces and counts are those of the
shard; whatever is not such a file is no part, and its shard is decoded (again).
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from corpus.build import journal
from corpus.build.journal import ShardJournal
from corpus.build.part_file import LONGEST_HEADER, Part, part_bytes, read_header, read_part
from corpus.build.record import Said
from corpus.build.shards import Shard, digest
from translate.errors import OutputError
from translate.files.atomic import TEMPORARY_SUFFIX, AtomicFile, fcntl, whole_or_nothing
from translate.pipeline.translation import Translation

__all__ = ["PartStore", "check_folder", "is_part"]

_PART = re.compile(r"[0-9a-f]{64}\.jsonl")
_UNFINISHED = re.compile(rf"\.[0-9a-f]{{64}}\.jsonl\.[0-9a-f]+{re.escape(TEMPORARY_SUFFIX)}")


class _Place(NamedTuple):
    """Where the rows of a piece stand: a part, and which of its rows."""

    key: str
    first: int
    n_rows: int


@dataclass(slots=True, eq=False)
class PartStore:
    """The folder of parts beside an output.

    Attributes:
        folder: made by `in_use`, or on the first write.
        decoding: how sentences are decoded, noted in each header.
    """

    folder: Path
    decoding: str = ""
    _places: dict[str, _Place] | None = None

    def path(self, key: str) -> Path:
        """Where the part of that key is, or would be."""
        return self.folder / f"{key}.jsonl"

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Hold the folder for a run; several may hold it at a time.

        A run that finds itself alone removes what a killed one left half-written, and when it has succeeded the
        journals of its own way of decoding, whose shards no input has any more. A folder that stays empty goes again.

        Raises:
            OutputError: it cannot be made.
        """
        self._make()
        try:
            with _shared_lock(self.folder, self._clean_unfinished, self._clean_journals):
                yield
        finally:
            with contextlib.suppress(OSError):
                self.folder.rmdir()

    def _make(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder {self.folder}: {error.strerror or error}") from error

    def _clean_unfinished(self) -> None:
        self._remove(_UNFINISHED)

    def _clean_journals(self) -> None:
        self._remove(re.compile(f"{self._journals}[.][0-9a-f]{{64}}{re.escape(journal.SUFFIX)}"))

    def _remove(self, names: re.Pattern[str]) -> None:
        for path in self.folder.iterdir():
            if names.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    path.unlink()

    @property
    def _journals(self) -> str:
        return digest(self.decoding)[:16]

    def journal(self, shard: Shard) -> ShardJournal:
        """The journal of a shard that is to be decoded."""
        return ShardJournal(self.folder / f"{self._journals}.{shard.key}{journal.SUFFIX}")

    def has(self, shard: Shard) -> bool:
        """Whether the shard is done."""
        return self.read(shard) is not None

    def read(self, shard: Shard) -> list[Translation] | None:
        """The translations of a shard, in order; None where it is not done."""
        part = self._open(shard.key)
        if part is None or part.pieces != shard.counts or (said := part.said()) is None:
            return None
        sentences = (sentence for piece in shard.pieces for sentence in piece.sentences)
        return [Translation(sentence.text, *each) for sentence, each in zip(sentences, said, strict=True)]

    def reusable(self, shard: Shard, but_not: Collection[str]) -> dict[str, list[Translation]]:
        """What is known already of a shard's pieces, by piece key.

        A piece stands in some other part when a document was added, changed or taken away and the shards shifted.

        Args:
            shard: not done.
            but_not: keys of parts that do not count: those of this same run, which are there or not according to
                when it was killed last, while the result must not depend on that.
        """
        if self._places is None:
            self._places = dict(self._scan())
        wanted = {piece.key: piece for piece in shard.pieces}
        by_part: dict[str, list[_Place]] = {}
        for key, n_sentences in shard.counts:
            place = self._places.get(key)
            if place is not None and place.n_rows == n_sentences and place.key not in but_not:
                by_part.setdefault(place.key, []).append(place)
        found: dict[str, list[Translation]] = {}
        for key, places in by_part.items():
            for piece_key, said in self._pieces(key, places):
                sentences = wanted[piece_key].sentences
                found[piece_key] = [Translation(s.text, *each) for s, each in zip(sentences, said, strict=True)]
        return found

    def _pieces(self, key: str, places: Iterable[_Place]) -> Iterator[tuple[str, list[Said]]]:
        """What a part says of some of its pieces; nothing where it is gone or damaged since it was found."""
        part = self._open(key)
        if part is None:
            return
        where = {place: piece for piece, place in _places(key, part.pieces)}
        for place in places:
            if place in where and (said := part.said(place.first, place.n_rows)) is not None:
                yield where[place], said

    def _scan(self) -> Iterator[tuple[str, _Place]]:
        """Pieces of all parts that can be read. Whatever else lies in the folder is left alone."""
        for path in sorted(self.folder.glob("*.jsonl")):
            if not is_part(path):
                continue
            try:
                with path.open("rb") as lines:
                    lines.readline(LONGEST_HEADER)
                    pieces = read_header(lines.readline(LONGEST_HEADER), path.stem)
            except OSError:
                continue
            yield from _places(path.stem, pieces or ())

    def _open(self, key: str) -> Part | None:
        try:
            return read_part(self.path(key).read_bytes(), key)
        except OSError:
            return None

    def write(self, shard: Shard, translations: Iterable[Translation]) -> None:
        """Keep a decoded shard: written beside, synced, renamed.

        Raises:
            OutputError: the disk is full, or the folder cannot be written; parts written before are intact.
        """
        content = part_bytes(shard.key, self.decoding, shard.counts, translations)
        self._make()
        with whole_or_nothing(AtomicFile(self.path(shard.key), alone=False)) as sink:
            sink.write(content)
        if self._places is not None:
            self._places.update(_places(shard.key, shard.counts))


def is_part(path: Path) -> bool:
    """Whether a file is named as a part is."""
    return _PART.fullmatch(path.name) is not None


def check_folder(folder: Path) -> None:
    """Find out, before any work is done, whether parts can be kept in a folder; leaves nothing behind.

    Raises:
        OutputError: there is a file in its place, or it cannot be made or written.
    """
    try:
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot keep parts in {folder}: {error.strerror or error}; choose --parts FOLDER") from error
    writable = os.access(folder, os.W_OK | os.X_OK)
    for path in made:
        with contextlib.suppress(OSError):
            path.rmdir()
    if not writable:
        raise OutputError(f"cannot keep parts in {folder}: permission denied; choose --parts FOLDER")


@contextlib.contextmanager
def _shared_lock(folder: Path, first: Callable[[], None], last: Callable[[], None]) -> Iterator[None]:
    """Lock a folder together with others; the lock dies with the process.

    Args:
        folder: that is there.
        first: called at the beginning, if nobody else has the lock; not where folders cannot be locked.
        last: the same at the end, unless it is one by an exception.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        if _is_alone(handle):
            first()
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
        if _is_alone(handle):
            last()
    finally:
        os.close(handle)


def _is_alone(handle: int) -> bool:
    """Whether nobody else has the lock; then it is ours alone, else perhaps not even shared any more."""
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return fcntl is not None


def _places(key: str, pieces: Iterable[tuple[str, int]]) -> Iterator[tuple[str, _Place]]:
    first = 0
    for piece, n_rows in pieces:
        yield piece, _Place(key, first, n_rows)
        first += n_rows
