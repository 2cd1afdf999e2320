"""What a corpus says of a sentence is found where it is decoded, and found again where another version said it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.align.given import JUDGING, judge
from corpus.build.build import build_corpus
from corpus.build.part_file import json_line, under_hash
from corpus.build.record import from_json, judged_from_json, to_json, unjudged
from corpus.build.run import assemble
from corpus.build.run.assemble import assemble_run
from translate.engines.base import Hypothesis
from translate.errors import OutputError
from translate.pipeline.translation import Attempt, AttemptKind, Translation

from .conftest import Runs

HYPOTHESES = st.builds(
    Hypothesis,
    st.sampled_from(["It has 280.", "", "🎉 Hainan 海南", "a a a a a a a a a a", "280 \ufffd"]),
    st.floats(-9, 0),
    st.integers(0, 9),
    st.sampled_from(["eos", "length", "failed"]),
)
ATTEMPTS = st.builds(Attempt, st.sampled_from(AttemptKind), st.lists(HYPOTHESES, min_size=1, max_size=3).map(tuple))


@given(st.sampled_from(["海南280。", "好🎉。", "ABC", ""]), st.lists(ATTEMPTS, max_size=3), st.data())
def test_what_a_row_says_is_what_would_be_found_again(
    source: str, attempts: list[Attempt], data: st.DataObject
) -> None:
    said = Translation(source, tuple(attempts), data.draw(st.integers(0, max(0, len(attempts) - 1))))
    row = json.loads(json_line(to_json(said, judge(said))))
    assert judged_from_json(row) == judge(said)
    assert Translation(source, *from_json(row)) == said
    assert unjudged(row) == json.loads(json_line(to_json(said)))
    assert judged_from_json(unjudged(row)) is None


@pytest.mark.parametrize(
    "row",
    [
        {"flags": "loop", "text": "a", "score": -1.0},
        {"flags": [], "text": 5, "score": -1.0},
        {"flags": [], "text": "a", "score": "-1"},
        {"flags": [], "text": "a"},
        {"flags": []},
        {"flags": [], "attempts": []},
        {"flags": [], "attempts": [{"pieces": [7]}]},
        {"flags": [], "attempts": [{"pieces": [{"text": "a", "score": -1.0}]}], "kept": 1},
    ],
)
def test_a_row_of_wrong_types_is_none(row: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        judged_from_json(row)


def changed(run: Path, header: Callable[[dict[str, Any]], object], row: Callable[[dict[str, Any]], object]) -> None:
    """Make all parts of a run others, each whole and under its name."""
    paths = [*(run / "parts").iterdir()]
    assert paths
    for path in paths:
        _, first, *lines = map(json.loads, path.read_bytes().splitlines())
        header(first)
        for line in lines:
            row(line)
        path.write_bytes(under_hash(map(json_line, [first, *lines])))


@pytest.fixture
def worked(tmp_path: Path, runs: Runs) -> Path:
    """A run whose parts are there; every other sentence comes twice, and most have something to be said of."""
    source = tmp_path / "in.txt"
    source.write_text("".join(f"他有{i}只猫。第{i // 2 * 3}章。🎉好的{i % 3}。ABC。\n" for i in range(20)), "utf-8")
    runs.plan(source, tmp_path / "run")
    runs.work(tmp_path / "run")
    return tmp_path / "run"


def assembled(run: Path, *, signals: bool, name: str = "out.tsv") -> bytes:
    out = run.parent / name
    assemble_run(run, out, signals=signals)
    return out.read_bytes()


@pytest.mark.parametrize("signals", [False, True])
def test_what_parts_say_is_what_a_build_finds(tmp_path: Path, worked: Path, runs: Runs, signals: bool) -> None:
    with runs.translator() as used:
        build_corpus(tmp_path / "in.txt", tmp_path / "built.tsv", translator=used, signals=signals)
    built = (tmp_path / "built.tsv").read_bytes()
    assert b"copied" in built
    assert assembled(worked, signals=signals) == built


def test_nothing_is_judged_while_parts_of_this_version_are_put_together(
    worked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(assemble, "judge")
    assert b"han_in_target" in assembled(worked, signals=False)


def before(header: dict[str, Any]) -> None:
    header["part"] = 2
    del header["judging"]


@pytest.mark.parametrize("header", [before, lambda header: header.update(judging=f"{JUDGING}.1")])
@pytest.mark.parametrize("signals", [False, True])
def test_what_another_version_said_is_found_again(
    worked: Path, header: Callable[[dict[str, Any]], object], signals: bool
) -> None:
    whole = assembled(worked, signals=signals)
    changed(worked, header, lambda row: row.update(flags=["loop"], text="wrong", score=-9.0))
    assert assembled(worked, signals=signals, name="again.tsv") == whole


def test_what_a_version_before_did_not_say_is_found(worked: Path) -> None:
    whole = assembled(worked, signals=False)
    changed(worked, before, lambda row: [row.pop(name, None) for name in ("flags", "text", "score")])
    assert assembled(worked, signals=False, name="again.tsv") == whole


def test_a_part_of_other_rows_is_named(worked: Path) -> None:
    changed(worked, lambda header: None, lambda row: row.update(flags=None, attempts=5))
    with pytest.raises(OutputError, match=r"[0-9a-f]{64}\.jsonl: a row is none of ours"):
        assembled(worked, signals=False)
