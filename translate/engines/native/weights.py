"""A MarianMT's weights in the order in which the compiled part asks for them (``native/network.h``)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from translate.engines.native.library import ACTIVATIONS, PRECISIONS, Shape

__all__ = ["arrange", "shape_of"]

Array = NDArray[np.float32]

_VECTOR = 8
"""Numbers that are computed at a time; sizes must be multiples of it."""


def shape_of(config: Mapping[str, Any], compute_type: str, *, has_shortlist: bool = False) -> Shape:
    """Sizes of a network.

    Args:
        config: its ``config.json``.
        compute_type: number format of the products.
        has_shortlist: whether each sentence is written with tokens of its own.

    Raises:
        KeyError: a setting is missing.
        ValueError: a setting is not known, or a size no multiple of 8.
    """
    activation = config.get("activation_function", "gelu")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation_function {activation!r} is none of {sorted(ACTIVATIONS)}")
    n_source = config["vocab_size"]
    shared = config.get("share_encoder_decoder_embeddings", True)
    shape = Shape(
        width=config["d_model"],
        encoder_heads=config["encoder_attention_heads"],
        decoder_heads=config["decoder_attention_heads"],
        encoder_inner=config["encoder_ffn_dim"],
        decoder_inner=config["decoder_ffn_dim"],
        encoder_layers=config["encoder_layers"],
        decoder_layers=config["decoder_layers"],
        n_source=n_source,
        n_target=n_source if shared else config.get("decoder_vocab_size") or n_source,
        n_positions=config["max_position_embeddings"],
        activation=ACTIVATIONS[activation],
        precision=PRECISIONS[compute_type],
        has_shortlist=has_shortlist,
        embedding_scale=math.sqrt(config["d_model"]) if config.get("scale_embedding") else 1.0,
    )
    heads = {"encoder": shape.encoder_heads, "decoder": shape.decoder_heads}
    if min(heads.values()) < 1:
        raise ValueError(f"{heads} attention heads; at least one is needed")
    sizes = {f"d_model / {side}_attention_heads": shape.width / n for side, n in heads.items()}
    sizes |= {"encoder_ffn_dim": shape.encoder_inner, "decoder_ffn_dim": shape.decoder_inner}
    for name, size in sizes.items():
        if size % _VECTOR:
            raise ValueError(f"{name} is {size:g}, no multiple of {_VECTOR}")
    return shape


def arrange(config: Mapping[str, Any], weights: Mapping[str, Array]) -> list[Array]:
    """All weights in order.

    Args:
        config: ``config.json`` of the network.
        weights: its tensors by name; those that are tied may be missing.

    Raises:
        KeyError: a tensor or a setting is missing.
        ValueError: a tensor has the wrong shape, belongs to another network, or holds what is no number.
    """
    arranger = _Arranger(config, weights)
    arrays = list(arranger.all())
    if left := weights.keys() - arranger.taken - _COPIES:
        raise ValueError(f"{min(left)} has no place in this network")
    return arrays


_COPIES = {
    "lm_head.weight",
    *(f"model.{name}.weight" for name in ("shared", "encoder.embed_tokens", "decoder.embed_tokens")),
}
"""Tied tensors that a file may hold several times."""


class _Arranger:
    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Array]) -> None:
        self._config, self._weights = config, weights
        self.taken: set[str] = set()
        self._width: int = config["d_model"]

    def all(self) -> Iterator[Array]:
        yield from self._embeddings()
        for index in range(self._config["encoder_layers"]):
            layer = f"model.encoder.layers.{index}"
            yield from self._attention(f"{layer}.self_attn")
            yield from self._feed(layer, "encoder")
        for index in range(self._config["decoder_layers"]):
            layer = f"model.decoder.layers.{index}"
            yield from self._attention(f"{layer}.self_attn")
            yield from self._products(f"{layer}.encoder_attn", "q")
            yield from self._products(f"{layer}.encoder_attn", "kv")
            yield from self._linear(f"{layer}.encoder_attn.out_proj", self._width, self._width)
            yield from self._norm(f"{layer}.encoder_attn_layer_norm")
            yield from self._feed(layer, "decoder")

    def _take(self, name: str, *shape: int) -> Array:
        array = self._weights[name]
        if array.shape != shape:
            raise ValueError(f"{name} has the shape {array.shape}, not {shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds what is no finite number")
        self.taken.add(name)
        return array

    def _embeddings(self) -> Iterator[Array]:
        config = self._config
        n_source = config["vocab_size"]
        is_shared = config.get("share_encoder_decoder_embeddings", True)
        n_target = n_source if is_shared else config.get("decoder_vocab_size") or n_source
        source, target, both = (f"model.{part}.weight" for part in (
            "encoder.embed_tokens", "decoder.embed_tokens", "shared",
        ))  # fmt: skip
        if is_shared and both in self._weights:
            source = target = both
        sources, targets = self._take(source, n_source, self._width), self._take(target, n_target, self._width)
        yield sources
        yield targets
        yield from map(self._positions, ("encoder", "decoder"))
        yield (
            targets if config.get("tie_word_embeddings", True) else self._take("lm_head.weight", n_target, self._width)
        )
        has_bias = "final_logits_bias" in self._weights
        yield self._take("final_logits_bias", 1, n_target)[0] if has_bias else np.zeros(n_target, np.float32)

    def _positions(self, side: str) -> Array:
        n_positions, name = self._config["max_position_embeddings"], f"model.{side}.embed_positions.weight"
        if name in self._weights:
            return self._take(name, n_positions, self._width)
        return sinusoids(n_positions, self._width)

    def _attention(self, name: str) -> Iterator[Array]:
        yield from self._products(name, "qkv")
        yield from self._linear(f"{name}.out_proj", self._width, self._width)
        yield from self._norm(f"{name}_layer_norm")

    def _products(self, attention: str, parts: str) -> Iterator[Array]:
        """The products of queries, keys and values with the same input, as one."""
        pairs = [list(self._linear(f"{attention}.{part}_proj", self._width, self._width)) for part in parts]
        for arrays in zip(*pairs, strict=True):
            yield np.concatenate(arrays)

    def _linear(self, name: str, n_out: int, n_in: int) -> Iterator[Array]:
        yield self._take(f"{name}.weight", n_out, n_in)
        yield self._take(f"{name}.bias", n_out)

    def _norm(self, name: str) -> Iterator[Array]:
        yield from (self._take(f"{name}.{part}", self._width) for part in ("weight", "bias"))

    def _feed(self, layer: str, side: str) -> Iterator[Array]:
        inner = self._config[f"{side}_ffn_dim"]
        yield from self._linear(f"{layer}.fc1", inner, self._width)
        yield from self._linear(f"{layer}.fc2", self._width, inner)
        yield from self._norm(f"{layer}.final_layer_norm")


def sinusoids(n_positions: int, width: int) -> Array:
    """Marian's positions, ``(n_positions, width)``, to the bits of `translate.engines.torch.network.sinusoids`."""
    column = np.arange(width, dtype=np.float64)
    angle = np.arange(n_positions, dtype=np.float64)[:, None] / np.power(10000, 2 * (column // 2) / width)
    return np.concatenate([np.sin(angle[:, 0::2]), np.cos(angle[:, 1::2])], 1).astype(np.float32)
