"""The search for the likeliest translation, step for step that of ``generate`` in transformers 5.

Beam search keeps the ``n_beams`` likeliest unfinished hypotheses of a sentence and the ``n_beams`` best finished
ones, and ends when no unfinished one can become better. What "can become better" means is a heuristic, and is theirs:
the best unfinished hypothesis, divided by the length it has *now* (``early_stopping`` false) or may come to have
(``"never"``) to the power of the length penalty (Wu et al. 2016, https://arxiv.org/abs/1609.08144, section 7, without
its constant 5), against the worst finished one. With ``early_stopping`` true a sentence ends when it has ``n_beams``
finished hypotheses. Only a continuation among the best ``n_beams`` of a step may finish.

No sentence looks at another, so that one whose end is reached may leave the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from translate.projection import Top

__all__ = ["Beams", "Greedy", "SearchSettings", "State"]

_NEVER = -1e9
"""Score of what must not be chosen, as in transformers: so low that nothing a model says matters beside it."""


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How to search.

    Attributes:
        n_beams: hypotheses kept at each step; 1 is greedy search.
        eos_id: end of sentence.
        length_penalty: exponent on the length by which a hypothesis' log-probability is divided.
        early_stopping: when a sentence is done; see above.
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


class State(Protocol):
    """The search of a batch.

    Attributes:
        tokens: ``(n_sentences, n_beams)``, what was written last.
        parents: ``(n_sentences, n_beams)``, the beam each of them was written by; None when each is its own.
        done: ``(n_sentences)``, which sentences have ended.
        n_candidates: best tokens a beam that `advance` needs.
    """

    tokens: Tensor
    parents: Tensor | None
    done: Tensor

    @property
    def n_candidates(self) -> int:
        """See above."""
        ...

    def advance(self, top: Top) -> None:
        """Go one token on, with the best tokens of ``n_sentences * n_beams`` rows.

        The first time ``n_sentences`` rows: all beams of a sentence start alike.
        """
        ...

    def end(self, log_probability: Tensor) -> None:
        """Make the last token that fits an end of sentence.

        Args:
            log_probability: ``(n_sentences * n_beams)``, of that token.
        """
        ...

    def keep(self, sentences: Tensor) -> None:
        """Drop all sentences but these, ``(n_kept)``."""
        ...

    def results(self, sentences: Tensor) -> list[tuple[list[int], float]]:
        """Best target of each of these sentences, end of sentence included if it has one, and its log-probability."""
        ...


class Greedy:
    """The likeliest token at every step; see `State`.

    Args:
        n_sentences: in the batch.
        settings: how to search.
        cap: most target tokens, end of sentence included.
        device: of the tensors.
    """

    n_candidates = 1

    def __init__(self, n_sentences: int, settings: SearchSettings, cap: int, device: torch.device) -> None:
        self._settings, self._cap = settings, cap
        self._sequences = torch.full((n_sentences, cap), settings.eos_id, device=device)
        self._lengths = torch.full((n_sentences,), cap, device=device)
        self._sums = torch.zeros(n_sentences, device=device)
        self._n_steps = 0
        self.tokens = torch.zeros(n_sentences, 1, dtype=torch.int64, device=device)
        self.parents: Tensor | None = None
        self.done = torch.zeros(n_sentences, dtype=torch.bool, device=device)

    def advance(self, top: Top) -> None:
        """Write the best token; see `State`."""
        self._write(top.ids, top.scores[:, 0] + top.lost[:, 0])

    def end(self, log_probability: Tensor) -> None:
        """Write the end of sentence; see `State`."""
        self._write(torch.full_like(self.tokens, self._settings.eos_id), log_probability)

    def _write(self, tokens: Tensor, scores: Tensor) -> None:
        self.tokens = tokens
        self._sums += scores.masked_fill(self.done, 0)
        self._sequences[:, self._n_steps] = tokens[:, 0].masked_fill(self.done, self._settings.eos_id)
        self._n_steps += 1
        ends = (tokens[:, 0] == self._settings.eos_id) & ~self.done
        self._lengths = self._lengths.masked_fill(ends, self._n_steps)
        self.done = self.done | ends
        if self._n_steps == self._cap:
            self.done = torch.ones_like(self.done)

    def keep(self, sentences: Tensor) -> None:
        """See `State`."""
        self._sequences, self._lengths = self._sequences[sentences], self._lengths[sentences]
        self._sums, self.tokens, self.done = self._sums[sentences], self.tokens[sentences], self.done[sentences]

    def results(self, sentences: Tensor) -> list[tuple[list[int], float]]:
        """See `State`."""
        return _listed(self._sequences[sentences], self._lengths[sentences], self._sums[sentences])


class Beams:
    """Beam search; see `State`.

    Args:
        n_sentences: in the batch.
        settings: how to search.
        cap: most target tokens, end of sentence included.
        device: of the tensors.
    """

    def __init__(self, n_sentences: int, settings: SearchSettings, cap: int, device: torch.device) -> None:
        n_beams = settings.n_beams
        self._settings, self._cap = settings, cap
        # Twice as many as beams: so many remain when every beam's best continuation is its end.
        self.n_candidates = 2 * n_beams
        self._n_steps = 0
        self._written = torch.full((n_sentences, n_beams, cap), settings.eos_id, device=device)
        # What the search goes by, and what the model says: they differ where the search is forced, or not renormalised.
        self._scores = torch.zeros(n_sentences, n_beams, device=device)
        self._scores[:, 1:] = _NEVER
        self._log_probabilities = torch.zeros(n_sentences, n_beams, device=device)
        self._finished_scores = torch.full((n_sentences, n_beams), _NEVER, device=device)
        self._is_finished = torch.zeros(n_sentences, n_beams, dtype=torch.bool, device=device)
        self._best = torch.full((n_sentences, cap), settings.eos_id, device=device)
        self._best_lengths = torch.full((n_sentences,), cap, device=device)
        self._best_log_probabilities = torch.zeros(n_sentences, device=device)
        self.tokens = torch.zeros(n_sentences, n_beams, dtype=torch.int64, device=device)
        self.parents: Tensor | None = torch.zeros_like(self.tokens)
        self.done = torch.zeros(n_sentences, dtype=torch.bool, device=device)

    def advance(self, top: Top) -> None:
        """Choose among the continuations of all beams; see `State`."""
        n_sentences, n_beams = self._scores.shape
        # At the first step one row a sentence stands for all its beams.
        rows = (n_sentences, -1, top.ids.shape[1])
        steps, ids = (each.view(rows).expand(-1, n_beams, -1) for each in (top.scores, top.ids))
        lost = top.lost.view(n_sentences, -1, 1).expand(-1, n_beams, -1)
        scores, where = _top_of((steps + self._scores[:, :, None]).flatten(1), self.n_candidates)
        parents = where // top.ids.shape[1]
        tokens = ids.flatten(1).gather(1, where)
        log_probabilities = (steps + lost + self._log_probabilities[:, :, None]).flatten(1).gather(1, where)
        ends = tokens == self._settings.eos_id
        if self._n_steps + 1 == self._cap:
            ends = torch.ones_like(ends)
        self._choose(scores, parents, tokens, log_probabilities, ends)

    def end(self, log_probability: Tensor) -> None:
        """Write the end of sentence on every beam; see `State`."""
        parents = torch.arange(self._scores.shape[1], device=self._scores.device).expand_as(self._scores)
        tokens = torch.full_like(parents, self._settings.eos_id)
        ends = torch.ones_like(tokens, dtype=torch.bool)
        # Forced, it costs a hypothesis nothing.
        self._choose(self._scores, parents, tokens, self._log_probabilities + log_probability.view(tokens.shape), ends)

    def _choose(self, scores: Tensor, parents: Tensor, tokens: Tensor, log_probabilities: Tensor, ends: Tensor) -> None:
        """Part candidates, ``(n_sentences, n_candidates)`` best first, into those that end and those that go on."""
        self._finish(scores, parents, tokens, log_probabilities, ends)
        going, order = _top_of(scores + ends * _NEVER, self._scores.shape[1])
        self._scores, self._log_probabilities = going, log_probabilities.gather(1, order)
        self.tokens, self.parents = tokens.gather(1, order), parents.gather(1, order)
        written = self._written[:, :, : self._n_steps + 1]
        written = written.gather(1, self.parents[:, :, None].expand_as(written))
        written[:, :, self._n_steps] = self.tokens
        self._written[:, :, : self._n_steps + 1] = written
        self._n_steps += 1
        self.done = self.done | self._is_done()

    def _finish(self, scores: Tensor, parents: Tensor, tokens: Tensor, log_probabilities: Tensor, ends: Tensor) -> None:
        """Admit those that end to the finished hypotheses, as far as they are better than these."""
        n_beams = self._scores.shape[1]
        ends = ends[:, :n_beams] & ~self.done[:, None]
        scores = scores[:, :n_beams] / (self._n_steps + 1) ** self._settings.length_penalty
        scores = scores + ~ends * _NEVER
        best, first = _top_of(scores, 1)
        better = ends.any(1) & (best[:, 0] > self._finished_scores[:, 0])
        parent = parents.gather(1, first)
        row = self._written.gather(1, parent[:, :, None].expand(-1, -1, self._cap))[:, 0]
        row[:, self._n_steps] = tokens.gather(1, first)[:, 0]
        self._best = torch.where(better[:, None], row, self._best)
        self._best_lengths = self._best_lengths.masked_fill(better, self._n_steps + 1)
        own = log_probabilities.gather(1, first)[:, 0]
        self._best_log_probabilities = torch.where(better, own, self._best_log_probabilities)
        self._finished_scores, order = _top_of(torch.cat([self._finished_scores, scores], 1), n_beams)
        self._is_finished = torch.cat([self._is_finished, ends], 1).gather(1, order)

    def _is_done(self) -> Tensor:
        if self._n_steps == self._cap:
            return torch.ones_like(self.done)
        settings = self._settings
        far = settings.early_stopping == "never" and settings.length_penalty > 0
        length = self._cap if far else self._n_steps
        best = self._scores[:, :1] / length**settings.length_penalty
        worst = torch.where(self._is_finished, self._finished_scores.amin(1, keepdim=True), _NEVER)
        is_hopeless = torch.logical_not((best > worst).any(1))
        return is_hopeless | self._is_finished.all(1) if settings.early_stopping is True else is_hopeless

    def keep(self, sentences: Tensor) -> None:
        """See `State`."""
        for name in (
            "_written",
            "_scores",
            "_log_probabilities",
            "_finished_scores",
            "_is_finished",
            "_best",
            "_best_lengths",
            "_best_log_probabilities",
            "tokens",
            "done",
        ):
            setattr(self, name, getattr(self, name)[sentences])

    def results(self, sentences: Tensor) -> list[tuple[list[int], float]]:
        """See `State`."""
        best = (self._best, self._best_lengths, self._best_log_probabilities)
        return _listed(*(each[sentences] for each in best))


def _listed(sequences: Tensor, lengths: Tensor, sums: Tensor) -> list[tuple[list[int], float]]:
    rows = zip(sequences.tolist(), lengths.tolist(), sums.tolist(), strict=True)
    return [(row[:length], total) for row, length, total in rows]


def _top_of(values: Tensor, n_best: int) -> tuple[Tensor, Tensor]:
    """The largest of each row, best first, and their places; of equals the first one."""
    ordered, where = values.sort(dim=1, descending=True, stable=True)
    return ordered[:, :n_best], where[:, :n_best]
