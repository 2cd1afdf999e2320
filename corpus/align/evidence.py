"""How good a link is: what the sentences of either side explain of the other.

The model is Moore's (2002, https://aclanthology.org/2002.amta-papers.14): the words of the target are drawn one by
one, each either from the translation of a source word or from the language at large. A link's score is the logarithm
of how much likelier its words are so than without the other side, in both directions, in nats; a link that is too wide
pays for it, since more words share in the explaining. A source sentence explains an English word by

- the words of its machine translation, the same or begun alike (names are never spelt the same twice);
- what its terms become in the packaged table, and in one that the first alignment of these very texts teaches;
- its marks: a question, an exclamation, a quotation opened or closed.

To this comes how the link's lengths fit (Gale and Church 1993, https://aclanthology.org/J93-1004), and how its first
and last sentences begin and end, which the texts themselves teach.

Where there are weights they are plain: either direction counts the same, and so do the two kinds of explaining.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from corpus.align.search import N_MATCHED, NEVER, SCALE, SHAPES
from corpus.align.tokens import (
    chinese_edges,
    chinese_marks,
    english_edges,
    english_marks,
)
from corpus.lexicon.model1 import Lexicon, learn
from corpus.lexicon.stems import english_stems, latin_stems
from corpus.lexicon.word_table import Entries, WordTable

__all__ = ["Bags", "Edges", "Evidence", "Side", "Teaching"]

_UNEXPLAINED = 0.75
"""Of the words of a true translation, those that a small model's translation and a table do not explain."""

_UNEXPLAINED_MARKS = 0.4
"""The same of marks."""

_BEGUN_ALIKE = 0.3
"""What a word explains of another that has the same first four letters."""

_SYNONYM = 0.15
"""The share of a translation's words that is taken for any other English for the same Chinese terms."""

_TERM_SHARE = 0.6
"""The share of terms, beside that of the machine translation, in explaining an English word."""

_BACK_TERMS, _BACK_WORDS = 0.65, 0.35
"""What terms and translated words, explained by the English, count in the other direction; one in sum."""

_LENGTH_VARIANCE = 6.8
"""Of the characters of a translation, for each of the source: Gale and Church's."""

_PRIOR_STRENGTH = 10.0
"""How many occurrences in these texts weigh as much as the packaged table."""

_LEAST_SEEN = 1.5
"""Expected count from which a translation that the texts teach is believed. What stands in one link only would be
taken from that link, right or wrong, and confirm it."""

_BACKGROUND = 200.0
"""Tokens of the background in a text's frequencies, so that no word that is seen once looks common."""

_Float = TypeVar("_Float", np.float32, np.float64)

_A, _B = max(a for a, _ in SHAPES), max(b for _, b in SHAPES)


