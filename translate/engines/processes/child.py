"""The process that an engine lives in: batches come in by a socket, hypotheses go out.

It ends with the process that started it, however that ends. Signals of the terminal are for that one.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from translate.engines.base import Engine, Required
from translate.engines.processes.parent import end_with_parent
from translate.errors import DuizhaoError, first_line

__all__ = ["main"]

_FIRST_TO_DIE = "500"  # of at most 1000: the system out of memory takes this process, and not the one that plans


_Work = tuple[int, Sequence[str], "int | None", "Sequence[Sequence[Required]] | None"]
"""A batch: its number, its sentences, their cap, and what each of their translations is to have."""


def main(descriptor: int) -> None:
    """Serve until the other side closes."""
    _prepare()
    connection = Connection(descriptor)
    make, cores = pickle.loads(connection.recv_bytes())
    if cores and hasattr(os, "sched_setaffinity"):
        # Before anything is loaded, so that memory is taken near the cores that use it.
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)
    work: queue.SimpleQueue[_Work] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, work), daemon=True).start()
    send = _Sender(connection)
    try:
        engine: Engine = pickle.loads(make)()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and the other side decides
        send(("unloaded", None, error if isinstance(error, DuizhaoError) else _told(error)))
        return
    limits = engine.capacity, engine.max_source_tokens, engine.max_target_tokens
    send(("loaded", None, (engine.name, engine.compute_type, *limits)))
    while True:
        number, sentences, max_length, required = work.get()
        try:
            engine.submit(sentences, max_length, required).add_done_callback(partial(_answer, send, number))
        except Exception as error:  # noqa: BLE001 - the same
            send(("failed", number, _told(error)))


def _prepare() -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    end_with_parent()
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_DIE)


def _receive(connection: Connection, work: queue.SimpleQueue[_Work]) -> None:
    """Take batches, so that the other side never waits to be heard; end everything when it has gone."""
    try:
        while True:
            work.put(connection.recv())
    except (EOFError, OSError):
        os._exit(0)


class _Sender:
    """Sends from any thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def __call__(self, message: tuple[str, int | None, Any]) -> None:
        with self._lock, contextlib.suppress(OSError):  # it has gone, which the other thread sees as well
            self._connection.send(message)


def _told(error: BaseException) -> str:
    return str(error) if isinstance(error, DuizhaoError) else f"{type(error).__name__}: {first_line(error)}"


def _answer(send: Callable[[tuple[str, int | None, Any]], None], number: int, future: Future[Any]) -> None:
    error = future.exception()
    if error is None:
        send(("done", number, future.result()))
    else:
        send(("failed", number, _told(error)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
