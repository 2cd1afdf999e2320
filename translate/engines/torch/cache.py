"""The kv cache of the decoder: beams are masks over one memory, and sentences leave it and join it at any step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["DecoderCache", "KvCache", "Slots", "rounded"]

_LANES = 16
"""Lengths of attention are rounded up to this. A sum over keys is taken in vector lanes: with a length that is a
multiple of the lanes, masked keys add exact zeros behind the others and the sum has the same bits at any length."""


def rounded(length: int) -> int:
    """A length of attention, rounded up to whole vectors."""
    return -(-length // _LANES) * _LANES


class Slots(NamedTuple):
    """Where the keys and values of new tokens are kept.

    Attributes:
        rows: ``(n_sentences, 1)``, the sentences of the batch.
        columns: ``(n_sentences, n_new)``, the slots of their tokens.
        mask: ``(n_sentences, 1, n_new, n_slots)``; 0 where a slot is of a new token's hypothesis, else
            minus infinity.
    """

    rows: Tensor
    columns: Tensor
    mask: Tensor


class DecoderCache(Protocol):
    """What a step of the decoder needs of a kv cache; see `KvCache`.

    Attributes:
        source_keys: for each layer ``(n_sentences, n_heads, n_source, head_width)``.
        source_values: the same of values.
        source_mask: ``(n_sentences, 1, 1, n_source)``.
        keys: ``(n_layers, n_sentences, n_heads, room, head_width)``.
        values: the same of values.
        steps: ``(n_sentences)``, target positions so far.
    """

    @property
    def source_keys(self) -> Sequence[Tensor] | Tensor: ...  # noqa: D102 - above
    @property
    def source_values(self) -> Sequence[Tensor] | Tensor: ...  # noqa: D102

    source_mask: Tensor
    keys: Tensor
    values: Tensor
    steps: Tensor

    def add(self, n_new: int) -> Slots:
        """Take slots for the next token of every beam."""
        ...


class KvCache:
    """The keys and values of a batch of sentences while it is decoded, of the source and of what was written.

    Sentences may be at different steps: each has its first token in its first slot, whenever it joined.

    Attributes:
        source_keys: for each layer ``(n_sentences, n_heads, n_source, head_width)``.
        source_values: the same of values.
        source_mask: ``(n_sentences, 1, 1, n_source)``; 0 where the source has a token, else minus infinity.
        keys: ``(n_layers, n_sentences, n_heads, room, head_width)``; a slot a token, all beams side by side.
        values: the same of values.
        beam_mask: ``(n_sentences, n_beams, room)``; 0 where a slot is of a beam's hypothesis, else minus infinity.
        steps: ``(n_sentences)``, target positions so far.
        lengths: source tokens of each sentence.
    """

    def __init__(
        self, kv: Sequence[tuple[Tensor, Tensor]], source_mask: Tensor, lengths: Sequence[int], n_beams: int
    ) -> None:
        self.source_keys = [keys for keys, _ in kv]
        self.source_values = [values for _, values in kv]
        self.source_mask = source_mask
        n_sentences, n_heads, _, head_width = self.source_keys[0].shape
        # Not empty: what is masked is multiplied by zero, and zero times what lies about in memory can be no number.
        self.keys = self.source_keys[0].new_zeros(len(kv), n_sentences, n_heads, 0, head_width)
        self.values = self.keys
        self.beam_mask = source_mask.new_full((n_sentences, n_beams, 0), -torch.inf)
        self.steps = torch.zeros(n_sentences, dtype=torch.int64, device=source_mask.device)
        self.lengths = list(lengths)
        # The steps again, where they can be asked without waiting for the device.
        self._n_steps = [0] * n_sentences

    def add(self, n_new: int) -> Slots:
        """Take slots for the next token of every beam.

        Args:
            n_new: new tokens a sentence: one a beam; or one at the first step, which all beams share.
        """
        n_beams = self.beam_mask.shape[1]
        first = self.steps if n_beams == 1 else (1 + (self.steps - 1) * n_beams).clamp_min(0)
        slots = first[:, None] + torch.arange(n_new, device=first.device)
        width = rounded(1 + n_beams * max(self._n_steps))
        self._make_room(width)
        if n_new < n_beams:
            self.beam_mask[:, :, 0] = 0
        else:
            self.beam_mask.scatter_(2, slots[:, :, None], 0)
        self.steps = self.steps + 1
        self._n_steps = [n_steps + 1 for n_steps in self._n_steps]
        rows = torch.arange(len(slots), device=slots.device)[:, None]
        return Slots(rows, slots, self.beam_mask[:, None, :n_new, :width])

    def _make_room(self, width: int) -> None:
        room = self.beam_mask.shape[2]
        if width > room:
            # Half as much again: what is copied in growing stays below what attention reads.
            self._widen(room + rounded(max(width - room, 32 * self.beam_mask.shape[1], room // 2)))

    def _widen(self, room: int) -> None:
        more = room - self.beam_mask.shape[2]
        if not more:
            return
        self.keys = functional.pad(self.keys, (0, 0, 0, more))
        self.values = functional.pad(self.values, (0, 0, 0, more))
        self.beam_mask = functional.pad(self.beam_mask, (0, more), value=-torch.inf)

    def follow(self, parents: Tensor) -> None:
        """Give every beam the hypothesis of its parent; no key is copied.

        Args:
            parents: ``(n_sentences, n_beams)``, which beam of the sentence each beam goes on from.
        """
        self.beam_mask = self.beam_mask.gather(1, parents[:, :, None].expand_as(self.beam_mask))

    def keep(self, sentences: Sequence[int]) -> None:
        """Drop all sentences but these, given by their places in the batch."""
        self._n_steps = [self._n_steps[place] for place in sentences]
        self.lengths = [self.lengths[place] for place in sentences]
        kept = torch.tensor(sentences, device=self.steps.device)
        self._narrow_source(rounded(max(self.lengths)))
        self.source_keys = [keys[kept] for keys in self.source_keys]
        self.source_values = [values[kept] for values in self.source_values]
        self.source_mask, self.steps = self.source_mask[kept], self.steps[kept]
        self.keys, self.values = self.keys[:, kept], self.values[:, kept]
        self.beam_mask = self.beam_mask[kept]
        self._trim()

    def join(self, other: KvCache) -> None:
        """Take the sentences of another cache behind these."""
        n_source = max(self.source_mask.shape[3], other.source_mask.shape[3])
        room = max(self.beam_mask.shape[2], other.beam_mask.shape[2])
        for each in (self, other):
            each._widen(room)
            each._widen_source(n_source)
        pairs = zip(self.source_keys, other.source_keys, strict=True)
        self.source_keys = [torch.cat(pair) for pair in pairs]
        pairs = zip(self.source_values, other.source_values, strict=True)
        self.source_values = [torch.cat(pair) for pair in pairs]
        self.source_mask = torch.cat([self.source_mask, other.source_mask])
        self.keys = torch.cat([self.keys, other.keys], 1)
        self.values = torch.cat([self.values, other.values], 1)
        self.beam_mask, self.steps = torch.cat([self.beam_mask, other.beam_mask]), torch.cat([self.steps, other.steps])
        self._n_steps, self.lengths = self._n_steps + other._n_steps, self.lengths + other.lengths
        self._trim()

    def put(self, places: Sequence[int], other: KvCache) -> None:
        """Let the first sentences of another cache take these places; nothing of the others is copied."""
        for index, place in enumerate(places):
            self._n_steps[place], self.lengths[place] = other._n_steps[index], other.lengths[index]
        n_new, where = len(places), torch.tensor(places, device=self.steps.device)
        n_source, theirs = rounded(max(self.lengths)), other.source_mask.shape[3]
        self._widen_source(max(n_source, theirs))
        other._widen_source(self.source_mask.shape[3])
        for mine, new in zip(
            [*self.source_keys, *self.source_values, self.source_mask, self.steps],
            [*other.source_keys, *other.source_values, other.source_mask, other.steps],
            strict=True,
        ):
            mine[where] = new[:n_new]
        self._narrow_source(n_source)
        width = rounded(1 + other.beam_mask.shape[1] * max(other._n_steps))
        for mine, new in ((self.keys, other.keys), (self.values, other.values)):
            mine[:, where, :, :width] = new[:, :n_new, :, :width]
            # Hidden as well; but zero times what is no number would be none.
            mine[:, where, :, width:] = 0
        self.beam_mask[where] = functional.pad(
            other.beam_mask[:n_new, :, :width], (0, self.beam_mask.shape[2] - width), value=-torch.inf
        )
        self._trim()

    def _trim(self) -> None:
        """Give back room that a long sentence needed which is gone; a batch that others join never ends."""
        n_beams = self.beam_mask.shape[1]
        need, spare = rounded(1 + n_beams * max(self._n_steps)), rounded(32 * n_beams)
        if self.beam_mask.shape[2] > 2 * need + spare:
            room = need + spare
            self.keys, self.values = self.keys[..., :room, :].clone(), self.values[..., :room, :].clone()
            self.beam_mask = self.beam_mask[..., :room].clone()

    def _narrow_source(self, n_source: int) -> None:
        self.source_keys = [keys[:, :, :n_source] for keys in self.source_keys]
        self.source_values = [values[:, :, :n_source] for values in self.source_values]
        self.source_mask = self.source_mask[..., :n_source]

    def _widen_source(self, n_source: int) -> None:
        more = n_source - self.source_mask.shape[3]
        if more:
            self.source_keys = [functional.pad(keys, (0, 0, 0, more)) for keys in self.source_keys]
            self.source_values = [functional.pad(values, (0, 0, 0, more)) for values in self.source_values]
            self.source_mask = functional.pad(self.source_mask, (0, more), value=-torch.inf)
