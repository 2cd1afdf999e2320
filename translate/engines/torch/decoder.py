"""Translating ids to ids: the network and the search together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from translate.engines.torch.batch import TorchBatch
from translate.engines.torch.network import Marian
from translate.engines.torch.projection import Projection
from translate.marian.settings import SearchSettings

if TYPE_CHECKING:
    from translate.marian.shortlist import Shortlist

__all__ = ["Decoder"]


class Decoder:
    """Translates batches; one thread at a time, any number of decoders on the same network.

    Args:
        network: the weights.
        settings: how to search.
        start_id: the token that targets start from.
        shortlist: what a sentence may be translated with; any token when None.
        starts: see `TorchBatch`.
    """

    def __init__(
        self,
        network: Marian,
        settings: SearchSettings,
        start_id: int,
        shortlist: Shortlist | None = None,
        starts: bytes | None = None,
    ) -> None:
        self._network, self._settings, self._start_id, self._starts = network, settings, start_id, starts
        self._shortlist = shortlist
        self._projection = Projection(network.head, settings.banned, renormalize=settings.renormalize)

    @torch.inference_mode()
    def search(self, ids: Sequence[Sequence[int]], cap: int) -> list[tuple[list[int], float]]:
        """The best target of each source, end of sentence included where it has one, and its log-probability.

        Args:
            ids: source ids, end of sentence included; none empty.
            cap: most target tokens, end of sentence included.
        """
        found: list[tuple[list[int], float]] = [([], 0.0)] * len(ids)
        batch: TorchBatch[int] = self.new_batch()
        new: Sequence[tuple[int, Sequence[int], int]] = [(place, row, cap) for place, row in enumerate(ids)]
        while new or batch:
            for ended in batch.admit(new) if new else batch.step():
                found[ended.key] = ended.target, ended.log_probability
            new = ()
        return found

    def new_batch(self) -> TorchBatch[Any]:
        """A batch without sentences, which may join; use one at a time."""
        return TorchBatch(
            self._network, self._settings, self._start_id, self._projection, self._shortlist, self._starts
        )
