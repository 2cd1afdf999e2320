"""A batch for a GPU: a fixed number of places, and steps that are launched as one CUDA graph.

A step of a small model is some 150 kernels of a few microseconds each, and launching one takes the processor as long.
Recorded as a graph they are launched at once. A graph needs all memory to stay where it is, so sentences take places
in memory made beforehand; where few are left they move to a smaller one.

The GPU is never waited for while it has nothing else to do: what has become of the sentences is copied after every few
steps, and looked at while the next few run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from translate.engines.lanes import Ended
from translate.engines.torch.beam_search import Forced
from translate.engines.torch.best import has_kernels
from translate.engines.torch.cache import rounded
from translate.engines.torch.fixed_cache import CacheShape, FixedCache
from translate.engines.torch.fixed_search import FixedState, Progress, fixed_state
from translate.engines.torch.network import Marian
from translate.engines.torch.projection import Projection
from translate.marian.settings import SearchSettings

__all__ = ["FixedBatch", "most_places"]

K = TypeVar("K")

STEPS = 4
"""Steps between looks at what has ended; it is seen as many steps later, and its place stands empty until then."""

_ROWS = 4096
"""Hypotheses that are written at a time, at most."""

_LEVEL = 4
"""How much smaller the memory is that the last sentences move to."""

_READ = 1024
"""Sentences whose sources are read at a time, those of about the same length together."""

_SOURCE, _FEWEST_STEPS = 32, 64
"""Source tokens and target tokens of a batch's memory are rounded up: to multiples, to a power of two."""


_STEPS_READ = 16
"""Attention's width grows by so many target tokens, where it reads what is masked."""


