"""A run in three steps is a build, whoever works on it and whatever happens in between."""

from __future__ import annotations

import csv
import json
import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.align.words import Words
from corpus.build.build import build_corpus
from corpus.build.run import assemble, sorter
from corpus.build.run.assemble import assemble_run
from corpus.build.run.files import open_files
from corpus.build.run.manifest import Entry, Manifest, read_index
from corpus.build.run.plan import part_size, plan_run
from corpus.build.run.work import Share, Worker
from corpus.cli.main import main
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine, FakePlan
from translate.errors import DuizhaoError, InputError, OutputError, UsageError
from translate.pipeline.translator import Translator

from .conftest import UNOPENED, Runs


@pytest.fixture
def built(tmp_path: Path, documents: Path, runs: Runs) -> bytes:
    out = tmp_path / "built.tsv"
    with runs.translator() as used:
        build_corpus(documents, out, translator=used)
    runs.decoded.clear()
    return out.read_bytes()


def entries(run: Path) -> list[Entry]:
    files = open_files(run)
    return [*read_index(files, Manifest.read(files))]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_three_steps_give_the_bytes_of_a_build(tmp_path: Path, documents: Path, runs: Runs, built: bytes) -> None:
    run = tmp_path / "run"
    report = runs.plan(documents, run)
    assert report.is_new
    assert report.manifest.n_sentences == built.count(b"\n") - 1
    done = runs.work(run)
    assert (done.n_parts, done.n_done) == (report.manifest.n_parts, report.manifest.n_parts)
    assert done.n_decoded == report.manifest.n_distinct < report.manifest.n_sentences
    assert runs.assemble(run, tmp_path / "out.tsv") == built
    meta, other = (
        json.loads((tmp_path / name).read_text("utf-8")) for name in ("out.tsv.meta.json", "built.tsv.meta.json")
    )
    for each in (meta, other):
        del each["files"], each["sha256"]
    assert meta == other


@pytest.mark.parametrize(
    ("signals", "words"), [(True, "table"), (False, "table"), pytest.param(True, "attention", marks=pytest.mark.slow)]
)
def test_links_between_words_are_those_of_a_build(
    tmp_path: Path, documents: Path, runs: Runs, signals: bool, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "_WORTH_IT", 1)
    whole = tmp_path / "built.tsv"
    with runs.translator() as used:
        build_corpus(documents, whole, translator=used, signals=signals, words=words)
    runs.plan(documents, tmp_path / "run")
    runs.work(tmp_path / "run")
    for n in (1, 2):
        out = tmp_path / f"{n}.tsv"
        assemble_run(tmp_path / "run", out, signals=signals, words=words, workers=n)
        assert out.read_bytes() == whole.read_bytes()
        said = [json.loads(path.with_name(f"{path.name}.meta.json").read_text("utf-8")) for path in (out, whole)]
        assert said[0]["environment"]["words"] == said[1]["environment"]["words"]
    with whole.open(encoding="utf-8", newline="") as file:
        assert all(row["words"] for row in csv.DictReader(file, delimiter="\t"))
    with pytest.raises(UsageError, match="moses has no place for links between words"):
        assemble_run(tmp_path / "run", tmp_path / "zh.moses", format="moses", words="table")


def test_a_sentence_is_decoded_once_in_the_whole_run(tmp_path: Path, documents: Path, runs: Runs) -> None:
    runs.plan(documents, tmp_path / "run")
    runs.work(tmp_path / "run")
    assert max(Counter(runs.decoded).values()) == 1


def test_copies_that_do_not_fit_into_memory_are_sorted_on_disk(
    tmp_path: Path, documents: Path, runs: Runs, built: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorter, "_HELD_BYTES", 1000)
    runs.plan(documents, tmp_path / "run")
    runs.work(tmp_path / "run")
    assert runs.assemble(tmp_path / "run", tmp_path / "out.tsv") == built


@pytest.mark.parametrize("part_sentences", [1, 7, 100, 10_000])
def test_the_size_of_parts_changes_no_byte_of_the_corpus(
    tmp_path: Path, documents: Path, runs: Runs, built: bytes, part_sentences: int
) -> None:
    report = runs.plan(documents, tmp_path / "run", part_sentences)
    assert all(entry.n_sentences <= part_sentences for entry in entries(tmp_path / "run"))
    assert sum(entry.n_rows for entry in entries(tmp_path / "run")) == report.manifest.n_sentences
    runs.work(tmp_path / "run")
    assert runs.assemble(tmp_path / "run", tmp_path / "out.tsv") == built


