"""One engine for many clients: sentences of all requests that wait go through it in windows they share.

A translator is single-threaded, so one thread owns it. Clients leave the sentences of a request, an `Order`, and are
told of each as it is done. Orders take turns, so that a sentence need not wait until a book before it is finished.
Those with one glossary share windows; another glossary waits until what is under way is done.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TypeAlias

from translate.errors import DuizhaoError, EngineError, first_line
from translate.pipeline.batching import Journal, OnBatch
from translate.pipeline.translation import Translation
from translate.pipeline.translator import Translator
from translate.text.terminology import Terminology

__all__ = ["BatchingQueue", "BusyError", "CancelledError", "Order", "Outcome", "QueuedTranslator"]

Outcome: TypeAlias = Translation | DuizhaoError
"""What became of a sentence."""

_WINDOW = 48
"""Sentences that go through the engine together: enough to fill its batches. All of them wait for the last."""

_FIRST_WINDOW = 16
"""The same where the engine has nothing to do: the first answers are there sooner, and the next window is behind it."""

_TURN = 8
"""Sentences of an order before it is another's turn."""

_GATHERING = 0.003
"""Seconds that an engine with nothing to do waits for others, once there is work: requests come in bursts."""


class BusyError(DuizhaoError):
    """More waits already than will be done soon; try again later."""


class CancelledError(DuizhaoError):
    """Nobody waits for this any more."""


@dataclass(slots=True, eq=False)
class Order:
    """The sentences of one request, on their way.

    Attributes:
        texts: to be translated as they are: no repair, no splitting.
        deliver: told of the place and the outcome of each, by the thread of the queue.
        terminology: what their translations are to have.
        n_taken: how many are under way or done.
        is_cancelled: whether nobody waits for them any more.
    """

    texts: Sequence[str]
    deliver: Callable[[int, Outcome], None]
    terminology: Terminology
    n_taken: int = 0
    is_cancelled: bool = False

    @property
    def n_waiting(self) -> int:
        """How many are not under way yet."""
        return 0 if self.is_cancelled else len(self.texts) - self.n_taken


@dataclass(frozen=True, slots=True)
class _QueuedSentence:
    order: Order
    index: int

    @property
    def text(self) -> str:
        return self.order.texts[self.index]

    def deliver(self, outcome: Outcome) -> None:
        if not self.order.is_cancelled:
            self.order.deliver(self.index, outcome)


