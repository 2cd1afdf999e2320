"""The rows of a corpus against the documents they were made from: read again, cut again, compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from corpus.pair import Pair, Span
from corpus.readers.base import Document, Rejected
from corpus.release.checks import Check, Outcome, Problems
from translate.errors import InputError
from translate.text.records import Sentence
from translate.text.segment import SegmentOptions, segment

__all__ = ["as_any_format", "check_raw", "check_sentences"]

# What one format or another writes as a space, or as U+FFFD: nothing else is changed on the way.
_REPLACED = re.compile("[\\s\0-\x1f\x7f-\x9f\ufffd-\uffff\ud800-\udfff]")


def check_sentences(
    pairs: Iterable[Pair],
    documents: Iterable[Document | Rejected],
    options: SegmentOptions,
    *,
    has_raw: bool,
) -> Check:
    """Cut the documents again, and hold every row to the sentence of its place.

    A corpus may hold fewer sentences than the documents (a filter took some), but each in the order of the documents.

    Args:
        pairs: of the corpus, in order.
        documents: that it was made from, in the same order; the corpus may be of some of them only.
        options: of the run.
        has_raw: whether the rows hold the raw text.
    """
    problems = Problems()
    stream = _by_name(documents)
    n_rows = n_sentences = 0
    placed = (pair.source for pair in pairs if pair.source.is_placed)
    for name, rows in groupby(placed, key=attrgetter("doc_id")):
        document = next((found for found in stream if found.doc_id == name), None)
        if document is None:
            problems.add(f"document {name!r} is not among the inputs, or not in that order")
            break
        sentences = _sentences(document, options, problems)
        for row in rows:
            n_rows += 1
            place = (row.paragraph, row.index)
            sentence = None
            for sentence in sentences:
                n_sentences += 1
                if (sentence.paragraph, sentence.index) >= place:
                    break
            if sentence is None or (sentence.paragraph, sentence.index) != place:
                problems.add(f"{row.id}: the document has no such sentence")
                break
            if difference := _difference(row, sentence, has_raw=has_raw):
                problems.add(difference)
        n_sentences += sum(1 for _ in sentences)
    if not n_rows and not problems.n:
        return Check("spans", Outcome.NOT_CHECKED, "no row says where it stands")
    return problems.check("spans", f"{n_rows} rows are sentences of the inputs, which have {n_sentences} there")


def _by_name(documents: Iterable[Document | Rejected]) -> Iterator[Document]:
    return (document for document in documents if isinstance(document, Document))


def _sentences(document: Document, options: SegmentOptions, problems: Problems) -> Iterator[Sentence]:
    try:
        yield from segment(document.paragraphs(), options)
    except InputError as error:
        problems.add(str(error))


def _difference(row: Span, sentence: Sentence, *, has_raw: bool) -> str | None:
    if (row.start, row.end) != (sentence.start, sentence.end):
        return f"{row.id} is [{row.start}, {row.end}), in the document [{sentence.start}, {sentence.end})"
    if as_any_format(row.text) != as_any_format(sentence.text):
        return f"{row.id}: {row.text[:40]!r}, in the document {sentence.text[:40]!r}"
    if has_raw and row.raw and row.raw != sentence.raw:
        return f"{row.id}: the raw text is {row.raw[:40]!r}, in the document {sentence.raw[:40]!r}"
    return None


def as_any_format(text: str) -> str:
    """The text with a space for what some format cannot hold, so that two can be compared whatever they stood in."""
    return _REPLACED.sub(" ", text)


def check_raw(pairs: Iterable[Pair], documents: Iterable[Document | Rejected]) -> Check:
    """Hold the raw text of both sides of every pair to the documents, which are texts of the two languages.

    White space counts as a space, since only that much of it is kept between two sentences of one span.

    Args:
        pairs: of the corpus; rows hold raw texts.
        documents: of both sides; each is in memory while it is the last one of its side.
    """
    problems = Problems()
    n_spans = 0
    texts = _Contents(documents)
    for pair in pairs:
        for span in (pair.source, pair.target):
            if span.start is None or span.end is None or not span.n_sentences or not span.raw:
                continue
            n_spans += 1
            found = [text[span.start : span.end] for text in texts.of(span.doc_id)]
            if not found:
                problems.add(f"document {span.doc_id!r} is not among the inputs")
            elif as_any_format(span.raw) not in map(as_any_format, found):
                problems.add(f"{span.id}: {span.raw[:40]!r}, in the document {found[0][:40]!r}")
    if not n_spans:
        return Check("spans", Outcome.NOT_CHECKED, "no pair says where it stands and what stands there")
    return problems.check("spans", f"{n_spans} spans of both sides are what stands there in the inputs")


class _Contents:
    """Whole texts of documents by name; those of the last two names stay in memory."""

    def __init__(self, documents: Iterable[Document | Rejected]) -> None:
        self._documents: dict[str, list[Document]] = {}
        for document in _by_name(documents):
            self._documents.setdefault(document.doc_id, []).append(document)
        self._kept: dict[str, list[str]] = {}

    def of(self, name: str) -> list[str]:
        """Several where the two sides of a pair of documents have one name."""
        if name not in self._kept:
            self._kept = dict(list(self._kept.items())[-1:])
            self._kept[name] = [_text(document) for document in self._documents.get(name, ())]
        return self._kept[name]


def _text(document: Document) -> str:
    """All of a document, with a space for whatever ends its lines."""
    parts: list[str] = []
    end = 0
    for paragraph in document.paragraphs():
        parts.append(" " * (paragraph.start - end))
        parts.append(paragraph.text)
        end = paragraph.start + len(paragraph.text)
    return "".join(parts)
