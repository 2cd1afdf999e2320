"""Filtering: pairs that pass all rules go on, the others go beside them, each with the reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.curation.bitext import Bitext, OnReject, open_bitext
from corpus.curation.rules import SCORE, Rule, changed
from corpus.curation.score import ALWAYS, VERSIONS, scored_columns, scored_meta
from corpus.curation.scoring import Scoring
from corpus.curation.waterfall import Waterfall
from corpus.pair import Columns, Pair, rounded, row
from corpus.readers.bitext import BitextOptions
from corpus.signals.across import ACROSS
from corpus.signals.table import SIGNALS
from corpus.signals.words import count_words
from corpus.writers.base import as_bytes
from corpus.writers.formats import SUFFIXES, OutputFormat, check_writable, resolve_format
from corpus.writers.jsonl import json_line
from corpus.writers.writer import Writer, open_writer
from translate.errors import UnknownNameError, UsageError
from translate.files import atomic
from translate.files.atomic import STDOUT
from translate.files.inputs import check_distinct
from translate.files.packing import split_packing
from translate.text.flags import Flag, base

__all__ = ["FilterReport", "filter_corpus"]


@dataclass(frozen=True, slots=True)
class FilterReport:
    """What a filtering did.

    Attributes:
        out: the pairs that passed, as it was named.
        rejected: the file of the others.
        waterfall: what each rule refused.
        n_unreadable: rows of the input that are no pair.
        outdated: signals and flags of the input that another version of their function gave, by name: that version, 0
            where it has none. Empty where the pairs were scored by this run.
    """

    out: str
    rejected: str
    waterfall: Waterfall
    n_unreadable: int
    outdated: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Outputs:
    """The files of a filtering: the corpus, the refused pairs and, where the corpus is a file, the counts."""

    layout: OutputFormat
    rejected: str
    waterfall: str | None

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.layout.paths, self.rejected, *([] if self.waterfall is None else [self.waterfall]))


def filter_corpus(
    path: str | Path,
    out: str | Path,
    rules: Sequence[Rule],
    *,
    settings: Sequence[str] = (),
    rejected: str | Path | None = None,
    format: str | None = None,  # noqa: A002  (the name of the option)
    options: BitextOptions | None = None,
    rescore: bool = False,
    workers: int = 1,
    on_reject: OnReject | None = None,
) -> FilterReport:
    """Write the pairs of a bitext that pass all rules, and the others, with their reasons, beside them.

    If some pairs were not scored, all are, on the way; else memory does not grow with the bitext.

    Args:
        path: any bitext, see `read_bitext`.
        out: the pairs that pass; its suffix chooses the format.
        rules: in the order in which they are asked.
        settings: changes of them, see `changed`.
        rejected: the file of the others, JSONL; None for ``NAME.rejected.jsonl`` beside OUT.
        format: overrides the suffix of OUT.
        options: where the two texts of the input are.
        rescore: score all pairs, whatever signals they have.
        workers: processes that score, see `in_order`.
        on_reject: told of each row that is no pair.

    Raises:
        InputError: the input cannot be read, or has no pair.
        OutputError: something cannot be written.
        UnknownNameError: a rule is of a signal or a flag that there is not.
        UsageError: an output is the input, or another output; or OUT is standard output, and ``rejected`` is missing.
    """
    options = BitextOptions() if options is None else options
    outputs = _outputs(out, rejected, format, options)
    check_distinct(Bitext(Path(path), options).files, outputs.paths)
    bitext = open_bitext(path, options, on_reject)
    columns = scored_columns(bitext.columns)
    rules = _settled(rules, settings, bitext, columns)
    meta, waterfall = bitext.meta(), Waterfall(rules)
    rescore = rescore or bitext.signals[ALWAYS] < bitext.n_pairs
    outdated = {} if rescore else _outdated(meta.signals)
    with Scoring(workers) as scoring:
        if rescore:
            scoring.read(bitext.pairs())
            meta = scored_meta(meta, scoring)
        with open_writer(out, format, meta, columns) as writer:
            refused = writer.open_beside(outputs.rejected)
            for pair in scoring.pairs() if rescore else bitext.pairs():
                refused_by = [i for i, rule in enumerate(rules) if rule.refuses(pair)]
                waterfall.add(count_words(pair.target.text), refused_by)
                if refused_by:
                    refused.write(_line(pair, [rules[i] for i in refused_by], columns))
                else:
                    writer.write(pair)
            _write_waterfall(writer, outputs, waterfall)
    return FilterReport(str(out), outputs.rejected, waterfall, bitext.n_rejected, outdated)


def _outdated(stored: Mapping[str, int]) -> dict[str, int]:
    """What was computed by another version than this one's; nothing where the sidecar does not say."""
    found = {name: stored.get(name, 0) for name in VERSIONS} if ALWAYS in stored else {}
    return {name: version for name, version in found.items() if version != VERSIONS[name]}


