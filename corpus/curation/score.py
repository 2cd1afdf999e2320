"""Scoring: every signal on every pair, those that need the whole corpus too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from corpus.curation.bitext import Bitext, OnReject, open_bitext
from corpus.curation.scoring import Scoring, judged
from corpus.curation.transport import Packed, pack, unpack
from corpus.curation.workers import in_order
from corpus.pair import Columns, Pair
from corpus.readers.bitext import BitextOptions
from corpus.signals.across import ACROSS, ACROSS_FLAGS
from corpus.signals.benchmarks import Benchmark
from corpus.signals.empty_sides import EMPTY_SIDES
from corpus.signals.flags import SCORE_VERSIONS, SETTLED
from corpus.signals.table import SIGNALS
from corpus.writers.base import RunMeta
from corpus.writers.formats import TEXT_ONLY, check_writable, resolve_format
from corpus.writers.lines import LineEncoder, Lines
from corpus.writers.writer import Writer, open_writer
from translate.errors import UsageError
from translate.files.inputs import check_distinct
from translate.text.flags import base

__all__ = [
    "ALWAYS",
    "VERSIONS",
    "ScoreReport",
    "holds_signals",
    "score_corpus",
    "scored",
    "scored_columns",
    "scored_meta",
    "write_in_processes",
    "write_scored",
]

_BATCH = 512
"""Pairs that a process is given at a time."""

ALWAYS = EMPTY_SIDES.name
"""A signal that every pair has once it is scored."""

VERSIONS: Mapping[str, int] = {
    **{signal.name: signal.version for signal in SIGNALS.values()},
    **{signal.name: signal.version for signal in ACROSS.values()},
    **{flag.value: SCORE_VERSIONS[flag] for flag in SETTLED},
    **{flag.value: version for flag, version in ACROSS_FLAGS.items()},
}
"""The version of the function behind each signal, and behind each flag that scoring decides."""


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What a scoring did.

    Attributes:
        out: the corpus, as it was named.
        n_pairs: in it.
        n_rejected: rows of the input that are no pair.
        flags: how many pairs carry each flag.
    """

    out: str
    n_pairs: int
    n_rejected: int
    flags: Mapping[str, int]


def score_corpus(
    path: str | Path,
    out: str | Path,
    *,
    format: str | None = None,  # noqa: A002  (the name of the option)
    options: BitextOptions | None = None,
    benchmarks: Sequence[Benchmark] | None = None,
    workers: int = 1,
    on_reject: OnReject | None = None,
) -> ScoreReport:
    """Write a bitext again, with every signal of every pair; see `Scoring` for what it takes.

    Args:
        path: any bitext, see `read_bitext`.
        out: the corpus; its suffix chooses the format, which must be one that holds signals.
        format: overrides the suffix.
        options: where the two texts of the input are.
        benchmarks: test sets that the pairs are held against, see `read_benchmarks`; those that come with the package
            when None.
        workers: processes, see `in_order`; the bytes do not depend on it.
        on_reject: told of each row that is no pair.

    Raises:
        InputError: the input cannot be read, or has no pair.
        OutputError: OUT cannot be written.
        UsageError: OUT is the input, or in a format that holds no signals.
    """
    options = BitextOptions() if options is None else options
    layout = resolve_format(out, format, options.languages)
    if layout.name in TEXT_ONLY:
        raise UsageError(f"{layout.name} has no place for signals and flags; choose tsv, jsonl or tmx for scores")
    check_writable(out, format, options.languages)
    check_distinct(Bitext(Path(path), options).files, layout.paths)
    with Scoring(workers, benchmarks) as scoring:
        bitext = open_bitext(path, options, on_reject, scoring.read)
        meta = scored_meta(bitext.meta(), scoring)
        with open_writer(out, format, meta, scored_columns(bitext.columns)) as writer:
            write_in_processes(writer, scoring.pairs(), workers)
    return ScoreReport(str(out), writer.n_pairs, bitext.n_rejected, dict(writer.n_flags))


def holds_signals(out: str | Path, format: str | None) -> bool:  # noqa: A002  (the name of the option)
    """Whether the format of OUT holds more than two texts."""
    return resolve_format(out, format).name not in TEXT_ONLY


def write_scored(writer: Writer, pairs: Iterable[Pair], workers: int = 1) -> None:
    """Write pairs with all their signals.

    Args:
        writer: to which nothing was written.
        pairs: in order.
        workers: processes, see `in_order`.
    """
    with Scoring(workers) as scoring:
        scoring.read(pairs)
        writer.columns = scored_columns(writer.columns)
        writer.meta = scored_meta(writer.meta, scoring)
        write_in_processes(writer, scoring.pairs(), workers)


def write_in_processes(writer: Writer, pairs: Iterable[Pair], workers: int) -> None:
    """Write pairs; their lines, where the format is lines, are made in processes.

    Args:
        writer: whose columns hold them.
        pairs: in order.
        workers: processes, see `in_order`.
    """
    encoder = writer.encoder
    if workers == 1 or encoder is None:
        writer.write_all(pairs)
        return
    rest = iter(pairs)
    batches = iter(lambda: pack(islice(rest, _BATCH)), [])
    for lines in in_order(_Encode(encoder), batches, workers):
        writer.write_lines(lines)


@dataclass(frozen=True, slots=True)
class _Encode:
    encoder: LineEncoder

    def __call__(self, packed: Packed) -> Lines:
        return self.encoder(unpack(packed))


def scored(pair: Pair) -> Pair:
    """A pair with the signals and flags that need nothing but itself; all others stay."""
    signals, flags = judged(pair.source.text, pair.target.text)
    others = {name: value for name, value in pair.signals.items() if name not in SIGNALS}
    kept = (flag for flag in pair.flags if base(flag) not in SETTLED)
    return replace(pair, signals=others | signals, flags=tuple(sorted({*kept, *flags})))


def scored_columns(columns: Columns) -> Columns:
    """The columns that pairs need once they are scored."""
    others = tuple(name for name in columns.signals if name not in VERSIONS)
    return replace(columns, signals=(*others, *SIGNALS, *ACROSS))


def scored_meta(meta: RunMeta, scoring: Scoring) -> RunMeta:
    """With the versions of the signals, and of the flags that are set, and the names of the test sets."""
    noted = {str(flag): version for flag, version in SCORE_VERSIONS.items()}
    environment = {**meta.environment, "benchmarks": " ".join(scoring.benchmarks.names)}
    return replace(meta, signals={**noted, **meta.signals, **VERSIONS}, environment=environment)
