"""Threads that run batches, and end when the program ends.

`concurrent.futures.ThreadPoolExecutor` runs everything that is queued before it lets the program end; after Ctrl-C
that is minutes of work nobody waits for. A bare daemon thread is killed inside the network's C++ code, which aborts
the program. So: daemon threads, and at exit (or at `Workers.close`) what waits is cancelled and what runs is waited
for, one batch at most.
"""

from __future__ import annotations

import atexit
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from translate.errors import EngineError, first_line

__all__ = ["Workers", "as_ours", "usable_cores"]

T = TypeVar("T")


def usable_cores() -> int:
    """CPU cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """A fixed number of threads that take jobs from one queue.

    Args:
        n_threads: jobs that run at a time.
        name: of the threads, for a debugger.
        on_start: called in each thread before it takes its first job, and before the workers are made.
    """

    def __init__(self, n_threads: int, name: str, on_start: Callable[[], None] | None = None) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._waiting: set[Future[Any]] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._on_start = on_start
        self._started = threading.Barrier(n_threads + 1)
        names = [f"{name}-{index}" for index in range(n_threads)]
        self._threads = [threading.Thread(target=self._work, name=each, daemon=True) for each in names]
        for thread in self._threads:
            thread.start()
        self._started.wait()
        atexit.register(self.close)

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Queue a job; its result or its error (a library's as one of ours) arrives in the future.

        Raises:
            EngineError: the workers are closed.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise EngineError("the engine is closed; load it again")
            self._waiting.add(future)
            self._jobs.put(partial(self._run, future, job))
        return future

    def close(self) -> None:
        """Cancel what waits, wait for what runs; a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            waiting = list(self._waiting)
        for future in waiting:
            future.cancel()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        atexit.unregister(self.close)

    def _work(self) -> None:
        try:
            if self._on_start is not None:
                self._on_start()
        finally:
            self._started.wait()
        while (job := self._jobs.get()) is not None:
            job()

    def _run(self, future: Future[T], job: Callable[[], T]) -> None:
        with self._lock:
            self._waiting.discard(future)
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = job()
        except Exception as error:  # noqa: BLE001 - the seam: whatever the libraries raise becomes ours here
            future.set_exception(as_ours(error))
        else:
            future.set_result(result)


_FOREIGN = (RuntimeError, MemoryError, OSError)
"""What the libraries below raise when they cannot go on: torch and CTranslate2 the first, for memory as well."""


def as_ours(error: Exception) -> Exception:
    """An error of a library as one of ours, with that one as its cause; any other as it is: ours, or a bug."""
    if not isinstance(error, _FOREIGN) or isinstance(error, (NotImplementedError, RecursionError)):
        return error
    ours = EngineError(f"the engine failed: {type(error).__name__}: {first_line(error)}")
    ours.__cause__ = error
    return ours
