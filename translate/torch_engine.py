"""MarianMT on torch, with a decoder of our own: exact in float32, and the engine for a GPU."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Literal

from translate.engine import DecodeOptions, Found, Hypothesis, check_batch, translate_ids
from translate.errors import EngineError, ModelDamagedError, UsageError
from translate.tokenizer import MarianVocabulary
from translate.weights import read_json, read_shape, read_weights, settings_file
from translate.workers import Workers, usable_cores

if TYPE_CHECKING:
    import torch

    from translate.decoder import Decoder
    from translate.marian import Marian
    from translate.registry import LocalModel

__all__ = ["TorchEngine"]

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

        from translate.decoder import read_settings

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
        self._network: Marian | None = _load(model, getattr(torch, self.compute_type), torch.device(device))
        self._decoders = threading.local()
        self._closing = threading.Event()
        n_workers = (threads or usable_cores()) if on_cpu else 1
        # For each that runs one waits ready.
        self.capacity = 2 * n_workers
        self._workers = Workers(n_workers, "torch")

    def count_tokens(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        return self._vocabulary.count(sentences)

    def submit(self, sentences: Sequence[str], max_length: int | None = None) -> Future[list[Hypothesis]]:
        """Translate one batch; see `Engine`. A sentence without tokens has the empty translation."""
        ids = self._vocabulary.encode(sentences)
        check_batch(sentences, [len(each) for each in ids], self.max_source_tokens)
        cap = min(max_length or self.max_target_tokens, self.max_target_tokens)
        return self._workers.submit(lambda: translate_ids(ids, self.search, self._vocabulary.decode, cap))

    def close(self) -> None:
        """Stop what runs at its next token, end the threads, free the weights."""
        self._closing.set()
        self._workers.close()
        self._network = None
        self._decoders = threading.local()

    def search(self, ids: Sequence[Sequence[int]], cap: int) -> list[Found]:
        """Best target of each source, all of them one batch.

        Args:
            ids: source ids, end of sentence included.
            cap: most target tokens, end of sentence included.

        Raises:
            EngineError: the engine was closed meanwhile.
        """
        found = self._decoder().search(ids, cap, self._stop_when_closing)
        return [self._found(target, total, cap) for target, total in found]

    def score(self, ids: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[float]:
        """Mean log-probability per token of given targets (forced decoding), in nats.

        The pad token, which the search never writes, has no share of the probability; with a shortlist all others
        still have theirs.

        Args:
            ids: source ids, end of sentence included.
            targets: target ids, end of sentence included where the target has one; none empty.
        """
        totals = self._decoder().score(ids, targets)
        return [total / len(target) for total, target in zip(totals, targets, strict=True)]

    def _decoder(self) -> Decoder:
        """This thread's own."""
        from translate.decoder import Decoder

        if self._network is None:
            raise EngineError("the engine is closed; load it again")
        if not hasattr(self._decoders, "own"):
            self._decoders.own = Decoder(self._network, self._settings, self._start_id, self._shortlist)
        own: Decoder = self._decoders.own
        return own

    def _found(self, target: list[int], total: float, cap: int) -> Found:
        """An end of sentence is written at the cap in any case, so one that stands there proves nothing."""
        ended = target[-1] == self._eos_id
        finish: Literal["eos", "length"] = "eos" if ended and len(target) < cap else "length"
        return Found(target[:-1] if ended else target, total / len(target), len(target), finish)

    def _stop_when_closing(self) -> None:
        if self._closing.is_set():
            raise EngineError("the engine was closed while it translated")


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
