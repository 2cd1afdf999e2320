"""Which files are meant: a file, a folder, a pattern, or standard input."""

from __future__ import annotations

import glob
import os
import stat
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from corpus.readers.base import InputFile, Skipped
from corpus.readers.kinds import SUFFIXES
from translate.errors import InputError
from translate.files.inputs import unreadable_kind
from translate.files.lines import STDIN, stdin_bytes, without_surrogates

__all__ = ["OnSkip", "find_inputs", "total_bytes"]

OnSkip = Callable[[Skipped], None]


def _in_folder(folder: str, on_skip: OnSkip) -> Iterator[InputFile]:
    """Every file of a known kind below a folder, in the order of code points of the path; hidden ones are passed over.

    A link to a folder is followed, once, after all that is no link; so no file is named by a link that has a name
    without one.
    """
    found: list[tuple[tuple[str, ...], str]] = []
    unreadable: list[OSError] = []
    for here, files in _walk(folder, unreadable.append, on_skip):
        for name in files:
            path = os.path.join(here, name)  # noqa: PTH118  (keeps the folder as it was given)
            if not name.startswith(".") and InputFile(name, name).suffix in SUFFIXES and not _is_special(path):
                found.append((PurePath(os.path.relpath(path, folder)).parts, path))
    for error in unreadable:
        yield InputFile(str(error.filename), str(error.filename), problem=f"cannot be read: {error.strerror}")
    if not found and not unreadable:
        known = ", ".join(SUFFIXES)
        yield InputFile(folder, folder, problem=f"no text in this folder; expected {known} (or packed: .gz, .zst)")
    for parts, path in sorted(found):
        yield _file(path, "/".join(parts))


def _walk(top: str, on_error: Callable[[OSError], None], on_skip: OnSkip) -> Iterator[tuple[str, list[str]]]:
    """Every folder once, and the files in it; below links last."""
    waiting = deque([top])
    above = set(Path(os.path.realpath(top)).parents)
    seen: set[str] = set()
    while waiting:
        links: list[str] = []
        for here, folders, files in os.walk(waiting.popleft(), onerror=on_error):
            real = os.path.realpath(here)
            if real in seen:
                folders.clear()
                continue
            seen.add(real)
            yield here, files
            shown = [os.path.join(here, name) for name in folders if not name.startswith(".")]  # noqa: PTH118  (same)
            links += [path for path in shown if Path(path).is_symlink()]
            folders[:] = [Path(path).name for path in shown if not Path(path).is_symlink()]
        for link in sorted(links):
            if Path(os.path.realpath(link)) in above:
                on_skip(Skipped(link, "a link to a folder that the given one lies in"))
            else:
                waiting.append(link)


def _is_special(path: str) -> bool:
    """Whether this is no regular file (a folder, a pipe, a device): nobody means to wait for one who gives a folder.

    What cannot be looked at (a link to nowhere) is not, so that it is told.
    """
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False


def _file(path: str, doc_id: str) -> InputFile:
    try:
        found = Path(path).stat()
        return InputFile(path, without_surrogates(doc_id), found.st_size, unreadable_kind(found.st_mode))
    except OSError as error:
        return InputFile(path, without_surrogates(doc_id), problem=f"cannot be read: {error.strerror or error}")


def _stdin() -> InputFile:
    try:
        stdin_bytes()
    except InputError as error:
        return InputFile(STDIN, "stdin", problem=str(error).removeprefix(f"{STDIN}: "))
    return InputFile(STDIN, "stdin")


def _by_pattern(pattern: str) -> Iterator[InputFile]:
    """Every file that a glob pattern matches (``**`` goes into folders), in the order of code points."""
    fixed = pattern
    while glob.has_magic(fixed):
        fixed = os.path.dirname(fixed)  # noqa: PTH120  (Path would drop a leading "./")
    matches = [path for path in glob.glob(pattern, recursive=True) if not _is_special(path)]  # noqa: PTH207  (same)
    if not matches:
        yield InputFile(pattern, pattern, problem="this pattern matches no file")
    for path in sorted(matches, key=lambda match: PurePath(match).parts):
        yield _file(path, PurePath(os.path.relpath(path, fixed or ".")).as_posix())


def _meant_by(given: str, on_skip: OnSkip) -> Iterator[InputFile]:
    if given == STDIN:
        yield _stdin()
    elif Path(given).is_dir():
        yield from _in_folder(given, on_skip)
    elif not os.path.lexists(given) and glob.has_magic(given):
        yield from _by_pattern(given)
    elif not os.path.lexists(given):
        yield InputFile(given, given, problem="no such file or folder")
    else:
        yield _file(given, PurePath(given).name)


def find_inputs(inputs: Sequence[str], on_skip: OnSkip | None = None) -> list[InputFile]:
    """Find the files that are meant, in the order given; within a folder or a pattern in the order of the path.

    Args:
        inputs: each a file, a folder (searched for `SUFFIXES`, hidden files passed over), a glob pattern, or
            ``-`` for stdin. A file that is reached twice is taken once.
        on_skip: told of what is left out though it was meant, perhaps.

    Returns:
        The files. One that cannot be had is among them, with its ``problem``; `read_documents` rejects it.

    Raises:
        InputError: if nothing at all can be read; the message names each input.
    """
    found: dict[str, InputFile] = {}
    for given in inputs:
        for file in _meant_by(given, on_skip or (lambda skipped: None)):
            found.setdefault(STDIN if file.origin == STDIN else os.path.realpath(file.origin), file)
    files = list(found.values())
    if all(file.problem for file in files):
        raise InputError("; ".join(f"{file.origin}: {file.problem}" for file in files) or "no input given")
    times = Counter(file.doc_id for file in files)
    return [
        replace(file, doc_id=without_surrogates(PurePath(file.origin).as_posix())) if times[file.doc_id] > 1 else file
        for file in files
    ]


def total_bytes(files: Iterable[InputFile]) -> int:
    """Bytes on disk, for a progress display; what comes from stdin is not known and counts nothing."""
    return sum(file.n_bytes for file in files)
