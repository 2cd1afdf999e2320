"""What else is given to the model for a sentence whose translation looks wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from translate.engines.base import Required
from translate.pipeline.cutting import cut_sentence
from translate.pipeline.judging import Judgement
from translate.pipeline.masking import Masked, mask
from translate.pipeline.signs import readable
from translate.pipeline.translation import Attempt, AttemptKind
from translate.text.numbers import write_amounts
from translate.text.terminology import Asked, lost

__all__ = ["Given", "Tried", "best_of", "in_digits", "masked", "smaller"]

_WITH_TERMS = 3
"""Attempts after which terms get names: one with the names among them in English, one with all that is lost."""

_SMALLEST = 6
"""Source tokens: smaller pieces are no sentences any more."""


@dataclass(frozen=True, slots=True)
class Given:
    """What is given to the model for a sentence.

    Attributes:
        kind: what it is.
        text: the sentence as the model is to read it, or that with its amounts in digits.
        pieces: that, cut.
        masked: what stands in it in the place of what is asked; None where that is as it was.
    """

    kind: AttemptKind
    text: str
    pieces: Sequence[str]
    masked: Masked | None = None

    @property
    def required(self) -> Sequence[tuple[Required, ...]]:
        """What the translation of each piece is to have."""
        return [self.masked.required(piece) if self.masked else () for piece in self.pieces]


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt, and how it went.

    Attributes:
        given: to the model.
        longest: source tokens of its longest piece.
        attempt: what came back.
        judgement: on that.
    """

    given: Given
    longest: int
    attempt: Attempt
    judgement: Judgement


def best_of(tried: Sequence[Tried]) -> int:
    """Which of the attempts at a sentence is kept."""
    best = 0
    for i in range(1, len(tried)):
        if tried[i].judgement.is_better(tried[best].judgement):
            best = i
    return best


def masked(
    source: str, asked: Sequence[Asked], tried: Sequence[Tried], cut: Callable[[str], Sequence[str]]
) -> Given | None:
    """For a sentence that lacks something that was asked for, what else is given in its place, if there is anything.

    Args:
        source: the sentence.
        asked: terms and spans that its translation is to have.
        tried: all attempts at it.
        cut: cuts what is longer than the model does well.
    """
    best = tried[best_of(tried)].judgement
    if not best.n_missing or (len(tried) > 1 and all(each.is_span for each in asked)):
        return None
    missing = {each for one in tried for each in lost(asked, source, one.attempt.whole.text)}
    if len(tried) == 1:
        # A common word that the model knows is better required of it than read by it in English; names and terms of
        # several words it misreads, and would write both ways.
        missing = {each for each in missing if each.is_span or not _is_common(each.target)}
    left = [each for each in asked if not each.is_span and each not in missing]
    if len(tried) < _WITH_TERMS:
        english = mask(source, asked, terms=False, left=left)
        own = readable(english.text)
        if len(tried) == 1 or own != tried[-1].given.text:
            return Given(AttemptKind.TERMS, own, cut(own), english)
    with_names = mask(source, asked, terms=True, left=left)
    own = readable(with_names.text)
    return Given(AttemptKind.NAMES, own, cut(own), with_names)


def _is_common(term: str) -> bool:
    return term[:1].islower() and " " not in term


def in_digits(tried: Sequence[Tried], cut: Callable[[str], Sequence[str]]) -> Given | None:
    """For a sentence that lost a number, what was given with its numerals, 万 and 亿 written out, if there are any.

    Args:
        tried: the attempts at it so far; what was given for the best of them is written so.
        cut: cuts what is longer than the model does well.
    """
    best = tried[best_of(tried)]
    given = best.given.text
    if not best.judgement.n_lost or (written := write_amounts(given)) == given:
        return None
    return Given(AttemptKind.DIGITS, written, cut(written), best.given.masked)


def smaller(tried: Sequence[Tried], count: Callable[[str], int]) -> Given | None:
    """For a sentence with problems smaller pieces of what was given last, if it can be cut further.

    Args:
        tried: all attempts at it.
        count: source tokens of a text.
    """
    last, best = tried[-1], tried[best_of(tried)].judgement
    if best.is_good:
        return None
    budget = max(_SMALLEST, (last.longest + 1) // 2)
    # Not through a word for the sake of a number.
    anywhere = bool(best.trouble) and last.longest > 4 * _SMALLEST
    pieces = cut_sentence(last.given.text, count, budget, anywhere=anywhere)
    if len(pieces) <= len(last.given.pieces):
        return None
    return Given(AttemptKind.SMALLER, last.given.text, pieces, last.given.masked)
