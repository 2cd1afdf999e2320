"""Rows as we write them, read fast: the usual case, without a look at each field by its name.

Whatever is unusual (a field that is missing, of another kind, or below zero) is None here, and left to
`corpus.readers.rows`, which says what is wrong with it, if anything is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from operator import itemgetter
from types import NoneType
from typing import Any

from corpus.pair import ALIGNED_FIELDS, FIELDS, SAID, SIGNAL, Pair, Span

__all__ = ["cells_reader", "pair_of_object"]


def cells_reader(columns: Sequence[str]) -> Callable[[Sequence[str]], Pair | None]:
    """What makes the pair of a row of TSV whose columns have these names, all of `FIELDS` among them."""
    where = {name: number for number, name in enumerate(columns)}
    _, doc, paragraph, sentence, start, end, source, target, score, flags = (where[name] for name in FIELDS)
    signals = [(name.removeprefix(SIGNAL), number) for name, number in where.items() if name.startswith(SIGNAL)]
    further = [(name, where[name]) for name in SAID if name in where]
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
                Span(cells[doc], numbers[0], numbers[1], begin, stop, text if begin is None else "", text, n_sentences),
                there,
                float(said) if said else None,
                found,
                tuple(cells[flags].split(",")) if cells[flags] else (),
                **{name: cells[number] or None for name, number in further},
            )
        except ValueError:
            return None
        return None if min(numbers) < 0 or n_sentences < 0 or _is_below(begin, stop) or _is_odd(there) else pair

    return read


def _placed(cells: Sequence[str], aligned: Sequence[int], text: str) -> Span:
    _, doc, paragraph, index, n_sentences, start, end = (cells[number] for number in aligned)
    begin, stop = int(start) if start else None, int(end) if end else None
    raw = text if begin is None else ""  # not known, of what stands somewhere
    return Span(doc, int(paragraph), int(index), begin, stop, raw, text, int(n_sentences))


def _is_odd(span: Span) -> bool:
    return min(span.paragraph, span.index, span.n_sentences) < 0 or _is_below(span.start, span.end)


def _is_below(start: int | None, end: int | None) -> bool:
    return (start is not None and start < 0) or (end is not None and end < 0)


def pair_of_object(value: dict[str, Any]) -> Pair | None:
    """The pair of a row of JSONL."""
    try:
        fields = _FIELDS(value)
        placed = _THERE(value) if "target_doc" in value else ()
    except KeyError:
        return None
    more = _NO_MORE if len(value) == len(fields) else _more(value)
    if more is None or not _are_usual(fields) or (placed and not _are_usual_there(placed)):
        return None
    _, doc, paragraph, index, start, end, source, target, score, flags, raw = fields
    if not placed:
        here = Span(doc, paragraph, index, start, end, raw, source)
        return Pair(here, Span.unplaced(target), score, more[0], tuple(flags), **more[1])
    n_source, target_doc, target_paragraph, target_index, n_target, target_start, target_end, target_raw = placed
    here = Span(doc, paragraph, index, start, end, raw, source, n_source)
    there = Span(target_doc, target_paragraph, target_index, target_start, target_end, target_raw, target, n_target)
    return Pair(here, there, score, more[0], tuple(flags), **more[1])


_NO_MORE: tuple[dict[str, float], dict[str, str | None]] = ({}, {})


def _more(value: dict[str, Any]) -> tuple[dict[str, float], dict[str, str | None]] | None:
    """Signals, and texts by name, which only some files have."""
    signals, said = value.get("signals", {}), {name: value[name] for name in SAID if name in value}
    if type(signals) is not dict or not all(type(number) is float for number in signals.values()):
        return None
    if not all(text is None or type(text) is str for text in said.values()):
        return None
    return (signals, said) if "target_doc" in value or value.keys().isdisjoint(_ALIGNED) else None


def _are_usual(fields: tuple[Any, ...]) -> bool:
    """Whether the values of `_FIELDS` are of the kinds that we write."""
    if tuple(map(type, fields)) not in _KINDS:
        return False
    _, _, paragraph, index, start, end, *_, flags, _ = fields
    is_low = paragraph < 0 or index < 0 or (start or 0) < 0 or (end or 0) < 0
    return not is_low and (not flags or all(type(flag) is str for flag in flags))


def _are_usual_there(fields: tuple[Any, ...]) -> bool:
    """Whether the values of `_THERE` are."""
    return tuple(map(type, fields)) in _KINDS_THERE and min(n or 0 for n in (fields[0], *fields[2:-1])) >= 0


_ALIGNED = (*ALIGNED_FIELDS, "target_raw")
_FIELDS = itemgetter(*FIELDS, "raw")
_THERE = itemgetter(*_ALIGNED)
_PLACES = tuple(product((int, NoneType), repeat=2))
"""Kinds of a start and an end."""
_KINDS = {(str, str, int, int, *place, str, str, score, list, str) for place in _PLACES for score in (float, NoneType)}
"""Kinds of values that a row has, in the order of its fields."""
_KINDS_THERE = {(int, str, int, int, int, *place, str) for place in _PLACES}
