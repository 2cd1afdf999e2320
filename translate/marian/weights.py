"""Configuration and weights of a MarianMT model in transformers format, read from pinned files only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from translate.errors import ModelDamagedError

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from translate.marian.find import LocalModel

__all__ = ["MarianShape", "read_arrays", "read_json", "read_shape", "read_weights", "settings_file"]


@dataclass(frozen=True, slots=True)
class MarianShape:
    """What of ``config.json`` decides how text goes in and out.

    Attributes:
        n_source: source positions; the longest source in tokens.
        n_target: target tokens the model may write: one position less than its ``max_length``, since the start token
            takes one.
        pad_id: the token that pads, and that the decoder starts from.
        eos_id: end of sentence.
    """

    n_source: int
    n_target: int
    pad_id: int
    eos_id: int


def read_json(model: LocalModel, name: str) -> dict[str, Any]:
    """One of the model's JSON files.

    Raises:
        ModelDamagedError: it is not a JSON object.
    """
    try:
        value = json.loads(model.file(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelDamagedError(f"cannot read {name} of model {model.spec.name!r}: {error}") from error
    if not isinstance(value, dict):
        raise ModelDamagedError(f"{name} of model {model.spec.name!r} is no JSON object")
    return value


def read_shape(model: LocalModel) -> MarianShape:
    """Lengths and special tokens of a model.

    Raises:
        ModelDamagedError: this is no Marian configuration.
    """
    config = read_json(model, "config.json")
    generation = read_json(model, "generation_config.json") if model.has("generation_config.json") else {}
    if config.get("model_type") != "marian":
        raise ModelDamagedError(f"model {model.spec.name!r} is of type {config.get('model_type')!r}, not 'marian'")
    try:
        n_positions = int(config["max_position_embeddings"])
        max_length = int(generation.get("max_length") or config.get("max_length") or n_positions)
        return MarianShape(
            n_source=min(model.spec.max_tokens, n_positions),
            n_target=min(max_length, n_positions) - 1,
            pad_id=int(config["decoder_start_token_id"]),
            eos_id=int(config["eos_token_id"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelDamagedError(f"config.json of model {model.spec.name!r}: {error!r}") from error


def settings_file(model: LocalModel) -> str:
    """Name of the file that holds the settings of the search.

    Older models, opus-mt-zh-en among them, keep those in ``config.json``: the token that must not be written, the end
    of sentence that is forced at the cap.
    """
    return "generation_config.json" if model.has("generation_config.json") else "config.json"


def read_weights(model: LocalModel) -> dict[str, torch.Tensor]:
    """All tensors by name, on the CPU, in the number format of the file.

    Raises:
        ModelDamagedError: the file is not one of weights alone; a pickle that would run code is one such.
    """
    import torch
    from safetensors.torch import load_file

    name = "model.safetensors" if model.has("model.safetensors") else "pytorch_model.bin"
    path = model.file(name)
    try:
        # weights_only: tensors are read, nothing that a pickle asks for is called.
        weights = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except Exception as error:  # safetensors and pickle raise errors of a dozen kinds
        line = next(iter(str(error).splitlines()), type(error).__name__)
        raise ModelDamagedError(f"{path} of model {model.spec.name!r} is no file of weights: {line}") from error
    if not isinstance(weights, dict) or not all(isinstance(value, torch.Tensor) for value in weights.values()):
        raise ModelDamagedError(f"{path} of model {model.spec.name!r} holds more than weights")
    return weights


def read_arrays(model: LocalModel) -> dict[str, NDArray[np.float32]]:
    """All tensors by name, in float32; without importing torch, which takes seconds, where the file allows it.

    Raises:
        ModelDamagedError: see `read_weights`.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if model.has("model.safetensors"):
        try:
            arrays = load_file(model.file("model.safetensors"))
        except (SafetensorError, OSError, TypeError, KeyError):
            # No file of weights, of which read_weights knows what to say; or of a number format that numpy lacks.
            pass
        else:
            return {name: array.astype(np.float32, copy=False) for name, array in arrays.items()}
    return {name: tensor.float().numpy() for name, tensor in read_weights(model).items()}
