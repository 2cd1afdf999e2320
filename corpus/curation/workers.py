"""Batches through processes: what comes out is in the order of what went in, and does not depend on their number."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context, resource_tracker
from typing import Any, TypeVar

from translate.engines.processes.parent import end_with_parent
from translate.errors import DuizhaoError

__all__ = ["in_order"]

T = TypeVar("T")
R = TypeVar("R")

_FEW = 8
"""Small batches that are done sooner than processes are started."""

_AHEAD = 3
"""Small batches a process that are under way: enough for none to wait, few enough for little memory."""


def in_order(
    function: Callable[[T], R], batches: Iterator[T], n_workers: int, *, few: int = _FEW, ahead: int = _AHEAD
) -> Iterator[R]:
    """What a function makes of each batch, in order.

    Args:
        function: can be pickled; it is sent to each process once.
        batches: not all of them need to be in memory.
        n_workers: processes; with 1, and for a few batches, this one. They are started anew, not forked (threads
            would not survive it), so a script that asks for several needs ``if __name__ == "__main__":``.
        few: so many batches are done here, since starting processes takes longer.
        ahead: batches a process that are under way.

    Raises:
        DuizhaoError: a process was killed, for its memory perhaps.
    """
    first = list(islice(batches, few))
    if n_workers == 1 or len(first) < few:
        yield from map(function, first)
        yield from map(function, batches)
        return
    _start_tracker()
    pool = ProcessPoolExecutor(n_workers, get_context("spawn"), _become, (function,))
    waiting: deque[Future[Any]] = deque()
    wait = True
    try:
        for batch in _chained(first, batches):
            waiting.append(pool.submit(_work, batch))
            if len(waiting) > ahead * n_workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise DuizhaoError(
            "a worker process was killed, for want of memory perhaps; try again with --workers 1"
        ) from error
    except KeyboardInterrupt:
        wait = False  # for what they are at: whoever pressed Ctrl-C wants out
        raise
    finally:
        pool.shutdown(wait=wait, cancel_futures=True)


def _start_tracker() -> None:
    """Start the process that removes the semaphores of a pool when ours is gone, whatever ended it.

    After a stop it would also warn of them, on the stderr of the command, which is to say one line.
    """
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore"
    try:
        resource_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


def _chained(first: list[T], rest: Iterator[T]) -> Iterator[T]:
    yield from first
    first.clear()
    yield from rest


_function: Callable[[Any], Any]


def _become(function: Callable[[Any], Any]) -> None:
    """What a process does first."""
    global _function  # noqa: PLW0603 (a process of its own, in which it is set once)
    _function = function
    end_with_parent()
    # Ctrl-C goes to the whole group; whoever started us ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(batch: Any) -> Any:
    return _function(batch)
