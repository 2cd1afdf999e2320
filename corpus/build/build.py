"""Composition: documents in, shards decoded and kept as parts, parts written out as a corpus."""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

from corpus.align.given import align
from corpus.build.parts import PartStore, is_part, piece_pairs
from corpus.build.shards import Piece, Shard, cut_pieces, group_pieces
from corpus.pair import Pair
from corpus.readers.base import Document, InputFile, ReadOptions, Rejected, Skipped, SourceFile
from corpus.readers.documents import read_documents
from corpus.readers.find import OnSkip, find_inputs, total_bytes
from corpus.writers.base import RunMeta
from corpus.writers.formats import check_writable, resolve_format
from corpus.writers.sidecar import is_corpus
from corpus.writers.writer import open_writer
from translate.engines.native import library as native_library
from translate.errors import InputError, UsageError
from translate.files.atomic import STDOUT
from translate.pipeline.translator import Translator
from translate.text.records import Sentence
from translate.text.segment import segment
from translate.version import __version__

__all__ = ["BuildReport", "build_corpus", "find_files", "parts_folder"]

BuildUpdate = Callable[[int, int, int], None]
"""Called with sentences done, characters done, and an estimate of the characters in all."""

_LIBRARIES = ("ctranslate2", "sentencepiece", "torch", "transformers")


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
    """

    out: str
    signature: str
    n_documents: int
    n_pairs: int
    n_decoded: int
    flags: Mapping[str, int]
    rejected: tuple[Rejected, ...]


@dataclass(slots=True, eq=False)
class _Run:
    """State of one build: what has been seen and decoded so far."""

    translator: Translator
    store: PartStore
    signature: str
    strict: bool
    on_reject: Callable[[Rejected], None] | None
    ticker: _Ticker
    sources: list[SourceFile] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    keys: dict[str, None] = field(default_factory=dict)  # a set that keeps its order
    n_decoded: int = 0
    n_told: int = 0

    def decode(self, items: Iterable[Document | Rejected]) -> None:
        """Bring every shard of the input into the store."""
        waiting: deque[tuple[Shard, dict[str, list[Pair]], list[Sentence]]] = deque()

        def windows() -> Iterator[Sequence[str]]:
            for shard in group_pieces(self._pieces(items)):
                self.keys[shard.key] = None
                if self.store.has(shard):
                    self.ticker.finished(shard)
                    continue
                reused = self.store.reusable(shard, self.keys.keys())
                fresh = [s for piece in shard.pieces if piece.key not in reused for s in piece.sentences]
                waiting.append((shard, reused, fresh))
                yield [sentence.text for sentence in fresh]

        for translations in self.translator.translate_windows(windows()):
            shard, reused, fresh = waiting.popleft()
            self.store.write(shard, piece_pairs(shard, reused, align(fresh, translations)), self.signature)
            self.n_decoded += len(fresh)
            self.ticker.finished(shard)

    def _pieces(self, items: Iterable[Document | Rejected]) -> Iterator[Piece]:
        for item in items:
            if isinstance(item, Rejected):
                self._reject(item)
                continue
            # The documents of a .jsonl come one after another, all from the same file.
            if not self.sources or self.sources[-1] is not item.source:
                self.sources.append(item.source)
                self._tell()
            sentences = segment(item.paragraphs(), self.translator.segmentation)
            yield from map(self.ticker.cut, cut_pieces(sentences, self.signature))

    def _reject(self, item: Rejected) -> None:
        if self.strict:
            raise InputError(
                f"{item.origin}: {item.reason} (stopped here because of --strict; finished parts are kept)"
            )
        self.rejected.append(item)
        # Until something can be read this may be the only input, and then the error at the end names it once.
        if self.sources or len(self.rejected) > 1:
            self._tell()

    def _tell(self) -> None:
        if self.on_reject:
            for item in self.rejected[self.n_told :]:
                self.on_reject(item)
        self.n_told = len(self.rejected)


def build_corpus(
    inputs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    translator: Translator | None = None,
    format: str | None = None,  # noqa: A002 - the name of the flag
    read: ReadOptions | None = None,
    parts: str | Path | None = None,
    strict: bool = False,
    on_reject: Callable[[Rejected], None] | None = None,
    on_progress: BuildUpdate | None = None,
) -> BuildReport:
    """Turn Chinese documents into a sentence-aligned Chinese–English corpus.

    What is decoded is kept in a folder of parts beside the output, keyed by its text and by the signature: a run
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
    inputs = [inputs] if isinstance(inputs, (str, Path)) else inputs
    check_writable(out, format)
    with contextlib.ExitStack() as stack:
        folder = Path(parts) if parts else _default_parts(out, stack)
        files = find_files(inputs, out, format, folder)
        ticker = _Ticker(on_progress, total_bytes(files))
        store = PartStore(folder, _environment())
        translator = translator or stack.enter_context(Translator.load("auto"))
        translator.on_batch = ticker.decoded
        stack.callback(setattr, translator, "on_batch", None)
        run = _Run(translator, store, translator.signature, strict, on_reject, ticker)
        meta = RunMeta(run.signature, __version__, environment=store.environment)
        # Opened before the work begins, so that a second run with the same OUT is told so at once.
        with open_writer(out, format, meta) as writer:
            run.decode(read_documents(files, read or ReadOptions(), ticker.read))
            if not run.keys:
                raise InputError(_nothing(run.rejected))
            writer.meta = replace(meta, inputs=tuple(run.sources), rejected=tuple(run.rejected))
            for key in run.keys:
                for pair in store.read(key):
                    writer.write(pair)
    return BuildReport(
        out=str(out),
        signature=run.signature,
        n_documents=writer.n_documents,
        n_pairs=writer.n_pairs,
        n_decoded=run.n_decoded,
        flags=dict(writer.n_flags),
        rejected=tuple(run.rejected),
    )


