"""The two line-aligned files of Moses: line *n* of one belongs to line *n* of the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path, PurePath

from corpus.pair import Pair
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions
from corpus.readers.lines import text_of, whole_lines
from corpus.readers.rows import pair_of_texts
from translate.errors import InputError
from translate.files.packing import split_packing

__all__ = ["read_moses"]

_END = b"\n"
"""What no line is."""


def read_moses(path: Path, options: BitextOptions) -> Iterator[Pair | Rejected]:
    """A pair a line, empty ones included; either file names both."""
    plain, packing = split_packing(str(path))
    stem = PurePath(plain).with_suffix("")
    source, target = (Path(f"{stem}.{language}{packing}") for language in options.languages)
    lines = zip_longest(whole_lines(source), whole_lines(target), fillvalue=_END)
    for number, (zh, en) in enumerate(lines):
        if _END in (zh, en):
            longer, shorter = (target, source) if zh is _END else (source, target)
            raise InputError(f"{shorter} ends after {number} lines and {longer} goes on; they are not one bitext")
        try:
            texts = [text_of(line, is_first=number == 0) for line in (zh, en)]
        except InputError as error:
            yield Rejected(f"{path}:{number + 1}", str(error))
            continue
        yield pair_of_texts(Path(stem), number, *texts)
