"""What the decoder looks at while it is made to write a translation that is given (forced decoding).

For each target token it says how the heads of the decoder's layers share their attention out among the source tokens.
The way through the network is that of `translate.engines.torch.network`, with all target positions at once, and
without the output layer, which nobody asks for a word here. The tokens of several pairs go through the products
together; attention is computed a pair at a time, so that nothing of a pair depends on those beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from translate.engines.torch.network import DecoderLayer, EncoderLayer, Marian
from translate.marian.config import read_config
from translate.marian.model import LocalModel
from translate.marian.weights import read_weights

__all__ = ["ForcedDecoder"]

_TOKENS = 1024
"""Tokens that go through a product together, both sides; a longer pair goes by itself."""


class ForcedDecoder:
    """Reads sentences with their translations, on one core and in float32.

    Args:
        model: a verified model.

    Attributes:
        n_heads: heads that look at the source, of all layers of the decoder.
        longest: tokens, end of sentence included, of the longest text that it can read, on either side.

    Raises:
        ModelDamagedError: the files are not a MarianMT model.
    """

    def __init__(self, model: LocalModel) -> None:
        config = read_config(model)
        self._network = Marian.load(read_weights(model))
        self._start = config.decoder_start_token_id
        self.n_heads = config.decoder_layers * config.decoder_attention_heads
        self.longest = config.max_position_embeddings

    def attend(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Iterator[NDArray[np.float32]]:
        """What is looked at, pair by pair.

        Args:
            pairs: source and target ids, end of sentence included; no side longer than `longest`.

        Yields:
            ``(n_heads, n_target, n_source)``, the first layer's heads first. Row ``j`` is of the position that writes
            target token ``j`` and has read those before it; it sums to one.
        """
        some: list[tuple[Sequence[int], Sequence[int]]] = []
        n_tokens = 0
        for pair in pairs:
            n = len(pair[0]) + len(pair[1])
            if some and n_tokens + n > _TOKENS:
                yield from self._attend(some)
                some, n_tokens = [], 0
            some.append(pair)
            n_tokens += n
        if some:
            yield from self._attend(some)

    def _attend(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[NDArray[np.float32]]:
        network = self._network
        with _one_core(), torch.inference_mode():
            lengths = [len(source) for source, _ in pairs]
            memory = self._embed(network.source_embedding, [source for source, _ in pairs], 0)
            for encoder_layer in network.encoder:
                memory = self._encode(encoder_layer, memory, lengths)
            read = [[self._start, *target[:-1]] for _, target in pairs]
            x = self._embed(network.target_embedding, read, 1)
            found: list[list[Tensor]] = [[] for _ in pairs]
            for layer in network.decoder:
                x = self._decode(layer, x, memory, [(len(a), len(b)) for a, b in pairs], found)
        return [torch.cat(heads).numpy() for heads in found]

    def _embed(self, table: Tensor, texts: Sequence[Sequence[int]], side: int) -> Tensor:
        ids = torch.tensor([token for text in texts for token in text])
        places = torch.tensor([place for text in texts for place in range(len(text))])
        return table[ids] * self._network.scale + self._network.positions[side][places]

    def _encode(self, layer: EncoderLayer, x: Tensor, lengths: list[int]) -> Tensor:
        """One layer over all source tokens ``(n_tokens, width)``."""
        n_heads = self._network.n_heads[0]
        mixed = [_mix(qkv, n_heads, is_causal=False) for qkv in _apart(layer.qkv(x), lengths)]
        return layer.ffn(layer.norm(x + layer.out(torch.cat(mixed))))

    def _decode(
        self, layer: DecoderLayer, x: Tensor, memory: Tensor, lengths: list[tuple[int, int]], found: list[list[Tensor]]
    ) -> Tensor:
        """One layer over all target tokens ``(n_tokens, width)``; what it looks at is added to ``found``."""
        n_heads, here, there = self._network.n_heads[1], [n for _, n in lengths], [n for n, _ in lengths]
        mixed = [_mix(qkv, n_heads, is_causal=True) for qkv in _apart(layer.qkv(x), here)]
        x = layer.norm(x + layer.out(torch.cat(mixed)))
        mixed = []
        pairs = zip(_apart(layer.source_q(x), here), _apart(layer.source_kv(memory), there), found, strict=True)
        for q, kv, heads in pairs:
            (query,), (key, value) = _heads(q, 1, n_heads), _heads(kv, 2, n_heads)
            shares = torch.softmax(query @ key.transpose(1, 2) / key.shape[2] ** 0.5, dim=2)
            heads.append(shares)
            mixed.append(_side_by_side(shares @ value))
        return layer.ffn(layer.source_norm(x + layer.source_out(torch.cat(mixed))))


def _apart(x: Tensor, lengths: list[int]) -> tuple[Tensor, ...]:
    """The tokens ``(n_tokens, width)`` of each text."""
    return torch.split_with_sizes(x, lengths)


def _heads(x: Tensor, n: int, n_heads: int) -> tuple[Tensor, ...]:
    """``(n_tokens, n * width)`` as ``n`` times ``(n_heads, n_tokens, width / n_heads)``."""
    return x.view(len(x), n, n_heads, -1).permute(1, 2, 0, 3).unbind(0)


def _side_by_side(x: Tensor) -> Tensor:
    """``(n_heads, n_tokens, width / n_heads)`` as ``(n_tokens, width)``."""
    return x.transpose(0, 1).reshape(x.shape[1], -1)


def _mix(qkv: Tensor, n_heads: int, *, is_causal: bool) -> Tensor:
    """Attention of one text to itself, ``(n_tokens, 3 * width)`` to ``(n_tokens, width)``."""
    q, k, v = _heads(qkv, 3, n_heads)
    mixed = functional.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=is_causal)
    return _side_by_side(mixed[0])


@contextmanager
def _one_core() -> Iterator[None]:
    """Products on one core, whose bits are the same in every process."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
