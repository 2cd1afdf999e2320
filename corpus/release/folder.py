"""A dataset folder, ready for the hub: shards, a card, Croissant, checksums.

::

    FOLDER/README.md                               the card
    FOLDER/data/train-00000-of-00002.parquet …
    FOLDER/croissant.json
    FOLDER/SHA256SUMS                              of all these; the last to be written

Everything is written in a folder of its own first, and then moved into place. What else lies in FOLDER (``.git``, a
LICENSE) stays; what an earlier run wrote there and this one does not goes.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import add
from pathlib import Path, PurePath

from corpus.curation.bitext import Bitext, OnReject
from corpus.curation.leaks import find_leaks
from corpus.pair import Columns
from corpus.readers.arrow import import_pyarrow, schema_of
from corpus.readers.bitext import BitextOptions, check_bitext
from corpus.release.card import card, description
from corpus.release.contents import Contents, DataFile, Split
from corpus.release.croissant import croissant
from corpus.release.sums import SUMS, read_sums
from corpus.release.survey import Survey, survey_corpus
from corpus.release.waterfalls import find_waterfall, load_waterfall
from corpus.writers.formats import OutputFormat
from corpus.writers.sidecar import find_sidecar
from corpus.writers.writer import Writer
from translate.errors import OutputError, UsageError
from translate.files import atomic
from translate.files.atomic import Sink
from translate.files.digest import sha256_of
from translate.files.packing import split_packing

__all__ = ["DatasetReport", "name_splits", "write_dataset"]

_CARD = "README.md"
_SHARD_BYTES = 500_000_000
"""Of text in a shard, at most: what the hub and `datasets` cut at."""

_SPLITS = {"dev": "validation", "valid": "validation", "val": "validation"}
_KNOWN = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What a release did.

    Attributes:
        out: the folder.
        files: in it, by name, the checksums last.
        n_pairs: of each split.
        licenses: pairs by licence; None where none is known.
        n_rejected: rows of the inputs that are no pair.
        leaks: how many things of each kind the splits share, see `Leak`; there should be none.
    """

    out: str
    files: tuple[str, ...]
    n_pairs: Mapping[str, int]
    licenses: Mapping[str | None, int]
    n_rejected: int
    leaks: Mapping[str, int]


def write_dataset(
    corpora: Sequence[str | Path],
    out: str | Path,
    *,
    name: str | None = None,
    waterfall: str | Path | None = None,
    options: BitextOptions | None = None,
    on_reject: OnReject | None = None,
) -> DatasetReport:
    """Write a dataset folder; the same corpora give the same bytes.

    Whether several splits are apart is checked, and said; then the texts of all but the largest stay in memory, else
    none do.

    Args:
        corpora: any bitext each, see `read_bitext`; one is the split ``train``, several are named by `name_splits`.
        out: the folder; made where there is none.
        name: of the dataset, for people; that of the folder when None.
        waterfall: what a filter refused, as it wrote it; None to look for it beside the corpora.
        options: where the two texts of the corpora are.
        on_reject: told of each row that is no pair.

    Raises:
        InputError: a corpus cannot be read, or has no pair.
        OutputError: the folder cannot be written, or holds a card that is not as we wrote it.
        UsageError: it is not clear which corpus is which split; or pyarrow is not installed.
    """
    import_pyarrow()
    options = BitextOptions() if options is None else options
    folder = Path(out)
    named = name_splits(corpora)
    for path in named.values():
        check_bitext(path, options)
    _check_folder(folder, named.values())
    found = {split: survey_corpus(path, options, on_reject) for split, path in named.items()}
    columns = _columns(bitext for bitext, _ in found.values())
    survey = reduce(add, (one for _, one in found.values()))
    said = load_waterfall(waterfall) if waterfall is not None else find_waterfall(named.values())
    found_leaks = find_leaks(named, options) if len(named) > 1 else ()
    # A document, or a pair, that is in conflict with two splits counts once.
    leaks = Counter(kind for kind, _ in {(leak.kind, leak.ids[1]) for leak in found_leaks})
    with _being_made(folder) as (made, sums):
        splits = tuple(_write_split(made, split, *one, columns) for split, one in found.items())
        types = {field.name: str(field.type) for field in schema_of(columns)}
        shown = name or folder.resolve().name
        contents = Contents(shown, splits, survey, columns, types, said, leaks)
        _write_papers(made, contents)
        files = _publish(made, folder, sums)
    n_pairs = {split.name: split.survey.n_pairs for split in splits}
    n_rejected = sum(bitext.n_rejected for bitext, _ in found.values())
    return DatasetReport(str(out), files, n_pairs, Counter(survey.licenses), n_rejected, leaks)


# -- which is which ------------------------------------------------------------------------------------------------


def name_splits(corpora: Sequence[str | Path]) -> dict[str, Path]:
    """The split that each corpus is: ``train`` for a single one, else as it says.

    Args:
        corpora: ``train=news.tsv``, or a path whose name ends in that of a split: ``news.dev.tsv``, ``test.parquet``.

    Returns:
        The corpora by split, train first; ``dev`` is ``validation``, as the hub calls it.

    Raises:
        UsageError: some say nothing, or two say the same.
    """
    found: dict[str, Path] = {}
    for given in map(str, corpora):
        said, equals, path = given.partition("=")
        split, path = (said, path) if equals and re.fullmatch(r"\w+", said) else (_split_of(given), given)
        if split is None and len(corpora) == 1:
            split = "train"
        if split is None:
            raise UsageError(f"{given}: which split is it? Say so: train={given}")
        split = _SPLITS.get(split, split)
        if split in found:
            raise UsageError(f"{given}: {split} is {found[split]} already; name another split: extra={path}")
        found[split] = Path(path)
    if not found:
        raise UsageError("expected one corpus or more")
    return dict(sorted(found.items(), key=lambda item: _KNOWN.index(item[0]) if item[0] in _KNOWN else len(_KNOWN)))


