"""Inputs to the plan of a run: each distinct sentence in one part, and every sentence in its place.

The inputs are read once. Their sentences wait in a spool on disk until it is known which of them are copies of an
earlier one (`corpus.build.run.distinct`); then they are cut into parts. Memory grows neither with the inputs nor with
the number of distinct sentences.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.build.inputs import find_run_inputs
from corpus.build.plan import Planner, nothing_in
from corpus.build.run.blocks import Batch, Batcher, Block, blocks_of
from corpus.build.run.distinct import COPY, Copies
from corpus.build.run.files import FolderFiles, RunFiles, open_files
from corpus.build.run.manifest import INDEX, INPUTS, MANIFEST, Entry, Manifest, index_bytes, inputs_bytes
from corpus.build.run.rows import Rows, rows_bytes
from corpus.build.run.spool import SentenceSpool
from corpus.build.run.writing import Writing
from corpus.build.shards import SHARD_SENTENCES, digest
from corpus.build.ticker import BuildUpdate, Ticker
from corpus.readers.base import Document, ReadOptions, Rejected
from corpus.readers.documents import read_documents
from corpus.readers.find import OnSkip, total_bytes
from translate.errors import InputError, OutputError
from translate.marian.catalogue import known
from translate.pipeline.translator import Translator
from translate.text.segment import SegmentOptions
from translate.text.terminology import Terminology
from translate.version import __version__

__all__ = ["PlanReport", "part_size", "plan_run"]

_MOST_PARTS = 5000
_LARGEST_PART = 200_000


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What a plan says.

    Attributes:
        run: where it is.
        manifest: what it says.
        is_new: whether it was not there before.
        rejected: inputs that are not in it, and why.
    """

    run: str
    manifest: Manifest
    is_new: bool
    rejected: tuple[Rejected, ...]


def part_size(n_distinct: int) -> int:
    """How many distinct sentences a part has where nobody says: 2,000, and more where that would be many files.

    2,000 sentences are little to lose when a worker is killed, and enough to sort and batch well. From 10 million
    distinct sentences on there are 5,000 parts, and from 10^9 on each has 200,000.
    """
    return min(_LARGEST_PART, max(SHARD_SENTENCES, -(-n_distinct // _MOST_PARTS)))


def plan_run(
    inputs: str | Path | Sequence[str | Path],
    run: str | Path,
    *,
    translator: Translator,
    read: ReadOptions | None = None,
    part_sentences: int | None = None,
    strict: bool = False,
    license: str | None = None,  # noqa: A002 - the name of the column
    workers: int = 1,
    on_skip: OnSkip | None = None,
    on_reject: Callable[[Rejected], None] | None = None,
    on_progress: BuildUpdate | None = None,
) -> PlanReport:
    """Read documents, and lay down what is to be decoded and where it goes.

    Args:
        inputs: files, folders, globs, or ``-``; one or several.
        run: a folder, or a URL that fsspec reads; whatever is planned there already must be the same.
        translator: names how sentences are decoded, which is part of the plan; nothing is decoded.
        read: how documents are read.
        part_sentences: distinct sentences a part; see `part_size` when None.
        strict: stop at the first input that cannot be read.
        license: of the documents that name none; an SPDX identifier, or whatever it is called.
        workers: processes that split, see `corpus.curation.workers`; the plan does not depend on their number.
        on_skip: told of what lies among the inputs and is none.
        on_reject: told of each input that is left out.
        on_progress: told how much is read.

    Raises:
        InputError: nothing in the inputs can be read; or something, with ``strict``.
        OutputError: it cannot be written; or something else is planned there.
    """
    files = open_files(run)
    found = find_run_inputs([inputs] if isinstance(inputs, (str, Path)) else inputs, run, on_skip)
    n_bytes = total_bytes(found)
    ticker = Ticker(on_progress, n_bytes)
    planner = Planner(
        translator.segmentation,
        translator.decoding,
        strict,
        license,
        on_reject=on_reject,
    )
    with _alone(files, run) as folder:
        spool = SentenceSpool(folder, n_bytes)
        documents = read_documents(found, read or ReadOptions(), ticker.read)
        batches = _batches(planner, documents, translator.segmentation, translator.terminology)
        blocks = blocks_of(batches, translator.segmentation, workers, translator.terminology)
        spool.fill(_noted(blocks, planner, ticker))
        if not planner.has_text:
            raise InputError(nothing_in(planner.rejected))
        cutter = _Cutter(files, translator.decoding, is_dry=files.has(MANIFEST))
        cutter.cut(spool, planner.dropped, part_sentences)
        said = inputs_bytes(planner.sources, planner.rejected)
        manifest = _manifest(translator, cutter, planner, said)
        if not cutter.is_dry:
            files.replace(INPUTS, said)
            files.replace(INDEX, index_bytes(cutter.entries))
            files.put(MANIFEST, manifest.to_bytes())
        if files.read(MANIFEST) != manifest.to_bytes():
            raise OutputError(f"{run}: something else is planned there already; choose another folder, or remove it")
    return PlanReport(str(run), manifest, not cutter.is_dry, tuple(planner.rejected))


def _batches(
    planner: Planner,
    documents: Iterable[Document | Rejected],
    segmentation: SegmentOptions,
    terminology: Terminology,
) -> Iterator[Batch]:
    batcher = Batcher(segmentation, terminology)
    yield from planner.over(documents, batcher.add)
    yield from batcher.end()


def _noted(blocks: Iterable[Block], planner: Planner, ticker: Ticker) -> Iterator[Block]:
    for block in blocks:
        for _, source in block.sources:
            planner.note_text(source)
        ticker.planned(len(block.rows), block.n_chars)
        yield block


@contextlib.contextmanager
def _alone(files: RunFiles, run: str | Path) -> Iterator[Path]:
    """Keep others from planning in the same place; gives a folder for temporary files, where there is room for them."""
    try:
        with files.claim("plan", wait=False) as is_ours, contextlib.ExitStack() as stack:
            if not is_ours:
                raise OutputError(f"{run}: another process plans there; wait, or choose another name")
            if isinstance(files, FolderFiles):
                folder = Path(run) / ".plan"
                shutil.rmtree(folder, ignore_errors=True)  # of one that was killed
                folder.mkdir(parents=True)
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
            else:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="duizhao-")))
            yield folder
    except OSError as error:
        raise OutputError(f"cannot plan in {run}: {error.strerror or error}; run the same command again") from error
    finally:
        files.tidy(frozenset({"plan"}))


