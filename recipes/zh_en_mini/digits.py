"""Other digits in each epoch, wherever a number stands once on both sides: so the only way to get it right is to copy.

Every digit is a token of its own, so this needs ids only and costs a second an epoch.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recipes.zh_en_mini.shards import Ragged

__all__ = ["other_digits", "read_digits"]

Run = tuple[int, bytes]
"""A row, and the ids of a run of digits in it."""


def read_digits(vocabulary: Path) -> NDArray[np.uint16]:
    """``(10,)`` ids of the tokens 0 to 9.

    Raises:
        KeyError: the vocabulary has no token for a digit.
    """
    ids: dict[str, int] = json.loads((vocabulary / "vocab.json").read_text(encoding="utf-8"))
    return np.array([ids[digit] for digit in "0123456789"], np.uint16)


def other_digits(
    source: Ragged, target: Ragged, digits: NDArray[np.uint16], share: float, rng: np.random.Generator
) -> tuple[Ragged, Ragged]:
    """Both sides with other numbers.

    A run of digits changes where it has two at least and is there exactly once on each side. A year keeps its century,
    and a number of two digits its last one, which decides whether English has 21st or 24th; the teens stay.

    Args:
        source: ``n_rows`` Chinese sentences.
        target: their English.
        digits: see `read_digits`.
        share: of the rows with numbers, how many change.
        rng: what is drawn from.
    """
    zh, en = _runs(source, digits), _runs(target, digits)
    new_source, new_target = source.flat.copy(), target.flat.copy()
    value = {token: digit for digit, token in enumerate(digits.tolist())}
    changes: dict[int, bool] = {}
    for run in sorted(zh.keys() & en.keys()):
        row, old = run
        here, there = zh[run], en[run]
        if here is None or there is None or not changes.setdefault(row, bool(rng.random() < share)):
            continue
        new = digits[_other([value[token] for token in np.frombuffer(old, np.uint16).tolist()], rng)]
        new_source[here : here + len(new)] = new
        new_target[there : there + len(new)] = new
    return Ragged(new_source, source.starts), Ragged(new_target, target.starts)


def _runs(rows: Ragged, digits: NDArray[np.uint16]) -> dict[Run, int | None]:
    """Where in ``flat`` each run of two digits or more starts; None for one that is there twice."""
    is_digit = np.concatenate([[False], np.isin(rows.flat, digits), [False]])
    # A row ends with the end of sentence, so no run goes from one row into the next.
    edges = np.flatnonzero(is_digit[1:] != is_digit[:-1])
    starts, ends = edges[::2], edges[1::2]
    starts, ends = starts[ends - starts > 1], ends[ends - starts > 1]
    owners = np.searchsorted(rows.starts, starts, side="right") - 1
    keys = [(row, rows.flat[a:b].tobytes()) for row, a, b in zip(owners.tolist(), starts, ends, strict=True)]
    times = Counter(keys)
    return {run: int(start) if times[run] == 1 else None for run, start in zip(keys, starts, strict=True)}


def _other(old: list[int], rng: np.random.Generator) -> list[int]:
    if len(old) == 2:
        return old if old[0] < 2 else [int(rng.integers(2, 10)), old[1]]
    new: list[int] = rng.integers(0, 10, len(old)).tolist()
    if len(old) == 4 and old[:2] in ([1, 9], [2, 0]):
        new[:2] = old[:2]
    elif old[0]:
        new[0] = int(rng.integers(1, 10))
    return new
