"""A table of word translations, learnt from a bitext.

IBM Model 1 (Brown et al. 1993, section 4.1, https://aclanthology.org/J93-2003): every target token comes from one
source token of its pair, or from the empty word that each source has besides, whatever their order. Expectation
maximisation finds how likely each source token becomes each target token.

The tokens that stand together in some pair are many (200,000 pairs of 30 tokens: 200 million places), so they are
never laid out at once. The source tokens are gone through in blocks; a block finds the places of its tokens, shares
each target token out by what all source tokens of the pair claimed of it in the round before, and adds its own new
claims for the next round. What stays between rounds are the counts that are not zero, 12 bytes each, and the sum of
the claims on each target token. (The original keeps the whole table, and goes through pairs.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Lexicon", "learn"]

_PLACES = 1 << 21
"""Places in a block; with what is computed of them some 100 MB."""

_CELLS = 1 << 21
"""Cells, source tokens times target tokens, in a block: 16 MB a number for each."""

_DENSE = 4
"""A block of more cells than so many for each place is numbered anew: sorting is dearer than a table that is full."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Expected counts of token translations, ``(n_entries,)`` each, by source and then by target.

    Attributes:
        source: ids.
        target: ids.
        counts: how often the source token became the target token, as the model sees it; above 0.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    counts: NDArray[np.float64]

    def chances(self) -> NDArray[np.float64]:
        """Probability that the source token becomes the target token, if it is one of these: ``(n_entries,)``."""
        chances: NDArray[np.float64] = self.counts / np.bincount(self.source, weights=self.counts)[self.source]
        return chances


