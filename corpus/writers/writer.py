"""Pairs to files: the same transaction for every format.

Each file is written beside its place, synced and renamed, then the sidecar ``OUT.meta.json`` follows, which says what
was run on what. The same pairs give the same bytes; nothing has a date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corpus.pair import PLAIN, Columns, Pair
from corpus.writers.base import FormatWriter, Output, RunMeta
from corpus.writers.formats import OutputFormat, format_class, resolve_format
from corpus.writers.lines import Counts, LineEncoder, Lines
from corpus.writers.sidecar import described
from translate.errors import UsageError
from translate.files import atomic
from translate.files.atomic import Sink
from translate.files.packing import packing_of

__all__ = ["Writer", "open_writer"]

_BATCH = 1 << 10
"""Pairs that a format is given at a time."""


class Writer:
    """Writes pairs; use it in a ``with``, which publishes the files at a clean end and leaves none otherwise.

    Attributes:
        columns: what is written of each pair; may be replaced until the first is, when it is known what they need.
        meta: goes into the sidecar at the end, and may be replaced until then, so that inputs which are read while
            pairs are written can still be named. A TMX header has the signature of the one at the first pair.
    """

    def __init__(
        self, layout: OutputFormat, meta: RunMeta, columns: Columns = PLAIN, *, safe_cells: bool = False
    ) -> None:
        self.columns = columns
        self.meta = meta
        self._counts = Counts()
        self._layout = layout
        self._safe_cells = safe_cells
        self._held: list[Pair] = []
        self._sinks: list[Sink] = []
        self._opened: dict[str, Sink] = {}
        self._format: FormatWriter | None = None

    @property
    def n_pairs(self) -> int:
        """Written so far."""
        return self._counts.pairs

    @property
    def n_documents(self) -> int:
        """How many documents they are of (pairs of one document come together)."""
        return self._counts.documents

    @property
    def n_flags(self) -> Mapping[str, int]:
        """How often each flag came."""
        return self._counts.flags

    @property
    def n_signals(self) -> Mapping[str, int]:
        """How many pairs have each signal."""
        return self._counts.signals

    def __enter__(self) -> Self:
        try:
            for path in self._layout.paths:
                self._open(path)
        except BaseException:  # also Ctrl-C: no temporary file stays
            self._discard()
            raise
        return self

    def open_beside(self, path: Path | str) -> Sink:
        """Open a further file, which is published together with those of the corpus: all of them or none.

        Raises:
            OutputError: it cannot be written.
        """
        return self._open(str(path))

    def _open(self, path: str) -> Sink:
        self._sinks.append(atomic.open_sink(path, packing_of(path)))
        self._opened[path] = self._sinks[-1]
        return self._sinks[-1]

    def _begun(self) -> FormatWriter:
        """The format at work; it begins as late as possible."""
        if self._format is None:
            columns = PLAIN if self.columns == PLAIN else self.columns  # formats ask for it by identity
            output = Output(
                self._layout.paths, self._hand_out, self.meta, columns, self._described, safe_cells=self._safe_cells
            )
            self._format = format_class(self._layout.name)(output)
        return self._format

    def _hand_out(self, path: str) -> Sink:
        return self._opened[path] if path in self._layout.paths else self._open(path)

    def write(self, pair: Pair) -> None:
        """Write a pair; it is held until there are enough of them.

        Raises:
            OutputError: if the disk or the system refuses; leave the ``with``, and the previous output is intact.
            ValueError: if it has more than the columns of the file hold; at the latest when the ``with`` ends.
        """
        self._held.append(pair)
        if len(self._held) >= _BATCH:
            self._flush()

    def write_all(self, pairs: Iterable[Pair]) -> None:
        """Write some pairs; see `write`."""
        rest = iter(pairs)
        while some := list(islice(rest, max(1, _BATCH - len(self._held)))):
            self._held += some
            if len(self._held) >= _BATCH:
                self._flush()

    @property
    def encoder(self) -> LineEncoder | None:
        """What makes `Lines` for `write_lines`, in any process; None for a format that is not lines alone."""
        if self._safe_cells or not LineEncoder.knows(self._layout.name):
            return None
        return LineEncoder(self._layout.name, self.columns)

    def write_lines(self, lines: Lines) -> None:
        """Write what `encoder` made.

        Raises:
            OutputError: see `write`.
        """
        self._flush()
        self._begun()
        self._opened[self._layout.paths[0]].write(lines.content)
        self._counts.join(lines.counts)

    def _flush(self) -> None:
        pairs, self._held = self._held, []
        if not pairs:
            return
        LineEncoder(self._layout.name, self.columns).check(pairs)
        self._begun().write(pairs)
        self._counts.add(pairs)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            self._commit()
        except BaseException:  # also Ctrl-C: no temporary file stays
            self._discard()
            raise

    def _commit(self) -> None:
        """Make every file safe first, then rename them one right after the other, the sidecar last."""
        self._flush()
        self._begun().end()
        for sink in self._sinks:
            sink.finish()
        if self._layout.sidecar is not None and not any(isinstance(sink, atomic.StreamSink) for sink in self._sinks):
            self._open(self._layout.sidecar).write(self._described(self._digests()))
            self._sinks[-1].finish()
        for sink in self._sinks:
            sink.publish()

    def _described(self, digests: Mapping[str, str] | None = None) -> bytes:
        counts: dict[str, Any] = {
            "documents": self.n_documents,
            "pairs": self.n_pairs,
            "flags": dict(self.n_flags),
            "signals": dict(self.n_signals),
        }
        return described(self._layout, self.meta, counts, self.columns, digests or {})

    def _digests(self) -> dict[str, str]:
        """SHA-256 of the files of the format, by name; not of those beside it, which may lie anywhere."""
        found = {Path(path).name: self._opened[path].sha256() for path in self._layout.paths}
        return {name: digest for name, digest in found.items() if digest is not None}

    def _discard(self) -> None:
        for sink in self._sinks:
            sink.discard()


def open_writer(
    out: Path | str, fmt: str | None, meta: RunMeta, columns: Columns = PLAIN, *, safe_cells: bool = False
) -> Writer:
    """Make the writer of a format; files are opened when its ``with`` begins.

    Args:
        out: see `resolve_format`.
        fmt: see `resolve_format`.
        meta: of the run.
        columns: what is written of each pair; `corpus.pair.columns_of` finds what some pairs need.
        safe_cells: whether a text that a spreadsheet would take for a formula gets a ``'`` before it; of TSV alone.

    Raises:
        UsageError: see `resolve_format`; or the format is not TSV, and cells are to be safe.
    """
    layout = resolve_format(out, fmt, meta.languages)
    if safe_cells and layout.name != "tsv":
        raise UsageError(f"{out}: {layout.name} has no cells; --safe-cells is for .tsv, which spreadsheets open")
    return Writer(layout, meta, columns, safe_cells=safe_cells)
