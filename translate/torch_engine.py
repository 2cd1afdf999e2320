"""MarianMT on torch, with a decoder of our own: exact in float32, and the engine for a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from translate.engine import DecodeOptions, Found, Hypothesis, check_batch, hypotheses, with_tokens
from translate.errors import EngineError, ModelDamagedError, UsageError
from translate.tokenizer import MarianVocabulary
from translate.weights import read_json, read_shape, read_weights, settings_file
from translate.workers import usable_cores

if TYPE_CHECKING:
    import torch

    from translate.decoder import Decoder
    from translate.marian import Marian
    from translate.registry import LocalModel
    from translate.running import Ended

__all__ = ["TorchEngine"]


_REFILL_ON_CPU, _REFILL_ON_GPU = 1.0, 0.0
"""See `Lanes`. On a CPU products of fewer rows cost less; what joins late has attention read as many slots as the
longest sentence has, and that costs more than full batches save (docs/performance.md). On a GPU a step costs nearly the
same for any number of rows."""

COMPUTE_TYPES = ("float32", "bfloat16", "float16")


class TorchEngine:
    """Translates with `Decoder`, which in float32 writes exactly what ``MarianMTModel.generate`` does; see `Engine`.

    Args:
        model: a verified model.
        options: how to search.
        compute_type: ``float32`` (the default), ``bfloat16`` or ``float16``.
        threads: cores to use. Each works on a batch of its own: two that share a product wait for each other at the
            end of every one. For that, torch's number of threads is set to 1 for the whole process.
        device: ``cpu`` or ``cuda``.

    Raises:
        UsageError: no such compute type, or the model's settings ask for a search that we do not have.
        ModelDamagedError: the files are not a MarianMT model.
    """

    name = "torch"

    def __init__(
        self,
        model: LocalModel,
        options: DecodeOptions,
        *,
        compute_type: str | None = None,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.compute_type = compute_type or "float32"
        if self.compute_type not in COMPUTE_TYPES:
            raise UsageError(f"torch cannot compute in {self.compute_type!r}; it can in {', '.join(COMPUTE_TYPES)}")
        import torch

        from translate.decoder import Decoder, read_settings
        from translate.lanes import Lanes

        on_cpu = device == "cpu"
        if on_cpu:
            torch.set_num_threads(1)
        shape = read_shape(model)
        self.max_source_tokens, self.max_target_tokens = shape.n_source, shape.n_target
        self._start_id, self._eos_id = shape.pad_id, shape.eos_id
        self._vocabulary, self._shortlist = MarianVocabulary(model), options.shortlist
        name = settings_file(model)
        try:
            self._settings = read_settings(read_json(model, name), options.beam_size, options.length_penalty)
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{name} of model {model.spec.name!r}: {error}; use --engine ct2") from error
        network = _load(model, getattr(torch, self.compute_type), torch.device(device))
        self._decode: Callable[[], Decoder] = partial(Decoder, network, self._settings, self._start_id, self._shortlist)
        n_lanes = (threads or usable_cores()) if on_cpu else 1
        # For each that is written others wait, to take the places of its sentences.
        self.capacity = 4 * n_lanes
        batches = [self._decode().run() for _ in range(n_lanes)]
        self._lanes = Lanes(batches, "torch", _REFILL_ON_CPU if on_cpu else _REFILL_ON_GPU)

    def count_tokens(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        return self._vocabulary.count(sentences)

    def submit(self, sentences: Sequence[str], max_length: int | None = None) -> Future[list[Hypothesis]]:
        """Translate one batch; see `Engine`. A sentence without tokens has the empty translation."""
        ids = self._vocabulary.encode(sentences)
        check_batch(sentences, [len(each) for each in ids], self.max_source_tokens)
        cap = min(max_length or self.max_target_tokens, self.max_target_tokens)
        full = with_tokens(ids)
        return self._lanes.submit(
            [ids[index] for index in full],
            cap,
            lambda ended: hypotheses(len(ids), full, self._found(ended, cap), self._vocabulary.decode),
        )

    def close(self) -> None:
        """Stop what runs at its next token, end the threads, free the weights."""
        self._lanes.close()
        self._decode = _closed

    def search(self, ids: Sequence[Sequence[int]], cap: int) -> list[Found]:
        """Best target of each source.

        Args:
            ids: source ids, end of sentence included; none empty.
            cap: most target tokens, end of sentence included.

        Raises:
            EngineError: the engine was closed meanwhile.
        """
        return self._lanes.submit(ids, cap, lambda ended: self._found(ended, cap)).result()

    def score(self, ids: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[float]:
        """Mean log-probability per token of given targets (forced decoding), in nats.

        The pad token, which the search never writes, has no share of the probability; with a shortlist all others
        still have theirs.

        Args:
            ids: source ids, end of sentence included.
            targets: target ids, end of sentence included where the target has one; none empty.
        """
        totals = self._decode().score(ids, targets)
        return [total / len(target) for total, target in zip(totals, targets, strict=True)]

    def _found(self, ended: Sequence[Ended[Any]], cap: int) -> list[Found]:
        return [self._found_one(each.target, each.log_probability, cap) for each in ended]

    def _found_one(self, target: list[int], total: float, cap: int) -> Found:
        """An end of sentence is written at the cap in any case, so one that stands there proves nothing."""
        ended = target[-1] == self._eos_id
        finish: Literal["eos", "length"] = "eos" if ended and len(target) < cap else "length"
        return Found(target[:-1] if ended else target, total / len(target), len(target), finish)


def _closed() -> Decoder:
    raise EngineError("the engine is closed; load it again")


def _load(model: LocalModel, dtype: torch.dtype, device: torch.device) -> Marian:
    """The network with all its weights.

    Raises:
        ModelDamagedError: the weights do not fit the configuration.
    """
    from translate.marian import Marian

    config, weights = read_json(model, "config.json"), read_weights(model)
    try:
        return Marian.load(config, weights, dtype, device)
    except KeyError as error:
        problem = f"{error.args[0]} is missing"
    except (ValueError, TypeError, RuntimeError) as error:
        problem = str(error)
    raise ModelDamagedError(f"weights of model {model.spec.name!r} do not fit its config.json: {problem}")
