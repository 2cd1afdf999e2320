"""What makes the links of sentence pairs: a table of words, and how far one word follows the other.

From source to target and from target to source, each by a hidden Markov model (`corpus.words.hmm`), which knows of each
token what the table says that it becomes; a token that stands on the other side as it is, a number of the same value,
and a mark that answers a mark need no table. Two tokens are linked if both ways together say so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from corpus.lexicon.stems import FUNCTION_STEMS, english_stems
from corpus.lexicon.word_table import WordTable
from corpus.words.counts import WordCounts
from corpus.words.hmm import Jumps, posteriors
from corpus.words.links import Link
from corpus.words.tokens import folded

__all__ = ["Posteriors", "TokenPairs", "WordModel", "chinese_key", "english_key"]

_SAME = 0.8
"""How likely a token becomes one that is the same, of the same value, or the mark that answers it."""

_LINKED = 0.5
"""From which geometric mean of both ways on two tokens are linked."""

_BESIDE = 0.2
"""From which they are linked if either has no link, and what it would be linked with stands beside it or has none."""

_UNLIKE = 1e-4
"""How likely a mark becomes a word, or a word a mark, beside what would be likely if neither were known."""

_MARK_SEEN = 1000.0
"""How often a mark that no table counts is taken to have become itself."""

_SELDOM = 0.03
"""How often a content word comes from nowhere, beside a function word or a mark."""

_TOGETHER = 256
"""Sentence pairs whose likelihoods are laid out at once …"""

_CELLS = 1 << 20
"""… and how many likelihoods, tokens of the one side times tokens of the other, where pairs are long."""

_HAS_LETTER = re.compile(r"[^\W_]")

_MARKS = {
    ",": "、", ".": "。", "...": ".", "—": "-–", "-": "–—~·", "[": "【", "]": "】", "~": "-",
    '"': "“”「」《》", "'": "‘’『』", "“": "「『《", "”": "」』》", "‘": "『「", "’": "』」",
}  # fmt: skip
"""Marks that answer each other, as `folded` has them; the same mark on both sides answers itself."""
_ANSWERS = {pair for mark, others in _MARKS.items() for other in others for pair in ((mark, other), (other, mark))}
_ANSWERING: dict[str, list[str]] = defaultdict(list)
for _mark, _other in sorted(_ANSWERS):
    _ANSWERING[_mark].append(_other)

Floats = NDArray[np.float64]


def chinese_key(token: str) -> str:
    """What a token of the Chinese side is looked up by."""
    return folded(token)


def english_key(token: str) -> str:
    """What a token of the English side is looked up by: its stem, or itself where it has none."""
    token = folded(token)
    stems = english_stems(token)
    return stems[0] if len(stems) == 1 else token


@dataclass(frozen=True, slots=True)
class TokenPairs:
    """Sentence pairs as ids of words.

    Attributes:
        sources: ids of each sentence; -1 for what is not known.
        targets: the same of the translations.
        sure: of each pair the tokens that answer each other whatever the table says.
    """

    sources: Sequence[NDArray[np.int64]]
    targets: Sequence[NDArray[np.int64]]
    sure: Sequence[Sequence[Link]]

    def __len__(self) -> int:
        return len(self.sources)


@dataclass(frozen=True, slots=True)
class Posteriors:
    """What both ways say of a sentence pair, ``(n_source, n_target)`` both.

    Attributes:
        there: how likely each target token comes from each source token.
        back: how likely each source token comes from each target token.
    """

    there: Floats
    back: Floats

    @property
    def both(self) -> Floats:
        """Their geometric mean, to six decimals, so that the last bits of a processor decide nothing."""
        return np.round(np.sqrt(self.there * self.back), 6).astype(np.float64)

    def links(self) -> tuple[Link, ...]:
        """The tokens that are linked.

        First those on which both ways agree; then, the likeliest first, those between two tokens that have no link, or
        between one that has none and one whose link is with its neighbour: as grow-diag-final grows (Koehn, Och and
        Marcu 2003, https://aclanthology.org/N03-1017), but by what is likely, and never beyond.
        """
        both = self.both
        found = {(i, j) for i, j in np.argwhere(both >= _LINKED).tolist()}
        sources, targets = {i for i, _ in found}, {j for _, j in found}
        further = np.argwhere((both >= _BESIDE) & (both < _LINKED)).tolist()
        for i, j in sorted(further, key=lambda link: (-both[link[0], link[1]], link)):
            is_new = (i not in sources, j not in targets)
            beside = {(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)}
            if all(is_new) or (any(is_new) and not found.isdisjoint(beside)):
                found.add((i, j))
                sources.add(i)
                targets.add(j)
        return tuple(sorted(found))


@dataclass(frozen=True)
class WordModel:
    """A table of words, and the ways from word to word.

    Attributes:
        words: ids of Chinese words.
        stems: ids of English words.
        counts: what they become.
        forward: jumps in the Chinese from one English word to the next.
        backward: jumps in the English from one Chinese word to the next.
        word_from_nowhere: ``(n_words + 1,)``, how often each word comes from nowhere, beside a function word; last
            one that is not known.
        stem_from_nowhere: ``(n_stems + 1,)``, the same of stems.
        word_is_mark: ``(n_words + 1,)``, whether it is none but marks; last one that is not known.
        stem_is_mark: ``(n_stems + 1,)``.
    """

    words: dict[str, int]
    stems: dict[str, int]
    counts: WordCounts
    forward: Jumps
    backward: Jumps
    word_from_nowhere: Floats
    stem_from_nowhere: Floats
    word_is_mark: NDArray[np.bool_]
    stem_is_mark: NDArray[np.bool_]

    @classmethod
    def of(cls, table: WordTable, forward: Jumps, backward: Jumps) -> Self:
        """The model of a table, which need not have the marks that are the same on both sides."""
        words = {word: index for index, word in enumerate(table.terms)}
        stems = {stem: index for index, stem in enumerate(table.stems)}
        marks = [stem for stem in stems if not _HAS_LETTER.search(stem) and stem not in words]
        words |= {mark: len(words) + index for index, mark in enumerate(marks)}
        same = np.array([words[mark] * len(stems) + stems[mark] for mark in marks], np.int64)
        keys = table.lexicon.source.astype(np.int64) * len(stems) + table.lexicon.target
        counts = np.append(table.lexicon.counts, np.full(len(same), _MARK_SEEN))
        return cls.counted(words, stems, (np.append(keys, same), counts), forward, backward)

    @classmethod
    def counted(
        cls,
        words: dict[str, int],
        stems: dict[str, int],
        counts: tuple[NDArray[np.int64], Floats],
        forward: Jumps,
        backward: Jumps,
    ) -> Self:
        """The model of counts, keys and values; those of a word that became a mark, or a mark a word, are left out."""
        keys, values = counts
        are_marks = [np.array([not _HAS_LETTER.search(name) for name in names], bool) for names in (words, stems)]
        kept = are_marks[0][keys // len(stems)] == are_marks[1][keys % len(stems)]
        found = WordCounts.of(keys[kept], values[kept], len(words), len(stems))
        is_function = np.array([stem in FUNCTION_STEMS for stem in stems], bool)
        shares = np.bincount(keys // len(stems), values * is_function[keys % len(stems)], minlength=len(words))
        is_function_word = shares > 0.5 * found.sources[:-1]
        seldom = [
            np.append(np.where(often | marks, 1.0, _SELDOM), _SELDOM)
            for often, marks in zip((is_function_word, is_function), are_marks, strict=True)
        ]
        return cls(words, stems, found, forward, backward, *seldom, *(np.append(marks, False) for marks in are_marks))

    def look_up(
        self, pairs: Iterable[tuple[Sequence[str], Sequence[str]]], sure: Iterable[Iterable[Link]] | None = None
    ) -> TokenPairs:
        """Look up the tokens of sentence pairs.

        Args:
            pairs: tokens of both sides, as they stand in the text.
            sure: of each pair links that are known besides those of equal tokens and of marks.
        """
        sources, targets, links = [], [], []
        further = iter(sure) if sure is not None else None
        for chinese, english in pairs:
            here, there = list(map(folded, chinese)), list(map(folded, english))
            sources.append(np.array([self.words.get(token, -1) for token in here], np.int64))
            targets.append(np.array([self.stems.get(english_key(token), -1) for token in there], np.int64))
            links.append([*_answers(here, there), *(next(further) if further is not None else ())])
        return TokenPairs(sources, targets, links)

    def agreements(self, bitext: TokenPairs) -> Iterator[Posteriors]:
        """What both ways say of each pair, in order; of a pair with an empty side too. All are held at once."""
        there: list[Floats | None] = [None] * len(bitext)
        back: list[Floats | None] = [None] * len(bitext)
        for index, found, _ in self.ways(bitext, backward=False, count=False):
            there[index] = found
        for index, found, _ in self.ways(bitext, backward=True, count=False):
            back[index] = found
        for source, target, one, other in zip(bitext.sources, bitext.targets, there, back, strict=True):
            nothing = np.zeros((len(source), len(target)))
            yield Posteriors(nothing if one is None else one, nothing if other is None else other)

    def ways(self, bitext: TokenPairs, *, backward: bool, count: bool = True) -> Iterator[tuple[int, Floats, Floats]]:
        """One of the two ways over all pairs of which neither side is empty, in no order.

        Args:
            bitext: the pairs.
            backward: which of the two.
            count: whether jumps are counted.

        Yields:
            The number of the pair, ``(n_source, n_target)`` posteriors, and the expected jumps of the pairs that were
            looked at with it, once; zeros with the others.
        """
        groups: dict[int, list[int]] = defaultdict(list)
        for index, (source, target) in enumerate(zip(bitext.sources, bitext.targets, strict=True)):
            if len(source) and len(target):
                groups[len(target if backward else source)].append(index)
        for _, members in sorted(groups.items()):
            members.sort(key=lambda index: len(bitext.sources[index]) + len(bitext.targets[index]))
            n_cells = max(len(bitext.sources[index]) * len(bitext.targets[index]) for index in members)
            n_together = max(1, min(_TOGETHER, _CELLS // n_cells))
            for start in range(0, len(members), n_together):
                some = members[start : start + n_together]
                yield from self._together(bitext, some, backward=backward, count=count)

    def _together(
        self, bitext: TokenPairs, members: Sequence[int], *, backward: bool, count: bool
    ) -> Iterator[tuple[int, Floats, Floats]]:
        sources = _rows([bitext.sources[index] for index in members])
        targets = _rows([bitext.targets[index] for index in members])
        chances = self.counts.chances(sources, targets)
        emissions = chances.back if backward else chances.there
        unlike = self.word_is_mark[sources][:, :, None] != self.stem_is_mark[targets][:, None, :]
        emissions[unlike if backward else unlike.transpose(0, 2, 1)] *= _UNLIKE
        for row, index in enumerate(members):
            for i, j in bitext.sure[index]:
                place = (row, i, j) if backward else (row, j, i)
                emissions[place] = max(emissions[place], _SAME)
        lengths = np.array([len((bitext.sources if backward else bitext.targets)[index]) for index in members])
        if backward:
            nowhere, jumps = chances.of_source * self.word_from_nowhere[sources], self.backward
        else:
            nowhere, jumps = chances.of_target * self.stem_from_nowhere[targets], self.forward
        found, ways = posteriors(emissions, nowhere, lengths, jumps, count=count)
        for row, index in enumerate(members):
            here = found[row, : lengths[row]]
            yield index, here if backward else here.T, ways
            ways = np.zeros_like(ways)


def _rows(ids: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Ids of sentences as rows of one length, -1 after the end."""
    rows = np.full((len(ids), max(map(len, ids))), -1, np.int64)
    for row, some in zip(rows, ids, strict=True):
        row[: len(some)] = some
    return rows


def _answers(words: Sequence[str], english: Sequence[str]) -> Iterator[Link]:
    """The tokens that are the same on both sides, and the marks that answer each other."""
    places: dict[str, list[int]] = defaultdict(list)
    for j, token in enumerate(english):
        places[token].append(j)
    for i, word in enumerate(words):
        for same in (word, *_ANSWERING.get(word, ())):
            for j in places.get(same, ()):
                yield i, j
