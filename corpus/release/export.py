"""A corpus in another format: nothing is changed but what the format cannot hold, and that is told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus.curation.bitext import OnReject, open_bitext
from corpus.curation.corrections import Corrections
from corpus.pair import Pair
from corpus.readers.bitext import BitextOptions
from corpus.writers.base import on_one_line
from corpus.writers.formats import TEXT_ONLY, OutputFormat, check_writable, resolve_format
from corpus.writers.writer import open_writer
from corpus.writers.xml import replaced_fields
from translate.files.atomic import is_special
from translate.files.inputs import check_distinct

__all__ = ["ExportReport", "export_corpus"]


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export did.

    Attributes:
        out: the corpus, as it was named.
        format: that it is in.
        n_pairs: in it.
        n_rejected: rows of the input that are no pair.
        not_held: what there is in the input and not in the output, since the format has no place for it.
        unapplied: corrections that are of no pair in it, and why.
    """

    out: str
    format: str
    n_pairs: int
    n_rejected: int
    not_held: tuple[str, ...]
    unapplied: tuple[str, ...] = ()


def export_corpus(
    path: str | Path,
    out: str | Path,
    *,
    format: str | None = None,  # noqa: A002  (the name of the option)
    options: BitextOptions | None = None,
    safe_cells: bool = False,
    corrections: str | Path | None = None,
    on_reject: OnReject | None = None,
) -> ExportReport:
    """Write a bitext in another format; memory does not grow with it.

    The sidecar says of its making what that of the input says, inputs and all: what was made is the same.

    Args:
        path: any bitext, see `read_bitext`.
        out: the corpus; its suffix chooses the format.
        format: overrides the suffix.
        options: where the two texts of the input are.
        safe_cells: whether a text that a spreadsheet would take for a formula gets a ``'`` before it; of TSV alone.
        corrections: a file of them, see `corpus.curation.corrections`.
        on_reject: told of each row that is no pair.

    Raises:
        InputError: the input cannot be read, or has no pair.
        OutputError: OUT cannot be written.
        UsageError: OUT is the input, or names no format.
    """
    options = BitextOptions() if options is None else options
    check_writable(out, format, options.languages)
    known = Corrections() if corrections is None else Corrections.read(corrections)
    bitext = open_bitext(path, options, on_reject)
    meta = bitext.made()
    layout = resolve_format(out, format, meta.languages)
    check_distinct(bitext.files, layout.paths)
    losses = _Losses(layout.name)
    with open_writer(out, format, meta, bitext.columns, safe_cells=safe_cells) as writer:
        writer.write_all(losses.over(known.over(bitext.pairs())))
    not_held = [what for what in _LOSSES if what in losses.found]
    if meta.origin != "unknown" and layout.name in _SIDECAR_ONLY and _has_no_sidecar(layout):
        not_held.append("word on who made the translations")
    return ExportReport(
        str(out), layout.name, writer.n_pairs, bitext.n_rejected, tuple(not_held), tuple(known.unapplied())
    )


# -- what a format does not hold -----------------------------------------------------------------------------------

_XML = {"tmx", "xliff12", "xliff21", "xces"}
_SIDECAR_ONLY = {"tsv", "jsonl", "moses"}
"""Formats in which nothing but the sidecar tells who made the translations."""


def _has_raw(pair: Pair) -> bool:
    """Whether raw text is known that a reader cannot give back: it takes none for known in a place, else the text."""
    return any(side.raw != (side.text if side.start is None else "") for side in (pair.source, pair.target))


def _has_offsets(pair: Pair) -> bool:
    return pair.source.start is not None or pair.target.start is not None


def _has_flags(pair: Pair) -> bool:
    return bool(pair.flags)


def _has_signals(pair: Pair) -> bool:
    return bool(pair.signals)


def _has_license(pair: Pair) -> bool:
    return pair.license is not None


def _has_words(pair: Pair) -> bool:
    return pair.words is not None


def _has_terms(pair: Pair) -> bool:
    return pair.terms is not None


def _has_gap(pair: Pair) -> bool:
    return any(not span.n_sentences and (span.paragraph or span.index) for span in (pair.source, pair.target))


def _has_breaks(pair: Pair) -> bool:
    # What is printable has none, and that is found out much faster.
    texts = (pair.source.text, pair.target.text)
    return any(not text.isprintable() and on_one_line(text) != text for text in texts)


def _has_control(pair: Pair) -> bool:
    return bool(replaced_fields(pair))


_LOSSES: Mapping[str, tuple[Collection[str], Callable[[Pair], bool]]] = {
    "flags": (TEXT_ONLY, _has_flags),
    "signals": (TEXT_ONLY, _has_signals),
    "offsets": (TEXT_ONLY, _has_offsets),
    "places of missing sentences": (TEXT_ONLY, _has_gap),
    "licences": (TEXT_ONLY, _has_license),
    "links between words": (TEXT_ONLY, _has_words),
    "terms": (TEXT_ONLY, _has_terms),
    "raw text": ({"tsv", *_XML, *TEXT_ONLY}, _has_raw),
    "tabs, line breaks and NUL in a text": ({"tsv", *TEXT_ONLY}, _has_breaks),
    "characters that XML refuses": (_XML, _has_control),
}
"""What there may be in a pair: the formats without a place for it, and whether a pair has it."""


class _Losses:
    """Watches pairs go by for what a format does not hold.

    Attributes:
        found: what there was of it.
    """

    def __init__(self, name: str) -> None:
        self.found: set[str] = set()
        self._watched = {what: has for what, (formats, has) in _LOSSES.items() if name in formats}

    def over(self, pairs: Iterator[Pair]) -> Iterator[Pair]:
        """The pairs as they are."""
        for pair in pairs:
            for what, has in self._watched.items():
                if has(pair):
                    self.found.add(what)
            if len(self.found) and not self.found.isdisjoint(self._watched):
                self._watched = {what: has for what, has in self._watched.items() if what not in self.found}
            yield pair


def _has_no_sidecar(layout: OutputFormat) -> bool:
    return layout.sidecar is None or any(map(is_special, layout.paths))