def _manifest(translator: Translator, cutter: _Cutter, planner: Planner, inputs: bytes) -> Manifest:
    spec = translator.model.spec
    return Manifest(
        decoding=translator.decoding,
        segmentation=translator.segmentation.signature,
        version=__version__,
        languages=translator.languages.primary,
        model=spec.name if spec.name in known() else str(translator.model.path),
        engine=translator.engine.name,
        compute_type=translator.engine.compute_type,
        beam_size=translator.options.beam_size,
        part_sentences=cutter.part_sentences,
        n_parts=len(cutter.entries),
        n_sentences=cutter.n_sentences,
        n_distinct=sum(entry.n_sentences for entry in cutter.entries),
        n_bytes=sum(source.n_bytes for source in planner.sources),
        has_license=planner.has_license,
        index_sha256=hashlib.sha256(index_bytes(cutter.entries)).hexdigest(),
        inputs_sha256=hashlib.sha256(inputs).hexdigest(),
        terminology=translator.terminology.to_json() if translator.terminology else "",
    )


@dataclass(slots=True, eq=False)
class _Cutter:
    """Cuts the sentences of a run into parts.

    Attributes:
        files: of the run.
        decoding: part of every key.
        is_dry: whether nothing is written, since it is there already.
        part_sentences: distinct sentences a part.
        entries: the parts.
        n_sentences: in all of them.
    """

    files: RunFiles
    decoding: str
    is_dry: bool
    part_sentences: int = 0
    entries: list[Entry] = field(default_factory=list)
    n_sentences: int = 0
    _held: list[Rows] = field(default_factory=list)
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)
    _n_rows: int = 0
    _n_distinct: int = 0

    def cut(self, spool: SentenceSpool, dropped: Collection[int], part_sentences: int | None) -> None:
        """Write the rows of every part, and which of the run's sentences are copies of its own."""
        copies = spool.copies(dropped)
        self.part_sentences = part_sentences or part_size(copies.n_sentences - copies.n_copies)
        with Writing(self.files) as writing:
            self._cut_rows(spool, dropped, copies, writing)
            self._cut_copies(copies, writing)

    def _cut_rows(self, spool: SentenceSpool, dropped: Collection[int], copies: Copies, writing: Writing) -> None:
        marks = _Marks(copies.places())
        for rows, digests in spool.sentences(dropped):
            is_copy = marks.next(len(rows))
            rows.numbers["copy"] = is_copy
            ends = self._ends(is_copy)
            places = [0, *sorted({*ends, len(rows)})]
            for cut, (first, end) in zip(rows.cut(*places), pairwise(places), strict=True):
                is_new = ~is_copy[first:end]
                self._held.append(cut)
                self._hash.update(digests[first:end][is_new].tobytes())
                self._n_rows += end - first
                self._n_distinct += int(is_new.sum())
                if end in ends:
                    self._end(writing)
        if self._held:
            self._end(writing)

    def _ends(self, is_copy: NDArray[np.bool_]) -> set[int]:
        """Behind which of the next rows a part ends."""
        n_new = np.cumsum(~is_copy)
        found: set[int] = set()
        at, n_rows, n_distinct = 0, self._n_rows, self._n_distinct
        while True:
            before = int(n_new[at - 1]) if at else 0
            full = int(np.searchsorted(n_new, before + self.part_sentences - n_distinct)) + 1
            # The second bound is for a run of nothing but copies, which is to stay in memory too.
            at = min(full, at + 4 * self.part_sentences - n_rows)
            if at > len(is_copy):
                return found
            found.add(at)
            n_rows = n_distinct = 0

    def _end(self, writing: Writing) -> None:
        key = digest(self.decoding, self._hash.hexdigest()) if self._n_distinct else ""
        content = rows_bytes(len(self.entries), key, Rows.joined(self._held))
        entry = Entry(
            number=len(self.entries),
            key=key,
            n_sentences=self._n_distinct,
            n_rows=self._n_rows,
            first=self.n_sentences,
            sha256=hashlib.sha256(content).hexdigest(),
        )
        if not self.is_dry:
            writing.put(entry.rows_name, content)
        self.entries.append(entry)
        self.n_sentences += self._n_rows
        self._held, self._hash, self._n_rows, self._n_distinct = [], hashlib.sha256(), 0, 0

    def _cut_copies(self, copies: Copies, writing: Writing) -> None:
        """Group the copies by the part that their original is in."""
        starts = np.array([entry.first for entry in self.entries], dtype="<u8")
        held: list[bytes] = []
        held_of = -1
        for block in copies.by_original():
            numbers = np.searchsorted(starts, block["of"], side="right") - 1
            for number, first, end in _runs(numbers):
                if number != held_of:
                    self._end_copies(held_of, held, writing)
                    held, held_of = [], number
                held.append(block[first:end].tobytes())
        self._end_copies(held_of, held, writing)

    def _end_copies(self, number: int, held: Sequence[bytes], writing: Writing) -> None:
        if not held:
            return
        content = b"".join(held)
        sha256 = hashlib.sha256(content).hexdigest()
        n_copies = len(content) // COPY.itemsize
        self.entries[number] = replace(self.entries[number], n_copies=n_copies, copies_sha256=sha256)
        if not self.is_dry:
            writing.put(self.entries[number].copies_name, content)


def _runs(numbers: NDArray[Any]) -> Iterator[tuple[int, int, int]]:
    """Equal numbers that follow one another: the number, the place of the first, and that behind the last."""
    places = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    for first, end in pairwise(places):
        yield int(numbers[first]), first, end


class _Marks:
    """Which of the next sentences are copies.

    Args:
        places: of all copies, in rising order.
    """

    def __init__(self, places: Iterator[NDArray[Any]]) -> None:
        self._places = places
        self._known = np.empty(0, "<u8")
        self._at = 0

    def next(self, n: int) -> NDArray[np.bool_]:
        """For each of the next n."""
        end = self._at + n
        while not len(self._known) or self._known[-1] < end:
            more = next(self._places, None)
            if more is None:
                break
            self._known = np.concatenate([self._known, more])
        n_here = int(np.searchsorted(self._known, end))
        marked = np.zeros(n, np.bool_)
        marked[(self._known[:n_here] - np.uint64(self._at)).astype(np.int64)] = True
        self._known, self._at = self._known[n_here:], end
        return marked
