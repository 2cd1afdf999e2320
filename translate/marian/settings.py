"""What decides the search for a translation, read from the settings that come with a model, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from translate.errors import ModelDamagedError, UsageError
from translate.marian.config import MarianConfig, integer, read_config, read_object

if TYPE_CHECKING:
    from translate.marian.model import LocalModel

__all__ = ["MOST_BEAMS", "Limits", "SearchSettings", "check_settings", "read_limits", "read_settings", "settings_file"]

MOST_BEAMS = 64
"""Hypotheses that a search may keep. Those of 4 to 6 are usual; more only take longer, and from some ten on translate
worse (Koehn and Knowles 2017, section 3.6, https://aclanthology.org/W17-3204)."""


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How to search.

    Attributes:
        n_beams: hypotheses kept at each step; 1 is greedy search.
        eos_id: end of sentence.
        length_penalty: exponent on the length by which a hypothesis' log-probability is divided.
        early_stopping: when a sentence is done; see `translate.engines.torch.beam_search`.
        banned: tokens that are never written.
        forced_eos: whether the last token that fits is made an end of sentence.
        renormalize: whether scores are log-probabilities among the tokens that are not banned.
    """

    n_beams: int
    eos_id: int
    length_penalty: float = 1.0
    early_stopping: bool | Literal["never"] = False
    banned: tuple[int, ...] = ()
    forced_eos: bool = True
    renormalize: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """The longest a model reads and writes.

    Attributes:
        max_source_tokens: end of sentence included.
        max_target_tokens: end of sentence included: one position less than the model's ``max_length``, since the
            start token takes one.
    """

    max_source_tokens: int
    max_target_tokens: int


_DEFAULTS: dict[str, Any] = {
    "begin_suppress_tokens": None,
    "diversity_penalty": 0.0,
    "do_sample": False,
    "encoder_no_repeat_ngram_size": 0,
    "encoder_repetition_penalty": 1.0,
    "exponential_decay_length_penalty": None,
    "forced_bos_token_id": None,
    "guidance_scale": 1.0,
    "min_length": 0,
    "min_new_tokens": 0,
    "no_repeat_ngram_size": 0,
    "num_beam_groups": 1,
    "remove_invalid_values": False,
    "repetition_penalty": 1.0,
    "sequence_bias": None,
    "suppress_tokens": None,
}
"""Settings of transformers that change what is found and that this search does not have, where they do nothing."""


def settings_file(model: LocalModel) -> str:
    """Name of the file that holds the settings of the search.

    Older models, opus-mt-zh-en among them, keep those in ``config.json``: the token that must not be written, the end
    of sentence that is forced at the cap.
    """
    return "generation_config.json" if model.has("generation_config.json") else "config.json"


def read_settings(model: LocalModel, n_beams: int, length_penalty: float, *, all_known: bool = False) -> SearchSettings:
    """The search that a model's settings and these options ask for.

    Args:
        model: a verified model.
        n_beams: hypotheses kept at each step.
        length_penalty: see `SearchSettings`.
        all_known: whether the search is that of transformers, which knows every setting.

    Raises:
        UsageError: they ask for a search that we do not have.
        ModelDamagedError: a value is of another type, or out of its range.
    """
    where = f"{settings_file(model)} of model {model.spec.name!r}"
    values = read_object(model.file(settings_file(model)), where)
    return check_settings(values, read_config(model), n_beams, length_penalty, where=where, all_known=all_known)


def check_settings(
    values: Mapping[str, Any],
    config: MarianConfig,
    n_beams: int,
    length_penalty: float,
    *,
    where: str = "generation_config.json",
    all_known: bool = False,
) -> SearchSettings:
    """The search that the values of a ``generation_config.json`` ask for.

    Args:
        values: of that file, or of ``config.json`` of an older model.
        config: of the same model.
        n_beams: hypotheses kept at each step.
        length_penalty: see `SearchSettings`.
        where: what to call the file in messages.
        all_known: whether the search is that of transformers, which knows every setting.

    Raises:
        UsageError: they ask for something that this search cannot do; the message says what.
        ModelDamagedError: a value is of another type, or out of its range.
    """
    last = config.decoder_vocab_size - 1
    eos_id = integer(values, "eos_token_id", 0, last, where=where)
    if eos_id != config.eos_token_id:
        raise ModelDamagedError(f"{where}: eos_token_id is {eos_id}, and in config.json it is {config.eos_token_id}")
    forced = values.get("forced_eos_token_id")
    if forced is not None and integer(values, "forced_eos_token_id", 0, last, where=where) != eos_id:
        raise UsageError(f"{where}: forced_eos_token_id {forced!r} is not the end of sentence, {eos_id}")
    early_stopping = values.get("early_stopping") or False
    if not isinstance(early_stopping, bool) and early_stopping != "never":
        raise ModelDamagedError(f"{where}: early_stopping = {early_stopping!r} is none of true, false and 'never'")
    if values.get("num_beams") is not None:
        integer(values, "num_beams", 1, MOST_BEAMS, where=where)
    banned = _banned(values.get("bad_words_ids"), eos_id, last, where, all_known=all_known)
    for name, nothing in _DEFAULTS.items():
        value = values.get(name, nothing)
        if isinstance(nothing, float | int) and not isinstance(value, float | int | None):
            raise ModelDamagedError(f"{where}: {name} is {value!r}, not a number")
        # Sampling is ours to choose, and we do not; old models have it among their settings as false.
        if value not in (nothing, None, 0) and name != "do_sample" and not all_known:
            seen = f"{name} = {value!r}"
            raise UsageError(f"{where}: {seen} is not known to our search; use --engine transformers")
    return SearchSettings(
        n_beams=n_beams,
        eos_id=eos_id,
        length_penalty=length_penalty,
        early_stopping=early_stopping,
        banned=banned,
        forced_eos=forced is not None,
        renormalize=bool(values.get("renormalize_logits")),
    )


def _banned(words: object, eos_id: int, last: int, where: str, *, all_known: bool) -> tuple[int, ...]:
    """The tokens of ``bad_words_ids``, a list of words that are each a list of tokens; the end of sentence is none."""
    if words is None:
        return ()
    if not isinstance(words, list) or not all(isinstance(word, list) for word in words):
        raise ModelDamagedError(f"{where}: bad_words_ids is no list of lists of tokens")
    banned = []
    for word in words:
        for token in word:
            integer({"bad_words_ids": token}, "bad_words_ids", 0, last, where=where)
        if len(word) != 1 and not all_known:
            raise UsageError(f"{where}: bad_words_ids has {word[:8]}; only single tokens can be banned")
        if len(word) == 1 and word != [eos_id]:
            banned.append(word[0])
    return tuple(banned)


def read_limits(model: LocalModel) -> Limits:
    """The longest that a model reads and writes.

    Raises:
        ModelDamagedError: its files do not say so in numbers.
    """
    config, name = read_config(model), settings_file(model)
    where = f"{name} of model {model.spec.name!r}"
    values = read_object(model.file(name), where)
    n_positions = config.max_position_embeddings
    max_length = config.max_length or n_positions
    if values.get("max_length"):
        max_length = integer(values, "max_length", 2, 1 << 31, where=where)
    return Limits(
        max_source_tokens=min(model.spec.max_tokens, n_positions), max_target_tokens=min(max_length, n_positions) - 1
    )
