"""Parquet: opened by programs that are not ours, the same bytes for the same pairs, and memory that does not grow."""

from __future__ import annotations

import builtins
import json
import re
import resource
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.pair import Columns, Pair, Span, columns_of, rounded, row
from corpus.readers.base import SourceFile
from corpus.writers import parquet
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer
from translate.errors import UsageError

META = RunMeta(
    "model:zh-en-mini|engine:ct2|norm:1",
    "0.1.0",
    inputs=(SourceFile("/home/me/a.txt", None, 3, "ab"),),
    origin="machine",
)
WILD = st.text(st.one_of(st.sampled_from("\t\n\0\ud800\"' 中a"), st.characters()), max_size=9)
NUMBERS = st.integers(0, 1 << 40)
SPANS = st.builds(Span, WILD, NUMBERS, NUMBERS, st.none() | NUMBERS, st.none() | NUMBERS, WILD, WILD, st.integers(0, 3))
PAIRS = st.lists(
    st.builds(
        Pair,
        SPANS,
        SPANS | st.builds(Span.unplaced, WILD),
        st.none() | st.floats(-20, 0),
        st.dictionaries(st.sampled_from(["length", "loops"]), st.floats(-9, 9)),
        st.lists(st.sampled_from(["cut", "loop"]), unique=True).map(lambda flags: tuple(sorted(flags))),
        st.none() | WILD,
    ),
    max_size=5,
)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(out: Path, pairs: list[Pair], columns: Columns | None = None) -> None:
    with open_writer(out, None, META, columns_of(pairs) if columns is None else columns) as writer:
        writer.write_all(pairs)


def rows(pairs: list[Pair], columns: Columns) -> list[dict[str, Any]]:
    """What a table has to hold: `row` with a column a signal, and U+FFFD for what UTF-8 cannot hold."""
    found = []
    for pair in pairs:
        text = json.dumps(row(pair, columns), ensure_ascii=False)
        fields = json.loads(re.sub("[\ud800-\udfff]", "\ufffd", text))
        signals = fields.pop("signals", {})
        found.append(fields | {f"signals.{name}": signals.get(name) for name in columns.signals})
    return found


def some(n: int = 7) -> list[Pair]:
    texts = ["毛超峰和陈宇分别代表双方签约。", "讯", "NA", "“智慧海南”\t建设\n", ""]
    return [
        Pair(
            Span(f"新闻/{i // 3}.txt", i, 0, i * 9, i * 9 + 4, texts[i % 5] + " ", texts[i % 5]),
            Span.unplaced(["Mao.", "null", "", "“x”", "NaN"][i % 5]),
            None if i == 2 else -0.25 * i,
            {"length": i / 4} if i % 2 else {},
            ("cut", "loop") if i == 1 else (),
        )
        for i in range(n)
    ]


def plain(value: Any) -> Any:
    """A value of pandas' as Python has it: missing is None."""
    if isinstance(value, float) and value != value:
        return None
    return value if not hasattr(value, "tolist") else plain(value.tolist())


@given(PAIRS)
@quick
def test_arrow_reads_our_rows(tmp_path: Path, pairs: list[Pair]) -> None:
    write(tmp_path / "c.parquet", pairs)
    assert pq.read_table(tmp_path / "c.parquet").to_pylist() == rows(pairs, columns_of(pairs))


@given(st.lists(st.none() | st.floats() | st.integers(-(10**8), 10**8).map(lambda n: n / 20_000), max_size=20))
@settings(deadline=None)
def test_a_column_is_rounded_as_a_number_is(values: list[float | None]) -> None:
    expected = [rounded(value) for value in values]
    found = parquet._reals(pa, values).to_pylist()
    assert [repr(value) for value in found] == [repr(value) for value in expected]


def test_other_programs_read_our_rows(tmp_path: Path) -> None:
    pairs, out = some(), tmp_path / "c.parquet"
    write(out, pairs)
    expected = rows(pairs, columns_of(pairs))
    found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(out)])
    names = [column[0] for column in found.description or []]
    assert [dict(zip(names, values, strict=True)) for values in found.fetchall()] == expected
    assert polars.read_parquet(out).to_dicts() == expected
    frame = pandas.read_parquet(out)
    assert [{name: plain(value) for name, value in one.items()} for one in frame.to_dict("records")] == expected


def test_types(tmp_path: Path) -> None:
    out = tmp_path / "c.parquet"
    write(out, some(), Columns(aligned=True, signals=("length",), license=True))
    schema = pq.read_schema(out)
    kinds = {field.name: str(field.type) for field in schema}
    assert kinds["source"] == kinds["raw"] == kinds["target_raw"] == kinds["license"] == "string"
    assert kinds["start"] == kinds["target_sentences"] == "int64"
    assert kinds["score"] == kinds["signals.length"] == "double"
    assert kinds["flags"] == "list<element: string not null>"
    nullable = {field.name for field in schema if field.nullable}
    assert nullable == {"start", "end", "score", "target_start", "target_end", "license", "signals.length"}
    group = pq.read_metadata(out).row_group(0)
    assert {group.column(i).compression for i in range(group.num_columns)} == {"ZSTD"}


def test_a_group_ends_where_the_pairs_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROWS", 5)
    pairs, out = some(12), tmp_path / "c.parquet"
    write(out, pairs)
    found = pq.ParquetFile(out).metadata
    assert [found.row_group(i).num_rows for i in range(found.num_row_groups)] == [5, 5, 2]
    monkeypatch.setattr(parquet, "_CHARACTERS", 1)
    write(out, pairs[:3])
    assert pq.ParquetFile(out).metadata.num_row_groups == 3


def test_bytes_depend_on_the_pairs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from corpus.writers import writer

    pairs = some(3000)
    write(tmp_path / "a.parquet", pairs)
    first = (tmp_path / "a.parquet").read_bytes()
    monkeypatch.setattr(writer, "_BATCH", 7)
    write(tmp_path / "a.parquet", pairs)
    assert (tmp_path / "a.parquet").read_bytes() == first


def test_the_file_says_how_it_was_made_and_names_no_path(tmp_path: Path) -> None:
    out = tmp_path / "c.parquet"
    write(out, some())
    said = json.loads((pq.read_metadata(out).metadata or {})[b"duizhao"])
    assert said["signature"] == META.signature
    assert said["target_origin"] == "machine"
    assert said["counts"].items() >= {"documents": 3, "pairs": 7, "flags": {"cut": 1, "loop": 1}}.items()
    sidecar = json.loads((tmp_path / "c.parquet.meta.json").read_text("utf-8"))
    assert sidecar.items() >= said.items()
    assert b"/home/me" not in out.read_bytes()


def test_no_pairs_are_a_table_without_rows(tmp_path: Path) -> None:
    write(tmp_path / "c.parquet", [])
    assert pq.read_table(tmp_path / "c.parquet").num_rows == 0


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"^Parquet needs pyarrow; .* pip install 'duizhao\[corpus\]'$"):
        open_writer("c.parquet", None, META)


@pytest.mark.slow
def test_memory_does_not_grow(tmp_path: Path) -> None:
    with open_writer(tmp_path / "c.parquet", None, META, Columns(signals=("length",))) as writer:
        peaks = []
        for _ in range(2):
            for _ in range(40):
                writer.write_all(some(8192))
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert pa.total_allocated_bytes() < 1 << 26
    assert peaks[1] - peaks[0] < 50_000  # kilobytes, where the second half alone is 150 MB as objects