class BatchingQueue:
    """Takes orders, and does them in windows of sentences of whichever orders wait.

    Args:
        translator: nobody else may use it while the queue is open; closing it is left to whoever opened it.
        max_waiting: sentences that may wait; what comes then is refused, unless nothing waits at all.
    """

    def __init__(self, translator: Translator, *, max_waiting: int = 4000) -> None:
        self.translator = translator
        self.max_waiting = max_waiting
        self._orders: deque[Order] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._under_way: deque[list[_QueuedSentence]] = deque()
        self._current = translator
        self._thread = threading.Thread(target=self._work, name="batching queue", daemon=True)
        self._thread.start()

    @property
    def n_waiting(self) -> int:
        """Sentences that are not under way yet."""
        with self._changed:
            return sum(order.n_waiting for order in self._orders)

    def submit(
        self,
        texts: Sequence[str],
        deliver: Callable[[int, Outcome], None],
        terminology: Terminology | None = None,
        *,
        is_admitted: bool = False,
    ) -> Order:
        """Leave sentences to be translated.

        Args:
            texts: of one request.
            deliver: see `Order`; it must be quick, and raise nothing.
            terminology: what their translations are to have; that of the translator when None.
            is_admitted: whether they are the rest of what was taken on before, and must not be refused.

        Raises:
            BusyError: too many wait, or the queue is closed.
        """
        order = Order(texts, deliver, self.translator.terminology if terminology is None else terminology)
        with self._changed:
            if self._closed:
                raise BusyError("this server is about to stop; ask another, or try again later")
            n_waiting = sum(other.n_waiting for other in self._orders)
            if n_waiting and not is_admitted and n_waiting + len(texts) > self.max_waiting:
                raise BusyError(
                    f"{n_waiting} sentences wait already, {len(texts)} more would pass the limit of "
                    f"{self.max_waiting}; try again later"
                )
            self._orders.append(order)
            self._changed.notify_all()
        return order

    def cancel(self, order: Order) -> None:
        """Drop what waits of an order; what is under way is left to end unseen."""
        with self._changed:
            order.is_cancelled = True
            if order in self._orders:
                self._orders.remove(order)

    def close(self) -> None:
        """Take no more, and wait until all that was taken on is done; a second call does nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    # -- the thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (terminology := self._wait()) is not None:
            if terminology != self._current.terminology:
                own = terminology == self.translator.terminology
                self._current = self.translator if own else self.translator.using(terminology)
            try:
                for translations in self._current.translate_windows(self._windows()):
                    for place, translation in zip(self._under_way.popleft(), translations, strict=True):
                        place.deliver(translation)
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it, and the others go on
                self._do_singly(error)

    def _wait(self) -> Terminology | None:
        """Wait for work; the terminology of what is first, or None when the queue is closed and nothing waits."""
        with self._changed:
            if not self._orders:
                self._changed.wait_for(lambda: self._orders or self._closed)
                self._changed.wait_for(lambda: self._closed, _GATHERING)
            return self._orders[0].terminology if self._orders else None

    def _windows(self) -> Iterator[list[str]]:
        """Windows of one terminology, until nothing waits; an empty one lets the window before it be finished."""
        while True:
            is_idle = not any(self._under_way)
            with self._changed:
                places = self._take(_FIRST_WINDOW if is_idle else _WINDOW)
            if is_idle and not places:
                return
            self._under_way.append(places)
            yield [place.text for place in places]

    def _take(self, n_most: int) -> list[_QueuedSentence]:
        """The next sentences in turns; those of the order in front only if it has the terminology in use."""
        places: list[_QueuedSentence] = []
        while self._orders and len(places) < n_most and self._orders[0].terminology == self._current.terminology:
            order = self._orders.popleft()
            n = min(_TURN, order.n_waiting, n_most - len(places))
            places += [_QueuedSentence(order, index) for index in range(order.n_taken, order.n_taken + n)]
            order.n_taken += n
            if order.n_waiting:
                self._orders.append(order)
        return places

    def _do_singly(self, error: Exception) -> None:
        """A window failed, and with it the one behind it: one by one, so that only what fails itself is refused."""
        places = [place for window in self._under_way for place in window]
        self._under_way.clear()
        for place in places:
            if len(places) == 1:
                place.deliver(_ours(error))
            elif not place.order.is_cancelled:
                try:
                    (translation,) = self._current.translate_sentences([place.text])
                except Exception as own:  # noqa: BLE001 - see _work
                    place.deliver(_ours(own))
                else:
                    place.deliver(translation)


def _ours(error: Exception) -> DuizhaoError:
    if isinstance(error, DuizhaoError):
        return error
    return EngineError(f"{type(error).__name__}: {first_line(error)}; this is a mistake in duizhao")


def _deliver_to(done: SimpleQueue[tuple[int, Outcome]]) -> Callable[[int, Outcome], None]:
    return lambda index, outcome: done.put((index, outcome))


class QueuedTranslator(Translator):
    """A translator whose sentences go through a `BatchingQueue`; for one request, in a thread of its own.

    Args:
        queue: which goes on when this is closed.
        terminology: what translations are to have; that of the queue's translator when None.
    """

    __slots__ = ("_cancelled", "_order", "_queue")

    def __init__(self, queue: BatchingQueue, terminology: Terminology | None = None) -> None:
        inner = queue.translator
        wanted = inner.terminology if terminology is None else terminology
        super().__init__(inner.engine, inner.model, inner.options, inner.segmentation, terminology=wanted)
        self._queue = queue
        self._order: tuple[Order, SimpleQueue[tuple[int, Outcome]]] | None = None
        self._cancelled = False

    def _stream(
        self, windows: Iterable[tuple[Sequence[str], Journal | None]], on_batch: OnBatch | None
    ) -> Iterator[list[Translation]]:
        is_admitted = False
        for sentences, _ in windows:
            done: SimpleQueue[tuple[int, Outcome]] = SimpleQueue()
            order = self._queue.submit(sentences, _deliver_to(done), self.terminology, is_admitted=is_admitted)
            self._order, is_admitted = (order, done), True
            try:
                yield self._collect(len(sentences), done)
            finally:
                self._queue.cancel(order)
            if on_batch is not None:
                on_batch(sentences)

    def _collect(self, n: int, done: SimpleQueue[tuple[int, Outcome]]) -> list[Translation]:
        found: dict[int, Translation] = {}
        while len(found) < n:
            if self._cancelled:
                raise CancelledError("cancelled")
            index, outcome = done.get()
            if isinstance(outcome, DuizhaoError):
                raise outcome
            found[index] = outcome
        return [found[index] for index in range(n)]

    def cancel(self) -> None:
        """Let go of what is under way: whoever waits for it, in another thread, gets `CancelledError`."""
        self._cancelled = True
        if self._order is not None:
            order, done = self._order
            self._queue.cancel(order)
            done.put((0, CancelledError("cancelled")))

    def using(self, terminology: Terminology) -> Translator:
        """The same queue with other terms and spans to keep."""
        return QueuedTranslator(self._queue, terminology)

    def close(self) -> None:
        """Let go of what is under way; the queue and its engine stay."""
        self.cancel()
