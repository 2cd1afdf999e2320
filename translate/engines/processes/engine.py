"""Engines in processes, as one engine that goes on when one of them raises, hangs, answers wrongly, or dies.

A batch that was under way when its process died or hung is suspect: it is tried again with nothing beside it, then in
halves, until the sentence that does it stands alone. That one is tried twice, and is then a value like any other: an
empty hypothesis with ``finish`` ``"failed"``. Every batch has its answer in its own future, so nothing shifts.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from translate.engines.base import Engine, Hypothesis, Required, check_batch
from translate.errors import DuizhaoError, EngineError

__all__ = ["FAILED", "ProcessEngine"]

FAILED = Hypothesis("", 0.0, 0, "failed")
"""What becomes of a sentence that the engine cannot be brought to translate."""

_DEADLINE = 600.0
"""Seconds without any answer after which a process is taken to hang."""

_SOONEST = 20.0
_PATIENCE = 20
"""A suspect batch is waited for so many times as long as the slowest other, but no less than those seconds."""

_TRIES_ALONE = 2
_MOST_FAILURES = 20
"""So many sentences that fail one after the other, each alone, are no bad sentences: it is the engine."""

_LOADING, _MOST_UNLOADED = 600.0, 3
"""Seconds in which a process must have its engine, and how many may fail to, one after the other."""

Cores = Sequence[int]


@dataclass(slots=True, eq=False)
class _Submission:
    """A batch as it was submitted; fills as its pieces come back."""

    sentences: Sequence[str]
    max_length: int | None
    required: Sequence[Sequence[Required]] | None = None
    future: Future[list[Hypothesis]] = field(default_factory=Future)
    found: dict[int, Hypothesis] = field(default_factory=dict)

    def land(self, first: int, hypotheses: Sequence[Hypothesis]) -> None:
        self.found.update(enumerate(hypotheses, first))
        if len(self.found) == len(self.sentences):
            with contextlib.suppress(InvalidStateError):  # cancelled
                self.future.set_result([self.found[place] for place in range(len(self.sentences))])

    def fail(self, error: Exception) -> None:
        with contextlib.suppress(InvalidStateError):
            self.future.set_exception(error)


@dataclass(slots=True, eq=False)
class _Piece:
    """Sentences of an order that go to a process together; all of them at first.

    Attributes:
        order: it is part of.
        first: its first sentence there.
        end: one past its last.
        n_failures: how often it failed with nothing beside it.
    """

    order: _Submission
    first: int
    end: int
    n_failures: int = 0

    @property
    def sentences(self) -> list[str]:
        return list(self.order.sentences[self.first : self.end])

    @property
    def required(self) -> Sequence[Sequence[Required]] | None:
        return None if self.order.required is None else self.order.required[self.first : self.end]

    def halves(self) -> tuple[_Piece, _Piece]:
        middle = (self.first + self.end) // 2
        return _Piece(self.order, self.first, middle), _Piece(self.order, middle, self.end)


class _Child:
    """A process with an engine.

    Attributes:
        connection: to it.
        flying: what it was given, by number.
        is_loaded: whether its engine is there.
        is_alone: whether what it was given is to have nothing beside it.
        since: when it last answered, or was given something to do when it had nothing.
    """

    def __init__(self, make: bytes, cores: Cores) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "translate.engines.processes.child", str(descriptor)],
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # that of the command carries data
                env={**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(p or os.getcwd() for p in sys.path)},  # noqa: PTH109
            )
        self.connection = Connection(ours.detach())
        self.flying: dict[int, tuple[_Piece, float]] = {}
        self.is_loaded = self.is_alone = False
        self.since = time.monotonic()
        with contextlib.suppress(OSError):  # it died at once, which is seen when it is listened to
            self.connection.send_bytes(pickle.dumps((make, cores)))

    def give(self, number: int, piece: _Piece, *, alone: bool) -> None:
        now = time.monotonic()
        if not self.flying:
            self.since = now
        self.flying[number] = piece, now
        self.is_alone = alone
        with contextlib.suppress(OSError):  # the same
            self.connection.send((number, piece.sentences, piece.order.max_length, piece.required))

    def end(self) -> str:
        """Kill it; says how it ended before."""
        code = self._process.poll()
        self._process.kill()
        self._process.wait()
        self.connection.close()
        return f"was ended by signal {-code}" if code is not None and code < 0 else "ended"


_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A process has one core; libraries that start a thread for each of the machine's would fight over it."""


