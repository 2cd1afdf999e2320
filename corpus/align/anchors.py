"""The coarse pass: sentences that rare words join, and the band around a chain of them.

Each source sentence, by the words of its machine translation and the likeliest English of its terms, asks an index of
the target's rarer words for the few sentences that are most like it. The heaviest chain of such pairs that rises on
both sides is the coarse way: what is out of order, or stands on one side only, cannot pull it along. Time grows with
the number of words; the band is as wide as the chain is uncertain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.align.evidence import Bags, Evidence
from corpus.align.search import Band

__all__ = ["band_along", "coarse_band", "find_chain"]

_COMMONEST, _COMMONEST_OF_ALL = 40, 200
"""Sentences that a word may stand in to be looked up: a hundredth of all, but so many at least, and at most, lest each
sentence of a long text find more."""

_CANDIDATES = 4
"""Target sentences that are kept for each source sentence."""

_SURE = 0.3
"""Probability from which a term's English is looked up for it."""

_REACH = 12
"""Rows up and down whose links of the chain limit a row of the band."""

_SLACK = 12
"""Columns that the band is wider on either hand."""

_WIDEST = 400
"""Columns of a row where a long stretch has no link; about the diagonal of the stretch."""

_SMALL = 40_000
"""Places up to which every one is looked at: 200 by 200 sentences."""


def coarse_band(evidence: Evidence) -> Band:
    """The band in which two texts are to be aligned."""
    n_source, n_target = len(evidence.source), len(evidence.target)
    if n_source * n_target <= _SMALL:
        return Band.whole(n_source, n_target)
    return band_along(find_chain(_queries(evidence), evidence.target.words, evidence.n_words), n_source, n_target)


def _queries(evidence: Evidence) -> list[NDArray[np.int32]]:
    """The English words to look up for each source sentence."""
    forward = evidence.teaching.forward
    sure = forward.values >= _SURE
    queries = []
    for index in range(len(evidence.source)):
        terms = np.unique(evidence.terms.sentence(index))
        words = [evidence.source.words.sentence(index)]
        for term in terms.tolist():
            start, end = forward.starts[term], forward.starts[term + 1]
            words.append(forward.columns[start:end][sure[start:end]])
        queries.append(np.unique(np.concatenate(words)))
    return queries


def find_chain(queries: Sequence[NDArray[np.int32]], targets: Bags, n_words: int) -> NDArray[np.int64]:
    """The heaviest chain of like sentences, rising on both sides.

    Args:
        queries: distinct words of each source sentence.
        targets: words of the target sentences.
        n_words: ids are below it.

    Returns:
        ``(n_links, 2)``: source and target sentences.
    """
    n_target = len(targets.starts) - 1
    sentences = np.repeat(np.arange(n_target), np.diff(targets.starts))
    # A word twice in one sentence stands there once.
    cells = np.unique(targets.ids.astype(np.int64) * max(1, n_target) + sentences)
    words, holders = cells // max(1, n_target), cells % max(1, n_target)
    frequencies = np.bincount(words, minlength=n_words)
    starts = np.concatenate([[0], np.cumsum(frequencies)])
    weights = np.log((n_target + 1) / np.maximum(frequencies, 1))
    norms = np.sqrt(np.bincount(holders, weights[words] ** 2, minlength=n_target)) + 1e-9
    usable = (frequencies > 0) & (frequencies <= np.clip(n_target // 100, _COMMONEST, _COMMONEST_OF_ALL))
    chain = _Chain(n_target)
    for index, query in enumerate(queries):
        known = query[usable[query]]
        if len(known):
            found = np.concatenate([holders[starts[word] : starts[word + 1]] for word in known])
            gains = np.repeat(weights[known] ** 2, frequencies[known])
            columns, place = np.unique(found, return_inverse=True)
            likeness = np.bincount(place, gains) / norms[columns] / np.sqrt((weights[query] ** 2).sum() + 1e-9)
            best = np.lexsort((columns, -likeness))[:_CANDIDATES]
            chain.add(index, columns[best], likeness[best])
    return chain.heaviest()


class _Chain:
    """Weighted pairs, and the heaviest chain of them; a tree of best ends (Fenwick) keeps it at n log n."""

    def __init__(self, n_target: int) -> None:
        self._tree = [-1] * (n_target + 1)  # for each prefix of columns, in the manner of Fenwick, the best pair
        self._pairs: list[tuple[int, int, int]] = []  # row, column, the pair before
        self._weights: list[float] = []

    def add(self, row: int, columns: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
        """Add the pairs of a row; rows come in order."""
        fresh = []
        for column, weight in zip(columns.tolist(), weights.tolist(), strict=True):
            before = self._best(column)
            total = weight + (self._weights[before] if before >= 0 else 0.0)
            self._pairs.append((row, column, before))
            self._weights.append(total)
            fresh.append((column, len(self._pairs) - 1))
        for column, pair in fresh:  # after all of the row, so that none of them follows another
            self._enter(column, pair)

    def _best(self, n_columns: int) -> int:
        """The best pair in the first so many columns; -1 if there is none."""
        best = -1
        while n_columns:
            pair = self._tree[n_columns]
            if pair >= 0 and (best < 0 or self._weights[pair] > self._weights[best]):
                best = pair
            n_columns &= n_columns - 1
        return best

    def _enter(self, column: int, pair: int) -> None:
        node = column + 1
        while node < len(self._tree):
            known = self._tree[node]
            if known < 0 or self._weights[pair] > self._weights[known]:
                self._tree[node] = pair
            node += node & -node

    def heaviest(self) -> NDArray[np.int64]:
        """The heaviest chain, ``(n_links, 2)``."""
        pair = self._best(len(self._tree) - 1)
        links = []
        while pair >= 0:
            row, column, pair = self._pairs[pair]
            links.append((row, column))
        return np.array(links[::-1], np.int64).reshape(-1, 2)


def band_along(
    chain: NDArray[np.int64], n_source: int, n_target: int, *, reach: int = _REACH, slack: int = _SLACK
) -> Band:
    """The band around a chain of links.

    Args:
        chain: ``(n_links, 2)``, rising on both sides.
        n_source: sentences.
        n_target: sentences.
        reach: a row may go from the column of the chain so many rows above it to that so many rows below.
        slack: and so many columns further.
    """
    rows = np.concatenate([[-1], chain[:, 0], [n_source]])
    columns = np.concatenate([[-1], chain[:, 1], [n_target]])
    places = np.arange(n_source + 1)
    above = np.searchsorted(rows, places - reach, side="right") - 1
    below = np.searchsorted(rows, places + reach, side="left")
    above, below = np.maximum(above, 0), np.minimum(below, len(rows) - 1)
    low, high = columns[above] + 1 - slack, columns[below] + slack
    # Where nothing joins a long stretch on both sides, about its diagonal only.
    height, width = rows[below] - rows[above], columns[below] - columns[above]
    middle = columns[above] + width * (places - rows[above]) / np.maximum(1, height)
    half = np.maximum(_WIDEST // 2, 2 * width // np.maximum(1, height))
    empty = (high - low > _WIDEST) & (height > 4 * reach)
    low = np.where(empty, np.maximum(low, (middle - half).astype(np.int64)), low)
    high = np.where(empty, np.minimum(high, (middle + half).astype(np.int64)), high)
    return Band.around(low, high, n_target)
