"""What is in a corpus, counted in one pass: what its card says, and nothing there is from anywhere else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import Path

from corpus.curation.bitext import Bitext, OnReject, open_bitext
from corpus.curation.rules import SCORE
from corpus.pair import Pair, columns_of
from corpus.readers.bitext import BitextOptions
from corpus.signals.empty_sides import EMPTY_SIDES
from corpus.signals.language import HANT_SHARE, hant_share
from corpus.signals.words import count_words
from translate.text.marks import HAN

__all__ = ["Range", "Survey", "survey_corpus"]

_NO_HAN = re.compile(f"[^{HAN}]+")

_BATCH = 1 << 12
_EXAMPLES = 2
_EXAMPLE_LENGTH = range(12, 61)


@dataclass(slots=True)
class Range:
    """The least, the mean and the most of a number, over the pairs that have it."""

    n: int = 0
    total: float = 0.0
    low: float = inf
    high: float = -inf

    def add(self, values: Sequence[float]) -> None:
        """Some numbers more, at least one."""
        self.n += len(values)
        self.total += sum(values)
        self.low, self.high = min(self.low, *values), max(self.high, *values)

    def __add__(self, other: Range) -> Range:
        return Range(self.n + other.n, self.total + other.total, min(self.low, other.low), max(self.high, other.high))

    @property
    def mean(self) -> float:
        """0 where there is no number."""
        return self.total / self.n if self.n else 0.0


@dataclass(slots=True)
class Survey:
    """What is in some pairs.

    Attributes:
        n_pairs: how many there are.
        n_characters: Chinese characters of the sources.
        n_words: English words of the targets.
        n_bytes: about as many as the texts are in UTF-8.
        documents: each that a source stands in, with its licence; empty where nobody says which they are.
        licenses: pairs by licence; None where none is known.
        flags: pairs by flag.
        n_flagged: pairs with at least one.
        scripts: sources by the script of their characters that belong to one only: ``Hans``, ``Hant`` or ``both``.
        signals: the range of each, and of ``score``.
        n_several: pairs of several sentences on a side, or of none.
        examples: pairs of a middling length without a flag, the first there are.
    """

    n_pairs: int = 0
    n_characters: int = 0
    n_words: int = 0
    n_bytes: int = 0
    documents: dict[str, str | None] = field(default_factory=dict)
    licenses: Counter[str | None] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    n_flagged: int = 0
    scripts: Counter[str] = field(default_factory=Counter)
    signals: dict[str, Range] = field(default_factory=dict)
    n_several: int = 0
    examples: list[Pair] = field(default_factory=list)

    def counting(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """The same pairs, counted as they go by; what is of numbers is complete at the end."""
        numbers: dict[str, list[float]] = {}
        for pair in pairs:
            source, target = pair.source, pair.target
            n_characters = len(_NO_HAN.sub("", source.text))
            self.n_pairs += 1
            self.n_characters += n_characters
            self.n_words += count_words(target.text)
            self.n_bytes += 3 * (len(source.raw) + len(source.text)) + len(target.raw) + len(target.text)
            if source.is_placed:
                self.documents.setdefault(source.doc_id, pair.license)
            self.licenses[pair.license] += 1
            if pair.flags:
                self.flags.update(pair.flags)
                self.n_flagged += 1
            self._script(pair)
            for name, value in ((SCORE, pair.score), *pair.signals.items()):
                if value is not None and isfinite(value):
                    numbers.setdefault(name, []).append(value)
            if self.n_pairs % _BATCH == 0:
                self._take(numbers)
            self.n_several += source.n_sentences != 1 or target.n_sentences != 1
            if len(self.examples) < _EXAMPLES and not pair.flags and n_characters in _EXAMPLE_LENGTH:
                self.examples.append(pair)
            yield pair
        self._take(numbers)

    def _take(self, numbers: dict[str, list[float]]) -> None:
        for name, values in numbers.items():
            if values:
                self.signals.setdefault(name, Range()).add(values)
                values.clear()

    def _script(self, pair: Pair) -> None:
        if EMPTY_SIDES.name in pair.signals:  # scored, so that this was asked before
            share = pair.signals.get(HANT_SHARE.name)
        else:
            share = hant_share(pair.source.text, "")
        if share is not None:
            self.scripts["Hans" if share == 0 else "Hant" if share == 1 else "both"] += 1

    def __add__(self, other: Survey) -> Survey:
        signals = {name: Range() for name in (*self.signals, *other.signals)}
        return Survey(
            self.n_pairs + other.n_pairs,
            self.n_characters + other.n_characters,
            self.n_words + other.n_words,
            self.n_bytes + other.n_bytes,
            self.documents | other.documents,
            self.licenses + other.licenses,
            self.flags + other.flags,
            self.n_flagged + other.n_flagged,
            self.scripts + other.scripts,
            {name: self.signals.get(name, Range()) + other.signals.get(name, Range()) for name in signals},
            self.n_several + other.n_several,
            (self.examples + other.examples)[:_EXAMPLES],
        )


def survey_corpus(path: Path, options: BitextOptions, on_reject: OnReject | None = None) -> tuple[Bitext, Survey]:
    """Go through a corpus once, and count.

    Raises:
        InputError: it cannot be read, or has no pair.
        UsageError: its suffix is that of no format we read.
    """
    survey = Survey()
    bitext = open_bitext(path, options, on_reject, lambda pairs: columns_of(survey.counting(pairs)))
    return bitext, survey
