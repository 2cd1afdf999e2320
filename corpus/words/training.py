"""What a bitext teaches of its words: the table, and the ways from word to word.

First IBM Model 1 (`corpus.lexicon.model1`), then some rounds in which both ways are gone through with what was learnt
before, and what both agree on is counted: the product of their posteriors, as in Liang, Taskar and Klein (2006,
https://aclanthology.org/N06-1014). So the table is one for both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.lexicon.model1 import learn
from corpus.words.agreement import TokenPairs, WordModel, chinese_key, english_key
from corpus.words.counts import WordCounts
from corpus.words.hmm import FARTHEST, NOWHERE, Jumps

__all__ = ["learn_words"]

_LONGEST = 60
"""Pairs with a side of more tokens teach nothing: most of their places are wrong ones."""

_LEAST = 0.005
"""Posteriors from which two tokens count."""

_BEFORE = 100.0
"""How many jumps weigh as much as what was known of jumps in the round before."""

_WINDOW = 1 << 15
"""Pairs of which the posteriors are held at once."""

Tokens = tuple[Sequence[str], Sequence[str]]


def learn_words(
    pairs: Sequence[Tokens],
    known: WordModel | None = None,
    *,
    n_rounds: int = 3,
    on_round: Callable[[int], None] | None = None,
) -> WordModel:
    """Learn a model from sentence pairs.

    Args:
        pairs: tokens of both sides.
        known: a model whose counts are added to what the pairs teach, and whose jumps are where learning begins.
        n_rounds: after those of Model 1.
        on_round: told the number of each round when it is done.
    """
    pairs = [pair for pair in pairs if 0 < len(pair[0]) <= _LONGEST and 0 < len(pair[1]) <= _LONGEST]
    words, stems = (dict(known.words), dict(known.stems)) if known is not None else ({}, {})
    for chinese, english in pairs:
        for token in chinese:
            words.setdefault(chinese_key(token), len(words))
        for token in english:
            stems.setdefault(english_key(token), len(stems))
    forward, backward = (known.forward, known.backward) if known is not None else (first_jumps(), first_jumps())
    model = WordModel.counted(words, stems, _nothing(), forward, backward)
    bitext = model.look_up(pairs)
    first = learn(bitext.sources, bitext.targets, n_rounds=4, least=0.002, longest=_LONGEST)
    keys = first.source.astype(np.int64) * len(stems) + first.target
    model = WordModel.counted(words, stems, _summed([(keys, first.counts)], model, known), forward, backward)
    for number in range(n_rounds):
        model = _round(model, bitext, known)
        if on_round is not None:
            on_round(number)
    return model


def first_jumps() -> Jumps:
    """Before anything is learnt: one word on is likeliest, and far jumps are not rare."""
    return Jumps(np.exp(-np.abs(np.arange(-FARTHEST, FARTHEST + 1) - 1) / 2.0) + 0.03, NOWHERE)


def _nothing() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return np.empty(0, np.int64), np.empty(0, np.float64)


def _round(model: WordModel, bitext: TokenPairs, known: WordModel | None) -> WordModel:
    ways = [_BEFORE * way.chances / way.chances.sum() for way in (model.forward, model.backward)]
    parts = []
    for start in range(0, len(bitext), _WINDOW):
        end = start + _WINDOW
        some = TokenPairs(bitext.sources[start:end], bitext.targets[start:end], bitext.sure[start:end])
        there = {}
        for index, found, jumped in model.ways(some, backward=False):
            there[index] = found
            ways[0] += jumped
        parts.append(_agreed(model, some, there, ways[1]))
    forward, backward = (Jumps(way / way.sum(), model.forward.nowhere) for way in ways)
    return WordModel.counted(model.words, model.stems, _summed(parts, model, known), forward, backward)


def _agreed(
    model: WordModel, bitext: TokenPairs, there: dict[int, NDArray[np.float64]], ways: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What both ways agree on in some pairs, by key; the jumps of the way back are added to ``ways``."""
    keys, values = [], []
    for index, found, jumped in model.ways(bitext, backward=True):
        ways += jumped
        both = np.round(there[index] * found, 6)
        i, j = np.nonzero(both >= _LEAST)
        keys.append(bitext.sources[index][i] * len(model.stems) + bitext.targets[index][j])
        values.append(both[i, j])
    summed = WordCounts.of(np.concatenate(keys), np.concatenate(values), len(model.words), len(model.stems))
    return summed.keys, summed.values


def _summed(
    parts: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], model: WordModel, known: WordModel | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts of parts, and those that were known, under the ids of a model."""
    if known is not None:
        # Its keys are of fewer stems.
        counts = known.counts
        keys = counts.keys // counts.n_targets * len(model.stems) + counts.keys % counts.n_targets
        parts = [*parts, (keys, counts.values)]
    keys, values = (np.concatenate(side) for side in zip(*parts, strict=True))
    summed = WordCounts.of(keys, values, len(model.words), len(model.stems))
    return summed.keys, summed.values
