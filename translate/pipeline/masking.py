"""What is given to a model in the place of a term, or of a span that stays, and how it is found again.

A model copies Latin words: a term that stands in the source in English comes out in English, at its place. What no
model is to see (a URL, a tag, Chinese in a hashtag) is ``X1`` to it, a name. The engines that can be are made to write
either; where one did not, a span is put where it belongs, as a sign is, and a term is lost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from translate.engines.base import Required
from translate.pipeline.signs import put_in
from translate.text.terminology import Asked

__all__ = ["Masked", "mask"]

_LETTERS = "XZQKVYUW"


@dataclass(frozen=True, slots=True)
class Masked:
    """A source with something in the place of what is asked.

    Attributes:
        text: the source, as it is given to the model.
        terms: English terms in it, and whether their last word may end otherwise.
        names: what stands for a span, or for a term whose English the model cannot write, by its name in ``text``.
        left: terms that stand in it in Chinese, since the model has translated them as they are to be.
    """

    text: str
    terms: Mapping[str, bool] = field(default_factory=dict)
    names: Mapping[str, Asked] = field(default_factory=dict)
    left: Sequence[Asked] = ()

    def required(self, piece: str) -> tuple[Required, ...]:
        """What the translation of a piece of the text has to have, in the order in which it stands there."""
        found = [(piece.find(term), Required(term, inflected)) for term, inflected in self.terms.items()]
        found += [(piece.find(each.source), Required(each.target, each.inflected)) for each in self.left]
        found += [(match.start(), Required(match[0])) for match in self._names.finditer(piece)] if self.names else []
        return tuple(dict.fromkeys(required for at, required in sorted(found, key=lambda each: each[0]) if at >= 0))

    def restored(self, piece: str, target: str) -> str:
        """The translation of a piece with the spans in the place of their names; those that lack theirs are put in."""
        if not self.names:
            return target
        wanted = [match for match in self._names.finditer(piece) if self.names[match[0]].is_span]
        written = {match[0].upper() for match in self._names.finditer(target)}
        missing = [(match.start(), match.end(), match[0]) for match in wanted if match[0] not in written]
        if missing and target.strip():
            target = put_in(piece, target, missing)
        return self._names.sub(lambda match: self.names[match[0].upper()].target, target)

    @property
    def _names(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(self.names)})(?!\d)", re.IGNORECASE)


def mask(source: str, asked: Sequence[Asked], *, terms: bool, left: Collection[Asked] = ()) -> Masked:
    """Put English or names in the place of what is asked.

    Args:
        source: a sentence.
        asked: of it, in its order.
        terms: whether terms get names as well, and not their English.
        left: of what is asked, terms that stay in Chinese.
    """
    letter = next((each for each in _LETTERS if not re.search(rf"{each}\d", source, re.IGNORECASE)), "XZQ")
    out, end = "", 0
    english: dict[str, bool] = {}
    names: dict[str, Asked] = {}
    for each in asked:
        if each in left:
            continue
        if each.is_span or terms:
            written = f"{letter}{len(names) + 1}"
            names[written] = each
        else:
            written = each.target
            english[written] = each.inflected
        out += source[end : each.start]
        out += f"{_blank(out[-1:], written[0])}{written}"
        end = each.end
        out += _blank(out[-1:], source[end : end + 1])
    return Masked(out + source[end:], english, names, [each for each in asked if each in left])


def _blank(left: str, right: str) -> str:
    """A blank between what would run together."""
    return " " if left.isascii() and left.isalnum() and right.isascii() and right.isalnum() else ""
