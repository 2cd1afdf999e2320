"""MarianMT in compiled code of our own (``translate/engines/native``): the fastest engine on a CPU.

Products are of 16-bit integers, which processors multiply twice as fast as floats and which lose a tenth of what
bfloat16 does (``native/rows.h``), or of bytes (``native/bytes.h``); everything else is float32. Nothing is padded, and
no row's bits depend on what stands beside it, nor on which instructions multiply: a translation is the same in any
batch and on any processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from translate.engines.base import DecodeOptions
from translate.engines.lane_engine import LaneEngine, bound_settings, settings_for
from translate.engines.lanes import Ended
from translate.engines.native import library as native
from translate.engines.phrases import candidates_of, phrases_of, starts_of
from translate.engines.workers import usable_cores
from translate.errors import EngineError, UsageError
from translate.marian.config import read_config
from translate.marian.settings import SearchSettings, read_settings
from translate.marian.vocabulary import MarianVocabulary
from translate.marian.weights import read_arrays

if TYPE_CHECKING:
    from translate.marian.model import LocalModel
    from translate.marian.shortlist import Shortlist

__all__ = ["NativeEngine", "why_not"]

K = TypeVar("K")

_REFILL = 0.0
"""Share of a batch that has to be free for others to join: none, since whoever joins costs the others nothing."""


class NativeEngine(LaneEngine):
    """Translates with `NativeBatch`; see `Engine`.

    Args:
        model: a verified model.
        options: how to search.
        compute_type: ``int16`` (the default); ``int8``, which is faster where bytes are multiplied by an instruction
            of their own, and loses a little; or ``float32``, which takes twice as long.
        threads: cores to use. Each works on a batch of its own.
        device: ``cpu``.

    Raises:
        UsageError: no such compute type; or the model or its settings ask for what this engine lacks.
        ModelDamagedError: the files are not a MarianMT model.
        EngineError: it cannot run on this machine.
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
        compute_type = compute_type or "int16"
        if compute_type not in native.PRECISIONS:
            raise UsageError(
                f"the native engine cannot compute in {compute_type!r}; it can in {', '.join(native.PRECISIONS)}"
            )
        if device != "cpu":
            raise UsageError(f"the native engine runs on the CPU, not on {device}; use --engine torch")
        if problem := native.why_not():
            raise EngineError(f"the native engine cannot run here: {problem}; or use --engine ct2")
        if problem := why_not(model, options):
            raise UsageError(f"the native engine cannot do this: {problem}; use --engine ct2 or torch")
        from translate.engines.native.weights import in_order, shape_of

        vocabulary, config = MarianVocabulary(model), read_config(model)
        settings = settings_for(model, options, vocabulary)
        shape = shape_of(config, compute_type, has_shortlist=options.shortlist is not None)
        network = native.NativeNetwork(shape, in_order(read_arrays(model)))

        def new_batches(wanted: SearchSettings, starts: bytes | None = None) -> list[NativeBatch[Any]]:
            return [
                NativeBatch(
                    native.NativeSearch.of(network, wanted, config.decoder_start_token_id), options.shortlist, starts
                )
                for _ in range(threads or usable_cores())
            ]

        super().__init__(
            model,
            vocabulary,
            name="native",
            compute_type=compute_type,
            batches=new_batches(settings),
            bound_batches=lambda: new_batches(bound_settings(settings), starts_of(vocabulary)),
            refill=_REFILL,
        )


def why_not(model: LocalModel, options: DecodeOptions) -> str | None:
    """What the native engine lacks for this; None where it can do it.

    Raises:
        ModelDamagedError: the model's settings are not those of a MarianMT.
    """
    from translate.engines.native import weights

    try:
        read_settings(model, options.beam_size, options.length_penalty)
    except UsageError as error:
        return str(error)
    return weights.why_not(read_config(model))


class NativeBatch(Generic[K]):
    """A `DecodingBatch` in compiled code."""

    n_vacant = 0
    """Reading sources is what costs, and does less for several of them together than for one after the other."""

    def __init__(self, search: native.NativeSearch, shortlist: Shortlist | None, starts: bytes | None = None) -> None:
        self._search, self._shortlist = search, shortlist
        self._is_bound = starts is not None
        if starts is not None:
            search.know_starts(starts)
        self._inside: dict[int, tuple[K, int]] = {}
        self._numbers = count()

    def __len__(self) -> int:
        """Sentences in the batch."""
        return len(self._inside)

    @property
    def keys(self) -> Sequence[K]:
        """Of the sentences in the batch."""
        return [key for key, _ in self._inside.values()]

    @property
    def n_source(self) -> int:
        """Source tokens of the longest sentence in the batch; 0 of none."""
        return max((n_source for _, n_source in self._inside.values()), default=0)

    def admit(self, sentences: Sequence[tuple[K, Sequence[int], int]]) -> list[Ended[K]]:
        """Read the sources; none ends before the next step."""
        numbers = [next(self._numbers) for _ in sentences]
        sources = [ids for _, ids, _ in sentences]
        own = [candidates_of(self._shortlist, ids).tolist() for ids in sources] if self._shortlist else []
        forms = [phrases_of(ids) for ids in sources] if self._is_bound else None
        self._search.admit(sources, [cap for _, _, cap in sentences], numbers, own, forms)
        for number, (key, ids, _) in zip(numbers, sentences, strict=True):
            self._inside[number] = key, len(ids)
        return []

    def step(self) -> list[Ended[K]]:
        """Write one token more of every sentence; returns what has ended."""
        found = self._search.step()
        return [Ended(self._inside.pop(number)[0], target, total) for number, target, total in found]

    def clear(self) -> None:
        """Drop all sentences."""
        self._search.clear()
        self._inside.clear()
