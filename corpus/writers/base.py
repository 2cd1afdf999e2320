"""What a format is given, and what it does: the seam between pairs and files.

A format is a class that `corpus.writers.formats` knows by name. It opens its files through the output, takes pairs in
batches, and ends; that the files appear whole or not at all is not its business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from corpus.pair import CHINESE_ENGLISH, Columns, Languages, Pair
from corpus.readers.base import Rejected, SourceFile
from translate.files.atomic import Sink
from translate.files.lines import without_surrogates
from translate.text.flags import Flag

__all__ = ["ORIGINS", "FormatWriter", "Origin", "Output", "RunMeta", "as_bytes", "on_one_line", "origin_of"]

Origin = Literal["machine", "human", "unknown"]
"""Who made the translations: a model; people, whose texts were aligned; or we were not told."""

ORIGINS: tuple[Origin, ...] = get_args(Origin)


def origin_of(pair: Pair, origin: Origin) -> Origin:
    """Who made the target of a pair: a person, where it was corrected, whoever made the corpus."""
    return "human" if Flag.CORRECTED in pair.flags else origin


@dataclass(frozen=True, slots=True)
class RunMeta:
    """What a corpus says of the run that made it.

    Attributes:
        signature: the one line that names everything that can change a translation.
        version: of duizhao.
        inputs: each file that was read.
        rejected: each input, or line of one, that was not.
        environment: versions of what took part (``python``, ``torch``, ``ctranslate2`` …).
        signals: versions of the functions that computed flags and signals, by name.
        languages: of the two sides.
        origin: who made the targets.
    """

    signature: str
    version: str
    inputs: tuple[SourceFile, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    signals: Mapping[str, int] = field(default_factory=dict)
    languages: Languages = CHINESE_ENGLISH
    origin: Origin = "unknown"


@dataclass(frozen=True, slots=True)
class Output:
    """What a format is to write.

    Attributes:
        paths: its files, as its own `FormatWriter.paths` named them; ``-`` for standard output.
        open: opens one of them, or another, for bytes. All that were opened are published together at a clean end.
        meta: of the run, as far as it is known before the first pair.
        columns: what is written of each pair.
        described: at the end, what the sidecar says: for a format that has a place for it.
        safe_cells: whether a text that a spreadsheet would take for a formula is to be none.
    """

    paths: tuple[str, ...]
    open: Callable[[str], Sink]
    meta: RunMeta
    columns: Columns
    described: Callable[[], bytes]
    safe_cells: bool = False


class FormatWriter(Protocol):
    """A format at work."""

    def __init__(self, output: Output) -> None:
        """Open the files and write what comes before all pairs."""
        ...

    @staticmethod
    def paths(out: str, languages: Languages) -> tuple[str, ...]:
        """The files that OUT stands for.

        Args:
            out: as the user named it.
            languages: of the two sides.

        Raises:
            UsageError: there can be none of that name.
        """
        ...

    def write(self, pairs: Sequence[Pair]) -> None:
        """Write some pairs, at least one; the bytes do not depend on how pairs are put into batches."""
        ...

    def end(self) -> None:
        """Write what comes after all pairs; the files are closed by whoever gave them."""
        ...


def as_bytes(text: str) -> bytes:
    """UTF-8, with U+FFFD for half a surrogate pair, which is no character."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return without_surrogates(text).encode()


# Everything that some reader takes for the end of a line (as str.splitlines does), the tab, and NUL, at which
# programs written in C stop.
_BREAKS = re.compile("[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029\0]")


def on_one_line(text: str) -> str:
    """Put a space for every tab, line break of any kind, and NUL."""
    return _BREAKS.sub(" ", text)
