"""Files that appear whole or not at all.

::

    .OUT.duizhao-tmp  <-write-  packed on the way
       finish    flushed and synced to the disk: nothing can fail any more but the rename
       publish   renamed to OUT, and the folder synced

An error on the way (disk full, quota, permission) becomes an `OutputError`; what stood at OUT before stays, and what
takes its place has its mode. Nothing is written through a symbolic link to a temporary file, nor into a file that is
not ours by its name.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
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
from translate.files.digest import sha256_of
from translate.files.packing import packed

try:
    import fcntl as _fcntl
except ImportError:  # not on Windows, where two runs with one OUT are not told apart
    _fcntl = None  # type: ignore[assignment]  # a module that may be missing

fcntl: ModuleType | None = _fcntl

__all__ = [
    "STDOUT",
    "TEMPORARY_SUFFIX",
    "AtomicFile",
    "Sink",
    "StreamSink",
    "check_writable",
    "is_special",
    "open_sink",
    "whole_or_nothing",
]

STDOUT = "-"

TEMPORARY_SUFFIX = ".duizhao-tmp"
"""Ends the name of every file that is not whole yet; whoever holds the lock of a folder may delete what a killed run
left."""

_NAME_BYTES = 255  # most bytes of a name, where the file system does not say

_WHY = {
    errno.ENOSPC: "disk full; free some space and run the same command again",
    errno.EDQUOT: "disk quota exceeded; free some space and run the same command again",
    errno.EFBIG: "the file grew beyond the size allowed here (ulimit -f, or the file system's own limit)",
    errno.EACCES: "permission denied; choose a folder that you may write to",
    errno.EPERM: "not permitted; choose a folder that you may write to",
    errno.EROFS: "read-only file system; choose another folder",
    errno.ENAMETOOLONG: "the name is too long for this file system; choose a shorter one",
    errno.ELOOP: "a symbolic link that leads nowhere but to links; remove it, or choose another name",
}


class Sink(Protocol):
    """Where bytes go: `write`, then `finish`, then `publish`; or `discard` at any point."""

    def write(self, data: bytes) -> None:
        """Take some bytes."""
        ...

    def flush(self) -> None:
        """Show what was written so far, where it can be seen before it is whole."""
        ...

    def finish(self) -> None:
        """Make everything safe that was written, without showing it yet."""
        ...

    def sha256(self) -> str | None:
        """What a file that is finished holds, in hexadecimal; None where it cannot be read back."""
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
        """Write, unless little is held back to be written together."""
        with _as_output_error(self._name, ""):
            self._file.write(data)

    def flush(self) -> None:
        """Hand on what is held back, but for what a packer needs to hold."""
        with _as_output_error(self._name, ""):
            self._raw.flush()

    def finish(self) -> None:
        """Write out what is held back."""
        with _as_output_error(self._name, ""):
            if self._file is not self._raw:
                self._file.close()
            self._raw.flush()

    def sha256(self) -> None:
        """None: what was written is gone already."""

    def publish(self) -> None:
        """Close what we opened."""
        self.discard()

    def discard(self) -> None:
        """Close what we opened; what was written is gone already."""
        if self._owned:
            with contextlib.suppress(OSError):
                self._raw.close()


class AtomicFile:
    """A file written as ``.OUT.duizhao-tmp`` beside OUT and renamed when it is whole.

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
        own = "" if alone else secrets.token_hex(8)  # a process id is not enough where machines share a disk
        self._temporary = self._path.with_name(_temporary_name(self._path, own))
        self._kept = "; the previous output is kept" if self._path.exists() else ""
        with self._errors():
            self._raw = _open_alone(self._temporary, self._name)
            _keep_mode(self._raw, self._path)
            self._file = packed(self._raw, packing)
        self._open = True

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return _as_output_error(self._name, self._kept)

    def write(self, data: bytes) -> None:
        """Write to the temporary file."""
        with self._errors():
            self._file.write(data)

    def flush(self) -> None:
        """Nobody can look at it yet."""

    def finish(self) -> None:
        """Flush, and wait until the disk has it."""
        with self._errors():
            if self._file is not self._raw:
                self._file.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())

    def sha256(self) -> str:
        """Of the bytes as they lie on the disk, packed or not; only between `finish` and `publish`."""
        with self._errors():
            return sha256_of(self._temporary)

    def publish(self) -> None:
        """Rename; whoever opens OUT finds the old file or the new one, each whole."""
        with self._errors():
            self._temporary.replace(self._path)  # while open, so that the lock covers the rename
            self._open = False
            self._raw.close()
            _sync_folder(self._path.parent)

    def publish_new(self) -> bool:
        """Publish only where nothing has the name yet; returns whether this file has it now.

        Of several that write the same name the first stays. Where there are no hard links it is the last, as with
        `publish`.
        """
        try:
            os.link(self._temporary, self._path)
        except FileExistsError:
            self.discard()
            return False
        except OSError:  # a file system without hard links
            self.publish()
            return True
        self.discard()
        with self._errors():
            _sync_folder(self._path.parent)
        return True

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


