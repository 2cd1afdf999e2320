"""The inputs of a build: the files that are meant, without those that an earlier run wrote."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from corpus.build.parts import is_part
from corpus.build.run.manifest import is_run
from corpus.readers.base import InputFile, Skipped
from corpus.readers.find import OnSkip, find_inputs
from corpus.writers.formats import resolve_format
from corpus.writers.sidecar import is_corpus
from translate.errors import InputError
from translate.files.atomic import STDOUT
from translate.files.inputs import check_distinct

__all__ = ["find_files", "find_run_inputs"]


def find_files(
    inputs: Sequence[str | Path],
    out: str | Path,
    format: str | None = None,  # noqa: A002 - the name of the flag
    parts: Path | None = None,
    on_skip: OnSkip | None = None,
) -> list[InputFile]:
    """Find the files that are meant, and leave out what we wrote ourselves.

    A folder that holds documents often comes to hold the corpus as well: its files, those of earlier corpora (known by
    the ``.meta.json`` that we wrote beside them) and the parts are no documents. An earlier corpus is told to
    ``on_skip``, and read where it is named itself.

    Raises:
        InputError: nothing at all can be read.
        UsageError: a file is named as an input and is the output too, by whatever name or link.
    """
    layout = resolve_format(out, format)
    check_distinct(inputs, layout.paths)
    outputs = {os.path.realpath(path) for path in layout.paths if path != STDOUT}
    return _without_ours(inputs, lambda path: os.path.realpath(path) in outputs, parts, on_skip)


def find_run_inputs(inputs: Sequence[str | Path], run: str | Path, on_skip: OnSkip | None = None) -> list[InputFile]:
    """Find the files that are meant for a run; what lies in the folder of the run itself is none of them.

    Raises:
        InputError: nothing at all can be read.
    """
    folder = Path(run).resolve()
    return _without_ours(inputs, lambda path: folder in Path(os.path.realpath(path)).parents, None, on_skip)


def _without_ours(
    inputs: Sequence[str | Path], is_output: Callable[[str], bool], parts: Path | None, on_skip: OnSkip | None
) -> list[InputFile]:
    named = {str(name) for name in inputs}
    files = []
    for file in find_inputs([str(name) for name in inputs], on_skip):
        if is_output(file.origin):
            continue
        if file.origin not in named and (_is_part(Path(file.origin), parts) or _is_of_run(Path(file.origin))):
            continue
        if file.origin not in named and is_corpus(Path(file.origin)):
            if on_skip:
                on_skip(Skipped(file.origin, "a corpus that duizhao wrote, as the file beside it says"))
            continue
        files.append(file)
    if not files:
        raise InputError(f"{', '.join(sorted(named))}: no documents, only what an earlier run wrote")
    return files


def _is_of_run(path: Path) -> bool:
    """Whether a file is part of a run: the manifest of one lies in its folder, or in the one above."""
    return path.suffix in (".jsonl", ".rows", ".copies") and any(
        is_run(folder) for folder in (path.parent, path.parent.parent)
    )


def _is_part(path: Path, parts: Path | None) -> bool:
    in_parts = path.parent.suffix == ".parts" or (parts is not None and path.parent.resolve() == parts.resolve())
    return in_parts and is_part(path)
