"""Training, development and test sets that share nothing: no document, no text of either side, no near copy of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from corpus.curation.assignment import NO_SET, Sets, SplitSet, Units, assign, copies_in
from corpus.curation.bitext import Bitext, OnReject, open_bitext
from corpus.curation.clusters import TextIndex, hashes_of, joined
from corpus.curation.leaks import Leak, LeakIndex, find_leaks
from corpus.pair import PLAIN, Columns, Pair, columns_of, row
from corpus.readers.bitext import BitextOptions, check_suffix
from corpus.signals.keys import digest, key
from corpus.signals.minhash import CHINESE_RUN, ENGLISH_RUN, sketches_of
from corpus.writers.formats import SUFFIXES, OutputFormat, check_writable, resolve_format
from corpus.writers.jsonl import json_line
from corpus.writers.writer import Writer
from translate.errors import UsageError
from translate.files.atomic import STDOUT
from translate.files.inputs import check_distinct
from translate.files.packing import split_packing

__all__ = ["SplitOptions", "SplitReport", "split_sets"]

_BATCH = 4096
_SHARE = 20
"""Without a wish, dev and test have 1,000 pairs each, or one in so many where that is less."""


@dataclass(frozen=True, slots=True)
class SplitOptions:
    """How a corpus is split.

    Attributes:
        dev: pairs of the development set: how many, or a share below 1; None for 1,000, or 5 % where that is less.
        test: the same of the test set.
        seed: another one draws other documents.
        by: ``document`` keeps documents whole, ``pair`` does not; ``auto`` does where it is known which pair stands in
            which document.
    """

    dev: float | None = None
    test: float | None = None
    seed: int = 0
    by: Literal["auto", "document", "pair"] = "auto"


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What a split did.

    Attributes:
        paths: of each set, by name; of Moses the first of both files.
        n_pairs: of each set, by name.
        n_documents: of each set, by name.
        excluded: the file of the pairs that are in no set.
        n_excluded: how many, by the set that has the copy.
        by: ``document`` or ``pair``.
        leaks: what the check of the written files found that two sets share, at most 100: none, or there is a bug.
            Documents count only where they were kept whole.
    """

    paths: Mapping[str, str]
    n_pairs: Mapping[str, int]
    n_documents: Mapping[str, int]
    excluded: str
    n_excluded: Mapping[str, int]
    by: str
    leaks: tuple[Leak, ...]


def split_sets(
    path: str | Path,
    out: str | Path,
    how: SplitOptions | None = None,
    *,
    format: str | None = None,  # noqa: A002  (the name of the option)
    options: BitextOptions | None = None,
    on_reject: OnReject | None = None,
) -> SplitReport:
    """Write a corpus as three, in the order that it has, and check that they share nothing.

    Pairs whose source or target has a copy or a near copy in another set are in no set, but beside them, each with the
    reason. In memory are some 100 bytes a pair, and the texts of dev and test.

    Args:
        path: any bitext, see `read_bitext`.
        out: ``news.tsv`` stands for ``news.train.tsv``, ``news.dev.tsv`` and ``news.test.tsv``.
        how: how large, and by what.
        format: overrides the suffix.
        options: where the two texts of the input are.
        on_reject: told of each row that is no pair.

    Raises:
        InputError: the input cannot be read, or has no pair.
        OutputError: something cannot be written.
        UsageError: dev and test want more than there is, or an output is the input.
    """
    how = SplitOptions() if how is None else how
    options = BitextOptions() if options is None else options
    outputs = _outputs(out, format, options)
    check_distinct(Bitext(Path(path), options).files, outputs.paths)
    with TemporaryDirectory(prefix="duizhao-") as folder:
        texts = _SeenTexts(Path(folder))
        bitext = open_bitext(path, options, on_reject, texts.read)
        by = _by(texts, how.by)
        sizes = _sizes(bitext.n_pairs, how)
        sets = assign(texts.units(by), sizes[SplitSet.DEV], sizes[SplitSet.TEST], how.seed)
        copies = copies_in(sets, texts.clusters())
    copies = _with_near_copies(bitext, sets, copies)
    report = _write(bitext, sets, copies, outputs, by)
    written = {name: Path(path) for name, path in report.paths.items() if report.n_pairs[name]}
    leaks = (leak for leak in find_leaks(written, options) if by == "document" or leak.kind != "document")
    return replace(report, leaks=tuple(islice(leaks, 100)))


# -- what is known of all pairs ------------------------------------------------------------------------------------


