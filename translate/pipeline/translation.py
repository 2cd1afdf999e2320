"""What the decoder said of a sentence: every attempt at it, piece by piece, and which of them is kept.

Nothing is judged here: whatever can be told from the source and this record is told later, by whoever asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from translate.engines.base import Hypothesis
from translate.pipeline.joining import join_hypotheses
from translate.pipeline.signs import carry_over
from translate.text.ascii import in_ascii

__all__ = ["FOR_TERMS", "Attempt", "AttemptKind", "Translation"]


class AttemptKind(StrEnum):
    """What was given to the model."""

    PLAIN = "plain"
    """The sentence, cut where it is longer than the model does well."""

    DIGITS = "digits"
    """The sentence with its amounts written out in digits."""

    TERMS = "terms"
    """The sentence with the English of its terms in their places, and names for spans that stay."""

    NAMES = "names"
    """The sentence with names for both."""

    SMALLER = "smaller"
    """What was given before, in smaller pieces."""


FOR_TERMS = frozenset({AttemptKind.TERMS, AttemptKind.NAMES})
"""Attempts that are made for the sake of a term or a span that stays, and not because something went wrong."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One go at a sentence.

    Attributes:
        kind: what was given to the model.
        pieces: what came back for each piece of it, in order; one where it was not cut.
    """

    kind: AttemptKind
    pieces: tuple[Hypothesis, ...]

    @property
    def whole(self) -> Hypothesis:
        """The pieces as one hypothesis of the sentence."""
        return join_hypotheses(self.pieces)


@dataclass(frozen=True, slots=True)
class Translation:
    """What became of one sentence.

    Attributes:
        source: the sentence.
        attempts: in the order in which they were made; none where there was nothing to translate.
        kept: which of them is the translation.
    """

    source: str
    attempts: tuple[Attempt, ...] = ()
    kept: int = 0

    @property
    def first(self) -> Attempt | None:
        """The first attempt; None where the source was copied."""
        return self.attempts[0] if self.attempts else None

    @property
    def best(self) -> Attempt | None:
        """The attempt that is kept; None where the source was copied."""
        return self.attempts[self.kept] if self.attempts else None

    @property
    def first_and_best(self) -> tuple[Attempt, ...]:
        """The first attempt and the one that is kept, once where they are the same; none where it was copied."""
        if not self.attempts:
            return ()
        return self.attempts[:1] if not self.kept else (self.attempts[0], self.attempts[self.kept])

    @property
    def text(self) -> str:
        """The English, with the signs of the source; empty when nothing came out.

        Where the source was copied it is that, with its marks as English writes them.
        """
        return in_ascii(self.source) if self.best is None else carry_over(self.source, self.best.whole.text)

    @property
    def score(self) -> float | None:
        """Mean log-probability per target token in nats; None when no model was asked, or the engine failed at it."""
        whole = None if self.best is None else self.best.whole
        return None if whole is None or whole.finish == "failed" else whole.score
