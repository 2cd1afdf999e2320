"""Pairs with the same sign on both sides: emoji, arrows, currencies, comparison signs, which a model has to copy.

Training text has few of them, and what a vocabulary spells in bytes is copied only by a model that has seen it done.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from recipes.zh_en_mini.sources import Pair

__all__ = ["COMMON", "SIGNS", "pieces", "with_symbols"]

COMMON = (
    "😂😍😭😊😘😁😅🤣😉😄😆😃😀😎😋😌😏😐😑😔😜😝😡😢😤😥😨😩😪😫😬😰😱😲😳😴😵😷😇😈🙂🙃🙄🙈🙏🤔🤗🤝🤤🤦🤩🤪🤫🤭🤮🤯🤷🥰🥱🥲🥳🥴🥵🥺🧐💀💋💓💔💕💖💗"
    "💘💙💚💛💜💞💡💢💤💥💦💩💪💬💯💰👀👇👈👉👊👋👌👍👎👏👑👻🎁🎂🎉🎊🎵🎶🏃🏆🐰🐱🐶🐷🌈🌙🌞🌟🌸🌹🌺🌻🍀🍎🍺🍻🔥🔴🖤🚀🚗⚽⛔✅✨❌❗❤⭐"
)
"""Emoji that people use most."""

SIGNS = "☀☁☂☃☆★☎☑☕☘☝☺♀♂♠♣♥♦♪♫♻⚠⚡✈✉✌✍✏✔✖❄❓➕➖➡⬅⬆⬇■□▲△▼▽◆◇○◎●→←↑↓↔⇒⇔∞≈≠≤≥±×÷√∑∈∩∪∠⊥∥°§¶†‡•®©€£¥₩₹₽₿฿‰"
"""Signs of text: weather, music, arrows, geometry, mathematics, currencies."""

_BLOCKS = ((0x1F300, 0x1F5FF), (0x1F600, 0x1F64F), (0x1F680, 0x1F6C5), (0x1F900, 0x1F9FF), (0x1FA70, 0x1FA7C))
_ALL = [chr(code) for first, last in _BLOCKS for code in range(first, last + 1) if unicodedata.name(chr(code), "")]
# Sequences of several code points, kaomoji, and marks of punctuation that stand for a mood.
_SEQUENCES = ("👍🏻", "👩‍💻", "🇨🇳", "🇺🇸", "🏳️‍🌈", "❤️", "☺️", "⚠️", "▶️", "1️⃣", "^_^", "(≧▽≦)", "(╥﹏╥)", "QAQ", "~")
_BEFORE_NUMBERS = ("≤", "≥", "≈", "±", "<", ">", "€", "£", "₩", "$", "~")
_NUMBER = re.compile(r"(?<![\w.,:/$€£¥₩~-])\d+(?:[.,]\d+)*(?![\w:/%-])(?![.,]\d)")
_NUMBER_ZH = re.compile(r"(?<![A-Za-z\d.,:/$€£¥₩~至到-])\d+(?:[.,]\d+)*(?![A-Za-z\d:/%~年月日号点时届-])(?![.,]\d)")
_END = re.compile(r"^(.*?)([。！？!?.]+)$", re.DOTALL)
_LENGTHS = range(4, 61)


def pieces() -> str:
    """The signs that deserve a token of their own; those that NFKC changes never reach the vocabulary."""
    return "".join(sorted({sign for sign in COMMON + SIGNS if unicodedata.normalize("NFKC", sign) == sign}))


def with_symbols(pair: Pair, rng: random.Random) -> Pair | None:
    """A sign before a number that stands once on both sides, or signs before, after or around the sentence."""
    if len(pair.zh) not in _LENGTHS:
        return None
    if rng.random() < 0.5 and (marked := _before_number(pair, rng)) is not None:
        return marked
    sign, end_zh, end_en = _draw(rng), _END.match(pair.zh), _END.match(pair.en)
    kinds = ["after", "before", "around"] + (["inside"] if end_zh and end_en else [])
    kind = rng.choice(kinds)
    if kind == "inside" and end_zh and end_en:
        return replace(pair, zh=f"{end_zh[1]}{sign}{end_zh[2]}", en=f"{end_en[1]}{sign}{end_en[2]}")
    if kind == "after":
        return replace(pair, zh=f"{pair.zh}{sign}", en=f"{pair.en}{rng.choice(['', '', ' '])}{sign}")
    after = sign if kind == "around" else ""
    return replace(pair, zh=f"{sign}{pair.zh}{after}", en=f"{sign} {pair.en} {after}".rstrip())


def _before_number(pair: Pair, rng: random.Random) -> Pair | None:
    zh, en = ({*_once(pattern, text)} for pattern, text in ((_NUMBER_ZH, pair.zh), (_NUMBER, pair.en)))
    if not (shared := sorted(zh & en)):
        return None
    number, sign = rng.choice(shared), rng.choice(_BEFORE_NUMBERS)
    return replace(pair, zh=_marked(_NUMBER_ZH, pair.zh, number, sign), en=_marked(_NUMBER, pair.en, number, sign))


def _once(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    found = [match[0] for match in pattern.finditer(text)]
    return (number for number in found if text.count(number) == 1)


def _marked(pattern: re.Pattern[str], text: str, number: str, sign: str) -> str:
    return pattern.sub(lambda match: sign + number if match[0] == number else match[0], text)


def _draw(rng: random.Random) -> str:
    """One sign, now and then one several times or several after one another."""
    sign = rng.choice(rng.choice((COMMON, COMMON, COMMON, _ALL, _ALL, SIGNS, SIGNS, _SEQUENCES)))
    if rng.random() < 0.2:
        return sign * rng.choice((2, 3))
    return sign + (_draw(rng) if rng.random() < 0.1 else "")
