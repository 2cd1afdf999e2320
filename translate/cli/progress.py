"""Progress on stderr, drawn only where a person is watching."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["build_progress", "download_progress", "parts_bar"]

BuildUpdate = Callable[[int, int, int], None]
"""Called with sentences done, characters done, and an estimate of the characters in all."""

FileUpdate = Callable[[str, int, int], None]
"""Called with a file's name, the bytes so far and the bytes in all."""


def _watched() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def download_progress(*, quiet: bool = False) -> Iterator[FileUpdate | None]:
    """A bar for each file that comes in, nothing while none does; None where nobody watches or nobody wants it."""
    if quiet or not _watched():
        yield None
        return
    bars = _Bars()
    try:
        yield bars.update
    finally:
        bars.stop()


class _Bars:
    """Bars that are not there before the first file is."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def update(self, name: str, n_bytes: int, total: int) -> None:
        """Show how much of a file is here."""
        if self._progress is None:
            self._progress = self._start()
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total)
        self._progress.update(self._tasks[name], completed=n_bytes)

    @staticmethod
    def _start() -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        progress = Progress(*columns, console=Console(stderr=True))
        progress.start()
        return progress

    def stop(self) -> None:
        """Leave the bars as they are."""
        if self._progress is not None:
            self._progress.stop()


@contextmanager
def build_progress(*, quiet: bool = False) -> Iterator[BuildUpdate | None]:
    """Sentences, characters a second and time left; None where nobody watches or nobody wants it.

    How much there is in all is an estimate until everything is read: what was read so far, scaled up to the bytes of
    all inputs.
    """
    if quiet or not _watched():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[sentences]:,} sentences"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[speed]:,.0f} characters/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as progress:
        task = progress.add_task("build", total=None, sentences=0, speed=0.0)

        def update(n_sentences: int, n_chars: int, total: int) -> None:
            elapsed = progress.tasks[0].elapsed or 0.0
            speed = n_chars / elapsed if elapsed else 0.0
            progress.update(task, completed=n_chars, total=total, sentences=n_sentences, speed=speed)

        yield update


@contextmanager
def parts_bar(n_parts: int, *, quiet: bool = False) -> Iterator[Callable[[int], None] | None]:
    """Parts and sentences done, and time left; None where nobody watches or nobody wants it.

    What it yields is called for each part with its number of sentences.
    """
    if quiet or not _watched():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("parts"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[sentences]:,} sentences"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(compact=True),
    )
    n_sentences = 0
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("parts", total=n_parts, sentences=0)

        def update(n: int) -> None:
            nonlocal n_sentences
            n_sentences += n
            progress.update(task, advance=1, sentences=n_sentences)

        yield update
