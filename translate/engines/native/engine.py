"""MarianMT in compiled code of our own (``translate/engines/native``): the fastest engine on a CPU.

Products are of 16-bit integers, which processors multiply twice as fast as floats and which lose a tenth of what
bfloat16 does (``native/rows.h``); everything else is float32. Nothing is padded, and no row's bits depend on what
stands beside it, nor on which instructions multiply: a translation is the same in any batch and on any processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from translate.engines.base import DecodeOptions
from translate.engines.lane_engine import LaneEngine, settings_of
from translate.engines.lanes import Ended
from translate.engines.native import library as native
from translate.engines.workers import usable_cores
from translate.errors import EngineError, ModelDamagedError, UsageError
from translate.marian.weights import read_arrays, read_json, read_shape

if TYPE_CHECKING:
    from translate.marian.find import LocalModel
    from translate.marian.shortlist import Shortlist

__all__ = ["NativeEngine", "why_not"]

K = TypeVar("K")

_REFILL = 0.0
"""See `Lanes`. Whoever joins costs the others nothing."""


class NativeEngine(LaneEngine):
    """Translates with `NativeBatch`; see `Engine`.

    Args:
        model: a verified model.
        options: how to search.
        compute_type: ``int16`` (the default), or ``float32``, which takes twice as long.
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
        wanted, start_id = settings_of(model, options), read_shape(model).pad_id
        network = _load(model, compute_type, has_shortlist=options.shortlist is not None)
        n_lanes = threads or usable_cores()
        writers = [native.Writer.of(network, wanted, start_id) for _ in range(n_lanes)]
        batches = [NativeBatch[Any](writer, options.shortlist) for writer in writers]
        super().__init__(model, "native", compute_type, batches, _REFILL)


def why_not(model: LocalModel, options: DecodeOptions) -> str | None:
    """What the native engine lacks for this; None where it can do it.

    Raises:
        ModelDamagedError: ``config.json`` is not that of a MarianMT.
    """
    from translate.engines.native.weights import shape_of

    try:
        settings_of(model, options)
        shape_of(read_json(model, "config.json"), "int16")
    except (ValueError, UsageError) as error:
        return str(error)
    except (KeyError, TypeError) as error:
        raise ModelDamagedError(f"config.json of model {model.spec.name!r}: {error!r}") from error
    return None


class NativeBatch(Generic[K]):
    """A batch that is being written in compiled code; see `Writing`."""

    n_vacant = 0
    """Reading sources is what costs, and does less for several of them together than for one after the other."""

    def __init__(self, writer: native.Writer, shortlist: Shortlist | None) -> None:
        self._writer, self._shortlist = writer, shortlist
        self._inside: dict[int, tuple[K, int]] = {}
        self._numbers = count()

    def __len__(self) -> int:
        """See `Writing`."""
        return len(self._inside)

    @property
    def keys(self) -> Sequence[K]:
        """See `Writing`."""
        return [key for key, _ in self._inside.values()]

    @property
    def n_source(self) -> int:
        """See `Writing`."""
        return max((n_source for _, n_source in self._inside.values()), default=0)

    def admit(self, sentences: Sequence[tuple[K, Sequence[int], int]]) -> list[Ended[K]]:
        """Read the sources; none ends before the next step."""
        numbers = [next(self._numbers) for _ in sentences]
        sources = [ids for _, ids, _ in sentences]
        own = [self._shortlist.candidates(ids).tolist() for ids in sources] if self._shortlist else []
        self._writer.admit(sources, [cap for _, _, cap in sentences], numbers, own)
        for number, (key, ids, _) in zip(numbers, sentences, strict=True):
            self._inside[number] = key, len(ids)
        return []

    def step(self) -> list[Ended[K]]:
        """See `Writing`."""
        found = self._writer.step()
        return [Ended(self._inside.pop(number)[0], target, total) for number, target, total in found]

    def clear(self) -> None:
        """See `Writing`."""
        self._writer.clear()
        self._inside.clear()


def _load(model: LocalModel, compute_type: str, *, has_shortlist: bool) -> native.Network:
    """The network with all its weights.

    Raises:
        ModelDamagedError: the weights do not fit the configuration.
    """
    from translate.engines.native.weights import arrange, shape_of

    config, weights = read_json(model, "config.json"), read_arrays(model)
    try:
        return native.Network(shape_of(config, compute_type, has_shortlist=has_shortlist), arrange(config, weights))
    except KeyError as error:
        problem = f"{error.args[0]} is missing"
    except (ValueError, TypeError) as error:
        problem = str(error)
    raise ModelDamagedError(f"weights of model {model.spec.name!r} do not fit its config.json: {problem}")
