"""The weights of a MarianMT: read from the pinned file, each in its place and of its size.

The one place that knows what transformers calls them; an engine takes them from here and lays them out as it likes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from translate.errors import ModelDamagedError, first_line
from translate.marian.config import MarianConfig, read_config

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from translate.marian.model import LocalModel

__all__ = [
    "Affine",
    "AttentionWeights",
    "DecoderLayerWeights",
    "EncoderLayerWeights",
    "FfnWeights",
    "MarianWeights",
    "arrange",
    "read_arrays",
    "read_weights",
    "sinusoids",
]

T = TypeVar("T")
"""A tensor of torch, or an array of numpy."""


class Affine(NamedTuple, Generic[T]):
    """A product, weight ``(n_out, n_in)`` and bias ``(n_out)``; or a norm, both ``(d_model)``."""

    weight: T
    bias: T


@dataclass(frozen=True, slots=True)
class AttentionWeights(Generic[T]):
    """Attention, and the norm behind its residual sum."""

    q: Affine[T]
    k: Affine[T]
    v: Affine[T]
    out: Affine[T]
    norm: Affine[T]


@dataclass(frozen=True, slots=True)
class FfnWeights(Generic[T]):
    """The feed-forward half of a layer, and the norm behind its residual sum."""

    fc1: Affine[T]
    fc2: Affine[T]
    norm: Affine[T]


@dataclass(frozen=True, slots=True)
class EncoderLayerWeights(Generic[T]):
    """One layer of the encoder."""

    self_attention: AttentionWeights[T]
    ffn: FfnWeights[T]


@dataclass(frozen=True, slots=True)
class DecoderLayerWeights(Generic[T]):
    """One layer of the decoder."""

    self_attention: AttentionWeights[T]
    cross_attention: AttentionWeights[T]
    ffn: FfnWeights[T]


@dataclass(frozen=True, slots=True)
class MarianWeights(Generic[T]):
    """All weights of a MarianMT.

    Attributes:
        config: what they are of.
        source_embedding: ``(vocab_size, d_model)``.
        target_embedding: ``(decoder_vocab_size, d_model)``; the same object where the sides share it.
        source_positions: ``(max_position_embeddings, d_model)``; None where they are `sinusoids`.
        target_positions: the same of the decoder.
        encoder: layers.
        decoder: layers.
        output_weight: ``(decoder_vocab_size, d_model)``; the target's embedding where it is tied to that.
        output_bias: ``(1, decoder_vocab_size)``; None where it is zero.
    """

    config: MarianConfig
    source_embedding: T
    target_embedding: T
    source_positions: T | None
    target_positions: T | None
    encoder: tuple[EncoderLayerWeights[T], ...]
    decoder: tuple[DecoderLayerWeights[T], ...]
    output_weight: T
    output_bias: T | None


def arrange(config: MarianConfig, tensors: Mapping[str, T]) -> MarianWeights[T]:
    """Put every tensor of a file in its place.

    Args:
        config: of the network.
        tensors: of ``MarianMTModel`` by name; those that are tied may be missing, or there several times.

    Raises:
        ValueError: a tensor is missing, has the wrong shape, holds what is no finite number, or belongs to another
            network.
    """
    return _Arranger(config, dict(tensors)).all()


class _Arranger(Generic[T]):
    """Takes one tensor after the other; what is left at the end belongs to another network."""

    def __init__(self, config: MarianConfig, tensors: dict[str, T]) -> None:
        self._config, self._tensors = config, tensors
        self._width = config.d_model

    def all(self) -> MarianWeights[T]:
        config = self._config
        source, target, output = self._embeddings()
        weights = MarianWeights(
            config,
            source,
            target,
            self._positions("encoder"),
            self._positions("decoder"),
            tuple(self._encoder_layer(f"model.encoder.layers.{index}") for index in range(config.encoder_layers)),
            tuple(self._decoder_layer(f"model.decoder.layers.{index}") for index in range(config.decoder_layers)),
            output,
            self._take_if_there("final_logits_bias", 1, config.decoder_vocab_size),
        )
        if self._tensors:
            raise ValueError(f"{min(self._tensors)} has no place in this network")
        return weights

    def _take(self, name: str, *shape: int) -> T:
        if name not in self._tensors:
            raise ValueError(f"{name} is missing")
        tensor: Any = self._tensors.pop(name)
        if tuple(tensor.shape) != shape:
            raise ValueError(f"{name} has the shape {tuple(tensor.shape)}, not {shape}")
        if not bool((abs(tensor) < float("inf")).all()):
            raise ValueError(f"{name} holds what is no finite number")
        taken: T = tensor
        return taken

    def _take_if_there(self, name: str, *shape: int) -> T | None:
        return self._take(name, *shape) if name in self._tensors else None

    def _embeddings(self) -> tuple[T, T, T]:
        """Embeddings of source and target, and the output layer."""
        config, width = self._config, self._width
        n_source, n_target = config.vocab_size, config.decoder_vocab_size
        names = ("model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "model.shared.weight")
        shared = self._take_if_there(names[2], n_source, width) if config.share_encoder_decoder_embeddings else None
        if shared is not None and config.tie_word_embeddings:
            # Copies of the shared one.
            self._tensors.pop(names[0], None)
            self._tensors.pop(names[1], None)
        # Where nothing is tied transformers reads a table for each side, and the shared one only where there is none.
        source, target = (
            self._take(name, n_rows, width) if shared is None or name in self._tensors else shared
            for name, n_rows in zip(names, (n_source, n_target), strict=False)
        )
        if config.tie_word_embeddings:
            self._tensors.pop("lm_head.weight", None)
            return source, target, target
        return source, target, self._take("lm_head.weight", n_target, width)

    def _positions(self, side: str) -> T | None:
        return self._take_if_there(
            f"model.{side}.embed_positions.weight", self._config.max_position_embeddings, self._width
        )

    def _linear(self, name: str, n_out: int, n_in: int) -> Affine[T]:
        return Affine(self._take(f"{name}.weight", n_out, n_in), self._take(f"{name}.bias", n_out))

    def _norm(self, name: str) -> Affine[T]:
        return Affine(self._take(f"{name}.weight", self._width), self._take(f"{name}.bias", self._width))

    def _attention(self, name: str) -> AttentionWeights[T]:
        q, k, v, out = (
            self._linear(f"{name}.{part}_proj", self._width, self._width) for part in ("q", "k", "v", "out")
        )
        return AttentionWeights(q, k, v, out, self._norm(f"{name}_layer_norm"))

    def _ffn(self, layer: str, inner: int) -> FfnWeights[T]:
        return FfnWeights(
            self._linear(f"{layer}.fc1", inner, self._width),
            self._linear(f"{layer}.fc2", self._width, inner),
            self._norm(f"{layer}.final_layer_norm"),
        )

    def _encoder_layer(self, layer: str) -> EncoderLayerWeights[T]:
        return EncoderLayerWeights(
            self._attention(f"{layer}.self_attn"), self._ffn(layer, self._config.encoder_ffn_dim)
        )

    def _decoder_layer(self, layer: str) -> DecoderLayerWeights[T]:
        return DecoderLayerWeights(
            self._attention(f"{layer}.self_attn"),
            self._attention(f"{layer}.encoder_attn"),
            self._ffn(layer, self._config.decoder_ffn_dim),
        )


def sinusoids(n_positions: int, d_model: int) -> NDArray[np.float32]:
    """Marian's positions, ``(n_positions, d_model)``: sines first, then cosines, where section 3.5 of Vaswani et al.
    (2017, https://arxiv.org/abs/1706.03762) interleaves them. Computed in float64 and rounded once, as in transformers.
    """  # noqa: D205 - one sentence
    import numpy as np

    column = np.arange(d_model, dtype=np.float64)
    angle = np.arange(n_positions, dtype=np.float64)[:, None] / np.power(10000, 2 * (column // 2) / d_model)
    return np.concatenate([np.sin(angle[:, 0::2]), np.cos(angle[:, 1::2])], 1).astype(np.float32)


# --- files -----------------------------------------------------------------------------------------------------------


def read_weights(model: LocalModel) -> MarianWeights[torch.Tensor]:
    """All weights as tensors on the CPU, in the number format of the file.

    Raises:
        ModelDamagedError: the file is not one of weights alone (a pickle that would run code is one such), or they do
            not fit the model's configuration.
    """
    return _fitting(model, _read_tensors)


def read_arrays(model: LocalModel) -> MarianWeights[NDArray[np.float32]]:
    """All weights as arrays in float32; without importing torch, which takes seconds, where the file allows it.

    Raises:
        ModelDamagedError: see `read_weights`.
    """
    return _fitting(model, _read_arrays)


def _fitting(model: LocalModel, read: Callable[[LocalModel], Mapping[str, T]]) -> MarianWeights[T]:
    config = read_config(model)
    try:
        return arrange(config, read(model))
    except ValueError as error:
        raise ModelDamagedError(f"weights of model {model.spec.name!r} do not fit its config.json: {error}") from error


def _read_tensors(model: LocalModel) -> dict[str, torch.Tensor]:
    import torch
    from safetensors.torch import load_file

    name = "model.safetensors" if model.has("model.safetensors") else "pytorch_model.bin"
    path = model.file(name)
    try:
        # weights_only: tensors are read, nothing that a pickle asks for is called.
        weights = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except Exception as error:  # safetensors and pickle raise errors of a dozen kinds
        raise ModelDamagedError(
            f"{path} of model {model.spec.name!r} is no file of weights: {first_line(error)}"
        ) from error
    if not isinstance(weights, dict) or not all(isinstance(value, torch.Tensor) for value in weights.values()):
        raise ModelDamagedError(f"{path} of model {model.spec.name!r} holds more than weights")
    return weights


def _read_arrays(model: LocalModel) -> dict[str, NDArray[np.float32]]:
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if model.has("model.safetensors"):
        try:
            arrays = load_file(model.file("model.safetensors"))
        except (SafetensorError, OSError, TypeError, KeyError):
            # No file of weights, of which _read_tensors knows what to say; or of a number format that numpy lacks.
            pass
        else:
            return {name: array.astype(np.float32, copy=False) for name, array in arrays.items()}
    return {name: tensor.float().numpy() for name, tensor in _read_tensors(model).items()}