@dataclass(frozen=True, slots=True)
class Bags:
    """The tokens of each sentence, by id.

    Attributes:
        starts: ``(n_sentences + 1,)``.
        ids: ``(n_tokens,)``.
    """

    starts: NDArray[np.int64]
    ids: NDArray[np.int32]

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]], numbers: dict[str, int]) -> Bags:
        """Number tokens; new ones are added to ``numbers``."""
        ids: list[int] = []
        starts = [0]
        for tokens in sentences:
            ids.extend(numbers.setdefault(token, len(numbers)) for token in tokens)
            starts.append(len(ids))
        return cls(np.array(starts, np.int64), np.array(ids, np.int32))

    def part(self, first: int, end: int) -> NDArray[np.int32]:
        """The ids of consecutive sentences."""
        return self.ids[self.starts[first] : self.starts[end]]

    def sentence(self, index: int) -> NDArray[np.int32]:
        """The ids of one sentence."""
        return self.part(index, index + 1)

    def counts(self, first: int, end: int, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """How often each of some ids stands in each of some sentences, ``(end - first, len(ids))``; ids ascending."""
        block = np.zeros((end - first, len(ids)), np.float32)
        rows = np.repeat(np.arange(end - first), np.diff(self.starts[first : end + 1]))
        np.add.at(block, (rows, np.searchsorted(ids, self.part(first, end))), 1)
        return block


@dataclass(frozen=True, slots=True)
class _Counts:
    """The tokens of some sentences, by their places among the different ones.

    A sentence has few of the tokens of a block, so sums over them are taken of rows; as products of matrices they are
    slower on one core, and wake all others.

    Attributes:
        starts: ``(n_sentences + 1,)``.
        ids: ``(n_tokens,)``.
    """

    starts: NDArray[np.int64]
    ids: NDArray[np.int64]

    @classmethod
    def of(cls, bags: Bags, first: int, end: int, ids: NDArray[np.int32]) -> _Counts:
        """Those of some sentences; ``ids`` are ascending, and hold all of them."""
        return cls(bags.starts[first : end + 1] - bags.starts[first], np.searchsorted(ids, bags.part(first, end)))

    def joined(self) -> _Counts:
        """The same of all of them as one."""
        return _Counts(self.starts[[0, -1]], self.ids)

    @property
    def sizes(self) -> NDArray[np.float32]:
        """Tokens of each sentence."""
        return np.diff(self.starts).astype(np.float32)

    def sums(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The sum of the rows of each sentence's tokens, ``(n_sentences, rows.shape[1])``."""
        sums = np.zeros((len(self.starts) - 1, rows.shape[1]), np.float32)
        for index, (start, end) in enumerate(itertools.pairwise(self.starts.tolist())):
            rows[self.ids[start:end]].sum(axis=0, out=sums[index])
        return sums

    def dense(self, n_ids: int) -> NDArray[np.float32]:
        """How often each stands in each, ``(n_sentences, n_ids)``."""
        block = np.zeros((len(self.starts) - 1, n_ids), np.float32)
        np.add.at(block, (np.repeat(np.arange(len(block)), np.diff(self.starts)), self.ids), 1)
        return block


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two texts, as the scorer reads it.

    Attributes:
        words: English stems, of the target or of the machine translation of the source.
        marks: ids of marks.
        lengths: characters of each sentence.
        begins: how each begins, as a number.
        ends: how each ends.
    """

    words: Bags
    marks: Bags
    lengths: NDArray[np.float64]
    begins: NDArray[np.int32]
    ends: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.lengths)


@dataclass(frozen=True, slots=True)
class Edges:
    """How likely beginnings and ends go together: logarithms of a ratio to chance, by the numbers of `Side`."""

    begins: NDArray[np.float64]
    ends: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Teaching:
    """What a first alignment of the texts teaches for the next.

    Attributes:
        forward: term to English stems.
        backward: English stem to terms.
        edges: beginnings and ends.
        ratio: English characters to a Chinese one.
    """

    forward: Entries
    backward: Entries
    edges: Edges | None
    ratio: float


@dataclass(slots=True)
class Evidence:
    """Two texts, and the score of every link between them; a `corpus.align.search.LinkScorer`.

    Attributes:
        source: the Chinese side, with the words of its machine translation.
        terms: Chinese terms of the source, and its Latin words.
        target: the English side.
        teaching: of the packaged table, or of an alignment before this one.
    """

    source: Side
    terms: Bags
    target: Side
    teaching: Teaching
    _packaged: tuple[Entries, Entries]
    _word_background: NDArray[np.float64]
    _term_background: NDArray[np.float64]
    _alike: NDArray[np.int32]
    _n_marks: int
    _chances: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        sources: Sequence[str],
        targets: Sequence[str],
        translations: Sequence[str],
        table: WordTable,
        paragraphs: tuple[Sequence[int], Sequence[int]] | None = None,
    ) -> Evidence:
        """Read two texts.

        Args:
            sources: Chinese sentences.
            targets: English sentences.
            translations: of each source; may be empty.
            table: of words.
            paragraphs: of each source and of each target; None where they are not known.
        """
        source_breaks, target_breaks = map(_breaks, paragraphs or ((), ()))
        words: dict[str, int] = {}
        terms: dict[str, int] = {}
        marks: dict[str, int] = {}
        begins: dict[tuple[str, bool], int] = {}
        ends: dict[tuple[str, bool], int] = {}
        target_words = Bags.of(map(english_stems, targets), words)
        source_words = Bags.of(map(english_stems, translations), words)
        source_terms = Bags.of((table.cut(text) + latin_stems(text) for text in sources), terms)
        source = Side(
            source_words,
            Bags.of(map(chinese_marks, sources), marks),
            np.array([len(text) for text in sources], np.float64),
            *_edge_numbers(map(chinese_edges, sources), source_breaks, begins, ends),
        )
        target = Side(
            target_words,
            Bags.of(map(english_marks, targets), marks),
            np.array([len(text) for text in targets], np.float64),
            *_edge_numbers(map(english_edges, targets), target_breaks, begins, ends),
        )
        packaged = _packaged_entries(table, terms, words)
        ratio = source.lengths.sum() and target.lengths.sum() / source.lengths.sum()
        evidence = cls(
            source,
            source_terms,
            target,
            Teaching(*packaged, None, float(np.clip(ratio, 2.0, 6.0))),
            packaged,
            _background(words, table.stems, _sums(table.lexicon.target, table.lexicon.counts)),
            _background(terms, table.terms, table.frequencies),
            _begun_alike(words),
            max(1, len(marks)),
        )
        evidence._find_chances()
        return evidence

    def _find_chances(self) -> None:
        """How likely each word, term and mark is whatever the other side says."""
        marks = np.ones(self._n_marks)
        self._chances = {
            "target words": _smoothed(self.target.words, self._word_background),
            "source words": _smoothed(self.source.words, self._word_background),
            "terms": _smoothed(self.terms, self._term_background),
            "target marks": _smoothed(self.target.marks, marks, float(self._n_marks)),
            "source marks": _smoothed(self.source.marks, marks, float(self._n_marks)),
        }

    @property
    def n_words(self) -> int:
        """How many different English stems there are."""
        return len(self._word_background)

    # -- scores ------------------------------------------------------------------------------------------------------

    def scores(self, rows: range, columns: range) -> NDArray[np.int64]:
        """As `LinkScorer` says."""
        first, end = rows.start, min(rows.stop + _A - 1, len(self.source))
        left, right = columns.start, min(columns.stop + _B - 1, len(self.target))
        nats = np.full((N_MATCHED, len(rows), len(columns)), -np.inf)
        if first < end and left < right:
            block = self._block(first, end, left, right)
            for shape, (a, b) in enumerate(SHAPES[:N_MATCHED]):
                n_rows = min(len(rows), end - first - a + 1)
                n_columns = min(len(columns), right - left - b + 1)
                if n_rows > 0 and n_columns > 0:
                    nats[shape, :n_rows, :n_columns] = block.links(a, b)[:n_rows, :n_columns]
        scores = np.full(nats.shape, NEVER)
        fits = np.isfinite(nats)
        scores[fits] = np.rint(nats[fits] * SCALE)
        return scores

    def _block(self, first: int, end: int, left: int, right: int) -> _Block:
        """Everything that is needed to score the links within some sentences of either side."""
        forward, backward = self._explained(first, end, left, right)
        edges = self.teaching.edges
        if edges is None:
            begins = ends = np.zeros((end - first, right - left))
        else:
            begins = edges.begins[np.ix_(self.source.begins[first:end], self.target.begins[left:right])]
            ends = edges.ends[np.ix_(self.source.ends[first:end], self.target.ends[left:right])]
        return _Block(
            forward,
            backward,
            self.source.lengths[first:end] * self.teaching.ratio,
            self.target.lengths[left:right],
            begins,
            ends,
        )

    def _explained(
        self, first: int, end: int, left: int, right: int
    ) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
        """Log-likelihood ratios of sentences given windows of the other side, by the size of the window less one.

        Returns:
            Of target sentences given source windows, ``(n_windows, n_target)`` each; and the other way round.
        """
        chances = self._chances
        words = np.unique(np.concatenate([self.target.words.part(left, right), self.source.words.part(first, end)]))
        terms = np.unique(self.terms.part(first, end))
        english = _Counts.of(self.target.words, left, right, words)
        machine = _Counts.of(self.source.words, first, end, words)
        chinese = _Counts.of(self.terms, first, end, terms)
        to_words = self.teaching.forward.dense(terms, words)
        to_terms = self.teaching.backward.dense(words, terms)
        marks = np.arange(self._n_marks, dtype=np.int32)
        source_marks = self.source.marks.counts(first, end, marks)
        target_marks = self.target.marks.counts(left, right, marks)
        from_terms, from_words = chinese.sums(to_words), english.sums(to_terms)
        machine_spread = english_spread = None
        if len(machine.ids):
            machine_spread = self._spread(machine, words, machine.sums(to_terms), to_words)
            english_spread = self._spread(english, words, from_words, to_words)
        forward, backward = [], []
        for a in range(1, min(_A, end - first) + 1):
            likely = _TERM_SHARE * _mean(from_terms, chinese.sizes, a)
            if machine_spread is not None:
                likely += (1 - _TERM_SHARE) * _mean(machine_spread, machine.sizes, a)
            ratios = english.sums(_ratio(likely, chances["target words"][words], _UNEXPLAINED).T).T
            forward.append(ratios + self._marks_ratio(source_marks, target_marks, chances["target marks"], a))
        for b in range(1, min(_B, right - left) + 1):
            likely = _mean(from_words, english.sizes, b)
            ratios = _BACK_TERMS * chinese.sums(_ratio(likely, chances["terms"][terms], _UNEXPLAINED).T).T
            if english_spread is not None:
                likely = _mean(english_spread, english.sizes, b)
                ratios += _BACK_WORDS * machine.sums(_ratio(likely, chances["source words"][words], _UNEXPLAINED).T).T
            backward.append(ratios + self._marks_ratio(target_marks, source_marks, chances["source marks"], b))
        return forward, backward

    def _spread(
        self, counts: _Counts, words: NDArray[np.int32], terms: NDArray[np.float32], to_words: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """English words as evidence of the same, of those begun alike, and of other English for the same terms.

        Args:
            counts: words of each sentence.
            words: their ids.
            terms: what these words become, ``(n_sentences, n_terms)``.
            to_words: and these again.
        """
        dense = counts.dense(len(words))
        order = np.argsort(self._alike[words], kind="stable")
        firsts = np.flatnonzero(np.diff(self._alike[words][order], prepend=-1))
        spread = (1 - _BEGUN_ALIKE) * dense
        if len(words):
            together = np.add.reduceat(dense[:, order], firsts, axis=1)
            spread[:, order] += _BEGUN_ALIKE * np.repeat(together, np.diff(firsts, append=len(words)), axis=1)
        spread *= 1 - _SYNONYM
        for index, known in enumerate(terms):
            few = np.flatnonzero(known)  # a sentence has few terms of all that a block has
            spread[index] += _SYNONYM * np.einsum("i,ij->j", known[few], to_words[few])
        return spread

    @staticmethod
    def _marks_ratio(
        given: NDArray[np.float32], explained: NDArray[np.float32], chances: NDArray[np.float32], size: int
    ) -> NDArray[np.float32]:
        # One more than there are, for the mark that stands for none.
        likely = _windows(given, size) / (1 + _windows(given.sum(1, keepdims=True), size))
        return _ratio(likely, chances, _UNEXPLAINED_MARKS) @ explained.T

    # -- what links teach --------------------------------------------------------------------------------------------

    def learn_from(self, links: Sequence[tuple[range, range]]) -> None:
        """Take from links between the texts what is particular to them, for the next scores."""
        linked = [(source, target) for source, target in links if source and target]
        terms = [self.terms.part(source.start, source.stop) for source, _ in linked]
        words = [self.target.words.part(target.start, target.stop) for _, target in linked]
        n_terms, n_words = len(self._term_background), len(self._word_background)
        forward = _taught(learn(terms, words, n_rounds=4, least=0.01), self._packaged[0], n_terms)
        backward = _taught(learn(words, terms, n_rounds=4, least=0.01), self._packaged[1], n_words)
        n_source = sum(self.source.lengths[source.start : source.stop].sum() for source, _ in linked)
        n_target = sum(self.target.lengths[target.start : target.stop].sum() for _, target in linked)
        ratio = float(np.clip(n_target / n_source, 1.0, 10.0)) if n_source else self.teaching.ratio
        begins = _together(self.source.begins, self.target.begins, [(s.start, t.start) for s, t in linked])
        ends = _together(self.source.ends, self.target.ends, [(s.stop - 1, t.stop - 1) for s, t in linked])
        self.teaching = Teaching(forward, backward, Edges(begins, ends), ratio)

    def support(self, source: range, target: range) -> float:
        """How much of what the sentences of a link say was found on the other side, from 0 to 1.

        Of each word, weighted by how much it tells (the logarithm of how rare it is), how sure it is that the other
        side, and not chance, put it there; the mean of the English words' share and the Chinese terms'.
        """
        if not source or not target:
            return 0.0
        parts = self.terms.part(source.start, source.stop), self.target.words.part(target.start, target.stop)
        machine_ids = self.source.words.part(source.start, source.stop)
        terms, words = np.unique(parts[0]), np.unique(np.concatenate([parts[1], machine_ids]))
        chinese = _Counts.of(self.terms, source.start, source.stop, terms).joined()
        english = _Counts.of(self.target.words, target.start, target.stop, words).joined()
        machine = _Counts.of(self.source.words, source.start, source.stop, words).joined()
        to_words, to_terms = self.teaching.forward.dense(terms, words), self.teaching.backward.dense(words, terms)
        likely = _TERM_SHARE * _mean(chinese.sums(to_words), chinese.sizes, 1)
        if len(machine.ids):
            spread = self._spread(machine, words, machine.sums(to_terms), to_words)
            likely += (1 - _TERM_SHARE) * _mean(spread, machine.sizes, 1)
        back = _mean(english.sums(to_terms), english.sizes, 1)
        return (
            _found(likely[0], self._chances["target words"][words], english)
            + _found(back[0], self._chances["terms"][terms], chinese)
        ) / 2


@dataclass(frozen=True, slots=True)
class _Block:
    """What the links within some sentences of either side are scored from.

    Attributes:
        forward: for each size of a window of source sentences ``(n_windows, n_target)``.
        backward: the same, the other way round.
        expected: characters of English that each source sentence should become.
        lengths: characters of each target sentence.
        begins: ``(n_source, n_target)``, of a link that begins there.
        ends: of a link that ends there.
    """

    forward: list[NDArray[np.float32]]
    backward: list[NDArray[np.float32]]
    expected: NDArray[np.float64]
    lengths: NDArray[np.float64]
    begins: NDArray[np.float64]
    ends: NDArray[np.float64]

    def links(self, a: int, b: int) -> NDArray[np.float64]:
        """Scores of all links of ``a`` source and ``b`` target sentences, by where they begin, in nats."""
        there = _windows(self.forward[a - 1].T.astype(np.float64), b).T
        back = _windows(self.backward[b - 1].T.astype(np.float64), a)
        expected, lengths = _windows(self.expected[:, None], a), _windows(self.lengths[:, None], b).T
        misfit = (lengths - expected) ** 2 / (_LENGTH_VARIANCE * np.maximum(1.0, (lengths + expected) / 2)) / 2
        edges = self.begins[: len(there), : there.shape[1]] + self.ends[a - 1 :, b - 1 :]
        scores: NDArray[np.float64] = there + back - misfit + edges
        return scores


def _windows(rows: NDArray[_Float], size: int) -> NDArray[_Float]:
    """Sums of ``size`` consecutive rows, by the first of them."""
    sums = np.zeros((len(rows) - size + 1, *rows.shape[1:]), rows.dtype)
    for offset in range(size):
        sums += rows[offset : offset + len(sums)]
    return sums


def _mean(rows: NDArray[np.float32], totals: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    means = _windows(rows, size) / np.maximum(1, _windows(totals[:, None], size))
    return means.astype(np.float32)


def _ratio(likely: NDArray[np.float32], chance: NDArray[np.float32], unexplained: float) -> NDArray[np.float32]:
    ratio: NDArray[np.float32] = np.log(unexplained + (1 - unexplained) * likely / chance)
    return ratio


def _found(likely: NDArray[np.float32], chance: NDArray[np.float32], counts: _Counts) -> float:
    weights = -np.log(chance[counts.ids])
    explained = ((1 - _UNEXPLAINED) * likely / chance)[counts.ids]
    total = float(weights.sum())
    return float((weights * explained / (_UNEXPLAINED + explained)).sum()) / total if total else 0.0


def _sums(ids: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of the weights of each id."""
    sums: NDArray[np.float64] = np.bincount(ids, weights).astype(np.float64)
    return sums


def _smoothed(bags: Bags, background: NDArray[np.float64], weight: float = _BACKGROUND) -> NDArray[np.float32]:
    counts = np.bincount(bags.ids, minlength=len(background)) + weight * background / max(background.sum(), 1e-9)
    chances: NDArray[np.float32] = (counts / max(counts.sum(), 1e-9)).astype(np.float32)
    return chances


def _background(names: dict[str, int], known: Sequence[str], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each name stands in the text of a table; half a time where it is not known."""
    place = {name: index for index, name in enumerate(known)}
    return np.array([counts[place[name]] if name in place else 0.5 for name in names])


def _begun_alike(words: dict[str, int]) -> NDArray[np.int32]:
    """A number for each word that those share which have the same first four letters."""
    groups: dict[str, int] = {}
    return np.array([groups.setdefault(word[:4] if len(word) >= 4 else word, len(groups)) for word in words], np.int32)


def _breaks(paragraphs: Sequence[int]) -> Iterator[tuple[bool, bool]]:
    """Whether a paragraph begins with each sentence, and whether one ends with it; neither where none are known."""
    for before, own, after in zip((None, *paragraphs), paragraphs, (*paragraphs[1:], None), strict=False):
        yield own != before, own != after
    while True:
        yield False, False


def _edge_numbers(
    edges: Iterable[tuple[str, str]],
    breaks: Iterator[tuple[bool, bool]],
    begins: dict[tuple[str, bool], int],
    ends: dict[tuple[str, bool], int],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    pairs = [
        (begins.setdefault((begin, first), len(begins)), ends.setdefault((end, last), len(ends)))
        for (begin, end), (first, last) in zip(edges, breaks, strict=False)
    ]
    both = np.array(pairs, np.int32).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _packaged_entries(table: WordTable, terms: dict[str, int], words: dict[str, int]) -> tuple[Entries, Entries]:
    """The entries of a table for the terms and words of two texts, both ways; Latin words become themselves."""
    lexicon = table.lexicon
    term_ids = np.array([terms.get(term, -1) for term in table.terms], np.int32)
    word_ids = np.array([words.get(stem, -1) for stem in table.stems], np.int32)
    known_words = np.bincount(lexicon.target, lexicon.counts, minlength=len(word_ids))
    forward, backward = lexicon.chances(), lexicon.counts / known_words[lexicon.target]
    rows, columns = term_ids[lexicon.source], word_ids[lexicon.target]
    here = (rows >= 0) & (columns >= 0) & (np.maximum(forward, backward) >= 0.01)
    same = np.array([(number, words[term]) for term, number in terms.items() if term in words], np.int32).reshape(-1, 2)
    rows, columns = np.concatenate([rows[here], same[:, 0]]), np.concatenate([columns[here], same[:, 1]])
    ones = np.full(len(same), 0.9)
    return (
        Entries.of(rows, columns, np.concatenate([forward[here], ones]), len(terms)),
        Entries.of(columns, rows, np.concatenate([backward[here], ones]), len(words)),
    )


def _taught(lexicon: Lexicon, prior: Entries, n_rows: int) -> Entries:
    """A table learnt from the texts, drawn towards the packaged one as far as its rows are thin."""
    seen = lexicon.counts >= _LEAST_SEEN
    lexicon = Lexicon(lexicon.source[seen], lexicon.target[seen], lexicon.counts[seen])
    n_prior = np.diff(prior.starts)
    prior_rows = np.repeat(np.arange(n_rows, dtype=np.int32), n_prior)
    totals = np.bincount(lexicon.source, lexicon.counts, minlength=n_rows) + _PRIOR_STRENGTH
    rows = np.concatenate([lexicon.source, prior_rows])
    columns = np.concatenate([lexicon.target, prior.columns])
    values = np.concatenate([lexicon.counts, _PRIOR_STRENGTH * prior.values.astype(np.float64)]) / totals[rows]
    keys, place = np.unique(rows.astype(np.int64) << 32 | columns, return_inverse=True)
    columns = (keys & 0xFFFFFFFF).astype(np.int32)
    return Entries.of((keys >> 32).astype(np.int32), columns, _sums(place, values), n_rows)


def _together(
    sources: NDArray[np.int32], targets: NDArray[np.int32], pairs: Sequence[tuple[int, int]]
) -> NDArray[np.float64]:
    """How much oftener than by chance classes of the two sides stand together; one case of chance for each cell."""
    n_rows, n_columns = int(sources.max(initial=0)) + 1, int(targets.max(initial=0)) + 1
    by_chance = np.outer(
        (np.bincount(sources, minlength=n_rows) + 0.5) / (len(sources) + n_rows / 2),
        (np.bincount(targets, minlength=n_columns) + 0.5) / (len(targets) + n_columns / 2),
    )
    counts = np.zeros((n_rows, n_columns))
    for source, target in pairs:
        counts[sources[source], targets[target]] += 1
    n_pseudo = counts.size
    ratios: NDArray[np.float64] = np.log((counts + n_pseudo * by_chance) / (len(pairs) + n_pseudo) / by_chance)
    return ratios
