"""A text that a spreadsheet would compute is a text; numbers stay numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.cli.main import main
from corpus.writers.tsv import safe_cell


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1+cmd", "'+1+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'  =1+1"),
        ("＝1+1", "'＝1+1"),
        ("-0.2679", "-0.2679"),
        ("-1e-05", "-1e-05"),
        ("海南=好", "海南=好"),
        ("", ""),
    ],
)
def test_what_begins_as_a_formula_is_a_text(cell: str, expected: str) -> None:
    assert safe_cell(cell) == expected


def test_export_makes_a_table_that_is_safe_to_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": "=1+1", "text": "=HYPERLINK(海南)。\n@好\n- 一\n普通。"}))
    corpus, table = tmp_path / "c.tsv", tmp_path / "table.tsv"
    assert main(["-q", "build", str(source), "-o", str(corpus), "--engine", "fake", "--model", "zh-en-mini"]) == 0
    assert main(["-q", "export", str(corpus), "-o", str(table), "--safe-cells"]) == 0
    before, after = ([line.split("\t") for line in path.read_text("utf-8").splitlines()] for path in (corpus, table))
    assert [[cell.removeprefix("'") for cell in row] for row in after] == before
    cells = {cell for row in after[1:] for cell in row}
    assert {"'=1+1", "'=HYPERLINK(海南)。", "'@好", "'- 一", "普通。", "-0.5"} <= cells
    assert main(["-q", "export", str(corpus), "-o", str(tmp_path / "c.tmx"), "--safe-cells"]) == 2
    assert "tmx has no cells" in capsys.readouterr().err
