"""Files that appear whole or not at all.

::

    OUT.tmp  <-write-  packed on the way
       finish    flushed and synced to the disk: nothing can fail any more but the rename
       publish   renamed to OUT, and the folder synced

An error on the way (disk full, quota, permission) becomes an `OutputError`; what stood at OUT before stays.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, Protocol

from translate.errors import OutputError
from translate.files.packing import packed

try:
    import fcntl as _fcntl
except ImportError:  # not on Windows, where two runs with one OUT are not told apart
    _fcntl = None  # type: ignore[assignment]  # a module that may be missing

fcntl: ModuleType | None = _fcntl

__all__ = [
    "STDOUT",
    "AtomicFile",
    "Sink",
    "StreamSink",
    "check_writable",
    "open_sink",
    "whole_or_nothing",
]

STDOUT = "-"

_WHY = {
    errno.ENOSPC: "disk full; free some space and run the same command again",
    errno.EDQUOT: "disk quota exceeded; free some space and run the same command again",
    errno.EFBIG: "the file grew beyond the size allowed here (ulimit -f, or the file system's own limit)",
    errno.EACCES: "permission denied; choose a folder that you may write to",
    errno.EPERM: "not permitted; choose a folder that you may write to",
    errno.EROFS: "read-only file system; choose another folder",
}


class Sink(Protocol):
    """Where bytes go: `write`, then `finish`, then `publish`; or `discard` at any point."""

    def write(self, data: bytes) -> None:
        """Take some bytes."""
        ...

    def finish(self) -> None:
        """Make everything safe that was written, without showing it yet."""
        ...

    def publish(self) -> None:
        """Show it under its name; only after `finish`."""
        ...

    def discard(self) -> None:
        """Leave nothing behind; does nothing after `publish`."""
        ...


@contextlib.contextmanager
def _as_output_error(name: str, kept: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read has gone (`| head`), which is no failure to speak of
    except OSError as error:
        why = _WHY.get(error.errno or 0, error.strerror or str(error))
        raise OutputError(f"{name}: cannot be written: {why}{kept}") from error


class StreamSink:
    """Standard output, or whatever else is no regular file (a pipe, a device): written straight away."""

    def __init__(self, raw: BinaryIO, name: str, packing: str = "", *, owned: bool = False) -> None:
        self._raw = raw
        self._name = name
        self._owned = owned
        self._file = packed(raw, packing)

    def write(self, data: bytes) -> None:
        """Write at once."""
        with _as_output_error(self._name, ""):
            self._file.write(data)

    def finish(self) -> None:
        """Write out what is held back."""
        with _as_output_error(self._name, ""):
            if self._file is not self._raw:
                self._file.close()
            self._raw.flush()

    def publish(self) -> None:
        """Close what we opened."""
        self.discard()

    def discard(self) -> None:
        """Close what we opened; what was written is gone already."""
        if self._owned:
            with contextlib.suppress(OSError):
                self._raw.close()


class AtomicFile:
    """A file written as ``OUT.tmp`` beside OUT and renamed when it is whole.

    Args:
        path: OUT; a symbolic link is followed, so that the link stays a link.
        packing: ``.gz``, ``.zst`` or empty.
        alone: whether only one run may write OUT at a time. Else several may, each its own temporary file, and the
            last to finish stays: for what comes out the same whoever makes it.

    Raises:
        OutputError: from every method but `discard`, when the disk or the system refuses; OUT is then as before.
    """

    def __init__(self, path: Path, packing: str = "", *, alone: bool = True) -> None:
        self._name = str(path)
        self._path = Path(os.path.realpath(path))
        own = "" if alone else f".{secrets.token_hex(8)}"  # a process id is not enough where machines share a disk
        self._temporary = self._path.with_name(f"{self._path.name}{own}.tmp")
        self._kept = "; the previous output is kept" if self._path.exists() else ""
        with self._errors():
            self._raw = _open_alone(self._temporary, self._name)
            self._file = packed(self._raw, packing)
        self._open = True

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return _as_output_error(self._name, self._kept)

    def write(self, data: bytes) -> None:
        """Write to the temporary file."""
        with self._errors():
            self._file.write(data)

    def finish(self) -> None:
        """Flush, and wait until the disk has it."""
        with self._errors():
            if self._file is not self._raw:
                self._file.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())

    def publish(self) -> None:
        """Rename; whoever opens OUT finds the old file or the new one, each whole."""
        with self._errors():
            self._temporary.replace(self._path)  # while open, so that the lock covers the rename
            self._open = False
            self._raw.close()
            _sync_folder(self._path.parent)

    def discard(self) -> None:
        """Delete the temporary file."""
        if not self._open:
            return
        self._open = False
        with contextlib.suppress(OSError):
            self._temporary.unlink(missing_ok=True)
        # Closing flushes, and fails once more where the disk is full. Not through the packer: it would write its end.
        with contextlib.suppress(OSError):
            self._raw.close()


def _open_alone(path: Path, name: str) -> BinaryIO:
    """Open a temporary file for this process only, emptied.

    It has a fixed name, so a killed run leaves no litter that the next does not take over; the lock keeps two runs
    with one OUT from writing into each other's.
    """
    while True:
        file = path.open("ab")
        if fcntl is not None:
            try:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.close()
                raise OutputError(f"{name}: another run is writing it; wait, or choose another name") from error
            except OSError:
                pass  # a file system without locks
        # Before the lock was ours, the run that had it may have renamed the file: then this is its finished output.
        try:
            ours = os.path.samestat(os.fstat(file.fileno()), path.stat())
        except FileNotFoundError:
            ours = False
        if ours:
            file.truncate(0)
            return file
        file.close()


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where folders can be synced at all."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_special(path: Path) -> bool:
    """Whether there is something at ``path`` that must not be replaced: a pipe or a device."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def check_writable(path: Path | str) -> None:
    """Find out, before dear work is done, whether a file can be written; leaves nothing behind.

    Raises:
        OutputError: if its folder is missing or read-only, or there is a folder in its place.
    """
    target = Path(path)
    if str(path) == STDOUT or _is_special(target):
        return
    folder = Path(os.path.realpath(target)).parent
    if target.is_dir():
        raise OutputError(f"{path}: is a folder; name a file in it, such as {target / 'corpus.tsv'}")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{path}: {folder} is a file, not a folder; choose another name")
    if not folder.exists():
        raise OutputError(f"{path}: the folder {folder} does not exist; make it first, or choose another")
    with _as_output_error(str(path), ""), tempfile.TemporaryFile(dir=folder):
        pass


def open_sink(path: Path | str, packing: str = "") -> Sink:
    """Open a file, standard output (``-``), or a device for writing.

    Raises:
        OutputError: see `check_writable`.
    """
    if str(path) == STDOUT:
        return StreamSink(sys.stdout.buffer, "stdout", packing)
    target = Path(path)
    check_writable(target)
    if _is_special(target):
        with _as_output_error(str(path), ""):
            return StreamSink(target.open("wb"), str(path), packing, owned=True)
    return AtomicFile(target, packing)


@contextlib.contextmanager
def whole_or_nothing(sink: Sink) -> Iterator[Sink]:
    """Publish what was written at the end of a ``with``; leave nothing behind when it ends by an exception."""
    try:
        yield sink
        sink.finish()
        sink.publish()
    except BaseException:  # also Ctrl-C: no temporary file stays
        sink.discard()
        raise