def _outputs(out: str | Path, rejected: str | Path | None, fmt: str | None, options: BitextOptions) -> _Outputs:
    check_writable(out, fmt, options.languages)
    layout = resolve_format(out, fmt, options.languages)
    stem, packing = _stem(layout)
    if stem is None and rejected is None:
        raise UsageError(
            "pairs that are refused need a file where the others go to standard output; name one: --rejected"
        )
    found = _Outputs(
        layout,
        str(rejected) if rejected is not None else f"{stem}.rejected.jsonl{packing}",
        None if stem is None else f"{stem}.waterfall.json",
    )
    beside = [path for path in (found.rejected, found.waterfall) if path is not None]
    for path in beside:
        atomic.check_writable(path)
    taken = [str(Path(name).absolute()) for name in found.paths if name != STDOUT]
    if len(set(taken)) < len(taken) or found.rejected == STDOUT:
        raise UsageError(f"{found.rejected}: refused pairs need a file of their own; name another one with --rejected")
    return found


def _stem(layout: OutputFormat) -> tuple[str | None, str]:
    """What the names of the files beside OUT begin with, and how it is packed; None for standard output or a device."""
    first = layout.paths[0]
    if first == STDOUT or atomic.is_special(first):
        return None, ""
    plain, packing = split_packing(first)
    suffix = Path(plain).suffix
    known = len(layout.paths) > 1 or suffix.lower() in SUFFIXES
    return (plain[: -len(suffix)] if suffix and known else plain), packing


def _settled(rules: Sequence[Rule], settings: Sequence[str], bitext: Bitext, columns: Columns) -> tuple[Rule, ...]:
    """The rules after ``--set``, each of a signal or a flag that there is: a slip must not let everything pass."""
    signals = {*SIGNALS, *ACROSS, *columns.signals, SCORE}
    flags = {*map(str, Flag), *bitext.flags}
    found = changed(rules, settings, signals=signals, flags=flags)
    for rule in found:
        if rule.signal and rule.signal not in signals:
            raise UnknownNameError("signal", rule.signal, signals)
        if rule.flag and base(rule.flag) not in flags:
            raise UnknownNameError("flag", rule.flag, flags)
    return found


def _line(pair: Pair, rules: Sequence[Rule], columns: Columns) -> bytes:
    """The row of a refused pair: that of any JSONL, then the first rule's name and value, and those of all."""
    values = {rule.name: rounded(rule.value(pair)) for rule in rules}
    first = rules[0].name
    fields = row(pair, columns) | {"reason": first, "value": values[first], "reasons": values}
    return json_line(fields)


def _write_waterfall(writer: Writer, outputs: _Outputs, waterfall: Waterfall) -> None:
    if outputs.waterfall is not None:
        text = json.dumps(waterfall.as_json(), ensure_ascii=False, indent=1)
        writer.open_beside(outputs.waterfall).write(as_bytes(text + "\n"))