def _temporary_name(path: Path, own: str) -> str:
    """A name that no file of a user has, and that is none too long where OUT's is not."""
    end = f".{own}{TEMPORARY_SUFFIX}" if own else TEMPORARY_SUFFIX
    name = f".{path.name}{end}"
    if len(os.fsencode(name)) <= _longest_name(path.parent):
        return name
    return f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()}{end}"


def _longest_name(folder: Path) -> int:
    """Most bytes that the name of a file may have in a folder."""
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (OSError, ValueError, AttributeError):  # no such folder, or a system that does not say
        return _NAME_BYTES


_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL  # with EXCL a symbolic link is not followed, wherever it leads
_OLD = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def _open_alone(path: Path, name: str) -> BinaryIO:
    """Make a temporary file for this process only.

    It has a fixed name, so a killed run leaves no litter that the next does not clear away; the lock keeps two runs
    with one OUT from writing into each other's.
    """
    while True:
        try:
            handle = os.open(path, _NEW | _BINARY, 0o666)
        except FileExistsError:
            _clear_away(path, name)
            continue
        file = open(handle, "wb")  # noqa: PTH123, SIM115  (a descriptor, which outlives this function)
        _lock(file, name)
        if _is_at(file, path):  # else another run took it for litter before the lock was ours
            return file
        file.close()


def _clear_away(path: Path, name: str) -> None:
    """Delete what a killed run left, once it is sure that nobody writes it, and that it is a plain file."""
    try:
        file = open(os.open(path, _OLD | _BINARY), "rb")  # noqa: PTH123, SIM115  (a descriptor)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise
        raise OutputError(f"{name}: {path} is in the way, and is no file that duizhao made; remove it") from error
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OutputError(f"{name}: {path} is in the way, and is no file that duizhao made; remove it")
        # Before the lock was ours, the run that had it may have renamed the file: then it is its finished output.
        _lock(file, name)
        if _is_at(file, path):
            path.unlink(missing_ok=True)


def _lock(file: BinaryIO, name: str) -> None:
    """Take a file for this process, where the file system has locks.

    Raises:
        OutputError: another process has it.
    """
    if fcntl is not None:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise OutputError(f"{name}: another run is writing it; wait, or choose another name") from error
        except OSError:
            pass  # a file system without locks


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False


def _keep_mode(file: BinaryIO, path: Path) -> None:
    """Give a new file the owner, where that is allowed, and the mode of the one whose place it will take."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    with contextlib.suppress(OSError, AttributeError):  # not everywhere, and not for everybody
        os.fchown(file.fileno(), found.st_uid, found.st_gid)
    with contextlib.suppress(OSError, AttributeError):
        os.fchmod(file.fileno(), stat.S_IMODE(found.st_mode))


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where folders can be synced at all."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_special(path: Path | str) -> bool:
    """Whether there is something at ``path`` that must not be replaced: a pipe or a device."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def check_writable(path: Path | str) -> None:
    """Find out, before dear work is done, whether a file can be written; leaves nothing behind.

    Raises:
        OutputError: if its folder is missing or read-only, there is a folder in its place, or its name is too long.
    """
    with _as_output_error(str(path), ""):
        _check_writable(path)


def _check_writable(path: Path | str) -> None:
    target = Path(path)
    if str(path) == STDOUT or is_special(target):
        return
    place = Path(os.path.realpath(target))
    folder = place.parent
    if target.is_dir():
        raise OutputError(f"{path}: is a folder; name a file in it, such as {target / 'corpus.tsv'}")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{path}: {folder} is a file, not a folder; choose another name")
    if not folder.exists():
        raise OutputError(f"{path}: the folder {folder} does not exist; make it first, or choose another")
    if len(os.fsencode(place.name)) > (longest := _longest_name(folder)):
        raise OutputError(
            f"{path}: a name of {len(os.fsencode(place.name))} bytes; at most {longest} are possible here"
        )
    with tempfile.TemporaryFile(dir=folder):
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
    if is_special(target):
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
