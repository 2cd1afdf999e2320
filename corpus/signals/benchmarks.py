"""``source_overlap`` and ``target_overlap``, and the flag ``contaminated``: lines of test sets in a corpus.

A text is taken for a row of units: a Chinese character is one, and so is a word or a number in other letters, without
case, width, blanks, punctuation and the difference of Traditional and Simplified. A line of a test set is cut into runs
of 13 units, the last one flush with its end; a line of fewer is kept whole. What is kept are hashes of 48 bits and no
text, so that they can be handed on. Of a corpus every run of 13 units is looked up, wherever it begins: a line that is
there as a whole, or within a longer text, has all of its runs found.

Thirteen units as in T. Brown and others, "Language Models are Few-Shot Learners" (2020), appendix C, where they are
English words. Thirteen Chinese characters are less: titles and slogans have as many. So a line is taken to be there if
two of its runs are, and half of them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.lexicon.counterparts import packaged_counterparts
from corpus.signals.words import CHARACTERS_A_WORD
from translate.text.marks import HAN

__all__ = ["RUN", "VERSION", "Benchmark", "Benchmarks", "SetOverlap", "folding", "hashed"]

VERSION = 1

RUN = 13
"""Units of a run."""

_LEAST_WEIGHT = 8
"""Chinese characters, a word being `CHARACTERS_A_WORD` of them, from which on a short line is looked for: two people
may well have written a shorter one."""

_UNIT = re.compile(f"[{HAN}]|[^\\W_{HAN}]+")
_KEPT_BITS = 48

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Benchmark:
    """A test set, as hashes.

    Attributes:
        name: of the set.
        n_runs: ``(n_lines,)``, of each line that is long enough to have some.
        runs: ``(sum(n_runs),)``, those of all lines, in order.
        lines: ``(n_short_lines,)``, each of a whole line.
    """

    name: str
    n_runs: NDArray[np.uint16]
    runs: Hashes
    lines: Hashes


@dataclass(frozen=True, slots=True)
class SetOverlap:
    """What a text has in common with test sets.

    Attributes:
        share: of its units, those that lie in runs of a test set; None for a text without units.
        names: the sets of which a line is in the text, or that most of the text comes from; sorted.
    """

    share: float | None
    names: tuple[str, ...] = ()


def hashed(name: str, lines: Iterable[str]) -> Benchmark:
    """Make hashes of a test set, each line once.

    Args:
        name: of the set.
        lines: of both languages.
    """
    long_lines: dict[tuple[str, ...], None] = {}
    short_lines: set[int] = set()
    for line in lines:
        units = _units(line)
        if len(units) >= RUN:
            long_lines[tuple(units)] = None
        elif _weight(units) >= _LEAST_WEIGHT:
            short_lines.add(_whole(units))
    runs, n_runs = [np.zeros(0, np.uint64)], []
    for found in long_lines:
        starts = [*range(0, len(found) - RUN, RUN), len(found) - RUN]
        runs.append(_runs(np.array(list(map(_hash, found)), np.uint64))[starts])
        n_runs.append(len(starts))
    return Benchmark(name, np.array(n_runs, np.uint16), np.concatenate(runs), np.array(sorted(short_lines), np.uint64))


class Benchmarks:
    """Some test sets, to be asked about texts.

    Args:
        sets: no two of one name.
    """

    def __init__(self, sets: Sequence[Benchmark]) -> None:
        self.names = tuple(found.name for found in sets)
        self._n_runs = np.concatenate([np.zeros(0, np.uint16), *(found.n_runs for found in sets)])
        self._set_of = np.repeat(np.arange(len(sets)), [len(found.n_runs) for found in sets])
        runs = np.concatenate([np.zeros(0, np.uint64), *(found.runs for found in sets)])
        order = np.argsort(runs, kind="stable")
        self._runs = runs[order]
        self._line_of = np.repeat(np.arange(len(self._n_runs)), self._n_runs)[order]
        self._short: dict[int, list[str]] = {}
        for found in sets:
            for line in found.lines.tolist():
                self._short.setdefault(line, []).append(found.name)

    def overlaps(self, texts: Sequence[str]) -> list[SetOverlap]:
        """What each text has in common with the sets."""
        units = [_units(text) for text in texts]
        found = [self._of_short(own) if len(own) < RUN else SetOverlap(0.0) for own in units]
        lengths = np.array([len(own) for own in units])
        hashes = _runs(np.array([_hash(unit) for own in units for unit in own], np.uint64))
        if not len(hashes) or not len(self._runs):
            return found
        at = np.minimum(np.searchsorted(self._runs, hashes), len(self._runs) - 1)
        ends = np.cumsum(lengths)
        hits = np.flatnonzero(self._runs[at] == hashes)
        owners = np.searchsorted(ends, hits, side="right")
        # A run that begins in one text and ends in the next is none.
        within = hits + RUN <= ends[owners]
        hits, owners = hits[within], owners[within]
        for owner in np.unique(owners).tolist():
            own = hits[owners == owner]
            found[owner] = self._of_long(own - (ends[owner] - lengths[owner]), hashes[own], int(lengths[owner]))
        return found

    def _of_short(self, units: Sequence[str]) -> SetOverlap:
        """Of a text that is shorter than a run."""
        if not units:
            return SetOverlap(None)
        names = self._short.get(_whole(units), [])
        return SetOverlap(1.0 if names else 0.0, tuple(sorted(names)))

    def _of_long(self, starts: NDArray[np.int64], hashes: Hashes, n_units: int) -> SetOverlap:
        """Of a text in which runs were found, at these starts."""
        covered = np.zeros(n_units, np.bool_)
        for start in starts.tolist():
            covered[start : start + RUN] = True
        share = float(covered.mean())
        runs = np.unique(hashes)
        first, behind = (np.searchsorted(self._runs, runs, side=side) for side in ("left", "right"))
        lines = np.concatenate([self._line_of[a:b] for a, b in zip(first.tolist(), behind.tolist(), strict=True)])
        own, n_found = np.unique(lines, return_counts=True)
        n_all = self._n_runs[own]
        is_there = (n_found >= np.minimum(2, n_all)) & (2 * n_found >= n_all)
        sets = set(self._set_of[own[is_there]].tolist())
        if share >= 0.5 and covered.sum() >= 2 * RUN:
            sets |= set(self._set_of[own].tolist())
        return SetOverlap(share, tuple(sorted(self.names[number] for number in sets)))


def folding() -> str:
    """Names how texts are made units: hashes of two foldings have nothing to do with each other."""
    forms = "".join(f"{code:x}{simple}" for code, simple in sorted(packaged_counterparts().simplified.items()))
    return hashlib.blake2b(f"{RUN} {_KEPT_BITS} {_UNIT.pattern} {forms}".encode(), digest_size=6).hexdigest()


def _units(text: str) -> list[str]:
    if not text.isascii():
        text = packaged_counterparts().simplify(unicodedata.normalize("NFKC", text))
    return _UNIT.findall(text.lower())


def _weight(units: Sequence[str]) -> float:
    """Length in Chinese characters."""
    return sum(1 if _UNIT_HAN.match(unit) else CHARACTERS_A_WORD for unit in units)


_UNIT_HAN = re.compile(f"[{HAN}]")


@lru_cache(maxsize=1 << 16)
def _hash(unit: str) -> int:
    return int.from_bytes(hashlib.blake2b(unit.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _whole(units: Sequence[str]) -> int:
    return _hash(" ".join(units)) >> (64 - _KEPT_BITS)


def _runs(units: Hashes) -> Hashes:
    """A hash of each run of `RUN` units, from the hashes of all units; empty for fewer."""
    n_runs = max(0, len(units) - RUN + 1)
    hashes = np.zeros(n_runs, np.uint64)
    for offset in range(RUN):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + units[offset : offset + n_runs]
    hashes = (hashes ^ (hashes >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return hashes >> np.uint64(64 - _KEPT_BITS)
