"""A batch that is being written, step by step: sentences leave it as they end, and others join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import torch
from torch import Tensor

from translate.engines.lanes import Ended
from translate.engines.phrases import candidates_of, phrases_of
from translate.engines.torch.beam_search import BeamState, Forced, GreedyState, SearchState
from translate.engines.torch.cache import KvCache
from translate.engines.torch.constrained import ConstrainedState
from translate.engines.torch.network import Marian
from translate.engines.torch.projection import Projection, ShortProjection
from translate.marian.settings import SearchSettings

if TYPE_CHECKING:
    from translate.marian.shortlist import Shortlist

__all__ = ["TorchBatch"]

K = TypeVar("K")

_SHRINK = 8
"""Sentences that have ended leave when they are one of so many: each time, what the others remember is copied."""

_LOOK_EVERY = 8
"""Steps between looks at what has ended on a GPU, which has to stand still for each."""


class TorchBatch(Generic[K]):
    """A batch that is being written: sentences leave it as they end, and others join.

    No sentence looks at another, and each starts in its own first slot, so what becomes of it does not depend on when
    it joins or on what stands beside it.

    Args:
        network: the weights.
        settings: how to search.
        start_id: the token that targets start from.
        projection: the output layer; used by this batch alone as long as it has sentences.
        shortlist: what a sentence may be translated with; any token when None.
        starts: for each target token whether it begins a new word, where targets are to have phrases.
    """

    def __init__(  # noqa: PLR0917 - as a decoder has them
        self,
        network: Marian,
        settings: SearchSettings,
        start_id: int,
        projection: Projection,
        shortlist: Shortlist | None,
        starts: bytes | None = None,
    ) -> None:
        self._network, self._settings, self._start_id = network, settings, start_id
        self._projection, self._shortlist, self._starts = projection, shortlist, starts
        self._look_every = 1 if network.device.type == "cpu" else _LOOK_EVERY
        self._members: _Members[K] | None = None
        self._n_steps = 0

    def __len__(self) -> int:
        """Sentences, those included that have ended and are not seen yet."""
        return len(self._members.keys) - len(self._members.vacant) if self._members else 0

    @property
    def keys(self) -> Sequence[K]:
        """Of the sentences that are in the batch."""
        return [self._members.keys[place] for place in self._members.taken()] if self._members else ()

    @property
    def n_vacant(self) -> int:
        """How many sentences can be admitted at little cost, in the places of those that have just ended."""
        return len(self._members.vacant) if self._members else 0

    @property
    def n_source(self) -> int:
        """Source tokens of the longest sentence in the batch; 0 of none."""
        return max(self._members.cache.lengths[place] for place in self._members.taken()) if self._members else 0

    def clear(self) -> None:
        """Drop all sentences."""
        self._members = None

    @torch.inference_mode()
    def admit(self, sentences: Sequence[tuple[K, Sequence[int], int]]) -> list[Ended[K]]:
        """Let sentences join, and take their first step; those that were there stand still.

        Args:
            sentences: of each a key, the source ids, end of sentence included, and the cap on target tokens.

        Returns:
            What has ended.
        """
        ids, n_beams = [row for _, row, _ in sentences], self._settings.n_beams
        output: Projection | ShortProjection = self._projection
        if self._shortlist is not None:
            output = self._projection.among([candidates_of(self._shortlist, row) for row in ids])
        caps = [cap for _, _, cap in sentences]
        state = self._begin(caps, ids)
        new = _Members([key for key, _, _ in sentences], caps, state, self._network.start(ids, n_beams), output)
        start = torch.full((len(ids), 1), self._start_id, device=self._network.device)
        self._advance(new, start)
        if self._members is None:
            self._members = new
        else:
            self._members.admit(new)
        return self._collect()

    def _begin(self, caps: Sequence[int], ids: Sequence[Sequence[int]]) -> SearchState:
        if self._starts is not None:
            forms = list(map(phrases_of, ids))
            return ConstrainedState(caps, forms, self._starts, self._settings, self._network.device)
        begin: type[GreedyState] | type[BeamState] = GreedyState if self._settings.n_beams == 1 else BeamState
        return begin(caps, self._settings, self._network.device)

    @torch.inference_mode()
    def step(self) -> list[Ended[K]]:
        """Write one token more of every sentence; returns what has ended."""
        batch = self._members
        if batch is None:
            return []
        if batch.vacant:
            batch.keep(batch.taken())
        if batch.state.parents is not None:
            batch.cache.follow(batch.state.parents)
        self._advance(batch, batch.state.tokens)
        self._n_steps += 1
        return self._collect()

    def _advance(self, batch: _Members[K], tokens: Tensor) -> None:
        hidden = self._network.step(tokens, batch.cache)
        top = batch.output.top(hidden, min(batch.state.n_candidates, batch.output.n_tokens))
        forced = self._forced(batch, hidden, tokens.shape[1])
        if isinstance(batch.state, ConstrainedState):
            batch.state.advance(top, forced, _bound(batch.state, batch.output, hidden))
        else:
            batch.state.advance(top, forced)
        batch.left = [left - 1 for left in batch.left]

    def _forced(self, batch: _Members[K], hidden: Tensor, n_rows: int) -> Forced | None:
        """The sentences with one token left, where that is made an end of sentence; ``n_rows`` rows a sentence."""
        last = [place for place, left in enumerate(batch.left) if left == 1]
        if not last or not self._settings.forced_eos:
            return None
        which = torch.tensor(last, device=hidden.device)
        own = hidden.view(len(batch.keys), n_rows, -1)[which].flatten(0, 1)
        ends = torch.full((len(own),), self._settings.eos_id, device=hidden.device)
        return Forced(which, batch.output.log_probability(own, ends, which))

    def _collect(self) -> list[Ended[K]]:
        """Take the results of sentences that have ended, if they are many."""
        batch = self._members
        # Those at their cap must go: there is no room for another token.
        if batch is None or (self._n_steps % self._look_every and min(batch.left) > 0):
            return []
        if batch.vacant:
            batch.keep(batch.taken())
        done = batch.state.done.tolist()
        if sum(done) * _SHRINK < len(done) and min(batch.left) > 0:
            return []
        gone = [place for place, is_done in enumerate(done) if is_done]
        found = [
            Ended(batch.keys[place], *result) for place, result in zip(gone, batch.state.results(gone), strict=True)
        ]
        if len(gone) == len(done):
            self._members = None
        else:
            batch.vacant = gone
        return found


def _bound(state: ConstrainedState, output: Projection | ShortProjection, hidden: Tensor) -> list[float]:
    """Log-probabilities of the tokens that the search wants to know."""
    rows, sentences, tokens = state.wanted()
    if not rows:
        return []
    own, which, asked = (torch.tensor(each, device=hidden.device) for each in (rows, sentences, tokens))
    found: list[float] = output.log_probability(hidden.view(-1, hidden.shape[-1])[own], asked, which).tolist()
    return found


@dataclass(slots=True, eq=False)
class _Members(Generic[K]):
    """The sentences of a `TorchBatch` and all that belongs to them.

    Attributes:
        keys: of the sentences.
        left: target tokens that each may still write.
        state: the search.
        cache: their keys and values.
        output: the output layer.
        vacant: places whose sentences have ended, until others take them or, before the next step, they are dropped.
    """

    keys: list[K]
    left: list[int]
    state: SearchState
    cache: KvCache
    output: Projection | ShortProjection
    vacant: list[int] = field(default_factory=list)

    def taken(self) -> list[int]:
        """Places that are not vacant."""
        vacant = set(self.vacant)
        return [place for place in range(len(self.keys)) if place not in vacant]

    def keep(self, places: Sequence[int]) -> None:
        """Drop all sentences but these."""
        self.vacant = []
        self.keys = [self.keys[place] for place in places]
        self.left = [self.left[place] for place in places]
        self.state.keep(places)
        self.cache.keep(places)
        self.output.keep(places)

    def admit(self, other: _Members[K]) -> None:
        """Take the sentences of another, into what is vacant first, and the rest behind these."""
        places = self.vacant[: len(other.keys)]
        self.vacant = self.vacant[len(places) :]
        if places:
            self._put(places, other)
        rest = range(len(places), len(other.keys))
        if rest:
            other.keep(rest)
            self._join(other)

    def _put(self, places: Sequence[int], other: _Members[K]) -> None:
        for index, place in enumerate(places):
            self.keys[place], self.left[place] = other.keys[index], other.left[index]
        self.state.put(places, other.state)
        self.cache.put(places, other.cache)
        if isinstance(self.output, ShortProjection) and isinstance(other.output, ShortProjection):
            self.output.put(places, other.output)

    def _join(self, other: _Members[K]) -> None:
        self.keys, self.left = self.keys + other.keys, self.left + other.left
        self.state.join(other.state)
        self.cache.join(other.cache)
        if isinstance(self.output, ShortProjection) and isinstance(other.output, ShortProjection):
            self.output.join(other.output)
