from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("sacrebleu")
pytest.importorskip("matplotlib")


def test_one_command_does_everything_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DUIZHAO_CACHE", str(tmp_path / "cache"))
    from recipes.zh_en_mini import run

    options = ["--data", str(data), "--tests", str(data / "tests"), "--out", str(tmp_path / "out"), "--size", "test"]
    run.main(options)
    figures = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    assert {row["system"] for row in figures["rows"]} == {"model", "other", "reference"}
    assert "What the figures mean" in (tmp_path / "out" / "model" / "README.md").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "losses.png").stat().st_size > 10_000
    capsys.readouterr()
    run.main(options)
    assert capsys.readouterr().out.count("done before") == 9
