"""Pairs to files: one encoder a format, and `open_writer`, the only switch between them.

Every format is the same transaction: each file is written beside its place, synced and renamed, then the sidecar
``OUT.meta.json`` follows, which says what was run on what. The same pairs give the same bytes; nothing has a date.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from json.encoder import encode_basestring
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corpus.pair import FIELDS, PLAIN, SIGNAL, Columns, Pair, columns_of, further, rounded, row
from corpus.readers.documents import Rejected, SourceFile
from translate.errors import OutputError, UnknownNameError, UsageError
from translate.files import atomic
from translate.files.atomic import STDOUT, Sink
from translate.files.lines import without_surrogates
from translate.files.packing import split_packing

__all__ = [
    "FORMATS",
    "FORMAT_VERSION",
    "OutputFormat",
    "RunMeta",
    "Writer",
    "check_writable",
    "open_writer",
    "resolve_format",
]

FORMAT_VERSION = 1
"""Of the rows and of the sidecar; a field that is added keeps it, one that changes its meaning does not."""

_LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class RunMeta:
    """What a corpus says of the run that made it.

    Attributes:
        signature: the one line that names everything that can change a translation.
        version: of duizhao.
        inputs: each file that was read.
        rejected: each input, or line of one, that was not.
        environment: versions of what took part (``python``, ``torch``, ``ctranslate2`` …).
    """

    signature: str
    version: str
    inputs: tuple[SourceFile, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format, and the files it will be in.

    Attributes:
        name: a key of `FORMATS`.
        packing: ``.gz``, ``.zst`` or empty.
        paths: the files, in the order of the format's streams; ``-`` for standard output.
        sidecar: where the run is described; None for standard output.
    """

    name: str
    packing: str
    paths: tuple[str, ...]
    sidecar: str | None


@dataclass(frozen=True, slots=True)
class _Stream:
    """One file of a format: what comes first, what each pair becomes, what comes last."""

    head: str
    line: Callable[[Pair], str]
    tail: str = ""


# -- formats -------------------------------------------------------------------------------------------------------

# Everything that some reader takes for the end of a line (as str.splitlines does), the tab, and NUL, at which
# programs written in C stop.
_BREAKS = re.compile("[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029\0]")


def _one_line(text: str) -> str:
    """Put a space for every tab, line break of any kind, and NUL."""
    return _BREAKS.sub(" ", text)


def _tsv_line(pair: Pair, columns: Columns) -> str:
    span = pair.source
    doc, start, end, score = span.doc_id, span.start, span.end, rounded(pair.score)
    line = (
        f"{span.id}\t{doc}\t{span.paragraph}\t{span.index}\t{'' if start is None else start}\t"
        f"{'' if end is None else end}\t{span.text}\t{pair.target.text}\t{'' if score is None else score}\t"
        f"{','.join(pair.flags)}"
    )
    # Nearly always the line is one line of ten fields, which is quicker to see than to make.
    if columns is not PLAIN or line.count("\t") != len(FIELDS) - 1 or "\0" in line or len(line.splitlines()) != 1:
        line = "\t".join(map(_one_line, _tsv_cells(row(pair, columns), columns)))
    return line + "\n"


def _tsv_cells(fields: Mapping[str, Any], columns: Columns) -> Iterator[str]:
    for name in columns.names:
        value = fields["signals"].get(name.removeprefix(SIGNAL)) if name.startswith(SIGNAL) else fields[name]
        yield ",".join(value) if isinstance(value, list) else "" if value is None else str(value)


_JSON_BREAKS = re.compile("[\x85\u2028\u2029]")


def _jsonl_line(pair: Pair, columns: Columns) -> str:
    """The row as JSON; by hand, in half the time of a dict and an encoder. A test holds it to `row`."""
    span = pair.source
    start, end, score, flags = span.start, span.end, rounded(pair.score), pair.flags
    line = (
        f'{{"id": {_quote(span.id)}, "doc": {_quote(span.doc_id)}, "paragraph": {span.paragraph}, '
        f'"sentence": {span.index}, "start": {"null" if start is None else start}, '
        f'"end": {"null" if end is None else end}, "source": {_quote(span.text)}, '
        f'"target": {_quote(pair.target.text)}, "score": {"null" if score is None else score}, '
        f'"flags": [{", ".join(map(_quote, flags)) if flags else ""}], "raw": {_quote(span.raw)}}}\n'
    )
    if columns is not PLAIN:
        line = f"{line[:-2]}, {json.dumps(further(pair, columns), ensure_ascii=False)[1:]}\n"
    # Line breaks that JSON lets stand, but at which some readers of lines would cut.
    if len(line.splitlines()) != 1:
        line = _JSON_BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
    return line


