"""Files that are translations of each other, paired and aligned into a corpus."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path, PurePath

from corpus.align.documents import SIGNAL, WEAK, Text, align_texts, chinese_text, english_text, pairs_of, signature
from corpus.align.linker import WordLinker
from corpus.align.links import Link, render_links
from corpus.align.translations import TranslationStore
from corpus.align.words import Words, check_words, linker_for, noted, with_words
from corpus.pair import Columns
from corpus.readers.base import Document, InputFile, ReadOptions, Rejected, SourceFile
from corpus.readers.documents import read_documents
from corpus.readers.find import find_inputs
from corpus.readers.kinds import MARKED
from corpus.writers.base import RunMeta
from corpus.writers.formats import check_writable, resolve_format
from corpus.writers.writer import Writer, open_writer
from translate.errors import InputError, UsageError
from translate.files import atomic
from translate.files.atomic import STDOUT
from translate.files.decoding import Errors
from translate.files.inputs import check_distinct, check_outputs_distinct
from translate.files.packing import split_packing
from translate.pipeline.translator import Translator
from translate.text.marks import HAN
from translate.text.records import Paragraph
from translate.text.segment import SegmentOptions
from translate.version import __version__

__all__ = ["AlignReport", "FilePair", "align_files", "pair_files", "read_table"]

_LANGUAGE = re.compile(
    r"(?:^|[._-])(?:zh|cmn|chi|zho|cn|en|eng)(?:[_-](?:hans|hant|cn|tw|hk|sg|us|gb))?(?=$|[._-])", re.IGNORECASE
)
_LICENSED = ".jsonl"
"""Files that may name a licence; which columns the corpus has is settled before they are read."""

_HAS_HAN = re.compile(f"[{HAN}]")

_FEWEST_LINKED, _FEWEST_SENTENCES = 0.1, 10
"""Texts that have nothing to do with each other share 2 sentences in 100, or none but weakly."""


@dataclass(frozen=True, slots=True)
class FilePair:
    """A Chinese file and its English counterpart; the same file twice where both languages are in one."""

    source: InputFile
    target: InputFile

    @property
    def is_bilingual(self) -> bool:
        """Whether one file holds both."""
        return self.source == self.target


@dataclass(frozen=True, slots=True)
class AlignReport:
    """What an alignment did.

    Attributes:
        out: the corpus, as it was named.
        signature: everything that can change the links.
        n_documents: document pairs in the corpus.
        kinds: how many links there are of each kind (``1:1``, ``1:2`` …), the commonest first.
        flags: how many pairs carry each flag.
        rejected: inputs that are not in the corpus, and why.
        doubtful: pairs of files that hardly share a sentence, a line each that says so.
    """

    out: str
    signature: str
    n_documents: int
    kinds: Mapping[str, int]
    flags: Mapping[str, int]
    rejected: tuple[Rejected, ...]
    doubtful: tuple[str, ...] = ()


# -- which files -----------------------------------------------------------------------------------------------------


def pair_files(source: str, target: str | None) -> tuple[list[FilePair], list[Rejected]]:
    """Find what is to be aligned with what.

    Args:
        source: a Chinese file, or a folder or pattern of them.
        target: an English file, or a folder or pattern whose files have the same names, but for the suffix and a mark
            of the language (``ch1.zh.txt`` and ``ch1.en.txt``). None if ``source`` holds both languages, each
            paragraph one.

    Returns:
        The pairs in the order of the source, and the files of either folder that have no counterpart.

    Raises:
        InputError: nothing is there to be paired.
        UsageError: a folder is to be aligned with a file.
    """
    if target is None:
        return [FilePair(file, file) for file in find_inputs([source])], []
    if source == target:
        raise UsageError(f"{source} is given for both sides; give it once if it holds both languages")
    if Path(source).is_dir() != Path(target).is_dir():
        raise UsageError(f"{source} and {target}: one is a folder and one is not; give two files or two folders")
    ours, theirs = find_inputs([source]), find_inputs([target])
    if not Path(source).is_dir() and len(ours) == len(theirs) == 1:
        return [FilePair(ours[0], theirs[0])], []
    return _by_name(ours, theirs)


def _by_name(ours: Sequence[InputFile], theirs: Sequence[InputFile]) -> tuple[list[FilePair], list[Rejected]]:
    sides = [Counter(map(_key, ours)), Counter(map(_key, theirs))]
    by_key = {_key(file): file for file in theirs}
    pairs, rejected = [], []
    for file in ours:
        key = _key(file)
        if sides[0][key] == sides[1][key] == 1:
            pairs.append(FilePair(file, by_key[key]))
        else:
            rejected.append(Rejected(file.origin, _why_alone(sides[0][key], sides[1][key], "English")))
    for file in theirs:
        key = _key(file)
        if not sides[0][key] == sides[1][key] == 1:
            rejected.append(Rejected(file.origin, _why_alone(sides[1][key], sides[0][key], "Chinese")))
    if not pairs:
        raise InputError("; ".join(map(str, rejected[:4])))
    return pairs, rejected


def _why_alone(n_here: int, n_there: int, other: str) -> str:
    if not n_there:
        return f"no {other} file of that name; pair it with --table"
    return f"{n_here} and {n_there} files share its name; pair them with --table"


def _key(file: InputFile) -> str:
    """The name of a file less its suffix and what says its language."""
    path = PurePath(split_packing(file.doc_id)[0])
    stem = path.with_suffix("") if path.suffix else path
    return _LANGUAGE.sub("", stem.as_posix()) or stem.as_posix()


def read_table(path: str) -> list[FilePair]:
    """Read a table of pairs: the Chinese file, a tab, the English file; relative to the table's folder.

    Two files of one name are known by their paths. A pair that is named twice is taken once.

    Raises:
        InputError: it cannot be read, or a line is no pair.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    named: dict[tuple[str, str], None] = {}
    translated: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            cells = line.split("\t")
            if len(cells) != 2 or not all(cell.strip() for cell in cells):
                raise InputError(
                    f"{path}:{number}: expected a Chinese file, a tab and an English file; got {line[:60]!r}"
                )
            here, there = (str(Path(path).parent / cell.strip()) for cell in cells)
            try:
                pair = FilePair(_only(here), _only(there))
            except InputError as error:
                raise InputError(f"{path}:{number}: {error}") from error
            before = translated.setdefault(_real(pair.source), _real(pair.target))
            if before != _real(pair.target):
                raise InputError(
                    f"{path}:{number}: {here} has another translation in this table, and the rows of both would have "
                    "the same ids; align it into a corpus of its own"
                )
            named[here, there] = None
    if not named:
        raise InputError(f"{path}: no pair in it; expected a Chinese file, a tab and an English file a line")
    sides = [_told_apart([pair[side] for pair in named]) for side in (0, 1)]
    return list(dict.fromkeys(FilePair(here, there) for here, there in zip(*sides, strict=True)))


