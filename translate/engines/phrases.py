"""What a target is to have, in the tokens of a model: phrases, each in the forms that it may be written in.

The search that writes them is a grid of hypotheses by how much of the phrases they have (Hokamp and Liu 2017,
https://aclanthology.org/P17-1141), in a fixed number of places (Post and Vilar 2018, https://aclanthology.org/N18-1119):
`translate.engines.torch.constrained`, and ``constrained.h`` of the native engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from translate.engines.base import Required
from translate.marian.vocabulary import MarianVocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from translate.marian.shortlist import Shortlist

__all__ = [
    "ANYWHERE",
    "AT_START",
    "BEHIND_MARK",
    "ENDS_IN_MARK",
    "FEWEST_BEAMS",
    "STARTS_WORD",
    "Bound",
    "Form",
    "candidates_of",
    "forms_of",
    "phrases_of",
    "starts_of",
]

FEWEST_BEAMS = 8
"""Hypotheses that such a search keeps at least: half of the places are for those that have most of the phrases."""

_MOST_PHRASES = 64
_OPENERS = frozenset('([{"“‘«-–—/')


ANYWHERE, AT_START, BEHIND_MARK = range(3)
STARTS_WORD, ENDS_IN_MARK = 1, 2


class Form(NamedTuple):
    """One way to write a phrase.

    Attributes:
        phrase: which phrase of the sentence, from 0.
        is_closed: whether a new word has to follow.
        where: where it may begin: `ANYWHERE`, `AT_START` of the target, or `BEHIND_MARK`.
        tokens: target ids.
    """

    phrase: int
    is_closed: bool
    where: int
    tokens: tuple[int, ...]


class Bound(list[int]):
    """Source ids of a sentence whose target is to have something.

    Args:
        ids: source ids, end of sentence included.
        forms: of all phrases.
    """

    def __init__(self, ids: Sequence[int], forms: Sequence[Form]) -> None:
        super().__init__(ids)
        self.forms = tuple(forms)


def phrases_of(ids: Sequence[int]) -> tuple[Form, ...]:
    """The forms of what the target of a source is to have."""
    return ids.forms if isinstance(ids, Bound) else ()


def candidates_of(shortlist: Shortlist, ids: Sequence[int]) -> NDArray[np.int64]:
    """What a sentence may be translated with, what it is to have included; ascending."""
    own, forms = shortlist.candidates(ids), phrases_of(ids)
    if not forms:
        return own
    import numpy as np

    return np.union1d(own, np.array([token for form in forms for token in form.tokens], own.dtype))


def forms_of(required: Sequence[Required], vocabulary: MarianVocabulary) -> list[Form]:
    """The forms of what is required; none of a phrase that the model has no tokens for.

    A phrase may begin a word after a blank, or after a bracket or a quotation mark; one with a small first letter may
    begin the target with a capital.
    """
    forms: list[Form] = []
    for phrase, each in enumerate(required[:_MOST_PHRASES]):
        text = each.text
        is_closed = text[-1].isalnum() and not each.inflected
        plain, quoted = vocabulary.encode_target([text, f"({text}"])
        capital = vocabulary.encode_target([text[0].upper() + text[1:]])[0]
        ways = [(plain[:-1], ANYWHERE), (_without_opener(quoted[:-1], text, vocabulary), BEHIND_MARK)]
        if text[0].islower():
            ways.append((capital[:-1], AT_START))
        for tokens, where in ways:
            written = vocabulary.decode(tokens)
            if tokens and written in (text, text[0].upper() + text[1:]):
                forms.append(Form(phrase, is_closed, where, tuple(tokens)))
    return forms


def _without_opener(tokens: Sequence[int], text: str, vocabulary: MarianVocabulary) -> list[int]:
    """The tokens of a phrase that has a bracket before it, without that; nothing where the bracket is a part of one."""
    for n in (1, 2):
        if vocabulary.decode(tokens[:n]) == "(" and vocabulary.decode(tokens[n:]) == text:
            return list(tokens[n:])
    return []


def starts_of(vocabulary: MarianVocabulary) -> bytes:
    """A byte for each target token: `STARTS_WORD` where it begins a word or is a mark, and `ENDS_IN_MARK`."""
    starts = bytearray(len(vocabulary.target))
    for index, token in enumerate(vocabulary.target):
        starts[index] = STARTS_WORD * (not token[:1].isalnum()) + ENDS_IN_MARK * (token[-1:] in _OPENERS)
    starts[vocabulary.eos_id] |= STARTS_WORD
    return bytes(starts)
