"""Whether a corpus is what it says it is: its bytes, its rows, its inputs, its spans, and its translations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from corpus.pair import Pair
from corpus.readers.base import InputFile, ReadOptions, Rejected
from corpus.readers.bitext import BitextOptions, check_bitext, read_bitext
from corpus.readers.documents import read_documents
from corpus.readers.find import find_inputs
from corpus.readers.hub import find_shards
from corpus.readers.parquet import parquet_metadata
from corpus.release.checks import Check, Outcome, Problems
from corpus.release.redecode import LoadTranslator, check_translations, load_as
from corpus.release.row_checks import RowChecks
from corpus.release.sample import Sample
from corpus.release.span_checks import check_raw, check_sentences
from corpus.release.sums import SUMS, read_sums
from corpus.writers.formats import TEXT_ONLY
from corpus.writers.sidecar import find_sidecar
from translate.files.digest import sha256_of
from translate.text.flags import Flag
from translate.text.signature import segmentation_of

__all__ = ["VerifyOptions", "verify_corpus"]

_HOLDS_RAW = {"jsonl", "parquet"}
"""Formats whose rows have the raw text."""

_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What a corpus is held to.

    Attributes:
        inputs: the documents, as they were given to build or align; those that the sidecar names when empty.
        root: where the paths of inputs in the sidecar begin.
        read: how documents are read; encodings that were forced are known from the sidecar.
        n_samples: how many pairs are translated again; 0 for none.
        seed: another one draws other pairs.
        load: loads the translator that a signature names.
    """

    inputs: Sequence[str] = ()
    root: Path = Path()
    read: ReadOptions = field(default_factory=ReadOptions)
    n_samples: int = 20
    seed: int = 0
    load: LoadTranslator = load_as


_DEFAULT = VerifyOptions()


def verify_corpus(path: Path | str, options: VerifyOptions = _DEFAULT) -> Iterator[Check]:
    """Check a corpus of ours, in memory that does not grow with it.

    Args:
        path: the corpus, either file of a Moses pair, or a dataset folder.
        options: what it is held to.

    Yields:
        Each check as it is done: ``checksums``, ``rows``, ``inputs``, ``spans``, ``translations``.

    Raises:
        InputError: there is no such file, or it cannot be read at all.
        UsageError: it is in no format that we read.
    """
    corpus = Path(path)
    check_bitext(corpus)
    is_dataset = corpus.is_dir()
    if is_dataset:  # first of all: a damaged shard may say nothing of itself
        yield _checksums(corpus, None)
    files = find_shards(corpus) if is_dataset else (corpus,)
    found = [(file, find_sidecar(file) or _within(file)) for file in files]
    if not is_dataset:
        yield _checksums(corpus, found[0][1])
    sample = Sample(options.n_samples, options.seed)
    for file, said in found:
        rows = RowChecks(has_raw=said is not None and said["format"] in _HOLDS_RAW)
        for pair in rows.over(_rows(file, said)):
            by_machine = Flag.CORRECTED not in pair.flags
            if by_machine and pair.source.n_sentences == 1 and not pair.target.is_placed and pair.source.text:
                sample.add(pair)
        check = rows.check(None if said is None or said["format"] in TEXT_ONLY else said["counts"])
        yield replace(check, name=f"rows of {file.name}") if is_dataset else check
    file, said = found[0]
    if said is None:
        yield Check("inputs", Outcome.NOT_CHECKED, "no sidecar says what it was made from, and how")
        return
    inputs, check = _inputs(file, said, options)
    yield check
    for file, _ in found:
        check = _spans(file, said, inputs, _read_options(said, options.read))
        yield replace(check, name=f"spans of {file.name}") if is_dataset else check
    yield _translations(sample.pairs, said, options)


def _within(file: Path) -> _Json | None:
    """What a Parquet file says of itself."""
    return parquet_metadata(file) if file.suffix.lower() == ".parquet" else None


def _rows(corpus: Path, said: _Json | None) -> Iterator[Pair | Rejected]:
    languages = BitextOptions().languages if said is None else (said["languages"][0], said["languages"][1])
    return read_bitext(corpus, replace(BitextOptions(), languages=languages))


def _checksums(corpus: Path, said: _Json | None) -> Check:
    name = "checksums"
    if corpus.is_dir():
        sums = read_sums(corpus)
        if not sums:
            return Check(name, Outcome.NOT_CHECKED, f"there is no {SUMS} in {corpus}")
        return _compared(sums, corpus, SUMS).check(name, f"{len(sums)} files are as {SUMS} says")
    if said is None:
        return Check(name, Outcome.NOT_CHECKED, f"beside {corpus} is no .meta.json that duizhao wrote")
    digests = said.get("sha256")
    if not digests:
        return Check(name, Outcome.NOT_CHECKED, "the sidecar has none: an earlier version of duizhao wrote it")
    passed = ", ".join(f"{file} {digest[:12]}…" for file, digest in digests.items())
    return _compared(digests, corpus.parent, "the sidecar").check(name, passed)


