"""The switch between engines, the fake one, and the threads they run on."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import CancelledError

import pytest

from translate.engines.base import ENGINES, DecodeOptions, load_engine
from translate.engines.fake import FakeEngine, FakePlan
from translate.engines.workers import Workers
from translate.errors import EngineError, UnknownNameError, UsageError
from translate.marian.catalogue import locate

SOURCE = "今天天气很好。"


@pytest.fixture(scope="module")
def mini():
    return locate("zh-en-mini")


def test_importing_loads_no_heavy_library():
    heavy = {"torch", "transformers", "ctranslate2", "sentencepiece", "huggingface_hub", "numpy", "yaml"}
    modules = ["engines.base", "marian.catalogue", "marian.vocabulary", "marian.weights", "engines.workers"]
    modules += [where.partition(":")[0].removeprefix("translate.") for where in ENGINES.values()] + [
        "engines.ct2.convert"
    ]
    code = "".join(f"import translate.{module}\n" for module in modules)
    code += f"import sys; print(sorted(set(sys.modules) & {heavy}))"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_unknown_engine_and_device_list_the_known_ones(mini):
    with pytest.raises(
        UnknownNameError, match=r"unknown engine 'ct3'; known: auto, ct2, fake, native, torch. Did you mean 'ct2'"
    ):
        load_engine("ct3", mini, DecodeOptions())
    with pytest.raises(UnknownNameError, match="unknown device 'tpu'; known: auto, cpu, cuda"):
        load_engine("ct2", mini, DecodeOptions(), device="tpu")


@pytest.mark.parametrize("name", ENGINES)
def test_a_compute_type_that_cannot_be_is_refused(mini, name):
    with pytest.raises(UsageError, match="'int3'"):
        load_engine(name, mini, DecodeOptions(), compute_type="int3")


def test_options_that_cannot_be_are_refused(mini):
    with pytest.raises(UsageError, match="beam size 0"):
        DecodeOptions(beam_size=0)
    with pytest.raises(UsageError, match="0 threads"):
        load_engine("fake", mini, DecodeOptions(), threads=0)


def test_the_fake_engine_is_deterministic_and_keeps_order(mini):
    engine = load_engine("fake", mini, DecodeOptions(), threads=2)
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


def test_workers_turn_foreign_errors_into_ours():
    workers = Workers(1, "test")
    with pytest.raises(EngineError, match=r"the engine failed: ZeroDivisionError: ") as caught:
        workers.submit(lambda: 1 // 0).result(10)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
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
