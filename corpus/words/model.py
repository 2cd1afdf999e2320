"""Links between the words of one sentence and of its translation, or of many, by the table in the package."""

from __future__ import annotations

import gzip
import itertools
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.lexicon.counterparts import packaged_counterparts
from corpus.lexicon.word_table import WordTable, parse_table
from corpus.words.agreement import Posteriors, WordModel
from corpus.words.attention import PieceAttention, seen_links
from corpus.words.hmm import NOWHERE, Jumps
from corpus.words.links import Link, WordLinks
from corpus.words.tokens import Span, chinese_tokens, english_tokens
from corpus.words.training import Tokens, learn_words
from translate.text.numbers import Number, read_chinese, read_english

__all__ = ["MOST_CELLS", "align_pairs", "align_words", "learn_model", "likelihoods", "packaged_model", "packaged_words"]

_TABLE = Path(__file__).with_name("zh-en.words.gz")
_JUMPS = Path(__file__).with_name("zh-en.jumps.json")

MOST_CELLS = 1 << 22
"""Tokens of one side times tokens of the other, of all pairs that are looked at together: 250 MB of memory."""

_ROUNDS = 1
"""Of learning, where much is known before: more rounds of a small text confirm what it guessed."""


@lru_cache(maxsize=1)
def packaged_words() -> WordTable:
    """The table of words in the package (recipes/zh_en_words), by which Chinese is cut, too."""
    with gzip.open(_TABLE, "rt", encoding="utf-8") as lines:
        return parse_table(lines)


@lru_cache(maxsize=1)
def packaged_model() -> WordModel:
    """The model of the table in the package."""
    ways = json.loads(_JUMPS.read_text(encoding="utf-8"))
    forward, backward = (Jumps(np.array(ways[name]), NOWHERE) for name in ("forward", "back"))
    return WordModel.of(packaged_words(), forward, backward)


def align_words(source: str, target: str) -> WordLinks:
    """Link the words of a Chinese sentence and of its English translation, by the table in the package.

    Nothing is learnt and no model of translation is loaded; the same two texts give the same links everywhere. The
    first call reads the table (some tenths of a second), any other takes some milliseconds for a sentence of
    thirty words. It is meant for a sentence, or a few; time grows with the product of both lengths.

    Args:
        source: Chinese, Simplified or Traditional, as it stands: nothing is normalised, and offsets are into this text.
        target: English, the same.

    Returns:
        Tokens of both sides (`corpus.words.tokens` says what a token is) and the links between them. Either side may
        be empty; there are no links then. ``WordLinks.target_of(start, end)`` says which English a stretch of the
        Chinese became, ``source_of`` the other way round; both may say nothing, or several spans.
    """
    return next(align_pairs([(source, target)], packaged_model()))


def align_pairs(
    pairs: Sequence[tuple[str, str]],
    model: WordModel,
    attention: Iterable[PieceAttention | None] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> Iterator[WordLinks]:
    """Link the words of sentence pairs; the links of a pair do not depend on the others.

    A pair whose tokens make more than `MOST_CELLS` pairs of tokens (about 3,000 characters a side) has no links.

    Args:
        pairs: Chinese and English; some hundreds at a time are faster than one by one.
        model: what words become.
        attention: what a translator looks at, for each pair; None for a pair that goes by the model alone.
        weights: of its heads, see `corpus.words.attention.head_weights`.
    """
    seen = itertools.repeat(None) if attention is None or weights is None else attention
    for (here, there, found), pieces in zip(likelihoods(pairs, model), seen, strict=False):
        if pieces is None or weights is None or not found.there.size:
            links = found.links()
        else:
            links = seen_links(pieces.of_words(weights, here, there), found.both)
        yield WordLinks(tuple(here), tuple(there), links)


def likelihoods(
    pairs: Sequence[tuple[str, str]], model: WordModel
) -> Iterator[tuple[list[Span], list[Span], Posteriors]]:
    """The tokens of both sides of each pair, and how likely each two of them are linked; nothing if it is too long."""
    tokens = [tokens_of(source, target) for source, target in pairs]
    sizes = [len(here) * len(there) for here, there in tokens]
    start = 0
    while start < len(pairs):
        end, n_cells = start + 1, sizes[start]
        while end < len(pairs) and n_cells + sizes[end] <= MOST_CELLS:
            n_cells += sizes[end]
            end += 1
        yield from _likelihoods(pairs[start:end], tokens[start:end], model)
        start = end


def _likelihoods(
    pairs: Sequence[tuple[str, str]], tokens: Sequence[tuple[list[Span], list[Span]]], model: WordModel
) -> Iterator[tuple[list[Span], list[Span], Posteriors]]:
    """The same of so few pairs that all can be held at once."""
    if len(pairs) == 1 and len(tokens[0][0]) * len(tokens[0][1]) > MOST_CELLS:
        nothing = np.zeros((len(tokens[0][0]), 0))
        yield *tokens[0], Posteriors(nothing, nothing)
        return
    texts = _texts(pairs, tokens)
    sure = (_of_one_value(*pair, *spans) for pair, spans in zip(pairs, tokens, strict=True))
    for (here, there), found in zip(tokens, model.agreements(model.look_up(texts, sure)), strict=True):
        yield here, there, found


def learn_model(pairs: Sequence[tuple[str, str]], on_round: Callable[[int], None] | None = None) -> WordModel:
    """The model of the package, with what sentence pairs teach.

    Args:
        pairs: Chinese and English; all are held in memory, a pair of thirty words takes some kilobytes.
        on_round: told the number of each round when it is done.
    """
    model = packaged_model()
    return learn_words(_texts(pairs), model, n_rounds=_ROUNDS, on_round=on_round)


def tokens_of(source: str, target: str) -> tuple[list[Span], list[Span]]:
    """The tokens of both sides; Traditional characters are cut as the Simplified ones that they stand for."""
    return chinese_tokens(packaged_counterparts().simplify(source), packaged_words().cut), english_tokens(target)


def _texts(
    pairs: Sequence[tuple[str, str]], spans: Sequence[tuple[Sequence[Span], Sequence[Span]]] | None = None
) -> list[Tokens]:
    """The tokens of pairs as texts, the Chinese ones in Simplified characters, of which there are as many."""
    simplify = packaged_counterparts().simplify
    spans = [tokens_of(source, target) for source, target in pairs] if spans is None else spans
    texts: list[Tokens] = []
    for (source, target), (here, there) in zip(pairs, spans, strict=True):
        simplified = simplify(source)
        texts.append(([simplified[a:b] for a, b in here], [target[a:b] for a, b in there]))
    return texts


def _of_one_value(source: str, target: str, here: Sequence[Span], there: Sequence[Span]) -> list[Link]:
    """The tokens of numbers that mean the same: 3.5亿 and 350 million."""
    others = [(frozenset(other.values), _within(there, other)) for other in read_english(target)]
    numbers = [(number.values, _within(here, number)) for number in read_chinese(source)] if others else []
    return [
        (i, j)
        for values, here_in in numbers
        for other_values, there_in in others
        if not other_values.isdisjoint(values)
        for i in here_in
        for j in there_in
    ]


def _within(tokens: Sequence[Span], number: Number) -> range:
    """The tokens, ascending and disjoint, that share a character with a number."""
    return range(
        bisect_right(tokens, number.start, key=itemgetter(1)), bisect_left(tokens, number.end, key=itemgetter(0))
    )
