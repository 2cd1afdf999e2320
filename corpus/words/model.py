"""Links between the words of one sentence and of its translation, or of many, by the table in the package."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from corpus.lexicon.counterparts import packaged_counterparts
from corpus.lexicon.word_table import WordTable, parse_table
from corpus.words.agreement import WordModel
from corpus.words.hmm import NOWHERE, Jumps
from corpus.words.links import Link, WordLinks
from corpus.words.tokens import Span, chinese_tokens, english_tokens
from corpus.words.training import Tokens, learn_words
from translate.text.numbers import Number, read_chinese, read_english

__all__ = ["align_pairs", "align_words", "learn_model", "packaged_model", "packaged_words"]

_TABLE = Path(__file__).with_name("zh-en.words.gz")
_JUMPS = Path(__file__).with_name("zh-en.jumps.json")

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


def align_pairs(pairs: Sequence[tuple[str, str]], model: WordModel) -> Iterator[WordLinks]:
    """Link the words of sentence pairs; the links of a pair do not depend on the others.

    Args:
        pairs: Chinese and English; some hundreds at a time are faster than one by one, and what is known of all of
            them is held at once.
        model: what words become.
    """
    tokens = [tokens_of(source, target) for source, target in pairs]
    texts = _texts(pairs, tokens)
    sure = (_of_one_value(*pair, *spans) for pair, spans in zip(pairs, tokens, strict=True))
    for (here, there), found in zip(tokens, model.agreements(model.look_up(texts, sure)), strict=True):
        yield WordLinks(tuple(here), tuple(there), found.links())


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
    return [
        (i, j)
        for number, other in _equal(read_chinese(source), read_english(target))
        for i in _within(here, number)
        for j in _within(there, other)
    ]


def _equal(numbers: Sequence[Number], others: Sequence[Number]) -> Iterator[tuple[Number, Number]]:
    for number in numbers:
        for other in others:
            if not set(number.values).isdisjoint(other.values):
                yield number, other


def _within(tokens: Sequence[Span], number: Number) -> Iterator[int]:
    return (index for index, (start, end) in enumerate(tokens) if start < number.end and number.start < end)
