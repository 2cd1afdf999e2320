"""Sentence pairs from files: a corpus of ours, or anyone's bitext.

A row that is no pair is a value (`Rejected`), so that one bad row costs one row. Pairs of a corpus of ours come back
with their spans, scores, flags and signals; of other rows we know nothing but the two texts, so their spans name the
file and the row, and have no offsets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path, PurePath
from typing import cast

from corpus.pair import CHINESE_ENGLISH, Languages, Pair
from corpus.readers.base import Rejected
from translate.errors import InputError, UsageError
from translate.files.packing import split_packing
from translate.text.flags import Flag

__all__ = ["BITEXTS", "BitextOptions", "check_bitext", "check_suffix", "read_bitext", "read_pairs"]

BITEXTS = {
    ".tsv": "corpus.readers.rows:read_tsv",
    ".jsonl": "corpus.readers.rows:read_jsonl",
    ".tmx": "corpus.readers.tmx:read_tmx",
    ".parquet": "corpus.readers.parquet:read_parquet",
    ".xlf": "corpus.readers.xliff:read_xliff",
    ".xliff": "corpus.readers.xliff:read_xliff",
    ".xces": "corpus.readers.xces:read_xces",
    ".xml": "corpus.readers.xces:read_xces",
}
"""Suffixes that name a format, and its reader: ``module:function``, imported when there is such a file. Beside these
stand Moses, whose two files are known by their languages, and a folder of shards."""

_MOSES = "corpus.readers.moses:read_moses"
_FOLDER = "corpus.readers.hub:read_hub"

_TROUBLE = {Flag.EMPTY_TARGET, Flag.FAILED, Flag.LENGTH_CAP, Flag.LOOP}


@dataclass(frozen=True, slots=True)
class BitextOptions:
    """Where the two texts are.

    Attributes:
        source: the column of a .tsv or a .parquet, or the field of a .jsonl (``translation.zh`` is a field within a
            field). A number, from 1, is a column of a .tsv without a header.
        target: the same of the target.
        languages: of the two sides: in TMX, where they also stand for their regions and scripts (``zh`` for
            ``zh-Hant-TW``), and as the suffixes of Moses files.
        split: of a dataset folder, the one split that is meant; all of them when None.
        license: of the pairs that name none; None where nobody says.
    """

    source: str = "source"
    target: str = "target"
    languages: Languages = CHINESE_ENGLISH
    split: str | None = None
    license: str | None = None


_DEFAULT = BitextOptions()
_Read = Callable[[Path, BitextOptions], Iterator[Pair | Rejected]]


def check_bitext(path: Path | str, options: BitextOptions = _DEFAULT) -> None:
    """Find out, before any work is done, whether this is a file that can be read.

    Raises:
        InputError: there is no such file, or nothing to be read in the folder.
        UsageError: its suffix is that of no format we read.
    """
    _reader(Path(path), options)
    if not Path(path).exists():
        raise InputError(f"{path}: no such file")


def check_suffix(path: Path | str, options: BitextOptions = _DEFAULT) -> None:
    """Find out whether a file of that name, which need not be there yet, would be read as a bitext.

    Raises:
        UsageError: its suffix is that of no format we read.
    """
    _reader(Path(path), options)


def read_bitext(path: Path | str, options: BitextOptions = _DEFAULT) -> Iterator[Pair | Rejected]:
    """Every pair of a bitext, in order, in memory that does not grow with it.

    Args:
        path: ``.tsv``, ``.jsonl``, ``.tmx``, or either file of a Moses pair (``news.zh`` beside ``news.en``), each
            ``.gz`` or ``.zst`` behind it where it is packed; ``.parquet``; or a dataset folder.
        options: where the two texts are.

    Raises:
        InputError: it cannot be read; two Moses files are not of one length.
        UsageError: its suffix is that of no format we read.
    """
    for item in _reader(Path(path), options)(Path(path), options):
        if options.license is not None and isinstance(item, Pair) and item.license is None:
            yield replace(item, license=options.license)
        else:
            yield item


def read_pairs(path: Path | str, options: BitextOptions = _DEFAULT) -> Iterator[tuple[str, str]]:
    """Source and target of each pair, but for those whose translation is known to have failed.

    Args:
        path: see `read_bitext`.
        options: where the two texts are.

    Raises:
        InputError: it cannot be read, or a row of it is no pair; the message names the line.
        UsageError: its suffix is that of no format we read.
    """
    for item in read_bitext(path, options):
        if isinstance(item, Rejected):
            raise InputError(str(item))
        source, target = item.source.text, item.target.text
        if source and target and (Flag.RESCUED in item.flags or _TROUBLE.isdisjoint(item.flags)):
            yield source, target


def _reader(path: Path, options: BitextOptions) -> _Read:
    if not path.is_dir() and options.split is not None:
        raise UsageError(f"{path}: a file has no splits; name the folder of a dataset, or leave out --split")
    suffix = PurePath(split_packing(path.name)[0]).suffix
    name = BITEXTS.get(suffix.lower(), _MOSES if suffix[1:] in options.languages else None)
    name = _FOLDER if path.is_dir() else name
    if name is None:
        source, target = options.languages
        raise UsageError(
            f"{path}: expected a bitext, {', '.join(BITEXTS)}, or .{source} beside .{target} (.gz or .zst may follow), "
            "or the folder of a dataset"
        )
    module, _, function = name.partition(":")
    return cast(_Read, getattr(import_module(module), function))
