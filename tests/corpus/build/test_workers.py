"""Workers change no byte; a sentence that no engine survives is a flagged row; a stop is quick, and says what next."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from corpus.build.build import build_corpus
from corpus.build.run.assemble import assemble_run
from corpus.cli.main import main
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine, count_characters
from translate.engines.processes import engine as processes
from translate.engines.processes.engine import ProcessEngine
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator

ROOT = Path(__file__).parents[3]
FAULTY = ROOT / "tests" / "translate" / "engines" / "processes"
UNOPENED = LocalModel(get_spec("zh-en-mini"), Path())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.txt"
    path.write_text("".join(f"说了{'很' * (i % 9)}多{chr(0x4E00 + i)}。还有一句。\n" for i in range(60)), "utf-8")
    return path


def rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text("utf-8").splitlines()[1:]]


def test_the_bytes_do_not_depend_on_the_number_of_workers(tmp_path: Path, source: Path) -> None:
    model = ["--engine", "fake", "--model", "zh-en-mini"]
    for name, workers in (("none", []), ("one", ["--workers", "1"]), ("three", ["--workers", "3"])):
        out = tmp_path / name
        assert main(["-q", "build", str(source), "-o", f"{out}.tsv", *model, *workers]) == 0
        assert main(["-q", "plan", str(source), "-o", f"{out}.run", "--part-sentences", "20", *model]) == 0
        assert main(["-q", "work", f"{out}.run", *workers]) == 0
        assemble_run(f"{out}.run", f"{out}.run.tsv")
    assert len({path.read_bytes() for path in tmp_path.glob("*.tsv")}) == 1
    parts = [sorted((p.name, p.read_bytes()) for p in folder.glob("*.jsonl")) for folder in tmp_path.glob("*.parts")]
    assert len(parts) == 3
    assert parts[0] == parts[1] == parts[2]


@pytest.mark.parametrize("fault", ["炸", "死", "少", "挂"])
def test_a_build_goes_on_past_a_sentence_that_breaks_the_engine(
    tmp_path: Path, source: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(FAULTY)
    monkeypatch.setattr(processes, "_SOONEST", 0.4)
    make = partial(importlib.import_module("faulty_engine").make, 2)
    lines = source.read_text("utf-8").splitlines(keepends=True)
    lines[7] = f"这里{fault}了。后面还有。\n"
    source.write_text("".join(lines), "utf-8")
    engine = ProcessEngine(make, count_characters, 2, deadline=1.0 if fault == "挂" else 30.0)
    with Translator(engine, UNOPENED, DecodeOptions(beam_size=1)) as used:
        report = build_corpus(source, tmp_path / "out.tsv", translator=used)
    with Translator(FakeEngine(), UNOPENED, DecodeOptions(beam_size=1)) as used:
        build_corpus(source, tmp_path / "whole.tsv", translator=used)
    found, whole = rows(tmp_path / "out.tsv"), rows(tmp_path / "whole.tsv")
    broken = [row for row in found if fault in row[6]]
    assert [row for row in found if fault not in row[6]] == [row for row in whole if fault not in row[6]]
    assert [(row[6], row[7], row[8]) for row in broken] == [(f"这里{fault}了。", "", "")]
    assert {"failed", "empty_target"} <= set(broken[0][9].split(","))
    assert report.flags["failed"] == 1
    with Translator(FakeEngine(), UNOPENED, DecodeOptions(beam_size=1)) as used:
        again = build_corpus(source, tmp_path / "out.jsonl", translator=used)
    assert (again.n_decoded, again.flags["failed"]) == (0, 1)


# The engine answers after half a minute, in every process: this is imported by whatever interpreter starts.
SLOW = """
from translate.engines import fake
plan = fake.FakePlan(seconds=30.0)
init = fake.FakeEngine.__init__
fake.FakeEngine.__init__ = lambda self, *args, **kwargs: init(self, *args, **{**kwargs, "plan": plan})
"""


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("command", ["build", "work", "work --workers 2"])
def test_a_stop_does_not_wait_for_the_batches_and_says_how_to_go_on(
    tmp_path: Path, source: Path, how: signal.Signals, code: int, command: str
) -> None:
    name, *options = command.split()
    model = ["--engine", "fake", "--model", "zh-en-mini"]
    arguments = [name, str(source), "-o", str(tmp_path / "out.tsv"), *model]
    started = tmp_path / "out.parts"
    if name == "work":
        assert main(["-q", "plan", str(source), "-o", str(tmp_path / "run"), *model]) == 0
        arguments, started = [name, str(tmp_path / "run"), *options], tmp_path / "run" / "journals"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SLOW, "utf-8")
    slow = os.environ | {"PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{ROOT}"}
    command_line = [sys.executable, "-m", "corpus.cli", *arguments]
    with subprocess.Popen(command_line, cwd=ROOT, env=slow, stderr=subprocess.PIPE, text=True) as stopped:
        deadline = time.monotonic() + 60
        while not started.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.3)
        before = time.monotonic()
        stopped.send_signal(how)
        _, said = stopped.communicate(timeout=30)
        # Two seconds on a machine at rest; a batch takes thirty.
        assert time.monotonic() - before < 15
    assert stopped.returncode == code
    assert said.strip() == "duizhao: interrupted; what is done is kept: the same command goes on from here"
    assert not (tmp_path / "out.tsv").exists()


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_plan_is_stopped_with_the_processes_that_split_for_it(tmp_path: Path, how: signal.Signals, code: int) -> None:
    source, run = tmp_path / "in.txt", tmp_path / "run"
    source.write_text("天地玄黄，宇宙洪荒。日月盈昃！\n" * 300_000, "utf-8")
    command = ["plan", str(source), "-o", str(run), "--engine", "fake", "--model", "zh-en-mini", "--threads", "2"]
    command_line = [sys.executable, "-m", "corpus.cli", *command]
    with subprocess.Popen(command_line, cwd=ROOT, stderr=subprocess.PIPE, text=True) as stopped:
        deadline = time.monotonic() + 60
        blocks = run / ".plan" / "blocks"
        while not (blocks.exists() and blocks.stat().st_size):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        others = [path.read_text() for path in Path("/proc").glob(f"{stopped.pid}/task/*/children")]
        stopped.send_signal(how)
        _, said = stopped.communicate(timeout=30)
    assert stopped.returncode == code
    assert said == "duizhao: interrupted; nothing is planned yet: the same command begins again\n"
    assert not [*run.rglob("*")]
    assert len("".join(others).split()) >= 2
    assert not [pid for pid in "".join(others).split() if Path(f"/proc/{pid}/exe").exists()]


def test_termination_is_left_to_whoever_has_a_use_for_it(tmp_path: Path, source: Path) -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        assert main(["-q", "split", str(source), "-o", str(tmp_path / "s.tsv")]) == 0
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]
    assert main(["-q", "split", str(source), "-o", str(tmp_path / "s.tsv")]) == 0
    assert signal.getsignal(signal.SIGTERM) == before
