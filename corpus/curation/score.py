"""Scoring: every signal on every pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.curation.bitext import Bitext, OnReject, open_bitext
from corpus.pair import Columns, Pair
from corpus.readers.bitext import BitextOptions
from corpus.signals.empty_sides import EMPTY_SIDES
from corpus.signals.flags import SCORE_VERSIONS, SETTLED, flags_of_pair
from corpus.signals.table import SIGNALS, signals_of
from corpus.writers.base import RunMeta
from corpus.writers.formats import TEXT_ONLY, check_writable, resolve_format
from corpus.writers.writer import open_writer
from translate.errors import UsageError
from translate.files.inputs import check_distinct

__all__ = ["ALWAYS", "ScoreReport", "score_corpus", "scored", "scored_columns", "scored_meta"]

ALWAYS = EMPTY_SIDES.name
"""A signal that every pair has once it is scored."""


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
    on_reject: OnReject | None = None,
) -> ScoreReport:
    """Write a bitext again, with every signal of every pair; memory does not grow with it.

    Args:
        path: any bitext, see `read_bitext`.
        out: the corpus; its suffix chooses the format, which must be one that holds signals.
        format: overrides the suffix.
        options: where the two texts of the input are.
        on_reject: told of each row that is no pair.

    Raises:
        InputError: the input cannot be read, or has no pair.
        OutputError: OUT cannot be written.
        UsageError: OUT is the input, or in a format that holds no signals.
    """
    options = BitextOptions() if options is None else options
    layout = resolve_format(out, format, options.languages)
    if layout.name in TEXT_ONLY:
        raise UsageError(f"{layout.name} holds the two texts and nothing else; choose tsv, jsonl or tmx for scores")
    check_writable(out, format, options.languages)
    check_distinct(Bitext(Path(path), options).files, layout.paths)
    bitext = open_bitext(path, options, on_reject)
    meta = scored_meta(bitext.meta())
    with open_writer(out, format, meta, scored_columns(bitext.columns)) as writer:
        writer.write_all(map(scored, bitext.pairs()))
    return ScoreReport(str(out), writer.n_pairs, bitext.n_rejected, dict(writer.n_flags))


def scored(pair: Pair) -> Pair:
    """A pair with its signals and with every flag that two strings can tell; signals of other names stay."""
    source, target = pair.source.text, pair.target.text
    others = {name: value for name, value in pair.signals.items() if name not in SIGNALS}
    flags = flags_of_pair(source, target, pair.flags)
    return replace(pair, signals=others | signals_of(source, target), flags=flags)


def scored_columns(columns: Columns) -> Columns:
    """The columns that pairs need once they are scored."""
    others = tuple(name for name in columns.signals if name not in SIGNALS)
    return replace(columns, signals=(*others, *SIGNALS))


def scored_meta(meta: RunMeta) -> RunMeta:
    """With the versions of the signals, and of the flags that are set."""
    versions = {signal.name: signal.version for signal in SIGNALS.values()}
    flags = {str(flag): version for flag, version in SCORE_VERSIONS.items()}
    settled = {flag: version for flag, version in flags.items() if flag in SETTLED}
    return replace(meta, signals={**flags, **meta.signals, **versions, **settled})
