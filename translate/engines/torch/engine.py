"""MarianMT on torch, with a decoder of our own: exact in float32, and the engine for a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from translate.engines.base import DecodeOptions
from translate.engines.lane_engine import LaneEngine, bound_settings, settings_for
from translate.engines.phrases import starts_of
from translate.engines.workers import usable_cores
from translate.errors import UsageError
from translate.marian.config import read_config
from translate.marian.vocabulary import MarianVocabulary
from translate.marian.weights import read_weights

if TYPE_CHECKING:
    from translate.engines.torch.batch import TorchBatch
    from translate.engines.torch.fixed_batch import FixedBatch
    from translate.marian.model import LocalModel
    from translate.marian.settings import SearchSettings

__all__ = ["TorchEngine"]

_REFILL_ON_CPU, _REFILL_ON_GPU = 1.0, 0.25
"""Share of a batch that has to be free for others to join. On a CPU products of fewer rows cost less; what joins late
has attention read as many slots as the longest sentence has, and that costs more than full batches save
(docs/performance.md). On a GPU a step costs nearly the same for any number of rows, but so does reading new sources."""

COMPUTE_TYPES = ("float32", "bfloat16", "float16")


class TorchEngine(LaneEngine):
    """Translates with `Decoder`, which in float32 writes exactly what ``MarianMTModel.generate`` does; see `Engine`.

    Args:
        model: a verified model.
        options: how to search.
        compute_type: ``float32`` (the default), ``bfloat16`` or ``float16``.
        threads: cores to use. Each works on a batch of its own: two that share a product wait for each other at the
            end of every one.
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
        from translate.engines.torch.fixed_batch import most_places
        from translate.engines.torch.network import Marian
        from translate.engines.torch.threads import threads_of_their_own

        vocabulary = MarianVocabulary(model)
        settings, start_id = settings_for(model, options, vocabulary), read_config(model).decoder_start_token_id
        network = Marian.load(read_weights(model), getattr(torch, compute_type), torch.device(device))
        on_cpu = device == "cpu"
        n_lanes = (threads or usable_cores()) if on_cpu else 1

        n_places = None
        if not on_cpu and options.shortlist is None:
            n_places = most_places(network, settings.n_beams, torch.cuda.mem_get_info(network.device)[0])

        def new_batches(
            wanted: SearchSettings, starts: bytes | None = None, n_places: int | None = None
        ) -> list[TorchBatch[Any] | FixedBatch[Any]]:
            decoders = (
                Decoder(network, wanted, start_id, options.shortlist, starts, n_places=n_places) for _ in range(n_lanes)
            )
            return [decoder.new_batch() for decoder in decoders]

        with threads_of_their_own(1 if on_cpu else None) as on_start:
            super().__init__(
                model,
                vocabulary,
                name="torch",
                compute_type=compute_type,
                batches=new_batches(settings, n_places=n_places),
                bound_batches=lambda: new_batches(bound_settings(settings), starts_of(vocabulary)),
                refill=_REFILL_ON_CPU if on_cpu else _REFILL_ON_GPU,
                on_start=on_start,
                n_places=n_places,
            )
