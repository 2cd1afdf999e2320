"""What decides the search for a translation, read from the settings that come with a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["SearchSettings", "read_settings"]


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


def read_settings(generation: Mapping[str, Any], n_beams: int, length_penalty: float) -> SearchSettings:
    """The search that a model's ``generation_config.json`` asks for.

    Args:
        generation: that file, or ``config.json`` of an older model.
        n_beams: hypotheses kept at each step.
        length_penalty: see `SearchSettings`.

    Raises:
        ValueError: it asks for something that this search cannot do; the message says what.
    """
    for name, nothing in _DEFAULTS.items():
        # Sampling is ours to choose, and we do not; old models have it among their settings as false.
        if generation.get(name, nothing) not in (nothing, None, 0) and name != "do_sample":
            raise ValueError(f"{name} = {generation[name]!r} is not known to this search")
    eos_id = int(generation["eos_token_id"])
    banned = [tokens for tokens in generation.get("bad_words_ids") or () if tokens != [eos_id]]
    if long := [tokens for tokens in banned if len(tokens) != 1]:
        raise ValueError(f"bad_words_ids has {long[0]}; only single tokens can be banned")
    forced = generation.get("forced_eos_token_id")
    if forced not in (None, eos_id):
        raise ValueError(f"forced_eos_token_id {forced!r} is not the end of sentence, {eos_id}")
    early_stopping = generation.get("early_stopping") or False
    if early_stopping not in (False, True, "never"):
        raise ValueError(f"early_stopping = {early_stopping!r} is none of true, false and 'never'")
    return SearchSettings(
        n_beams=n_beams,
        eos_id=eos_id,
        length_penalty=length_penalty,
        early_stopping=early_stopping,
        banned=tuple(token for (token,) in banned),
        forced_eos=forced is not None,
        renormalize=bool(generation.get("renormalize_logits")),
    )
