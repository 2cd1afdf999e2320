"""Test sets from files, and their hashes in a file that can be handed on.

A file of hashes (``.hashes``) is a line of JSON that says what is in it, then for each set: runs a line (16 bits each),
the runs, and the short lines (48 bits each), all little-endian.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from corpus.readers.base import Skipped
from corpus.readers.lines import text_of, whole_lines
from corpus.signals.benchmarks import Benchmark, folding, hashed
from translate.errors import InputError
from translate.files.packing import split_packing

__all__ = ["SUFFIX", "as_file_of_hashes", "packaged", "read_benchmarks"]

SUFFIX = ".hashes"
"""Of files that hold hashes and no text."""

_MAGIC = "duizhao test sets 1"
_NO_TEXT = re.compile(r"(?i)\.|readme|licen[cs]e|copying|.*\.(?:md|rst|pdf|py|sh|json|ya?ml)$")
_SEGMENT = re.compile(r"(?is)<seg\b[^>]*>(.*?)</seg>")
_TAG = re.compile(r"(?s)<[^>]*>")

OnSkip = Callable[[Skipped], None]


def packaged() -> tuple[Benchmark, ...]:
    """The test sets whose hashes come with the package: docs/signals.md names them and their licences."""
    with as_file(files("corpus.curation").joinpath("public.hashes")) as path:
        return tuple(_from_hashes(path))


def read_benchmarks(path: str | Path, on_skip: OnSkip | None = None) -> list[Benchmark]:
    """Read test sets.

    Args:
        path: a file of hashes; or a file or folder of test sets: a line a sentence, ``.tsv`` (every cell), ``.jsonl``
            (every text), ``.sgm`` and ``.xml`` (every segment), each ``.gz`` or ``.zst`` behind it where it is packed,
            and files of hashes. A set has the name of the folder within ``path`` that it is in, or else what its
            file's name has before the first point, so that ``wmt20.zh`` and ``wmt20.en`` are one.
        on_skip: told of each file that is none.

    Raises:
        InputError: it cannot be read, or there is no line in it.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    found: dict[str, Benchmark] = {}
    lines: dict[str, list[Path]] = {}
    for file in [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file()):
        if file.name.endswith(SUFFIX):
            found |= {each.name: each for each in _from_hashes(file)}
        elif not _NO_TEXT.match(file.name):
            lines.setdefault(_name(path, file), []).append(file)
        elif on_skip is not None:
            on_skip(Skipped(str(file), "by its name no test set"))
    for name, its_files in lines.items():
        benchmark = hashed(name, _lines(its_files, on_skip))
        if len(benchmark.runs) or len(benchmark.lines):
            found[name] = benchmark
    if not found:
        raise InputError(f"{path}: no test set in it; expected files with a sentence a line, or {SUFFIX}")
    return list(found.values())


def _name(root: Path, file: Path) -> str:
    within = file.relative_to(root).parts if file != root else (file.name,)
    name = within[0] if len(within) > 1 else file.name.partition(".")[0]
    # A flag must not have what stands between two flags, or ends a cell.
    return re.sub(r"[\s,:]+", "_", name) or "unnamed"


def _lines(paths: Iterable[Path], on_skip: OnSkip | None) -> Iterator[str]:
    for path in paths:
        try:
            yield from _of_suffix(PurePath(split_packing(path.name)[0]).suffix.lower())(path)
        except InputError as error:
            if on_skip is None:
                raise
            on_skip(Skipped(str(path), str(error).removeprefix(f"{path}: ")))


def _of_suffix(suffix: str) -> Callable[[Path], Iterator[str]]:
    if suffix in {".sgm", ".sgml", ".xml"}:
        return _segments
    return {".tsv": _cells, ".jsonl": _values}.get(suffix, _texts)


def _texts(path: Path) -> Iterator[str]:
    for number, line in enumerate(whole_lines(path)):
        try:
            yield text_of(line, is_first=not number)
        except InputError as error:
            raise InputError(f"{path}: line {number + 1}: {error}") from error


def _cells(path: Path) -> Iterator[str]:
    for line in _texts(path):
        yield from line.split("\t")


def _values(path: Path) -> Iterator[str]:
    for number, line in enumerate(_texts(path)):
        try:
            yield from _strings(json.loads(line) if line.strip() else None)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: line {number + 1} is no JSON: {error}") from error


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def _segments(path: Path) -> Iterator[str]:
    text = "\n".join(_texts(path))
    segments = _SEGMENT.findall(text) or _TAG.sub("\n", text).split("\n")
    return (html.unescape(_TAG.sub(" ", segment)) for segment in segments)


# -- hashes --------------------------------------------------------------------------------------------------------


def as_file_of_hashes(sets: Sequence[Benchmark], notes: dict[str, str] | None = None) -> bytes:
    """The file of hashes of some test sets.

    Args:
        sets: in order.
        notes: what a reader should know, such as their licences.
    """
    header = {
        "format": _MAGIC,
        "folding": folding(),
        "notes": notes or {},
        "sets": [
            {"name": each.name, "lines": len(each.n_runs), "runs": len(each.runs), "short_lines": len(each.lines)}
            for each in sets
        ],
    }
    parts = [json.dumps(header, ensure_ascii=False).encode() + b"\n"]
    for each in sets:
        parts += [each.n_runs.astype("<u2").tobytes(), _packed(each.runs), _packed(each.lines)]
    return b"".join(parts)


def _packed(hashes: np.ndarray[Any, np.dtype[np.uint64]]) -> bytes:
    """Six bytes of each."""
    return hashes.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :6].tobytes()


def _unpacked(data: bytes) -> np.ndarray[Any, np.dtype[np.uint64]]:
    whole = np.zeros((len(data) // 6, 8), np.uint8)
    whole[:, :6] = np.frombuffer(data, np.uint8).reshape(-1, 6)
    return whole.reshape(-1).view("<u8").astype(np.uint64)


def _from_hashes(path: Path) -> Iterator[Benchmark]:
    try:
        header, _, data = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        said = json.loads(header)
        sizes = [(each["name"], each["lines"], each["runs"], each["short_lines"]) for each in said["sets"]]
        made_by = said["folding"] if said["format"] == _MAGIC else None
    except (ValueError, KeyError, TypeError):
        sizes, made_by = [], None
    if made_by is None or len(data) != sum(2 * lines + 6 * (runs + short) for _, lines, runs, short in sizes):
        raise InputError(f"{path}: not a whole file of hashes as `duizhao benchmarks` writes it; make it anew")
    if made_by != folding():
        raise InputError(f"{path}: made by another version of duizhao, whose hashes are others; make it anew")
    for name, n_lines, n_runs, n_short in sizes:
        n_runs_of = np.frombuffer(data, "<u2", n_lines).astype(np.uint16)
        middle, end = 2 * n_lines + 6 * n_runs, 2 * n_lines + 6 * (n_runs + n_short)
        yield Benchmark(name, n_runs_of, _unpacked(data[2 * n_lines : middle]), _unpacked(data[middle:end]))
        data = data[end:]
