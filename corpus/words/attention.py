"""What a translator looks at, as evidence of which words are which.

A decoder that is made to write a given translation attends to the source at each token. Some of its heads look, while
they read a token, at the words that it translates (Chen et al. 2020, https://aclanthology.org/2020.emnlp-main.42);
others do so while they write it, and most look elsewhere. Which are which is found out by holding each head against the
table: its weight is how much more often than not it looks at the word that the table, where it is sure, links. (The
paper takes all heads of one layer.) No links by hand take part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.words.links import Link
from corpus.words.tokens import Span

__all__ = ["PieceAttention", "head_weights", "sample_pairs", "seen_links"]

_SAMPLE = Path(__file__).with_name("heads.tsv")

_ATTENTION = 0.7
"""How much attention weighs beside the table, which has the rest."""

_LINKED = 0.35
"""From which sum of the two on two words are linked."""

_PART = 0.15
"""From which a source word is a part of several, beside each other, that together are as likely as `_LINKED`."""

_BEST = 0.2
"""From which two words are linked if neither has a link, and neither has a likelier partner."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PieceAttention:
    """What the heads of a decoder look at, by the tokens of its model.

    Attributes:
        heads: ``(n_heads, n_target + 1, n_source)``: row ``j`` is of the position that writes piece ``j`` and reads the
            one before it; in the last row the last piece is read. What else is looked at, as the end, is left out.
        source: place of each piece of the source, ``[start, end)`` in code points.
        target: the same of the translation.
    """

    heads: NDArray[np.float32]
    source: Sequence[Span]
    target: Sequence[Span]

    def of_heads(self, here: Sequence[Span], there: Sequence[Span]) -> Floats:
        """By words: ``(2 * n_heads, n_here, n_there)``, of all heads while they read a word, then while they write it.

        Args:
            here: place of each word of the source.
            there: place of each word of the translation.
        """
        both = np.concatenate([self.heads[:, 1:], self.heads[:, :-1]]).astype(np.float64)
        return self._by_words(both, here, there)

    def of_words(self, weights: Floats, here: Sequence[Span], there: Sequence[Span]) -> Floats:
        """By words, ``(n_here, n_there)``: what the heads look at together.

        Args:
            weights: ``(2 * n_heads,)``, see `head_weights`.
            here: place of each word of the source.
            there: place of each word of the translation.
        """
        reading, writing = weights[: len(self.heads)], weights[len(self.heads) :]
        both = np.tensordot(reading, self.heads[:, 1:], 1) + np.tensordot(writing, self.heads[:, :-1], 1)
        words: Floats = self._by_words(both[None], here, there)[0]
        return words

    def _by_words(self, heads: Floats, here: Sequence[Span], there: Sequence[Span]) -> Floats:
        """The sum over the pieces of a source word, and the mean over those of a word of the translation."""
        source, target = _shares(self.source, here), _shares(self.target, there)
        target /= np.maximum(target.sum(0), 1e-9)
        words: Floats = source.T @ heads.transpose(0, 2, 1) @ target
        return words


def _shares(pieces: Sequence[Span], words: Sequence[Span]) -> Floats:
    """How much of each piece lies in each word, ``(n_pieces, n_words)``; a row sums to one, or to nothing."""
    shares = np.zeros((len(pieces), len(words)))
    first = 0
    for index, (start, end) in enumerate(pieces):
        while first < len(words) and words[first][1] <= start:
            first += 1
        place = first
        while place < len(words) and words[place][0] < end:
            shares[index, place] = min(end, words[place][1]) - max(start, words[place][0])
            place += 1
    shares /= np.maximum(shares.sum(1, keepdims=True), 1e-9)
    return shares


def head_weights(pairs: Iterable[tuple[Floats, Floats]], sure: float = 0.5) -> Floats | None:
    """How much each head is worth, ``(2 * n_heads,)``; None if none follows the words.

    Args:
        pairs: what the heads look at, `PieceAttention.of_heads`, and how likely the table links the same words.
        sure: from which likelihood a link counts.

    Returns:
        Weights that sum to one. Before that, 0.8 for a head that looks at the linked word in nine cases of ten, and
        nothing for one that does so in half of them or less.
    """
    n_links, hits = 0, np.zeros(0)
    for heads, likely in pairs:
        i, j = np.nonzero(likely >= sure)
        hits = (hits if len(hits) else np.zeros(len(heads))) + (heads[:, :, j].argmax(1) == i).sum(1)
        n_links += len(i)
    weights = np.maximum(0.0, np.round(2 * hits / max(1, n_links) - 1, 6))
    total = float(weights.sum())
    return np.divide(weights, total) if total else None


def seen_links(attention: Floats, likely: Floats) -> tuple[Link, ...]:
    """The words that are linked, ascending.

    Those that are likely enough; then a word of the translation with several words of the source that stand beside each
    other and have no link: those are what a name is cut into that no dictionary has, which is looked at as a whole, so
    that none of its parts gets enough; then each two without a link of which either is the other's likeliest.

    Args:
        attention: ``(n_source, n_target)``, neither 0, see `PieceAttention.of_words`.
        likely: the same of the table.
    """
    mixed: Floats = np.round(_ATTENTION * attention + (1 - _ATTENTION) * likely, 6)
    best_source, best_target = mixed.argmax(0).tolist(), mixed.argmax(1).tolist()
    is_likely = mixed >= _LINKED
    is_linked = is_likely.copy()
    for j in np.flatnonzero(~is_likely.any(0)).tolist():
        parts = _run(((mixed[:, j] >= _PART) & ~is_likely.any(1)).tolist(), best_source[j])
        if len(parts) > 1 and mixed[parts, j].sum() >= _LINKED:
            is_linked[parts, j] = True
    for j, i in enumerate(best_source):
        if mixed[i, j] >= _BEST and best_target[i] == j and not is_linked[i].any() and not is_linked[:, j].any():
            is_linked[i, j] = True
    return tuple((i, j) for i, j in np.argwhere(is_linked).tolist())


def _run(chosen: Sequence[bool], place: int) -> list[int]:
    """The places around one that are chosen, without a gap; none if it is not."""
    if not chosen[place]:
        return []
    start = end = place
    while start and chosen[start - 1]:
        start -= 1
    while end + 1 < len(chosen) and chosen[end + 1]:
        end += 1
    return list(range(start, end + 1))


@lru_cache(maxsize=1)
def sample_pairs() -> tuple[tuple[str, str], ...]:
    """Thirty plain pairs, Chinese and English, that heads are weighed by; written for this."""
    lines = _SAMPLE.read_text(encoding="utf-8").splitlines()
    return tuple((source, target) for source, target in (line.split("\t") for line in lines))
