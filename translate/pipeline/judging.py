"""Whether an attempt at a sentence looks wrong, so that it is tried again, and which attempt is the better one.

This decides what is decoded, so it is part of the decoding, and of its version. What the corpus says of a pair is
computed when the corpus is written (``corpus/signals``), and may get better without decoding anything again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from translate.engines.base import Hypothesis
from translate.pipeline.signs import carry_over
from translate.pipeline.translation import Attempt
from translate.text.numbers import numbers_kept
from translate.text.repetition import loops
from translate.text.terminology import Asked, lost

__all__ = ["Judgement", "judge", "problems"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """How an attempt went.

    Attributes:
        trouble: see `problems`; a piece that came out empty is a hole in the sentence, so ``empty_target`` as well.
        n_lost: numbers of the source that are not in it.
        n_missing: terms and spans that were asked for and are not in it.
        score: mean log-probability per target token in nats.
    """

    trouble: frozenset[str]
    n_lost: int
    score: float
    n_missing: int = 0

    @property
    def is_good(self) -> bool:
        """Whether there is no reason to try again."""
        return not (self.trouble or self.n_lost or self.n_missing)

    def is_better(self, best: Judgement) -> bool:
        """Whether this later attempt is to be kept instead of the best one before it.

        A sentence in pieces, or with its amounts in digits, is worse English. So where that one only lacks numbers,
        this one must have more of them, and nothing else wrong; a number that is not recognised in a good translation
        costs nothing then.
        """
        if not best.trouble:
            return not self.trouble and (self.n_missing, self.n_lost) < (best.n_missing, best.n_lost)
        return self._rank < best._rank

    @property
    def _rank(self) -> tuple[int, int, int, float]:
        return len(self.trouble), self.n_missing, self.n_lost, -self.score


def judge(source: str, attempt: Attempt, asked: Sequence[Asked] = ()) -> Judgement:
    """Look at an attempt beside the sentence, whatever was given to the model in its place.

    Args:
        source: the sentence.
        attempt: at it.
        asked: terms and spans that the translation is to have.
    """
    whole = replace(attempt.whole, text=carry_over(source, attempt.whole.text))
    trouble = problems(source, whole)
    if any(not piece.text.strip() for piece in attempt.pieces):
        trouble |= {"empty_target"}
    n_kept, n_numbers = numbers_kept(source, whole.text)
    return Judgement(trouble, n_numbers - n_kept, whole.score, len(lost(asked, source, whole.text)))


def problems(source: str, hypothesis: Hypothesis) -> frozenset[str]:
    """What is visibly wrong with a translation.

    Returns:
        Any of ``length_cap`` (the cap ended it, not the model), ``empty_target`` (nothing came out of something),
        ``loop`` (words repeated over and over, and more often than in the source) and ``failed`` (the engine did).
    """
    found = set()
    if hypothesis.finish == "failed":
        found.add("failed")
    if hypothesis.finish == "length":
        found.add("length_cap")
    if not hypothesis.text.strip():
        if source.strip():
            found.add("empty_target")
    elif loops(source, hypothesis.text):
        found.add("loop")
    return frozenset(found)
