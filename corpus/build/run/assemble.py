"""Parts to a corpus, in the order of the input; a sentence that came before has the translation that it had there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from corpus.align.given import Judged, judge, with_terms
from corpus.align.linker import WordLinker
from corpus.align.words import Words, check_words, linker_for, noted, with_words
from corpus.build.part_file import NOT_JSON, Part, read_part
from corpus.build.record import from_json, judged_from_json
from corpus.build.run.distinct import COPY
from corpus.build.run.files import RunFiles, open_files
from corpus.build.run.manifest import Entry, Manifest, checked, part_name, read_index, read_inputs
from corpus.build.run.rows import read_rows
from corpus.build.run.sorter import Sorter
from corpus.build.run.work import proves
from corpus.curation.score import holds_signals, write_scored
from corpus.curation.transport import Packed, pack, unpack
from corpus.curation.workers import in_order
from corpus.pair import PLAIN, Pair
from corpus.readers.base import Rejected
from corpus.signals.flags import VERSIONS
from corpus.writers.base import RunMeta
from corpus.writers.formats import check_writable
from corpus.writers.lines import LineEncoder, Lines
from corpus.writers.writer import open_writer
from translate.errors import OutputError
from translate.pipeline.translation import Translation
from translate.pipeline.translator import signature_of
from translate.text.terminology import Terminology
from translate.version import __version__

__all__ = ["AssembleReport", "assemble_run"]

_NAMED = 3

_WORTH_IT = 10_000
"""Sentences from which on processes are started."""


@dataclass(frozen=True, slots=True)
class AssembleReport:
    """What was put together.

    Attributes:
        out: the corpus, as it was named.
        signature: everything that can change a translation.
        n_documents: documents in the corpus.
        n_pairs: sentence pairs in the corpus.
        flags: how many pairs carry each flag.
        rejected: inputs that are not in the corpus, and why.
    """

    out: str
    signature: str
    n_documents: int
    n_pairs: int
    flags: Mapping[str, int]
    rejected: tuple[Rejected, ...]


def assemble_run(
    run: str | Path,
    out: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - the name of the flag
    signals: bool = True,
    words: Words | None = None,
    workers: int = 1,
) -> AssembleReport:
    """Put a run together.

    Args:
        run: a folder, or a URL that fsspec reads.
        out: the corpus, or ``-`` for standard output; its suffix chooses the format.
        format: where the suffix does not say.
        signals: whether each pair gets its signals, as `corpus.curation.score` computes them.
        words: what the links between the words of each pair go by (`corpus.align.words`); None for no links.
        workers: processes that put parts together and compute signals, see `corpus.curation.workers`; the bytes do not
            depend on their number.

    Raises:
        UsageError: an unknown format, or one that has no place for links.
        InputError: there is no plan, or it is damaged.
        OutputError: a part is missing, damaged, or that of something else; the message names it. Or the corpus cannot
            be written; one that was there before is intact.
    """
    check_writable(out, format)
    check_words(out, format, words)
    files = open_files(run)
    manifest = Manifest.read(files)
    entries = [*read_index(files, manifest)]
    _check_there(files, run, entries)
    sources, rejected = read_inputs(files, manifest)
    asked = Terminology.from_json(manifest.terminology) if manifest.terminology else Terminology()
    meta = RunMeta(
        signature_of(manifest.decoding, manifest.segmentation, asked.signature),
        __version__,
        inputs=sources,
        rejected=rejected,
        environment=_environments(files),
        signals=VERSIONS,
        languages=manifest.languages,
        origin="machine",
    )
    linker = linker_for(words) if words else None
    meta = noted(meta, linker) if linker else meta
    columns = replace(PLAIN, license=manifest.has_license, words=linker is not None, terms=bool(asked))
    with open_writer(out, format, meta, columns) as writer, Sorter() as copies:
        for entry in entries:
            _copy(files, entry, copies)
        tasks = _tasks(entries, iter(copies))
        n_workers = workers if manifest.n_sentences >= _WORTH_IT else 1
        if signals and holds_signals(out, format):
            # Four fifths of the work is judging, which has processes of its own; links take as long as that again.
            joiner = _Joiner(str(run), asked, None, judged=False, linker=linker)
            joined = _joined(joiner, tasks, max(1, n_workers // (2 if linker else 4)))
            write_scored(writer, _unpacked(joined), n_workers)
        else:
            joiner = _Joiner(str(run), asked, writer.encoder, judged=True, linker=linker)
            for part in _joined(joiner, tasks, n_workers):
                if isinstance(part, Lines):
                    writer.write_lines(part)
                else:
                    writer.write_all(unpack(part))
    files.tidy(frozenset(entry.key for entry in entries))
    return AssembleReport(
        str(out), meta.signature, writer.n_documents, writer.n_pairs, dict(writer.n_flags), tuple(rejected)
    )


def _check_there(files: RunFiles, run: str | Path, entries: Sequence[Entry]) -> None:
    """Say at once which parts are not done, before an hour is spent on the others."""
    there = set(files.names("parts"))
    missing = [entry for entry in entries if entry.key and part_name(entry.key) not in there]
    if missing:
        first = ", ".join(part_name(entry.key) for entry in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise OutputError(
            f"{len(missing)} of {len(entries)} parts are not done: {first}{more}; run `duizhao work {run}`"
        )


def _part(files: RunFiles, entry: Entry) -> Part:
    name = part_name(entry.key)
    content = files.read(name)
    if content is None:
        raise OutputError(f"{files.label(name)}: the part is gone; `duizhao work` makes it again")
    part = read_part(content, entry.key) if proves(content, entry) else None
    if part is None:
        raise OutputError(
            f"{files.label(name)}: no part of this run (damaged, cut short, or another one under its name); "
            "`duizhao work` makes it again"
        )
    return part


def _part_rows(files: RunFiles, entry: Entry) -> Sequence[bytes]:
    try:
        return _part(files, entry).current_rows
    except NOT_JSON as error:
        raise _not_ours(files, entry) from error


def _not_ours(files: RunFiles, entry: Entry) -> OutputError:
    name = files.label(part_name(entry.key))
    return OutputError(f"{name}: a row is none of ours; `duizhao work` makes it again")


def _copy(files: RunFiles, entry: Entry, copies: Sorter) -> None:
    """Hand what the decoder said of a part's sentences on to the places further down where they come again."""
    if not entry.n_copies:
        return
    wanted = np.frombuffer(checked(files, entry.copies_name, entry.copies_sha256), COPY)
    originals = np.flatnonzero(read_rows(files, entry).numbers["copy"] == 0) + entry.first
    said = _part_rows(files, entry)
    which = np.searchsorted(originals, wanted["of"])
    for place, i in zip(wanted["place"].tolist(), which.tolist(), strict=True):
        copies.add(place, said[i])


