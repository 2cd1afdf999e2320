"""Composition: documents in, shards decoded and kept as parts, parts put together and written out as a corpus."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.align.given import with_terms
from corpus.align.words import Words, check_words, linker_for, noted, with_words
from corpus.build.assemble import assemble
from corpus.build.decode import ShardDecoder
from corpus.build.environment import environment
from corpus.build.inputs import find_files
from corpus.build.parts import PartStore, check_folder
from corpus.build.plan import Planner, ShardList, nothing_in
from corpus.build.ticker import BuildUpdate, Ticker
from corpus.curation.corrections import Corrections
from corpus.curation.score import holds_signals, write_scored
from corpus.pair import CHINESE_ENGLISH
from corpus.readers.base import InputFile, ReadOptions, Rejected, Skipped
from corpus.readers.documents import read_documents
from corpus.readers.find import OnSkip, total_bytes
from corpus.signals.flags import VERSIONS
from corpus.writers.base import RunMeta
from corpus.writers.formats import SUFFIXES, check_writable, format_class
from corpus.writers.writer import Writer, open_writer
from translate.errors import InputError
from translate.files.atomic import STDOUT
from translate.files.lines import forced_encoding
from translate.files.packing import split_packing
from translate.pipeline.translator import Translator
from translate.version import __version__

__all__ = ["Build", "BuildReport", "build_corpus", "parts_folder", "prepare"]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    Attributes:
        out: the corpus, as it was named.
        signature: everything that can change a translation.
        n_documents: documents in the corpus.
        n_pairs: sentence pairs in the corpus.
        n_decoded: of these, translated by this run; the others were found in parts.
        flags: how many pairs carry each flag.
        rejected: inputs that are not in the corpus, and why.
        skipped: what lay among the inputs and is none, such as an earlier corpus.
        unapplied: corrections that are of no pair in the corpus, and why.
    """

    out: str
    signature: str
    n_documents: int
    n_pairs: int
    n_decoded: int
    flags: Mapping[str, int]
    rejected: tuple[Rejected, ...]
    skipped: tuple[Skipped, ...] = ()
    unapplied: tuple[str, ...] = ()


def build_corpus(
    inputs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    translator: Translator | None = None,
    format: str | None = None,  # noqa: A002 - the name of the flag
    read: ReadOptions | None = None,
    parts: str | Path | None = None,
    strict: bool = False,
    license: str | None = None,  # noqa: A002 - the name of the column
    signals: bool = True,
    words: Words | None = None,
    workers: int = 1,
    corrections: str | Path | None = None,
    on_skip: OnSkip | None = None,
    on_reject: Callable[[Rejected], None] | None = None,
    on_progress: BuildUpdate | None = None,
) -> BuildReport:
    """Turn Chinese documents into a sentence-aligned Chinese–English corpus.

    What is decoded is kept in a folder of parts beside the output, keyed by its text and by how it is decoded: a run
    that was killed goes on where it was, an added or changed document costs only its own new sentences and their
    neighbours, and a second format costs nothing.

    Args:
        inputs: files, folders, globs, or ``-``; one or several.
        out: the corpus, or ``-`` for standard output; its suffix chooses the format.
        translator: translates; its segmentation decides how texts are repaired and split. When None, what
            ``Translator.load("auto")`` gives is used, and closed in the end.
        format: ``tsv``, ``jsonl``, ``tmx`` or ``moses``, where the suffix does not say.
        read: how documents are read.
        parts: folder of parts; beside ``out`` when None.
        strict: stop at the first input that cannot be read, instead of going on without it.
        license: of the documents that name none; an SPDX identifier, or whatever it is called.
        signals: whether each pair gets its signals (`corpus.curation.score`), in a format that holds them.
        words: what the links between the words of each pair go by (`corpus.align.words`), in such a format; None for no
            links.
        workers: processes that compute them, see `corpus.curation.workers`.
        corrections: a file of them, see `corpus.curation.corrections`; what could not be applied stands in the report.
        on_skip: told of what lies among the inputs and is none: an earlier corpus, a link that leads back.
        on_reject: told of each input that is left out.
        on_progress: told how far the work is.

    Returns:
        What was done.

    Raises:
        UsageError: an unknown format or encoding.
        InputError: nothing in the inputs can be read; or something, with ``strict``.
        EngineError: the engine failed.
        OutputError: the corpus or a part cannot be written; a corpus that was there before is intact.
    """
    build = prepare(
        inputs,
        out,
        format=format,
        read=read,
        parts=parts,
        strict=strict,
        license=license,
        signals=signals,
        words=words,
        workers=workers,
        corrections=corrections,
        on_skip=on_skip,
    )
    if translator is not None:
        return build.run(translator, on_reject=on_reject, on_progress=on_progress)
    with Translator.load("auto") as loaded:
        return build.run(loaded, on_reject=on_reject, on_progress=on_progress)


