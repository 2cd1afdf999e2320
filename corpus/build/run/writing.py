"""Files of a run that are written while the next are made: whoever makes them does not wait for the disk."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from corpus.build.run.files import RunFiles

__all__ = ["Writing"]

_THREADS = 4
_MOST_BYTES = 64 << 20


class Writing:
    """Writes files in threads; use it in a ``with``, at whose end all of them are there.

    Args:
        files: of the run.
    """

    def __init__(self, files: RunFiles) -> None:
        self._files = files
        self._pool = ThreadPoolExecutor(_THREADS)
        self._waiting: deque[tuple[int, Future[None]]] = deque()
        self._n_bytes = 0

    def __enter__(self) -> Self:
        return self

    def put(self, name: str, content: bytes) -> None:
        """Write a file, in the place of whatever is there.

        Raises:
            OutputError: one of those before cannot be written.
        """
        self._waiting.append((len(content), self._pool.submit(self._files.replace, name, content)))
        self._n_bytes += len(content)
        while self._n_bytes > _MOST_BYTES or self._waiting[0][1].done():
            self._wait()
            if not self._waiting:
                return

    def _wait(self) -> None:
        n_bytes, future = self._waiting.popleft()
        self._n_bytes -= n_bytes
        future.result()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while self._waiting and kind is None:
                self._wait()
        finally:
            self._pool.shutdown(cancel_futures=True)
