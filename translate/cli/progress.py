"""Progress on stderr, drawn only where a person is watching."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["build_progress", "download_progress"]

BuildUpdate = Callable[[int, int, int], None]
"""Called with sentences done, characters done, and an estimate of the characters in all."""

FileUpdate = Callable[[str, int, int], None]
"""Called with a file's name, the bytes so far and the bytes in all."""


def _watched() -> bool:
    return sys.stderr.isatty()


@contextmanager
def download_progress() -> Iterator[FileUpdate | None]:
    """A bar for each file that comes in; None where nobody watches."""
    if not _watched():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def update(name: str, n_bytes: int, total: int) -> None:
            task = tasks.setdefault(name, progress.add_task(name, total=total)) if name not in tasks else tasks[name]
            progress.update(task, completed=n_bytes)

        yield update


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
