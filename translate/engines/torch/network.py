"""The network of MarianMT in plain torch: its encoder, and its decoder one target position at a time.

The transformer of Vaswani et al. (2017), "Attention is all you need", https://arxiv.org/abs/1706.03762, with the
departures of ``transformers.MarianMTModel``, whose numbers this gives: the norm stands behind each residual sum
whatever ``normalize_before`` says, and positions are sines in the first half of a vector, cosines in the second.

What makes it faster than that class: queries, keys and values come from one product; pads take no part in the
encoder's products; the keys and values of the source are computed once and shared by all beams of a sentence; and
beams are never copied. A sentence keeps the keys of all its beams side by side, and a mask says which of them are
the past of which beam.

The residual sums are kept in float32 in every compute type; only products, and attention, are in the smaller one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Cache", "Marian", "sinusoids"]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "relu": functional.relu,
    "silu": functional.silu,
    "swish": functional.silu,
}

LANES = 16
"""Lengths of attention are rounded up to this. A sum over keys is taken in vector lanes: with a length that is a
multiple of the lanes, masked keys add exact zeros behind the others and the sum has the same bits at any length."""

FEWEST_ROWS = 16
"""Products of fewer rows are filled up to it. BLAS has kernels of its own for a few rows, which sum in another order;
from a few rows on (4 a thread in MKL) a row has the same bits whatever rows stand beside it."""


@dataclass(slots=True, eq=False)
class Linear:
    """A product with a weight.

    Attributes:
        weight: ``(n_out, n_in)``.
        bias: ``(n_out)``.
    """

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """The product ``(n_rows, n_out)`` of ``x``, ``(n_rows, n_in)``, in the weight's number format."""
        n_rows = len(x)
        x = x.to(self.weight.dtype)
        if n_rows < FEWEST_ROWS:
            return functional.linear(functional.pad(x, (0, 0, 0, FEWEST_ROWS - n_rows)), self.weight, self.bias)[
                :n_rows
            ]
        return functional.linear(x, self.weight, self.bias)


