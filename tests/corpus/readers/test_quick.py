"""The fast way to read rows of ours: it gives what the slow one gives, or leaves the row to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.pair import ALIGNED_FIELDS, FIELDS, SAID, Columns, Pair, Span, row
from corpus.readers import quick, rows
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer
from translate.errors import InputError

PLACED = Pair(
    Span("d", 1, 2, 3, 4, "好", "好", 2), Span("e", 5, 6, 7, 8, "raw", "good", 1), -0.5, {"a": 1.0}, ("cut",), "MIT"
)
ALONE = Pair(Span("d", 0, 0, None, None, "好", "好"), Span.unplaced("good"))
ODD = st.sampled_from([None, "", "x", "3", -1, 0, 7, 1.5, True, [], ["cut"], [1], {}, {"a": 2.0}, {"a": 1}, {"a": "b"}])
NAMES = st.sampled_from([*FIELDS, "raw", *SAID, "signals", "target_raw", *ALIGNED_FIELDS])


def slow(value: dict[str, Any]) -> Pair | None:
    if not value.keys() >= {*FIELDS, "raw"}:
        return None
    try:
        return rows._ours(value)
    except InputError:
        return None


@given(st.sampled_from([PLACED, ALONE]), st.dictionaries(NAMES, ODD, max_size=3), st.sets(NAMES, max_size=1))
@settings(max_examples=400, deadline=None)
def test_an_object_is_read_alike_or_not_at_all(pair: Pair, changes: dict[str, Any], gone: set[str]) -> None:
    value = {name: item for name, item in (row(pair) | changes).items() if name not in gone}
    found = quick.pair_of_object(value)
    if found is not None:
        assert found == slow(value)
    if not changes and not gone:
        assert found == pair


CELLS = st.sampled_from(["", "0", "12", "-1", "x", "1.5", " 3", "nan", "a,b", "好"])


@given(st.booleans(), st.booleans(), st.data())
@settings(max_examples=400, deadline=None)
def test_cells_are_read_alike_or_not_at_all(aligned: bool, licensed: bool, data: st.DataObject) -> None:
    columns = Columns(aligned, ("a", "b"), license=licensed, words=licensed, terms=licensed).names
    cells = ["0"] * len(columns)
    for number in data.draw(st.sets(st.integers(0, len(columns) - 1), max_size=3)):
        cells[number] = data.draw(CELLS)
    found = quick.cells_reader(columns)(cells)
    try:
        wanted = rows._ours(rows._fields(dict(zip(columns, cells, strict=True))))
    except InputError:
        wanted = None
    if found is not None:
        assert repr(found) == repr(wanted)  # which nan is equal to
    elif wanted is not None:
        pytest.fail(f"left to the slow way: {cells}")


def test_columns_that_are_some_of_ours_are_left_to_the_slow_way() -> None:
    for columns in ([*FIELDS, "target_doc"], [*FIELDS, "source"]):
        assert quick.cells_reader(columns)(["0"] * len(columns)) is None


@pytest.mark.parametrize("suffix", ["tsv", "jsonl"])
def test_what_we_write_is_read_the_fast_way(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"c.{suffix}"
    with open_writer(path, None, RunMeta("s", "0"), Columns(True, ("a",), True)) as writer:
        writer.write_all([ALONE, PLACED])
    monkeypatch.setattr(rows, "_ours", lambda _: pytest.fail("the slow way"))
    read = rows.read_tsv if suffix == "tsv" else rows.read_jsonl
    found = [item for item in read(path, BitextOptions()) if not isinstance(item, Rejected)]
    assert [pair.source.id for pair in found] == ["d:0:0", "d:1:2+2"]
