"""Translating ids to ids: the network and the search together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from translate.engines.torch.batch import TorchBatch
from translate.engines.torch.fixed_batch import FixedBatch
from translate.engines.torch.network import Marian
from translate.engines.torch.projection import Projection
from translate.marian.settings import SearchSettings

if TYPE_CHECKING:
    from translate.marian.shortlist import Shortlist

__all__ = ["Decoder"]


_REFILL = 8
"""Others join when one of so many places is free."""


class Decoder:
    """Translates batches; one thread at a time, any number of decoders on the same network.

    Args:
        network: the weights.
        settings: how to search.
        start_id: the token that targets start from.
        shortlist: what a sentence may be translated with; any token when None.
        starts: see `TorchBatch`.
        n_places: sentences that a batch has room for, in memory that does not move (`FixedBatch`), for a GPU; batches
            of any size when None. There is none for a shortlist, nor for targets that are to have phrases.
    """

    def __init__(
        self,
        network: Marian,
        settings: SearchSettings,
        start_id: int,
        shortlist: Shortlist | None = None,
        starts: bytes | None = None,
        *,
        n_places: int | None = None,
    ) -> None:
        self._n_places = n_places
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
        batch = self.new_batch()
        most = self._n_places or max(1, len(ids))
        waiting: list[tuple[int, Sequence[int], int]] = [(place, row, cap) for place, row in enumerate(ids)]
        while waiting or batch:
            n_free = most - len(batch)
            if batch and n_free * _REFILL < most:
                n_free = 0
            joining, waiting = waiting[:n_free], waiting[n_free:]
            for ended in batch.admit(joining) if joining else batch.step():
                found[ended.key] = ended.target, ended.log_probability
        return found

    def new_batch(self) -> TorchBatch[Any] | FixedBatch[Any]:
        """A batch without sentences, which may join; use one at a time."""
        if self._n_places is not None:
            return FixedBatch(self._network, self._settings, self._start_id, self._projection, self._n_places)
        return TorchBatch(
            self._network, self._settings, self._start_id, self._projection, self._shortlist, self._starts
        )
