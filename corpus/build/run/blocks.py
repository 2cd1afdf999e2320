"""Documents to blocks of sentences, in several processes: the same whatever their number.

Reading is quick and splitting is not. So one process reads, and hands on whole lines, with what the beginning of their
document shows of its form; the others split them, hash each sentence, and lay all out in columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import NamedTuple

from corpus.build.run.distinct import HASH_BYTES
from corpus.build.run.rows import Rows
from corpus.curation.workers import in_order
from corpus.readers.base import Document
from translate.text.profile import Profile
from translate.text.records import Paragraph, Sentence
from translate.text.segment import SAMPLE, SegmentOptions, look_ahead, segment, segment_lines
from translate.text.terminology import Terminology

__all__ = ["Batch", "Batcher", "Block", "blocks_of"]

_BATCH = 1 << 17
"""Code points that a process is given at a time, about."""

_LONG_LINE = 1 << 20
"""A line of so many is not handed on but split here, piece by piece, so that memory does not grow with it."""

_AT_ONCE = 1 << 12
"""Sentences of such a line in a block."""

_Line = tuple[int, str, int, bool, str, tuple[str, ...], bool]
"""The fields of a `Paragraph`, but for its document."""


class _Stretch(NamedTuple):
    """Whole lines of a document; all of it where `shape` is None."""

    source: int
    doc_id: str
    license: str | None
    shape: Profile | None
    lines: Sequence[_Line]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Sentences that follow one another.

    Attributes:
        rows: the sentences.
        digests: of the text of each and of what is asked of its translation, `HASH_BYTES` long.
        sources: which input of the run they are from: the number of the first row, and that of the input.
    """

    rows: Rows
    digests: bytes
    sources: Sequence[tuple[int, int]]

    @property
    def n_chars(self) -> int:
        """Code points of their documents."""
        return int(self.rows.numbers["length"].sum())


Batch = list[_Stretch] | Block
"""What a process is given: lines to be split; or what is split already, for the sake of the order."""


@dataclass(slots=True, eq=False)
class Batcher:
    """Puts lines of documents together to batches of about the same size.

    Attributes:
        options: how texts are repaired and split.
        terminology: what translations are to have.
    """

    options: SegmentOptions
    terminology: Terminology = field(default_factory=Terminology)
    _held: list[_Stretch] = field(default_factory=list)
    _size: int = 0

    def add(self, document: Document, source: int, license: str | None) -> Iterator[Batch]:  # noqa: A002
        """Take a document.

        Args:
            document: the document.
            source: which input of the run it is from.
            license: of the document.

        Yields:
            Batches that are full.

        Raises:
            InputError: it changed, or vanished. What was read of it may be in a batch.
        """
        stream = document.paragraphs()
        head, size = [], 0
        for paragraph in stream:
            head.append(paragraph)
            size += len(paragraph.text) + 1
            if size > SAMPLE:
                break
        else:
            yield from self._take(_Stretch(source, document.doc_id, license, None, _plain(head)), size)
            return
        shape, lines = look_ahead(chain(head, stream), self.options)
        empty = _Stretch(source, document.doc_id, license, shape, ())
        yield from self._long(empty, shape, lines)

    def _long(self, empty: _Stretch, shape: Profile, lines: Iterator[Paragraph]) -> Iterator[Batch]:
        held: list[Paragraph] = []
        size = 0
        for line in lines:
            held.append(line)
            size += len(line.text) + 1
            if line.final and size >= _BATCH:
                yield from self._take(empty._replace(lines=_plain(held)), size)
                held, size = [], 0
            elif not line.final and size >= _LONG_LINE:
                yield from self.end()
                sentences = segment_lines(chain(held, _to_its_end(lines)), shape, self.options)
                while some := list(islice(sentences, _AT_ONCE)):
                    yield _block([(empty, some)], self.terminology)
                held, size = [], 0
        if held:
            yield from self._take(empty._replace(lines=_plain(held)), size)

    def _take(self, stretch: _Stretch, size: int) -> Iterator[Batch]:
        self._held.append(stretch)
        self._size += size
        if self._size >= _BATCH:
            yield from self.end()

    def end(self) -> Iterator[Batch]:
        """Give out what is held."""
        if self._held:
            held, self._held, self._size = self._held, [], 0
            yield held


def _plain(lines: Iterable[Paragraph]) -> list[_Line]:
    # Tuples go to another process in a fifth of the time.
    return [(p.index, p.text, p.start, p.final, p.line_end, p.flags, p.is_whole) for p in lines]


def _to_its_end(lines: Iterator[Paragraph]) -> Iterator[Paragraph]:
    for line in lines:
        yield line
        if line.final:
            return


def blocks_of(
    batches: Iterator[Batch], options: SegmentOptions, n_workers: int = 1, terminology: Terminology | None = None
) -> Iterator[Block]:
    """Split all batches, in order.

    Args:
        batches: of a `Batcher`.
        options: the same as its own.
        n_workers: processes, see `in_order`.
        terminology: what translations are to have.
    """
    splitter = _Splitter(options, terminology or Terminology())
    return (block for block in in_order(splitter, batches, n_workers) if len(block.rows))


@dataclass(frozen=True, slots=True)
class _Splitter:
    """Splits batches, in whatever process."""

    options: SegmentOptions
    terminology: Terminology

    def __call__(self, batch: Batch) -> Block:
        if isinstance(batch, Block):
            return batch
        return _block(((stretch, self._sentences(stretch)) for stretch in batch), self.terminology)

    def _sentences(self, stretch: _Stretch) -> Iterator[Sentence]:
        lines = (Paragraph(stretch.doc_id, *line) for line in stretch.lines)
        if stretch.shape is None:
            return segment(lines, self.options)
        return segment_lines(lines, stretch.shape, self.options)


def _block(stretches: Iterable[tuple[_Stretch, Iterable[Sentence]]], terminology: Terminology) -> Block:
    sentences: list[Sentence] = []
    documents: list[tuple[int, str, str | None]] = []
    sources: list[tuple[int, int]] = []
    for stretch, own in stretches:
        first = len(sentences)
        sentences += own
        if len(sentences) > first:
            documents.append((first, stretch.doc_id, stretch.license))
            if not sources or sources[-1][1] != stretch.source:
                sources.append((first, stretch.source))
    texts = [sentence.text.encode("utf-8", "surrogatepass") for sentence in sentences]
    keys = texts
    if terminology:
        keys = [terminology.key(sentence.text).encode("utf-8", "surrogatepass") for sentence in sentences]
    digests = b"".join([hashlib.sha256(key).digest()[:HASH_BYTES] for key in keys])
    return Block(Rows.of(sentences, texts, documents), digests, sources)
