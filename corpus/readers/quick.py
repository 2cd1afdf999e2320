"""Rows as we write them, read fast: the usual case, without a look at each field by its name.

Whatever is unusual (a field that is missing, of another kind, or below zero) is None here, and left to
`corpus.readers.rows`, which says what is wrong with it, if anything is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from corpus.pair import ALIGNED_FIELDS, FIELDS, SIGNAL, Pair, Span

__all__ = ["cells_reader", "pair_of_object"]


def cells_reader(columns: Sequence[str]) -> Callable[[Sequence[str]], Pair | None]:
    """What makes the pair of a row of TSV whose columns have these names, all of `FIELDS` among them."""
    where = {name: number for number, name in enumerate(columns)}
    _, doc, paragraph, sentence, start, end, source, target, score, flags = (where[name] for name in FIELDS)
    signals = [(name.removeprefix(SIGNAL), number) for name, number in where.items() if name.startswith(SIGNAL)]
    license_ = where.get("license")
    aligned = tuple(where[name] for name in ALIGNED_FIELDS) if where.keys() >= set(ALIGNED_FIELDS) else None
    is_usual = len(where) == len(columns) and (aligned is not None or where.keys().isdisjoint(ALIGNED_FIELDS))

    def read(cells: Sequence[str]) -> Pair | None:
        if not is_usual:
            return None
        text = cells[source]
        try:
            numbers = [int(cells[paragraph]), int(cells[sentence])]
            begin = int(cells[start]) if cells[start] else None
            stop = int(cells[end]) if cells[end] else None
            said = cells[score]
            found = {name: float(cells[number]) for name, number in signals if cells[number]} if signals else {}
            n_sentences = 1 if aligned is None else int(cells[aligned[0]])
            there = Span.unplaced(cells[target]) if aligned is None else _placed(cells, aligned, cells[target])
            pair = Pair(
                Span(cells[doc], numbers[0], numbers[1], begin, stop, text, text, n_sentences),
                there,
                float(said) if said else None,
                found,
                tuple(cells[flags].split(",")) if cells[flags] else (),
                None if license_ is None else cells[license_] or None,
            )
        except ValueError:
            return None
        return None if min(numbers) < 0 or n_sentences < 0 or _is_below(begin, stop) or _is_odd(there) else pair

    return read


def _placed(cells: Sequence[str], aligned: Sequence[int], text: str) -> Span:
    _, doc, paragraph, index, n_sentences, start, end = (cells[number] for number in aligned)
    begin, stop = int(start) if start else None, int(end) if end else None
    return Span(doc, int(paragraph), int(index), begin, stop, text, text, int(n_sentences))


def _is_odd(span: Span) -> bool:
    return min(span.paragraph, span.index, span.n_sentences) < 0 or _is_below(span.start, span.end)


def _is_below(start: int | None, end: int | None) -> bool:
    return (start is not None and start < 0) or (end is not None and end < 0)


def pair_of_object(value: dict[str, Any]) -> Pair | None:
    """The pair of a row of JSONL."""
    get = value.get
    source, raw, target, flags, signals = get("source"), get("raw"), get("target"), get("flags"), get("signals", _NONE)
    score, license_ = get("score", ""), get("license")
    if (
        type(source) is not str
        or type(raw) is not str
        or type(target) is not str
        or type(flags) is not list
        or type(signals) is not dict
        or type(get("id")) is not str
        or not (score is None or type(score) is float)
        or not (license_ is None or type(license_) is str)
        or (flags and not all(type(flag) is str for flag in flags))
        or (signals and not all(type(number) is float for number in signals.values()))
    ):
        return None
    here = _span(raw, source, *map(value.get, _HERE, _ABSENT), value.get("source_sentences", 1))
    if here is None:
        return None
    if "target_doc" not in value:
        if len(value) > _N_USUAL and not value.keys().isdisjoint(_ALIGNED):
            return None
        return Pair(here, Span.unplaced(target), score, dict(signals), tuple(flags), license_)
    there, raw = None, get("target_raw")
    if type(raw) is str and "source_sentences" in value:
        there = _span(raw, target, *map(value.get, _THERE, _ABSENT), value.get("target_sentences"))
    return None if there is None else Pair(here, there, score, dict(signals), tuple(flags), license_)


_NONE: dict[str, float] = {}
_N_USUAL = len(FIELDS) + 1
_ALIGNED = (*ALIGNED_FIELDS, "target_raw")
_HERE = ("doc", "paragraph", "sentence", "start", "end")
_THERE = tuple(f"target_{name}" for name in _HERE)
_ABSENT = (None, None, None, "", "")
"""What stands for a field that is missing: nothing that it may be."""


def _span(raw: str, text: str, *where: Any) -> Span | None:
    """A span of what the fields say, if each is of its kind: ``_HERE``, and how many sentences."""
    doc, paragraph, index, start, end, n_sentences = where
    if (
        type(doc) is not str
        or type(paragraph) is not int
        or type(index) is not int
        or type(n_sentences) is not int
        or not (start is None or type(start) is int)
        or not (end is None or type(end) is int)
        or paragraph < 0
        or index < 0
        or n_sentences < 0
        or _is_below(start, end)
    ):
        return None
    return Span(doc, paragraph, index, start, end, raw, text, n_sentences)
