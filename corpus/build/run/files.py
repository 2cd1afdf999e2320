"""The files of a run: read whole, put there whole or not at all, and never changed after.

A run lies in a folder, or in an object store (`corpus.build.run.objects`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from corpus.build.journal import ShardJournal
from translate.errors import OutputError, UsageError
from translate.files.atomic import TEMPORARY_SUFFIX, AtomicFile, fcntl

__all__ = ["FolderFiles", "RunFiles", "open_files"]

_JOURNALS = "journals"


class RunFiles(Protocol):
    """Where the files of a run are, each under a name such as ``parts/0a….jsonl``."""

    def label(self, name: str) -> str:
        """What to call a file in messages."""
        ...

    def read(self, name: str) -> bytes | None:
        """All of a file; None where there is none.

        Raises:
            OutputError: it is there and cannot be read.
        """
        ...

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        ...

    def put(self, name: str, content: bytes) -> bool:
        """Write a file unless there is one: whole or not at all. Returns whether it is ours that is there.

        Raises:
            OutputError: it cannot be written.
        """
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Write a file in the place of whatever is there.

        Raises:
            OutputError: it cannot be written.
        """
        ...

    def names(self, folder: str) -> list[str]:
        """The files of a folder such as ``environments``, in order."""
        ...

    def journal(self, key: str) -> ShardJournal | None:
        """Where batches of a part under way are noted; None where there is no place for that."""
        ...

    def claim(self, key: str, *, wait: bool) -> contextlib.AbstractContextManager[bool]:
        """Keep others away from a part while it is worked on; says whether it is ours.

        Args:
            key: of the part.
            wait: until whoever has it is done or gone.
        """
        ...

    def tidy(self, done: frozenset[str] | None = None) -> None:
        """Remove what killed processes left half-written, where nobody works on it.

        Args:
            done: keys of parts whose journals are of no use any more; all when None.
        """
        ...


class FolderFiles:
    """A run in a folder, which several machines may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def label(self, name: str) -> str:
        """Its path."""
        return str(self._folder / name)

    def read(self, name: str) -> bytes | None:
        """See `RunFiles`."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutputError(f"{self.label(name)}: cannot be read: {error.strerror or error}") from error

    def has(self, name: str) -> bool:
        """See `RunFiles`."""
        return (self._folder / name).is_file()

    def put(self, name: str, content: bytes) -> bool:
        """See `RunFiles`; written beside its place, synced, and linked to its name."""
        sink = self._written(name, content)
        try:
            return sink.publish_new()
        except BaseException:  # also Ctrl-C: no temporary file stays
            sink.discard()
            raise

    def replace(self, name: str, content: bytes) -> None:
        """See `RunFiles`; written beside its place, synced, and renamed."""
        sink = self._written(name, content)
        try:
            sink.publish()
        except BaseException:  # the same
            sink.discard()
            raise

    def _written(self, name: str, content: bytes) -> AtomicFile:
        path = self._folder / name
        self._make(path.parent)
        sink = AtomicFile(path, alone=False)
        try:
            sink.write(content)
            sink.finish()
        except BaseException:  # the same
            sink.discard()
            raise
        return sink

    def _make(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder {folder}: {error.strerror or error}") from error

    def names(self, folder: str) -> list[str]:
        """See `RunFiles`."""
        try:
            found = sorted(path.name for path in (self._folder / folder).iterdir())
        except OSError:
            return []
        return [f"{folder}/{name}" for name in found if not name.startswith(".")]

    def journal(self, key: str) -> ShardJournal | None:
        """A file in ``journals``."""
        return ShardJournal(self._journal(key))

    def _journal(self, key: str) -> Path:
        return self._folder / _JOURNALS / f"{key}.journal"

    @contextlib.contextmanager
    def claim(self, key: str, *, wait: bool) -> Iterator[bool]:
        """See `RunFiles`: a lock on the journal, which dies with the process that has it."""
        handle = self._lock(self._journal(key), wait=wait)
        try:
            yield handle is not None
        finally:
            if handle is not None:
                os.close(handle)

    def _lock(self, path: Path, *, wait: bool) -> int | None:
        while True:
            self._make(path.parent)
            try:
                handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            except FileNotFoundError:  # somebody tidied up in between
                continue
            except OSError as error:
                raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
            try:
                if fcntl is not None:
                    fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                os.close(handle)
                return None
            except OSError:
                return handle  # a file system without locks: both may do it, and the first that is done stays
            except BaseException:  # Ctrl-C while it waits
                os.close(handle)
                raise
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(handle), path.lstat()):
                    return handle
            os.close(handle)  # whoever had it was done, and removed it

    def tidy(self, done: frozenset[str] | None = None) -> None:
        """See `RunFiles`; what somebody has a lock on stays."""
        for place in (self._folder, *(self._folder / name for name in ("rows", "parts", "environments", _JOURNALS))):
            for path in list(place.glob(f".*{TEMPORARY_SUFFIX}")):
                _remove_if_free(path)
        for path in list((self._folder / _JOURNALS).glob("*.journal")):
            if done is None or path.stem in done:
                _remove_if_free(path)
        with contextlib.suppress(OSError):  # it is not empty, or not there
            (self._folder / _JOURNALS).rmdir()


def _remove_if_free(path: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDWR)
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(handle)


def open_files(run: str | Path) -> RunFiles:
    """The files of a run in a folder, or behind a URL such as ``s3://bucket/run``.

    Raises:
        UsageError: a URL, and the extra that reads it is not installed.
    """
    if "://" not in str(run):
        return FolderFiles(Path(run))
    try:
        from corpus.build.run.objects import ObjectFiles
    except ImportError as error:
        raise UsageError(
            f"{run}: a run behind a URL needs an extra: pip install 'duizhao[remote]' ({error})"
        ) from error
    return ObjectFiles(str(run))
