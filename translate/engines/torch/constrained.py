"""The search for the likeliest translation that has certain phrases.

Hypotheses stand in a grid by how many tokens of the phrases they have (Hokamp and Liu 2017,
https://aclanthology.org/P17-1141); of that a fixed number of places is kept, whatever the number of phrases (Post and
Vilar 2018, https://aclanthology.org/N18-1119). Two departures. The places are given by turns: to the best of those that
have most, and to the likeliest of all, since with four places and ten tokens of phrases nearly all would be forced
otherwise, while in a source that has the phrases in it the model writes them by itself. And phrases are words: a
token that goes on with the last word of one takes it back.

A hypothesis ends only where it has everything, or where the cap ends it. No sentence looks at another. Step for step
this is ``constrained.h`` of the native engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from translate.engines.phrases import ANYWHERE, AT_START, BEHIND_MARK, ENDS_IN_MARK, STARTS_WORD, Form
from translate.engines.torch.beam_search import Forced
from translate.engines.torch.projection import Top
from translate.marian.settings import SearchSettings

__all__ = ["ConstrainedState"]

_NEVER = np.float32(-1e9)


class _Progress(NamedTuple):
    """How far a hypothesis is with the phrases.

    Attributes:
        met: phrases that it has, a bit each.
        pending: those whose last token was written last, and that no new word follows yet.
        node: of the forms.
        where: what may begin here beside what may anywhere.
    """

    met: int = 0
    pending: int = 0
    node: int = 0
    where: int = AT_START


@dataclass(slots=True)
class _FormNode:
    """What has been written of one or several forms.

    Attributes:
        children: by token the next node, and where that may begin.
        phrases: that end here, a bit each.
        closed: of these, the ones that a new word has to follow.
        below: phrases that end here or further on.
        depth: tokens.
    """

    depth: int = 0
    children: dict[int, tuple[int, int]] = field(default_factory=dict)
    phrases: int = 0
    closed: int = 0
    below: int = 0


class _Forms:
    """The forms of all phrases of a sentence, token by token."""

    def __init__(self, forms: Sequence[Form], starts: bytes) -> None:
        self._starts, self._nodes = starts, [_FormNode()]
        self._lengths: dict[int, int] = {}
        for form in forms:
            node, bit = 0, 1 << form.phrase
            for token in form.tokens:
                node = self._grow(node, token, form.where)
            self._nodes[node].phrases |= bit
            self._nodes[node].closed |= bit if form.is_closed else 0
            self._lengths[form.phrase] = max(self._lengths.get(form.phrase, 0), len(form.tokens))
        for each in reversed(self._nodes):
            each.below = each.phrases
            for child, _ in each.children.values():
                each.below |= self._nodes[child].below

    def _grow(self, node: int, token: int, where: int) -> int:
        children = self._nodes[node].children
        if token in children:
            made, before = children[token]
            children[token] = made, where if before == where else ANYWHERE
            return made
        self._nodes.append(_FormNode(self._nodes[node].depth + 1))
        children[token] = len(self._nodes) - 1, where
        return len(self._nodes) - 1

    def is_met(self, at: _Progress) -> bool:
        return (at.met | at.pending) == self._nodes[0].below

    def n_tokens(self, at: _Progress) -> int:
        """Tokens of the phrases that are met, and of the one under way."""
        have = at.met | at.pending
        n = sum(length for phrase, length in self._lengths.items() if have >> phrase & 1)
        node = self._nodes[at.node]
        return n + node.depth if node.below & ~have else n

    def after(self, at: _Progress, token: int) -> _Progress:
        met = at.met | at.pending if self._starts[token] & STARTS_WORD else at.met
        node = self._child(at.node, token, ANYWHERE) if at.node else 0
        place = node or self._child(0, token, at.where)
        here = self._nodes[place]
        met |= here.phrases & ~here.closed
        where = BEHIND_MARK if self._starts[token] & ENDS_IN_MARK else ANYWHERE
        return _Progress(met, here.closed & ~met, place, where)

    def _child(self, node: int, token: int, where: int) -> int:
        child, only = self._nodes[node].children.get(token, (0, ANYWHERE))
        return child if node or only in (ANYWHERE, where) else 0

    def wanted(self, at: _Progress) -> list[int]:
        """What may be written next for the sake of a phrase that is not met."""
        have = at.met | at.pending
        found = set()
        for node in {at.node, 0}:
            for token, (child, only) in self._nodes[node].children.items():
                if self._nodes[child].below & ~have and (node or only in (ANYWHERE, at.where)):
                    found.add(token)
        return sorted(found)


@dataclass(slots=True)
class _Hypothesis:
    """One that is being written, or a way to go on with one."""

    score: np.float32
    log_probability: np.float32
    written: list[int]
    parent: int
    progress: _Progress
    n_tokens: int = 0
    is_end: bool = False


class _TopOfRow(NamedTuple):
    """What the output layer says of a hypothesis."""

    ids: list[int]
    scores: list[np.float32]
    lost: np.float32
    end: np.float32


class _BoundSearch:
    """The search for one sentence."""

    def __init__(self, cap: int, forms: Sequence[Form], starts: bytes, settings: SearchSettings) -> None:
        self._cap, self._settings = cap, settings
        self._forms = _Forms(forms, starts)
        self.beams = [_Hypothesis(np.float32(0), np.float32(0), [], 0, _Progress())]
        self._finished: list[np.float32] = []
        self.best: list[int] = []
        self.total = 0.0
        self.n_steps = 0
        self.done = False

    @property
    def is_last(self) -> bool:
        return self.n_steps + 1 == self._cap

    def wanted(self) -> list[list[int]]:
        return [self._forms.wanted(each.progress) for each in self.beams]

    def advance(self, rows: Sequence[_TopOfRow]) -> None:
        pool = [each for beam, row in enumerate(rows[: len(self.beams)]) for each in self._ways(beam, row)]
        pool.sort(key=lambda each: -each.score)
        self._finish(pool)
        self._go_on(pool)
        self.n_steps += 1
        self.done = self._is_done()

    def _ways(self, beam: int, row: _TopOfRow) -> list[_Hypothesis]:
        eos = self._settings.eos_id
        before = self.beams[beam]
        if self.is_last and self._settings.forced_eos:
            ways = [(eos, np.float32(0), row.end)]
        else:
            ways = [(token, score, score + row.lost) for token, score in zip(row.ids, row.scores, strict=True)]
        found = []
        for token, score, own in ways:
            if score <= _NEVER / 2:
                continue
            after = before.progress
            if token != eos:
                after = self._forms.after(after, token)
            elif not self.is_last and not self._forms.is_met(after):
                continue
            found.append(
                _Hypothesis(
                    before.score + score,
                    before.log_probability + own,
                    [*before.written, token],
                    beam,
                    after,
                    self._forms.n_tokens(after),
                    token == eos or self.is_last,
                )
            )
        return found

    def _finish(self, pool: Sequence[_Hypothesis]) -> None:
        length = self._penalty(self.n_steps + 1)
        for is_met in (True, False):
            for each in pool:
                if not each.is_end or self._forms.is_met(each.progress) != is_met or (not is_met and self._finished):
                    continue
                score = each.score / length
                if not self._finished or score > self._finished[0]:
                    self.best, self.total = each.written, float(each.log_probability)
                self._finished = sorted([*self._finished, score], reverse=True)[: self._settings.n_beams]

    def _go_on(self, pool: Sequence[_Hypothesis]) -> None:
        """Places are given by turns to what has most of the phrases, and to what is likeliest."""
        running = [place for place, each in enumerate(pool) if not each.is_end]
        heads: list[int] = []
        for place in sorted(running, key=lambda place: -pool[place].n_tokens):
            if not heads or pool[heads[-1]].n_tokens != pool[place].n_tokens:
                heads.append(place)
        chosen: list[int] = []
        turn = iter(heads)
        rest = iter(running)
        while len(chosen) < self._settings.n_beams:
            place = next(turn, -1) if len(chosen) % 2 == 0 else -1
            place = next(rest, -1) if place < 0 else place
            if place < 0:
                break
            if place not in chosen:
                chosen.append(place)
        self.beams = [pool[place] for place in sorted(chosen)]

    def _is_done(self) -> bool:
        if self.n_steps == self._cap or not self.beams:
            return True
        settings = self._settings
        is_full = len(self._finished) == settings.n_beams
        if not self._finished:
            return False
        if settings.early_stopping is True and is_full:
            return True
        far = settings.early_stopping == "never" and settings.length_penalty > 0
        best = self.beams[0].score / self._penalty(self._cap if far else self.n_steps)
        return not best > (self._finished[-1] if is_full else _NEVER)

    def _penalty(self, length: int) -> np.float32:
        return np.float32(float(length) ** self._settings.length_penalty)


class ConstrainedState:
    """The search of a batch of sentences whose targets are to have phrases; see `SearchState`.

    Args:
        caps: of each sentence, most target tokens, end of sentence included.
        forms: of each, its phrases.
        starts: for each target token whether it begins a new word, or is a mark.
        settings: how to search.
        device: of the tensors.
    """

    def __init__(
        self,
        caps: Sequence[int],
        forms: Sequence[Sequence[Form]],
        starts: bytes,
        settings: SearchSettings,
        device: torch.device,
    ) -> None:
        self._settings, self._device = settings, device
        self._all = [_BoundSearch(cap, own, starts, settings) for cap, own in zip(caps, forms, strict=True)]
        self.n_candidates = 2 * settings.n_beams
        self.tokens = torch.zeros(len(caps), settings.n_beams, dtype=torch.int64, device=device)
        self.parents: Tensor | None = torch.zeros_like(self.tokens)
        self.done = torch.zeros(len(caps), dtype=torch.bool, device=device)

    def wanted(self) -> tuple[list[int], list[int], list[int]]:
        """Tokens whose log-probabilities are needed: of each its row, its sentence and itself.

        Before the first step a sentence has one row, then as many as there are hypotheses.
        """
        rows, sentences, tokens = [], [], []
        for place, each in enumerate(self._all):
            first = place * (self._settings.n_beams if each.n_steps else 1)
            for beam, own in enumerate(each.wanted()):
                rows += [first + beam] * len(own)
                sentences += [place] * len(own)
                tokens += own
        return rows, sentences, tokens

    def advance(self, top: Top, forced: Forced | None = None, bound: Sequence[float] = ()) -> None:
        """Go one token on; see `SearchState`.

        Args:
            top: the best tokens of each row.
            forced: the sentences that have to end.
            bound: log-probabilities of what is `wanted`, in its order.
        """
        n_rows = len(top.ids) // len(self._all)
        ids, scores, lost = top.ids.tolist(), top.scores.cpu().float().numpy(), top.lost.cpu().float().numpy()
        ends = np.full(len(ids), _NEVER, np.float32)
        if forced is not None:
            places = (forced.sentences[:, None] * n_rows + torch.arange(n_rows, device=self._device)).flatten().tolist()
            ends[places] = forced.log_probability.cpu().float().numpy()
        rows = [_TopOfRow(own, list(scores[row]), lost[row, 0], ends[row]) for row, own in enumerate(ids)]
        for row, token, value in zip(*self.wanted()[::2], bound, strict=True):
            if token not in rows[row].ids:
                rows[row].ids.append(token)
                rows[row].scores.append(np.float32(value) - rows[row].lost)
        for place, each in enumerate(self._all):
            if not each.done:
                each.advance(rows[place * n_rows : (place + 1) * n_rows])
        self._tell()

    def _tell(self) -> None:
        """Write the tensors anew."""
        eos, n_beams = self._settings.eos_id, self._settings.n_beams
        written = [[beam.written[-1] for beam in each.beams] for each in self._all]
        parents = [[beam.parent for beam in each.beams] for each in self._all]
        self.tokens = torch.tensor([row + [eos] * (n_beams - len(row)) for row in written], device=self._device)
        self.parents = torch.tensor([row + [0] * (n_beams - len(row)) for row in parents], device=self._device)
        self.done = torch.tensor([each.done for each in self._all], device=self._device)

    def keep(self, sentences: Sequence[int]) -> None:
        """Drop all sentences but these."""
        self._all = [self._all[place] for place in sentences]
        self._tell()

    def join(self, other: Self) -> None:
        """Take the sentences of another search behind these."""
        self._all = [*self._all, *other._all]
        self._tell()

    def put(self, places: Sequence[int], other: Self) -> None:
        """Let the first sentences of another search take these places."""
        for place, each in zip(places, other._all, strict=False):
            self._all[place] = each
        self._tell()

    def results(self, sentences: Sequence[int]) -> list[tuple[list[int], float]]:
        """Best target of each of these sentences, and its log-probability."""
        return [(self._all[place].best, self._all[place].total) for place in sentences]
