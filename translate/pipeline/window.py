"""A window: sentences that are sorted, batched and translated together, and what is tried until they are done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from translate.engines.base import Engine, Hypothesis
from translate.marian.model import LONGEST_WHOLE
from translate.pipeline.batching import Job, Journal, OnBatch, Scheduler
from translate.pipeline.cutting import cut_clauses, cut_sentence
from translate.pipeline.judging import judge
from translate.pipeline.masking import mask
from translate.pipeline.retries import Given, Tried, best_of, in_digits, masked, smaller
from translate.pipeline.signs import readable
from translate.pipeline.translation import Attempt, AttemptKind, Translation
from translate.text.language import is_foreign
from translate.text.marks import HAN, HAN_SIGNS
from translate.text.terminology import Asked, Terminology

__all__ = ["DECODING_VERSION", "Window", "Windows"]

DECODING_VERSION = 7
"""Part of the signature; raised when what is read, batching caps, cutting, judging, retrying change what comes out."""

# Scripts that a zh model reads: Han (all planes), kana, bopomofo, hangul.
_READABLE = re.compile(
    f"[{HAN}{HAN_SIGNS}\u3031-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff\uac00-\ud7af\U0001f200-\U0001f2ff]"
)
_RETRIES = 2
_TERM_RETRIES = 3


@dataclass(frozen=True, slots=True)
class _Round:
    """One attempt at each of several sentences, under way.

    Attributes:
        given: by sentence.
        lengths: source tokens of every piece, in the same order.
        job: decodes the pieces.
    """

    given: Mapping[str, Given]
    lengths: Sequence[int]
    job: Job


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Sentences under way.

    Attributes:
        sentences: whose translations are wanted.
        journal: remembers what was decoded for them.
        listeners: told of each batch of theirs.
        first: the first attempt at each distinct one that has something to translate.
        asked: of those of which something is, what their translations are to have.
    """

    sentences: Sequence[str]
    journal: Journal | None
    listeners: Sequence[OnBatch]
    first: _Round
    asked: Mapping[str, Sequence[Asked]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Takes sentences through the engine: cut where they are too long, and tried again where they look wrong.

    Attributes:
        engine: translates batches.
        whole: most source tokens of a sentence that the model does well as a whole.
        scheduler: hands the batches to the engine.
        terminology: what translations are to have.
    """

    engine: Engine
    whole: int
    scheduler: Scheduler
    terminology: Terminology = field(default_factory=Terminology)

    def start(
        self, sentences: Sequence[str], journal: Journal | None = None, listeners: Sequence[OnBatch] = ()
    ) -> Window:
        """Queue sentences, behind those that wait already."""
        chinese = [text for text in dict.fromkeys(sentences) if _READABLE.search(text) and not is_foreign(text)]
        asked = {text: wanted for text in chinese if (wanted := self.terminology.asked(text))}
        chinese = [text for text in chinese if text not in asked or _is_more_than_spans(text, asked[text])]
        read = {text: readable(text) for text in chinese}
        distinct = {text: own for text, own in read.items() if _READABLE.search(own)}
        given: dict[str, Given] = {}
        lengths: list[int] = []
        for (text, own), length in zip(distinct.items(), self._count_all([*distinct.values()]), strict=True):
            pieces = self._cut(own, length)
            given[text] = Given(AttemptKind.PLAIN, own, pieces)
            lengths.extend([length] if len(pieces) == 1 else self._count_all(pieces))
        job = self.scheduler.add(_pieces(given), lengths, journal=journal, listeners=listeners)
        return Window(sentences, journal, listeners, _Round(given, lengths, job), asked)

    def finish(self, window: Window) -> list[Translation]:
        """One translation for each sentence, in order; waits until they are decoded, while other windows go on."""
        tried: dict[str, list[Tried]] = {text: [] for text in window.first.given}
        self._collect(window.first, tried, window.asked)
        failed: Iterable[str] = window.asked.keys() & tried.keys()
        for _ in range(_TERM_RETRIES if window.asked else 0):
            bound = [text for text in tried if text in failed]
            again = {text: masked(text, window.asked[text], tried[text], self._cut) for text in bound}
            failed = self._retry(window, tried, again)
        self._retry(window, tried, {text: in_digits(own, self._cut) for text, own in tried.items()})
        failed = tried
        for _ in range(_RETRIES):
            failed = self._retry(window, tried, {text: smaller(tried[text], self._count) for text in failed})
        known = {text: _translation(text, own) for text, own in tried.items()}
        return [known[text] if text in known else Translation(text) for text in window.sentences]

    def cancel(self, windows: Iterable[Window]) -> None:
        """Leave nothing of these behind that goes on decoding."""
        self.scheduler.cancel([window.first.job for window in windows])

    def _retry(
        self, window: Window, tried: Mapping[str, list[Tried]], wanted: Mapping[str, Given | None]
    ) -> Sequence[str]:
        """Another attempt at each sentence for which there is something else to give; returns which."""
        given = {text: own for text, own in wanted.items() if own}
        if given:
            pieces = _pieces(given)
            lengths = self._count_all(pieces)
            journal, listeners = window.journal, window.listeners
            required = [each for own in given.values() for each in own.required]
            job = self.scheduler.add(pieces, lengths, required, first=True, journal=journal, listeners=listeners)
            self._collect(_Round(given, lengths, job), tried, window.asked)
        return list(given)

    def _collect(self, round_: _Round, tried: Mapping[str, list[Tried]], asked: Mapping[str, Sequence[Asked]]) -> None:
        hypotheses = self.scheduler.finish(round_.job)
        end = 0
        for text, given in round_.given.items():
            start, end = end, end + len(given.pieces)
            attempt = Attempt(given.kind, _restored(given, hypotheses[start:end]))
            judgement = judge(text, attempt, asked.get(text, ()))
            tried[text].append(Tried(given, max(round_.lengths[start:end]), attempt, judgement))

    def _cut(self, text: str, length: int | None = None) -> list[str]:
        """The pieces to translate: at clauses beyond what the model does well, anywhere beyond what none does."""
        length = self._count(text) if length is None else length
        limit = min(self.engine.max_source_tokens, LONGEST_WHOLE)
        pieces = [text] if length <= self.whole else cut_clauses(text, self._count, self.whole)
        if length <= limit:
            return pieces
        return [part for piece in pieces for part in cut_sentence(piece, self._count, limit)]

    def _count_all(self, texts: Sequence[str]) -> list[int]:
        return self.engine.count_tokens(texts) if texts else []

    def _count(self, text: str) -> int:
        return self.engine.count_tokens([text])[0]


def _is_more_than_spans(text: str, asked: Sequence[Asked]) -> bool:
    """Whether there is something to translate beside what stays as it is."""
    spans = [each for each in asked if each.is_span]
    return not spans or bool(_READABLE.search(mask(text, spans, terms=False).text))


def _restored(given: Given, hypotheses: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """What came back for the pieces, with what the names in them stand for."""
    if given.masked is None:
        return tuple(hypotheses)
    return tuple(
        replace(each, text=given.masked.restored(piece, each.text))
        for piece, each in zip(given.pieces, hypotheses, strict=True)
    )


def _pieces(given: Mapping[str, Given]) -> list[str]:
    return [piece for own in given.values() for piece in own.pieces]


def _translation(text: str, tried: Sequence[Tried]) -> Translation:
    return Translation(text, tuple(each.attempt for each in tried), best_of(tried))
