"""The marks of Chinese text by what they do, as the insides of regular-expression classes and as sets.

Names in upper case without a suffix are class insides (``f"[{HAN}]"``); those that end in ``_SET`` are sets.
Most are found by their properties in the Unicode Character Database.
"""

from __future__ import annotations

import unicodedata

__all__ = [
    "BLANK",
    "BLANK_SET",
    "BREAK",
    "BREAK_SET",
    "CJK",
    "CLAUSE_STARTS",
    "CLOSERS",
    "CLOSER_SET",
    "CONTINUES_SET",
    "ELLIPSIS",
    "FINAL",
    "HAN",
    "HAN_SIGNS",
    "NAME",
    "OPENERS",
    "OPENER_SET",
    "STRONG_SET",
]

HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Ideographs, with 々〆〇, and all of the planes that Unicode keeps for more of them."""

HAN_SIGNS = "\u2e80-\u2fdf\u3021-\u3029"
"""What is written like ideographs and is none: radicals, and the numerals of Suzhou."""

CJK = (
    f"{HAN}\u00b7\u2014\u2018-\u201d\u2026\u22ef\u2500\u3001-\u303f\u3040-\u30ff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6"
)
"""Ideographs, kana and the marks that Chinese sets without spaces around them."""

_PUNCTUATION = [
    *map(chr, (*range(0x21, 0x250), *range(0x2000, 0x2070), *range(0x2300, 0x2330), *range(0x2768, 0x2776)))
]
_PUNCTUATION += map(chr, (*range(0x27E6, 0x27F0), *range(0x2983, 0x2999), *range(0x3000, 0x3040)))
_PUNCTUATION += map(chr, (*range(0xFE10, 0xFE70), *range(0xFF01, 0xFF66)))
_ENDS = ("FULL STOP", "QUESTION MARK", "EXCLAMATION MARK", "INTERROBANG")
_NOT_FINAL = frozenset(".．﹒¿¡")
"""Full stops of Latin text have rules of their own (`translate.text.full_stop`); inverted marks begin a sentence."""


def _of_category(*categories: str) -> str:
    return "".join(char for char in _PUNCTUATION if unicodedata.category(char) in categories)


FINAL = "".join(
    char
    for char in _PUNCTUATION
    if char not in _NOT_FINAL
    and unicodedata.category(char) == "Po"
    and any(mark in unicodedata.name(char, "") for mark in _ENDS)
)
"""Marks that can end a sentence by themselves: full stops, question and exclamation marks of every width."""

STRONG_SET = frozenset(FINAL) - frozenset("!?")
"""Those of them that are Chinese, so that no Latin rule applies."""

ELLIPSIS = "…⋯"

CLOSER_SET = frozenset(_of_category("Pe", "Pf"))
OPENER_SET = frozenset(_of_category("Ps", "Pi"))


def _class(chars: frozenset[str]) -> str:
    """The inside of a class of these characters."""
    return "".join(f"\\{char}" if char in "[]\\^-" else char for char in sorted(chars))


CLOSERS = _class(CLOSER_SET)
OPENERS = _class(OPENER_SET)

CONTINUES_SET = frozenset("，、；：,;:·～~=＋+×÷％%")
"""What cannot begin a sentence: after it the sentence before goes on."""

BLANK = " \\t\\x1f\\xa0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000"
BLANK_SET = frozenset(" \t\x1f\xa0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))
"""White space inside a line."""

BREAK = "\\n\\r\\x0b\\x0c\\x1c-\\x1e\\x85\\u2028\\u2029"
BREAK_SET = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
"""White space that ends a line; with `BLANK`, all that ``str.isspace`` knows."""

CLAUSE_STARTS = (
    "(?:然后|然後|所以|但是|不过|不過|因为|因為|如果|而且|那么|那麼|接着|接著|于是|於是|就是说|就是說|其实|其實|另外|还有|還有|首先|最后|最後|我们|我們|大家|他们|他們"
    "|这个时候|這個時候|今天|现在|現在)"
)
"""Words that begin another clause in speech, as a pattern."""

NAME = (
    "阿埃艾安奥巴拜班邦保鲍贝本比彼伯博布查达戴丹德登迪蒂丁杜多厄恩尔法范菲费芬弗福戈格古哈汉赫亨胡华惠霍基吉加贾杰卡凯坎康考科克肯库夸"
    "拉莱兰朗劳勒雷里丽利列林琳卢鲁伦罗洛马玛迈麦曼梅蒙米密莫姆默穆纳娜内尼妮涅努诺帕潘佩皮珀普奇乔切琼热茹瑞萨塞桑沙莎绍舍施史斯思苏索"
    "塔泰坦汤唐特廷托瓦万旺威韦维魏温沃乌西希夏肖谢辛休雅亚扬耶伊英尤约泽扎詹珍朱卓兹佐黛劳伯奥蕾珊薇翰逊顿"
)
"""Characters that commonly write foreign names."""
