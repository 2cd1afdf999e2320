"""Which Chinese a document is in: the script of its characters, and where it is written so.

Only what is clear is named: a document with too few signs of where it is from is ``zh-Hant`` and no more.
"""

from __future__ import annotations

import re
from functools import cache

from translate.text.language import CANTONESE_CHARS
from translate.text.marks import HAN

__all__ = ["find_variety", "one_script", "traditional"]

_HAN = re.compile(f"[{HAN}]")
_CANTONESE = re.compile(f"[{CANTONESE_CHARS}]")
_FEWEST = 3
_CANTONESE_SHARE = 0.02
_ONE_SIDED = 0.9
_BOTH = frozenset("着兑悦税脱蜕温愠媪")
"""Simplified by what Big5 has, but they are the forms of Hong Kong too."""

# Words that only one side writes; what is merely more talked about there (捷運, 立法會) is left out, and so is what
# Traditional text of the mainland has too (網絡, 軟件). A particle 著 is one outside 著名, 名著 and the like.
_TAIWAN = re.compile(
    "裡|(?<![名原巨顯专專編合論譯土])著(?![名作者稱重眼手想陸述錄書有])|計程車|公車|網路|軟體|硬體|資料庫|資訊|影片|滑鼠|伺服器|雷射"
    "|腳踏車|馬鈴薯|鳳梨|優格|起司|品質|簡訊|隨身碟|光碟|列印|螢幕|解析度|連結|部落格|使用者|新創|奈米|矽|義大利|紐西蘭|寮國|沙烏地"
    "|川普|歐巴馬|普丁"
)
_HONG_KONG = re.compile("[衞綫説]|的士|小巴|單車|質素|士多|薯仔|雪櫃|屋邨|屋苑|巴仙|數碼|升降機|鐳射")
_NOT_TAIWAN = re.compile("[裏着]")


def find_variety(sample: str) -> str:
    """Say which Chinese a text is in.

    Args:
        sample: of a document; some sentences at least.

    Returns:
        ``zh-Hans``, ``zh-Hant``, ``zh-Hant-TW``, ``zh-Hant-HK`` or ``yue`` (written Cantonese), as BCP 47 names them;
        ``zh`` where characters of both scripts stand, or too few of one; empty where nothing is Chinese.
    """
    n_han = len(_HAN.findall(sample))
    if not n_han:
        return ""
    cantonese = _CANTONESE.findall(sample)
    if len(set(cantonese)) >= _FEWEST and len(cantonese) >= _CANTONESE_SHARE * n_han:
        return "yue"
    found = [character for character in one_script().findall(sample) if character not in _BOTH]
    share = sum(map(traditional().__contains__, found)) / len(found) if len(found) >= _FEWEST else 0.5
    if share >= _ONE_SIDED:
        return "zh-Hant" + _region(sample)
    return "zh-Hans" if share <= 1 - _ONE_SIDED else "zh"


def _region(sample: str) -> str:
    taiwan, hong_kong = len(_TAIWAN.findall(sample)), len(_HONG_KONG.findall(sample))
    neither = len(_NOT_TAIWAN.findall(sample))
    if taiwan >= 2 and taiwan > 2 * (hong_kong + neither):
        return "-TW"
    return "-HK" if hong_kong >= 2 and hong_kong + neither > 2 * taiwan else ""


@cache
def traditional() -> frozenset[str]:
    """Characters that Big5 has, and GB 2312 has not."""
    return _ideographs_of("big5") - _ideographs_of("gb2312")


@cache
def one_script() -> re.Pattern[str]:
    """Finds characters that only one of the two has."""
    return re.compile(f"[{''.join(sorted(_ideographs_of('big5') ^ _ideographs_of('gb2312')))}]")


@cache
def _ideographs_of(encoding: str) -> frozenset[str]:
    """The characters of a double-byte set, asked for all at once; a space ends each code, if it is one or not."""
    codes = bytes(byte for lead in range(0x81, 0xFF) for trail in range(0x40, 0xFF) for byte in (lead, trail, 0x20))
    return frozenset(_HAN.findall(codes.decode(encoding, "ignore"))) & _BASIC


_BASIC = frozenset(map(chr, range(0x4E00, 0xA000)))
