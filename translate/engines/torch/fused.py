"""A step of the decoder in as few kernels as we can: what `Marian.step` computes, with those of `kernels`."""

from __future__ import annotations

import torch
from torch import Tensor

from translate.engines.torch import kernels
from translate.engines.torch.fixed_cache import FixedCache
from translate.engines.torch.network import DecoderLayer, Marian

__all__ = ["can_fuse", "step"]

_WIDTHS = (16, 32, 64, 128)
"""Of a head, that the kernel of attention takes."""


def can_fuse(network: Marian) -> bool:
    """Whether the kernels run here and take this network's shape."""
    head_width = network.head.weight.shape[1] // network.n_heads[1]
    is_cuda = network.device.type == "cuda" and torch.cuda.get_device_capability(network.device) >= (7, 0)
    return is_cuda and head_width in _WIDTHS


def step(network: Marian, tokens: Tensor, cache: FixedCache) -> Tensor:
    """Read one target token of every beam.

    Args:
        network: the weights.
        tokens: ``(n_sentences, n_beams)``.
        cache: of these sentences; this position is added.

    Returns:
        What the output layer reads, ``(n_sentences * n_beams, width)``, in the number format of its weight.
    """
    cache.add(tokens.shape[1])
    x, rounded = kernels.embed(tokens, cache.steps, network.target_embedding, network.positions[1], network.scale)
    for index, layer in enumerate(network.decoder):
        x, rounded = _step(layer, (x, rounded), cache, index)
    return rounded


def _step(layer: DecoderLayer, hidden: tuple[Tensor, Tensor], cache: FixedCache, index: int) -> tuple[Tensor, Tensor]:
    """One layer over ``(n_sentences * n_beams, width)``, in float32 and in the number format of the weights."""
    x, rounded = hidden
    qkv = layer.qkv(rounded)
    mixed = kernels.attend_to_written(qkv, cache.keys[index], cache.values[index], cache.beam_mask, cache.steps)
    x, rounded = kernels.add_and_normalize(x, layer.out(mixed), layer.norm.weight, layer.norm.bias)
    source = cache.source_keys[index], cache.source_values[index]
    mixed = kernels.attend_to_source(layer.source_q(rounded), *source, cache.lengths, cache.shape.n_beams)
    norm = layer.source_norm
    x, rounded = kernels.add_and_normalize(x, layer.source_out(mixed), norm.weight, norm.bias)
    ffn = layer.ffn
    y = ffn.outer(ffn.activation(ffn.inner(rounded)))
    return kernels.add_and_normalize(x, y, ffn.norm.weight, ffn.norm.bias)
