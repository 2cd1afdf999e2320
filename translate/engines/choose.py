"""The one switch between engines: which there are, and which is meant."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from translate.engines.base import DecodeOptions, Engine
from translate.errors import EngineError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from translate.marian.model import LocalModel

__all__ = ["CONSTRAINED", "DEVICES", "ENGINES", "is_native_best", "load_engine", "load_in_processes"]

ENGINES = {
    "ct2": "translate.engines.ct2.engine:Ct2Engine",
    "native": "translate.engines.native.engine:NativeEngine",
    "torch": "translate.engines.torch.engine:TorchEngine",
    "transformers": "translate.engines.transformers.engine:TransformersEngine",
}
"""Where each engine lives; imported only when it is chosen."""

_FOR_TESTS = {"fake": "translate.engines.fake:FakeEngine"}
"""Can be named, and is listed nowhere."""

CONSTRAINED = ("native", "torch", *_FOR_TESTS)
"""Engines that can be made to write something; see `Engine.submit`."""

_INTEGERS = ("int16", "int8")
"""Number formats in which native is faster than CTranslate2, and loses less (docs/performance.md)."""

DEVICES = ("auto", "cpu", "cuda")


def load_engine(
    name: str,
    model: LocalModel,
    options: DecodeOptions,
    *,
    compute_type: str | None = None,
    threads: int | None = None,
    device: str = "auto",
) -> Engine:
    """Load a model into an engine.

    Args:
        name: one of `ENGINES`, or ``auto``: torch on a CUDA device; on a CPU native where that uses all that the
            processor has and can do what is asked (`is_native_best`), in integers, else ct2.
        model: a verified model.
        options: how to search.
        compute_type: number format of the products; the engine's own choice for the device when None.
        threads: CPU cores to use; all that this process may use when None.
        device: ``cpu``, ``cuda``, or ``auto``: a CUDA device if there is one for torch and transformers, the
            CPU for ct2 and native.

    Raises:
        UnknownNameError: no such engine or device.
        ModelError: the model is not one from Chinese to English.
        UsageError: the engine cannot compute in ``compute_type`` here, or ``threads`` is below 1.
        ModelDamagedError: the model's files are not a MarianMT model.
        EngineError: the device is not there.
    """
    if name not in ("auto", *ENGINES, *_FOR_TESTS):
        raise UnknownNameError("engine", name, ["auto", *ENGINES])
    if device not in DEVICES:
        raise UnknownNameError("device", device, DEVICES)
    if threads is not None and threads < 1:
        raise UsageError(f"{threads} threads cannot work; give 1 or more")
    model.spec.languages.check(model.spec.name)
    if name not in _FOR_TESTS:
        device = _device_of(name, device)
    if name == "auto":
        name = _engine_for(device, model, options, compute_type)
    module, _, cls = (ENGINES | _FOR_TESTS)[name].partition(":")
    try:
        engine_class = getattr(import_module(module), cls)
    except ImportError as error:
        raise EngineError(f"engine {name!r} cannot be imported: {error}; reinstall duizhao") from error
    engine: Engine = engine_class(model, options, compute_type=compute_type, threads=threads, device=device)
    return engine


def load_in_processes(
    n: int,
    name: str,
    model: LocalModel,
    options: DecodeOptions,
    *,
    compute_type: str | None = None,
    threads: int | None = None,
    device: str = "auto",
    deadline: float | None = None,
) -> Engine:
    """Load a model into ``n`` engines, each in a process of its own; they are one engine to whoever uses it.

    Args:
        n: how many.
        name: see `load_engine`; so are the others.
        model: a verified model.
        options: how to search.
        compute_type: number format of the products.
        threads: CPU cores in all; one a process when None.
        device: where they compute.
        deadline: seconds without any answer after which a process is killed.

    Raises:
        DuizhaoError: as `load_engine` does.
    """
    from translate.engines.fake import count_characters
    from translate.engines.processes.engine import ProcessEngine
    from translate.marian.vocabulary import MarianVocabulary

    each = 1 if threads is None else max(1, threads // n)
    sent = replace(model, spec=replace(model.spec, files=dict(model.spec.files)))  # a read-only view cannot be pickled
    make = partial(load_engine, name, sent, options, compute_type=compute_type, threads=each, device=device)
    count = count_characters if name in _FOR_TESTS else MarianVocabulary(model).count
    return ProcessEngine(make, count, n, **({} if deadline is None else {"deadline": deadline}))


def _device_of(name: str, device: str) -> str:
    """The device with no ``auto`` left; whether there is a GPU is asked of the library that would use it."""
    if device == "cpu" or (name in ("ct2", "native") and device == "auto"):
        return "cpu"
    if name == "native":
        return device  # which that engine refuses
    if name == "auto" and device == "auto" and not _ct2_has_cuda():
        # Asked first, since it answers at once, while torch takes seconds to import.
        return "cpu"
    if _ct2_has_cuda() if name == "ct2" else _torch_has_cuda():
        return "cuda"
    if device == "cuda":
        raise EngineError(
            "CTranslate2 sees no CUDA device here; use --device cpu"
            if name == "ct2"
            else "torch sees no CUDA device here (is it a CPU build?); use --device cpu"
        )
    return "cpu"


def _engine_for(device: str, model: LocalModel, options: DecodeOptions, compute_type: str | None) -> str:
    if device == "cuda":
        return "torch"
    return "native" if compute_type in (None, *_INTEGERS) and is_native_best(model, options) else "ct2"


def _ct2_has_cuda() -> bool:
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count() > 0)


def _torch_has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def is_native_best(model: LocalModel, options: DecodeOptions) -> bool:
    """Whether ``auto`` is the native engine: it can do what is asked, and uses the best that the processor has.

    On one with AVX-512 but not its VNNI (Intel's of 2017 and 2018) only CTranslate2 uses that.

    Args:
        model: a verified model.
        options: how to search.
    """
    from translate.engines.native import library as native_library
    from translate.engines.native import processor

    if native_library.why_not() or (processor.has("avx512bw") and not processor.has("avx512_vnni")):
        return False
    from translate.engines.native.engine import why_not

    return why_not(model, options) is None
