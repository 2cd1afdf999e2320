"""What a dataset folder holds: splits of shards, and all that is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from corpus.pair import Columns
from corpus.release.survey import Survey
from corpus.writers.base import Origin, RunMeta

__all__ = ["Contents", "DataFile", "Split"]


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of a split.

    Attributes:
        name: within the folder, with ``/``.
        n_bytes: on disk.
        sha256: of these, in hexadecimal.
        n_bytes_arrow: of its table in memory.
    """

    name: str
    n_bytes: int
    sha256: str
    n_bytes_arrow: int


@dataclass(frozen=True, slots=True)
class Split:
    """One of the sets of a dataset.

    Attributes:
        name: ``train``, ``validation``, ``test`` or another one.
        meta: of the corpus that it was.
        survey: what is in it.
        encodings: of the files it was made from, how many of each; empty where that is not known any more.
        shards: its files.
    """

    name: str
    meta: RunMeta
    survey: Survey
    encodings: Mapping[str, int]
    shards: tuple[DataFile, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """All of a dataset.

    Attributes:
        name: for people.
        splits: at least one.
        survey: of all of them together.
        columns: of every split.
        types: of these columns, by name, as Arrow calls them.
        waterfall: what a filter refused before, as it wrote it; None where there is none.
        leaks: how many things of each kind the splits share, see `Leak`.
    """

    name: str
    splits: tuple[Split, ...]
    survey: Survey
    columns: Columns
    types: Mapping[str, str]
    waterfall: Mapping[str, Any] | None = None
    leaks: Mapping[str, int] = field(default_factory=dict)

    @property
    def origin(self) -> Origin:
        """Who made the translations; unknown where not all splits say the same."""
        found = {split.meta.origin for split in self.splits}
        return found.pop() if len(found) == 1 else "unknown"

    @property
    def signatures(self) -> tuple[str, ...]:
        """How the splits were made, each once."""
        return tuple(dict.fromkeys(split.meta.signature for split in self.splits))

    @property
    def language_tags(self) -> tuple[str, str]:
        """BCP 47 tags of the two sides; the source's has a script where 99 in 100 sentences that show one agree."""
        source, target = self.splits[0].meta.languages
        scripts = self.survey.scripts
        for script in ("Hans", "Hant"):
            if source == "zh" and scripts[script] >= 0.99 * scripts.total() > 0:
                return f"zh-{script}", target
        return source, target
