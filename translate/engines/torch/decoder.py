"""Translating ids to ids: the network and the search together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from translate.engines.torch.network import Marian
from translate.engines.torch.projection import Projection
from translate.engines.torch.running import Running
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
    """

    def __init__(
        self, network: Marian, settings: SearchSettings, start_id: int, shortlist: Shortlist | None = None
    ) -> None:
        self._network, self._settings, self._start_id = network, settings, start_id
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
        running: Running[int] = self.run()
        new: Sequence[tuple[int, Sequence[int], int]] = [(place, row, cap) for place, row in enumerate(ids)]
        while new or running:
            for ended in running.admit(new) if new else running.step():
                found[ended.key] = ended.target, ended.log_probability
            new = ()
        return found

    def run(self) -> Running[Any]:
        """A batch without sentences, which may join; use one at a time."""
        return Running(self._network, self._settings, self._start_id, self._projection, self._shortlist)

    @torch.inference_mode()
    def score(self, ids: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[float]:
        """Log-probability of given targets (forced decoding) among all tokens, in nats.

        Args:
            ids: source ids, end of sentence included; none empty.
            targets: target ids, end of sentence included where the target has one; none empty.
        """
        device = self._network.device
        cache = self._network.start(ids, 1)
        longest = max(len(target) for target in targets)
        eos_id = self._settings.eos_id
        padded = torch.tensor([[*target, *[eos_id] * (longest - len(target))] for target in targets], device=device)
        lengths = torch.tensor([len(target) for target in targets], device=device)
        tokens = torch.full((len(ids), 1), self._start_id, device=device)
        sums = torch.zeros(len(ids), device=device)
        for step in range(longest):
            hidden = self._network.step(tokens, cache)
            chances = self._projection.log_probability(hidden, padded[:, step])
            sums += chances.masked_fill(lengths <= step, 0)
            tokens = padded[:, step : step + 1]
        totals: list[float] = sums.tolist()
        return totals