@dataclass(slots=True, eq=False)
class Norm:
    """Layer normalisation, in float32."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """``(n_rows, width)`` to the same."""
        return functional.layer_norm(x, self.weight.shape, self.weight, self.bias)


@dataclass(slots=True, eq=False)
class Feed:
    """The feed-forward half of a layer, with its residual sum and norm."""

    inner: Linear
    outer: Linear
    norm: Norm
    activation: Callable[[Tensor], Tensor]

    def __call__(self, x: Tensor) -> Tensor:
        """``(n_rows, width)`` to the same."""
        return self.norm(x + self.outer(self.activation(self.inner(x))))


@dataclass(slots=True, eq=False)
class EncoderLayer:
    """One layer of the encoder."""

    qkv: Linear
    out: Linear
    norm: Norm
    feed: Feed


@dataclass(slots=True, eq=False)
class DecoderLayer:
    """One layer of the decoder; ``source_kv`` makes the keys and values that it attends to in the source."""

    qkv: Linear
    out: Linear
    norm: Norm
    source_q: Linear
    source_kv: Linear
    source_out: Linear
    source_norm: Norm
    feed: Feed


class Slots(NamedTuple):
    """Where new tokens are remembered.

    Attributes:
        rows: ``(n_sentences, 1)``, the sentences of the batch.
        columns: ``(n_sentences, n_new)``, the slots of their tokens.
        mask: ``(n_sentences, 1, n_new, n_slots)``; 0 where a slot is in the past of a new token, else minus infinity.
    """

    rows: Tensor
    columns: Tensor
    mask: Tensor


class Cache:
    """What the decoder remembers of a batch of sentences while it writes them.

    Sentences may be at different steps: each has its first token in its first slot, whenever it joined.

    Attributes:
        source_keys: for each layer ``(n_sentences, n_heads, n_source, head_width)``.
        source_values: the same of values.
        source_mask: ``(n_sentences, 1, 1, n_source)``; 0 where the source has a token, else minus infinity.
        keys: ``(n_layers, n_sentences, n_heads, room, head_width)``; a slot a token, all beams side by side.
        values: the same of values.
        past: ``(n_sentences, n_beams, room)``; 0 where a slot is in the past of a beam, else minus infinity.
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
        self.past = source_mask.new_full((n_sentences, n_beams, 0), -torch.inf)
        self.steps = torch.zeros(n_sentences, dtype=torch.int64, device=source_mask.device)
        self.lengths = list(lengths)
        # The steps again, where they can be asked without waiting for the device.
        self._n_steps = [0] * n_sentences

    def add(self, n_new: int) -> Slots:
        """Take slots for the next token of every beam.

        Args:
            n_new: new tokens a sentence: one a beam; or one at the first step, which all beams share.
        """
        n_beams = self.past.shape[1]
        first = self.steps if n_beams == 1 else (1 + (self.steps - 1) * n_beams).clamp_min(0)
        slots = first[:, None] + torch.arange(n_new, device=first.device)
        width = _rounded(1 + n_beams * max(self._n_steps))
        self._make_room(width)
        if n_new < n_beams:
            self.past[:, :, 0] = 0
        else:
            self.past.scatter_(2, slots[:, :, None], 0)
        self.steps = self.steps + 1
        self._n_steps = [n_steps + 1 for n_steps in self._n_steps]
        rows = torch.arange(len(slots), device=slots.device)[:, None]
        return Slots(rows, slots, self.past[:, None, :n_new, :width])

    def _make_room(self, width: int) -> None:
        room = self.past.shape[2]
        if width > room:
            # Half as much again: what is copied in growing stays below what attention reads.
            self._widen(room + _rounded(max(width - room, 32 * self.past.shape[1], room // 2)))

    def _widen(self, room: int) -> None:
        more = room - self.past.shape[2]
        if not more:
            return
        self.keys = functional.pad(self.keys, (0, 0, 0, more))
        self.values = functional.pad(self.values, (0, 0, 0, more))
        self.past = functional.pad(self.past, (0, more), value=-torch.inf)

    def follow(self, parents: Tensor) -> None:
        """Give every beam the past of its parent.

        Args:
            parents: ``(n_sentences, n_beams)``, which beam of the sentence each beam goes on from.
        """
        self.past = self.past.gather(1, parents[:, :, None].expand_as(self.past))

    def keep(self, sentences: Sequence[int]) -> None:
        """Drop all sentences but these, given by their places in the batch."""
        self._n_steps = [self._n_steps[place] for place in sentences]
        self.lengths = [self.lengths[place] for place in sentences]
        kept = torch.tensor(sentences, device=self.steps.device)
        self._narrow_source(_rounded(max(self.lengths)))
        self.source_keys = [keys[kept] for keys in self.source_keys]
        self.source_values = [values[kept] for values in self.source_values]
        self.source_mask, self.steps = self.source_mask[kept], self.steps[kept]
        self.keys, self.values = self.keys[:, kept], self.values[:, kept]
        self.past = self.past[kept]
        self._trim()

    def join(self, other: Cache) -> None:
        """Take the sentences of another cache behind these."""
        n_source = max(self.source_mask.shape[3], other.source_mask.shape[3])
        room = max(self.past.shape[2], other.past.shape[2])
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
        self.past, self.steps = torch.cat([self.past, other.past]), torch.cat([self.steps, other.steps])
        self._n_steps, self.lengths = self._n_steps + other._n_steps, self.lengths + other.lengths
        self._trim()

    def put(self, places: Sequence[int], other: Cache) -> None:
        """Let the first sentences of another cache take these places; nothing of the others is copied."""
        for index, place in enumerate(places):
            self._n_steps[place], self.lengths[place] = other._n_steps[index], other.lengths[index]
        n_new, where = len(places), torch.tensor(places, device=self.steps.device)
        n_source, theirs = _rounded(max(self.lengths)), other.source_mask.shape[3]
        self._widen_source(max(n_source, theirs))
        other._widen_source(self.source_mask.shape[3])
        for mine, new in zip(
            [*self.source_keys, *self.source_values, self.source_mask, self.steps],
            [*other.source_keys, *other.source_values, other.source_mask, other.steps],
            strict=True,
        ):
            mine[where] = new[:n_new]
        self._narrow_source(n_source)
        width = _rounded(1 + other.past.shape[1] * max(other._n_steps))
        for mine, new in ((self.keys, other.keys), (self.values, other.values)):
            mine[:, where, :, :width] = new[:, :n_new, :, :width]
            # Hidden as well; but zero times what is no number would be none.
            mine[:, where, :, width:] = 0
        self.past[where] = functional.pad(
            other.past[:n_new, :, :width], (0, self.past.shape[2] - width), value=-torch.inf
        )
        self._trim()

    def _trim(self) -> None:
        """Give back room that a long sentence needed which is gone; a batch that others join never ends."""
        n_beams = self.past.shape[1]
        need, spare = _rounded(1 + n_beams * max(self._n_steps)), _rounded(32 * n_beams)
        if self.past.shape[2] > 2 * need + spare:
            room = need + spare
            self.keys, self.values = self.keys[..., :room, :].clone(), self.values[..., :room, :].clone()
            self.past = self.past[..., :room].clone()

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


@dataclass(slots=True, eq=False)
class Marian:
    """Weights of a MarianMT, ready to run.

    Attributes:
        source_embedding: ``(n_source_tokens, width)``.
        target_embedding: ``(n_target_tokens, width)``.
        positions: ``(n_positions, width)``, float32.
        scale: embeddings are multiplied by it.
        n_heads: heads of the encoder and of the decoder.
        encoder: layers.
        decoder: layers.
        head: the output layer, ``(n_target_tokens, width)`` and its bias in float32.
    """

    source_embedding: Tensor
    target_embedding: Tensor
    positions: tuple[Tensor, Tensor]
    scale: float
    n_heads: tuple[int, int]
    encoder: list[EncoderLayer]
    decoder: list[DecoderLayer]
    head: Linear

    @classmethod
    def load(
        cls,
        config: Mapping[str, Any],
        weights: Mapping[str, Tensor],
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> Marian:
        """Take the weights of a ``MarianMTModel``.

        Args:
            config: its ``config.json``.
            weights: its tensors by name; those that are tied may be missing.
            dtype: number format of the products.
            device: where to compute.

        Raises:
            KeyError: a tensor or a setting is missing.
            ValueError: a tensor has the wrong shape or belongs to another network, or a setting is not known.
        """
        return _Loader(dict(config), dict(weights), dtype, torch.device(device)).network()

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.head.weight.device

    def start(self, ids: Sequence[Sequence[int]], n_beams: int) -> Cache:
        """Read sources.

        Args:
            ids: source ids of each sentence, end of sentence included; none empty.
            n_beams: beams that each of them will have.
        """
        lengths = [len(sentence) for sentence in ids]
        n_source = _rounded(max(lengths))
        flat = torch.tensor([token for sentence in ids for token in sentence], device=self.device)
        # Where each token stands when the sentences are rows of n_source.
        places = torch.tensor(
            [row * n_source + column for row, length in enumerate(lengths) for column in range(length)],
            device=self.device,
        )
        mask = torch.full((len(ids) * n_source,), -torch.inf, device=self.device)
        mask[places] = 0
        mask = mask.view(len(ids), 1, 1, n_source)
        x = self.source_embedding[flat].float() * self.scale + self.positions[0][places % n_source]
        attention_mask = mask.to(self.head.weight.dtype)
        for layer in self.encoder:
            x = self._encode(layer, x, places, attention_mask)
        kv = [self._source_kv(layer, x, places, len(ids), n_source) for layer in self.decoder]
        return Cache(kv, attention_mask, lengths, n_beams)

    def _encode(self, layer: EncoderLayer, x: Tensor, places: Tensor, mask: Tensor) -> Tensor:
        """One layer over all tokens ``(n_tokens, width)`` of the batch; pads exist only inside the attention."""
        n_sentences, n_source = len(mask), mask.shape[-1]
        qkv = _spread(layer.qkv(x), places, n_sentences * n_source)
        q, k, v = qkv.view(n_sentences, n_source, 3, self.n_heads[0], -1).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = functional.scaled_dot_product_attention(q, k, v, mask)
        mixed = mixed.transpose(1, 2).reshape(n_sentences * n_source, -1)[places]
        return layer.feed(layer.norm(x + layer.out(mixed)))

    def _source_kv(
        self, layer: DecoderLayer, x: Tensor, places: Tensor, n_sentences: int, n_source: int
    ) -> tuple[Tensor, Tensor]:
        kv = _spread(layer.source_kv(x), places, n_sentences * n_source)
        kv = kv.view(n_sentences, n_source, 2, self.n_heads[1], -1).permute(2, 0, 3, 1, 4).contiguous()
        return kv[0], kv[1]

    def step(self, tokens: Tensor, cache: Cache) -> Tensor:
        """Read one target token of every beam.

        Args:
            tokens: ``(n_sentences, n_beams)``; or ``(n_sentences, 1)`` for the start token, which beams share.
            cache: of these sentences; this position is added.

        Returns:
            What the output layer reads, ``(n_sentences * n_beams, width)``, float32.
        """
        n_new = tokens.shape[1]
        positions = self.positions[1][cache.steps].repeat_interleave(n_new, 0)
        slots = cache.add(n_new)
        x = self.target_embedding[tokens.flatten()].float() * self.scale + positions
        for index, layer in enumerate(self.decoder):
            x = self._step(layer, x, (cache, index), slots)
        return x

    def _step(self, layer: DecoderLayer, x: Tensor, own: tuple[Cache, int], slots: Slots) -> Tensor:
        """One layer over ``(n_sentences * n_beams, width)``, with its part of the cache."""
        cache, index = own
        n_sentences, n_new = slots.columns.shape
        heads = (n_sentences, n_new, -1, self.n_heads[1], x.shape[1] // self.n_heads[1])
        q, k, v = layer.qkv(x).view(heads).permute(2, 0, 1, 3, 4).unbind(0)
        keys, values = cache.keys[index], cache.values[index]
        keys[slots.rows, :, slots.columns] = k
        values[slots.rows, :, slots.columns] = v
        n_slots = slots.mask.shape[3]
        keys, values = keys[:, :, :n_slots], values[:, :, :n_slots]
        mixed = functional.scaled_dot_product_attention(q.transpose(1, 2), keys, values, slots.mask)
        x = layer.norm(x + layer.out(mixed.transpose(1, 2).reshape(x.shape)))
        q = layer.source_q(x).view(heads).permute(2, 0, 3, 1, 4)[0]
        source = cache.source_keys[index], cache.source_values[index]
        mixed = functional.scaled_dot_product_attention(q, *source, cache.source_mask)
        x = layer.source_norm(x + layer.source_out(mixed.transpose(1, 2).reshape(x.shape)))
        return layer.feed(x)


def _rounded(length: int) -> int:
    return -(-length // LANES) * LANES


def _spread(rows: Tensor, places: Tensor, n_rows: int) -> Tensor:
    """Rows ``(n_tokens, width)`` at their places among ``n_rows``, zeros elsewhere."""
    return rows.new_zeros(n_rows, rows.shape[1]).index_copy_(0, places, rows)


def sinusoids(n_positions: int, width: int) -> Tensor:
    """Marian's positions, ``(n_positions, width)``: sines first, then cosines (section 3.5 of the paper interleaves).

    Computed in float64, as transformers does.
    """
    column = torch.arange(width, dtype=torch.float64)
    angle = torch.arange(n_positions, dtype=torch.float64)[:, None] / torch.pow(10000, 2 * (column // 2) / width)
    return torch.cat([angle[:, 0::2].sin(), angle[:, 1::2].cos()], 1).float()


@dataclass(slots=True, eq=False)
class _Loader:
    """Takes tensors out of ``weights`` one after the other; what is left at the end belongs to another network."""

    config: dict[str, Any]
    weights: dict[str, Tensor]
    dtype: torch.dtype
    device: torch.device

    def network(self) -> Marian:
        config = self.config
        if config.get("activation_function", "gelu") not in ACTIVATIONS:
            raise ValueError(f"activation_function {config['activation_function']!r} is none of {sorted(ACTIVATIONS)}")
        source, target, head = self._embeddings()
        network = Marian(
            source_embedding=source,
            target_embedding=target,
            positions=(self._positions("encoder"), self._positions("decoder")),
            scale=math.sqrt(config["d_model"]) if config.get("scale_embedding") else 1.0,
            n_heads=(config["encoder_attention_heads"], config["decoder_attention_heads"]),
            encoder=[self._encoder_layer(index) for index in range(config["encoder_layers"])],
            decoder=[self._decoder_layer(index) for index in range(config["decoder_layers"])],
            head=head,
        )
        if self.weights:
            raise ValueError(f"{min(self.weights)} has no place in this network")
        return network

    def _take(self, name: str, *shape: int, dtype: torch.dtype | None = None) -> Tensor:
        tensor = self.weights.pop(name)
        if tensor.shape != shape:
            raise ValueError(f"{name} has the shape {tuple(tensor.shape)}, not {shape}")
        return tensor.to(self.device, dtype or self.dtype).contiguous()

    def _embeddings(self) -> tuple[Tensor, Tensor, Linear]:
        """Embeddings of source and target, and the output layer; one tensor where they are tied."""
        width, n_source = self.config["d_model"], self.config["vocab_size"]
        shared = self.config.get("share_encoder_decoder_embeddings", True)
        n_target = n_source if shared else self.config.get("decoder_vocab_size") or n_source
        names = [f"model.{part}.weight" for part in ("encoder.embed_tokens", "decoder.embed_tokens", "shared")]
        if shared and names[2] in self.weights:
            source = target = self._take(names[2], n_source, width)
            # Copies of the tied one.
            self.weights.pop(names[0], None)
            self.weights.pop(names[1], None)
        else:
            source, target = self._take(names[0], n_source, width), self._take(names[1], n_target, width)
        tied = self.config.get("tie_word_embeddings", True)
        weight = target if tied else self._take("lm_head.weight", n_target, width)
        self.weights.pop("lm_head.weight", None)
        bias = torch.zeros(n_target, device=self.device)
        if "final_logits_bias" in self.weights:
            bias = self._take("final_logits_bias", 1, n_target, dtype=torch.float32)[0]
        return source, target, Linear(weight, bias)

    def _positions(self, side: str) -> Tensor:
        n_positions, width = self.config["max_position_embeddings"], self.config["d_model"]
        name = f"model.{side}.embed_positions.weight"
        if name in self.weights:
            return self._take(name, n_positions, width, dtype=torch.float32)
        return sinusoids(n_positions, width).to(self.device)

    def _linear(self, names: Sequence[str], n_out: int, n_in: int) -> Linear:
        """The products of these names with the same input, as one."""
        weights = [self._take(f"{name}.weight", n_out, n_in) for name in names]
        biases = [self._take(f"{name}.bias", n_out) for name in names]
        return Linear(torch.cat(weights), torch.cat(biases))

    def _norm(self, name: str) -> Norm:
        width = self.config["d_model"]
        weight, bias = (self._take(f"{name}.{part}", width, dtype=torch.float32) for part in ("weight", "bias"))
        return Norm(weight, bias)

    def _projections(self, attention: str, parts: str) -> Linear:
        width = self.config["d_model"]
        return self._linear([f"{attention}.{part}_proj" for part in parts], width, width)

    def _feed(self, layer: str, side: str) -> Feed:
        width, inner = self.config["d_model"], self.config[f"{side}_ffn_dim"]
        return Feed(
            self._linear([f"{layer}.fc1"], inner, width),
            self._linear([f"{layer}.fc2"], width, inner),
            self._norm(f"{layer}.final_layer_norm"),
            ACTIVATIONS[self.config.get("activation_function", "gelu")],
        )

    def _encoder_layer(self, index: int) -> EncoderLayer:
        layer = f"model.encoder.layers.{index}"
        return EncoderLayer(
            self._projections(f"{layer}.self_attn", "qkv"),
            self._linear([f"{layer}.self_attn.out_proj"], self.config["d_model"], self.config["d_model"]),
            self._norm(f"{layer}.self_attn_layer_norm"),
            self._feed(layer, "encoder"),
        )

    def _decoder_layer(self, index: int) -> DecoderLayer:
        layer, width = f"model.decoder.layers.{index}", self.config["d_model"]
        return DecoderLayer(
            self._projections(f"{layer}.self_attn", "qkv"),
            self._linear([f"{layer}.self_attn.out_proj"], width, width),
            self._norm(f"{layer}.self_attn_layer_norm"),
            self._projections(f"{layer}.encoder_attn", "q"),
            self._projections(f"{layer}.encoder_attn", "kv"),
            self._linear([f"{layer}.encoder_attn.out_proj"], width, width),
            self._norm(f"{layer}.encoder_attn_layer_norm"),
            self._feed(layer, "decoder"),
        )
