"""The sentence pair, and the row it is in every output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Self

from translate.text.records import Sentence

__all__ = [
    "ALIGNED_FIELDS",
    "CHINESE_ENGLISH",
    "FIELDS",
    "PLAIN",
    "SAID",
    "SIGNAL",
    "Columns",
    "Languages",
    "Pair",
    "Span",
    "columns_of",
    "from_row",
    "further",
    "rounded",
    "row",
]

Languages = tuple[str, str]
"""Source and target, as BCP 47 tags."""

CHINESE_ENGLISH: Languages = ("zh", "en")
"""Not ``zh-Hans``: a document may be in either script, or in both, and we do not claim what we did not look at."""

FIELDS = ("id", "doc", "paragraph", "sentence", "start", "end", "source", "target", "score", "flags")
"""Columns of every row, in order; JSONL has ``raw`` after them."""

ALIGNED_FIELDS = (
    "source_sentences",
    "target_doc",
    "target_paragraph",
    "target_sentence",
    "target_sentences",
    "target_start",
    "target_end",
)
"""Columns after those of every row, where the target stands in a document or a pair is not one to one; JSONL has
``target_raw`` after them."""

SAID = ("license", "words", "terms")
"""Columns of text after those, which only some files have."""

SIGNAL = "signals."
"""Before the name of a signal in the columns of a table."""


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive sentences of one document, most often one.

    Attributes:
        doc_id: names the document; empty for what stands in none, as the translation of a machine does.
        paragraph: index of the line of its first sentence, from 0.
        index: which sentence of that paragraph the first one is, from 0.
        start: first code point in the decoded document; None where it is not known.
        end: one past the last; None where it is not known.
        raw: the document's ``[start, end)``, or the text as it was found where there are no offsets. Empty where it is
            not known: a corpus that went through a table has its offsets, and not the raw texts.
        text: the sentences as one text, normalised: what a model reads.
        n_sentences: how many there are; 0 for the place where a counterpart is missing.
    """

    doc_id: str
    paragraph: int
    index: int
    start: int | None
    end: int | None
    raw: str
    text: str
    n_sentences: int = 1

    @classmethod
    def of(cls, sentence: Sentence) -> Self:
        """The span that is one sentence."""
        s = sentence
        return cls(s.doc_id, s.paragraph, s.index, s.start, s.end, s.raw, s.text)

    @classmethod
    def over(cls, sentences: Sequence[Sentence], *, joiner: str) -> Self:
        """The span of consecutive sentences of one document.

        Only white space stands between two sentences; in ``raw`` it is that many spaces, so that offsets into it hold.

        Args:
            sentences: at least one, in the order of the document.
            joiner: put between their texts: a space for English, nothing for Chinese.
        """
        first, last = sentences[0], sentences[-1]
        raw, end = "", first.start
        for sentence in sentences:
            raw += " " * (sentence.start - end) + sentence.raw
            end = sentence.end
        text = joiner.join(sentence.text for sentence in sentences if sentence.text)
        return cls(
            first.doc_id, first.paragraph, first.index, first.start, last.end, raw, text, n_sentences=len(sentences)
        )

    @classmethod
    def unplaced(cls, text: str) -> Self:
        """A text that stands in no document: what a machine translated."""
        return cls("", 0, 0, None, None, text, text)

    @property
    def id(self) -> str:
        """``document:paragraph:sentence``, and ``+n`` behind it where it is not one sentence but n."""
        first = f"{self.doc_id}:{self.paragraph}:{self.index}"
        return first if self.n_sentences == 1 else f"{first}+{self.n_sentences}"

    @property
    def is_placed(self) -> bool:
        """Whether it is known where it stands in which document."""
        return self.start is not None


@dataclass(frozen=True, slots=True)
class Pair:
    """Some sentences and their translation, most often one and one.

    Attributes:
        source: what was translated.
        target: its translation, with empty text where there is none; `Span.unplaced` where a machine made it.
        score: mean log-probability per target token in nats; None where nothing was decoded.
        signals: numbers by name, as `corpus.signals` computes them.
        flags: what a reader of the corpus should know of either side, each a `Flag`; sorted.
        license: of the source document, as it says itself or as whoever made the corpus said; None where nobody did.
        words: links between the words of the two texts, as ``duizhao words`` writes them; None where there are none.
        terms: what was asked of the translation by a glossary or as a span that stays, and which of it is kept, as
            `translate.text.terminology.write_asked` writes it; None where nothing was.
    """

    source: Span
    target: Span
    score: float | None = None
    signals: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    license: str | None = None
    words: str | None = None
    terms: str | None = None

    @classmethod
    def translated(
        cls,
        sentence: Sentence,
        text: str,
        score: float | None,
        flags: Iterable[str] = (),
        license: str | None = None,  # noqa: A002  (the name of the column)
    ) -> Self:
        """A sentence and what a machine made of it; the flags of the sentence are among the pair's.

        Args:
            sentence: the source.
            text: the translation.
            score: of the translation.
            flags: of the translation, and of the two seen together.
            license: of the document that the sentence stands in.
        """
        both = tuple(sorted({*sentence.flags, *flags})) if sentence.flags or flags else ()
        return cls(Span.of(sentence), Span.unplaced(text), score, flags=both, license=license)

    @property
    def id(self) -> str:
        """That of the source span, and with it that of the target where there is no source; unique in a run."""
        return self.source.id if self.source.n_sentences else f"{self.source.id}/{self.target.id}"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns the rows of a file have beside `FIELDS`; a file has the same in every row.

    Attributes:
        aligned: those of `ALIGNED_FIELDS`.
        signals: one for each, in this order.
        license: one.
        words: one.
        terms: one.
    """

    aligned: bool = False
    signals: tuple[str, ...] = ()
    license: bool = False
    words: bool = False
    terms: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All columns of a table, in order."""
        aligned = ALIGNED_FIELDS if self.aligned else ()
        return (*FIELDS, *aligned, *self.said, *(SIGNAL + name for name in self.signals))

    @property
    def said(self) -> tuple[str, ...]:
        """The columns of text that only some files have: each is the attribute of a pair of that name, or null."""
        return tuple(name for name in SAID if getattr(self, name))

    @classmethod
    def named(cls, names: Iterable[str]) -> Self:
        """Those of a table whose columns have these names; the opposite of `names`."""
        found = dict.fromkeys(names)
        signals = tuple(name.removeprefix(SIGNAL) for name in found if name.startswith(SIGNAL))
        return cls(found.keys() >= set(ALIGNED_FIELDS), signals, **{name: name in found for name in SAID})

    def merged(self, other: Columns) -> Columns:
        """The fewest columns that hold both; signals in the order in which they come first."""
        return Columns(
            aligned=self.aligned or other.aligned,
            signals=tuple(dict.fromkeys((*self.signals, *other.signals))),
            **{name: getattr(self, name) or getattr(other, name) for name in SAID},
        )

    def hold(self, other: Columns) -> bool:
        """Whether rows with the other columns can be written without loss."""
        wide = self.aligned >= other.aligned and set(self.said) >= set(other.said)
        return wide and set(self.signals) >= set(other.signals)


