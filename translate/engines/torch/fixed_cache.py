"""The kv cache of a batch whose size does not change, so that a step is the same kernels at the same addresses.

That is what a CUDA graph asks for: it is recorded once and then launched as a whole, while each kernel launched by
itself costs the processor more time than a small one takes on the GPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from translate.engines.torch.cache import KvCache, Slots, rounded
from translate.engines.torch.network import Marian, on_device

__all__ = ["CacheShape", "FixedCache"]


@dataclass(frozen=True, slots=True)
class CacheShape:
    """How much a `FixedCache` holds.

    Attributes:
        n_sentences: places for sentences.
        n_beams: hypotheses a sentence.
        n_source: source tokens a sentence.
        n_steps: target tokens a hypothesis.
    """

    n_sentences: int
    n_beams: int
    n_source: int
    n_steps: int

    @property
    def n_slots(self) -> int:
        """Keys a sentence and head: one a token and beam, and one step more, for those that have just ended."""
        return rounded((self.n_steps + 1) * self.n_beams)

    def n_bytes(self, network: Marian) -> int:
        """Memory that the keys and values take."""
        width, size = network.head.weight.shape[1], network.head.weight.element_size()
        return 2 * len(network.decoder) * self.n_sentences * width * size * (self.n_slots + self.n_source)


class FixedCache:
    """Keys and values as `KvCache` has them, in memory that never moves; `Marian.step` takes either.

    A hypothesis has its tokens in slots ``n_beams`` apart from the first step on, where in `KvCache` all beams share
    the start token's slot: so the first step is a step like any other.

    Attributes:
        shape: how much there is room for.
        width: slots that attention reads; those behind are not used yet by any sentence.
        steps: ``(n_sentences)``, target positions so far; 0 in places where no sentence is being written.
        lengths: ``(n_sentences)``, source tokens; 1 in places where there is no sentence.
    """

    def __init__(self, network: Marian, shape: CacheShape) -> None:
        n_layers, n_heads = len(network.decoder), network.n_heads[1]
        weight = network.head.weight
        head_width = weight.shape[1] // n_heads
        places = (n_layers, shape.n_sentences, n_heads)
        self.shape, self.width = shape, shape.n_slots
        # Not empty: what is masked is multiplied by zero, and zero times what lies about in memory can be no number.
        self.keys = weight.new_zeros(*places, shape.n_slots, head_width)
        self.values = torch.zeros_like(self.keys)
        self.source_keys = weight.new_zeros(*places, shape.n_source, head_width)
        self.source_values = torch.zeros_like(self.source_keys)
        # A place without a sentence looks at one key, since the mean of none is no number.
        self.source_mask = weight.new_full((shape.n_sentences, 1, 1, shape.n_source), -torch.inf)
        self.source_mask[..., 0] = 0
        self.beam_mask = weight.new_full((shape.n_sentences, shape.n_beams, shape.n_slots), -torch.inf)
        self.steps = torch.zeros(shape.n_sentences, dtype=torch.int64, device=weight.device)
        self.lengths = torch.ones_like(self.steps)
        self._rows = torch.arange(shape.n_sentences, device=weight.device)[:, None]
        self._beams = torch.arange(shape.n_beams, device=weight.device)

    def add(self, n_new: int) -> Slots:
        """Take slots for the next token of every beam.

        Args:
            n_new: new tokens a sentence, which are as many as it has beams.
        """
        slots = self.steps[:, None] * n_new + self._beams
        self.beam_mask.scatter_(2, slots[:, :, None], 0)
        return Slots(self._rows, slots, self.beam_mask[:, None, :, : self.width])

    def follow(self, parents: Tensor) -> None:
        """Give every beam the hypothesis of its parent; see `KvCache.follow`."""
        mask = self.beam_mask[:, :, : self.width]
        mask.copy_(mask.gather(1, parents[:, :, None].expand_as(mask)))

    def advance(self, done: Tensor) -> None:
        """Every sentence is a position further; those that have ended, ``(n_sentences)``, are at none."""
        self.steps.add_(1).mul_(~done)

    def put(self, places: Sequence[int], sources: KvCache) -> None:
        """Let sentences of which nothing is written yet take these places."""
        device, n_source = self.steps.device, sources.source_mask.shape[3]
        where = on_device(places, device)
        for layer, (keys, values) in enumerate(zip(sources.source_keys, sources.source_values, strict=True)):
            self.source_keys[layer][where, :, :n_source] = keys
            self.source_values[layer][where, :, :n_source] = values
        self.source_mask.index_fill_(0, where, -torch.inf)
        self.source_mask[where, :, :, :n_source] = sources.source_mask
        self.beam_mask.index_fill_(0, where, -torch.inf)
        # Hidden as well; but zero times what is no number would be none.
        self.keys.index_fill_(1, where, 0)
        self.values.index_fill_(1, where, 0)
        self.steps.index_fill_(0, where, 0)
        self.lengths.index_copy_(0, where, on_device(sources.lengths, device))

    def take(self, other: FixedCache, places: Sequence[int]) -> None:
        """Let the sentences at these places of another cache take the first places; the others are nobody's."""
        where, n = on_device(places, self.steps.device), len(places)
        n_source = min(self.shape.n_source, other.shape.n_source)
        n_slots = min(self.shape.n_slots, other.shape.n_slots)
        self.source_keys[:, :n, :, :n_source] = other.source_keys[:, :, :, :n_source].index_select(1, where)
        self.source_values[:, :n, :, :n_source] = other.source_values[:, :, :, :n_source].index_select(1, where)
        self.keys[:, :n, :, :n_slots] = other.keys[:, :, :, :n_slots].index_select(1, where)
        self.values[:, :n, :, :n_slots] = other.values[:, :, :, :n_slots].index_select(1, where)
        self.source_mask.fill_(-torch.inf)
        self.source_mask[n:, ..., 0] = 0
        self.source_mask[:n, ..., :n_source] = other.source_mask[..., :n_source].index_select(0, where)
        self.beam_mask.fill_(-torch.inf)
        self.beam_mask[:n, :, :n_slots] = other.beam_mask[:, :, :n_slots].index_select(0, where)
        self.steps.zero_()
        self.steps[:n] = other.steps.index_select(0, where)
        self.lengths.fill_(1)
        self.lengths[:n] = other.lengths.index_select(0, where)
