"""A MarianMT's weights in the order in which the compiled part asks for them (``native/network.h``)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from translate.engines.native.library import ACTIVATIONS, PRECISIONS, NativeShape
from translate.marian.config import MarianConfig
from translate.marian.weights import Affine, AttentionWeights, FfnWeights, MarianWeights, sinusoids

__all__ = ["in_order", "shape_of", "why_not"]

Array = NDArray[np.float32]

_VECTOR = 8
"""Numbers that are computed at a time; sizes must be multiples of it."""


def why_not(config: MarianConfig) -> str | None:
    """What keeps the compiled part from computing this network; None where nothing does."""
    sizes = {
        "d_model / encoder_attention_heads": config.d_model // config.encoder_attention_heads,
        "d_model / decoder_attention_heads": config.d_model // config.decoder_attention_heads,
        "encoder_ffn_dim": config.encoder_ffn_dim,
        "decoder_ffn_dim": config.decoder_ffn_dim,
    }
    for name, size in sizes.items():
        if size % _VECTOR:
            return f"{name} is {size}, no multiple of {_VECTOR}"
    return None


def shape_of(config: MarianConfig, compute_type: str, *, has_shortlist: bool = False) -> NativeShape:
    """Sizes of a network.

    Args:
        config: of the model; one that the compiled part can compute.
        compute_type: number format of the products.
        has_shortlist: whether each sentence is written with tokens of its own.
    """
    return NativeShape(
        width=config.d_model,
        encoder_heads=config.encoder_attention_heads,
        decoder_heads=config.decoder_attention_heads,
        encoder_inner=config.encoder_ffn_dim,
        decoder_inner=config.decoder_ffn_dim,
        encoder_layers=config.encoder_layers,
        decoder_layers=config.decoder_layers,
        n_source=config.vocab_size,
        n_target=config.decoder_vocab_size,
        n_positions=config.max_position_embeddings,
        activation=ACTIVATIONS[config.activation_function],
        precision=PRECISIONS[compute_type],
        has_shortlist=has_shortlist,
        embedding_scale=config.embedding_scale,
    )


def in_order(weights: MarianWeights[Array]) -> list[Array]:
    """All arrays, one behind the other."""
    return list(_in_order(weights))


def _in_order(weights: MarianWeights[Array]) -> Iterator[Array]:
    config = weights.config
    yield weights.source_embedding
    yield weights.target_embedding
    for stored in (weights.source_positions, weights.target_positions):
        yield sinusoids(config.max_position_embeddings, config.d_model) if stored is None else stored
    yield weights.output_weight
    bias = weights.output_bias
    yield np.zeros(config.decoder_vocab_size, np.float32) if bias is None else bias[0]
    for layer in weights.encoder:
        yield from _self_attention(layer.self_attention)
        yield from _ffn(layer.ffn)
    for each in weights.decoder:
        yield from _self_attention(each.self_attention)
        cross = each.cross_attention
        yield from (*cross.q, *_joined(cross.k, cross.v), *cross.out, *cross.norm)
        yield from _ffn(each.ffn)


def _self_attention(own: AttentionWeights[Array]) -> Iterator[Array]:
    yield from (*_joined(own.q, own.k, own.v), *own.out, *own.norm)


def _ffn(ffn: FfnWeights[Array]) -> Iterator[Array]:
    yield from (*ffn.fc1, *ffn.fc2, *ffn.norm)


def _joined(*products: Affine[Array]) -> Iterator[Array]:
    """Products with the same input, as one."""
    yield np.concatenate([each.weight for each in products])
    yield np.concatenate([each.bias for each in products])
