"""Parquet of anybody's, and of ours that another program wrote again."""

from __future__ import annotations

from pathlib import Path

import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.pair import Pair, Span, columns_of
from corpus.readers import parquet
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions, read_bitext
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer
from translate.errors import InputError

ZH_EN = BitextOptions("translation.zh", "translation.en")
OURS = [
    Pair(Span("a.txt", i, 1, start, start and start + 2, "你 好", "你好", 2), place, score, signals, flags)
    for i, (start, place, score, signals, flags) in enumerate(
        [
            (3, Span("b.txt", 0, 0, 4, 9, " Hello", "Hello", 1), -0.5, {"length": 1.0}, ("cut", "loop")),
            (None, Span("b.txt", 0, 1, None, None, "x", "x", 0), None, {}, ()),
        ]
    )
]


def write(path: Path, table: dict[str, object], **how: object) -> Path:
    pq.write_table(pa.table(table, **how), path)  # type: ignore[arg-type]  # any table that a test likes
    return path


def read(path: Path, options: BitextOptions | None = None) -> list[Pair | Rejected]:
    return list(read_bitext(path, options or BitextOptions()))


def texts(found: list[Pair | Rejected]) -> list[tuple[str, str]]:
    assert not [str(item) for item in found if isinstance(item, Rejected)]
    return [(item.source.text, item.target.text) for item in found if isinstance(item, Pair)]


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_anyones_columns(tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"n": [1, 2], "source": pa.array(["你", ""], kind), "target": ["you", "x"]}), path)
    found = read(path)
    assert texts(found) == [("你", "you"), ("", "x")]
    assert found[1] == Pair(Span("x.parquet", 1, 0, None, None, "", ""), Span.unplaced("x"))


def test_columns_by_name_and_fields_within_a_column(tmp_path: Path) -> None:
    one = write(tmp_path / "a.parquet", {"translation": [{"en": "you", "zh": "你"}, {"en": "I", "zh": "我"}]})
    assert texts(read(one, ZH_EN)) == [("你", "you"), ("我", "I")]
    two = write(tmp_path / "b.parquet", {"translation.zh": ["你"], "translation.en": ["you"], "x": [1]})
    assert texts(read(two, ZH_EN)) == [("你", "you")]


def test_a_row_without_text_is_rejected_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    bad = pa.array([b"ok", b"\xff\xfe", b"ok"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"source": bad, "target": ["a", "b", None]}), path)
    first, second, third = read(path)
    assert isinstance(first, Pair)
    assert str(second) == f"{path}:2: no text in 'source', or none in UTF-8"
    assert str(third) == f"{path}:3: no text in 'target', or none in UTF-8"
    whole = write(tmp_path / "b.parquet", {"translation": [{"zh": "你", "en": None}, None, {"zh": "我", "en": "I"}]})
    assert [str(item) for item in read(whole, ZH_EN)[:2]] == [
        f"{whole}:1: no text in 'translation.en', or none in UTF-8",
        f"{whole}:2: no text in 'translation.zh', or none in UTF-8",
    ]


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"zh": ["你"], "n": [1]})
    with pytest.raises(InputError, match=r"a.parquet: no column 'source'; its columns: 'zh', 'n'; name the two"):
        read(path)
    with pytest.raises(InputError, match=r"no column 'zh.x'"):
        read(path, BitextOptions("zh.x", "n"))
    with pytest.raises(InputError, match="expected text in the column 'n', found int64"):
        read(path, BitextOptions("zh", "n"))
    for data in (b"", b"PAR1", path.read_bytes()[:-5]):
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"a.parquet: cannot be read as Parquet: [^\n]+$"):
            read(path)


def test_damage_in_the_middle_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"source": ["你好" * 50] * 99, "target": ["hello"] * 99})
    data = bytearray(path.read_bytes())
    data[4:40] = bytes(36)
    path.write_bytes(data)
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read(path)


@pytest.mark.parametrize("program", ["none", "pandas", "polars", "fewer columns"])
def test_ours_come_back_whoever_wrote_them_last(tmp_path: Path, program: str) -> None:
    path = tmp_path / "c.parquet"
    with open_writer(path, None, RunMeta("s", "0"), columns_of(OURS)) as writer:
        writer.write_all(OURS)
    if program == "pandas":
        pandas.read_parquet(path).to_parquet(path)
    elif program == "polars":
        polars.read_parquet(path).write_parquet(path)
    elif program == "fewer columns":
        pq.write_table(pq.read_table(path).drop_columns(["raw", "target_raw"]), path)
    found = read(path)
    if program == "fewer columns":  # of what has a place the raw text is not known, of other text it is the text
        expected = ["" if pair.source.is_placed else pair.source.text for pair in OURS]
        assert [item.source.raw for item in found if isinstance(item, Pair)] == expected
    else:
        assert found == OURS


def test_ours_with_values_that_are_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    with open_writer(path, None, RunMeta("s", "0"), columns_of(OURS)) as writer:
        writer.write_all(OURS)
    table = pq.read_table(path)

    def put(name: str, values: pa.Array) -> None:
        pq.write_table(table.set_column(table.schema.get_field_index(name), name, values), path)

    put("paragraph", pa.array([0, None]))
    first, second = read(path)
    assert first == OURS[0]
    assert str(second) == f"{path}:2: nothing in 'paragraph'"
    put("paragraph", pa.array([0, -1]))
    with pytest.raises(InputError, match="a number below 0 in the column 'paragraph'"):
        read(path)
    put("paragraph", pa.array([0.5, 1]))
    with pytest.raises(InputError, match="expected int64 in the column 'paragraph', as duizhao writes it"):
        read(path)


def test_rows_are_numbered_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROWS", 3)
    values = [str(i) for i in range(10)]
    path = write(tmp_path / "a.parquet", {"source": values, "target": values})
    assert [item.source.paragraph for item in read(path) if isinstance(item, Pair)] == list(range(10))