_quote: Callable[[str], str] = encode_basestring


def _tsv(meta: RunMeta, columns: Columns) -> tuple[_Stream, ...]:
    return (_Stream("\t".join(columns.names) + "\n", partial(_tsv_line, columns=columns)),)


def _jsonl(meta: RunMeta, columns: Columns) -> tuple[_Stream, ...]:
    return (_Stream("", partial(_jsonl_line, columns=columns)),)


def _tmx(meta: RunMeta, columns: Columns) -> tuple[_Stream, ...]:
    from corpus.writers import tmx

    return (_Stream(tmx.head(meta.signature, meta.version), partial(tmx.unit, columns=columns), tmx.TAIL),)


def _moses(meta: RunMeta, columns: Columns) -> tuple[_Stream, ...]:
    return (
        _Stream("", lambda pair: _one_line(pair.source.text) + "\n"),
        _Stream("", lambda pair: _one_line(pair.target.text) + "\n"),
    )


FORMATS: dict[str, Callable[[RunMeta, Columns], tuple[_Stream, ...]]] = {
    "tsv": _tsv,
    "jsonl": _jsonl,
    "tmx": _tmx,
    "moses": _moses,
}
"""The known formats, by name."""


def resolve_format(out: Path | str, fmt: str | None = None) -> OutputFormat:
    """Settle how OUT is written, before any work is done.

    Args:
        out: its suffix names the format (``.tsv``, ``.jsonl``, ``.tmx``), and may be followed by ``.gz`` or
            ``.zst``; ``-`` is standard output, and needs ``fmt``. For ``moses`` it is what comes before ``.zh``
            and ``.en``: ``news`` gives ``news.zh`` and ``news.en``, ``news.gz`` gives ``news.zh.gz`` and
            ``news.en.gz``, and either file's own name gives both; the suffix of another format is dropped.
        fmt: a key of `FORMATS`; overrides the suffix.

    Raises:
        UnknownNameError: if there is no format ``fmt``.
        UsageError: if the suffix says nothing and ``fmt`` is None, or the two files of ``moses`` should go to
            standard output.
    """
    name = str(out)
    plain, packing = split_packing(name)
    if fmt is not None and fmt not in FORMATS:
        raise UnknownNameError("format", fmt, FORMATS)
    chosen = fmt or Path(plain).suffix.lower().removeprefix(".")
    if chosen not in FORMATS or (fmt is None and chosen == "moses"):
        seen = "stdout has no suffix" if name == STDOUT else f"the suffix of {name!r} names no format"
        raise UsageError(
            f"{seen}: end OUT in .tsv, .jsonl or .tmx (.gz or .zst may follow), or say --format {'|'.join(FORMATS)}"
        )
    if chosen != "moses":
        return OutputFormat(chosen, packing, (name,), None if name == STDOUT else f"{name}.meta.json")
    if name == STDOUT:
        raise UsageError("moses is two files, so it cannot go to stdout; name OUT, such as -o news")
    stem = _stem(plain)
    paths = tuple(f"{stem}.{code}{packing}" for code in _LANGUAGES)
    return OutputFormat("moses", packing, paths, f"{stem}.meta.json")


def _stem(plain: str) -> str:
    """What the two files of ``moses`` share: OUT without a language or, where it was named after another format, it."""
    path = Path(plain)
    known = path.suffix[1:] in _LANGUAGES or path.suffix[1:].lower() in FORMATS
    return plain[: -len(path.suffix)] if path.suffix and known else plain


def check_writable(out: Path | str, fmt: str | None = None) -> None:
    """Find out, before any work is done, whether OUT can be written; leaves nothing behind.

    Raises:
        UsageError: see `resolve_format`.
        OutputError: if the folder is missing or read-only, or there is a folder in the place of a file.
    """
    for path in resolve_format(out, fmt).paths:
        if path == STDOUT and sys.stdout is None:
            raise OutputError("standard output is closed; name a file with -o, or leave it open")
        atomic.check_writable(path)


