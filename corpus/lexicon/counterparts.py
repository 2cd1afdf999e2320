"""Which words of the one language answer which of the other, for a look at one pair after the other.

`WordTable` holds counts; here they are links between terms and stems, both ways, as sets of strings: asking whether a
term has a counterpart in a sentence takes a microsecond, and no array is made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.lexicon.stems import FUNCTION_STEMS, english_stems, latin_stems
from corpus.lexicon.word_table import WordTable, packaged_table

__all__ = ["Counterparts", "packaged_counterparts"]

_FORMS = Path(__file__).with_name("traditional.txt")

_LEAST_FORWARD = 0.01
"""Probability of the stem, given the term, from which one answers the other …"""

_LEAST_BACKWARD = 0.05
"""… or that of the term, given the stem."""

_LEAST_CONTENT = 0.5
"""A term is a content word if so much of what it becomes is no function word: 的 and 在 are none."""

_LEAST_SEEN = 5
"""How often a stem must have been seen, or it says nothing that it is not answered."""


@dataclass(frozen=True, slots=True)
class Counterparts:
    """Links between Chinese terms and English stems, content words only.

    Attributes:
        terms: of each Chinese content word the stems that answer it.
        stems: of each English content word the terms that answer it; those of one or two letters are left out.
        content: every stem that answers some term.
        lengths: of the first two characters of each longer term how long the terms are, the longest first.
        seen: every stem that the table has seen five times or more, function words and short ones too.
        names: every term of the table, content word or not.
        simplified: for `str.translate`: Traditional characters to the table's.
        traditional: finds one of them.
    """

    terms: dict[str, frozenset[str]]
    stems: dict[str, frozenset[str]]
    content: frozenset[str]
    lengths: dict[str, tuple[int, ...]]
    seen: frozenset[str]
    names: frozenset[str]
    simplified: dict[int, str]
    traditional: re.Pattern[str]

    @classmethod
    def of(cls, table: WordTable, simplified: dict[int, str] | None = None) -> Counterparts:
        """Choose the links of a table that are likely enough.

        Args:
            table: of expected counts.
            simplified: Traditional characters, by code point, to those of the table.
        """
        lexicon = table.lexicon
        content = np.array([len(stem) > 2 and stem.isalpha() and stem not in FUNCTION_STEMS for stem in table.stems])
        seen = np.bincount(lexicon.target, lexicon.counts, minlength=len(table.stems))
        forward, backward = lexicon.chances(), lexicon.counts / seen[lexicon.target]
        is_content = content[lexicon.target]
        shares = np.bincount(lexicon.source, forward * is_content, minlength=len(table.terms))
        linked = is_content & ((forward >= _LEAST_FORWARD) | (backward >= _LEAST_BACKWARD))
        is_content_word = shares[lexicon.source] >= _LEAST_CONTENT
        is_seen = seen[lexicon.target] >= _LEAST_SEEN
        terms = _grouped(lexicon.source, table.terms, lexicon.target, table.stems, linked & is_content_word)
        stems = _grouped(lexicon.target, table.stems, lexicon.source, table.terms, linked & is_seen)
        lengths: dict[str, set[int]] = {}
        for term in table.terms:
            if len(term) > 1:
                lengths.setdefault(term[:2], set()).add(len(term))
        return cls(
            terms,
            stems,
            frozenset().union(*terms.values()),
            {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()},
            frozenset(stem for stem, count in zip(table.stems, seen.tolist(), strict=True) if count >= _LEAST_SEEN),
            frozenset(table.terms),
            simplified or {},
            re.compile(f"[{''.join(map(chr, simplified))}]" if simplified else r"\Z."),
        )

    def simplify(self, text: str) -> str:
        """The text with the table's characters instead of Traditional ones."""
        return text.translate(self.simplified) if self.traditional.search(text) else text

    def cut(self, text: str) -> list[str]:
        """The terms of a text, at each place the longest that there is; what is no term is passed over.

        Several times as fast as `WordTable.cut`, and no worse for this purpose. Traditional text gives the same terms.
        """
        text = self.simplify(text)
        lengths, names = self.lengths, self.names
        terms, start, end = [], 0, len(text)
        while start < end:
            for length in lengths.get(text[start : start + 2], ()):
                term = text[start : start + length]
                if term in names:
                    terms.append(term)
                    start += length
                    break
            else:
                if text[start] in names:
                    terms.append(text[start])
                start += 1
        return terms

    def answered(self, source: str, target: str) -> tuple[list[bool], list[bool]]:
        """Which content words have a counterpart on the other side.

        Latin words of the source are content words as well, answered by themselves. A word that the table does not
        know is none: nothing can be said of it.

        Returns:
            One for each content word of the source (Latin words last), and of the target; in order.
        """
        found = self.cut(source)
        latin = [stem for stem in latin_stems(source) if len(stem) > 2 and stem.isalpha()]
        english = english_stems(target)
        there, back, same = self.content.intersection(english), set(found), set(latin)
        terms, stems = self.terms, self.stems
        of_source = [not terms[term].isdisjoint(there) for term in found if term in terms]
        of_source += [stem in english for stem in latin]
        of_target = [
            stem in same or not stems[stem].isdisjoint(back) for stem in english if stem in stems or stem in same
        ]
        return of_source, of_target


def _grouped(
    keys: NDArray[np.int32],
    names: Sequence[str],
    values: NDArray[np.int32],
    value_names: Sequence[str],
    chosen: NDArray[np.bool_],
) -> dict[str, frozenset[str]]:
    """For each key the values that stand beside it, by their names; both ``(n_entries,)``, of which some are chosen."""
    keys, values = keys[chosen], values[chosen]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    found = [value_names[value] for value in values[order].tolist()]
    starts = np.flatnonzero(np.diff(keys, prepend=-1)).tolist()
    return {
        names[keys[start]]: frozenset(found[start:end])
        for start, end in zip(starts, [*starts[1:], len(found)], strict=True)
    }


@lru_cache(maxsize=1)
def packaged_counterparts() -> Counterparts:
    """Those of the table in the package."""
    return Counterparts.of(packaged_table(), _simplified())


def _simplified() -> dict[int, str]:
    forms: dict[int, str] = {}
    for line in _FORMS.read_text(encoding="utf-8").splitlines():
        traditional, simplified = line.split("\t")
        forms |= dict(zip(map(ord, traditional), simplified, strict=True))
    return forms