def _split_of(path: str) -> str | None:
    """The split that the last part of a name says; the last but one where that is a suffix, or a language."""
    parts = PurePath(split_packing(path)[0]).name.lower().split(".")
    return next((part for part in parts[-1:-3:-1] if part in _KNOWN or part in _SPLITS), None)


def _columns(bitexts: Iterable[Bitext]) -> Columns:
    """Those that hold the pairs of all splits."""
    return reduce(Columns.merged, (bitext.columns for bitext in bitexts))


# -- what is in it -------------------------------------------------------------------------------------------------


def _write_split(made: Path, name: str, bitext: Bitext, survey: Survey, columns: Columns) -> Split:
    meta = bitext.meta()
    n_shards = max(1, -(-survey.n_bytes // _SHARD_BYTES))
    pairs = bitext.pairs()
    shards = []
    for number in range(n_shards):
        wanted = survey.n_pairs * (number + 1) // n_shards - survey.n_pairs * number // n_shards
        path = f"data/{name}-{number:05}-of-{n_shards:05}.parquet"
        with Writer(OutputFormat("parquet", (str(made / path),), None), meta, columns) as writer:
            writer.write_all(islice(pairs, wanted))
        shards.append(_shard(made, path))
    return Split(name, meta, survey, _encodings(bitext.path), tuple(shards))


def _shard(made: Path, name: str) -> DataFile:
    _, parquet = import_pyarrow()
    path = made / name
    with parquet.ParquetFile(path) as file:
        n_arrow = sum(file.read_row_group(number).nbytes for number in range(file.num_row_groups))
    return DataFile(name, path.stat().st_size, sha256_of(path), n_arrow)


def _encodings(corpus: Path) -> dict[str, int]:
    """Of the files that a corpus was built from, as its sidecar has them."""
    said = find_sidecar(corpus) or {"inputs": []}
    return dict(Counter(item["encoding"] for item in said["inputs"] if item["encoding"]))


def _write_papers(made: Path, contents: Contents) -> None:
    (made / _CARD).write_text(card(contents), encoding="utf-8", newline="\n")
    described = json.dumps(croissant(contents, description(contents)), ensure_ascii=False, indent=2)
    (made / "croissant.json").write_text(described + "\n", encoding="utf-8", newline="\n")


def _files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# -- where it is ---------------------------------------------------------------------------------------------------


def _check_folder(folder: Path, inputs: Iterable[Path]) -> None:
    """Make sure that nothing is lost that somebody else wrote.

    Raises:
        OutputError: the place is no folder, or has a card that we did not write, or that was changed since.
        UsageError: an input lies in it.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; a dataset is a folder, name another one")
    if not folder.parent.is_dir():
        raise OutputError(f"{folder}: the folder {folder.parent} does not exist; make it first, or choose another")
    for path in inputs:
        if path.resolve().is_relative_to(folder.resolve()):
            raise UsageError(f"{path}: lies in {folder}, which is to be written; choose another folder")
    known = read_sums(folder)
    for name in (_CARD, "croissant.json"):
        file = folder / name
        if file.is_file() and (name not in known or sha256_of(file) != known[name]):
            raise OutputError(
                f"{file}: was written or changed by somebody else, and would be replaced; move it away, or choose "
                "another folder"
            )


@contextmanager
def _being_made(folder: Path) -> Iterator[tuple[Path, Sink]]:
    """A new folder within FOLDER, which goes in the end, and the file of the checksums, which one run may have.

    Raises:
        OutputError: another run has it, or something cannot be written.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _cannot(folder, error) from error
    sums = atomic.open_sink(folder / SUMS)
    made = None
    try:
        for left in folder.glob(f".*{atomic.TEMPORARY_SUFFIX}/"):  # by a run that was killed
            shutil.rmtree(left)
        made = Path(tempfile.mkdtemp(prefix=".", suffix=atomic.TEMPORARY_SUFFIX, dir=folder))
        (made / "data").mkdir()
        yield made, sums
    except OSError as error:
        raise _cannot(folder, error) from error
    finally:
        sums.discard()
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        if is_new and not any(folder.iterdir()):
            folder.rmdir()


def _cannot(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"{folder}: cannot be written: {error.strerror or error}")


def _publish(made: Path, folder: Path, sums: Sink) -> tuple[str, ...]:
    """Move what was made into place, the checksums last, and take away what only an earlier run has."""
    files = _files_in(made)
    sums.write("".join(f"{sha256_of(made / file)}  {file}\n" for file in files).encode())
    sums.finish()
    earlier = read_sums(folder)
    (folder / "data").mkdir(exist_ok=True)
    for name in files:
        (made / name).replace(folder / name)
    for name in earlier.keys() - set(files):
        if re.fullmatch(r"data/[^/]+\.parquet", name):
            (folder / name).unlink(missing_ok=True)
    sums.publish()
    return (*files, SUMS)
