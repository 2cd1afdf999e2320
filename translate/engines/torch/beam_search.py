"""The search for the likeliest translation, step for step that of ``generate`` in transformers 5.

Beam search keeps the ``n_beams`` likeliest unfinished hypotheses of a sentence and the ``n_beams`` best finished
ones, and ends when no unfinished one can become better. What "can become better" means is a heuristic, and is theirs:
the best unfinished hypothesis, divided by the length it has *now* (``early_stopping`` false) or may come to have
(``"never"``) to the power of the length penalty (Wu et al. 2016, https://arxiv.org/abs/1609.08144, section 7, without
its constant 5), against the worst finished one. With ``early_stopping`` true a sentence ends when it has ``n_beams``
finished hypotheses. Only a continuation among the best ``n_beams`` of a step may finish.

No sentence looks at another: each has its own steps and its own cap, so that one whose end is reached may leave the
batch, and another may join it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

import torch
from torch import Tensor
from torch.nn import functional

from translate.engines.torch.projection import Top
from translate.marian.settings import SearchSettings

__all__ = ["NEVER", "BeamState", "Forced", "GreedyState", "SearchState"]

NEVER = -1e9
"""Score of what must not be chosen, as in transformers: so low that nothing a model says matters beside it."""


class Forced(NamedTuple):
    """Sentences whose next token is the last that fits, where that is made an end of sentence.

    Attributes:
        sentences: ``(n_forced)``, their places in the batch; or, in a batch of a fixed size, ``(n_sentences)``, whether
            each is one of them.
        log_probability: ``(n_forced * n_beams)``, of the end of sentence; at the first step ``(n_forced)``. In a batch
            of a fixed size of all, ``(n_sentences * n_beams)``.
    """

    sentences: Tensor
    log_probability: Tensor


class SearchState(Protocol):
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
        """Best tokens a beam that `advance` needs."""
        ...

    def advance(self, top: Top, forced: Forced | None = None) -> None:
        """Go one token on, with the best tokens of ``n_sentences * n_beams`` rows.

        The first time ``n_sentences`` rows: all beams of a sentence start alike.
        """
        ...

    def keep(self, sentences: Sequence[int]) -> None:
        """Drop all sentences but these."""
        ...

    def join(self, other: Self) -> None:
        """Take the sentences of another search behind these; both have taken a step at least."""
        ...

    def put(self, places: Sequence[int], other: Self) -> None:
        """Let the first sentences of another search take these places."""
        ...

    def results(self, sentences: Sequence[int]) -> list[tuple[list[int], float]]:
        """Best target of each of these sentences, end of sentence included if it has one, and its log-probability."""
        ...


class _SentenceRows:
    """Tensors with a row a sentence: which of them stay, and which join.

    Attributes:
        names: the tensors.
        padding: what is written behind the end of a row of those that are as long as the longest cap.
    """

    names: tuple[str, ...] = ()
    padding: dict[str, int]

    def keep(self, sentences: Sequence[int]) -> None:
        """Drop all sentences but these."""
        kept = torch.tensor(sentences, device=getattr(self, self.names[0]).device)
        for name in self.names:
            setattr(self, name, getattr(self, name)[kept])

    def join(self, other: Self) -> None:
        """Take the sentences of another search behind these."""
        for name in self.names:
            setattr(self, name, torch.cat(self._pair(name, other)))

    def put(self, places: Sequence[int], other: Self) -> None:
        """Let the first sentences of another search take these places."""
        where = torch.tensor(places, device=getattr(self, self.names[0]).device)
        for name in self.names:
            mine, theirs = self._pair(name, other)
            setattr(self, name, mine.index_copy(0, where, theirs[: len(places)]))

    def _pair(self, name: str, other: Self) -> tuple[Tensor, Tensor]:
        """A tensor of both, as wide as the wider one."""
        mine, theirs = getattr(self, name), getattr(other, name)
        if name not in self.padding:
            return mine, theirs
        width, value = max(mine.shape[-1], theirs.shape[-1]), self.padding[name]
        padded = (functional.pad(each, (0, width - each.shape[-1]), value=value) for each in (mine, theirs))
        return next(padded), next(padded)


class GreedyState(_SentenceRows):
    """The likeliest token at every step; see `SearchState`.

    Args:
        caps: of each sentence, most target tokens, end of sentence included.
        settings: how to search.
        device: of the tensors.
    """

    n_candidates = 1
    names = ("_caps", "_steps", "_sequences", "_lengths", "_sums", "tokens", "done")

    def __init__(self, caps: Sequence[int], settings: SearchSettings, device: torch.device) -> None:
        n_sentences = len(caps)
        self._settings = settings
        self.padding = {"_sequences": settings.eos_id}
        self._caps = torch.tensor(caps, device=device)
        self._steps = torch.zeros_like(self._caps)
        self._sequences = torch.full((n_sentences, max(caps)), settings.eos_id, device=device)
        self._lengths = self._caps
        self._sums = torch.zeros(n_sentences, device=device)
        self.tokens = torch.zeros(n_sentences, 1, dtype=torch.int64, device=device)
        self.parents: Tensor | None = None
        self.done = torch.zeros(n_sentences, dtype=torch.bool, device=device)

    def advance(self, top: Top, forced: Forced | None = None) -> None:
        """Write the best token; see `SearchState`."""
        tokens, scores = top.ids.clone(), top.scores[:, 0] + top.lost[:, 0]
        if forced is not None:
            tokens, scores = self._force(forced, tokens, scores)
        self.tokens = tokens
        self._sums = self._sums + scores.masked_fill(self.done, 0)
        written = tokens.masked_fill(self.done[:, None], self._settings.eos_id)
        self._sequences = self._sequences.scatter(1, self._steps[:, None], written)
        self._steps = self._steps + 1
        ends = (tokens[:, 0] == self._settings.eos_id) & ~self.done
        self._lengths = torch.where(ends, self._steps, self._lengths)
        self.done = self.done | ends | (self._steps == self._caps)

    def _force(self, forced: Forced, tokens: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens and scores, where that of some sentences is the end."""
        tokens[forced.sentences] = self._settings.eos_id
        scores[forced.sentences] = forced.log_probability
        return tokens, scores

    def results(self, sentences: Sequence[int]) -> list[tuple[list[int], float]]:
        """Best target of each of these sentences, and its log-probability."""
        return _listed(sentences, self._sequences, self._lengths, self._sums)


