"""The compiled part (``translate/engines/native``), found and declared: plain C functions, called through ctypes.

ctypes lets go of the interpreter while a function runs, so each thread has a core of its own.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from translate.engines.native import processor
from translate.engines.native.compile import FOLDER, LIBRARY, digest, is_for_this_processor
from translate.errors import EngineError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from translate.engines.phrases import Form
    from translate.marian.settings import SearchSettings

__all__ = [
    "ACTIVATIONS",
    "EARLY_STOPPING",
    "INSTRUCTIONS",
    "PRECISIONS",
    "NativeNetwork",
    "NativeSearch",
    "NativeSettings",
    "NativeShape",
    "instructions",
    "version",
    "why_not",
]

_PATH = FOLDER / LIBRARY
_AGAIN = "install duizhao again"

PRECISIONS = {"float32": 0, "int16": 1, "int8": 2}
ACTIVATIONS = {"swish": 1, "silu": 1, "relu": 2, "gelu": 3}
INSTRUCTIONS = ("avx2", "avx_vnni", "avx512", "amx")
"""What is computed with, the fastest last (``native/instructions.h``)."""
EARLY_STOPPING: dict[bool | str, int] = {False: 0, True: 1, "never": 2}


class NativeShape(ctypes.Structure):
    """``duizhao::Shape``: sizes of a network."""

    _fields_ = (
        *((name, ctypes.c_int32) for name in (
            "width", "encoder_heads", "decoder_heads", "encoder_inner", "decoder_inner", "encoder_layers",
            "decoder_layers", "n_source", "n_target", "n_positions", "activation", "precision", "has_shortlist",
            "instructions",
        )),
        ("embedding_scale", ctypes.c_float),
    )  # fmt: skip


class NativeSettings(ctypes.Structure):
    """``duizhao::Settings``: how to search."""

    _fields_ = (
        *((name, ctypes.c_int32) for name in (
            "n_beams", "eos_id", "start_id", "early_stopping", "forced_eos", "renormalize",
        )),
        ("length_penalty", ctypes.c_double),
    )  # fmt: skip


def why_not() -> str | None:
    """Why the compiled part cannot run here; None where it can."""
    if not is_for_this_processor() or not processor.has("avx2", "fma"):
        return "it is written for x86-64 processors with AVX2, and for Linux"
    if not _PATH.is_file():
        return f"it was not compiled when duizhao was installed; install a C++ compiler, then {_AGAIN}"
    try:
        made_of = _open().duizhao_digest().decode()
    except (OSError, AttributeError) as error:
        return f"{error}; {_AGAIN}"
    if made_of != digest():
        return f"it was compiled from other sources ({made_of}) than those beside it ({digest()}); {_AGAIN}"
    return None


def version() -> str | None:
    """16 hexadecimal digits of the sources of the compiled part; None where it cannot run."""
    return digest() if why_not() is None else None


def instructions() -> str:
    """What products are taken with here: the fastest of `INSTRUCTIONS` that this processor has, or a lesser one.

    ``DUIZHAO_INSTRUCTIONS`` names the lesser one, to compare them. What is written does not depend on it.

    Raises:
        EngineError: the compiled part cannot run here.
        UsageError: no such instructions, or this processor lacks them.
    """
    bits = _library().duizhao_instructions()
    if bits < 0:
        raise _failure()
    usable = [name for place, name in enumerate(INSTRUCTIONS) if bits >> place & 1]
    wanted = os.environ.get("DUIZHAO_INSTRUCTIONS") or usable[-1]
    if wanted not in usable:
        raise UsageError(f"DUIZHAO_INSTRUCTIONS is {wanted!r}; this processor has {', '.join(usable)}")
    return wanted


class NativeNetwork:
    """Weights, packed; to be shared by any number of searches.

    Args:
        shape: its sizes.
        arrays: float32, in the order in which ``network.h`` asks for them.

    Raises:
        EngineError: there is no memory for it.
    """

    def __init__(self, shape: NativeShape, arrays: Sequence[NDArray[np.float32]]) -> None:
        import numpy as np

        self._library = _library()
        shape.instructions = INSTRUCTIONS.index(instructions())
        flat = [np.ascontiguousarray(array, np.float32) for array in arrays]
        pointers = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in flat))
        self._handle = self._library.duizhao_network(ctypes.byref(shape), pointers, len(arrays))
        if not self._handle:
            raise _failure()
        # Embeddings and positions are not copied.
        self._arrays = flat[:4]

    def __del__(self) -> None:
        if handle := getattr(self, "_handle", None):
            self._library.duizhao_network_free(handle)


class NativeSearch:
    """The search of a batch of sentences; one thread at a time.

    Args:
        network: the weights.
        settings: how to search.
        banned: tokens that are never written.

    Raises:
        EngineError: there is no memory for it.
    """

    def __init__(self, network: NativeNetwork, settings: NativeSettings, banned: Sequence[int]) -> None:
        self._library, self._network = _library(), network
        self._handle = self._library.duizhao_batch(network._handle, ctypes.byref(settings), *_ints(banned))
        if not self._handle:
            raise _failure()

    @classmethod
    def of(cls, network: NativeNetwork, wanted: SearchSettings, start_id: int) -> NativeSearch:
        """One that searches as wanted, from this token on."""
        settings = NativeSettings(
            n_beams=wanted.n_beams,
            eos_id=wanted.eos_id,
            start_id=start_id,
            early_stopping=EARLY_STOPPING[wanted.early_stopping],
            forced_eos=wanted.forced_eos,
            renormalize=wanted.renormalize,
            length_penalty=wanted.length_penalty,
        )
        return cls(network, settings, sorted(set(wanted.banned)))

    def __del__(self) -> None:
        if handle := getattr(self, "_handle", None):
            self._library.duizhao_batch_free(handle)

    def admit(
        self,
        ids: Sequence[Sequence[int]],
        caps: Sequence[int],
        keys: Sequence[int],
        candidates: Sequence[Sequence[int]] = (),
        forms: Sequence[Sequence[Form]] | None = None,
    ) -> None:
        """Read sources, whose targets begin at the next step.

        Args:
            ids: source ids of each, end of sentence included; none empty.
            caps: most target tokens of each.
            keys: by which `step` names each.
            candidates: target ids that each may be written with, ascending; given if the network has a shortlist.
            forms: what each target is to have; only after `know_starts`, and then always.

        Raises:
            EngineError: there is no memory for it.
        """
        names = (ctypes.c_int64 * len(keys))(*keys)
        lists = [*_lists(candidates)] if candidates else [None, None]
        lists += [None, None] if forms is None else _lists([_flat(own) for own in forms])
        if self._library.duizhao_batch_admit(self._handle, len(ids), *_lists(ids), _ints(caps)[0], names, *lists) < 0:
            raise _failure()

    def know_starts(self, starts: bytes) -> None:
        """Tell of every target token what `translate.engines.phrases.starts_of` does."""
        self._library.duizhao_batch_starts(self._handle, starts, len(starts))

    def step(self) -> list[tuple[int, list[int], float]]:
        """Write one token more of every sentence.

        Returns:
            Key, target ids and log-probability of those that have ended, which are no longer in the batch.

        Raises:
            EngineError: there is no memory for it.
        """
        n_ended = self._library.duizhao_batch_step(self._handle)
        if n_ended < 0:
            raise _failure()
        return [self._ended(index) for index in range(n_ended)]

    def clear(self) -> None:
        """Drop all sentences."""
        self._library.duizhao_batch_clear(self._handle)

    def _ended(self, index: int) -> tuple[int, list[int], float]:
        key, log_probability = ctypes.c_int64(), ctypes.c_float()
        target = ctypes.POINTER(ctypes.c_int32)()
        n_tokens = self._library.duizhao_batch_ended(
            self._handle, index, ctypes.byref(key), ctypes.byref(target), ctypes.byref(log_probability)
        )
        return key.value, target[:n_tokens], log_probability.value


@cache
def _open() -> Any:
    library = ctypes.CDLL(str(_PATH))
    library.duizhao_digest.restype = ctypes.c_char_p
    return library


@cache
def _library() -> Any:
    if problem := why_not():
        raise EngineError(f"the native engine cannot run here: {problem}")
    library = _open()
    library.duizhao_error.restype = ctypes.c_char_p
    for name in ("network", "batch"):
        getattr(library, f"duizhao_{name}").restype = ctypes.c_void_p
        getattr(library, f"duizhao_{name}_free").argtypes = (ctypes.c_void_p,)
    handle = ctypes.c_void_p
    library.duizhao_network.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32)
    library.duizhao_batch.argtypes = (handle, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int32)
    library.duizhao_batch_clear.argtypes = library.duizhao_batch_step.argtypes = (handle,)
    library.duizhao_batch_admit.argtypes = (handle, ctypes.c_int32, *[ctypes.c_void_p] * 8)
    library.duizhao_batch_starts.argtypes = (handle, ctypes.c_char_p, ctypes.c_int32)
    library.duizhao_batch_starts.restype = None
    library.duizhao_batch_ended.argtypes = (handle, ctypes.c_int32, *[ctypes.c_void_p] * 3)
    return library


def _ints(values: Sequence[int]) -> tuple[Any, int]:
    return (ctypes.c_int32 * len(values))(*values), len(values)


def _lists(lists: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    """All numbers one behind the other, and the lengths of the lists."""
    return _ints([number for each in lists for number in each])[0], _ints([len(each) for each in lists])[0]


def _flat(forms: Sequence[Form]) -> list[int]:
    """Forms as ``interface.cpp`` reads them."""
    return [n for each in forms for n in (each.phrase, each.is_closed + 2 * each.where, len(each.tokens), *each.tokens)]


def _failure() -> EngineError:
    problem: bytes = _library().duizhao_error()
    return EngineError(f"the native engine failed: {problem.decode(errors='replace')}")
