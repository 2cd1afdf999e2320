"""The plan of a build: inputs to shards, in order, and what is needed to put them together again in the end.

A document is read once. Its sentences wait on disk until everything is decoded, so memory does not grow with the
inputs, and an input that changes while it is read can still be left out as a whole.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from corpus.build.shards import Piece, Shard, cut_pieces, group_pieces
from corpus.readers.base import Document, Rejected, SourceFile
from translate.errors import InputError, OutputError
from translate.files.lines import without_surrogates
from translate.text.records import Sentence
from translate.text.segment import SegmentOptions, segment
from translate.text.terminology import Terminology

__all__ = ["Planner", "ShardList", "nothing_in"]

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Planner:
    """Cuts documents into shards, and keeps account of the inputs.

    Attributes:
        segmentation: how texts are repaired and split.
        decoding: how sentences are decoded, which is part of every key.
        strict: whether the first input that cannot be read ends the build.
        license: of documents that name none.
        on_reject: told of each input that is left out.
        on_piece: told of each piece that was read.
        terminology: what translations are to have.
        rejected: inputs that are left out, and why.
        has_license: whether any document has one.
    """

    segmentation: SegmentOptions
    decoding: str
    strict: bool = False
    license: str | None = None
    on_reject: Callable[[Rejected], None] | None = None
    on_piece: Callable[[Piece], None] | None = None
    terminology: Terminology = field(default_factory=Terminology)
    rejected: list[Rejected] = field(default_factory=list)
    has_license: bool = False
    _sources: list[SourceFile] = field(default_factory=list)
    _dropped: set[int] = field(default_factory=set)
    _with_text: set[int] = field(default_factory=set)
    _n_told: int = 0

    @property
    def has_text(self) -> bool:
        """Whether anything at all is in the corpus."""
        return not self._with_text <= self._dropped

    @property
    def sources(self) -> tuple[SourceFile, ...]:
        """The inputs that are in the corpus."""
        return tuple(source for number, source in enumerate(self._sources) if number not in self._dropped)

    def keeps(self, piece: Piece) -> bool:
        """Whether the input that a piece is from is in the corpus."""
        return piece.source not in self._dropped

    def shards(self, items: Iterable[Document | Rejected]) -> Iterator[Shard]:
        """Cut the documents of all inputs into shards.

        Raises:
            InputError: an input cannot be read, with ``strict``.
        """
        return group_pieces(self.pieces(items))

    @property
    def dropped(self) -> Collection[int]:
        """Which inputs are not in the corpus although something was read of them, as `Piece.source` counts."""
        return self._dropped

    def pieces(self, items: Iterable[Document | Rejected]) -> Iterator[Piece]:
        """Cut the documents of all inputs into pieces, in order.

        Raises:
            InputError: an input cannot be read, with ``strict``.
        """
        return self.over(items, self._cut)

    def over(
        self, items: Iterable[Document | Rejected], cut: Callable[[Document, int, str | None], Iterator[T]]
    ) -> Iterator[T]:
        """What becomes of the documents of all inputs, in order; inputs that cannot be read are noted on the way.

        Args:
            items: of all inputs.
            cut: given each document, the number of its input, and its licence.

        Raises:
            InputError: an input cannot be read, with ``strict``.
        """
        for item in items:
            if isinstance(item, Rejected):
                self._reject(item)
                continue
            # The documents of a .jsonl come one after another, all from the same file.
            if not self._sources or self._sources[-1] is not item.source:
                self._sources.append(item.source)
                self._tell()
            license_ = item.metadata.licence or self.license
            self.has_license = self.has_license or license_ is not None
            try:
                yield from cut(item, len(self._sources) - 1, license_)
            except InputError as error:  # it changed, or vanished, in the middle
                origin = item.source.origin
                self._reject(Rejected(origin, str(error).removeprefix(f"{origin}: ")))

    def note_text(self, source: int) -> None:
        """Note that there is something in an input."""
        self._with_text.add(source)

    def _cut(self, document: Document, source: int, license: str | None) -> Iterator[Piece]:  # noqa: A002
        sentences = segment(document.paragraphs(), self.segmentation)
        for found in cut_pieces(sentences, self.decoding, source, self.terminology):
            piece = replace(found, license=license)
            self.note_text(source)
            if self.on_piece:
                self.on_piece(piece)
            yield piece

    def _reject(self, item: Rejected) -> None:
        if self.strict:
            raise InputError(
                f"{item.origin}: {item.reason} (stopped here because of --strict; finished parts are kept)"
            )
        if self._sources and self._sources[-1].origin == without_surrogates(item.origin):
            # A file that was open: what was read of it is not in the corpus either.
            self._dropped.add(len(self._sources) - 1)
        self.rejected.append(item)
        # Until something can be read this may be the only input, and then the error at the end names it once.
        if self._sources or len(self.rejected) > 1:
            self._tell()

    def _tell(self) -> None:
        if self.on_reject:
            for item in self.rejected[self._n_told :]:
                self.on_reject(item)
        self._n_told = len(self.rejected)


def nothing_in(rejected: Sequence[Rejected]) -> str:
    """What to say where there is nothing to translate."""
    if not rejected:
        return "nothing to translate in the inputs"
    first = rejected[0]
    more = f" (and {len(rejected) - 1} more inputs cannot be used)" if len(rejected) > 1 else ""
    return f"{first.origin}: {first.reason}{more}"


class ShardList:
    """Shards on disk, in a file without a name that goes with the process.

    Args:
        folder: on a disk with room for the texts of the inputs.

    Raises:
        OutputError: from every method, when the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._file = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - `close` closes it
        except OSError as error:
            raise _cannot(error) from error

    def close(self) -> None:
        """Give the room on the disk back."""
        self._file.close()

    def noting(self, shards: Iterable[Shard]) -> Iterator[Shard]:
        """The same shards; each is added as it goes by."""
        for shard in shards:
            self.append(shard)
            yield shard

    def append(self, shard: Shard) -> None:
        """Add a shard."""
        line = json.dumps(_to_json(shard), ensure_ascii=False, separators=(",", ":"))
        try:
            self._file.write(line.encode("utf-8", "surrogatepass") + b"\n")
        except OSError as error:
            raise _cannot(error) from error

    def __iter__(self) -> Iterator[Shard]:
        """All of them, in order; nothing can be added any more."""
        try:
            self._file.seek(0)
            for line in self._file:
                yield _from_json(json.loads(line.decode("utf-8", "surrogatepass")))
        except OSError as error:
            raise _cannot(error) from error


def _cannot(error: OSError) -> OutputError:
    return OutputError(f"cannot keep the plan on disk: {error.strerror or error}; run the same command again")


_Json = list[object]


def _to_json(shard: Shard) -> _Json:
    return [shard.key, [_piece_to_json(piece) for piece in shard.pieces]]


def _piece_to_json(piece: Piece) -> _Json:
    document = piece.sentences[0].doc_id
    sentences = [[s.paragraph, s.index, s.start, s.end, s.raw, s.text, *s.flags] for s in piece.sentences]
    return [piece.key, piece.source, document, piece.license, sentences]


def _from_json(value: list[object]) -> Shard:
    key, pieces = cast("tuple[str, list[tuple[str, int, str, str | None, list[list[object]]]]]", value)
    return Shard(key, tuple(Piece(own, tuple(_sentences(doc, rows)), n, told) for own, n, doc, told, rows in pieces))


def _sentences(document: str, rows: list[list[object]]) -> Iterator[Sentence]:
    for paragraph, index, start, end, raw, text, *flags in cast(
        "list[tuple[int, int, int, int, str, str, *tuple[str, ...]]]", rows
    ):
        yield Sentence(document, paragraph, index, start, end, raw, text, tuple(flags))