def learn(
    sources: Sequence[ArrayLike],
    targets: Sequence[ArrayLike],
    *,
    n_rounds: int = 5,
    longest: int = 100,
    least: float = 0.0,
    n_places: int = _PLACES,
) -> Lexicon:
    """Learn a table from pairs.

    Args:
        sources: source ids of each pair, without an end of sentence, which is translated by itself.
        targets: the same of the targets.
        n_rounds: of expectation maximisation.
        longest: pairs with a side of more tokens, or of none, are left out.
        least: translations of a lower probability are left out of the table. Most are far below one in a thousand.
        n_places: pairs of tokens in a block, if it is of more than one source token; the result does not depend on it.

    Returns:
        The table; without entries when there are no pairs. The empty word has no entries.
    """
    pairs = [
        (source, target)
        for source, target in zip(map(_ids, sources), map(_ids, targets), strict=True)
        if 0 < len(source) <= longest and 0 < len(target) <= longest
    ]
    if not pairs:
        return Lexicon(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
    bitext = _Bitext([source for source, _ in pairs], [target for _, target in pairs])
    blocks = list(bitext.blocks(n_places))
    claims = bitext.first_claims()
    for _ in range(n_rounds):
        fresh = np.zeros_like(claims)
        for block in blocks:
            bitext.count(block, claims, fresh)
        claims = fresh
    parts = list(zip(*(bitext.entries(block, least) for block in blocks), strict=True))
    source, target, counts = (np.concatenate(part) for part in parts)
    first = int(np.searchsorted(source, 0))  # before it stands the empty word
    return Lexicon(source[first:], target[first:], counts[first:])


def _ids(tokens: ArrayLike) -> NDArray[np.int32]:
    return np.asarray(tokens, dtype=np.int32)


@dataclass(slots=True)
class _Tokens:
    """Some source tokens, one after the other, and what is known of their translations.

    Attributes:
        tokens: their ids, ascending; -1 is the empty word.
        sizes: in how many places of sources each of them stands.
        first: the first of these places, in the order of `_Bitext.pairs`.
        cells: ``place of the source token in the block * n_targets + number of the target token``, ascending.
        counts: of each entry.
    """

    tokens: NDArray[np.int32]
    sizes: NDArray[np.int64]
    first: int
    cells: NDArray[np.int32]
    counts: NDArray[np.float64]


class _Bitext:
    """Pairs, laid out by source token.

    Args:
        sources: ids of each pair.
        targets: ids of each pair.

    Attributes:
        n_targets: different target tokens, which are numbered in the order of their ids.
        pairs: the pair of every source token there is, the empty ones included, in the order of the tokens.
    """

    def __init__(self, sources: Sequence[NDArray[np.int32]], targets: Sequence[NDArray[np.int32]]) -> None:
        # Numbers of 4 bytes: there are as many as there are places, and more than 2 billion would not fit anyway.
        everyone = np.arange(len(sources), dtype=np.int32)
        self._n_sources = np.array([len(source) for source in sources])
        self._lengths = np.array([len(target) for target in targets])
        self._starts = np.cumsum(self._lengths) - self._lengths
        self._target_ids, numbers = np.unique(np.concatenate(targets), return_inverse=True)
        self._targets, self.n_targets = numbers.astype(np.int32), len(self._target_ids)
        tokens = np.concatenate([np.full(len(sources), -1, np.int32), *sources])
        pairs = np.concatenate([everyone, np.repeat(everyone, self._n_sources)])
        order = np.argsort(tokens, kind="stable")
        self.pairs = pairs[order]
        self._tokens, self._sizes = np.unique(tokens, return_counts=True)

    def blocks(self, n_places: int) -> Iterator[_Tokens]:
        """Cut the source tokens into blocks of so many pairs of tokens, but at least one source token each."""
        firsts = np.cumsum(self._sizes) - self._sizes
        places = np.add.reduceat(self._lengths[self.pairs], firsts)
        most = max(1, _CELLS // self.n_targets)
        start = total = 0
        for end in range(1, len(self._tokens) + 1):
            total += int(places[end - 1])
            if end == len(self._tokens) or total + places[end] > n_places or end - start == most:
                nothing = np.empty(0, np.int32), np.empty(0)
                yield _Tokens(self._tokens[start:end], self._sizes[start:end], int(firsts[start]), *nothing)
                start, total = end, 0

    def first_claims(self) -> NDArray[np.float64]:
        """Claims on each target token when each source token of its pair, and the empty one, claims all of it."""
        return np.repeat(self._n_sources + 1.0, self._lengths)

    def count(self, block: _Tokens, claims: NDArray[np.float64], fresh: NDArray[np.float64]) -> None:
        """One round for the tokens of a block.

        Args:
            block: its counts become those of this round.
            claims: ``(n_target_tokens,)``, the sum over the source tokens of the pair of their probability of becoming
                that target token, of the round before.
            fresh: the same of this round, to which the block's are added.
        """
        cells, places = self._places(block)
        known, cells = _compact(cells, len(block.tokens) * self.n_targets)
        share = 1.0 / claims[places]
        if len(block.cells):  # in the first round everything is as likely as everything else
            share *= self._spread(block, known)[cells]
        counts = np.bincount(cells, weights=share, minlength=len(known))
        found = np.flatnonzero(counts)
        block.cells, block.counts = known[found], counts[found].astype(np.float64, copy=False)
        np.add.at(fresh, places, self._spread(block, known)[cells])

    def _places(self, block: _Tokens) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Every target token that stands in a pair with a source token of the block.

        Returns:
            The cell of the two in the block, and the target token's place among all, ``(n_places,)`` each.
        """
        pairs = self.pairs[block.first : block.first + int(block.sizes.sum())]
        lengths = self._lengths[pairs]
        before = np.cumsum(lengths) - lengths
        places = np.arange(int(lengths.sum()), dtype=np.int32)
        places += np.repeat((self._starts[pairs] - before).astype(np.int32), lengths)
        rows = np.arange(len(block.tokens), dtype=np.int32) * np.int32(self.n_targets)
        cells = np.repeat(np.repeat(rows, block.sizes), lengths)
        cells += self._targets[places]
        return cells, places

    def _spread(self, block: _Tokens, known: NDArray[np.int32]) -> NDArray[np.float64]:
        """Probability of the known cells of the block, ``(n_known,)``."""
        chances = np.zeros(len(known))
        chances[np.searchsorted(known, block.cells)] = self._chances(block)
        return chances

    def _chances(self, block: _Tokens) -> NDArray[np.float64]:
        local = block.cells // self.n_targets
        chances: NDArray[np.float64] = block.counts / np.bincount(local, weights=block.counts)[local]
        return chances

    def entries(self, block: _Tokens, least: float) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """Source ids, target ids and counts of a block, but for those of a probability below ``least``."""
        likely = self._chances(block) >= least
        cells = block.cells[likely]
        source, target = block.tokens[cells // self.n_targets], self._target_ids[cells % self.n_targets]
        return source, target, block.counts[likely]


def _compact(cells: NDArray[np.int32], n_cells: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number the cells that occur, where those are few of all: most words of a long text are rare.

    Returns:
        The cells that may occur, ascending, and the place of each of ``cells`` among them.
    """
    if _DENSE * len(cells) >= n_cells:
        return np.arange(n_cells, dtype=np.int32), cells
    known, places = np.unique(cells, return_inverse=True)
    return known, places.astype(np.int32)
