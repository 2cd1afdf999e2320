"""English words less their endings, so that the forms of a word are one."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["FUNCTION_STEMS", "FUNCTION_WORDS", "english_stems", "latin_stems"]

_WORD = re.compile(r"[a-z]+|\d{1,3}(?:,\d{3})+|\d+")
_POSSESSIVE = re.compile(r"['’]s\b")


def english_stems(text: str) -> list[str]:
    """The words and numbers of an English text, in lower case and less their endings: ``looked`` and ``looks`` are one.

    Porter's first step (1980), roughly: a word need not come out right, only the same in all its forms.
    """
    lower = text.lower()
    if "'s" in lower or "’s" in lower:
        lower = _POSSESSIVE.sub(" ", lower)
    return list(map(_stem, _WORD.findall(lower)))


def latin_stems(text: str) -> list[str]:
    """The same of the Latin words and the figures that stand in a Chinese text, which are often left as they are."""
    return english_stems(text) if _WORD.search(text.lower()) else []


# Most words of a text are among the commonest few thousand.
@lru_cache(maxsize=1 << 14)
def _stem(word: str) -> str:
    word = word.replace(",", "")
    if len(word) > 4:
        for ending, instead in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("ly", "")):
            if word.endswith(ending) and (ending != "ing" or len(word) > 5):
                word = word.removesuffix(ending) + instead
                break
        else:
            word = _singular(word)
    elif len(word) > 3:
        word = _singular(word)
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == "e" else word


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


FUNCTION_WORDS = frozenset(
    """
    a an the this that these those such same other another each every either neither both all any some no none not
    i me my mine myself you your yours he him his she her hers it its itself we us our ours they them their theirs one
    who whom whose which what when where why how there here then than thus hence
    of in on at to from by for with without within into onto upon over under above below after before during since
    until till about against between among through across along around behind beside besides beyond toward towards per
    via off out up down as like unlike despite
    and or but nor so yet if unless although though because while whereas whether
    am is are was were be been being do does did done doing have has had having will would shall should can could may
    might must ought
    very too also just only even still already again ever never more most less least much many few quite rather almost
    well however therefore moreover furthermore
    """.split()  # noqa: SIM905 - a table is read more easily than a list
)
"""English words that say how others go together, and little by themselves."""

FUNCTION_STEMS = frozenset(stem for word in FUNCTION_WORDS for stem in english_stems(word))
