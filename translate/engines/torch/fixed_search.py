"""The search of a batch whose size does not change: that of `beam_search`, in memory that never moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from translate.engines.torch.beam_search import NEVER, BeamState, Forced, GreedyState
from translate.engines.torch.network import on_device
from translate.engines.torch.projection import Top
from translate.marian.settings import SearchSettings

__all__ = ["FixedBeamState", "FixedGreedyState", "FixedState", "Progress", "fixed_state"]


class Progress(NamedTuple):
    """What has become of the sentences so far.

    Attributes:
        done: ``(n_places)``, which have ended.
        targets: ``(n_places, longest)``, int32, the best target of each that has ended.
        lengths: ``(n_places)``, of these.
        log_probabilities: ``(n_places)``, of these.
    """

    done: Tensor
    targets: Tensor
    lengths: Tensor
    log_probabilities: Tensor


class _InPlace:
    """What both searches have in common beside `SearchState`.

    Attributes:
        tokens: ``(n_places, n_beams)``, what was written last; the start token where nothing is.
        done: ``(n_places)``, in which nothing is being written.
    """

    tokens: Tensor
    done: Tensor
    _caps: Tensor
    _steps: Tensor
    _start_id: int

    def _empty(self, start_id: int) -> None:
        """At first there is no sentence."""
        self._start_id = start_id
        self.tokens.fill_(start_id)
        self.done.fill_(value=True)

    @property
    def last(self) -> Tensor:
        """``(n_places)``, which have one token left."""
        return self._steps + 1 == self._caps


class FixedGreedyState(_InPlace, GreedyState):
    """`GreedyState` with a fixed number of places.

    Args:
        n_places: for sentences; at first there is none.
        longest: most target tokens of any.
        start_id: the token that targets start from.
        settings: how to search.
        device: of the tensors.
    """

    def __init__(
        self, n_places: int, longest: int, start_id: int, settings: SearchSettings, device: torch.device
    ) -> None:
        # One column more, for what is written behind the end of one that has ended.
        super().__init__([longest + 1] * n_places, settings, device)
        self._lengths = self._caps.clone()
        self._empty(start_id)

    def advance(self, top: Top, forced: Forced | None = None) -> None:
        """Write the best token, in place; see `SearchState`."""
        kept = {name: getattr(self, name) for name in self.names}
        frozen = torch.where(self.done, self._steps, self._steps + 1)
        super().advance(top, forced)
        self._steps = frozen
        _write_back(self, kept)

    def _force(self, forced: Forced, tokens: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
        tokens = tokens.masked_fill(forced.sentences[:, None], self._settings.eos_id)
        return tokens, torch.where(forced.sentences, forced.log_probability, scores)

    def begin(self, places: Sequence[int], caps: Sequence[int]) -> None:
        """Let new sentences with these caps take these places."""
        where = on_device(places, self.done.device)
        new = GreedyState([1] * len(places), self._settings, self.done.device)
        _put(self, where, new, on_device(caps, self.done.device), self._start_id)

    def take(self, other: FixedGreedyState, places: Sequence[int]) -> None:
        """Let the sentences at these places of another take the first places; the others are nobody's."""
        _take(self, other, places)

    def progress(self, longest: int) -> Progress:
        """What has become of the sentences, of which none is longer than ``longest``."""
        return Progress(self.done, self._sequences[:, :longest].int(), self._lengths, self._sums)


class FixedBeamState(_InPlace, BeamState):
    """`BeamState` with a fixed number of places; see `FixedGreedyState`.

    Attributes:
        n_written: no hypothesis is longer than this.
    """

    def __init__(
        self, n_places: int, longest: int, start_id: int, settings: SearchSettings, device: torch.device
    ) -> None:
        super().__init__([longest + 1] * n_places, settings, device)
        self.n_written = longest + 1
        self._best_lengths = self._caps.clone()
        self._empty(start_id)

    def advance(self, top: Top, forced: Forced | None = None) -> None:
        """Go one token on, in place; see `SearchState`."""
        kept = {name: getattr(self, name) for name in self.names}
        # One that has ended writes at its first token, which is the past of nobody any more.
        going = (self._steps + 1) * ~self.done
        super().advance(top, forced)
        self._steps = going
        _write_back(self, kept)

    def _count_step(self) -> int:
        return self.n_written

    def _force(
        self, forced: Forced, scores: Tensor, parents: Tensor, tokens: Tensor, log_probabilities: Tensor
    ) -> None:
        which, n_beams = forced.sentences[:, None], self._scores.shape[1]
        own = forced.log_probability.view(self._scores.shape) + self._log_probabilities
        scores.masked_fill_(which, NEVER)
        # Forced, it costs a hypothesis nothing.
        scores[:, :n_beams] = torch.where(which, self._scores, scores[:, :n_beams])
        itself = torch.arange(n_beams, device=parents.device).expand_as(own)
        parents[:, :n_beams] = torch.where(which, itself, parents[:, :n_beams])
        tokens.masked_fill_(which, self._settings.eos_id)
        log_probabilities[:, :n_beams] = torch.where(which, own, log_probabilities[:, :n_beams])

    def begin(self, places: Sequence[int], caps: Sequence[int]) -> None:
        """Let new sentences with these caps take these places."""
        where = on_device(places, self.done.device)
        new = BeamState([1] * len(places), self._settings, self.done.device)
        _put(self, where, new, on_device(caps, self.done.device), self._start_id)

    def take(self, other: FixedBeamState, places: Sequence[int]) -> None:
        """Let the sentences at these places of another take the first places; the others are nobody's."""
        _take(self, other, places)

    def progress(self, longest: int) -> Progress:
        """What has become of the sentences, of which none is longer than ``longest``."""
        return Progress(self.done, self._best[:, :longest].int(), self._best_lengths, self._best_log_probabilities)


_LENGTHS = ("_caps", "_lengths", "_best_lengths")
"""Of a new sentence all are its cap."""

FixedState = FixedGreedyState | FixedBeamState


def fixed_state(
    n_places: int, longest: int, start_id: int, settings: SearchSettings, device: torch.device
) -> FixedState:
    """The search that these settings ask for; see `FixedGreedyState`."""
    begin = FixedGreedyState if settings.n_beams == 1 else FixedBeamState
    return begin(n_places, longest, start_id, settings, device)


def _write_back(state: FixedState, kept: dict[str, Tensor]) -> None:
    """Move what a step has made to where it was before."""
    for name, memory in kept.items():
        made = getattr(state, name)
        if made is not memory:
            memory.copy_(made)
            setattr(state, name, memory)


def _put(state: FixedState, where: Tensor, new: GreedyState | BeamState, caps: Tensor, start_id: int) -> None:
    new.tokens.fill_(start_id)
    for name in state.names:
        # What is written in a place is written before it is read.
        if name not in state.padding:
            getattr(state, name).index_copy_(0, where, caps if name in _LENGTHS else getattr(new, name))


def _take(state: FixedState, other: FixedState, places: Sequence[int]) -> None:
    where, n = on_device(places, state.done.device), len(places)
    for name in state.names:
        mine, theirs = getattr(state, name), getattr(other, name)
        if name in state.padding:
            # Of those that move none is longer than the shorter of both.
            width = min(mine.shape[-1], theirs.shape[-1])
            mine, theirs = mine[..., :width], theirs[..., :width]
        mine[:n] = theirs.index_select(0, where)
    state.done[n:] = True
    state._steps[n:] = 0
