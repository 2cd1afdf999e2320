"""Whether sets of one corpus are apart: no document in two of them, no text of either side, and no near copy of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from corpus.curation.clusters import THRESHOLD
from corpus.pair import Pair
from corpus.readers.bitext import BitextOptions, check_bitext, read_bitext
from corpus.signals.copies import CopyIndex, runs_of
from corpus.signals.keys import digest, key
from corpus.signals.minhash import CHINESE_RUN, ENGLISH_RUN

__all__ = ["Leak", "LeakIndex", "find_leaks"]


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that two sets share.

    Attributes:
        kind: ``document``, ``source``, ``target``, ``near source`` or ``near target``.
        sets: the names of both.
        ids: of the pair in each; for a document its name, twice.
        similarity: of the two texts, 1 for the same.
    """

    kind: str
    sets: tuple[str, str]
    ids: tuple[str, str]
    similarity: float = 1.0

    def __str__(self) -> str:
        near = f" ({self.similarity:.2f})" if self.similarity < 1 else ""
        return f"{self.kind}{near}: {self.ids[0]} in {self.sets[0]}, {self.ids[1]} in {self.sets[1]}"


class LeakIndex:
    """The pairs of a set, in which what another set shares with it is found.

    Args:
        name: of the set.
        pairs: all of them; their texts stay in memory.
    """

    def __init__(self, name: str, pairs: Iterable[Pair]) -> None:
        self.name = name
        self._ids: list[str] = []
        self._documents: set[int] = set()
        sources, targets = [], []
        for pair in pairs:
            self._ids.append(pair.id)
            if pair.source.is_placed:
                self._documents.add(digest(pair.source.doc_id))
            sources.append(key(pair.source.text))
            targets.append(key(pair.target.text))
        self._sides = (
            ("source", CopyIndex(sources, CHINESE_RUN, THRESHOLD)),
            ("target", CopyIndex(targets, ENGLISH_RUN, THRESHOLD)),
        )

    def leaks(self, pair: Pair, name: str) -> Iterator[Leak]:
        """What a pair of the set ``name`` shares with this one."""
        document = pair.source.doc_id
        if pair.source.is_placed and digest(document) in self._documents:
            yield Leak("document", (self.name, name), (document, document))
        sides = _compact(pair.source.text, pair.target.text)
        for (side, index), (compact, runs) in zip(self._sides, sides, strict=True):
            same = index.copy_of(compact)
            if same is not None:
                yield Leak(side, (self.name, name), (self._ids[same], pair.id))
            for at, similarity in index.near_copies(runs):
                if similarity < 1:
                    yield Leak(f"near {side}", (self.name, name), (self._ids[at], pair.id), similarity)


@lru_cache(maxsize=1)  # a pair is held against one set after the other
def _compact(source: str, target: str) -> tuple[tuple[str, frozenset[str]], tuple[str, frozenset[str]]]:
    """The key of either text, and its runs."""
    zh, en = key(source), key(target)
    return (zh, runs_of(zh, CHINESE_RUN)), (en, runs_of(en, ENGLISH_RUN))


def find_leaks(sets: Mapping[str, Path], options: BitextOptions) -> Iterator[Leak]:
    """Go through sets, and find all that any two of them share.

    The texts of all but the largest file stay in memory.

    Args:
        sets: at least two bitexts, by name.
        options: where their texts are.

    Raises:
        InputError: one cannot be read.
    """
    for path in sets.values():
        check_bitext(path, options)
    before: list[LeakIndex] = []
    by_size = sorted(sets, key=lambda name: (sets[name].stat().st_size, name))
    for name in by_size:
        told: set[tuple[str, str]] = set()  # a document is shared once, however many of its pairs stand in either set
        for pair in _pairs(sets[name], options) if before else ():
            for index in before:
                for leak in index.leaks(pair, name):
                    if leak.kind == "document":
                        if (index.name, leak.ids[0]) in told:
                            continue
                        told.add((index.name, leak.ids[0]))
                    yield leak
        if name != by_size[-1]:
            before.append(LeakIndex(name, _pairs(sets[name], options)))


def _pairs(path: Path, options: BitextOptions) -> Iterator[Pair]:
    return (row for row in read_bitext(path, options) if isinstance(row, Pair))
