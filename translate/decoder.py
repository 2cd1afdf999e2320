"""Translating ids to ids: the network and the search together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from translate.beam_search import SearchSettings
from translate.marian import Marian
from translate.projection import Projection
from translate.running import Running

if TYPE_CHECKING:
    from translate.shortlist import Shortlist

__all__ = ["Decoder", "read_settings"]

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
    return SearchSettings(
        n_beams=n_beams,
        eos_id=eos_id,
        length_penalty=length_penalty,
        early_stopping=generation.get("early_stopping") or False,
        banned=tuple(token for (token,) in banned),
        forced_eos=forced is not None,
        renormalize=bool(generation.get("renormalize_logits")),
    )


class Decoder:
    """Translates batches; one thread at a time, any number of decoders on the same network.

    Args:
        network: the weights.
        settings: how to search.
        start_id: the token that targets start from.
        shortlist: what a sentence may be translated with; any token when None.
    """

    def __init__(
        self, network: Marian, settings: SearchSettings, start_id: int, shortlist: Shortlist | None = None
    ) -> None:
        self._network, self._settings, self._start_id = network, settings, start_id
        self._shortlist = shortlist
        self._projection = Projection(network.head, settings.banned, renormalize=settings.renormalize)

    @torch.inference_mode()
    def search(self, ids: Sequence[Sequence[int]], cap: int) -> list[tuple[list[int], float]]:
        """The best target of each source, end of sentence included where it has one, and its log-probability.

        Args:
            ids: source ids, end of sentence included; none empty.
            cap: most target tokens, end of sentence included.
        """
        found: list[tuple[list[int], float]] = [([], 0.0)] * len(ids)
        running: Running[int] = self.run()
        new: Sequence[tuple[int, Sequence[int], int]] = [(place, row, cap) for place, row in enumerate(ids)]
        while new or running:
            for ended in running.admit(new) if new else running.step():
                found[ended.key] = ended.target, ended.log_probability
            new = ()
        return found

    def run(self) -> Running[Any]:
        """A batch without sentences, which may join; use one at a time."""
        return Running(self._network, self._settings, self._start_id, self._projection, self._shortlist)

    @torch.inference_mode()
    def score(self, ids: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[float]:
        """Log-probability of given targets (forced decoding) among all tokens, in nats.

        Args:
            ids: source ids, end of sentence included; none empty.
            targets: target ids, end of sentence included where the target has one; none empty.
        """
        device = self._network.device
        cache = self._network.start(ids, 1)
        longest = max(len(target) for target in targets)
        eos_id = self._settings.eos_id
        padded = torch.tensor([[*target, *[eos_id] * (longest - len(target))] for target in targets], device=device)
        lengths = torch.tensor([len(target) for target in targets], device=device)
        tokens = torch.full((len(ids), 1), self._start_id, device=device)
        sums = torch.zeros(len(ids), device=device)
        for step in range(longest):
            hidden = self._network.step(tokens, cache)
            chances = self._projection.log_probability(hidden, padded[:, step])
            sums += chances.masked_fill(lengths <= step, 0)
            tokens = padded[:, step : step + 1]
        totals: list[float] = sums.tolist()
        return totals
