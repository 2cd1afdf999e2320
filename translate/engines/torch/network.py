"""The network of MarianMT in plain torch: its encoder, and its decoder one target position at a time.

The transformer of Vaswani et al. (2017), "Attention is all you need", https://arxiv.org/abs/1706.03762, with the
departures of ``transformers.MarianMTModel``, whose numbers this gives: the norm stands behind each residual sum
whatever ``normalize_before`` says, and positions are sines in the first half of a vector, cosines in the second.

What makes it faster than that class: queries, keys and values come from one product; pads take no part in the
encoder's products; the keys and values of the source are computed once and shared by all beams of a sentence; and
beams are never copied. A sentence keeps the keys of all its beams side by side, and a mask says which of them are
what which beam has written.

The residual sums are kept in float32 in every compute type; only products, and attention, are in the smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from translate.engines.torch.cache import DecoderCache, KvCache, Slots, rounded
from translate.marian.weights import (
    Affine,
    DecoderLayerWeights,
    EncoderLayerWeights,
    FfnWeights,
    MarianWeights,
    sinusoids,
)

__all__ = ["FEWEST_ROWS", "Linear", "Marian", "on_device"]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "relu": functional.relu,
    "silu": functional.silu,
    "swish": functional.silu,
}

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
class Ffn:
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
    ffn: Ffn


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
    ffn: Ffn


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
        weights: MarianWeights[Tensor],
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> Marian:
        """Lay out the weights of a ``MarianMTModel``.

        Args:
            weights: all of them.
            dtype: number format of the products.
            device: where to compute.
        """
        return _Loader(weights, dtype, torch.device(device)).network()

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.head.weight.device

    def start(self, ids: Sequence[Sequence[int]], n_beams: int) -> KvCache:
        """Read sources.

        Args:
            ids: source ids of each sentence, end of sentence included; none empty.
            n_beams: beams that each of them will have.
        """
        lengths = [len(sentence) for sentence in ids]
        n_source = rounded(max(lengths))
        n_tokens = sum(lengths)
        flat = on_device(np.fromiter(chain.from_iterable(ids), np.int64, n_tokens), self.device)
        # Where each token stands when the sentences are rows of n_source.
        before = np.cumsum(lengths) - lengths
        places = on_device(
            np.arange(n_tokens) + np.repeat(np.arange(len(ids)) * n_source - before, lengths), self.device
        )
        mask = torch.full((len(ids) * n_source,), -torch.inf, device=self.device)
        mask[places] = 0
        mask = mask.view(len(ids), 1, 1, n_source)
        x = self.source_embedding[flat].float() * self.scale + self.positions[0][places % n_source]
        attention_mask = mask.to(self.head.weight.dtype)
        for layer in self.encoder:
            x = self._encode(layer, x, places, attention_mask)
        kv = [self._source_kv(layer, x, places, len(ids), n_source) for layer in self.decoder]
        return KvCache(kv, attention_mask, lengths, n_beams)

    def _encode(self, layer: EncoderLayer, x: Tensor, places: Tensor, mask: Tensor) -> Tensor:
        """One layer over all tokens ``(n_tokens, width)`` of the batch; pads exist only inside the attention."""
        n_sentences, n_source = len(mask), mask.shape[-1]
        qkv = _spread(layer.qkv(x), places, n_sentences * n_source)
        q, k, v = qkv.view(n_sentences, n_source, 3, self.n_heads[0], -1).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = functional.scaled_dot_product_attention(q, k, v, mask)
        mixed = mixed.transpose(1, 2).reshape(n_sentences * n_source, -1)[places]
        return layer.ffn(layer.norm(x + layer.out(mixed)))

    def _source_kv(
        self, layer: DecoderLayer, x: Tensor, places: Tensor, n_sentences: int, n_source: int
    ) -> tuple[Tensor, Tensor]:
        kv = _spread(layer.source_kv(x), places, n_sentences * n_source)
        kv = kv.view(n_sentences, n_source, 2, self.n_heads[1], -1).permute(2, 0, 3, 1, 4).contiguous()
        return kv[0], kv[1]

    def step(self, tokens: Tensor, cache: DecoderCache) -> Tensor:
        """Read one target token of every beam.

        Args:
            tokens: ``(n_sentences, n_beams)``; or ``(n_sentences, 1)`` for the start token, which beams share.
            cache: of these sentences; this position is added.

        Returns:
            What the output layer reads, ``(n_sentences * n_beams, width)``, float32.
        """
        n_new = tokens.shape[1]
        positions = self.positions[1][cache.steps].unsqueeze(1).expand(-1, n_new, -1).flatten(0, 1)
        slots = cache.add(n_new)
        x = self.target_embedding[tokens.flatten()].float() * self.scale + positions
        for index, layer in enumerate(self.decoder):
            x = self._step(layer, x, (cache, index), slots)
        return x

    def _step(self, layer: DecoderLayer, x: Tensor, own: tuple[DecoderCache, int], slots: Slots) -> Tensor:
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
        return layer.ffn(x)


def on_device(values: Sequence[int] | NDArray[np.int64], device: torch.device) -> Tensor:
    """Integers on a device; on a GPU without waiting for what it still has to do, as a plain copy would."""
    tensor = torch.from_numpy(np.asarray(values, np.int64))
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def _spread(rows: Tensor, places: Tensor, n_rows: int) -> Tensor:
    """Rows ``(n_tokens, width)`` at their places among ``n_rows``, zeros elsewhere."""
    return rows.new_zeros(n_rows, rows.shape[1]).index_copy_(0, places, rows)


@dataclass(frozen=True, slots=True)
class _Loader:
    """Lays out weights for products in one number format on one device."""

    weights: MarianWeights[Tensor]
    dtype: torch.dtype
    device: torch.device

    def network(self) -> Marian:
        weights, config = self.weights, self.weights.config
        source = self._product(weights.source_embedding)
        # One tensor where they are tied.
        is_shared = weights.target_embedding is weights.source_embedding
        target = source if is_shared else self._product(weights.target_embedding)
        is_tied = weights.output_weight is weights.target_embedding
        output = target if is_tied else self._product(weights.output_weight)
        bias = torch.zeros(len(output), device=self.device)
        if weights.output_bias is not None:
            bias = self._float32(weights.output_bias[0])
        return Marian(
            source_embedding=source,
            target_embedding=target,
            positions=(self._positions(weights.source_positions), self._positions(weights.target_positions)),
            scale=config.embedding_scale,
            n_heads=(config.encoder_attention_heads, config.decoder_attention_heads),
            encoder=[self._encoder_layer(layer) for layer in weights.encoder],
            decoder=[self._decoder_layer(layer) for layer in weights.decoder],
            head=Linear(output, bias),
        )

    def _product(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, self.dtype).contiguous()

    def _float32(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, torch.float32).contiguous()

    def _positions(self, stored: Tensor | None) -> Tensor:
        if stored is not None:
            return self._float32(stored)
        config = self.weights.config
        return torch.from_numpy(sinusoids(config.max_position_embeddings, config.d_model)).to(self.device)

    def _linear(self, *products: Affine[Tensor]) -> Linear:
        """Products with the same input, as one."""
        return Linear(
            torch.cat([self._product(each.weight) for each in products]),
            torch.cat([self._product(each.bias) for each in products]),
        )

    def _norm(self, norm: Affine[Tensor]) -> Norm:
        return Norm(self._float32(norm.weight), self._float32(norm.bias))

    def _ffn(self, ffn: FfnWeights[Tensor]) -> Ffn:
        activation = ACTIVATIONS[self.weights.config.activation_function]
        return Ffn(self._linear(ffn.fc1), self._linear(ffn.fc2), self._norm(ffn.norm), activation)

    def _encoder_layer(self, layer: EncoderLayerWeights[Tensor]) -> EncoderLayer:
        own = layer.self_attention
        return EncoderLayer(
            self._linear(own.q, own.k, own.v), self._linear(own.out), self._norm(own.norm), self._ffn(layer.ffn)
        )

    def _decoder_layer(self, layer: DecoderLayerWeights[Tensor]) -> DecoderLayer:
        own, cross = layer.self_attention, layer.cross_attention
        return DecoderLayer(
            self._linear(own.q, own.k, own.v),
            self._linear(own.out),
            self._norm(own.norm),
            self._linear(cross.q),
            self._linear(cross.k, cross.v),
            self._linear(cross.out),
            self._norm(cross.norm),
            self._ffn(layer.ffn),
        )
