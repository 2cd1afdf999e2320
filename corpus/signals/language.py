"""``english_share``, ``hant_share``: is the target English at all, and which script is the Chinese in?

And the flags ``not_english`` and ``not_chinese``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from corpus.lexicon.counterparts import packaged_counterparts
from corpus.lexicon.stems import FUNCTION_WORDS, english_stems
from corpus.signals.signal import Signal
from translate.text.language import SUSPECT, is_foreign
from translate.text.marks import HAN
from translate.text.variety import one_script, traditional

__all__ = [
    "ENGLISH_SHARE",
    "HANT_SHARE",
    "VERSION",
    "english_share",
    "hant_share",
    "not_chinese",
    "not_english",
]

VERSION = 1

_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[a-zA-Zß-ɏ]+")
_CONTRACTION = re.compile(r"['’](?:s|re|ve|ll|d|m|t)\b")
_FEWEST = 4
"""Words of a target below which its language is not judged: they may be names."""

_LEAST_KNOWN = 0.5
"""Share of English words below which a target is not English."""

_HAN = re.compile(f"[{HAN}]")
_FEWEST_LETTERS = 10
"""Letters of a source below which it may be a name or a formula, although nothing in it is Chinese."""

_OTHERS = (
    frozenset(
        """
    le la les des de du un une et est sont dans que qui ne par sur avec ce cette ces il elle vous nous je au aux ou mais
    leur ses être été sans cet si pour
    der das dem ein eine einen einem einer und ist sind nicht für auf zu im zum zur wird werden auch sich als wenn oder
    aber ich sie wir es bei nach aus wie durch nur kann dass über von
    el los las del una unos son en con no se su sus lo al como más pero este esta también ser está muy yo está
    gli di della dei delle sono che non alla nel nella più ma questo questa dal anche
    os da dos das em é são nas nos uma não seu sua ao mas foi muito eu
    het een zijn niet te aan bij om ook naar worden deze dit ik je hij zij wij uit heeft
    na nie się że jest od za po przez dla jak lub oraz jego który być są tego przy tylko
    și cu nu pe este sunt că pentru din sau mai să ca prin fi
    ve bir bu için ile çok değil olarak gibi daha dan ini itu untuk dengan dari tidak ke pada adalah dalam akan
    và là của không được những này người để đã
    """.split()  # noqa: SIM905 - a table is read more easily than a list
    )
    - FUNCTION_WORDS
    - {"dos", "mai", "ma", "non", "sin", "son"}
)
"""Words that hold sentences together in French, German, Spanish, Italian, Portuguese, Dutch, Polish, Romanian, Turkish,
Indonesian and Vietnamese, and are no words of English. The table of words knows some of them, from names."""


def english_share(source: str, target: str) -> float | None:
    """Share of the target's words that are English; None for a target without words.

    Words that stand in the source as they are do not count. English is a function word, or one whose stem the table of
    words has seen, and that holds no sentence of another language together: so names are not, and a text is hardly
    ever all English, nor quite without it.
    """
    n_words, n_english = _counted(source, target)
    return n_english / n_words if n_words else None


def not_english(source: str, target: str) -> bool:
    """Whether less than half of four or more words of the target are English: another language, pinyin, or no words."""
    n_words, n_english = _counted(source, target)
    return n_words >= _FEWEST and n_english < _LEAST_KNOWN * n_words


def hant_share(source: str, target: str) -> float | None:
    """Share of Traditional characters among those of the source that belong to one script only.

    None for a source without such a character. A character belongs to one script if GB 2312 has it and Big5 does not,
    or the other way round.
    """
    found = one_script().findall(source)
    return sum(map(traditional().__contains__, found)) / len(found) if found else None


def not_chinese(source: str, target: str) -> bool:
    """Whether the source is Japanese or Korean, or has ten letters or more and no Chinese character."""
    if SUSPECT.search(source) and is_foreign(source):
        return True
    return not _HAN.search(source) and sum(map(str.isalpha, source)) >= _FEWEST_LETTERS


# The signal and the flag ask one after the other.
@lru_cache(maxsize=1)
def _counted(source: str, target: str) -> tuple[int, int]:
    lower = target.lower()
    if "'" in lower or "’" in lower:
        lower = _CONTRACTION.sub("", lower)
    words = _WORD.findall(lower)
    if _LATIN.search(source):
        there = set(_LATIN.findall(source.lower()))
        words = [word for word in words if word not in there]
    return len(words), sum(map(_is_english, words))


@lru_cache(maxsize=1 << 14)
def _is_english(word: str) -> bool:
    if word in FUNCTION_WORDS:
        return True
    if word in _OTHERS or len(word) == 1 or not word.isascii():
        return False
    stems = english_stems(word)
    return len(stems) == 1 and stems[0] in packaged_counterparts().seen


ENGLISH_SHARE = Signal("english_share", english_share, 1, "share", 0, 1, "words of the target that are English ones")
HANT_SHARE = Signal(
    "hant_share", hant_share, 1, "share", 0, 1, "Traditional among the source's characters that are of one script only"
)
