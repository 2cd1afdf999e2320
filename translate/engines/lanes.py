"""Continuous batching: threads that each decode a batch, and fill it from whatever was submitted.

Small submissions (those with a cap of their own) make one batch together; and as sentences end, others that wait may
take their places, so that a batch does not end in products of a few rows. A submission is done with its last sentence.
A translation depends on none of this (`DecodingBatch`).
"""

from __future__ import annotations

import atexit
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from translate.engines.workers import Workers, as_ours
from translate.errors import EngineError

__all__ = ["DecodingBatch", "Ended", "Lanes"]

K = TypeVar("K")
T = TypeVar("T")

_CLOSED = "the engine was closed while it translated"

_CHUNK = 8
"""A batch grows when there is room for one more of so many: each time, what the others remember is copied. Where
others have just ended, sentences take their places at any time."""


class Ended(NamedTuple, Generic[K]):
    """A sentence that has ended.

    Attributes:
        key: as it was given.
        target: ids, end of sentence included where it has one.
        log_probability: of the target.
    """

    key: K
    target: list[int]
    log_probability: float


class DecodingBatch(Protocol[K]):
    """A batch that is being written: sentences leave it as they end, and others join.

    What becomes of a sentence depends neither on when it joins nor on what stands beside it.
    """

    def __len__(self) -> int:
        """Sentences, those included that have ended and are not seen yet."""
        ...

    @property
    def keys(self) -> Sequence[K]:
        """Of the sentences that are in the batch."""
        ...

    @property
    def n_vacant(self) -> int:
        """How many sentences can be admitted at little cost, in the places of those that have just ended."""
        ...

    @property
    def n_source(self) -> int:
        """Source tokens of the longest sentence in the batch; 0 of none."""
        ...

    def admit(self, sentences: Sequence[tuple[K, Sequence[int], int]]) -> list[Ended[K]]:
        """Let sentences join.

        Args:
            sentences: of each a key, the source ids, end of sentence included, and the cap on target tokens.

        Returns:
            What has ended.
        """
        ...

    def step(self) -> list[Ended[K]]:
        """Write one token more of every sentence; returns what has ended."""
        ...

    def clear(self) -> None:
        """Drop all sentences."""
        ...


@dataclass(slots=True, eq=False)
class _Order:
    """Sentences that were submitted together.

    Attributes:
        ids: source ids of each.
        cap: most target tokens of each.
        finish: makes the result of what has become of them, in their order.
        future: of the result.
        n_given: how many have been handed to lanes, from the first on.
        ended: what has become of those that have ended.
    """

    ids: Sequence[Sequence[int]]
    cap: int
    finish: Callable[[list[Ended[_Key]]], Any]
    future: Future[Any]
    n_given: int = 0
    ended: dict[int, Ended[_Key]] = field(default_factory=dict)

    @property
    def widest(self) -> int:
        return max(map(len, self.ids))

    def complete(self) -> None:
        """All have ended."""
        try:
            result = self.finish([self.ended[place] for place in range(len(self.ids))])
        except Exception as error:  # noqa: BLE001 - the seam: whatever the libraries raise becomes ours here
            self.fail(as_ours(error))
            return
        with suppress(InvalidStateError):
            self.future.set_result(result)

    def fail(self, error: Exception) -> None:
        """Give it up, unless another lane did already."""
        with suppress(InvalidStateError):
            self.future.set_exception(error)


_Key = tuple[_Order, int]
"""A sentence: its order, and its place there."""

_New = tuple[_Key, Sequence[int], int]
"""A sentence that joins: its key, its source ids, its cap."""


