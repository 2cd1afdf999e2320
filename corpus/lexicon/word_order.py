"""Which kinds of English words stand beside which: a small table of pairs, learnt from the text of the table of words.

A word's kind is the word itself where it is common and holds sentences together (``of``, ``has``), else its ending
(``-ing``), a capital, a figure, a mark. For each two kinds the table has how much likelier the second is behind the
first than anywhere: the pointwise mutual information of Church and Hanks 1990 (https://aclanthology.org/J90-1003).
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from math import log2
from pathlib import Path

from corpus.lexicon.stems import FUNCTION_WORDS

__all__ = ["PACKAGED", "WordOrder", "kinds", "learn_order", "packaged_order", "parse_order"]

PACKAGED = Path(__file__).with_name("en.order.gz")

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,:]\d+)*|[^\w\s]")
_ENDINGS = ("ing", "ed", "ly", "tion", "s")
_MARKS = {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "."}
_EDGE = "|"
"""Before the first word and behind the last."""

_TENTHS = 10
_MOST_KNOWN = 1 << 14
_MOST = 60
"""Tenths of a bit beyond which two kinds are not told apart."""


def kinds(text: str) -> list[str]:
    """The kinds of the words of an English text, with the edges."""
    return [_EDGE, *map(_kind, _TOKEN.findall(text)), _EDGE]


def _kind(token: str) -> str:
    first = token[0]
    if first.isdigit():
        return "0"
    if not first.isalpha():
        return _MARKS.get(token, token)
    if token in FUNCTION_WORDS or token == "I":
        return token
    if first.isupper():
        return "The" if token.lower() in FUNCTION_WORDS else "X"
    return next((f"-{ending}" for ending in _ENDINGS if token.endswith(ending) and len(token) > len(ending) + 1), "-")


@dataclass(frozen=True)
class WordOrder:
    """How much likelier a kind is behind another than anywhere, in tenths of a bit.

    Attributes:
        kinds: that are told apart, the commonest first; all others are one, the last.
        rows: ``n_kinds + 1`` rows of as many: of the kind before, of the kind behind it.
    """

    kinds: Sequence[str]
    rows: Sequence[Sequence[int]]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The place of each kind in a row."""
        return {kind: number for number, kind in enumerate(self.kinds)}

    def numbered(self, text: str) -> list[int]:
        """The kinds of the words of an English text, with the edges, by number."""
        edge = self.numbers.get(_EDGE, len(self.kinds))
        tokens = _TOKEN.findall(text)
        known = zip(tokens, map(self._known.get, tokens), strict=True)
        numbers = [self._number(token) if number is None else number for token, number in known]
        return [edge, *numbers, edge]

    def _number(self, token: str) -> int:
        number = self.numbers.get(_kind(token), len(self.kinds))
        if len(self._known) < _MOST_KNOWN:
            self._known[token] = number
        return number

    @cached_property
    def _known(self) -> dict[str, int]:
        """Tokens whose kind was asked for before: most of a text are among the commonest few thousand."""
        return {}

    def render(self) -> str:
        """The table as the text of its file: the kinds, then a row a line, with blanks between."""
        lines = [" ".join(self.kinds), *(" ".join(map(str, row)) for row in self.rows)]
        return "".join(f"{line}\n" for line in lines)


def parse_order(text: str) -> WordOrder:
    """Read a table that `WordOrder.render` wrote."""
    first, *rest = text.splitlines()
    return WordOrder(first.split(), [[int(cell) for cell in line.split()] for line in rest])


def learn_order(texts: Iterable[str], n_kinds: int = 150) -> WordOrder:
    """Learn a table from English sentences.

    Args:
        texts: a sentence each.
        n_kinds: that are told apart, the commonest.
    """
    found = [kinds(text) for text in texts]
    counts = Counter(kind for sentence in found for kind in sentence)
    names = [kind for kind, _ in counts.most_common(n_kinds)]
    number = {kind: place for place, kind in enumerate(names)}
    last = len(names)
    pairs: Counter[tuple[int, int]] = Counter()
    for sentence in found:
        ids = [number.get(kind, last) for kind in sentence]
        pairs.update(pairwise(ids))
    before, behind = [0] * (last + 1), [0] * (last + 1)
    for (a, b), count in pairs.items():
        before[a] += count
        behind[b] += count
    total = sum(before) or 1
    rows = []
    for a in range(last + 1):
        # Half a pair that was never seen, so that a rare kind is not held against a sentence.
        expected = [before[a] * behind[b] / total for b in range(last + 1)]
        rows.append([_tenths((pairs[a, b] + 0.5) / (expected[b] + 0.5)) for b in range(last + 1)])
    return WordOrder(names, rows)


def _tenths(ratio: float) -> int:
    return max(-_MOST, min(_MOST, round(_TENTHS * log2(ratio))))


@lru_cache(maxsize=1)
def packaged_order() -> WordOrder:
    """The table in the package."""
    return parse_order(gzip.decompress(PACKAGED.read_bytes()).decode("utf-8"))