PLAIN = Columns()
"""Of a corpus that was built: one sentence, one translation that stands in no document."""


def columns_of(pairs: Iterable[Pair]) -> Columns:
    """The fewest columns that hold these pairs; signals in the order in which they come first."""
    aligned = has_license = has_words = has_terms = False
    signals: dict[str, None] = {}
    for pair in pairs:
        has_license = has_license or pair.license is not None
        has_words = has_words or pair.words is not None
        has_terms = has_terms or pair.terms is not None
        source, target = pair.source, pair.target
        aligned = aligned or source.n_sentences != 1 or target.n_sentences != 1
        aligned = aligned or target.doc_id != "" or target.start is not None
        if not pair.signals.keys() <= signals.keys():
            signals |= dict.fromkeys(name for name, value in pair.signals.items() if isfinite(value))
    found = Columns(aligned, tuple(signals), has_license, has_words, has_terms)
    return PLAIN if found == PLAIN else found


def rounded(score: float | None) -> float | None:
    """Round a number to the 4 decimals that are written; None where there is none."""
    # Adding 0.0 turns -0.0, which reads like a slip, into 0.0.
    return round(score, 4) + 0.0 if score is not None and isfinite(score) else None


def row(pair: Pair, columns: Columns | None = None) -> dict[str, Any]:
    """Lay a pair out as the row of a JSONL output.

    Args:
        pair: the pair.
        columns: of the file; those that this pair needs when None.

    Returns:
        `FIELDS` in order, then ``raw``; with ``columns.aligned`` also `ALIGNED_FIELDS` and ``target_raw``; those of
        `SAID` that the columns have, which may be None; where there are signals also ``signals``, by name.
        ``score`` and signals are rounded to 4 decimals, ``score`` may be None; a signal that is no finite number is
        left out.
    """
    columns = columns_of((pair,)) if columns is None else columns
    source, target = pair.source, pair.target
    fields: dict[str, Any] = {
        "id": pair.id,
        "doc": source.doc_id,
        "paragraph": source.paragraph,
        "sentence": source.index,
        "start": source.start,
        "end": source.end,
        "source": source.text,
        "target": target.text,
        "score": rounded(pair.score),
        "flags": list(pair.flags),
        "raw": source.raw,
    }
    return fields | further(pair, columns)


def further(pair: Pair, columns: Columns) -> dict[str, Any]:
    """The part of `row` that only some files have."""
    fields: dict[str, Any] = {}
    if columns.aligned:
        target = pair.target
        fields = {
            "source_sentences": pair.source.n_sentences,
            "target_doc": target.doc_id,
            "target_paragraph": target.paragraph,
            "target_sentence": target.index,
            "target_sentences": target.n_sentences,
            "target_start": target.start,
            "target_end": target.end,
            "target_raw": target.raw,
        }
    fields |= {name: getattr(pair, name) for name in columns.said}
    if columns.signals:
        found = {name: rounded(pair.signals.get(name)) for name in columns.signals}
        fields["signals"] = {name: value for name, value in found.items() if value is not None}
    return fields


def from_row(fields: Mapping[str, Any]) -> Pair:
    """Read a pair back from its row; ``row(from_row(fields)) == fields`` for every row that `row` made.

    Raises:
        KeyError: if a field is missing. Values are not checked: rows are read back only from files we wrote.
    """
    source = Span(
        fields["doc"],
        fields["paragraph"],
        fields["sentence"],
        fields["start"],
        fields["end"],
        fields["raw"],
        fields["source"],
        fields.get("source_sentences", 1),
    )
    target = Span.unplaced(fields["target"])
    if "target_doc" in fields:
        target = Span(
            fields["target_doc"],
            fields["target_paragraph"],
            fields["target_sentence"],
            fields["target_start"],
            fields["target_end"],
            fields["target_raw"],
            fields["target"],
            fields["target_sentences"],
        )
    signals, flags = dict(fields.get("signals", {})), tuple(fields["flags"])
    return Pair(source, target, fields["score"], signals, flags, **{name: fields.get(name) for name in SAID})
