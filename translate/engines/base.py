"""The seam between text and a neural network: protocol, options, results, and the one switch between engines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal, Protocol

from translate.errors import EngineError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from translate.marian.catalogue import LocalModel
    from translate.marian.shortlist import Shortlist

__all__ = ["ENGINES", "DecodeOptions", "Engine", "Hypothesis", "load_engine"]

ENGINES = {
    "ct2": "translate.engines.ct2.engine:Ct2Engine",
    "fake": "translate.engines.fake:FakeEngine",
    "native": "translate.engines.native.engine:NativeEngine",
    "torch": "translate.engines.torch.engine:TorchEngine",
}
"""Where each engine lives; imported only when it is chosen."""

DEVICES = ("auto", "cpu", "cuda")

TORCH_FIRST_ON_BF16_CPUS = False
"""Whether ``auto`` is torch in bfloat16, and not ct2, on a CPU that has instructions for bfloat16.

Off until ``benchmarks/throughput.py`` has shown on such a machine that it is faster: see docs/performance.md.
"""


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How hypotheses are searched for; fixed for the life of an engine.

    Attributes:
        beam_size: hypotheses kept at each step; 1 is greedy search.
        length_penalty: exponent on the hypothesis length by which its summed log-probability is divided.
        shortlist: what a sentence may be translated with, for the model's vocabulary; any token when None.

    Raises:
        UsageError: the beam size is below 1.
    """

    beam_size: int = 6
    length_penalty: float = 1.0
    shortlist: Shortlist | None = None

    def __post_init__(self) -> None:
        if self.beam_size < 1:
            raise UsageError(f"beam size {self.beam_size} is below 1; use 1 for greedy search, 4 to 6 for quality")


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The best translation found for one sentence.

    Attributes:
        text: detokenised English.
        score: mean log-probability per target token (end of sentence included), in nats; at most 0. With a shortlist
            it is that among the sentence's candidates, which is higher.
        n_tokens: target tokens, end of sentence included.
        finish: ``"eos"`` when the model ended the sentence, ``"length"`` when the cap did.
    """

    text: str
    score: float
    n_tokens: int
    finish: Literal["eos", "length"]


class Engine(Protocol):
    """A loaded model that translates batches. Owns tokenisation; turns foreign errors into ours.

    Attributes:
        name: ``"torch"``, ``"ct2"`` …, as in the signature.
        compute_type: number format of the products, as in the signature (``"float32"``, ``"int8"`` …).
        capacity: batches that may be in flight for the machine to be busy.
        max_source_tokens: longest source it takes, in tokens, end of sentence included.
        max_target_tokens: the model's own length cap.
    """

    name: str
    compute_type: str
    capacity: int
    max_source_tokens: int
    max_target_tokens: int

    def count_tokens(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        ...

    def submit(self, sentences: Sequence[str], max_length: int | None = None) -> Future[list[Hypothesis]]:
        """Translate one batch; the result has one hypothesis a sentence, in order.

        Args:
            sentences: at least one; each within ``max_source_tokens``, or `EngineError` (never truncated).
            max_length: cap on target tokens, end of sentence included; the model's own when None.
        """
        ...

    def close(self) -> None:
        """Give back memory and threads; a second call does nothing."""
        ...


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
        name: ``ct2``, ``native``, ``torch``, ``fake``, or ``auto``: torch on a CUDA device; on a CPU native where that
            uses all that the processor has and can do what is asked (`is_native_best`), else ct2.
        model: a verified model.
        options: how to search.
        compute_type: number format of the products; the engine's own choice for the device when None.
        threads: CPU cores to use; all that this process may use when None.
        device: ``cpu``, ``cuda``, or ``auto``: for torch a CUDA device if there is one, for ct2 the CPU.

    Raises:
        UnknownNameError: no such engine or device.
        UsageError: the engine cannot compute in ``compute_type`` here, or ``threads`` is below 1.
        ModelDamagedError: the model's files are not a MarianMT model.
        EngineError: the device is not there.
    """
    if name not in ("auto", *ENGINES):
        raise UnknownNameError("engine", name, ["auto", *ENGINES])
    if device not in DEVICES:
        raise UnknownNameError("device", device, DEVICES)
    if threads is not None and threads < 1:
        raise UsageError(f"{threads} threads cannot work; give 1 or more")
    is_auto = name == "auto"
    if name != "fake":
        name, device = _choose(name, device)
    if is_auto and device == "cpu":
        if compute_type in (None, "bfloat16") and _is_torch_faster():
            name, compute_type = "torch", "bfloat16"
        elif compute_type in (None, "int16") and is_native_best(model, options):
            name = "native"
    module, _, cls = ENGINES[name].partition(":")
    try:
        engine_class = getattr(import_module(module), cls)
    except ImportError as error:
        raise EngineError(f"engine {name!r} cannot be imported: {error}; reinstall duizhao") from error
    engine: Engine = engine_class(model, options, compute_type=compute_type, threads=threads, device=device)
    return engine