def most_places(network: Marian, n_beams: int, free: int) -> int:
    """How many sentences a batch may hold: no more than bring anything, or than there is memory for.

    Args:
        network: the weights.
        n_beams: hypotheses a sentence.
        free: bytes; no more than a third of them is used if all sentences are as long as the model reads and writes.
    """
    longest = len(network.positions[1])
    each = CacheShape(1, n_beams, longest, longest).n_bytes(network) + 8 * n_beams * len(network.head.weight)
    return max(16, min(_ROWS // n_beams, free // 3 // each) // 16 * 16)


class FixedBatch(Generic[K]):
    """A batch that is being written; see `translate.engines.lanes.DecodingBatch`.

    Args:
        network: the weights.
        settings: how to search.
        start_id: the token that targets start from.
        projection: the output layer.
        n_places: most sentences; see `most_places`.
    """

    def __init__(
        self, network: Marian, settings: SearchSettings, start_id: int, projection: Projection, n_places: int
    ) -> None:
        self._makes = _Maker(network, settings, start_id, projection)
        self._network, self._n_beams, self._n_places = network, settings.n_beams, n_places
        self._keys: dict[int, K] = {}
        self._places = _Places(0)
        self._memory: _Memory | None = None
        self._look: _Look | None = None
        self._n_admitted = 0

    def __len__(self) -> int:
        """Sentences, those included that have ended and are not seen yet."""
        return len(self._keys)

    @property
    def keys(self) -> Sequence[K]:
        """Of the sentences that are in the batch."""
        return list(self._keys.values())

    @property
    def n_vacant(self) -> int:
        """How many sentences can be admitted; to any place at the same cost."""
        return self._n_places - len(self._keys)

    @property
    def n_source(self) -> int:
        """Source tokens of the longest sentence in the batch; 0 of none."""
        return int(self._places.n_source.max(initial=0))

    def clear(self) -> None:
        """Drop all sentences."""
        self._keys, self._places, self._memory, self._look = {}, _Places(0), None, None

    @torch.inference_mode()
    def admit(self, sentences: Sequence[tuple[K, Sequence[int], int]]) -> list[Ended[K]]:
        """Let sentences join; those that were there stand still.

        Args:
            sentences: of each a key, the source ids, end of sentence included, and the cap on target tokens.

        Returns:
            Nothing: none has ended.
        """
        with self._makes.stream():
            longest = max(len(row) for _, row, _ in sentences)
            memory = self._fit(len(self._keys) + len(sentences), max(self.n_source, longest))
            vacant = self._places.vacant()
            new = sorted(sentences, key=lambda sentence: -len(sentence[1]))
            for start in range(0, len(new), _READ):
                part = new[start : start + _READ]
                self._put(memory, vacant[start : start + len(part)], part)
        return []

    def _put(self, memory: _Memory, where: NDArray[np.int64], part: Sequence[tuple[K, Sequence[int], int]]) -> None:
        caps, places = [cap for _, _, cap in part], where.tolist()
        memory.cache.put(places, self._network.start([row for _, row, _ in part], self._n_beams))
        memory.state.begin(places, caps)
        serials = range(self._n_admitted, self._n_admitted + len(part))
        self._keys |= zip(serials, (key for key, _, _ in part), strict=True)
        self._n_admitted += len(part)
        self._places.take(where, serials, caps, [len(row) for _, row, _ in part])

    @torch.inference_mode()
    def step(self) -> list[Ended[K]]:
        """Write a few tokens more of every sentence; returns what is known to have ended."""
        if not self._keys:
            return []
        with self._makes.stream():
            longest = self._places.advance(STEPS)
            memory = self._fit(len(self._keys), self.n_source)
            memory.run(STEPS, longest)
            look = memory.look(self._places.serials.copy(), longest)
            found = self._settle(self._look) if self._look else []
        self._look = look
        return found

    def _settle(self, look: _Look) -> list[Ended[K]]:
        """Take the results of sentences that had ended by then."""
        done, targets, lengths, log_probabilities = look.wait()
        found: list[Ended[K]] = []
        for place in np.flatnonzero(done & (look.serials >= 0)).tolist():
            serial = int(look.serials[place])
            # Another look may have seen it before.
            if serial in self._keys:
                target = targets[place, : int(lengths[place])].tolist()
                found.append(Ended(self._keys.pop(serial), target, float(log_probabilities[place])))
                self._places.leave(serial)
        return found

    def _fit(self, n_sentences: int, n_source: int) -> _Memory:
        """Memory for so many sentences, to which those move that are there."""
        old, n_steps = self._memory, int(self._places.n_steps.max(initial=0))
        if old is not None and _suits(old.shape, n_sentences, n_source, n_steps):
            return old
        new = self._makes.memory(self._shape(n_sentences, n_source, n_steps), old)
        where = self._places.taken()
        if old is not None:
            new.take(old, where.tolist())
        self._places = self._places.moved(where, new.shape.n_sentences)
        self._memory = new
        return new

    def _shape(self, n_sentences: int, n_source: int, n_steps: int) -> CacheShape:
        n_places = self._n_places
        while n_places >= _LEVEL * max(n_sentences, 8):
            n_places //= _LEVEL
        room = _FEWEST_STEPS
        while room < n_steps:
            room *= 2
        return CacheShape(n_places, self._n_beams, -(-n_source // _SOURCE) * _SOURCE, room)


def _suits(there: CacheShape, n_sentences: int, n_source: int, n_steps: int) -> bool:
    """Whether there is room enough; and not far too many places, each of which costs time at every step."""
    is_enough = there.n_sentences >= n_sentences and there.n_source >= n_source and there.n_steps >= n_steps
    # Half as many as would fit the smaller one, so that nobody moves to and fro.
    return is_enough and there.n_sentences < 2 * _LEVEL * max(n_sentences, 8)


_Integers = Sequence[int] | NDArray[np.int64]


class _Places:
    """What is known of the places without asking the device; all arrays are ``(n_places)``.

    Attributes:
        serials: of the sentence there, counted as they were admitted; -1 where there is none.
        caps: most target tokens.
        n_source: source tokens; 0 where there is none.
        n_steps: target tokens so far, at most; 0 where there is none.
    """

    def __init__(self, n_places: int) -> None:
        self.serials = np.full(n_places, -1, np.int64)
        self.caps, self.n_source, self.n_steps = (np.zeros(n_places, np.int64) for _ in range(3))

    def vacant(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.serials < 0)

    def taken(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.serials >= 0)

    def take(self, where: NDArray[np.int64], serials: _Integers, caps: _Integers, n_source: _Integers) -> None:
        self.serials[where], self.caps[where], self.n_source[where], self.n_steps[where] = serials, caps, n_source, 0

    def leave(self, serial: int) -> None:
        where = self.serials == serial
        self.serials[where], self.caps[where], self.n_source[where], self.n_steps[where] = -1, 0, 0, 0

    def advance(self, n_steps: int) -> int:
        """Every sentence may be so many tokens longer; returns what the longest then has, at most."""
        self.n_steps = np.minimum(self.caps, self.n_steps + n_steps)
        return int(self.n_steps.max())

    def moved(self, where: NDArray[np.int64], n_places: int) -> _Places:
        """Those in these places, in the first ones of others."""
        new = _Places(n_places)
        new.take(np.arange(len(where)), self.serials[where], self.caps[where], self.n_source[where])
        new.n_steps[: len(where)] = self.n_steps[where]
        return new


@dataclass(slots=True, eq=False)
class _Look:
    """What will be known once the device has come so far.

    Attributes:
        serials: of the sentence in each place at that time; see `_Places`.
        progress: on the CPU, when it has arrived.
        arrived: of a GPU, when it has.
    """

    serials: NDArray[np.int64]
    progress: Progress
    arrived: torch.cuda.Event | None

    def wait(self) -> list[NDArray[Any]]:
        """`Progress` as arrays."""
        if self.arrived is not None:
            self.arrived.synchronize()
        return [each.numpy() for each in self.progress]


@dataclass(slots=True, eq=False)
class _Maker:
    """Makes memory, and knows what stands in it."""

    network: Marian
    settings: SearchSettings
    start_id: int
    projection: Projection
    _made: dict[CacheShape, _Memory] = field(default_factory=dict)
    _stream: Any = None

    def stream(self) -> Any:
        """A stream of our own, since none is recorded on the default one."""
        if self.network.device.type != "cuda":
            return nullcontext()
        if self._stream is None:
            self._stream = torch.cuda.Stream(self.network.device)  # type: ignore[no-untyped-call]  # a class without types
            self._stream.wait_stream(torch.cuda.default_stream(self.network.device))
        return torch.cuda.stream(self._stream)

    def _new_pool(self) -> Any:
        # One for each memory: a pool is gone for good when the graphs are that were recorded in it.
        return torch.cuda.graph_pool_handle() if self.network.device.type == "cuda" else None

    def memory(self, shape: CacheShape, old: _Memory | None) -> _Memory:
        """Memory of that shape, made before or now, in which no sentence is."""
        if shape in self._made:
            self._made[shape].state.done.fill_(value=True)
        else:
            # Others of this length are likely to be asked for again, as there are fewer sentences or more.
            same = (shape.n_source, shape.n_steps)
            self._made = {
                key: each for key, each in self._made.items() if each is old or (key.n_source, key.n_steps) == same
            }
            cache = FixedCache(self.network, shape)
            state = fixed_state(shape.n_sentences, shape.n_steps, self.start_id, self.settings, self.network.device)
            self._made[shape] = _Memory(
                self.network, self.projection, self.settings, cache, state, self._new_pool(), _fused_step(self.network)
            )
        return self._made[shape]


def _fused_step(network: Marian) -> Callable[[Marian, Tensor, FixedCache], Tensor] | None:
    if network.device.type != "cuda" or not has_kernels():
        return None
    from translate.engines.torch import fused

    return fused.step if fused.can_fuse(network) else None


@dataclass(slots=True, eq=False)
class _Memory:
    """Places for sentences, and the graphs of a step over them.

    Attributes:
        network: the weights.
        projection: the output layer.
        settings: how to search.
        cache: keys and values.
        state: the search.
        pool: memory of the graphs; None on a CPU, where there are none.
        fused: a step in kernels of our own, where there are any.
        graphs: by the steps for which attention is wide enough; kernels of our own read what there is.
    """

    network: Marian
    projection: Projection
    settings: SearchSettings
    cache: FixedCache
    state: FixedState
    pool: Any
    fused: Callable[[Marian, Tensor, FixedCache], Tensor] | None
    graphs: dict[int, Any] = field(default_factory=dict)

    @property
    def shape(self) -> CacheShape:
        return self.cache.shape

    def take(self, other: _Memory, places: Sequence[int]) -> None:
        """Let the sentences at these places of another take the first places here."""
        self.cache.take(other.cache, places)
        # Of the same search, so of the same class.
        self.state.take(other.state, places)  # type: ignore[arg-type]

    def run(self, n_steps: int, longest: int) -> None:
        """Take steps.

        Args:
            n_steps: how many.
            longest: target tokens that the longest sentence has after them.
        """
        # One more, for what is written behind one that ended before its last step.
        room = self.shape.n_steps + 1
        if self.fused is None:
            room = min(room, -(-(longest + 1) // _STEPS_READ) * _STEPS_READ)
        self.cache.width = rounded(room * self.shape.n_beams)
        if hasattr(self.state, "n_written"):
            self.state.n_written = room + 1
        done = 0
        if self.pool is not None and room not in self.graphs:
            self._step()  # before it is recorded, so that what libraries do once is done
            self.graphs[room] = self._record()
            done = 1
        for _ in range(n_steps - done):
            if self.pool is None:
                self._step()
            else:
                self.graphs[room].replay()

    def _record(self) -> Any:
        graph = torch.cuda.CUDAGraph()
        # What others have left in torch's hands is of no use to a graph.
        torch.cuda.empty_cache()
        # Whatever other threads do meanwhile on the device is no part of it.
        graph.capture_begin(pool=self.pool, capture_error_mode="thread_local")
        try:
            self._step()
        finally:
            graph.capture_end()
        return graph

    def _step(self) -> None:
        """One token more of every hypothesis, in place."""
        state, cache = self.state, self.cache
        if state.parents is not None:
            cache.follow(state.parents)
        hidden = (self.fused or type(self.network).step)(self.network, state.tokens, cache)
        n_best = min(state.n_candidates, self.projection.n_tokens)
        top, end = self.projection.at_once(hidden, n_best, self.settings.eos_id)
        forced = Forced(state.last, end) if self.settings.forced_eos else None
        state.advance(top, forced)
        cache.advance(state.done)

    def look(self, serials: NDArray[np.int64], longest: int) -> _Look:
        """Have what has become of the sentences copied."""
        progress = self.state.progress(longest)
        if self.pool is None:
            return _Look(serials, Progress(*(each.clone() for each in progress)), None)
        copies = [torch.empty(each.shape, dtype=each.dtype, pin_memory=True) for each in progress]
        for copy, each in zip(copies, progress, strict=True):
            copy.copy_(each, non_blocking=True)
        arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]  # as above
        arrived.record()
        return _Look(serials, Progress(*copies), arrived)