def find_files(
    inputs: Sequence[str | Path],
    out: str | Path,
    format: str | None = None,  # noqa: A002 - the name of the flag
    parts: Path | None = None,
    on_skip: OnSkip | None = None,
) -> list[InputFile]:
    """Find the files that are meant, and leave out what we wrote ourselves.

    A folder that holds documents often comes to hold the corpus as well: its files, those of earlier corpora (known by
    the ``.meta.json`` that we wrote beside them) and the parts are no documents. An earlier corpus is told to
    ``on_skip``, and read where it is named itself.

    Raises:
        InputError: nothing at all can be read.
        UsageError: a file is named as an input and is the output too.
    """
    layout = resolve_format(out, format)
    outputs = {os.path.realpath(path) for path in layout.paths if path != STDOUT}
    named = {str(name) for name in inputs}
    files = []
    for file in find_inputs([str(name) for name in inputs], on_skip):
        if os.path.realpath(file.origin) in outputs:
            if file.origin in named:
                raise UsageError(f"{file.origin} is both an input and the output; write to another file")
            continue
        if file.origin not in named and _is_part(Path(file.origin), parts):
            continue
        if file.origin not in named and is_corpus(Path(file.origin)):
            if on_skip:
                on_skip(Skipped(file.origin, "a corpus that duizhao wrote, as the file beside it says"))
            continue
        files.append(file)
    if not files:
        raise InputError(f"{', '.join(sorted(named))}: no documents, only what an earlier run wrote")
    return files


def _is_part(path: Path, parts: Path | None) -> bool:
    in_parts = path.parent.suffix == ".parts" or (parts is not None and path.parent.resolve() == parts.resolve())
    return in_parts and is_part(path)


def _default_parts(out: str | Path, stack: contextlib.ExitStack) -> Path:
    """Beside the corpus; for one that goes to standard output, a folder that goes when it is out."""
    if str(out) == STDOUT:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="duizhao-")))
    return parts_folder(Path(out))


def parts_folder(out: Path) -> Path:
    """Where the parts of a corpus are kept: ``news.parts`` for ``news.tsv``, ``news.tmx.gz`` and ``news`` alike.

    The same for every format, so that a second format costs no decoding.
    """
    name = out.name
    for suffix in (".gz", ".zst", ".tsv", ".jsonl", ".tmx"):
        name = name.removesuffix(suffix)
    return out.with_name(f"{name or out.name}.parts")


@dataclass(slots=True, eq=False)
class _Ticker:
    """Adds up what was read, decoded and finished, and tells whoever watches."""

    update: BuildUpdate | None
    bytes_in_all: int
    n_bytes: int = 0
    chars_read: int = 0
    n_sentences: int = 0
    n_chars: int = 0
    flying_sentences: int = 0
    flying_chars: int = 0

    def read(self, n_bytes: int) -> None:
        self.n_bytes += n_bytes

    def cut(self, piece: Piece) -> Piece:
        """Note that a piece was read and cut into sentences."""
        self.chars_read += _n_chars(piece.sentences)
        return piece

    def decoded(self, texts: Sequence[str]) -> None:
        """Note a batch, whose shard is not finished yet."""
        self.flying_sentences += len(texts)
        self.flying_chars += sum(map(len, texts))
        self._tell()

    def finished(self, shard: Shard) -> None:
        """Note a shard: its numbers are exact, and take the place of those of its batches."""
        n_chars = sum(_n_chars(piece.sentences) for piece in shard.pieces)
        self.n_sentences += shard.n_sentences
        self.n_chars += n_chars
        self.flying_sentences = max(0, self.flying_sentences - shard.n_sentences)
        self.flying_chars = max(0, self.flying_chars - n_chars)
        self._tell()

    def _tell(self) -> None:
        if self.update is None:
            return
        scale = max(1.0, self.bytes_in_all / self.n_bytes) if self.n_bytes else 1.0
        done = min(self.n_chars + self.flying_chars, self.chars_read)
        self.update(self.n_sentences + self.flying_sentences, done, round(self.chars_read * scale))


def _n_chars(sentences: Iterable[Sentence]) -> int:
    return sum(sentence.end - sentence.start for sentence in sentences)


def _nothing(rejected: Sequence[Rejected]) -> str:
    if not rejected:
        return "nothing to translate in the inputs"
    first = rejected[0]
    more = f" (and {len(rejected) - 1} more inputs cannot be used)" if len(rejected) > 1 else ""
    return f"{first.origin}: {first.reason}{more}"


def _environment() -> dict[str, str]:
    """What decodes here, for the record: it can move the last digit of a score, so it is noted but is no key."""
    versions = {name: metadata.version(name) for name in _LIBRARIES}
    if sources := native_library.version():
        versions["native"] = sources
    return {"python": platform.python_version(), "machine": platform.machine(), **versions}
