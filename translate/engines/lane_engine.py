"""What the engines have in common that decode token by token: text in and out, and continuous batching between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from translate.engines.base import DecodeOptions, Found, Hypothesis, Required, check_batch, hypotheses, with_tokens
from translate.engines.lanes import DecodingBatch, Ended, Lanes
from translate.engines.phrases import FEWEST_BEAMS, Bound, forms_of
from translate.marian.settings import SearchSettings, read_limits, read_settings
from translate.marian.vocabulary import MarianVocabulary

if TYPE_CHECKING:
    from translate.marian.model import LocalModel

__all__ = ["LaneEngine", "bound_settings", "settings_for"]


_FEW_SENTENCES = 8
"""Sentences in a submission, when they are long: so many submissions fill the places of a batch, and as many more."""


class LaneEngine:
    """All of an `Engine` but the network and its batches.

    Args:
        model: a verified model.
        vocabulary: its vocabulary.
        name: of the engine.
        compute_type: number format of the products.
        batches: one a thread, without sentences.
        bound_batches: makes as many for sentences whose targets are to have something.
        refill: share of a batch that has to be free for others to join; see `Lanes`.
        on_start: called in each of its threads before anything else.
        n_places: sentences that each of ``batches`` has places for; see `Lanes`.
    """

    def __init__(
        self,
        model: LocalModel,
        vocabulary: MarianVocabulary,
        *,
        name: str,
        compute_type: str,
        batches: Sequence[DecodingBatch[Any]],
        bound_batches: Callable[[], Sequence[DecodingBatch[Any]]],
        refill: float,
        on_start: Callable[[], None] | None = None,
        n_places: int | None = None,
    ) -> None:
        self.name, self.compute_type = name, compute_type
        limits = read_limits(model)
        self.max_source_tokens, self.max_target_tokens = limits.max_source_tokens, limits.max_target_tokens
        self._vocabulary = vocabulary
        self._eos_id = vocabulary.eos_id
        # For each that is written others wait, to take the places of its sentences.
        self.capacity = 4 * len(batches) if n_places is None else max(4, n_places // _FEW_SENTENCES) * len(batches)
        self._lanes = Lanes(batches, name, refill, on_start, n_places)
        self._bound_batches, self._refill, self._on_start = bound_batches, refill, on_start
        self._bound: Lanes | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    def count_tokens(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        return self._vocabulary.count(sentences)

    def submit(
        self,
        sentences: Sequence[str],
        max_length: int | None = None,
        required: Sequence[Sequence[Required]] | None = None,
    ) -> Future[list[Hypothesis]]:
        """Translate one batch; see `Engine`. A sentence without tokens has the empty translation."""
        ids = self._vocabulary.encode(sentences)
        check_batch(sentences, [len(each) for each in ids], self.max_source_tokens)
        cap = min(max_length or self.max_target_tokens, self.max_target_tokens)
        full = with_tokens(ids)
        lanes = self._lanes
        if required is not None and any(required):
            # A search of its own, so that no other sentence's is touched.
            lanes = self._bound_lanes()
            ids = [Bound(own, forms_of(wanted, self._vocabulary)) for own, wanted in zip(ids, required, strict=True)]
        return lanes.submit(
            [ids[index] for index in full],
            cap,
            lambda ended: hypotheses(len(ids), full, self._found(ended, cap), self._vocabulary.decode),
        )

    def close(self) -> None:
        """Stop what runs at its next token, and end the threads."""
        self._lanes.close()
        with self._lock:
            self._is_closed = True
            if self._bound is not None:
                self._bound.close()

    def _bound_lanes(self) -> Lanes:
        """Made when the first sentence needs them."""
        with self._lock:
            if self._is_closed:
                return self._lanes  # which says so
            if self._bound is None:
                self._bound = Lanes(self._bound_batches(), f"{self.name}-bound", self._refill, self._on_start)
            return self._bound

    def search(self, ids: Sequence[Sequence[int]], cap: int) -> list[Found]:
        """Best target of each source.

        Args:
            ids: source ids, end of sentence included; none empty.
            cap: most target tokens, end of sentence included.

        Raises:
            EngineError: the engine was closed meanwhile.
        """
        return self._lanes.submit(ids, cap, lambda ended: self._found(ended, cap)).result()

    def _found(self, ended: Sequence[Ended[Any]], cap: int) -> list[Found]:
        return [self._found_one(each.target, each.log_probability, cap) for each in ended]

    def _found_one(self, target: list[int], total: float, cap: int) -> Found:
        """An end of sentence is written at the cap in any case, so one that stands there proves nothing."""
        ended = target[-1] == self._eos_id
        finish: Literal["eos", "length"] = "eos" if ended and len(target) < cap else "length"
        return Found(target[:-1] if ended else target, total / len(target), len(target), finish)


def bound_settings(settings: SearchSettings) -> SearchSettings:
    """The search of sentences whose targets are to have something: with `FEWEST_BEAMS` hypotheses at least."""
    return replace(settings, n_beams=max(FEWEST_BEAMS, settings.n_beams))


def settings_for(model: LocalModel, options: DecodeOptions, vocabulary: MarianVocabulary) -> SearchSettings:
    """The search that a model's settings and these options ask for; ids without a token are never written.

    Raises:
        UsageError: they ask for a search that we do not have.
        ModelDamagedError: a setting is of another type, or out of its range.
    """
    settings = read_settings(model, options.beam_size, options.length_penalty)
    return replace(settings, banned=(*settings.banned, *vocabulary.unnamed))