def prepare(
    inputs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - the name of the flag
    read: ReadOptions | None = None,
    parts: str | Path | None = None,
    strict: bool = False,
    license: str | None = None,  # noqa: A002 - the name of the column
    signals: bool = True,
    words: Words | None = None,
    workers: int = 1,
    corrections: str | Path | None = None,
    on_skip: OnSkip | None = None,
) -> Build:
    """Find out all that can go wrong before a model is loaded, or even fetched; see `build_corpus`."""
    inputs = [inputs] if isinstance(inputs, (str, Path)) else inputs
    read = read or ReadOptions()
    if read.encoding is not None:
        forced_encoding(read.encoding)
    check_writable(out, format)
    folder = Path(parts) if parts else None if str(out) == STDOUT else parts_folder(Path(out), format)
    if folder:
        check_folder(folder)
    skipped: list[Skipped] = []
    files = find_files(inputs, out, format, folder, skipped.append)
    if on_skip:
        for item in skipped:
            on_skip(item)
    known = None if corrections is None else Corrections.read(corrections)
    check_words(out, format, words)
    return Build(files, str(out), format, read, folder, strict, license, tuple(skipped), signals, words, workers, known)


@dataclass(frozen=True, slots=True)
class Build:
    """A build whose inputs are found and whose outputs can be written; nothing is done yet.

    Attributes:
        files: what is to be read.
        out: the corpus, or ``-``.
        format: of the corpus; None where the suffix says it.
        read: how the files are read.
        parts: where decoded parts are kept; None for a folder that goes with the run.
        strict: whether the first input that cannot be read ends it.
        license: of the documents that name none.
        skipped: what lay among the inputs and is none.
        signals: whether each pair gets its signals.
        words: what the links between the words of each pair go by.
        workers: processes that compute them.
        corrections: translations by a person; for one run.
    """

    files: Sequence[InputFile]
    out: str
    format: str | None
    read: ReadOptions
    parts: Path | None
    strict: bool = False
    license: str | None = None
    skipped: tuple[Skipped, ...] = ()
    signals: bool = True
    words: Words | None = None
    workers: int = 1
    corrections: Corrections | None = None

    def run(
        self,
        translator: Translator,
        *,
        on_reject: Callable[[Rejected], None] | None = None,
        on_progress: BuildUpdate | None = None,
    ) -> BuildReport:
        """Make the corpus; see `build_corpus`."""
        ticker = Ticker(on_progress, total_bytes(self.files))
        planner = Planner(
            translator.segmentation,
            translator.decoding,
            self.strict,
            self.license,
            on_reject=on_reject,
            on_piece=ticker.cut,
            terminology=translator.terminology,
        )
        meta = RunMeta(
            translator.signature,
            __version__,
            environment=environment(),
            signals=VERSIONS,
            languages=translator.languages.primary,
            origin="machine",
        )
        # Opened before the work begins, so that a second run with the same OUT is told so at once.
        with open_writer(self.out, self.format, meta) as writer, self._store(translator) as store:
            decoder = ShardDecoder(translator, store, on_batch=ticker.decoded, on_shard=ticker.finished)
            with contextlib.closing(ShardList(store.folder)) as shards:
                documents = read_documents(self.files, self.read, ticker.read)
                decoder.run(shards.noting(planner.shards(documents)))
                writer.columns = replace(writer.columns, license=planner.has_license)
                scored = self.signals and holds_signals(self.out, self.format)
                pairs = assemble(shards, store, planner.keeps, translator.terminology, judged=not scored)
                if self.corrections is not None:
                    pairs = self.corrections.over(pairs)
                if translator.terminology:
                    writer.columns = replace(writer.columns, terms=True)
                    pairs = with_terms(pairs, translator.terminology)
                if self.words:
                    linker = linker_for(self.words)
                    writer.meta, writer.columns = noted(writer.meta, linker), replace(writer.columns, words=True)
                    pairs = with_words(pairs, linker, self.workers)
                if scored:
                    write_scored(writer, pairs, self.workers)
                else:
                    writer.write_all(pairs)
            if not planner.has_text:
                raise InputError(nothing_in(planner.rejected))
            writer.meta = replace(writer.meta, inputs=planner.sources, rejected=tuple(planner.rejected))
        return _report(self, writer, decoder.n_decoded, planner.rejected)

    @contextlib.contextmanager
    def _store(self, translator: Translator) -> Iterator[PartStore]:
        with contextlib.ExitStack() as stack:
            folder = self.parts or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="duizhao-")))
            store = PartStore(folder, translator.decoding)
            stack.enter_context(store.in_use())
            yield store


def _report(build: Build, writer: Writer, n_decoded: int, rejected: Sequence[Rejected]) -> BuildReport:
    return BuildReport(
        out=build.out,
        signature=writer.meta.signature,
        n_documents=writer.n_documents,
        n_pairs=writer.n_pairs,
        n_decoded=n_decoded,
        flags=dict(writer.n_flags),
        rejected=tuple(rejected),
        skipped=build.skipped,
        unapplied=() if build.corrections is None else tuple(build.corrections.unapplied()),
    )


def parts_folder(out: Path, format: str | None = None) -> Path:  # noqa: A002 - the name of the flag
    """Where the parts of a corpus are kept: ``news.parts`` for ``news.tsv``, ``news.tmx.gz`` and ``news.zh`` alike.

    The same for every format, so that a second format costs no decoding.
    """
    name = Path(split_packing(out.name)[0])
    paths = format_class(format).paths(name.name, CHINESE_ENGLISH) if format else ()
    if len(paths) > 1:  # a file a language: news.zh and news.en
        return out.with_name(f"{Path(paths[0]).stem}.parts")
    return out.with_name(f"{name.stem if name.suffix.lower() in SUFFIXES else name.name}.parts")
