"""A corpus as one page for a person.

It is read once, and once more where the page cannot show all pairs: which ones it shows is known when all are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.curation.bitext import Bitext, OnReject, open_bitext
from corpus.curation.rules import SCORE
from corpus.pair import Columns, Pair
from corpus.readers.bitext import BitextOptions
from corpus.report.columns import Column, TextColumn, number_column
from corpus.report.distribution import KNOWN, distribution
from corpus.report.page import write_page
from corpus.report.provenance import Step, history, waterfall_of
from corpus.report.repairs import REPAIRS
from corpus.report.selection import Selection, select
from corpus.report.shown import ShownPairs
from corpus.report.suspicion import HARMLESS, QUALITY
from corpus.report.tally import Tally
from translate.errors import UsageError
from translate.files import atomic
from translate.files.inputs import check_distinct
from translate.text.flags import Flag, Stage
from translate.version import __version__

__all__ = ["SHOWN", "PageReport", "report_corpus"]

SHOWN = 100_000
"""Pairs that a page shows, unless it is told otherwise."""

_DOCUMENTS_LISTED = 1000
_REJECTED_LISTED = 1000
_INPUTS_LISTED = 1000


@dataclass(frozen=True, slots=True)
class PageReport:
    """What a page shows.

    Attributes:
        out: the page, as it was named.
        n_pairs: of the corpus; all are counted.
        n_shown: pairs that can be read in it.
        n_scored: pairs that came without signals, and were given them for the page.
        n_rejected: rows of the input that are no pair.
        has_waterfall: whether it shows what a filter refused.
    """

    out: str
    n_pairs: int
    n_shown: int
    n_scored: int
    n_rejected: int
    has_waterfall: bool


def report_corpus(
    path: str | Path,
    out: str | Path,
    *,
    n_pairs: int = SHOWN,
    waterfall: str | Path | None = None,
    options: BitextOptions | None = None,
    on_reject: OnReject | None = None,
) -> PageReport:
    """Write one HTML page that shows a corpus, the worst pairs first.

    In memory are 8 bytes for each signal of each pair, and the packed text of the pairs that are shown.

    Args:
        path: any bitext, see `read_bitext`; pairs without signals are scored on the way.
        out: the page, or ``-`` for standard output.
        n_pairs: how many pairs it shows at most: half of them the worst, the others at random. All are counted.
        waterfall: what a filter refused, as `filter_corpus` writes it; what lies beside the corpus when None.
        options: where the two texts of the input are.
        on_reject: told of each row that is no pair.

    Raises:
        InputError: the input or the waterfall cannot be read, or there is no pair.
        OutputError: OUT cannot be written.
        UsageError: OUT is the input, or is named as something else than a page.
    """
    options = BitextOptions() if options is None else options
    _check(path, out, n_pairs, options)
    tally, shown = Tally(), ShownPairs()

    def read(pairs: Iterable[Pair]) -> Columns:
        for pair in pairs:
            tally.add(pair)
            if tally.n_pairs <= n_pairs:
                shown.add(pair)
        return Columns()  # a page has none of a table's

    bitext = open_bitext(path, options, on_reject, read)
    costs = waterfall_of(bitext, waterfall)
    selection = select(tally.suspicion, n_pairs)
    if not selection.is_all:
        shown = _selected(bitext, selection)
    summary = _summary(bitext, tally, selection) | {"waterfall": costs}
    with atomic.whole_or_nothing(atomic.open_sink(out)) as sink:
        write_page(sink, summary, _columns(shown, tally, selection))
    return PageReport(
        str(out), tally.n_pairs, len(selection.places), tally.n_scored_here, bitext.n_rejected, costs is not None
    )


def _check(path: str | Path, out: str | Path, n_pairs: int, options: BitextOptions) -> None:
    if n_pairs < 1:
        raise UsageError(f"a page of {n_pairs} pairs; expected 1 or more")
    if str(out) != atomic.STDOUT and not atomic.is_special(out) and Path(out).suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{out}: a report is a page; end its name in .html")
    atomic.check_writable(out)
    check_distinct(Bitext(Path(path), options).files, [out])


# -- what is counted ---------------------------------------------------------------------------------------------------


def _summary(bitext: Bitext, tally: Tally, selection: Selection) -> dict[str, Any]:
    """All of the page but the pairs."""
    meta = bitext.meta()
    steps = history(bitext)
    spread = (distribution(name, values, _version(name, meta.signals)) for name, values in _in_order(tally))
    return {
        "title": bitext.path.name,
        "target_origin": meta.origin,
        "made_by": f"duizhao {__version__}",
        "languages": list(meta.languages),
        "n_pairs": tally.n_pairs,
        "n_shown": len(selection.places),
        "n_random": int(selection.is_random.sum()),
        "n_scored_here": tally.n_scored_here,
        "n_characters": tally.n_characters,
        "n_words": tally.n_words,
        "n_documents": tally.n_documents,
        "n_unflagged": tally.n_unflagged,
        "order": _order(tally),
        "signals": [asdict(found) for found in spread if found is not None],
        "flags": _flags(tally),
        "flag_sets": [list(flags) for flags in tally.flag_sets],
        "licenses": [{"name": name, "pairs": n} for name, n in tally.licenses.items()],
        "repairs": [{"name": name, "meaning": REPAIRS[name], "pairs": tally.repairs[name]} for name in REPAIRS],
        "documents": [asdict(document) for document in tally.documents((QUALITY, SCORE), _DOCUMENTS_LISTED)],
        "encodings": Counter(source.encoding for step in steps[-1:] for source in step.inputs if source.encoding),
        "steps": [_step(step) for step in steps],
        "rejected": [{"origin": item.origin, "reason": item.reason} for item in bitext.rejected[:_REJECTED_LISTED]],
        "n_rejected": bitext.n_rejected,
        "run": {
            "signature": meta.signature,
            "environment": dict(meta.environment),
            "files": [asdict(file) for file in meta.inputs],
        },
    }


def _in_order(tally: Tally) -> Iterator[tuple[str, Any]]:
    """The signals as a person looks for them: quality and score first, then ours, then those we do not know."""
    found = tally.signals
    wanted = [QUALITY, SCORE, *KNOWN]
    for name in sorted(found, key=lambda name: wanted.index(name) if name in wanted else len(wanted)):
        yield name, found[name]


def _version(name: str, recorded: Any) -> int | None:
    version = recorded.get(name)
    return version if isinstance(version, int) else KNOWN[name].version if name in KNOWN else None


def _order(tally: Tally) -> str:
    """In words, by what the worst pairs come first."""
    if QUALITY in tally.signals:
        return "quality"
    return "flags, score" if SCORE in tally.signals else "flags, lengths"


def _flags(tally: Tally) -> list[dict[str, Any]]:
    """Flags by stage, each with its meaning; behind a colon in its name stands what it is about."""
    known = {str(flag): flag for flag in Flag}
    stages = [*Stage]
    counts = tally.flags
    found = [(name, known.get(name.partition(":")[0])) for name in sorted(counts)]
    found.sort(key=lambda item: stages.index(item[1].stage) if item[1] else len(stages))
    return [
        {
            "name": name,
            "pairs": counts[name],
            "stage": flag.stage.value.replace("`", "") if flag else "",
            "meaning": flag.meaning if flag else "",
            "is_harmless": flag in HARMLESS,
        }
        for name, flag in found
    ]


def _step(step: Step) -> dict[str, Any]:
    fields = asdict(step)
    return fields | {
        "n_inputs": len(step.inputs),
        "inputs": fields["inputs"][:_INPUTS_LISTED],
        "n_rejected": len(step.rejected),
        "rejected": fields["rejected"][:_REJECTED_LISTED],
    }


# -- the pairs ---------------------------------------------------------------------------------------------------------


def _selected(bitext: Bitext, selection: Selection) -> ShownPairs:
    """The pairs that are shown, where those are not all."""
    shown = ShownPairs()
    wanted = iter(selection.places)
    next_place = next(wanted, None)
    for place, pair in enumerate(bitext.pairs()):
        if place == next_place:
            shown.add(pair)
            next_place = next(wanted, None)
    return shown


def _columns(shown: ShownPairs, tally: Tally, selection: Selection) -> Iterator[Column]:
    """The pairs that are shown, column by column."""
    places = selection.places
    all_names = tally.document_names
    kept, document = np.unique(tally.document[places], return_inverse=True)
    names = TextColumn("documents")
    for i in kept:
        names.add(all_names[i])
    yield from shown.columns()
    yield from names.end()
    yield number_column("document", document)
    yield number_column("license", tally.license[places])
    yield number_column("row", places + 1)
    yield number_column("rank", selection.rank)
    yield number_column("random", selection.is_random)
    yield number_column("flag_set", tally.flag_set[places])
    for name, values in _in_order(tally):
        yield number_column(f"signal.{name}", values[places])
