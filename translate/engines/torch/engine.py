"""MarianMT on torch, with a decoder of our own: exact in float32, and the engine for a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from translate.engines.base import DecodeOptions
from translate.engines.lane_engine import LaneEngine, settings_of
from translate.engines.workers import usable_cores
from translate.errors import EngineError, ModelDamagedError, UsageError
from translate.marian.weights import read_json, read_shape, read_weights

if TYPE_CHECKING:
    import torch

    from translate.engines.torch.decoder import Decoder
    from translate.engines.torch.network import Marian
    from translate.marian.find import LocalModel

__all__ = ["TorchEngine"]


_REFILL_ON_CPU, _REFILL_ON_GPU = 1.0, 0.0
"""See `Lanes`. On a CPU products of fewer rows cost less; what joins late has attention read as many slots as the
longest sentence has, and that costs more than full batches save (docs/performance.md). On a GPU a step costs nearly the
same for any number of rows."""

COMPUTE_TYPES = ("float32", "bfloat16", "float16")


class TorchEngine(LaneEngine):
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

    def __init__(
        self,
        model: LocalModel,
        options: DecodeOptions,
        *,
        compute_type: str | None = None,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        compute_type = compute_type or "float32"
        if compute_type not in COMPUTE_TYPES:
            raise UsageError(f"torch cannot compute in {compute_type!r}; it can in {', '.join(COMPUTE_TYPES)}")
        import torch

        from translate.engines.torch.decoder import Decoder

        on_cpu = device == "cpu"
        if on_cpu:
            torch.set_num_threads(1)
        settings, start_id = settings_of(model, options), read_shape(model).pad_id
        network = _load(model, getattr(torch, compute_type), torch.device(device))
        self._decode: Callable[[], Decoder] = partial(Decoder, network, settings, start_id, options.shortlist)
        n_lanes = (threads or usable_cores()) if on_cpu else 1
        batches = [self._decode().run() for _ in range(n_lanes)]
        super().__init__(model, "torch", compute_type, batches, _REFILL_ON_CPU if on_cpu else _REFILL_ON_GPU)

    def close(self) -> None:
        """Stop what runs at its next token, end the threads, free the weights."""
        super().close()
        self._decode = _closed

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


def _closed() -> Decoder:
    raise EngineError("the engine is closed; load it again")


def _load(model: LocalModel, dtype: torch.dtype, device: torch.device) -> Marian:
    """The network with all its weights.

    Raises:
        ModelDamagedError: the weights do not fit the configuration.
    """
    from translate.engines.torch.network import Marian

    config, weights = read_json(model, "config.json"), read_weights(model)
    try:
        return Marian.load(config, weights, dtype, device)
    except KeyError as error:
        problem = f"{error.args[0]} is missing"
    except (ValueError, TypeError, RuntimeError) as error:
        problem = str(error)
    raise ModelDamagedError(f"weights of model {model.spec.name!r} do not fit its config.json: {problem}")