def _choose(name: str, device: str) -> tuple[str, str]:
    """Engine and device with no ``auto`` left: torch where it sees a CUDA device, else ct2 on the CPU."""
    if device == "cpu" or (name in ("ct2", "native") and device == "auto"):
        return ("ct2" if name == "auto" else name), "cpu"
    import ctranslate2

    # CTranslate2 is asked first: it answers at once, while torch takes seconds to import.
    has_cuda = ctranslate2.get_cuda_device_count() > 0
    if has_cuda and name != "ct2":
        import torch

        has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise EngineError("no CUDA device can be used here (is torch a CPU build?); use --device cpu")
    if not has_cuda:
        return ("ct2" if name == "auto" else name), "cpu"
    return ("torch" if name == "auto" else name), "cuda"


def _is_torch_faster() -> bool:
    """Whether torch is faster than ct2 on this CPU, as far as has been measured."""
    from translate.engines.native import processor

    return TORCH_FIRST_ON_BF16_CPUS and processor.has_bf16_products()


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


def check_batch(sentences: Sequence[str], n_tokens: Sequence[int], max_source_tokens: int) -> None:
    """Refuse what an engine must not be given.

    Raises:
        EngineError: a sentence is longer than the model reads; the message says which and by how much.
    """
    for index, (sentence, count) in enumerate(zip(sentences, n_tokens, strict=True)):
        if count > max_source_tokens:
            raise EngineError(
                f"sentence {index} of the batch has {count} tokens, the model reads at most {max_source_tokens}; "
                f"cut it first: {sentence[:20]!r}…"
            )


@dataclass(frozen=True, slots=True)
class Found:
    """What a search over ids returns.

    Attributes:
        ids: target ids, without the end of sentence.
        score: as in `Hypothesis`.
        n_tokens: as in `Hypothesis`.
        finish: as in `Hypothesis`.
    """

    ids: list[int]
    score: float
    n_tokens: int
    finish: Literal["eos", "length"]


def translate_ids(
    ids: Sequence[Sequence[int]],
    search: Callable[[Sequence[Sequence[int]], int], list[Found]],
    decode: Callable[[Sequence[int]], str],
    cap: int,
) -> list[Hypothesis]:
    """Search for the sources that have tokens; the others, of end of sentence alone, have the empty translation.

    Without this a model asked to translate nothing makes something up.

    Args:
        ids: source ids of each sentence, end of sentence included.
        search: finds the best target of each.
        decode: target ids to text.
        cap: most target tokens.
    """
    full = with_tokens(ids)
    found = search([ids[index] for index in full], cap) if full else []
    return hypotheses(len(ids), full, found, decode)


def with_tokens(ids: Sequence[Sequence[int]]) -> list[int]:
    """Places of the sources that have more than their end of sentence."""
    return [index for index, sentence in enumerate(ids) if len(sentence) > 1]


def hypotheses(
    n_sentences: int, full: Sequence[int], found: Sequence[Found], decode: Callable[[Sequence[int]], str]
) -> list[Hypothesis]:
    """What was found as text.

    Args:
        n_sentences: how many there are.
        full: places of those that were searched for; the others have the empty translation.
        found: what was found for them.
        decode: target ids to text.
    """
    made = [Hypothesis("", 0.0, 1, "eos")] * n_sentences
    for index, each in zip(full, found, strict=True):
        made[index] = Hypothesis(decode(each.ids), min(each.score, 0.0), each.n_tokens, each.finish)
    return made
