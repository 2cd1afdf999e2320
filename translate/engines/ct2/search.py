"""Beam search on CTranslate2 that stops where transformers stops.

Both keep the same beams. They differ in when they are content: CTranslate2 as soon as ``beam_size * patience``
hypotheses have ended (Kasai et al. 2022, https://arxiv.org/abs/2204.05424), transformers once ``beam_size`` have
ended and the best one still running is, at its present length, no better than the worst of those. The first rule
stops too early at patience 1 and finds other, likelier hypotheses at patience 2. So more hypotheses than needed are
asked for, and the second rule is applied to them: a hypothesis that ended at step ``t`` was found by transformers
only if the search was still running then. What the search needs to know of the beams that still ran at a step,
the log-probability of their first tokens, comes from the hypotheses that ended later, by forced decoding. Only
those sentences need it whose likeliest hypothesis ended late, some one in ten.

This costs time (docs/models.md says how much), and rounding to int8 changes more than the rule does; so it is done in
float32 alone, and elsewhere CTranslate2 stops by its own rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from translate.engines.base import DecodeOptions

__all__ = ["Candidate", "Ct2Search"]

_PATIENCE = 2
_MORE_PATIENCE = 8
"""For the few sentences whose search was cut short before the rule could be applied."""

_DOUBT = 0.003
"""A beam that ran at a step and never ended is not seen, and it may have been better than those that are. So what is
seen has to be worse by this share before the search counts as stopped."""

_SCORED_LOGITS = 1 << 24
"""Logits that forced decoding holds at a time; in float32 64 MB."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hypothesis that ended.

    Attributes:
        tokens: target tokens, end of sentence included; without one if the cap ended it.
        score: summed log-probability over ``len(tokens) ** length_penalty``.
    """

    tokens: list[str]
    score: float


class Ct2Search:
    """Finds the best target of each source.

    Args:
        translator: CTranslate2's translator.
        options: how to search.
        n_target_vocabulary: tokens it chooses from.
        eos: the token that ends a sentence.
        suppressed: tokens not to be written.
        exact: whether to stop by the rule of transformers.
    """

    def __init__(
        self,
        translator: Any,
        options: DecodeOptions,
        n_target_vocabulary: int,
        eos: str,
        suppressed: Sequence[str],
        *,
        exact: bool,
    ) -> None:
        self._exact = exact and options.beam_size > 1
        self._translator = translator
        self._beam_size, self._length_penalty = options.beam_size, options.length_penalty
        self._n_vocabulary = n_target_vocabulary
        self._eos = eos
        self._uses_shortlist = options.shortlist is not None
        self._suppressed = [[token] for token in suppressed] or None

    def __call__(self, sources: Sequence[list[str]], cap: int) -> list[Candidate]:
        """Best candidate of each source, all of them one batch.

        Args:
            sources: source tokens, end of sentence included.
            cap: most target tokens, end of sentence included.
        """
        if not self._exact:
            return [candidates[0] for candidates in self._ended(sources, cap, patience=1)]
        best, cut_short = self._choose(sources, self._ended(sources, cap, _PATIENCE))
        if cut_short:
            again = [sources[index] for index in cut_short]
            better, _ = self._choose(again, self._ended(again, cap, _MORE_PATIENCE))
            for index, candidate in zip(cut_short, better, strict=True):
                best[index] = candidate
        return best

    def _ended(self, sources: Sequence[list[str]], cap: int, patience: int) -> list[list[Candidate]]:
        """The hypotheses that end in a search of this patience, for each source: those asked for, likeliest first."""
        results = self._translator.translate_batch(
            list(sources),
            beam_size=self._beam_size,
            patience=patience,
            num_hypotheses=self._beam_size * patience if self._exact else 1,
            length_penalty=self._length_penalty,
            max_input_length=0,  # the default cuts at 1024 tokens without a word
            max_decoding_length=cap,
            min_decoding_length=0,
            suppress_sequences=self._suppressed,
            use_vmap=self._uses_shortlist,
            return_scores=True,
            return_end_token=True,
        )
        return [list(map(Candidate, result.hypotheses, result.scores)) for result in results]

    def _choose(self, sources: Sequence[list[str]], ended: list[list[Candidate]]) -> tuple[list[Candidate], list[int]]:
        """The best that transformers would have found, and the sources where the search was too short to tell."""
        best = [candidates[0] for candidates in ended]
        ended = [sorted(candidates, key=lambda candidate: len(candidate.tokens)) for candidates in ended]
        firsts = [len(candidates[: self._beam_size][-1].tokens) for candidates in ended]
        unsure = [index for index, (top, first) in enumerate(zip(best, firsts, strict=True)) if len(top.tokens) > first]
        late = [[each for each in ended[index] if len(each.tokens) > firsts[index]] for index in unsure]
        sums = iter(
            self._prefix_sums([(sources[i], each) for i, them in zip(unsure, late, strict=True) for each in them])
        )
        cut_short = []
        for index, them in zip(unsure, late, strict=True):
            step = self._last_step(ended[index], [next(sums) for _ in them], firsts[index])
            if step is None:
                cut_short.append(index)
            else:
                in_time = [each for each in ended[index] if len(each.tokens) <= step]
                best[index] = max(in_time, key=lambda candidate: candidate.score)
        return best, cut_short

    def _last_step(self, ended: list[Candidate], sums: list[list[float]], first: int) -> int | None:
        """The step transformers stops at; None when all that is known ended before."""
        for step in range(first, len(ended[-1].tokens)):
            scores = sorted((each.score for each in ended if len(each.tokens) <= step), reverse=True)
            running = max(prefix[step - 1] for prefix in sums if len(prefix) > step)
            if running / step**self._length_penalty <= scores[self._beam_size - 1] * (1 + _DOUBT):
                return step
        return None

    def _prefix_sums(self, pairs: list[tuple[list[str], Candidate]]) -> list[list[float]]:
        """Log-probability of the first token of each target, of the first two, and so on."""
        if not pairs:
            return []
        targets = [[token for token in candidate.tokens if token != self._eos] for _, candidate in pairs]
        longest = max(len(target) for target in targets) + 1
        results = self._translator.score_batch(
            [source for source, _ in pairs],
            targets,
            max_batch_size=max(1, _SCORED_LOGITS // (longest * self._n_vocabulary)),
            max_input_length=0,
        )
        return [list(accumulate(result.log_probs)) for result in results]
