"""MarianMT weights in transformers format -> a CTranslate2 model, made once and kept in the cache.

CTranslate2's own converter is not used: it imports transformers (seconds), reads whatever lies in the folder, and
rounds the position encodings to the number format of the weight file, which costs agreement with transformers.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from translate.errors import ModelDamagedError, ModelUnavailableError
from translate.files.digest import sha256_of
from translate.marian.find import LocalModel, cache_folder
from translate.marian.vocabulary import PAD, MarianVocabulary
from translate.marian.weights import read_json, read_shape, read_weights

if TYPE_CHECKING:
    import torch

__all__ = ["convert", "converted"]

_VERSION = 1
"""Raise when the conversion gives other files."""

_MANIFEST = "duizhao.json"
_ACTIVATIONS = {"swish": "SWISH", "silu": "SWISH", "relu": "RELU", "gelu": "GELU"}

Weights = Mapping[str, "torch.Tensor"]


@contextmanager
def converted(model: LocalModel, vocabulary: MarianVocabulary, weight_type: str) -> Iterator[Path]:
    """The model's folder in CTranslate2's format, made if the cache does not have it.

    The folder is made beside its place and renamed into it, so that no process ever sees half of one; of two that
    start at once, one's work is thrown away. If the cache cannot be written, the model is converted each time.

    Args:
        model: a verified model.
        vocabulary: its vocabulary.
        weight_type: number format of the stored weights, in CTranslate2's names.

    Yields:
        A folder to load from; it may be gone after the block.

    Raises:
        ModelDamagedError: the weights are not those of a MarianMT model.
        ModelUnavailableError: no folder can be written anywhere.
    """
    place = cache_folder() / "ct2" / f"{model.spec.name}-{_key(model, weight_type)}"
    if not _is_whole(place):
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
        except OSError:
            with _in_temporary_folder(model, vocabulary, weight_type) as folder:
                yield folder
            return
        try:
            _make(model, vocabulary, weight_type, made)
            _move_into_place(made, place)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    yield place


def convert(model: LocalModel, vocabulary: MarianVocabulary, weight_type: str, folder: Path) -> None:
    """Write a CTranslate2 model into an empty folder.

    Raises:
        ModelDamagedError: the weights are not those of a MarianMT model.
    """
    try:
        spec = _spec(read_json(model, "config.json"), read_weights(model), vocabulary, read_shape(model).pad_id)
        spec.validate()
        spec.optimize(quantization=weight_type)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelDamagedError(f"model {model.spec.name!r} is no MarianMT model: {error!r}") from error
    spec.save(str(folder))


# --- the cache -------------------------------------------------------------------------------------------------


def _key(model: LocalModel, weight_type: str) -> str:
    import ctranslate2

    parts = f"{model.spec.fingerprint}|{weight_type}|{ctranslate2.__version__}|{_VERSION}"
    return f"{weight_type}-{hashlib.sha256(parts.encode()).hexdigest()[:16]}"


def _make(model: LocalModel, vocabulary: MarianVocabulary, weight_type: str, folder: Path) -> None:
    """Convert, then write the manifest by which a later run knows that the folder is whole."""
    try:
        convert(model, vocabulary, weight_type, folder)
        manifest = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
        (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    except OSError as error:
        raise ModelUnavailableError(
            f"cannot write the converted model to {folder}: {error.strerror}; free some space, or set DUIZHAO_CACHE"
        ) from error


def _is_whole(folder: Path) -> bool:
    """Whether every file of a converted model is there with the hash it was made with."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        return all(sha256_of(folder / name) == sha256 for name, sha256 in manifest.items())
    except (OSError, ValueError, AttributeError):
        return False


def _move_into_place(made: Path, place: Path) -> None:
    """Rename ``made`` to ``place``; a whole folder that another process put there first stays."""
    with suppress(OSError):
        made.rename(place)
        return
    if not _is_whole(place):
        with suppress(OSError):
            place.rename(made.with_suffix(".damaged"))
        shutil.rmtree(made.with_suffix(".damaged"), ignore_errors=True)
        with suppress(OSError):
            made.rename(place)
    if not _is_whole(place):
        raise ModelUnavailableError(f"cannot put the converted model at {place}; remove that folder and try again")


@contextmanager
def _in_temporary_folder(model: LocalModel, vocabulary: MarianVocabulary, weight_type: str) -> Iterator[Path]:
    try:
        folder = tempfile.TemporaryDirectory(prefix="duizhao-")
    except OSError as error:
        raise ModelUnavailableError(
            f"no folder can be written for the converted model: {error.strerror}; set DUIZHAO_CACHE to one that can"
        ) from error
    with folder as name:
        _make(model, vocabulary, weight_type, Path(name))
        yield Path(name)


# --- the network -----------------------------------------------------------------------------------------------


