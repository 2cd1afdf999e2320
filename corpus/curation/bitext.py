"""A bitext as a pass meets it: which columns it has, what is known of its making, and its rows one after the other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from corpus.pair import CHINESE_ENGLISH, Columns, Pair, columns_of
from corpus.readers.base import Rejected, SourceFile
from corpus.readers.bitext import BITEXTS, BitextOptions, check_bitext, read_bitext
from corpus.readers.heads import said_in_xml
from corpus.readers.hub import find_shards
from corpus.readers.moses import moses_files
from corpus.readers.parquet import parquet_metadata
from corpus.readers.xces import xces_files
from corpus.writers.base import RunMeta
from corpus.writers.formats import TEXT_ONLY
from corpus.writers.sidecar import as_made, find_sidecar, made_by
from translate.errors import InputError
from translate.files.digest import sha256_of
from translate.files.packing import split_packing
from translate.version import __version__

__all__ = ["Bitext", "OnReject", "open_bitext"]

OnReject = Callable[[Rejected], None]

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
"""A column whose name is the same in every format."""

_MOST_NAMED = 1000
"""Rows without a pair that are named in a sidecar; all are counted, and told as they come."""


@dataclass(slots=True)
class Bitext:
    """A bitext on disk, which can be gone through as often as one likes.

    Attributes:
        path: as it was given.
        options: where its two texts are.
        columns: that its pairs need.
        n_pairs: how many there are.
        flags: how many pairs carry each flag.
        signals: how many pairs have each signal.
        rejected: rows that are no pair, at most 1000 of them.
        n_rejected: how many there are.
    """

    path: Path
    options: BitextOptions
    columns: Columns = field(default_factory=Columns)
    n_pairs: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    signals: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    n_rejected: int = 0
    _known: dict[Path, str] = field(default_factory=dict, repr=False)

    def pairs(self) -> Iterator[Pair]:
        """Its pairs, in order; rows that are none were told when it was opened.

        Raises:
            InputError: it has not the pairs that were counted, since it changed, or its sidecar told wrong.
        """
        n_pairs = 0
        for item in read_bitext(self.path, self.options):
            if isinstance(item, Pair):
                n_pairs += 1
                yield item
        if n_pairs != self.n_pairs:
            raise InputError(
                f"{self.path}: {n_pairs} pairs in it, {self.n_pairs} expected; it changed while it was read, or its "
                f".meta.json tells wrong: `duizhao verify` names rows that are no pair; without .meta.json it is read"
            )

    def is_known(self, said: Mapping[str, Any]) -> bool:
        """Whether it still is, byte for byte, what its sidecar tells of, and need not be gone through to be counted.

        Then its columns and counts are those of the sidecar. A part of what it says may be missing: earlier versions
        wrote less, and files may have been edited since.
        """
        digests, fields, counts = said.get("sha256"), said.get("fields"), said["counts"]
        files = {file.name: digest for file, digest in self._digests().items()}
        if not digests or not fields or "signals" not in counts or not counts["pairs"]:
            return False
        if said["format"] in TEXT_ONLY:  # it holds less than was counted
            return False
        if not all(map(_PLAIN_NAME.fullmatch, fields)):  # some formats write another name then
            return False
        if files != digests or (self.options.source, self.options.target) != ("source", "target"):
            return False
        self.columns = Columns.named(fields)
        if self.options.license is not None:
            self.columns = replace(self.columns, license=True)
        self.n_pairs = counts["pairs"]
        self.flags, self.signals = Counter(counts["flags"]), Counter(counts["signals"])
        return True

    def _digests(self) -> dict[Path, str]:
        """SHA-256 of each file; found once.

        Raises:
            InputError: a file cannot be read.
        """
        try:
            self._known = self._known or {path: sha256_of(path) for path in self.files}
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read: {error.strerror or error}") from error
        return self._known

    @property
    def files(self) -> tuple[Path, ...]:
        """The file; all files of a Moses bitext, or of an alignment; or the shards of a dataset folder."""
        if self.path.is_dir():
            return find_shards(self.path, self.options.split)
        suffix = PurePath(split_packing(self.path.name)[0]).suffix.lower()
        if suffix in (".xces", ".xml"):
            return xces_files(self.path, self.options)
        return (self.path,) if suffix in BITEXTS else moses_files(self.path, self.options)

    def sidecar(self) -> dict[str, Any] | None:
        """All that its sidecar says, or it within itself; None for what is no corpus of ours."""
        return find_sidecar(self.path) or _within(self.files[0])

    def meta(self) -> RunMeta:
        """What is known of its making: for a corpus of ours what its sidecar says, else only which files it is.

        Raises:
            InputError: a file cannot be read any more.
        """
        digests = self._digests()
        inputs = tuple(SourceFile(str(path), None, path.stat().st_size, digest) for path, digest in digests.items())
        meta = RunMeta(
            f"bitext|sha256:{'+'.join(file.sha256[:12] for file in inputs)}",
            __version__,
            inputs,
            tuple(self.rejected),
            languages=self.options.languages,
        )
        said = self.sidecar()
        return meta if said is None else made_by(said, meta)

    def made(self) -> RunMeta:
        """What is known of its making, with the inputs that it was made of: what another form of it says, too.

        Raises:
            InputError: a file cannot be read any more, or its sidecar was damaged.
        """
        said = self.sidecar()
        try:
            return self.meta() if said is None else as_made(said, self.meta())
        except ValueError as error:
            raise InputError(f"{self.path}: {error}") from error


def open_bitext(
    path: Path | str,
    options: BitextOptions | None = None,
    on_reject: OnReject | None = None,
    read: Callable[[Iterable[Pair]], Columns] = columns_of,
) -> Bitext:
    """Go through a bitext once, to find out which columns its pairs need: the first row does not tell.

    A corpus of ours that is as it was written is not gone through: its sidecar tells.

    Args:
        path: see `read_bitext`; a regular file, since it is read twice.
        options: where its two texts are.
        on_reject: told of each row that is no pair.
        read: takes all pairs, and says which columns they need.

    Raises:
        InputError: it cannot be read, or has no pair.
        UsageError: its suffix is that of no format we read.
    """
    found = Bitext(Path(path), BitextOptions() if options is None else options)
    said = find_sidecar(found.path)
    if said is not None and found.options.languages == CHINESE_ENGLISH:
        source, target = said.get("languages", CHINESE_ENGLISH)
        found.options = replace(found.options, languages=(source, target))
    check_bitext(found.path, found.options)
    if read is columns_of and said is not None and found.is_known(said):
        return found
    found.columns = read(_counted(found, on_reject))
    if not found.n_pairs:
        why = f"; {found.rejected[0]}" if found.rejected else ""
        raise InputError(f"{path}: no pair in it{why}")
    return found


def _counted(bitext: Bitext, on_reject: OnReject | None) -> Iterator[Pair]:
    for item in read_bitext(bitext.path, bitext.options):
        if isinstance(item, Pair):
            bitext.n_pairs += 1
            bitext.flags.update(item.flags)
            bitext.signals.update(item.signals.keys())
            yield item
            continue
        bitext.n_rejected += 1
        if bitext.n_rejected <= _MOST_NAMED:
            bitext.rejected.append(item)
        if on_reject is not None:
            on_reject(item)


def _within(path: Path) -> dict[str, Any] | None:
    """What a file of ours says itself, wherever it was carried."""
    return parquet_metadata(path) if path.suffix.lower() == ".parquet" else said_in_xml(path)