class _SeenTexts:
    """Takes the pairs of a corpus, and knows which of their texts are copies.

    Args:
        folder: temporary; goes with the run.
    """

    def __init__(self, folder: Path) -> None:
        self._index = TextIndex(folder / "source"), TextIndex(folder / "target")
        self._documents: dict[int, int] = {}
        self._of_pairs: list[int] = []
        self._clusters: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
        self.n_placed = 0

    def read(self, pairs: Iterable[Pair]) -> Columns:
        """Take all pairs; returns the columns that they need."""
        stream, columns = iter(pairs), PLAIN
        while batch := list(islice(stream, _BATCH)):
            for pair in batch:
                document = digest(pair.source.doc_id)
                self._of_pairs.append(self._documents.setdefault(document, len(self._documents)))
                self.n_placed += pair.source.is_placed
            sides = (
                ([key(p.source.text) for p in batch], CHINESE_RUN),
                ([key(p.target.text) for p in batch], ENGLISH_RUN),
            )
            for index, (keys, run) in zip(self._index, sides, strict=True):
                index.add(hashes_of(keys), sketches_of(keys, run))
            columns = columns.merged(columns_of(batch))
        return columns

    def clusters(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Of the sources and of the targets, the first text of the cluster of each."""
        if self._clusters is None:
            source, target = (index.clusters()[1] for index in self._index)
            self._clusters = source, target
        return self._clusters

    def units(self, by: str) -> Units:
        """Documents; or pairs, with all that share a text or a near copy of one."""
        if by == "document":
            return Units(np.array(self._of_pairs), np.array(list(self._documents), np.uint64), "documents")
        pairs = np.arange(len(self._of_pairs))
        labels = pairs.copy()
        for firsts in self.clusters():
            labels = joined(labels, pairs, firsts)
        firsts, numbers = np.unique(labels, return_inverse=True)
        return Units(numbers, self._index[0].hashes[firsts], "pairs with their copies")


def _by(texts: _SeenTexts, wanted: str) -> str:
    if wanted != "auto":
        return wanted
    return "document" if texts.n_placed else "pair"


def _sizes(n_pairs: int, how: SplitOptions) -> dict[SplitSet, int]:
    found = {}
    for split_set, wanted in ((SplitSet.DEV, how.dev), (SplitSet.TEST, how.test)):
        if wanted is None:
            found[split_set] = min(1000, n_pairs // _SHARE)
        else:
            found[split_set] = round(wanted * n_pairs) if 0 < wanted < 1 else int(wanted)
    if sum(found.values()) >= n_pairs:
        raise UsageError(f"dev and test want {sum(found.values())} pairs of {n_pairs}; leave some for training")
    return found


def _with_near_copies(bitext: Bitext, sets: Sets, copies: Sets) -> Sets:
    """The same with near copies that the estimate did not see.

    Dev is compared with test, and train with both, text by text: this is what the sets rest on.
    """
    found = copies.copy()
    small: dict[SplitSet, list[tuple[int, Pair]]] = {SplitSet.TEST: [], SplitSet.DEV: []}
    for at, pair in _staying(bitext, copies):
        if sets[at] != SplitSet.TRAIN:
            small[SplitSet(sets[at])].append((at, pair))
    indexes: list[tuple[SplitSet, LeakIndex]] = []
    for split_set, members in small.items():
        _note(members, indexes, found)
        kept = (pair for at, pair in members if found[at] == NO_SET)
        indexes.append((split_set, LeakIndex(split_set.name.lower(), kept)))
    _note(((at, pair) for at, pair in _staying(bitext, copies) if sets[at] == SplitSet.TRAIN), indexes, found)
    return found


def _staying(bitext: Bitext, copies: Sets) -> Iterator[tuple[int, Pair]]:
    return ((at, pair) for at, pair in enumerate(bitext.pairs()) if copies[at] == NO_SET)


def _note(pairs: Iterable[tuple[int, Pair]], indexes: Sequence[tuple[SplitSet, LeakIndex]], found: Sets) -> None:
    """Put down the first set that shares a text with each pair."""
    for at, pair in pairs:
        for split_set, index in indexes:
            if found[at] == NO_SET and any(leak.kind != "document" for leak in index.leaks(pair, "")):
                found[at] = split_set


# -- files ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _SetFiles:
    """The files of a split.

    Attributes:
        layouts: of each set, by name, in the order in which they are told.
        excluded: of the pairs in no set.
    """

    layouts: Mapping[str, OutputFormat]
    excluded: str

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them."""
        return (*(path for layout in self.layouts.values() for path in layout.paths), self.excluded)


def _outputs(out: str | Path, fmt: str | None, options: BitextOptions) -> _SetFiles:
    if str(out) == STDOUT:
        raise UsageError("a split is three corpora and cannot go to standard output; name OUT: news.tsv")
    plain, packing = split_packing(str(out))
    suffix = Path(plain).suffix if Path(plain).suffix.lower() in SUFFIXES else ""
    stem = plain.removesuffix(suffix)
    layouts = {}
    for split_set in reversed(SplitSet):
        name = f"{stem}.{split_set.name.lower()}{suffix}{packing}"
        check_writable(name, fmt, options.languages)
        layouts[split_set.name.lower()] = layout = resolve_format(name, fmt, options.languages)
        check_suffix(layout.paths[0], options)  # the check reads it back
    excluded = f"{stem}.excluded.jsonl{packing}"
    check_writable(excluded, "jsonl")
    return _SetFiles(layouts, excluded)


def _write(bitext: Bitext, sets: Sets, copies: Sets, outputs: _SetFiles, by: str) -> SplitReport:
    meta, n_excluded = bitext.meta(), Counter[str]()
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(Writer(layout, meta, bitext.columns)) for name, layout in outputs.layouts.items()
        }
        excluded = writers["train"].open_beside(outputs.excluded)
        for at, pair in enumerate(bitext.pairs()):
            if copies[at] == NO_SET:
                writers[SplitSet(sets[at]).name.lower()].write(pair)
                continue
            there, own = SplitSet(copies[at]).name.lower(), SplitSet(sets[at]).name.lower()
            n_excluded[there] += 1
            fields = row(pair, bitext.columns) | {"reason": f"copy_in_{there}", "set": own}
            excluded.write(json_line(fields))
    return SplitReport(
        paths={name: layout.paths[0] for name, layout in outputs.layouts.items()},
        n_pairs={name: writer.n_pairs for name, writer in writers.items()},
        n_documents={name: writer.n_documents for name, writer in writers.items()},
        excluded=outputs.excluded,
        n_excluded=dict(n_excluded),
        by=by,
        leaks=(),
    )
