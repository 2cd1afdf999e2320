"""The line-aligned files of Moses: line *n* of one belongs to line *n* of the other.

Where ``.ids`` and ``.scores`` stand beside them, as in OPUS, they say which sentences of which documents the lines are,
and how good they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from math import isfinite
from pathlib import Path, PurePath

from corpus.pair import Pair, Span
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions
from corpus.readers.lines import text_of, whole_lines
from corpus.readers.opus import are_swapped, place_of
from corpus.readers.rows import pair_of_texts
from translate.errors import InputError
from translate.files.packing import split_packing

__all__ = ["moses_files", "read_moses"]

_END = b"\n"
"""What no line is."""


def moses_files(path: Path, options: BitextOptions) -> tuple[Path, ...]:
    """Both files of text, of which ``path`` is one, and those of ids and scores, if they are there."""
    plain, packing = split_packing(str(path))
    stem = PurePath(plain).with_suffix("")
    texts = [Path(f"{stem}.{language}{packing}") for language in options.languages]
    further = [Path(f"{stem}.{end}{packing}") for end in ("ids", "scores")]
    return (*texts, *(file for file in further if file.is_file()))


def read_moses(path: Path, options: BitextOptions) -> Iterator[Pair | Rejected]:
    """A pair a line, empty ones included; either file names both."""
    stem = Path(PurePath(split_packing(str(path))[0]).with_suffix(""))
    files = moses_files(path, options)
    further = [split_packing(file.name)[0].rpartition(".")[2] for file in files[2:]]
    for number, lines in enumerate(zip_longest(*map(whole_lines, files), fillvalue=_END)):
        if _END in lines:
            shorter = files[lines.index(_END)]
            longer = next(file for file, line in zip(files, lines, strict=True) if line != _END)
            raise InputError(f"{shorter} ends after {number} lines and {longer} goes on; they are not one bitext")
        try:
            source, target, *said = (text_of(line, is_first=number == 0) for line in lines)
        except InputError as error:
            yield Rejected(f"{path}:{number + 1}", str(error))
            continue
        pair = pair_of_texts(stem, number, source, target)
        yield _known(pair, dict(zip(further, said, strict=True)), options) if said else pair


def _known(pair: Pair, said: Mapping[str, str], options: BitextOptions) -> Pair:
    """The pair with what its lines of ids and scores say; nothing of a line that is not as in OPUS."""
    cells = said.get("ids", "").split("\t")
    if len(cells) >= 4:
        source = _span(cells[0], cells[2], pair.source.text)
        target = _span(cells[1], cells[3], pair.target.text)
        if are_swapped(cells[0], cells[1], options.languages):
            source = _span(cells[1], cells[3], pair.source.text)
            target = _span(cells[0], cells[2], pair.target.text)
        if source is not None and target is not None:
            pair = replace(pair, source=source, target=target)
    try:
        score = float(said.get("scores", ""))
    except ValueError:
        return pair
    return replace(pair, score=score) if isfinite(score) else pair


def _span(doc: str, numbers: str, text: str) -> Span | None:
    """The span of some sentences, known by the first; None where that is no number."""
    ids = numbers.split()
    if not ids:
        return Span(doc, 0, 0, None, None, text, text, 0 if doc else 1)
    place = place_of(ids[0])
    return None if place is None else Span(doc, *place, None, None, text, text, len(ids))
