"""Translating ids to ids: the network and the search, step by step, over a batch that shrinks as sentences end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from translate.beam_search import Beams, Forced, Greedy, SearchSettings, State
from translate.marian import Cache, Marian
from translate.projection import Projection, ShortProjection

if TYPE_CHECKING:
    from translate.shortlist import Shortlist

__all__ = ["Decoder", "Ended", "Running", "read_settings"]

K = TypeVar("K")

_SHRINK = 8
"""Sentences that have ended leave when they are one of so many: each time, what the others remember is copied."""

_LOOK_EVERY = 8
"""Steps between looks at what has ended on a GPU, which has to stand still for each."""

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
    def search(
        self, ids: Sequence[Sequence[int]], cap: int, on_step: Callable[[], None] | None = None
    ) -> list[tuple[list[int], float]]:
        """The best target of each source, end of sentence included where it has one, and its log-probability.

        Args:
            ids: source ids, end of sentence included; none empty.
            cap: most target tokens, end of sentence included.
            on_step: called before every step; what it raises ends the search.
        """
        found: list[tuple[list[int], float]] = [([], 0.0)] * len(ids)
        running: Running[int] = self.run()
        new: Sequence[tuple[int, Sequence[int], int]] = [(place, row, cap) for place, row in enumerate(ids)]
        while new or running:
            if on_step is not None:
                on_step()
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


class Ended(NamedTuple, Generic[K]):
    """A sentence that has ended.

    Attributes:
        key: as it was given.
        target: ids, end of sentence included where it has one.
        log_probability: of the target.
    """

    key: K
    target: list[int]
    log_probability: float


class Running(Generic[K]):
    """A batch that is being written: sentences leave it as they end, and others join.

    No sentence looks at another, and each starts in its own first slot, so what becomes of it does not depend on when
    it joins or on what stands beside it.

    Args:
        network: the weights.
        settings: how to search.
        start_id: the token that targets start from.
        projection: the output layer; used by this batch alone as long as it has sentences.
        shortlist: what a sentence may be translated with; any token when None.
    """

    def __init__(
        self,
        network: Marian,
        settings: SearchSettings,
        start_id: int,
        projection: Projection,
        shortlist: Shortlist | None,
    ) -> None:
        self._network, self._settings, self._start_id = network, settings, start_id
        self._projection, self._shortlist = projection, shortlist
        self._look_every = 1 if network.device.type == "cpu" else _LOOK_EVERY
        self._batch: _Batch[K] | None = None
        self._n_steps = 0

    def __len__(self) -> int:
        """Sentences, those included that have ended and are not seen yet."""
        return len(self._batch.keys) if self._batch else 0

    @torch.inference_mode()
    def admit(self, sentences: Sequence[tuple[K, Sequence[int], int]]) -> list[Ended[K]]:
        """Let sentences join, and take their first step; those that were there stand still.

        Args:
            sentences: of each a key, the source ids, end of sentence included, and the cap on target tokens.

        Returns:
            What has ended.
        """
        ids, n_beams = [row for _, row, _ in sentences], self._settings.n_beams
        output: Projection | ShortProjection = self._projection
        if self._shortlist is not None:
            output = self._projection.among(list(map(self._shortlist.candidates, ids)))
        begin: type[Greedy] | type[Beams] = Greedy if n_beams == 1 else Beams
        caps = [cap for _, _, cap in sentences]
        state: State = begin(caps, self._settings, self._network.device)
        new = _Batch([key for key, _, _ in sentences], caps, state, self._network.start(ids, n_beams), output)
        start = torch.full((len(ids), 1), self._start_id, device=self._network.device)
        self._advance(new, start)
        if self._batch is None:
            self._batch = new
        else:
            self._batch.join(new)
        return self._collect()

    @torch.inference_mode()
    def step(self) -> list[Ended[K]]:
        """Write one token more of every sentence; returns what has ended."""
        batch = self._batch
        if batch is None:
            return []
        if batch.state.parents is not None:
            batch.cache.follow(batch.state.parents)
        self._advance(batch, batch.state.tokens)
        self._n_steps += 1
        return self._collect()

    def _advance(self, batch: _Batch[K], tokens: Tensor) -> None:
        hidden = self._network.step(tokens, batch.cache)
        top = batch.output.top(hidden, min(batch.state.n_candidates, batch.output.n_tokens))
        batch.state.advance(top, self._forced(batch, hidden, tokens.shape[1]))
        batch.left = [left - 1 for left in batch.left]

    def _forced(self, batch: _Batch[K], hidden: Tensor, n_rows: int) -> Forced | None:
        """The sentences with one token left, where that is made an end of sentence; ``n_rows`` rows a sentence."""
        last = [place for place, left in enumerate(batch.left) if left == 1]
        if not last or not self._settings.forced_eos:
            return None
        which = torch.tensor(last, device=hidden.device)
        own = hidden.view(len(batch.keys), n_rows, -1)[which].flatten(0, 1)
        ends = torch.full((len(own),), self._settings.eos_id, device=hidden.device)
        return Forced(which, batch.output.log_probability(own, ends, which))

    def _collect(self) -> list[Ended[K]]:
        """Take the results of sentences that have ended, if they are many."""
        batch = self._batch
        # Those at their cap must go: there is no room for another token.
        if batch is None or (self._n_steps % self._look_every and min(batch.left) > 0):
            return []
        done = batch.state.done.tolist()
        if sum(done) * _SHRINK < len(done) and min(batch.left) > 0:
            return []
        gone = [place for place, is_done in enumerate(done) if is_done]
        found = [
            Ended(batch.keys[place], *result) for place, result in zip(gone, batch.state.results(gone), strict=True)
        ]
        if len(gone) == len(done):
            self._batch = None
        else:
            batch.keep([place for place, is_done in enumerate(done) if not is_done])
        return found


@dataclass(slots=True, eq=False)
class _Batch(Generic[K]):
    """The sentences of a `Running` and all that belongs to them.

    Attributes:
        keys: of the sentences.
        left: target tokens that each may still write.
        state: the search.
        cache: what the network remembers.
        output: the output layer.
    """

    keys: list[K]
    left: list[int]
    state: State
    cache: Cache
    output: Projection | ShortProjection

    def keep(self, places: Sequence[int]) -> None:
        """Drop all sentences but these."""
        self.keys = [self.keys[place] for place in places]
        self.left = [self.left[place] for place in places]
        self.state.keep(places)
        self.cache.keep(places)
        self.output.keep(places)

    def join(self, other: _Batch[K]) -> None:
        """Take the sentences of another behind these."""
        self.keys, self.left = self.keys + other.keys, self.left + other.left
        self.state.join(other.state)
        self.cache.join(other.cache)
        if isinstance(self.output, ShortProjection) and isinstance(other.output, ShortProjection):
            self.output.join(other.output)
