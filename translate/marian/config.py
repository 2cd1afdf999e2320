"""``config.json`` of a MarianMT model, checked before anything is made of it.

A size that is wrong here would be an allocation without bound, or a crash in compiled code, further on: so each is
held against a range that no model of this kind comes near.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from translate.errors import ModelDamagedError, first_line

if TYPE_CHECKING:
    from translate.marian.model import LocalModel

__all__ = ["MOST_TOKENS", "MarianConfig", "check_config", "integer", "read_config", "read_object"]

ACTIVATIONS = ("gelu", "relu", "silu", "swish")

MOST_TOKENS = 1 << 20
"""Of a vocabulary; those of OPUS-MT have some 60,000."""

_RANGES = {
    "d_model": (1, 8192),
    "encoder_layers": (1, 64),
    "decoder_layers": (1, 64),
    "encoder_attention_heads": (1, 256),
    "decoder_attention_heads": (1, 256),
    "encoder_ffn_dim": (1, 65536),
    "decoder_ffn_dim": (1, 65536),
    "vocab_size": (3, MOST_TOKENS),
    "max_position_embeddings": (2, 16384),
}


@dataclass(frozen=True, slots=True)
class MarianConfig:
    """Sizes and special tokens of a MarianMT, under the names of ``config.json``.

    Attributes:
        d_model: width of the network.
        encoder_layers: how many.
        decoder_layers: how many.
        encoder_attention_heads: of each of them; they divide ``d_model``.
        decoder_attention_heads: the same of the decoder.
        encoder_ffn_dim: inner width of the feed-forward halves.
        decoder_ffn_dim: the same of the decoder.
        activation_function: between their two products; one of `ACTIVATIONS`.
        vocab_size: source tokens.
        decoder_vocab_size: target tokens; ``vocab_size`` where the two sides share their embeddings.
        max_position_embeddings: longest source, and longest target with its start token.
        scale_embedding: whether embeddings are multiplied by the square root of ``d_model``.
        share_encoder_decoder_embeddings: whether both sides have one table of embeddings.
        tie_word_embeddings: whether the output layer is the target's table of embeddings.
        pad_token_id: fills up short rows.
        decoder_start_token_id: what a target starts from.
        eos_token_id: end of sentence.
        max_length: target positions that the model may fill, the start token's among them; None when it does not say.
    """

    d_model: int
    encoder_layers: int
    decoder_layers: int
    encoder_attention_heads: int
    decoder_attention_heads: int
    encoder_ffn_dim: int
    decoder_ffn_dim: int
    activation_function: str
    vocab_size: int
    decoder_vocab_size: int
    max_position_embeddings: int
    scale_embedding: bool
    share_encoder_decoder_embeddings: bool
    tie_word_embeddings: bool
    pad_token_id: int
    decoder_start_token_id: int
    eos_token_id: int
    max_length: int | None

    @property
    def embedding_scale(self) -> float:
        """What embeddings are multiplied by."""
        return math.sqrt(self.d_model) if self.scale_embedding else 1.0


def read_object(path: Path, where: str) -> dict[str, Any]:
    """A JSON object in a file.

    Args:
        path: the file.
        where: what to call it in messages.

    Raises:
        ModelDamagedError: it cannot be read, or is no JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelDamagedError(f"cannot read {where}: {first_line(error)}") from error
    except RecursionError as error:
        raise ModelDamagedError(f"cannot read {where}: its JSON is nested too deeply to be a model's") from error
    if not isinstance(value, dict):
        raise ModelDamagedError(f"{where} is no JSON object")
    return value


def read_config(model: LocalModel) -> MarianConfig:
    """The checked ``config.json`` of a model.

    Raises:
        ModelDamagedError: it is not that of a MarianMT; the message says what is wrong with it.
    """
    where = f"config.json of model {model.spec.name!r}"
    return check_config(read_object(model.file("config.json"), where), where)


def check_config(values: Mapping[str, Any], where: str = "config.json") -> MarianConfig:
    """The values of a ``config.json``, checked.

    Args:
        values: as they stand there.
        where: what to call the file in messages.

    Raises:
        ModelDamagedError: a value is missing, of another type, or out of its range.
    """
    if values.get("model_type", "marian") != "marian":
        raise ModelDamagedError(f"{where} is of a model of type {values['model_type']!r}, not 'marian'")
    sizes = {name: integer(values, name, *bounds, where=where) for name, bounds in _RANGES.items()}
    for side in ("encoder", "decoder"):
        n_heads = sizes[f"{side}_attention_heads"]
        if sizes["d_model"] % n_heads:
            raise ModelDamagedError(f"{where}: d_model {sizes['d_model']} is no multiple of its {n_heads} {side} heads")
    shared = _boolean(values, "share_encoder_decoder_embeddings", True, where)
    n_source, n_target = sizes["vocab_size"], sizes["vocab_size"]
    if not shared and values.get("decoder_vocab_size") is not None:
        n_target = integer(values, "decoder_vocab_size", 3, MOST_TOKENS, where=where)
    activation = values.get("activation_function", "gelu")
    if activation not in ACTIVATIONS:
        raise ModelDamagedError(f"{where}: activation_function {activation!r} is none of {', '.join(ACTIVATIONS)}")
    start_id = integer(values, "decoder_start_token_id", 0, n_target - 1, where=where)
    pad_id = start_id
    if values.get("pad_token_id") is not None:
        pad_id = integer(values, "pad_token_id", 0, n_source - 1, where=where)
    max_length = values.get("max_length")
    return MarianConfig(
        **sizes,
        activation_function=activation,
        decoder_vocab_size=n_target,
        scale_embedding=_boolean(values, "scale_embedding", False, where),
        share_encoder_decoder_embeddings=shared,
        tie_word_embeddings=_boolean(values, "tie_word_embeddings", True, where),
        pad_token_id=pad_id,
        decoder_start_token_id=start_id,
        eos_token_id=integer(values, "eos_token_id", 0, n_target - 1, where=where),
        max_length=None if max_length is None else integer(values, "max_length", 2, 1 << 31, where=where),
    )


def integer(values: Mapping[str, Any], name: str, lowest: int, highest: int, *, where: str) -> int:
    """A whole number of a JSON object.

    Args:
        values: the object.
        name: of the number.
        lowest: it may have.
        highest: it may have.
        where: what to call the file in messages.

    Raises:
        ModelDamagedError: it is missing, no whole number, or out of its range.
    """
    if name not in values:
        raise ModelDamagedError(f"{where} has no {name}")
    value = values[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise ModelDamagedError(f"{where}: {name} is {_shown(value)}, not a whole number")
    if not lowest <= value <= highest:
        raise ModelDamagedError(f"{where}: {name} is {_shown(value)}; expected {lowest} to {highest}")
    return value


def _boolean(values: Mapping[str, Any], name: str, default: bool, where: str) -> bool:
    value = values.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise ModelDamagedError(f"{where}: {name} is {_shown(value)}, not true or false")
    return value


def _shown(value: object) -> str:
    """A value as JSON has it, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:40]}…"
