"""What makes the links of one sentence pair: a table of words, and how far one word follows the other.

From source to target and from target to source, each by a hidden Markov model (`corpus.words.hmm`), which knows of each
token what the table says that it becomes; a token that stands on the other side as it is, a number of the same value,
and a mark that answers a mark need no table. Two tokens are linked if both ways together say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.lexicon.counterparts import packaged_counterparts
from corpus.lexicon.stems import english_stems
from corpus.lexicon.word_table import WordTable, packaged_table
from corpus.words.hmm import FARTHEST, Jumps, posteriors
from corpus.words.links import Link, WordLinks
from corpus.words.tokens import chinese_tokens, english_tokens, folded
from translate.text.numbers import Number, read_chinese, read_english

__all__ = ["WordModel", "align_words", "packaged_model"]

_PRIOR = 1.0
"""How many occurrences what is known of no word in particular weighs."""

_SAME = 0.8
"""How likely a token becomes one that is the same, of the same value, or the mark that answers it."""

_LINKED = 0.25
"""From which geometric mean of both ways on two tokens are linked."""

_MARKS = {
    ",": "、", ".": "。", "...": ".", "—": "-–", "-": "–—~·", "[": "【", "]": "】", "~": "-",
    '"': "“”「」《》", "'": "‘’『』", "“": "「『《", "”": "」』》", "‘": "『「", "’": "』」",
}  # fmt: skip
"""Marks that answer each other, as `folded` has them; the same mark on both sides answers itself."""
_ANSWERS = {pair for mark, others in _MARKS.items() for other in others for pair in ((mark, other), (other, mark))}


@dataclass(frozen=True)
class WordModel:
    """A table of words as probabilities, and the ways from word to word.

    Attributes:
        table: of Chinese words and English stems.
        forward: jumps in the Chinese from one English word to the next.
        backward: jumps in the English from one Chinese word to the next.
    """

    table: WordTable
    forward: Jumps
    backward: Jumps

    @cached_property
    def _words(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.table.terms)}

    @cached_property
    def _stems(self) -> dict[str, int]:
        return {stem: index for index, stem in enumerate(self.table.stems)}

    @cached_property
    def _cells(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The pairs of the table as numbers, ascending, and their counts."""
        lexicon = self.table.lexicon
        keys = lexicon.source.astype(np.int64) * len(self.table.stems) + lexicon.target
        order = np.argsort(keys, kind="stable")
        return keys[order], lexicon.counts[order]

    @cached_property
    def _seen(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How often each word and each stem is in the table, and last one that is not."""
        lexicon = self.table.lexicon
        words = np.bincount(lexicon.source, lexicon.counts, minlength=len(self.table.terms) + 1)
        stems = np.bincount(lexicon.target, lexicon.counts, minlength=len(self.table.stems) + 1)
        return words.astype(np.float64), stems.astype(np.float64)

    def align(self, source: str, target: str) -> WordLinks:
        """Link the words of a sentence and of its translation; see `align_words`."""
        simplified = packaged_counterparts().simplify(source)  # a character for a character
        here = tuple(chinese_tokens(simplified, self.table.cut))
        there = tuple(english_tokens(target))
        if not here or not there:
            return WordLinks(here, there, ())
        words = [folded(simplified[start:end]) for start, end in here]
        english = [folded(target[start:end]) for start, end in there]
        sure = _sure(words, english) | _of_one_value(read_chinese(source), here, read_english(target), there)
        return WordLinks(here, there, self._links(words, english, sure))

    def _links(self, words: Sequence[str], english: Sequence[str], sure: set[Link]) -> tuple[Link, ...]:
        to_english, to_chinese, of_words, of_stems = self._chances(words, english)
        for i, j in sure:
            to_english[i, j] = max(to_english[i, j], _SAME)
            to_chinese[i, j] = max(to_chinese[i, j], _SAME)
        there, _ = posteriors(to_english.T[None], of_stems[None], np.array([len(english)]), self.forward)
        back, _ = posteriors(to_chinese[None], of_words[None], np.array([len(words)]), self.backward)
        both = np.round(np.sqrt(there[0].T * back[0]), 6)
        return tuple((int(i), int(j)) for i, j in np.argwhere(both >= _LINKED))

    def _chances(
        self, words: Sequence[str], english: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """How likely each word becomes each stem, and each stem each word, ``(n_words, n_english)`` both.

        And how likely each word, and each stem, is by itself.
        """
        keys, counts = self._cells
        seen_words, seen_stems = self._seen
        n = len(self.table.stems)
        rows = np.array([self._words.get(word, -1) for word in words])
        columns = np.array([self._stems.get(stem_of(token), -1) for token in english])
        wanted = rows[:, None] * n + columns[None, :]
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        known = (keys[places] == wanted) & (rows >= 0)[:, None] & (columns >= 0)[None, :]
        found = np.where(known, counts[places], 0.0)
        here, there = seen_words[rows], seen_stems[columns]
        total = float(seen_words.sum()) + 1.0
        of_words, of_stems = (here + 0.5) / total, (there + 0.5) / total
        to_english = (found + _PRIOR * of_stems[None, :]) / (here[:, None] + _PRIOR)
        to_chinese = (found + _PRIOR * of_words[:, None]) / (there[None, :] + _PRIOR)
        return to_english, to_chinese, of_words, of_stems


def stem_of(token: str) -> str:
    """A token of the English side as the table has it: its stem, or itself where it has none."""
    stems = english_stems(token)
    return stems[0] if len(stems) == 1 else token


def _sure(words: Sequence[str], english: Sequence[str]) -> set[Link]:
    """The tokens that are the same on both sides, and the marks that answer each other."""
    return {
        (i, j)
        for i, word in enumerate(words)
        for j, token in enumerate(english)
        if word == token or (word, token) in _ANSWERS
    }


def _of_one_value(
    numbers: Sequence[Number],
    here: Sequence[tuple[int, int]],
    others: Sequence[Number],
    there: Sequence[tuple[int, int]],
) -> set[Link]:
    """The tokens of numbers that mean the same: 3.5亿 and 350 million."""
    return {
        (i, j)
        for number in numbers
        for other in others
        if not set(number.values).isdisjoint(other.values)
        for i, (start, end) in enumerate(here)
        if number.start < end and start < number.end
        for j, (first, last) in enumerate(there)
        if other.start < last and first < other.end
    }


@lru_cache(maxsize=1)
def packaged_model() -> WordModel:
    """The model of the table in the package."""
    jumps = np.exp(-np.abs(np.arange(-FARTHEST, FARTHEST + 1) - 1) / 2.0) + 0.03
    return WordModel(packaged_table(), Jumps(jumps, 0.2), Jumps(jumps, 0.2))


def align_words(source: str, target: str) -> WordLinks:
    """Link the words of a Chinese sentence and of its English translation, by the table in the package.

    Nothing is learnt and no model of translation is loaded; the same two texts give the same links everywhere. The
    first call reads the table (some tenths of a second), any other takes a millisecond or two for a sentence of
    thirty words. It is meant for a sentence, or a few; time grows with the product of both lengths.

    Args:
        source: Chinese, Simplified or Traditional, as it stands: nothing is normalised, and offsets are into this text.
        target: English, the same.

    Returns:
        Tokens of both sides (`corpus.words.tokens` says what a token is) and the links between them. Either side may
        be empty; there are no links then. ``WordLinks.target_of(start, end)`` says which English a stretch of the
        Chinese became, ``source_of`` the other way round; both may say nothing, or several spans.
    """
    return packaged_model().align(source, target)
