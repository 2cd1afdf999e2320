"""The fake engine, and the threads that engines run on."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import CancelledError

import pytest

from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.engines.fake import FakeEngine, FakePlan
from translate.engines.workers import Workers
from translate.errors import EngineError
from translate.marian.find import locate

SOURCE = "今天天气很好。"


def test_the_fake_engine_is_deterministic_and_keeps_order(tiny_marian):
    engine = load_engine("fake", locate(str(tiny_marian)), DecodeOptions(), threads=2)
    batches = [[f"{SOURCE}{index}", ""] for index in range(20)]
    futures = [engine.submit(batch) for batch in batches]
    for batch, future in zip(batches, futures, strict=True):
        first, second = future.result(10)
        assert first.text == f"EN({batch[0]})[{len(batch[0])}]"
        assert first.finish == "eos"
        assert first.n_tokens == len(first.text) + 1
        assert (second.text, second.n_tokens) == ("", 1)
    assert engine.count_tokens([SOURCE, ""]) == [8, 1]
    engine.close()
    engine.close()


def test_the_fake_engine_misbehaves_as_told():
    plan = FakePlan(
        fail=lambda source: "坏" in source,
        empty=lambda source: "空" in source,
        loop=lambda source: "圈" in source,
        cap=lambda source: "长" in source,
    )
    engine = FakeEngine(plan=plan)
    empty, loop, cap, short = engine.submit(["空", "圈", "长", "短"], 20).result(10)
    assert (empty.text, empty.finish) == ("", "eos")
    assert loop.text.startswith("Come on Come on")
    assert (loop.finish, cap.finish, short.finish) == ("length", "length", "eos")
    assert loop.n_tokens == cap.n_tokens == 20
    with pytest.raises(EngineError, match="told to fail at '坏'"):
        engine.submit(["好", "坏"]).result(10)
    with pytest.raises(EngineError, match=r"sentence 1 of the batch has 601 tokens, the model reads at most 512"):
        engine.submit(["好", "长" * 600])
    assert engine.batches == [["空", "圈", "长", "短"], ["好", "坏"]]
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.submit([SOURCE])


@pytest.mark.parametrize("kind", [RuntimeError, MemoryError, OSError])
def test_workers_turn_errors_of_libraries_into_ours(kind):
    def fail() -> None:
        raise kind("no such thing\nand more")

    workers = Workers(1, "test")
    with pytest.raises(EngineError, match=rf"^the engine failed: {kind.__name__}: no such thing$") as caught:
        workers.submit(fail).result(10)
    assert isinstance(caught.value.__cause__, kind)
    assert caught.value.__cause__.__traceback__ is not None
    workers.close()


@pytest.mark.parametrize("kind", [NameError, TypeError, KeyError, ZeroDivisionError, NotImplementedError])
def test_a_bug_stays_what_it_is_with_its_traceback(kind):
    def fail() -> None:
        raise kind("oops")

    workers = Workers(1, "test")
    with pytest.raises(kind) as caught:
        workers.submit(fail).result(10)
    assert "fail" in [entry.name for entry in caught.traceback]
    workers.close()


def test_each_worker_starts_before_the_workers_are_made():
    started = []
    workers = Workers(3, "test", on_start=lambda: started.append(threading.current_thread().name))
    assert sorted(started) == ["test-0", "test-1", "test-2"]
    workers.close()


def test_closing_cancels_what_waits_and_ends_what_runs():
    workers = Workers(1, "test")
    started, go_on = threading.Event(), threading.Event()

    def job() -> str:
        started.set()
        go_on.wait(10)
        return "done"

    running, waiting = workers.submit(job), workers.submit(job)
    started.wait(10)
    closer = threading.Thread(target=workers.close)
    closer.start()
    with pytest.raises(CancelledError):
        waiting.result(10)
    go_on.set()
    closer.join(10)
    assert running.result(0) == "done"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-")]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a child there")
def test_ctrl_c_ends_the_program_while_batches_wait(tmp_path):
    code = """
import os, signal
from translate.engines.fake import FakeEngine, FakePlan
engine = FakeEngine(plan=FakePlan(seconds=0.2))
futures = [engine.submit(["好"]) for _ in range(1000)]  # 200 s of work
futures[0].result()
os.kill(os.getpid(), signal.SIGINT)
futures[-1].result()
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert run.stderr.rstrip().endswith("KeyboardInterrupt")
    assert run.returncode in (-2, 130, 1)
