"""Parts to a corpus, in the order of the input; a sentence that came before has the translation that it had there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from corpus.align.given import align
from corpus.build.part_file import NOT_JSON, Part, read_part
from corpus.build.record import from_json
from corpus.build.run.distinct import COPY
from corpus.build.run.files import RunFiles, open_files
from corpus.build.run.manifest import Entry, Manifest, checked, part_name, read_index, read_inputs
from corpus.build.run.rows import read_rows
from corpus.build.run.sorter import Sorter
from corpus.build.run.work import proves
from corpus.curation.score import holds_signals, write_scored
from corpus.pair import PLAIN, Pair
from corpus.readers.base import Rejected
from corpus.signals.flags import VERSIONS
from corpus.writers.base import RunMeta
from corpus.writers.formats import check_writable
from corpus.writers.writer import open_writer
from translate.errors import OutputError
from translate.pipeline.translation import Translation
from translate.pipeline.translator import signature_of
from translate.text.terminology import Terminology
from translate.version import __version__

__all__ = ["AssembleReport", "assemble_run"]

_NAMED = 3


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
    workers: int = 1,
) -> AssembleReport:
    """Put a run together.

    Args:
        run: a folder, or a URL that fsspec reads.
        out: the corpus, or ``-`` for standard output; its suffix chooses the format.
        format: where the suffix does not say.
        signals: whether each pair gets its signals, as `corpus.curation.score` computes them.
        workers: processes that compute them, see `corpus.curation.workers`.

    Raises:
        UsageError: an unknown format.
        InputError: there is no plan, or it is damaged.
        OutputError: a part is missing, damaged, or that of something else; the message names it. Or the corpus cannot
            be written; one that was there before is intact.
    """
    check_writable(out, format)
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
    columns = replace(PLAIN, license=True) if manifest.has_license else PLAIN
    with open_writer(out, format, meta, columns) as writer, Sorter() as copies:
        for entry in entries:
            _copy(files, entry, copies)
        signals = signals and holds_signals(out, format)
        pairs = _pairs(files, entries, iter(copies), asked, judged=not signals)
        if signals:
            write_scored(writer, pairs, workers)
        else:
            writer.write_all(pairs)
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


def _copy(files: RunFiles, entry: Entry, copies: Sorter) -> None:
    """Hand what the decoder said of a part's sentences on to the places further down where they come again."""
    if not entry.n_copies:
        return
    wanted = np.frombuffer(checked(files, entry.copies_name, entry.copies_sha256), COPY)
    originals = (entry.first + i for i, row in enumerate(read_rows(files, entry)) if not row.is_copy)
    rows = iter(zip(originals, _part(files, entry).rows, strict=True))
    place, said = next(rows)
    for copy, of in wanted.tolist():
        while place < of:
            place, said = next(rows)
        copies.add(copy, said)


def _pairs(
    files: RunFiles,
    entries: Sequence[Entry],
    copies: Iterator[tuple[int, bytes]],
    asked: Terminology,
    *,
    judged: bool,
) -> Iterator[Pair]:
    for entry in entries:
        own = iter(_part(files, entry).rows if entry.key else ())
        for i, (sentence, is_copy, license_) in enumerate(read_rows(files, entry)):
            row = _copied(copies, entry.first + i) if is_copy else next(own)
            try:
                said = from_json(json.loads(row))
            except NOT_JSON as error:
                name = files.label(part_name(entry.key))
                raise OutputError(f"{name}: a row is none of ours; `duizhao work` makes it again") from error
            yield from align((sentence,), (Translation(sentence.text, *said),), license_, asked, judged=judged)


def _copied(copies: Iterator[tuple[int, bytes]], place: int) -> bytes:
    found, row = next(copies, (-1, b""))
    if found != place:
        raise RuntimeError(f"sentence {place} of the run is a copy, and the next copy is of {found}")
    return row


def _environments(files: RunFiles) -> dict[str, str]:
    """What took part: each version, several where machines differ."""
    found: dict[str, set[str]] = {}
    for name in files.names("environments"):
        content = files.read(name)
        said: dict[str, Any] = json.loads(content) if content else {}
        for key, value in said.items():
            found.setdefault(key, set()).add(str(value))
    return {key: ", ".join(sorted(values)) for key, values in found.items()}
