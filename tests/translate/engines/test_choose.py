"""The switch between engines: which it takes, what it refuses, and whom it asks for a GPU."""

from __future__ import annotations

import subprocess
import sys

import pytest

from translate.engines import choose
from translate.engines.base import DecodeOptions
from translate.engines.choose import ENGINES, load_engine
from translate.errors import EngineError, UnknownNameError, UsageError


def test_importing_loads_no_heavy_library():
    heavy = {"torch", "transformers", "ctranslate2", "sentencepiece", "huggingface_hub", "numpy", "yaml"}
    modules = ["engines.base", "engines.choose", "engines.workers", "engines.ct2.convert"]
    modules += ["marian.catalogue", "marian.find", "marian.hub", "marian.vocabulary", "marian.weights"]
    modules += [where.partition(":")[0].removeprefix("translate.") for where in ENGINES.values()]
    code = "".join(f"import translate.{module}\n" for module in modules)
    code += f"import sys; print(sorted(set(sys.modules) & {heavy}))"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_unknown_engine_and_device_list_the_known_ones(copier):
    with pytest.raises(
        UnknownNameError,
        match=r"unknown engine 'ct3'; known: auto, ct2, native, torch, transformers. Did you mean 'ct2'",
    ):
        load_engine("ct3", copier, DecodeOptions())
    with pytest.raises(UnknownNameError, match="unknown device 'tpu'; known: auto, cpu, cuda"):
        load_engine("ct2", copier, DecodeOptions(), device="tpu")


@pytest.mark.parametrize("name", ENGINES)
def test_a_compute_type_that_cannot_be_is_refused(copier, name):
    with pytest.raises(UsageError, match="'int3'"):
        load_engine(name, copier, DecodeOptions(), compute_type="int3")


def test_options_that_cannot_be_are_refused(copier):
    with pytest.raises(UsageError, match="beam size 0"):
        DecodeOptions(beam_size=0)
    with pytest.raises(UsageError, match="0 threads"):
        load_engine("fake", copier, DecodeOptions(), threads=0)


# --- devices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "device", "asks", "expected"),
    [
        ("auto", "cpu", {}, "cpu"),
        ("torch", "cpu", {}, "cpu"),
        ("ct2", "auto", {}, "cpu"),
        ("native", "auto", {}, "cpu"),
        ("native", "cuda", {}, "cuda"),
        ("torch", "auto", {"torch": False}, "cpu"),
        ("torch", "auto", {"torch": True}, "cuda"),
        ("torch", "cuda", {"torch": True}, "cuda"),
        ("torch", "cuda", {"torch": False}, "torch sees no CUDA device"),
        ("ct2", "cuda", {"ct2": True}, "cuda"),
        ("ct2", "cuda", {"ct2": False}, "CTranslate2 sees no CUDA device"),
        ("auto", "auto", {"ct2": False}, "cpu"),
        ("auto", "auto", {"ct2": True, "torch": False}, "cpu"),
        ("auto", "auto", {"ct2": True, "torch": True}, "cuda"),
        ("auto", "cuda", {"torch": True}, "cuda"),
        ("auto", "cuda", {"torch": False}, "torch sees no CUDA device"),
    ],
)
def test_a_gpu_is_asked_for_where_it_would_be_used(monkeypatch, name, device, asks, expected):
    """Of a library that is not in ``asks`` nothing is asked."""
    monkeypatch.setattr(choose, "_ct2_has_cuda", lambda: asks["ct2"])
    monkeypatch.setattr(choose, "_torch_has_cuda", lambda: asks["torch"])
    if expected in choose.DEVICES:
        assert choose._device_of(name, device) == expected
    else:
        with pytest.raises(EngineError, match=expected):
            choose._device_of(name, device)


def test_native_on_a_gpu_is_refused(copier):
    with pytest.raises((UsageError, EngineError), match=r"runs on the CPU, not on cuda|cannot run here"):
        load_engine("native", copier, DecodeOptions(), device="cuda")


def test_auto_is_ct2_where_native_is_not_best(monkeypatch, copier):
    monkeypatch.setattr(choose, "is_native_best", lambda *_: False)
    engine = load_engine("auto", copier, DecodeOptions(beam_size=1), compute_type="float32", device="cpu")
    assert (engine.name, engine.compute_type) == ("ct2", "float32")
    engine.close()