def _spec(config: Mapping[str, Any], weights: Weights, vocabulary: MarianVocabulary, pad_id: int) -> Any:
    """CTranslate2's description of a Marian transformer, filled with ``weights``.

    The decoder of Marian starts from a zero embedding, which transformers spells as a ``<pad>`` token whose row is
    zero. If it is the last row and really zero, it is left out here and CTranslate2 starts from zero by itself; if
    not, the token stays and the search has to suppress it.
    """
    from ctranslate2.specs import TransformerSpec, common_spec

    spec = TransformerSpec.from_config(
        (config["encoder_layers"], config["decoder_layers"]),
        config["encoder_attention_heads"],
        pre_norm=False,
        activation=common_spec.Activation[_ACTIVATIONS[config["activation_function"]]],
        layernorm_embedding=False,
    )
    embeddings = _embeddings(weights)
    drops_pad = pads_with_zero(vocabulary, embeddings["decoder"], pad_id)
    _fill_stack(spec.encoder, "encoder", config, weights)
    _fill_stack(spec.decoder, "decoder", config, weights)
    n_source = len(vocabulary.source) - drops_pad
    n_target = len(vocabulary.target) - drops_pad
    spec.encoder.embeddings[0].weight = embeddings["encoder"][:n_source]
    spec.decoder.embeddings.weight = embeddings["decoder"][:n_target]
    spec.decoder.projection.weight = embeddings["output"][:n_target]
    bias = weights.get("final_logits_bias")
    if bias is not None and bias.any():
        spec.decoder.projection.bias = bias.reshape(-1)[:n_target]
    spec.decoder.start_from_zero_embedding = drops_pad
    spec.register_source_vocabulary(vocabulary.source[:n_source])
    spec.register_target_vocabulary(vocabulary.target[:n_target])
    spec.config.eos_token = vocabulary.target[vocabulary.eos_id]
    spec.config.unk_token = "<unk>"
    spec.config.decoder_start_token = spec.config.eos_token if drops_pad else vocabulary.target[pad_id]
    return spec


def pads_with_zero(vocabulary: MarianVocabulary, embedding: torch.Tensor, pad_id: int) -> bool:
    """Whether the pad token can be left out: it is the last token and its row of ``(n_target, d_model)`` is zero."""
    is_last = pad_id == len(vocabulary.target) - 1 == len(vocabulary.source) - 1
    return is_last and vocabulary.target[pad_id] == PAD and not bool(embedding[pad_id].any())


def _embeddings(weights: Weights) -> dict[str, torch.Tensor]:
    """The three ``(n_tokens, d_model)`` matrices, which most models share."""
    shared = weights.get("model.shared.weight")
    encoder = shared if shared is not None else weights["model.encoder.embed_tokens.weight"]
    decoder = shared if shared is not None else weights["model.decoder.embed_tokens.weight"]
    output = decoder if shared is not None else weights.get("lm_head.weight", decoder)
    return {"encoder": encoder, "decoder": decoder, "output": output}


def _fill_stack(stack: Any, side: str, config: Mapping[str, Any], weights: Weights) -> None:
    from ctranslate2.converters.utils import fuse_linear
    from ctranslate2.specs import common_spec

    def linear(name: str, spec: Any = None) -> Any:
        spec = spec or common_spec.LinearSpec()
        spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return spec

    def norm(name: str, spec: Any) -> None:
        spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]

    stack.scale_embeddings = math.sqrt(config["d_model"]) if config["scale_embedding"] else 1.0
    stack.position_encodings.encodings = _positions(side, config, weights)
    for index, layer in enumerate(stack.layer):
        prefix = f"model.{side}.layers.{index}"
        own = f"{prefix}.self_attn"
        fuse_linear(layer.self_attention.linear[0], [linear(f"{own}.{part}_proj") for part in "qkv"])
        linear(f"{own}.out_proj", layer.self_attention.linear[1])
        norm(f"{own}_layer_norm", layer.self_attention.layer_norm)
        if side == "decoder":
            cross = f"{prefix}.encoder_attn"
            linear(f"{cross}.q_proj", layer.attention.linear[0])
            fuse_linear(layer.attention.linear[1], [linear(f"{cross}.{part}_proj") for part in "kv"])
            linear(f"{cross}.out_proj", layer.attention.linear[2])
            norm(f"{cross}_layer_norm", layer.attention.layer_norm)
        linear(f"{prefix}.fc1", layer.ffn.linear_0)
        linear(f"{prefix}.fc2", layer.ffn.linear_1)
        norm(f"{prefix}.final_layer_norm", layer.ffn.layer_norm)


def _positions(side: str, config: Mapping[str, Any], weights: Weights) -> torch.Tensor:
    """Sinusoids ``(n_positions, d_model)`` in float32, sines first, then cosines (Vaswani et al. 2017, section 3.5).

    Computed as transformers does, in float64 and rounded once, unless the file brings them.
    """
    import torch

    stored = weights.get(f"model.{side}.embed_positions.weight")
    if stored is not None:
        return stored
    n_positions, d_model = config["max_position_embeddings"], config["d_model"]
    column = torch.arange(d_model, dtype=torch.float64)
    angles = torch.arange(n_positions, dtype=torch.float64)[:, None] / 10000 ** (2 * (column // 2) / d_model)
    return torch.cat([angles[:, 0::2].sin(), angles[:, 1::2].cos()], dim=1).float()