def _only(name: str) -> InputFile:
    files = find_inputs([name])
    if len(files) > 1:
        raise InputError(f"{name}: {len(files)} files; expected one a side")
    return files[0]


def _real(file: InputFile) -> str:
    return os.path.realpath(file.origin)


def _told_apart(names: Sequence[str]) -> list[InputFile]:
    """The file of each name; those of one side that are called the same are known by their paths."""
    by_path = {_real(file): file for file in find_inputs(names)}
    return [by_path[_real(_only(name))] for name in names]


# -- aligning --------------------------------------------------------------------------------------------------------


def align_files(
    pairs: Sequence[FilePair],
    out: str | Path,
    *,
    translator: Translator | None,
    segmentation: SegmentOptions | None = None,
    format: str | None = None,  # noqa: A002  (the name of the option)
    presplit: bool = False,
    links: str | None = None,
    encoding: str | None = None,
    errors: Errors = "strict",
    store: str | Path | None = None,
    license: str | None = None,  # noqa: A002  (the name of the column)
    words: Words | None = None,
    rejected: Iterable[Rejected] = (),
    on_reject: Callable[[Rejected], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> AlignReport:
    """Align pairs of files and write the corpus.

    Args:
        pairs: what to align with what.
        out: the corpus; its suffix chooses the format.
        translator: translates the Chinese, for the scores; None to go by the table of words alone.
        segmentation: how the Chinese is repaired and split; the translator's when None.
        format: overrides the suffix.
        presplit: whether each line is a sentence already.
        links: a file for the links of the one pair: ``[0, 1]:[0]``, numbers of sentences from 0, of lines with
            ``presplit``.
        encoding: of every file; None to find each one's.
        errors: ``replace`` reads bytes that cannot be decoded as U+FFFD.
        store: where translations are kept; None for ``OUT.translations``, or only memory where OUT is no file.
        license: of the Chinese documents that name none.
        words: what the links between the words of each pair go by, see `corpus.align.words`; None for no links.
        rejected: inputs that were found to be none before.
        on_reject: told of each input that cannot be aligned.
        on_progress: told how many sentences came to be translated.

    Raises:
        InputError: nothing could be aligned.
        OutputError: OUT cannot be written.
        UsageError: OUT names no format, there are links of several pairs to write, or a file would be written that is
            an input or the other output.
    """
    check_writable(out, format)
    check_words(out, format, words)
    if links is not None and len(pairs) != 1:
        raise UsageError(f"--links takes the links of one pair of files, and there are {len(pairs)}")
    if links is not None:
        atomic.check_writable(links)
    layout = resolve_format(out, format)
    outputs = [*layout.paths, *([links] if links is not None else [])]
    check_outputs_distinct(outputs)
    check_distinct([file.origin for pair in pairs for file in (pair.source, pair.target)], outputs)
    folder = Path(f"{out}.translations") if store is None and layout.paths[0] != STDOUT else store
    if segmentation is None:
        segmentation = SegmentOptions() if translator is None else translator.segmentation
    decoding = None if translator is None else translator.decoding
    linker = linker_for(words) if words else None
    run = _Run(
        translator,
        TranslationStore(None if folder is None or decoding is None else Path(folder), decoding or ""),
        None if presplit else segmentation,
        ReadOptions(encoding=encoding, errors=errors),
        license_=license,
        linker=linker,
        on_progress=on_progress,
    )
    refused = list(rejected)
    if on_reject is not None:
        for item in refused:
            on_reject(item)
    meta = RunMeta(signature(None if presplit else segmentation, decoding), __version__, origin="human")
    kinds: Counter[str] = Counter()
    doubtful: list[str] = []
    done = 0
    licensed = license is not None or any(pair.source.suffix == _LICENSED for pair in pairs)
    meta = noted(meta, linker) if linker else meta
    columns = Columns(aligned=True, signals=(SIGNAL,), license=licensed, words=linker is not None)
    with open_writer(out, format, meta, columns) as writer:
        for pair in pairs:
            try:
                found = run.align(pair, writer)
            except InputError as error:
                if len(pairs) == 1:
                    raise
                refused.append(Rejected(pair.source.origin, str(error).removeprefix(f"{pair.source.origin}: ")))
                if on_reject is not None:
                    on_reject(refused[-1])
                continue
            done += 1
            kinds.update(link.kind for link in found)
            doubtful += _doubts(pair, found)
            if links is not None:
                _write_links(links, run.numbered(found))
        if not done:
            raise InputError("; ".join(map(str, refused[:4])))
        writer.meta = replace(meta, inputs=tuple(run.sources), rejected=tuple(refused))
    flags = dict(writer.n_flags)
    return AlignReport(
        str(out), meta.signature, done, dict(kinds.most_common()), flags, tuple(refused), tuple(doubtful)
    )


def _doubts(pair: FilePair, links: Sequence[Link]) -> Iterator[str]:
    """Say so where hardly a sentence of the shorter text has a counterpart, weak links aside."""
    shorter = min(
        ([link.source for link in links], [link.target for link in links]), key=lambda side: sum(map(len, side))
    )
    n = sum(map(len, shorter))
    linked = sum(len(where) for where, link in zip(shorter, links, strict=True) if link.score >= WEAK)
    if n >= _FEWEST_SENTENCES and linked < _FEWEST_LINKED * n:
        names = pair.source.origin if pair.is_bilingual else f"{pair.source.origin} and {pair.target.origin}"
        yield f"{names}: {linked} of {n} sentences have a likely counterpart; is one the translation of the other?"


class _Run:
    """Aligns one pair of files after the other."""

    def __init__(
        self,
        translator: Translator | None,
        store: TranslationStore,
        segmentation: SegmentOptions | None,
        read: ReadOptions,
        *,
        license_: str | None = None,
        linker: WordLinker | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        self._translator = translator
        self._store = store
        self._segmentation = segmentation
        self._read = read
        self._license = license_
        self._linker = linker
        self._on_progress = on_progress
        self._texts: tuple[Text, Text] | None = None
        self.sources: list[SourceFile] = []

    def align(self, pair: FilePair, writer: Writer) -> list[Link]:
        documents = [self._open(pair.source, is_english=pair.is_bilingual)]
        documents += [] if pair.is_bilingual else [self._open(pair.target, is_english=True)]
        source, target = self._chinese(documents[0], pair), self._english(documents[-1], pair)
        if pair.is_bilingual:
            _check_bilingual(source, target)
        links = align_texts(source, target, self._translator, self._store, self._on_progress)
        self._texts = source, target
        self.sources += [document.source for document in documents]
        pairs = pairs_of(source, target, links)
        writer.write_all(with_words(pairs, self._linker) if self._linker else pairs)
        return links

    def _open(self, file: InputFile, *, is_english: bool = False) -> Document:
        if is_english and file.suffix in MARKED:
            raise InputError(f"{file.origin}: of a file with markup only the Chinese is read; give the English as .txt")
        found, more = islice(chain(read_documents([file], self._read), (None, None)), 2)
        if more is not None:
            raise InputError(f"{file.origin}: holds several documents; align takes files of one document each")
        if not isinstance(found, Document):
            raise InputError(f"{file.origin}: {'no document in it' if found is None else found.reason}")
        return found

    def _chinese(self, document: Document, pair: FilePair) -> Text:
        paragraphs = _in_language(document.paragraphs(), han=True) if pair.is_bilingual else document.paragraphs()
        origin, named = document.source.origin, document.metadata.licence
        if named and pair.source.suffix != _LICENSED:
            raise InputError(f"{origin}: names a licence, {named!r}, which is kept of {_LICENSED} files; name it so")
        text = chinese_text(origin, document.doc_id, paragraphs, self._segmentation)
        return replace(text, license=named or self._license)

    def _english(self, document: Document, pair: FilePair) -> Text:
        paragraphs = _in_language(document.paragraphs(), han=False) if pair.is_bilingual else document.paragraphs()
        return english_text(document.source.origin, document.doc_id, paragraphs, presplit=self._segmentation is None)

    def numbered(self, links: Sequence[Link]) -> list[Link]:
        """The links with the numbers of lines, where lines are sentences."""
        if self._segmentation is not None or self._texts is None:
            return list(links)
        return [_by_line(link, *self._texts) for link in links]


def _check_bilingual(source: Text, target: Text) -> None:
    if not source.sentences or not target.sentences:
        said = "Chinese in every" if source.sentences else "no Chinese in any"
        raise InputError(f"{source.name}: {said} line; expected lines of Chinese and of English, or a second file")


def _by_line(link: Link, source: Text, target: Text) -> Link:
    return replace(link, source=_line_numbers(source, link.source), target=_line_numbers(target, link.target))


def _line_numbers(text: Text, where: range) -> range:
    """The numbers of the lines; blank lines between them are among them."""
    if not where:
        return where
    return range(text.sentences[where.start].paragraph, text.sentences[where.stop - 1].paragraph + 1)


def _in_language(paragraphs: Iterator[Paragraph], *, han: bool) -> Iterator[Paragraph]:
    """The lines of a bilingual file that are Chinese, or those that are not; one with any Han is Chinese."""
    pieces: list[Paragraph] = []
    for paragraph in paragraphs:
        pieces.append(paragraph)
        if paragraph.final:
            if any(_HAS_HAN.search(piece.text) for piece in pieces) == han:
                yield from pieces
            pieces.clear()


def _write_links(path: str, links: Sequence[Link]) -> None:
    with atomic.whole_or_nothing(atomic.open_sink(path)) as sink:
        sink.write(render_links(links).encode())
