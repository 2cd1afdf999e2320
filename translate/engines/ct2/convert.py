"""MarianMT weights in transformers format -> a CTranslate2 model, made once and kept in the cache.

CTranslate2's own converter is not used: it imports transformers (seconds), reads whatever lies in the folder, and
rounds the position encodings to the number format of the weight file, which costs agreement with transformers.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from translate.errors import ModelDamagedError, ModelUnavailableError, first_line
from translate.files.atomic import fcntl
from translate.files.digest import sha256_of
from translate.marian.config import MarianConfig
from translate.marian.find import cache_folder
from translate.marian.model import LocalModel
from translate.marian.vocabulary import PAD, UNK, MarianVocabulary
from translate.marian.weights import Affine, AttentionWeights, FfnWeights, MarianWeights, read_weights, sinusoids

if TYPE_CHECKING:
    import torch

    Weights = MarianWeights[torch.Tensor]

__all__ = ["convert", "converted"]

_VERSION = 1
"""Raise when the conversion gives other files."""

_MANIFEST = "duizhao.json"
_MAKING = ".making-"
_ACTIVATIONS = {"swish": "SWISH", "silu": "SWISH", "relu": "RELU", "gelu": "GELU"}


@contextmanager
def converted(model: LocalModel, vocabulary: MarianVocabulary, weight_type: str) -> Iterator[Path]:
    """The model's folder in CTranslate2's format, made if the cache does not have it.

    The folder is made beside its place and renamed into it, so that no process ever sees half of one. Of two that
    start at once the second waits for the first; whoever converts removes what a killed one has left. If the cache
    cannot be written, the model is converted each time.

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
            _make_folder(place.parent)
            with _alone(place.parent) as is_alone:
                if is_alone:
                    _remove_leftovers(place.parent)
                if not _is_whole(place):  # another process may have made it meanwhile
                    _make_beside(model, vocabulary, weight_type, place)
        except _NoCacheError:
            with _in_temporary_folder(model, vocabulary, weight_type) as folder:
                yield folder
            return
    yield place


def convert(model: LocalModel, vocabulary: MarianVocabulary, weight_type: str, folder: Path) -> None:
    """Write a CTranslate2 model into an empty folder.

    Raises:
        ModelDamagedError: the weights are not those of a MarianMT model.
    """
    spec = _spec(read_weights(model), vocabulary)
    try:
        spec.validate()
        spec.optimize(quantization=weight_type)
    except ValueError as error:
        raise ModelDamagedError(f"CTranslate2 cannot take model {model.spec.name!r}: {first_line(error)}") from error
    spec.save(str(folder))


class _NoCacheError(Exception):
    """The cache cannot be written."""


# --- the cache -------------------------------------------------------------------------------------------------