class Lanes:
    """Threads that write batches which sentences may join.

    Args:
        batches: one a thread, without sentences.
        name: of the threads, for a debugger.
        refill: share of a batch that has to be free for others to join; with 1 it is written to its end, and only new
            batches are put together from several submissions.
        on_start: called in each thread before anything else.
        n_places: sentences that a batch has places for, whatever their length; as much as the largest submission when
            None.
    """

    def __init__(
        self,
        batches: Sequence[DecodingBatch[_Key]],
        name: str,
        refill: float = 0.0,
        on_start: Callable[[], None] | None = None,
        n_places: int | None = None,
    ) -> None:
        self._refill, self._n_places = refill, n_places
        self._orders: deque[_Order] = deque()
        self._changed = threading.Condition()
        self._closed = False
        # What a batch may hold: as much as the largest submission, whose size somebody has thought about.
        self._most_tokens = self._most_sentences = 0
        self._workers = Workers(len(batches), name, on_start)
        for running in batches:
            self._workers.submit(partial(self._serve, running))
        # Called before that of the workers, which wait for their threads.
        atexit.register(self.close)

    def submit(self, ids: Sequence[Sequence[int]], cap: int, finish: Callable[[list[Ended[_Key]]], T]) -> Future[T]:
        """Queue sentences; the result, or an error (one of ours), arrives in the future.

        Args:
            ids: source ids, end of sentence included; none empty.
            cap: most target tokens, end of sentence included.
            finish: makes the result of what has become of them, in their order.

        Raises:
            EngineError: the lanes are closed.
            ValueError: a source is empty.
        """
        if not all(ids):
            raise ValueError("a source without tokens cannot be translated")
        order = _Order(ids, cap, finish, Future())
        with self._changed:
            if self._closed:
                raise EngineError("the engine is closed; load it again")
            if not ids:
                order.complete()
                return order.future
            self._most_tokens = max(self._most_tokens, len(ids) * order.widest)
            self._most_sentences = max(self._most_sentences, len(ids))
            self._orders.append(order)
            self._changed.notify()
        return order.future

    def close(self) -> None:
        """Give up what runs at its next token and cancel what waits; a second call does nothing."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
            waiting, self._orders = list(self._orders), deque()
        for order in waiting:
            # Told of it, or `concurrent.futures.wait` goes on waiting.
            if not order.future.cancel() or order.future.set_running_or_notify_cancel():
                order.fail(EngineError(_CLOSED))
        self._workers.close()
        atexit.unregister(self.close)

    def _serve(self, running: DecodingBatch[_Key]) -> None:
        while (new := self._take(running)) is not None:
            try:
                ended = running.admit(new) if new else running.step()
            except Exception as error:  # noqa: BLE001 - the seam: whatever the libraries raise becomes ours here
                self._give_up(running, new, as_ours(error))
            else:
                self._settle(ended)
        self._give_up(running, [], EngineError(_CLOSED))

    def _take(self, running: DecodingBatch[_Key]) -> list[_New] | None:
        """Sentences to admit; none when the batch is full enough or nothing waits; None when the lanes are closed."""
        with self._changed:
            while not self._closed:
                if new := self._next(running):
                    return new
                if running:
                    return []
                self._changed.wait()
        return None

    def _next(self, running: DecodingBatch[_Key]) -> list[_New]:
        new: list[_New] = []
        n_source = running.n_source
        while self._orders:
            order = self._orders[0]
            n_source = max(n_source, order.widest)
            most = self._n_places or min(self._most_sentences, max(1, self._most_tokens // n_source))
            n_free = most - len(running) - len(new)
            n_vacant = running.n_vacant - len(new)
            if running and n_free < most * self._refill:
                break
            if n_vacant < n_free < n_vacant + most / _CHUNK and running:
                n_free = n_vacant
            if n_free <= 0:
                break
            first = order.n_given
            if first or order.future.set_running_or_notify_cancel():
                order.n_given = min(first + n_free, len(order.ids))
                new += [((order, place), order.ids[place], order.cap) for place in range(first, order.n_given)]
            if order.n_given in {0, len(order.ids)}:
                self._orders.popleft()
        return new

    def _settle(self, ended: Sequence[Ended[_Key]]) -> None:
        for each in ended:
            order, place = each.key
            with self._changed:
                order.ended[place] = each
                is_complete = len(order.ended) == len(order.ids)
            if is_complete:
                order.complete()

    def _give_up(self, running: DecodingBatch[_Key], new: Sequence[_New], error: Exception) -> None:
        failed = {order for order, _ in [*running.keys, *(key for key, _, _ in new)]}
        with self._changed:
            self._orders = deque(order for order in self._orders if order not in failed)
        # Not under the lock: whoever waits for the future may close the engine.
        for order in failed:
            order.fail(error)
        running.clear()