class ProcessEngine:
    """``n`` engines in ``n`` processes; see `Engine`.

    Args:
        make: loads one engine; is pickled.
        count: source tokens of sentences, here and not there, since it is asked for often.
        n: how many processes.
        deadline: seconds without any answer after which a process is taken to hang, and is killed.

    Raises:
        EngineError: no engine can be loaded.

    Attributes:
        n_started: processes that were started, those in the place of dead ones included.
    """

    def __init__(
        self,
        make: Callable[[], Engine],
        count: Callable[[Sequence[str]], list[int]],
        n: int,
        *,
        deadline: float = _DEADLINE,
    ) -> None:
        self._make, self._count, self._deadline = pickle.dumps(make), count, deadline
        self._cores = _shares(n)
        self.n_started = 0
        self._children: list[_Child | None] = [None] * n
        self._fresh: deque[_Piece] = deque()
        self._suspect: deque[_Piece] = deque()
        # Failures one after the other: processes without engine, sentences given up, pieces that were tried in vain.
        self._n_unloaded = self._n_failed = self._n_fell = 0
        self._given = 0
        self._each = 1
        self._slowest = 0.0
        self._lock = threading.Lock()
        self._closed = False
        self._fatal: str | None = None
        self._loaded: Future[tuple[str, str, int, int, int]] = Future()
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        # Processes are started in this thread, since a child ends with the thread that started it.
        self._thread = threading.Thread(target=self._serve, name="engines", daemon=True)
        self._thread.start()
        atexit.register(self.close)
        try:
            self.name, self.compute_type, each, source, target = self._loaded.result()
        except BaseException:  # also Ctrl-C: no process stays
            self.close()
            raise
        self.capacity = n * each
        self.max_source_tokens, self.max_target_tokens = source, target

    def count_tokens(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        return self._count(sentences)

    def submit(
        self,
        sentences: Sequence[str],
        max_length: int | None = None,
        required: Sequence[Sequence[Required]] | None = None,
    ) -> Future[list[Hypothesis]]:
        """Translate one batch; see `Engine`. A sentence that no process survives comes back as `FAILED`."""
        batch = list(sentences)
        check_batch(batch, self.count_tokens(batch), self.max_source_tokens)
        order = _Submission(batch, max_length, required)
        with self._lock:
            if self._fatal or self._closed:
                raise EngineError(self._fatal or "the engine is closed; load it again")
            self._fresh.append(_Piece(order, 0, len(batch)))
        self._tell()
        return order.future

    def close(self) -> None:
        """End the processes, whatever they are at; a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._tell()
        if self._thread is not threading.current_thread():
            self._thread.join()
        atexit.unregister(self.close)

    def _tell(self) -> None:
        with contextlib.suppress(OSError):
            self._wake.send(b".")

    def _serve(self) -> None:
        """Until it is closed: hand out, listen, and replace what died."""
        try:
            while not self._closed and not self._fatal:
                self._hand_out()
                self._listen()
                self._check_deadlines()
        except Exception as error:  # noqa: BLE001 - a mistake of ours, which would leave everybody waiting
            self._fatal = f"the engines cannot be served: {type(error).__name__}: {error}"
        finally:
            self._end()

    def _end(self) -> None:
        error = EngineError(self._fatal or "the engine was closed while it translated")
        with self._lock:
            self._fatal = self._fatal or str(error)
            open_ = [*self._fresh, *self._suspect]
            open_ += [piece for child in self._children if child for piece, _ in child.flying.values()]
            self._fresh.clear()
            self._suspect.clear()
        for child in self._children:
            if child:
                child.end()
        self._wake.close()
        self._woken.close()
        if not self._loaded.done():
            self._loaded.set_exception(error)
        for piece in open_:
            piece.order.fail(error)

    def _hand_out(self) -> None:
        for place, child in enumerate(self._children):
            if child is None:
                self.n_started += 1
                self._children[place] = _Child(self._make, self._cores[place])
        loaded = [child for child in self._children if child and child.is_loaded]
        for child in loaded:
            # While something is suspect one process is kept free of other work, so that its turn comes.
            while (found := self._next(child, only_suspect=bool(self._suspect) and child is loaded[0])) is not None:
                piece, alone = found
                self._given += 1
                child.give(self._given, piece, alone=alone)

    def _next(self, child: _Child, *, only_suspect: bool) -> tuple[_Piece, bool] | None:
        """What a process is to do next, and whether with nothing beside it."""
        if child.flying and (child.is_alone or only_suspect or len(child.flying) >= self._each):
            return None
        waiting = self._fresh if child.flying or not self._suspect else self._suspect
        with self._lock:
            while waiting:
                piece = waiting.popleft()
                if not piece.order.future.cancelled():
                    return piece, waiting is self._suspect
        return None

    def _listen(self) -> None:
        children = {child.connection: child for child in self._children if child}
        is_idle = all(child.is_loaded and not child.flying for child in children.values())
        for ready in wait([*children, self._woken], None if is_idle else min(1.0, self._deadline / 4)):
            if ready is self._woken:
                self._woken.recv(1 << 12)
                continue
            assert isinstance(ready, Connection)
            child = children[ready]
            try:
                self._take(child, ready.recv())
            except (EOFError, OSError):
                self._lose(child, None)

    def _take(self, child: _Child, message: tuple[str, int | None, Any]) -> None:
        kind, number, said = message
        if kind == "loaded":
            child.is_loaded, self._n_unloaded, self._each = True, 0, said[2]
            if not self._loaded.done():
                self._loaded.set_result(said)
        elif kind == "unloaded":
            self._fatal = str(said)
            if not self._loaded.done():
                self._loaded.set_exception(said if isinstance(said, DuizhaoError) else EngineError(str(said)))
        else:
            assert number is not None
            was_alone = len(child.flying) == 1
            piece, given = child.flying.pop(number)
            child.since = now = time.monotonic()
            if kind == "failed":
                self._blame(piece, str(said), is_sure=was_alone)
            elif len(said) != piece.end - piece.first:
                n_sentences = piece.end - piece.first
                self._blame(piece, f"{len(said)} translations came back for {n_sentences} sentences", is_sure=True)
            else:
                self._slowest, self._n_failed, self._n_fell = max(self._slowest, now - given), 0, 0
                piece.order.land(piece.first, said)

    def _check_deadlines(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child and now - child.since > self._limit(child):
                self._lose(child, f"gave no answer for {now - child.since:.0f} s")

    def _limit(self, child: _Child) -> float:
        if not child.is_loaded:
            return _LOADING
        if not child.flying:
            return math.inf
        if child.is_alone and self._slowest:
            return min(self._deadline, max(_SOONEST, _PATIENCE * self._slowest))
        return self._deadline

    def _lose(self, child: _Child, reason: str | None) -> None:
        """Put a new process in the place of one that died, or that hangs."""
        how = child.end()
        self._children[self._children.index(child)] = None
        reason = f"its process {reason or how}"
        if not child.is_loaded:
            self._n_unloaded += 1
            if self._n_unloaded >= _MOST_UNLOADED:
                self._fatal = f"the engine cannot be loaded: {reason} (out of memory? try fewer workers)"
        pieces = [piece for piece, _ in child.flying.values()]
        for piece in pieces:
            self._blame(piece, reason, is_sure=len(pieces) == 1)

    def _blame(self, piece: _Piece, reason: str, *, is_sure: bool) -> None:
        """Try a piece again with nothing beside it, then in halves; give its only sentence up."""
        self._n_fell += 1
        n_sentences = piece.end - piece.first
        if not is_sure:
            self._suspect.append(piece)
        elif n_sentences > 1:
            self._suspect.extendleft(reversed(piece.halves()))
        elif piece.n_failures + 1 < _TRIES_ALONE:
            piece.n_failures += 1
            self._suspect.appendleft(piece)
        else:
            self._n_failed += 1
            piece.order.land(piece.first, [FAILED])
        if self._n_failed >= _MOST_FAILURES or (not self._slowest and self._n_fell >= 2 * _MOST_FAILURES):
            self._fatal = f"the engine fails at one sentence after the other; the last time: {reason}"


def _shares(n: int) -> list[Cores]:
    """Neighbouring cores for each process, so that its memory is near; any, where there are too few of them."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if n > len(cores):
        return [()] * n
    return [cores[len(cores) * i // n : len(cores) * (i + 1) // n] for i in range(n)]
