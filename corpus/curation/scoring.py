"""Signals of many pairs: those of each pair in processes, then those that need all of them.

Pairs go by once, and are kept in a temporary folder (``TMPDIR``) until what needs the whole corpus is known; then they
come out again, in order, with everything. A few numbers of each stay in memory.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice
from math import isnan
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from corpus.curation.benchmarks import packaged
from corpus.curation.clusters import BLANK, TextIndex, hashes_of
from corpus.curation.transport import Packed, pack, unpack
from corpus.curation.workers import in_order
from corpus.pair import Columns, Pair, columns_of
from corpus.signals.across import ACROSS, ACROSS_FLAGS, OVERLAPS, among_several, corpus_z, earlier, earlier_pairs
from corpus.signals.benchmarks import Benchmark, Benchmarks, SetOverlap
from corpus.signals.flags import SETTLED, flags_of_pair
from corpus.signals.keys import key
from corpus.signals.minhash import CHINESE_RUN, ENGLISH_RUN, Sketches, sketches_of
from corpus.signals.table import SIGNALS, signals_of
from translate.errors import OutputError
from translate.text.flags import Flag, base

__all__ = ["OURS", "Scoring", "judged"]

_BATCH = 512
"""Pairs that a process is given at a time."""

OURS = frozenset({*SETTLED, *ACROSS_FLAGS})
"""Flags that are decided here, and taken back where they do not hold; without what stands behind a colon."""

Texts = tuple[str, str]


def judged(source: str, target: str) -> tuple[dict[str, float], tuple[str, ...]]:
    """The signals of a pair, and the flags, that need nothing but the pair."""
    return signals_of(source, target), flags_of_pair(source, target)


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What is said of a batch of pairs.

    Attributes:
        values: ``(n_pairs, n_signals)``, in the order of `SIGNALS`; NaN where there is none.
        overlaps: ``(n_pairs, 2)``, in the order of `OVERLAPS`.
        flags: of each pair.
        hashes: of the keys of all sources, and of all targets.
        sketches: of all sources, and of all targets.
    """

    values: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    flags: Sequence[tuple[str, ...]]
    hashes: tuple[NDArray[np.uint64], NDArray[np.uint64]]
    sketches: tuple[Sketches, Sketches]


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges batches, in whatever process.

    Attributes:
        benchmarks: what the texts are held against.
    """

    benchmarks: Benchmarks

    def __call__(self, texts: Sequence[Texts]) -> _Judgement:
        found = [judged(*pair) for pair in texts]
        values = np.array([[signals.get(name, np.nan) for name in SIGNALS] for signals, _ in found])
        sources, targets = ([pair[side] for pair in texts] for side in (0, 1))
        overlaps = list(zip(*map(self.benchmarks.overlaps, (sources, targets)), strict=True))
        source_keys, target_keys = (list(map(key, side)) for side in (sources, targets))
        return _Judgement(
            values,
            np.array([[np.nan if side.share is None else side.share for side in pair] for pair in overlaps]),
            [(*flags, *_contaminated(*pair)) for (_, flags), pair in zip(found, overlaps, strict=True)],
            (hashes_of(source_keys), hashes_of(target_keys)),
            (sketches_of(source_keys, CHINESE_RUN), sketches_of(target_keys, ENGLISH_RUN)),
        )


def _contaminated(source: SetOverlap, target: SetOverlap) -> Iterator[str]:
    return (f"{Flag.CONTAMINATED}:{name}" for name in sorted({*source.names, *target.names}))


class Scoring:
    """A pass over a corpus that gives each pair its signals; use it in a ``with``, which keeps a temporary folder.

    Args:
        n_workers: processes, see `in_order`.
        benchmarks: test sets that the pairs are held against; those that come with the package when None.
    """

    def __init__(self, n_workers: int = 1, benchmarks: Sequence[Benchmark] | None = None) -> None:
        self.n_workers = n_workers
        self.benchmarks = Benchmarks(packaged() if benchmarks is None else benchmarks)

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="duizhao-")
        folder = Path(self._folder.name)
        self._pairs, self._said = folder / "pairs", folder / "said"
        self._index = TextIndex(folder / "source"), TextIndex(folder / "target")
        self._lengths: list[NDArray[np.float64]] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def read(self, pairs: Iterable[Pair]) -> Columns:
        """Take all pairs of a corpus; returns the columns that they needed before they were scored.

        Raises:
            OutputError: they cannot be kept.
        """
        columns: list[Columns] = []
        try:
            with self._pairs.open("wb") as kept, self._said.open("wb") as said:
                texts = _texts(iter(pairs), kept, columns)
                for judgement in in_order(_Judge(self.benchmarks), texts, self.n_workers):
                    alone = (judgement.values, judgement.overlaps, judgement.flags)
                    pickle.dump(alone, said, pickle.HIGHEST_PROTOCOL)
                    self._lengths.append(judgement.values[:, _LENGTH].copy())
                    for index, hashes, sketches in zip(self._index, judgement.hashes, judgement.sketches, strict=True):
                        index.add(hashes, sketches)
        except OSError as error:
            raise OutputError(f"{self._folder.name}: pairs cannot be kept: {error.strerror or error}") from error
        return reduce(Columns.merged, columns, Columns())

    def pairs(self) -> Iterator[Pair]:
        """The pairs, in order, with all signals and flags; those of other names stay."""
        if not self._lengths:
            return
        across, kinds = self._across()
        start = 0
        with self._pairs.open("rb") as kept, self._said.open("rb") as said:
            while batch := _load(kept):
                values, overlaps, own = pickle.load(said)
                here = slice(start, start + len(batch))
                rows = np.concatenate([values, across[here], overlaps], axis=1).tolist()
                for pair, row, flags, kind in zip(batch, rows, own, kinds[here].tolist(), strict=True):
                    yield _with(pair, row, {*flags, *_COPIES[kind]})
                start += len(batch)

    def _across(self) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """What needs the whole corpus: ``(n_pairs, n_signals)``, and ``(n_pairs,)`` places in `_COPIES`."""
        (sources, source_clusters), (targets, target_clusters) = (index.clusters() for index in self._index)
        copies = earlier_pairs(sources, targets)
        near = earlier_pairs(source_clusters, target_clusters) & ~copies
        found = {
            "length_z_corpus": corpus_z(np.concatenate(self._lengths)),
            "source_repeats": earlier(self._index[0].hashes, BLANK),
            "target_repeats": earlier(self._index[1].hashes, BLANK),
            "source_cluster": among_several(source_clusters),
            "target_cluster": among_several(target_clusters),
        }
        kinds = copies.astype(np.uint8) + 2 * near.astype(np.uint8)
        return np.stack([found[name] for name in ACROSS if name not in OVERLAPS], axis=1), kinds


_COPIES: Sequence[tuple[str, ...]] = ((), (Flag.DUPLICATE.value,), (Flag.NEAR_DUPLICATE.value,))
_LENGTH = list(SIGNALS).index("length_z")
_NAMES = (*SIGNALS, *ACROSS)
_KNOWN = frozenset(_NAMES)


def _texts(pairs: Iterator[Pair], kept: BinaryIO, columns: list[Columns]) -> Iterator[list[Texts]]:
    """The two texts of each pair, in batches; the pairs are kept, and the columns that each batch needs."""
    while batch := list(islice(pairs, _BATCH)):
        pickle.dump(pack(batch), kept, pickle.HIGHEST_PROTOCOL)
        needed = columns_of(batch)
        if needed not in columns:
            columns.append(needed)
        yield [(pair.source.text, pair.target.text) for pair in batch]


def _load(kept: BinaryIO) -> list[Pair]:
    """A batch of what `_texts` kept; empty behind the last one."""
    try:
        found: Packed = pickle.load(kept)
    except EOFError:
        return []
    return unpack(found)


def _with(pair: Pair, row: list[float], flags: set[str]) -> Pair:
    """A pair with these signals, in the order of their names, and these flags instead of those that it had of them."""
    signals = {name: value for name, value in pair.signals.items() if name not in _KNOWN}
    signals |= {name: value for name, value in zip(_NAMES, row, strict=True) if not isnan(value)}
    kept = (flag for flag in pair.flags if base(flag) not in OURS)
    return replace(pair, signals=signals, flags=tuple(sorted({*kept, *flags})))
