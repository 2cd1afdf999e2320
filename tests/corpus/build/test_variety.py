"""``--script auto``: rows say which Chinese their document is in, by whatever way they are made."""

from __future__ import annotations

import json
from pathlib import Path

from corpus.build.build import BuildReport, build_corpus
from corpus.build.run.assemble import assemble_run
from corpus.build.run.files import open_files
from corpus.build.run.manifest import Manifest
from corpus.build.run.plan import plan_run
from corpus.build.run.work import Worker
from corpus.cli.main import main
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator
from translate.text.segment import SegmentOptions


def make(*, variety: bool) -> Translator:
    model = LocalModel(get_spec("zh-en-mini"), Path())
    return Translator(FakeEngine(), model, DecodeOptions(beam_size=1), SegmentOptions(variety=variety))


def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "hans.txt").write_text("这个国家开发软件。他们说网络很重要。\n", "utf-8")
    (folder / "tw.txt").write_text("計程車裡有軟體。\n網路很重要。\n", "utf-8")
    return folder


def build(folder: Path, *, variety: bool) -> BuildReport:
    with make(variety=variety) as translator:
        return build_corpus(folder, folder.parent / "out.jsonl", translator=translator, signals=False)


def test_it_costs_no_decoding_and_a_plan_says_the_same(tmp_path: Path) -> None:
    folder = documents(tmp_path)
    assert build(folder, variety=False).n_decoded == 4
    plain = (tmp_path / "out.jsonl").read_text("utf-8")
    assert "variety" not in plain
    report = build(folder, variety=True)
    assert report.n_decoded == 0
    assert {flag: n for flag, n in report.flags.items() if "variety" in flag} == {
        "variety:zh-Hans": 2,
        "variety:zh-Hant-TW": 2,
    }
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    for row in rows:
        row["flags"] = [flag for flag in row["flags"] if not flag.startswith("variety:")]
    assert rows == [json.loads(line) for line in plain.splitlines()]
    with make(variety=True) as translator:
        plan_run(folder, tmp_path / "run", translator=translator)
    with make(variety=False) as translator:
        files = open_files(tmp_path / "run")
        Worker(files, Manifest.read(files), translator).run()
    assemble_run(tmp_path / "run", tmp_path / "again.jsonl", signals=False)
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "out.jsonl").read_bytes()


def test_the_command_line_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("計程車裡有軟體。\n", "utf-8")
    out = tmp_path / "a.jsonl"
    assert main(["split", str(tmp_path / "a.txt"), "-o", str(out), "--format", "jsonl", "--script", "auto"]) == 0
    assert json.loads(out.read_text("utf-8"))["flags"] == ["variety:zh-Hant-TW"]