# -- the writer ----------------------------------------------------------------------------------------------------

_HELD = 1 << 10
"""Pairs that are held before they are encoded and written together."""


class Writer:
    """Writes pairs; use it in a ``with``, which publishes the files at a clean end and leaves none otherwise.

    Attributes:
        meta: goes into the sidecar at the end, and may be replaced until then, so that inputs which are read while
            pairs are written can still be named. A TMX header has the signature of the one it was opened with.
        n_pairs: written so far.
        n_documents: how many documents they are of (pairs of one document come together).
        n_flags: how often each flag came.
    """

    def __init__(self, layout: OutputFormat, meta: RunMeta, columns: Columns = PLAIN) -> None:
        self.meta = meta
        self.n_pairs = 0
        self.n_documents = 0
        self.n_flags: Counter[str] = Counter()
        self._layout = layout
        self._columns = columns
        self._last_doc: str | None = None
        self._held: list[Pair] = []
        self._streams = FORMATS[layout.name](meta, columns)
        self._sinks: list[Sink] = []

    def __enter__(self) -> Self:
        try:
            for path, stream in zip(self._layout.paths, self._streams, strict=True):
                self._sinks.append(atomic.open_sink(path, self._layout.packing))
                self._sinks[-1].write(stream.head.encode())
        except BaseException:  # also Ctrl-C: no temporary file stays
            self._discard()
            raise
        return self

    def write(self, pair: Pair) -> None:
        """Write a pair.

        Raises:
            OutputError: if the disk or the system refuses; leave the ``with``, and the previous output is intact.
            ValueError: if it has more than the columns of the file hold; at the latest when the ``with`` ends.
        """
        self._held.append(pair)
        if len(self._held) >= _HELD:
            self._flush()

    def _flush(self) -> None:
        pairs, self._held = self._held, []
        needed = columns_of(pairs)
        if not self._columns.hold(needed):
            raise ValueError(f"pairs need {needed}, and the file was opened with {self._columns}")
        for stream, sink in zip(self._streams, self._sinks, strict=True):
            sink.write(_encode("".join(map(stream.line, pairs))))
        for pair in pairs:
            if pair.flags:
                self.n_flags.update(pair.flags)
            if pair.source.doc_id != self._last_doc:
                self._last_doc = pair.source.doc_id
                self.n_documents += 1
        self.n_pairs += len(pairs)

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
        for stream, sink in zip(self._streams, self._sinks, strict=True):
            sink.write(stream.tail.encode())
        if self._layout.sidecar is not None and not any(isinstance(sink, atomic.StreamSink) for sink in self._sinks):
            sidecar = atomic.open_sink(self._layout.sidecar)
            self._sinks.append(sidecar)
            sidecar.write(_encode(json.dumps(self._described(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"))
        for sink in self._sinks:
            sink.finish()
        for sink in self._sinks:
            sink.publish()

    def _discard(self) -> None:
        for sink in self._sinks:
            sink.discard()

    def _described(self) -> dict[str, Any]:
        meta = self.meta
        return {
            "format": self._layout.name,
            "format_version": FORMAT_VERSION,
            "files": [Path(path).name for path in self._layout.paths],
            "signature": meta.signature,
            "version": meta.version,
            "counts": {"documents": self.n_documents, "pairs": self.n_pairs, "flags": dict(self.n_flags)},
            "inputs": [
                {
                    "origin": source.origin,
                    "encoding": source.encoding.name,
                    "encoding_found": source.encoding.how,
                    "bytes": source.n_bytes,
                    "sha256": source.sha256,
                }
                for source in meta.inputs
            ],
            "rejected": [{"origin": item.origin, "reason": item.reason} for item in meta.rejected],
            "environment": dict(meta.environment),
        }


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which is no character
        return without_surrogates(text).encode()


def open_writer(out: Path | str, fmt: str | None, meta: RunMeta, columns: Columns = PLAIN) -> Writer:
    """Make the writer of a format; files are opened when its ``with`` begins.

    Args:
        out: see `resolve_format`.
        fmt: see `resolve_format`.
        meta: of the run.
        columns: what is written of each pair; `corpus.pair.columns_of` finds what some pairs need.

    Raises:
        UsageError: see `resolve_format`.
    """
    return Writer(resolve_format(out, fmt), meta, columns)
