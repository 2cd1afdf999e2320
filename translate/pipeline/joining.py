"""How the translations of a sentence's pieces become that of the sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import reduce

from translate.engines.base import Hypothesis

__all__ = ["join_hypotheses"]

_FROM_GOOD_TO_BAD = ("eos", "length", "failed")

_FIRST_WORD = re.compile(r"[A-Z][a-z]*\b(?!-)")
# What never is a name. Not I, which is always large, nor words that are names too, as Will and May.
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a also although an and any are as at be because both but by can did do does each for from had has have he her
        his how however if in into is it its more most no not of on only or other our she so some such than that the
        their them then there therefore these they this those though through thus to under until was we were what when
        where which while who whose with without would yet you your
        """,
    )
)


def join_hypotheses(pieces: Sequence[Hypothesis]) -> Hypothesis:
    """The hypothesis of a sentence that was translated in pieces.

    Its text is the pieces' texts with a space between; after a comma or a semicolon, or where no mark stands, a
    function word is not capitalised (``in Sanya, At that time`` becomes ``in Sanya, at that time``). Its score is the
    mean over all target tokens, as if it had been decoded at once; it ended by ``length`` if any piece did, and
    ``failed`` if any did.
    """
    if len(pieces) == 1:
        return pieces[0]
    n_tokens = sum(piece.n_tokens for piece in pieces)
    total = math.fsum(piece.score * piece.n_tokens for piece in pieces)
    return Hypothesis(
        text=reduce(_joined, (piece.text for piece in pieces if piece.text), ""),
        score=total / n_tokens if n_tokens else 0.0,
        n_tokens=n_tokens,
        finish=max((piece.finish for piece in pieces), key=_FROM_GOOD_TO_BAD.index),
    )


def _joined(before: str, text: str) -> str:
    word = _FIRST_WORD.match(text)
    if word and word[0].lower() in _FUNCTION_WORDS and before and (before[-1] in ",;" or before[-1].isalnum()):
        text = text[0].lower() + text[1:]
    return f"{before} {text}" if before else text