@pytest.mark.parametrize("name", ["out.tsv", "out.jsonl.gz", "out.tmx"])
def test_the_number_of_processes_changes_no_byte_of_the_corpus(
    tmp_path: Path, documents: Path, runs: Runs, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Formats of lines are made in the processes, others of pairs that come from them."""
    monkeypatch.setattr(assemble, "_WORTH_IT", 1)
    runs.plan(documents, tmp_path / "run")
    runs.work(tmp_path / "run")
    found = []
    for n in (1, 2):
        assemble_run(tmp_path / "run", tmp_path / name, signals=False, workers=n)
        found.append([(tmp_path / each).read_bytes() for each in (name, f"{name}.meta.json")])
    assert found[0] == found[1]


def test_a_part_that_is_damaged_is_named_by_the_process_that_meets_it(
    tmp_path: Path, documents: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "_WORTH_IT", 1)
    monkeypatch.setattr(assemble, "_copy", lambda *args: None)  # it would be met there
    source = tmp_path / "a.txt"
    source.write_text("".join(f"第{i}句话。\n" for i in range(9)), "utf-8")
    runs.plan(source, tmp_path / "run", 3)
    runs.work(tmp_path / "run")
    part = tmp_path / "run" / "parts" / f"{entries(tmp_path / 'run')[1].key}.jsonl"
    flip(part, part.stat().st_size - 20)
    with pytest.raises(OutputError, match=f"{part.name}.*duizhao work"):
        assemble_run(tmp_path / "run", tmp_path / "out.tsv", workers=2)
    assert not (tmp_path / "out.tsv").exists()


def test_a_run_of_one_sentence_over_and_over_is_cut_too(tmp_path: Path, runs: Runs) -> None:
    source = tmp_path / "a.txt"
    source.write_text("还有一句。\n" * 100, "utf-8")
    runs.plan(source, tmp_path / "run", 5)
    found = entries(tmp_path / "run")
    assert (len(found), [entry.key for entry in found[1:]]) == (5, [""] * 4)
    runs.work(tmp_path / "run")
    assert runs.decoded == ["还有一句。"]
    rows = runs.assemble(tmp_path / "run", tmp_path / "out.tsv").decode().splitlines()[1:]
    assert len(rows) == 100
    assert {row.split("\t")[7] for row in rows} == {"EN(还有一句。)[5]"}


@pytest.mark.parametrize(
    ("n", "size"), [(1, 2000), (10**7, 2000), (10**8, 20_000), (10**9, 200_000), (10**10, 200_000)]
)
def test_parts_grow_with_the_run(n: int, size: int) -> None:
    assert part_size(n) == size


def test_a_plan_is_the_same_bytes_again_and_is_not_written_twice(tmp_path: Path, documents: Path, runs: Runs) -> None:
    runs.plan(documents, tmp_path / "run")
    runs.plan(documents, tmp_path / "other")
    assert tree(tmp_path / "run") == tree(tmp_path / "other")
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*.*")}
    assert not runs.plan(documents, tmp_path / "run").is_new
    assert {path: path.stat().st_mtime_ns for path in written} == written


def test_another_plan_in_the_same_place_is_refused(tmp_path: Path, documents: Path, runs: Runs) -> None:
    runs.plan(documents, tmp_path / "run")
    before = tree(tmp_path / "run")
    with pytest.raises(OutputError, match="something else is planned"):
        runs.plan(documents / "00.txt", tmp_path / "run")
    assert tree(tmp_path / "run") == before


def test_what_a_killed_plan_left_is_no_plan_and_is_planned_over(tmp_path: Path, documents: Path, runs: Runs) -> None:
    run = tmp_path / "run"
    (run / "rows").mkdir(parents=True)
    (run / ".plan").mkdir()
    (run / ".plan" / "hashes-0000000001").write_bytes(b"x" * 7)
    (run / "rows" / "000000.rows").write_bytes(b"half a")
    (run / "rows" / ".000001.rows.duizhao-tmp").write_bytes(b"half")
    with pytest.raises(InputError, match="nothing is planned"):
        runs.work(run)
    runs.plan(documents, run)
    runs.plan(documents, tmp_path / "other")
    assert tree(run) == tree(tmp_path / "other")


CHANGES: dict[str, Callable[[Path], object]] = {
    "grow": lambda folder: [path.write_text("又一行。\n" * 99, "utf-8") for path in folder.iterdir()],
    "vanish": shutil.rmtree,
    "are cut": lambda folder: [os.truncate(path, 5) for path in folder.iterdir()],
}


@pytest.mark.parametrize("how", CHANGES)
def test_inputs_that_change_after_the_plan_change_nothing(
    tmp_path: Path, documents: Path, runs: Runs, built: bytes, how: str
) -> None:
    runs.plan(documents, tmp_path / "run")
    runs.work(tmp_path / "run", Share(0, 2))
    CHANGES[how](documents)
    runs.work(tmp_path / "run", Share(1, 2))
    assert runs.assemble(tmp_path / "run", tmp_path / "out.tsv") == built


def test_shares_divide_the_run_and_doing_one_twice_does_nothing(
    tmp_path: Path, documents: Path, runs: Runs, built: bytes
) -> None:
    run = tmp_path / "run"
    n_parts = runs.plan(documents, run).manifest.n_parts
    done = [runs.work(run, Share(i, 3)).n_done for i in (2, 0, 1)]
    assert sum(done) == n_parts
    assert min(done) >= n_parts // 3
    before = tree(run)
    assert runs.work(run, Share(1, 3)).n_done == 0
    assert tree(run) == before
    assert runs.assemble(run, tmp_path / "out.tsv") == built


def test_the_same_part_is_the_same_bytes_whoever_makes_it(tmp_path: Path, documents: Path, runs: Runs) -> None:
    runs.plan(documents, tmp_path / "run")
    runs.work(tmp_path / "run")
    runs.plan(documents, tmp_path / "other")
    for i in (3, 1, 0, 2):
        runs.work(tmp_path / "other", Share(i, 4))
    assert tree(tmp_path / "run") == tree(tmp_path / "other")


def test_two_workers_on_one_folder_do_each_part_once(tmp_path: Path, documents: Path, runs: Runs, built: bytes) -> None:
    run = tmp_path / "run"
    n_parts = runs.plan(documents, run).manifest.n_parts
    others = [Runs() for _ in range(4)]
    reports: list[int] = []
    threads = [
        threading.Thread(target=lambda own=own: reports.append(own.work(run, plan=FakePlan(seconds=0.01)).n_done))  # type: ignore[misc]  # the default binds it
        for own in others
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(reports) == n_parts
    assert max(Counter(text for own in others for text in own.decoded).values()) == 1
    assert runs.assemble(run, tmp_path / "out.tsv") == built
    assert {path.parent.name for path in run.rglob("*") if path.is_file()} == {"run", "rows", "parts", "environments"}


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path, Path], object]] = {
    "cut short": lambda path, other: os.truncate(path, path.stat().st_size - 1),
    "empty": lambda path, other: os.truncate(path, 0),
    "flipped in its header": lambda path, other: flip(path, 90),
    "flipped in a row": lambda path, other: flip(path, path.stat().st_size - 20),
    "swapped": lambda path, other: shutil.copy(other, path),
    "foreign": lambda path, other: path.write_text("{}\n"),
    "gone": lambda path, other: path.unlink(),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_part_is_named_and_made_again(
    tmp_path: Path, documents: Path, runs: Runs, built: bytes, how: str
) -> None:
    run = tmp_path / "run"
    runs.plan(documents, run)
    runs.work(run)
    parts = [run / "parts" / f"{entry.key}.jsonl" for entry in entries(run) if entry.key]
    before = tree(run)
    DAMAGES[how](parts[3], parts[1])
    with pytest.raises(OutputError, match=f"{parts[3].name}.*duizhao work"):
        runs.assemble(run, tmp_path / "out.tsv")
    assert not (tmp_path / "out.tsv").exists()
    runs.decoded.clear()
    assert runs.work(run).n_done == 1
    assert tree(run) == before
    assert runs.assemble(run, tmp_path / "out.tsv") == built


@pytest.mark.parametrize(
    "name", ["rows/000002.rows", "rows/000000.copies", "index.jsonl", "inputs.jsonl", "manifest.json"]
)
def test_a_damaged_plan_is_named(tmp_path: Path, documents: Path, runs: Runs, name: str) -> None:
    run = tmp_path / "run"
    runs.plan(documents, run)
    runs.work(run)
    path = run / name
    content = path.read_bytes()
    for damaged in (content[:-3], content.replace(b"1", b"2", 1), b""):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=path.name):
            runs.assemble(run, tmp_path / "out.tsv")
    path.unlink()
    with pytest.raises(InputError, match=path.name):
        runs.assemble(run, tmp_path / "out.tsv")
    assert not (tmp_path / "out.tsv").exists()


def test_the_first_of_several_missing_parts_are_named_before_any_work(
    tmp_path: Path, documents: Path, runs: Runs
) -> None:
    runs.plan(documents, tmp_path / "run")
    runs.work(tmp_path / "run", Share(0, 8))
    with pytest.raises(OutputError, match=r"of \d+ parts are not done: parts/.* more; run `duizhao work"):
        runs.assemble(tmp_path / "run", tmp_path / "out.tsv")


def test_a_worker_that_decodes_otherwise_is_refused(tmp_path: Path, documents: Path, runs: Runs) -> None:
    runs.plan(documents, tmp_path / "run")
    files = open_files(tmp_path / "run")
    with (
        Translator(FakeEngine(), UNOPENED, DecodeOptions(beam_size=3)) as other,
        pytest.raises(UsageError, match=r"beam 3 \(planned 1\)"),
    ):
        Worker(files, Manifest.read(files), other)


@pytest.mark.parametrize("text", ["3/3", "x", "1", "-1/2", "0/0", "1/２", "/"])
def test_a_share_that_cannot_be_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="expected i/n"):
        Share.parse(text)


def test_the_command_line_does_it_all(tmp_path: Path, documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, model = str(tmp_path / "run"), ["--engine", "fake", "--model", "zh-en-mini"]
    (documents / "bad.txt").write_bytes(b"%PDF-1.7\n\x00\x01\x02")
    assert main(["plan", str(documents), "-o", run, "--part-sentences", "20", *model]) == 3
    assert main(["work", run, "--shard", "0/2"]) == 0
    assert main(["assemble", run, "-o", str(tmp_path / "out.tmx")]) == 1
    assert main(["work", run, "--shard", "1/2"]) == 0
    assert main(["assemble", run, "-o", str(tmp_path / "out.tmx")]) == 3
    assert main(["build", str(documents), "-o", str(tmp_path / "built.tmx"), *model]) == 3
    assert (tmp_path / "out.tmx").read_bytes() == (tmp_path / "built.tmx").read_bytes()
    said = capsys.readouterr()
    assert said.out == ""
    assert "bad.txt" in said.err
    assert f"run `duizhao work {run}`" in said.err


def test_a_folder_that_holds_its_run_is_planned_from_its_documents_alone(
    tmp_path: Path, documents: Path, runs: Runs
) -> None:
    first = runs.plan(documents, documents / "run")
    runs.work(documents / "run")
    assert not runs.plan(documents, documents / "run").is_new
    assert runs.plan(documents, tmp_path / "elsewhere").manifest == first.manifest
    with runs.translator() as used:
        assert build_corpus(documents, tmp_path / "o.tsv", translator=used).n_pairs == first.manifest.n_sentences


def test_nothing_to_read_leaves_no_plan(tmp_path: Path, runs: Runs) -> None:
    (tmp_path / "a.txt").write_text(" \n")
    with pytest.raises(InputError, match=r"a\.txt"):
        runs.plan(tmp_path / "a.txt", tmp_path / "run")
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_file()]


def test_an_input_that_changes_while_it_is_planned_is_left_out_and_owns_nothing(
    tmp_path: Path, documents: Path, runs: Runs
) -> None:
    """What it has in common with a later document is decoded for that one."""
    first = documents / "00.txt"
    first.write_text("第1个相同的句子。\n" + ("很长的一行。" + " " * 800 + "\n") * 4000, "utf-8")

    def change(*numbers: int) -> None:
        if first.stat().st_size > 100:
            os.truncate(first, 99)

    with runs.translator() as used:
        report = plan_run(documents, tmp_path / "run", translator=used, part_sentences=10, on_progress=change)
    assert [Path(item.origin).name for item in report.rejected] == ["00.txt"]
    runs.work(tmp_path / "run")
    assert "很长的一行。" not in runs.decoded
    assert "第1个相同的句子。" in runs.decoded
    first.unlink()
    with runs.translator() as used:
        build_corpus(documents, tmp_path / "built.tsv", translator=used)
    assert runs.assemble(tmp_path / "run", tmp_path / "out.tsv") == (tmp_path / "built.tsv").read_bytes()


def test_a_failing_engine_is_told_and_what_is_done_is_kept(tmp_path: Path, documents: Path, runs: Runs) -> None:
    run = tmp_path / "run"
    runs.plan(documents, run)
    with pytest.raises(DuizhaoError, match="told to fail"):
        runs.work(run, plan=FakePlan(fail=lambda text: "洪说" in text))
    n_done = len([*(run / "parts").iterdir()])
    assert n_done
    report = runs.work(run)
    assert report.n_done == report.n_parts - n_done
    assert not (run / "journals").exists()


def test_the_licence_of_each_document_comes_through(tmp_path: Path, runs: Runs) -> None:
    lines = [{"id": "a", "text": "甲。乙。", "license": "CC-BY-4.0"}, {"id": "b", "text": "丙。甲。"}]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    runs.plan(source, tmp_path / "run", 1)
    runs.work(tmp_path / "run")
    with runs.translator() as used:
        build_corpus(source, tmp_path / "built.tsv", translator=used)
    assert runs.assemble(tmp_path / "run", tmp_path / "out.tsv") == (tmp_path / "built.tsv").read_bytes()
    header, *rows = [line.split("\t") for line in (tmp_path / "out.tsv").read_text().splitlines()]
    assert [row[header.index("license")] for row in rows] == ["CC-BY-4.0"] * 2 + [""] * 2