class BeamState(_SentenceRows):
    """Beam search; see `SearchState`.

    Args:
        caps: of each sentence, most target tokens, end of sentence included.
        settings: how to search.
        device: of the tensors.
    """

    names = (
        "_caps", "_steps", "_written", "_scores", "_log_probabilities", "_finished_scores", "_is_finished", "_best",
        "_best_lengths", "_best_log_probabilities", "tokens", "parents", "done",
    )  # fmt: skip

    def __init__(self, caps: Sequence[int], settings: SearchSettings, device: torch.device) -> None:
        n_sentences, n_beams, longest = len(caps), settings.n_beams, max(caps)
        self._settings = settings
        # Twice as many as beams: so many remain when every beam's best continuation is its end.
        self.n_candidates = 2 * n_beams
        self.padding = dict.fromkeys(("_written", "_best"), settings.eos_id)
        self._caps = torch.tensor(caps, device=device)
        self._steps = torch.zeros_like(self._caps)
        # The steps again, where they can be asked without waiting for the device.
        self._n_steps = [0] * n_sentences
        self._written = torch.full((n_sentences, n_beams, longest), settings.eos_id, device=device)
        # What the search goes by, and what the model says: they differ where the search is forced, or not renormalised.
        self._scores = torch.zeros(n_sentences, n_beams, device=device)
        self._scores[:, 1:] = NEVER
        self._log_probabilities = torch.zeros(n_sentences, n_beams, device=device)
        self._finished_scores = torch.full((n_sentences, n_beams), NEVER, device=device)
        self._is_finished = torch.zeros(n_sentences, n_beams, dtype=torch.bool, device=device)
        self._best = torch.full((n_sentences, longest), settings.eos_id, device=device)
        self._best_lengths = self._caps
        self._best_log_probabilities = torch.zeros(n_sentences, device=device)
        self.tokens = torch.zeros(n_sentences, n_beams, dtype=torch.int64, device=device)
        self.parents: Tensor | None = torch.zeros_like(self.tokens)
        self.done = torch.zeros(n_sentences, dtype=torch.bool, device=device)

    def join(self, other: Self) -> None:
        """Take the sentences of another search behind these."""
        super().join(other)
        self._n_steps = self._n_steps + other._n_steps

    def put(self, places: Sequence[int], other: Self) -> None:
        """Let the first sentences of another search take these places."""
        super().put(places, other)
        for place, n_steps in zip(places, other._n_steps, strict=False):
            self._n_steps[place] = n_steps

    def keep(self, sentences: Sequence[int]) -> None:
        """Drop all sentences but these."""
        super().keep(sentences)
        self._n_steps = [self._n_steps[place] for place in sentences]

    def advance(self, top: Top, forced: Forced | None = None) -> None:
        """Choose among the continuations of all beams; see `SearchState`."""
        n_sentences, n_beams = self._scores.shape
        # At the first step one row a sentence stands for all its beams.
        rows = (n_sentences, -1, top.ids.shape[1])
        steps, ids = (each.view(rows).expand(-1, n_beams, -1) for each in (top.scores, top.ids))
        lost = top.lost.view(n_sentences, -1, 1).expand(-1, n_beams, -1)
        scores, where = _top_of((steps + self._scores[:, :, None]).flatten(1), self.n_candidates)
        parents = where // top.ids.shape[1]
        tokens = ids.flatten(1).gather(1, where)
        log_probabilities = (steps + lost + self._log_probabilities[:, :, None]).flatten(1).gather(1, where)
        if forced is not None:
            self._force(forced, scores, parents, tokens, log_probabilities)
        ends = (tokens == self._settings.eos_id) | (self._steps + 1 == self._caps)[:, None]
        self._choose(scores, parents, tokens, log_probabilities, ends)

    def _force(
        self, forced: Forced, scores: Tensor, parents: Tensor, tokens: Tensor, log_probabilities: Tensor
    ) -> None:
        """Let the candidates of some sentences be their beams, each with an end of sentence, and nothing else."""
        which, n_beams = forced.sentences, self._scores.shape[1]
        own = forced.log_probability.view(len(which), -1) + self._log_probabilities[which]
        scores[which] = NEVER
        # Forced, it costs a hypothesis nothing.
        scores[which, :n_beams] = self._scores[which]
        parents[which, :n_beams] = torch.arange(n_beams, device=parents.device)
        tokens[which] = self._settings.eos_id
        log_probabilities[which, :n_beams] = own

    def _choose(self, scores: Tensor, parents: Tensor, tokens: Tensor, log_probabilities: Tensor, ends: Tensor) -> None:
        """Part candidates, ``(n_sentences, n_candidates)`` best first, into those that end and those that go on."""
        self._finish(scores, parents, tokens, log_probabilities, ends)
        going, order = _top_of(scores + ends * NEVER, self._scores.shape[1])
        self._scores, self._log_probabilities = going, log_probabilities.gather(1, order)
        self.tokens, self.parents = tokens.gather(1, order), parents.gather(1, order)
        n_written = self._count_step()
        written = self._written[:, :, :n_written]
        written = written.gather(1, self.parents[:, :, None].expand_as(written))
        at = self._steps[:, None, None].expand(-1, written.shape[1], 1)
        self._written[:, :, :n_written] = written.scatter_(2, at, self.tokens[:, :, None])
        self._steps = self._steps + 1
        self.done = self.done | self._is_done()

    def _count_step(self) -> int:
        """One step more; returns how many tokens the longest hypothesis then has, or more."""
        self._n_steps = [n_steps + 1 for n_steps in self._n_steps]
        return max(self._n_steps)

    def _finish(self, scores: Tensor, parents: Tensor, tokens: Tensor, log_probabilities: Tensor, ends: Tensor) -> None:
        """Admit those that end to the finished hypotheses, as far as they are better than these."""
        n_beams = self._scores.shape[1]
        ends = ends[:, :n_beams] & ~self.done[:, None]
        scores = scores[:, :n_beams] / self._penalty(self._steps + 1)
        scores = scores + ~ends * NEVER
        best, first = _top_of(scores, 1)
        better = ends.any(1) & (best[:, 0] > self._finished_scores[:, 0])
        parent = parents.gather(1, first)
        row = self._written.gather(1, parent[:, :, None].expand(-1, -1, self._written.shape[2]))[:, 0]
        row = row.scatter(1, self._steps[:, None], tokens.gather(1, first))
        self._best = torch.where(better[:, None], row, self._best)
        self._best_lengths = torch.where(better, self._steps + 1, self._best_lengths)
        own = log_probabilities.gather(1, first)[:, 0]
        self._best_log_probabilities = torch.where(better, own, self._best_log_probabilities)
        self._finished_scores, order = _top_of(torch.cat([self._finished_scores, scores], 1), n_beams)
        self._is_finished = torch.cat([self._is_finished, ends], 1).gather(1, order)

    def _is_done(self) -> Tensor:
        settings = self._settings
        far = settings.early_stopping == "never" and settings.length_penalty > 0
        best = self._scores[:, :1] / self._penalty(self._caps if far else self._steps)
        worst = torch.where(self._is_finished, self._finished_scores.amin(1, keepdim=True), NEVER)
        is_hopeless = torch.logical_not((best > worst).any(1))
        if settings.early_stopping is True:
            is_hopeless = is_hopeless | self._is_finished.all(1)
        return is_hopeless | (self._steps == self._caps)

    def _penalty(self, lengths: Tensor) -> Tensor:
        """What a score is divided by, ``(n_sentences, 1)``; rounded once, as the scalar of transformers is."""
        return (lengths.double() ** self._settings.length_penalty).float()[:, None]

    def results(self, sentences: Sequence[int]) -> list[tuple[list[int], float]]:
        """Best target of each of these sentences, and its log-probability."""
        return _listed(sentences, self._best, self._best_lengths, self._best_log_probabilities)


def _listed(
    sentences: Sequence[int], sequences: Tensor, lengths: Tensor, sums: Tensor
) -> list[tuple[list[int], float]]:
    which = torch.tensor(sentences, device=sequences.device)
    rows = zip(*(each[which].tolist() for each in (sequences, lengths, sums)), strict=True)
    return [(row[:length], total) for row, length, total in rows]


def _top_of(values: Tensor, n_best: int) -> tuple[Tensor, Tensor]:
    """The largest of each row, best first, and their places; of equals the first one."""
    ordered, where = values.sort(dim=1, descending=True, stable=True)
    return ordered[:, :n_best], where[:, :n_best]