def _key(model: LocalModel, weight_type: str) -> str:
    import ctranslate2

    parts = f"{model.spec.fingerprint}|{weight_type}|{ctranslate2.__version__}|{_VERSION}"
    return f"{weight_type}-{hashlib.sha256(parts.encode()).hexdigest()[:16]}"


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock, for which others wait; tells whether it can be held, which some file systems forbid."""
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(folder.with_name(f"{folder.name}.lock").open("ab"))
            if fcntl is not None:
                fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        except OSError:
            yield False
        else:
            yield fcntl is not None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _NoCacheError from error


def _remove_leftovers(folder: Path) -> None:
    """Remove what was being made when a process was killed; to be called under the lock, when nobody makes anything."""
    for path in folder.glob(f"{_MAKING}*"):
        shutil.rmtree(path, ignore_errors=True)


def _make_beside(model: LocalModel, vocabulary: MarianVocabulary, weight_type: str, place: Path) -> None:
    try:
        made = Path(tempfile.mkdtemp(prefix=_MAKING, dir=place.parent))
    except OSError as error:
        raise _NoCacheError from error
    try:
        _make(model, vocabulary, weight_type, made)
        _move_into_place(made, place)
    finally:
        shutil.rmtree(made, ignore_errors=True)


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


def _spec(weights: Weights, vocabulary: MarianVocabulary) -> Any:
    """CTranslate2's description of a Marian transformer, filled with ``weights``.

    The decoder of Marian starts from a zero embedding, which transformers spells as a ``<pad>`` token whose row is
    zero. If it is the last row and really zero, it is left out here and CTranslate2 starts from zero by itself; if
    not, the token stays and the search has to suppress it.
    """
    from ctranslate2.specs import TransformerSpec, common_spec

    config = weights.config
    spec = TransformerSpec.from_config(
        (config.encoder_layers, config.decoder_layers),
        config.encoder_attention_heads,
        pre_norm=False,
        activation=common_spec.Activation[_ACTIVATIONS[config.activation_function]],
        layernorm_embedding=False,
    )
    drops_pad = pads_with_zero(weights, vocabulary)
    n_source, n_target = config.vocab_size - drops_pad, config.decoder_vocab_size - drops_pad
    _fill_encoder(spec.encoder, weights)
    _fill_decoder(spec.decoder, weights)
    spec.encoder.embeddings[0].weight = weights.source_embedding[:n_source]
    spec.decoder.embeddings.weight = weights.target_embedding[:n_target]
    spec.decoder.projection.weight = weights.output_weight[:n_target]
    bias = weights.output_bias
    if bias is not None and bias.any():
        spec.decoder.projection.bias = bias.reshape(-1)[:n_target]
    spec.decoder.start_from_zero_embedding = drops_pad
    spec.register_source_vocabulary(vocabulary.source[:n_source])
    spec.register_target_vocabulary(vocabulary.target[:n_target])
    spec.config.eos_token = vocabulary.target[vocabulary.eos_id]
    spec.config.unk_token = UNK
    start = vocabulary.target[config.decoder_start_token_id]
    spec.config.decoder_start_token = spec.config.eos_token if drops_pad else start
    return spec


def pads_with_zero(weights: Weights, vocabulary: MarianVocabulary) -> bool:
    """Whether the pad token can be left out: it is the last of both sides, targets start from it, its row is zero."""
    config = weights.config
    start_id = config.decoder_start_token_id
    is_last = start_id == config.decoder_vocab_size - 1 and config.pad_token_id == config.vocab_size - 1
    is_pad = vocabulary.target[start_id] == PAD and vocabulary.source[config.pad_token_id] == PAD
    return is_last and is_pad and not bool(weights.target_embedding[start_id].any())


def _linear(products: Affine[torch.Tensor], spec: Any = None) -> Any:
    from ctranslate2.specs import common_spec

    spec = spec or common_spec.LinearSpec()
    spec.weight, spec.bias = products
    return spec


def _norm(norm: Affine[torch.Tensor], spec: Any) -> None:
    spec.gamma, spec.beta = norm


def _fill_encoder(stack: Any, weights: Weights) -> None:
    _fill_positions(stack, weights.config, weights.source_positions)
    for layer, spec in zip(weights.encoder, stack.layer, strict=True):
        _fill_self_attention(spec.self_attention, layer.self_attention)
        _fill_ffn(spec.ffn, layer.ffn)


def _fill_decoder(stack: Any, weights: Weights) -> None:
    from ctranslate2.converters.utils import fuse_linear

    _fill_positions(stack, weights.config, weights.target_positions)
    for layer, spec in zip(weights.decoder, stack.layer, strict=True):
        _fill_self_attention(spec.self_attention, layer.self_attention)
        cross = layer.cross_attention
        _linear(cross.q, spec.attention.linear[0])
        fuse_linear(spec.attention.linear[1], [_linear(cross.k), _linear(cross.v)])
        _linear(cross.out, spec.attention.linear[2])
        _norm(cross.norm, spec.attention.layer_norm)
        _fill_ffn(spec.ffn, layer.ffn)


def _fill_positions(stack: Any, config: MarianConfig, stored: torch.Tensor | None) -> None:
    import torch

    stack.scale_embeddings = config.embedding_scale
    if stored is None:
        stored = torch.from_numpy(sinusoids(config.max_position_embeddings, config.d_model))
    stack.position_encodings.encodings = stored


def _fill_self_attention(spec: Any, own: AttentionWeights[torch.Tensor]) -> None:
    from ctranslate2.converters.utils import fuse_linear

    fuse_linear(spec.linear[0], [_linear(own.q), _linear(own.k), _linear(own.v)])
    _linear(own.out, spec.linear[1])
    _norm(own.norm, spec.layer_norm)


def _fill_ffn(spec: Any, ffn: FfnWeights[torch.Tensor]) -> None:
    _linear(ffn.fc1, spec.linear_0)
    _linear(ffn.fc2, spec.linear_1)
    _norm(ffn.norm, spec.layer_norm)
