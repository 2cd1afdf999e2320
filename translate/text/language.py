"""Sentences in other languages than today's written Chinese: Japanese, Korean, Cantonese, classical Chinese.

Only what is clear is named. A Chinese sentence that quotes a Japanese word is Chinese, and so may be a line of
kanji alone.
"""

from __future__ import annotations

import re

from translate.text.classes import others
from translate.text.flags import Flag
from translate.text.marks import HAN

__all__ = [
    "CANTONESE_CHARS",
    "COMMON_SUSPECTS",
    "SUSPECT",
    "SUSPECTS",
    "is_foreign",
    "is_foreign_document",
    "language_flags",
]

_KANA = "\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d"
_HANGUL = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
CANTONESE_CHARS = "嘅咗喺唔佢哋嚟冇咁嘢啲嗰嗌乜攞"

SUSPECTS = f"{_KANA}{_HANGUL}{CANTONESE_CHARS}矣焉哉兮曰"
COMMON_SUSPECTS = "也乎"
"""Those that matter only where no ideograph follows."""
SUSPECT = re.compile(f"[{SUSPECTS}{COMMON_SUSPECTS}]")
"""What a text has that any flag of this module is for; a text without it needs no further look."""

_FOREIGN = re.compile(f"[{_KANA}{_HANGUL}]")
_NOT_FOREIGN = re.compile(f"[{others(_KANA + _HANGUL)}]*+")
_HANGUL_CHAR = re.compile(f"[{_HANGUL}]")
_LETTER = re.compile(f"[{HAN}{_KANA}{_HANGUL}]")
_QUOTED = re.compile('“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|（[^）]*）|\\([^)]*\\)|"[^"]*"')
# Characters of Chinese grammar that Japanese does not have, or only in rare words.
_CHINESE = re.compile("[的了们們这這吗嗎呢吧么麼您她你个說说为没给还过让从]|就是|不是|也是|都是|在[于於]")
_FEWEST = 2
_SHARE = 0.3

_CANTONESE_CHAR = re.compile(f"[{CANTONESE_CHARS}]")
_CLASSICAL_END = re.compile("[也矣焉哉乎兮](?=[，。？！；：、”」』]|\\Z)|曰(?=[：，“「])")
_CLASSICAL = re.compile("[之乎者也矣焉哉兮曰其於于而以亦乃遂吾尔汝]")
_MODERN = re.compile("[的了是们們这這那吗嗎呢吧着著个個很我你他她它没]")
_CLASSICAL_FEWEST = 3
_CLASSICAL_SHARE = 0.2


def is_foreign(text: str) -> bool:
    """Whether a sentence is Japanese or Korean: kana or hangul all through it, and no Chinese grammar."""
    if not _FOREIGN.search(text):
        return False
    own = _QUOTED.sub("", text)
    if not _LETTER.search(own):
        own = text
    foreign = _FOREIGN.findall(own)
    if len(set(foreign)) < _FEWEST or len(foreign) < _SHARE * len(_LETTER.findall(own)):
        return False
    return not _CHINESE.search(own)


def is_foreign_document(sample: str) -> bool:
    """Whether a document is Japanese or Korean: most of its lines are, by their letters.

    In such a document a line of kanji alone (東京都知事選挙) is none of Chinese either.
    """
    if _NOT_FOREIGN.fullmatch(sample):
        return False
    lines = [line for line in sample.splitlines() if _LETTER.search(line)]
    n_foreign = sum(len(line) for line in lines if is_foreign(line))
    n_chinese = sum(len(line) for line in lines if _CHINESE.search(_QUOTED.sub("", line)))
    return n_foreign > 2 * n_chinese and sum(map(is_foreign, lines)) >= _FEWEST


def _is_kanji(text: str) -> bool:
    """Whether ideographs may be Japanese or Korean: each is in JIS X 0208, and none is of Chinese grammar alone."""
    if not _LETTER.search(text) or _CHINESE.search(text):
        return False
    try:
        text.encode("euc_jp", "strict")
    except UnicodeEncodeError:
        return _HANGUL_CHAR.search(text) is not None
    return True


def language_flags(text: str, *, in_foreign_document: bool = False) -> list[Flag]:
    """What a reader should know of the language of a sentence.

    Args:
        text: one sentence, repaired; a caller may pass over those in which `SUSPECT` finds nothing, unless its document
            is foreign.
        in_foreign_document: see `is_foreign_document`.
    """
    if is_foreign(text) or (in_foreign_document and _is_kanji(text)):
        return [Flag.NOT_CHINESE]
    flags = []
    if len(set(_CANTONESE_CHAR.findall(text))) >= _FEWEST:
        flags.append(Flag.CANTONESE)
    if _CLASSICAL_END.search(text) and not _MODERN.search(text):
        found = _CLASSICAL.findall(text)
        enough = max(_CLASSICAL_FEWEST, _CLASSICAL_SHARE * len(_LETTER.findall(text)))
        if len(found) >= enough and len(set(found)) >= _FEWEST:
            flags.append(Flag.CLASSICAL)
    return flags
