"""Tables: chosen columns become others, quotes and line ends stay."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from corpus.documents.kinds import FileOptions
from corpus.documents.table import read_csv
from translate.errors import UsageError

from .files import translated

KNOWN = {
    "苹果": "Apple",
    "苹果, 红": "Apple, red",
    '说"你好"。': 'Say "hello".',
    "标题": "Title",
    "价 {n}": "Price {n}",
}
TABLE = 'id,标题,价格\r\n1,"苹果, 红",苹果\n2,"说""你好""。",4\n3,,5'


def english(text: str, *columns: str, **options: str) -> str:
    return translated(text.encode(), "csv", KNOWN, options=FileOptions(columns=columns), **options).data.decode()


@pytest.mark.parametrize("column", ["标题", "2"])
def test_one_column_becomes_another(column: str):
    first = "标题" if column == "标题" else "Title"
    assert english(TABLE, column) == f'id,{first},价格\r\n1,"Apple, red",苹果\n2,"Say ""hello"".",4\n3,,5'


def test_a_cell_is_quoted_where_it_has_to_be():
    assert english("苹果;苹果\n价 {n};苹果\n") == "Apple;Apple\nPrice {n};Apple\n"
    assert english("a,b\n苹果,1\n", bilingual="below") == 'a,b\n"苹果\nApple",1\n'


def test_beside_is_a_column_of_its_own():
    expected = 'id,标题,标题_en,价格\r\n1,"苹果, 红","Apple, red",苹果\n2,"说""你好""。","Say ""hello"".",4\n3,,,5'
    assert english(TABLE, "标题", bilingual="beside") == expected


def test_in_a_table_with_tabs_nothing_is_quoted():
    assert translated('苹果\t"苹果\n'.encode(), "tsv", KNOWN).data.decode().startswith("Apple\t")


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(UsageError, match=r"no column 'x'; its first row: 'id', '标题', '价格'"):
        english(TABLE, "x")


CELLS = st.text('甲",;\n\r a{0}', max_size=6)


@settings(max_examples=50)
@example([["", ";;"], ["", "甲"]])
@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=4))
def test_another_program_reads_the_same_other_cells(rows: list[list[str]]):
    assume(";" not in "".join(rows[0]) or len({*map(len, rows)}) == 1)  # else nobody knows what parts the cells
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    data = out.getvalue().encode()
    assert read_csv(data, "a", FileOptions()).written({}) == data
    after = translated(data, "csv", options=FileOptions(columns=("1",))).data.decode()
    found = list(csv.reader(io.StringIO(after, newline="")))
    before = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert [row[1:] for row in found] == [row[1:] for row in before]
    assert [row[0] for row in found if "甲" not in row[0]] == [row[0] for row in before if "甲" not in row[0]]
