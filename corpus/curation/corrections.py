"""Corrections: what a person wrote instead of a translation, kept apart from the corpus and put into it on its way.

A file of them is JSONL, sorted by id and without dates, so that the same corrections are the same bytes::

    {"id": "news.txt:0:3", "source_sha256": "9f…", "target": "what stood", "corrected": "what is to", "author": "…"}

A pair is known by its id and by its source. Where the source under an id is another one by now, the correction is of a
text that is no longer there: it is told, and not applied.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from corpus.pair import Pair, Span
from corpus.signals.flags import SETTLED, flags_of_pair
from translate.errors import InputError
from translate.files import atomic
from translate.text.flags import Flag, Stage

__all__ = ["Correction", "Corrections", "corrected_pair", "source_hash"]

_NEEDED = ("id", "source_sha256", "target", "corrected")
_GONE = {Stage.DECODING, Stage.PAIR}


@dataclass(frozen=True, slots=True)
class Correction:
    """A translation by a person.

    Attributes:
        id: of the pair.
        source_sha256: of its source; see `source_hash`.
        target: what stood there.
        corrected: what is to stand there.
        author: who says so; None where nobody is named.
    """

    id: str
    source_sha256: str
    target: str
    corrected: str
    author: str | None = None

    @classmethod
    def of(cls, pair: Pair, corrected: str, author: str | None = None) -> Self:
        """The correction of a pair."""
        return cls(pair.id, source_hash(pair), pair.target.text, corrected, author)


@dataclass(slots=True)
class Corrections:
    """Corrections of a corpus, by the id of the pair.

    Attributes:
        by_id: all of them.
        n_applied: pairs that were corrected so far.
    """

    by_id: dict[str, Correction] = field(default_factory=dict)
    n_applied: int = 0
    _applied: set[str] = field(default_factory=set)
    _stale: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a file of corrections.

        Raises:
            InputError: it cannot be read, a line of it is no correction, or a pair has two; the message says which.
        """
        try:
            lines = Path(path).read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8"
            raise InputError(f"{path}: {why}; expected corrections as `duizhao serve` saves them") from error
        found: dict[str, Correction] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            own = _parsed(line, f"{path}, line {number}")
            if own.id in found:
                raise InputError(f"{path}, line {number}: a second correction of {own.id!r}; leave one of them")
            found[own.id] = own
        return cls(found)

    def write(self, path: str | Path) -> None:
        """Write the file anew, whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        with atomic.whole_or_nothing(atomic.open_sink(path)) as sink:
            for key in sorted(self.by_id):
                sink.write(_line(self.by_id[key]).encode())

    def over(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """The pairs, corrected where there is a correction of the same source."""
        for pair in pairs:
            own = self.by_id.get(pair.id)
            if own is None:
                yield pair
                continue
            if own.source_sha256 != source_hash(pair):
                self._stale.add(pair.id)
                yield pair
            else:
                self.n_applied += 1
                self._applied.add(pair.id)
                yield corrected_pair(pair, own)

    def unapplied(self) -> list[str]:
        """What was not applied and why, a line each; to be asked when all pairs have gone by."""
        why = {True: "its source is another one than was corrected", False: "no such pair"}
        return [f"{key}: {why[key in self._stale]}" for key in sorted(self.by_id.keys() - self._applied)]


def source_hash(pair: Pair) -> str:
    """SHA-256 of a pair's source text, as hexadecimal digits."""
    return hashlib.sha256(pair.source.text.encode("utf-8", "surrogatepass")).hexdigest()


def corrected_pair(pair: Pair, correction: Correction) -> Pair:
    """The pair with the translation of a person.

    What told of the old translation goes: its score, its signals, the flags of its decoding, links between words, and
    which terms are kept. Flags that two texts can
    tell are found anew, and ``corrected`` is among them; what is known of the source, or across pairs, stays.
    """
    known = [flag for flag in pair.flags if _stays(flag)]
    text = correction.corrected
    target = Span.unplaced(text) if pair.target.start is None and not pair.target.doc_id else None
    flags = {*flags_of_pair(pair.source.text, text, known), Flag.CORRECTED.value}
    return replace(
        pair,
        target=target or replace(pair.target, text=text),
        score=None,
        signals={},
        flags=tuple(sorted(flags)),
        words=None,
        terms=None,
    )


def _stays(flag: str) -> bool:
    known = next((each for each in Flag if each == flag), None)
    return known is None or (known.stage not in _GONE and known not in SETTLED)


def _line(own: Correction) -> str:
    fields: dict[str, Any] = {name: getattr(own, name) for name in _NEEDED}
    if own.author is not None:
        fields["author"] = own.author
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _parsed(line: str, where: str) -> Correction:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: no JSON; expected corrections as `duizhao serve` saves them") from error
    if not isinstance(fields, Mapping) or not all(isinstance(fields.get(name), str) for name in _NEEDED):
        raise InputError(f"{where}: no correction; it has {', '.join(_NEEDED)}, each a text")
    author = fields.get("author")
    if author is not None and not isinstance(author, str):
        raise InputError(f"{where}: author is no text")
    return Correction(fields["id"], fields["source_sha256"], fields["target"], fields["corrected"], author)
