"""Whatever an engine does in its process, every sentence has its own answer, and the others have theirs."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from translate.engines.base import Hypothesis
from translate.engines.fake import FakeEngine, count_characters
from translate.engines.processes import engine as processes
from translate.engines.processes.engine import FAILED, ProcessEngine
from translate.errors import EngineError


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("faulty_engine")


@pytest.fixture
def engines(faulty: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ProcessEngine]]:
    monkeypatch.setattr(processes, "_SOONEST", 0.5)
    made: list[ProcessEngine] = []

    def make(n: int = 2, deadline: float = 3.0, capacity: int = 2) -> ProcessEngine:
        made.append(ProcessEngine(partial(faulty.make, capacity), count_characters, n, deadline=deadline))
        return made[-1]

    yield make
    for each in made:
        each.close()


def expected(batch: list[str]) -> list[Hypothesis]:
    with contextlib.closing(FakeEngine()) as own:
        return own.submit(batch).result()


BATCHES = [[f"第{i}批第{j}句" for j in range(i % 5 + 1)] for i in range(12)]


@pytest.mark.parametrize("n", [1, 3])
def test_the_answers_are_those_of_one_engine_whatever_the_number(engines: Callable[..., ProcessEngine], n: int) -> None:
    engine = engines(n)
    assert (engine.name, engine.compute_type, engine.capacity) == ("fake", "none", 2 * n)
    futures = [engine.submit(batch) for batch in BATCHES]
    assert [future.result() for future in futures] == [expected(batch) for batch in BATCHES]
    assert engine.n_started == n


@pytest.mark.parametrize("fault", ["炸", "死", "少", "挂"])
def test_a_sentence_that_breaks_the_engine_is_a_value_and_nothing_shifts(
    engines: Callable[..., ProcessEngine], fault: str
) -> None:
    engine = engines(2, deadline=1.0 if fault == "挂" else 30.0)
    bad = [["好的一句", f"坏{fault}的", "又一句好的", "最后一句"], [f"{fault}在前", "后面"]]
    batches = [*BATCHES[:3], bad[0], *BATCHES[3:], bad[1]]
    futures = [engine.submit(batch) for batch in batches]
    found = [future.result(timeout=60) for future in futures]
    for batch, answers in zip(batches, found, strict=True):
        assert answers == [FAILED if fault in text else expected([text])[0] for text in batch]
    assert (engine.n_started > 2) == (fault in "死挂")
    assert engine.submit(["还活着"]).result(timeout=60) == expected(["还活着"])


def test_processes_that_are_killed_from_outside_cost_no_sentence(engines: Callable[..., ProcessEngine]) -> None:
    engine = engines(2)
    for round_ in range(4):
        futures = [engine.submit(batch) for batch in BATCHES]
        children = [child for child in engine._children if child]
        if children:
            os.kill(children[round_ % len(children)]._process.pid, signal.SIGKILL)
        assert [future.result(timeout=60) for future in futures] == [expected(batch) for batch in BATCHES]
    assert engine.n_started > 2


def test_what_an_engine_prints_is_no_data(
    engines: Callable[..., ProcessEngine], capfd: pytest.CaptureFixture[str]
) -> None:
    assert engines(1).submit(["吐"]).result(timeout=60) == expected(["吐"])
    assert capfd.readouterr().out == ""


def test_an_engine_that_fails_at_everything_is_an_error(
    engines: Callable[..., ProcessEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_MOST_FAILURES", 3)
    engine = engines(1, deadline=30.0)
    futures = [engine.submit([f"炸{i}", f"又炸{i}"]) for i in range(5)]
    errors = [future.exception(timeout=60) for future in futures]
    assert "one sentence after the other; the last time: the engine failed: MemoryError: no memory for 炸" in str(
        errors[-1]
    )
    with pytest.raises(EngineError, match="one sentence after"):
        engine.submit(["好"])


@pytest.mark.parametrize(
    ("make", "says"), [("make_none", "cannot be loaded: its process ended"), ("make_bad", "no such thing")]
)
def test_an_engine_that_cannot_be_loaded_is_told(faulty: ModuleType, make: str, says: str) -> None:
    with pytest.raises(EngineError, match=says):
        ProcessEngine(getattr(faulty, make), count_characters, 2)


def test_a_closed_engine_leaves_no_process_and_says_so(engines: Callable[..., ProcessEngine]) -> None:
    engine = engines(2)
    pids = [child._process.pid for child in engine._children if child]
    hanging = engine.submit(["挂"])
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        hanging.result(timeout=5)
    with pytest.raises(EngineError, match="closed"):
        engine.submit(["好"])
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


ORPHANS = """
import sys, time
from functools import partial
from translate.engines.fake import count_characters
from translate.engines.processes.engine import ProcessEngine
import faulty_engine
engine = ProcessEngine(partial(faulty_engine.make, 1), count_characters, 2)
futures = [engine.submit(["挂"]), engine.submit(["挂"])]
print(*(child._process.pid for child in engine._children), flush=True)
time.sleep(60)
"""


def test_no_process_outlives_one_that_was_killed(tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    with subprocess.Popen([sys.executable, "-c", ORPHANS], env={**os.environ, "PYTHONPATH": path}, stdout=-1) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    deadline = time.monotonic() + 20
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_processes_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    assert processes._shares(3) == [[0, 1], [2, 3, 4], [5, 6, 7]]
    assert processes._shares(9) == [()] * 9
