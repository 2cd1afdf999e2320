"""What happens to a run between its steps and during them: clocks that jump, parts that change places, other runs."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.build.build import build_corpus
from corpus.build.run.files import open_files
from corpus.build.run.manifest import Manifest, read_index
from corpus.build.run.plan import plan_run
from corpus.build.run.work import Share
from corpus.cli.main import main
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer
from translate.errors import InputError, OutputError

from .conftest import Runs


def built(documents: Path, out: Path, runs: Runs) -> bytes:
    with runs.translator() as used:
        build_corpus(documents, out, translator=used)
    runs.decoded.clear()
    return out.read_bytes()


@pytest.fixture
def unsteady(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """The clock jumps by years whenever somebody looks; what is given gives all files such times too."""
    draw = random.Random(11)

    def now() -> float:
        return draw.uniform(0, 4e9)

    monkeypatch.setattr(time, "time", now)
    monkeypatch.setattr(time, "time_ns", lambda: int(now() * 1e9))

    def shake(folder: Path) -> None:
        for path in folder.rglob("*"):
            os.utime(path, (now(), now()))

    return shake


@pytest.mark.parametrize("name", ["out.tsv", "out.jsonl.gz"])
def test_a_clock_that_jumps_changes_nothing(
    tmp_path: Path, documents: Path, runs: Runs, name: str, unsteady: Callable[[Path], None]
) -> None:
    whole = built(documents, tmp_path / name, runs)
    unsteady(tmp_path)
    assert built(documents, tmp_path / name, runs) == whole
    assert not runs.decoded  # all parts were known for what they are
    run = tmp_path / "run"
    runs.plan(documents, run)
    unsteady(tmp_path)
    assert not runs.plan(documents, run).is_new
    for i in range(2):
        runs.work(run, Share(i, 2))
        unsteady(tmp_path)
    assert runs.work(run).n_done == 0
    (tmp_path / "again").mkdir()
    assert runs.assemble(run, tmp_path / "again" / name) == whole


def names(run: Path, folder: str) -> list[Path]:
    files = open_files(run)
    found = [entry for entry in read_index(files, Manifest.read(files)) if entry.key]
    return [run / entry.rows_name if folder == "rows" else run / "parts" / f"{entry.key}.jsonl" for entry in found]


def exchange(one: Path, other: Path) -> None:
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def test_parts_that_changed_places_are_named_and_both_made_again(tmp_path: Path, documents: Path, runs: Runs) -> None:
    whole, run = built(documents, tmp_path / "built.tsv", runs), tmp_path / "run"
    runs.plan(documents, run)
    runs.work(run)
    one, _, other, *_ = names(run, "parts")
    exchange(one, other)
    with pytest.raises(OutputError, match=f"{one.name}.*another one under its name"):
        runs.assemble(run, tmp_path / "out.tsv")
    assert not (tmp_path / "out.tsv").exists()
    assert runs.work(run).n_done == 2
    assert runs.assemble(run, tmp_path / "out.tsv") == whole


def test_rows_that_changed_places_are_named_by_whoever_reads_them(tmp_path: Path, documents: Path, runs: Runs) -> None:
    run = tmp_path / "run"
    runs.plan(documents, run)
    runs.work(run, Share(1, 2))
    one, _, other, *_ = names(run, "rows")
    exchange(one, other)
    with pytest.raises(InputError, match=f"{one.name}: is not the file that was planned"):
        runs.work(run)
    exchange(one, other)
    runs.work(run)
    exchange(one, other)
    with pytest.raises(InputError, match=f"{one.name}: is not the file that was planned"):
        runs.assemble(run, tmp_path / "out.tsv")


CHANGES: dict[str, Callable[[Path], object]] = {
    "grows": lambda path: path.write_text(path.read_text("utf-8") + "又一行。\n", "utf-8"),
    "vanishes": lambda path: path.unlink(),
    "is rewritten": lambda path: path.write_text("又换了。\n" * 300_000, "utf-8"),
}


@pytest.mark.parametrize("how", CHANGES)
def test_an_input_that_changes_while_it_is_planned_is_rejected_and_owns_nothing(
    tmp_path: Path, documents: Path, runs: Runs, how: str
) -> None:
    first = documents / "00.txt"
    first.write_text("第1个相同的句子。\n" + ("很长的一行。" + " " * 800 + "\n") * 3000, "utf-8")
    changed: list[object] = []

    def change(*numbers: int) -> None:
        if not changed:
            changed.append(CHANGES[how](first))

    with runs.translator() as used:
        report = plan_run(documents, tmp_path / "run", translator=used, part_sentences=10, on_progress=change)
    assert [Path(item.origin).name for item in report.rejected] == ["00.txt"]
    runs.work(tmp_path / "run")
    assert "很长的一行。" not in runs.decoded
    assert "第1个相同的句子。" in runs.decoded  # of the next that has it
    first.unlink(missing_ok=True)
    whole = built(documents, tmp_path / "built.tsv", runs)
    assert runs.assemble(tmp_path / "run", tmp_path / "out.tsv") == whole


def test_two_that_plan_in_one_place_are_told_apart(tmp_path: Path, documents: Path, runs: Runs) -> None:
    run = tmp_path / "run"
    with open_files(run).claim("plan", wait=False) as is_ours:
        assert is_ours
        with pytest.raises(OutputError, match="another process plans there"):
            runs.plan(documents, run)
    assert runs.plan(documents, run).is_new


def test_two_that_assemble_to_one_output_are_told_apart(tmp_path: Path, documents: Path, runs: Runs) -> None:
    run, out = tmp_path / "run", tmp_path / "out.tsv"
    runs.plan(documents, run)
    runs.work(run)
    with open_writer(out, None, RunMeta("sig", "0")), pytest.raises(OutputError, match="another run is writing it"):
        runs.assemble(run, out)
    assert runs.assemble(run, out) == built(documents, tmp_path / "built.tsv", runs)


def test_the_embedded_model_gives_the_bytes_of_a_build_in_parts_of_any_size_and_by_any_number(tmp_path: Path) -> None:
    """The real engine, whose answer to a sentence does not depend on its neighbours."""
    source = tmp_path / "in"
    source.mkdir()
    lines = ["今天天气很好，我们去公园散步。", "2015年，全国粮食总产量达到6.2亿吨。", "他没有来。为什么？", "谢谢。"]
    for name in ("a.txt", "b.txt"):
        (source / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
        lines = ["谢谢。", "“你去哪儿？”她问道。", *lines[:2]]
    model = ["--model", "zh-en-mini", "--engine", "native", "--beam-size", "2", "--threads", "1"]
    assert main(["-q", "build", str(source), "-o", str(tmp_path / "whole.tsv"), *model]) == 0
    for size, shares in (("1", [[]]), ("3", [["--shard", "1/2"], ["--shard", "0/2"]])):
        run, out = str(tmp_path / f"run{size}"), tmp_path / f"{size}.tsv"
        assert main(["-q", "plan", str(source), "-o", run, "--part-sentences", size, *model]) == 0
        for share in shares:
            assert main(["-q", "work", run, "--threads", "1", *share]) == 0
        assert main(["-q", "assemble", run, "-o", str(out)]) == 0
        assert out.read_bytes() == (tmp_path / "whole.tsv").read_bytes()
    assert b"park" in out.read_bytes()