class _Task(NamedTuple):
    """A part, and what the decoder said of those of its rows that are copies."""

    entry: Entry
    copied: Sequence[bytes]


def _tasks(entries: Iterable[Entry], copies: Iterator[tuple[int, bytes]]) -> Iterator[_Task]:
    place, row = next(copies, (-1, b""))
    for entry in entries:
        copied = []
        while entry.first <= place < entry.first + entry.n_rows:
            copied.append(row)
            place, row = next(copies, (-1, b""))
        yield _Task(entry, copied)


@dataclass(frozen=True, slots=True)
class _Joiner:
    """Puts sentences and what became of them together, a part at a time, in whatever process.

    Attributes:
        run: where the run is.
        asked: what the translations were to have.
        encoder: of the format of the corpus; None for pairs.
        judged: see `corpus.align.given.align`.
        linker: links the words of each pair; None for no links.
    """

    run: str
    asked: Terminology
    encoder: LineEncoder | None
    judged: bool
    linker: WordLinker | None

    def __call__(self, task: _Task) -> Lines | Packed:
        found = self._pairs(open_files(self.run), task)
        found = with_terms(found, self.asked) if self.asked else found
        pairs = list(with_words(found, self.linker) if self.linker else found)
        return self.encoder(pairs) if self.encoder else pack(pairs)

    def _pairs(self, files: RunFiles, task: _Task) -> Iterator[Pair]:
        entry = task.entry
        rows = read_rows(files, entry)
        own, copied = iter(_part_rows(files, entry) if entry.key else ()), iter(task.copied)
        lines = [next(copied if is_copy else own) for is_copy in rows.numbers["copy"].tolist()]
        try:
            for row, said in zip(rows, json.loads(b"[%s]" % b",".join(lines)), strict=True):
                yield Pair.translated(row.sentence, *self._judged(row.sentence.text, said), row.license)
        except NOT_JSON as error:
            raise _not_ours(files, entry) from error

    def _judged(self, source: str, said: object) -> Judged:
        """What is said of a sentence; found out now where the part was made by another version."""
        return judged_from_json(said) or judge(Translation(source, *from_json(said)), self.asked, judged=self.judged)


def _joined(joiner: _Joiner, tasks: Iterator[_Task], n_workers: int) -> Iterator[Lines | Packed]:
    return in_order(joiner, tasks, n_workers, few=2, ahead=1)


def _unpacked(parts: Iterable[Lines | Packed]) -> Iterator[Pair]:
    for part in parts:
        if not isinstance(part, Lines):
            yield from unpack(part)


def _environments(files: RunFiles) -> dict[str, str]:
    """What took part: each version, several where machines differ."""
    found: dict[str, set[str]] = {}
    for name in files.names("environments"):
        content = files.read(name)
        said: dict[str, Any] = json.loads(content) if content else {}
        for key, value in said.items():
            found.setdefault(key, set()).add(str(value))
    return {key: ", ".join(sorted(values)) for key, values in found.items()}