def _compared(digests: Mapping[str, str], folder: Path, where: str) -> Problems:
    """The files in a folder that do not have the SHA-256 that is written down."""
    problems = Problems()
    for file, wanted in digests.items():
        try:
            found = sha256_of(folder / file)
        except OSError as error:
            problems.add(f"{file} cannot be read: {error.strerror or error}")
            continue
        if found != wanted:
            problems.add(f"{file} has SHA-256 {found[:12]}…, and {where} says {wanted[:12]}…")
    return problems


# -- inputs --------------------------------------------------------------------------------------------------------


def _inputs(corpus: Path, said: _Json, options: VerifyOptions) -> tuple[list[InputFile], Check]:
    """The inputs that are there, and whether they are those of the run."""
    documents = _documents_of(corpus, said, options.root)
    wanted = {item["sha256"] for item in documents}
    if options.inputs:
        files = find_inputs(list(options.inputs))
    else:
        files = [InputFile(str(options.root / item["origin"]), item["name"], item["bytes"]) for item in documents]
    if not files:
        return [], Check("inputs", Outcome.NOT_CHECKED, "the sidecar names no documents; give them with --inputs")
    problems = Problems()
    there = [file for file in files if Path(file.origin).is_file()]
    if not there:
        first = files[0].origin
        return [], Check("inputs", Outcome.NOT_CHECKED, f"{first} is not there; give --inputs, or --root")
    for file in there:
        digest = sha256_of(Path(file.origin))
        if wanted and digest not in wanted:
            problems.add(f"{file.origin} is not what it was: SHA-256 {digest[:12]}…")
    missing = len(files) - len(there)
    notes = [f"{missing} more are not there"] if missing else []
    return there, problems.check("inputs", f"{len(there)} files as they were", notes)


def _documents_of(corpus: Path, said: _Json, root: Path, depth: int = 8) -> list[_Json]:
    """The documents that a corpus was made from; of one that was scored or filtered, those of the corpus before."""
    inputs = said.get("inputs", ())
    found = [item for item in inputs if item.get("name")]
    if found or not depth:
        return found
    for item in inputs:
        before = root / item["origin"]
        earlier = find_sidecar(before) if before.resolve() != corpus.resolve() else None
        if earlier is not None and item["sha256"] in earlier.get("sha256", {}).values():
            # Several files of one corpus, as of Moses, lead to the same documents.
            found += [item for item in _documents_of(before, earlier, root, depth - 1) if item not in found]
    return found


def _spans(corpus: Path, said: _Json, files: list[InputFile], read: ReadOptions) -> Check:
    if not files:
        return Check("spans", Outcome.NOT_CHECKED, "the inputs are not there")
    pairs = (row for row in _rows(corpus, said) if isinstance(row, Pair))
    has_raw = said["format"] in _HOLDS_RAW
    if said.get("target_origin") == "human":
        if not has_raw:
            why = f"{said['format']} has no raw text; a corpus in {' or '.join(sorted(_HOLDS_RAW))} can be checked"
            return Check("spans", Outcome.NOT_CHECKED, why)
        # A file at a time, as align reads them: documents of the two sides may have one name.
        return check_raw(pairs, (item for file in files for item in read_documents([file], read)))
    segmentation = segmentation_of(said["signature"])
    if segmentation is None:
        why = f"this version repairs or splits by other rules than the corpus: {said['signature']}"
        return Check("spans", Outcome.NOT_CHECKED, why)
    return check_sentences(pairs, read_documents(files, read), segmentation, has_raw=has_raw)


def _read_options(said: _Json, read: ReadOptions) -> ReadOptions:
    """The same with the encoding that was forced, and bytes replaced where they were."""
    inputs = said.get("inputs", ())
    forced = {item["encoding"] for item in inputs if item.get("encoding_found") == "forced"}
    if read.encoding is None and len(forced) == 1:
        read = replace(read, encoding=forced.pop())
    if any(item.get("encoding_errors") == "replace" for item in inputs):
        read = replace(read, errors="replace")
    return read


# -- translations --------------------------------------------------------------------------------------------------


def _translations(pairs: Sequence[Pair], said: _Json, options: VerifyOptions) -> Check:
    name = "translations"
    if said.get("target_origin") == "human":
        return Check(name, Outcome.NOT_CHECKED, "people translated")
    if not options.n_samples:
        return Check(name, Outcome.NOT_CHECKED, "no sample was asked for")
    return check_translations(pairs, said["signature"], options.load)
