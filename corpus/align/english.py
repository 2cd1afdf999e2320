"""English paragraphs to sentences, by rule: no model, no data, offsets kept.

A sentence ends at ``.``, ``!``, ``?`` or ``…``, with the quotes and brackets that close behind it, where white space
follows and then something that begins a sentence: a capital, a digit, an opening quote. It does not end after an
abbreviation that wants a word behind it (``Mr. Wang``), after an initial (``J. K. Rowling``), or where what follows
goes on in lower case. Quotations are broken up like other text, as the Chinese splitter does with ``quotes="break"``:
a translator often cuts a speech elsewhere than its author.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from translate.text.records import Paragraph, Sentence

__all__ = ["english_sentences", "split_english"]

VERSION = 1
"""Raised when the same text gives other spans; part of the signature."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words(
    "mr mrs ms messrs mx dr prof rev fr hon pres gov sen rep gen adm capt cmdr col maj lt sgt cpl pvt st mt ft "
    "supt insp det sr sra mme mlle"
)
"""A name follows: never an end."""

_MIDDLE = _words(
    "vs cf viz eg ie ca approx nos no vol vols pp p fig figs sec ch chap ed eds trans ser art arts para paras "
    "jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu fri sat"
)
"""Ends only if what follows cannot go on with it, as a figure does."""

_MAYBE = _words("etc inc ltd co corp llc plc bros jr sr esq dept univ ave blvd rd sq a.m p.m u.s u.k u.n e.u")
"""Ends if a capital follows that is no common noun's; taken for an end before a capital."""

_NEVER = _words("vs cf viz eg e.g ie i.e")

_CLOSERS = "\"'”’»)]}"
_OPENERS = "\"'“‘«([{¿¡—–-"
_END = re.compile(rf"(?:\.(?:\s\.)+|[.!?…])+[{re.escape(_CLOSERS)}]*(?=\s)")
_WORD_BEFORE = re.compile(r"([A-Za-z](?:[A-Za-z.]*[A-Za-z])?)$")
_STARTERS = _words(
    "the a an this that these those he she it they we you i his her its their our my your there here what when where "
    "who why how in on at by for from with but and so if as while after before then not no yes all some"
)


def split_english(text: str) -> list[tuple[int, int]]:
    """Cut a paragraph into sentences.

    Args:
        text: one paragraph.

    Returns:
        ``[start, end)`` of each sentence, in order, without the white space around it; together they hold every
        character that is not white space. None for blank text.
    """
    spans = []
    start = 0
    for found in _END.finditer(text):
        if _is_end(text, found):
            spans += _trimmed(text, start, found.end())
            start = found.end()
    return spans + _trimmed(text, start, len(text))


def english_sentences(paragraphs: Iterable[Paragraph]) -> Iterator[Sentence]:
    """The sentences of a document, each within one line.

    Args:
        paragraphs: of one document, in order; a long line may come in pieces.
    """
    pieces: list[Paragraph] = []
    for paragraph in paragraphs:
        pieces.append(paragraph)
        if not paragraph.final:
            continue
        first, text = pieces[0], "".join(piece.text for piece in pieces)
        pieces.clear()
        for index, (start, end) in enumerate(split_english(text)):
            raw = text[start:end]
            place = first.start + start, first.start + end
            yield Sentence(first.doc_id, first.index, index, *place, raw, " ".join(raw.split()))


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    piece = text[start:end]
    if not piece.strip():
        return []
    first = start + len(piece) - len(piece.lstrip())
    return [(first, first + len(piece.strip()))]


def _is_end(text: str, mark: re.Match[str]) -> bool:
    rest = text[mark.end() :].lstrip()[:40]
    bare = rest.lstrip(_OPENERS + " ")
    if not bare:
        return True
    if bare[0].islower():
        return False
    marks = mark.group().rstrip(_CLOSERS)
    if marks.endswith((".", "…")) and len(marks) > 1:  # an ellipsis: before a capital it ends, before a mark not
        return bare[0].isalnum()
    if marks != ".":
        return True
    word = _WORD_BEFORE.search(text, max(0, mark.start() - 20), mark.start())
    if word is None:
        return not _is_list_number(text, mark.start())
    return _ends_after(word[1], bare, closed=mark.group() != ".")


def _ends_after(word: str, following: str, *, closed: bool) -> bool:
    """Whether a full stop behind this word ends the sentence, when a capital or a figure follows."""
    lower = word.lower()
    if lower in _TITLES and not closed:
        return False
    if lower in _MIDDLE and following[0].isdigit():
        return False
    next_word = re.match(r"[A-Za-z']*", following)
    is_starter = next_word is not None and next_word[0].lower() in _STARTERS
    if lower in _NEVER:
        return False
    if len(word) == 1 and word.isupper() and word != "I":
        return is_starter or closed
    if re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", word) or lower in _MAYBE:
        return is_starter or closed
    return True


def _is_list_number(text: str, end: int) -> bool:
    """Whether the full stop stands behind a number that begins the paragraph: ``1. Purpose``."""
    return re.fullmatch(r"\s*\d{1,3}", text[:end]) is not None if end < 8 else False
