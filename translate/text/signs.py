"""Signs: emoji, arrows, mathematics, currencies, enclosed numbers, drawn lines: what a translation keeps as it is.

Found by general category (So, Sm, Sc, and No where it is an enclosed number), as whole sequences: a family joined by
U+200D, a skin tone, a flag, a keycap is one sign (UTS #51, "Unicode Emoji"). What NFKC makes words of is none (㎡, ㈱,
℃), nor what Chinese writes as a mark or a letter (～, ⋯, ──, ∶ and ○ among numerals, Kangxi radicals); spacing accents
(Sk) count within faces only. Rare ideographs are signs as well, since vocabularies lack them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import chain

from translate.text.marks import CLOSER_SET, FINAL, HAN

__all__ = [
    "BROKEN",
    "END_MARKS",
    "Sign",
    "SignKind",
    "find_signs",
    "is_bound",
    "missing_signs",
    "n_plain",
    "numeral",
    "plain_pattern",
    "skeleton",
    "wording",
]

BROKEN = "\ufffd"
"""What bytes that are no character become, and what an engine writes for ``<unk>``."""


class SignKind(StrEnum):
    """What a sign is, as far as that decides how it is carried over."""

    PICTURE = "picture"
    """Emoji, stars, boxes, lines and bars (``|`` of tables and headlines), arrows, enclosed numbers and letters."""

    FACE = "face"
    """A face made of several characters, as in ``(≧▽≦)``."""

    TERM = "term"
    """Mathematics, currencies, ©: it belongs to what stands beside it, and English may have a word for it."""

    IDEOGRAPH = "ideograph"
    """A rare ideograph: a word, so it is never put where the model wrote nothing for it."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of a text.

    Attributes:
        start: where it begins.
        end: one past its last code point.
        text: itself.
        kind: what it is.
    """

    start: int
    end: int
    text: str
    kind: SignKind


_NOT_SIGNS = frozenset("⋯∙⋅∶")
_TEXTUAL = frozenset("°©®™℠¦¬")
_BARS = "|｜￨丨`"
"""Signs of ASCII and alike that part or mark words, and that vocabularies lack; 丨 is a bar as ｜ is."""
_BLOCKS = ((0xA0, 0x2E80), (0x3000, 0x3400), (0x4DC0, 0x4E00), (0xFB00, 0xFFFE), (0x1D000, 0x1D300), (0x1EE00, 0x1FC00))
_PLANNED = range(0x1F000, 0x1FB00)
"""Emoji of a later Unicode than Python's are found too."""


def _kind(char: str) -> SignKind | None:
    category, decomposition = unicodedata.category(char), unicodedata.decomposition(char)
    if char in _NOT_SIGNS:
        return None
    if char in _TEXTUAL:
        return SignKind.TERM
    if category == "Sc" or (category == "Sm" and "ARROW" not in unicodedata.name(char, "")):
        return SignKind.TERM if not unicodedata.normalize("NFKC", char).isascii() else None
    if category == "No":
        enclosed = decomposition.startswith(("<circle>", "<compat>")) or "CIRCLED" in unicodedata.name(char, "")
        return SignKind.PICTURE if enclosed else None
    if category in ("So", "Sm"):
        is_word = decomposition.startswith(("<square>", "<compat>", "<super>", "<font>")) and ord(char) < 0x1F000
        return None if is_word and unicodedata.numeric(char, None) is None else SignKind.PICTURE
    is_emoji = category == "Sk" and ord(char) >= 0x1F3FB
    return SignKind.PICTURE if is_emoji or (category == "Cn" and ord(char) in _PLANNED) else None


@cache
def _classes() -> dict[SignKind, str]:
    """The inside of a class of the characters of each kind."""
    ranges: dict[SignKind, list[list[int]]] = {kind: [] for kind in SignKind}
    for code in chain.from_iterable(range(*block) for block in _BLOCKS):
        if kind := _kind(chr(code)):
            own = ranges[kind]
            if own and own[-1][1] == code - 1:
                own[-1][1] = code
            else:
                own.append([code, code])
    return {kind: "".join(f"{chr(a)}-{chr(b)}" if a < b else chr(a) for a, b in own) for kind, own in ranges.items()}


_EYES = "\\^><≧≦╯╰°•￣ಥ╥;｡´`･=☆ಠ◕✿ᵔ˘¬⊙⌒"
_IDEOGRAPHS = "\u3400-\u4dbf\U00020000-\U000323af"


@cache
def _suspect() -> re.Pattern[str]:
    """Finds nothing in most sentences, and quickly."""
    return re.compile(f"[{''.join(_classes().values())}{_IDEOGRAPHS}\u20e3\U0001f1e6-\U0001f1ff{_EYES}_@{_BARS}]")


@cache
def _pattern() -> re.Pattern[str]:
    one = f"[{''.join(_classes().values())}][\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
    eye, mouth = f"[{_EYES}]", f"[^\\s()（）a-zA-Z0-9{HAN}]"
    arm = "[ヾヽ╰╮╭╯┻━︵ゞノو✧︶～~*o┐┌づっ凸♡ψ]"
    return re.compile(
        f"(?P<face>{arm}{{,6}}[(（](?:{mouth}?{eye}[\u0300-\u036f]?{mouth}{{1,4}}{eye}[\u0300-\u036f]?{mouth}?"
        f"|([ToO@=xX0-])_+\\2)[)）]{arm}{{,6}}"
        r"|¯\\_[(（]ツ[)）]_/¯|(?<!\w)(?:\^_*\^|T_+T|>_+<|-_+-|=_+=|@_+@|[oO]_[oO])(?!\w))"
        "|(?P<picture>[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
        f"|{one}(?:\u200d{one})*|[{_BARS}]+)"
        f"|(?P<ideograph>[{_IDEOGRAPHS}])"
    )


_NUMERALS = frozenset("〇零一二三四五六七八九十百千")
_CIRCLES = "○◯"


def find_signs(text: str) -> list[Sign]:
    """All signs of a text, in order; faces and emoji sequences are one each."""
    if not _suspect().search(text):
        return []
    found = []
    for match in _pattern().finditer(text):
        start, end, sign = match.start(), match.end(), match[0]
        if sign in _CIRCLES and (text[start - 1 : start] in _NUMERALS_OR_CIRCLE or text[end : end + 1] in _NUMERALS):
            continue
        if sign == "─" and _is_dash(text, start):
            continue
        kind = SignKind(match.lastgroup or "")
        if kind is SignKind.PICTURE and _kind(sign[0]) is SignKind.TERM:
            kind = SignKind.TERM
        found.append(Sign(start, end, sign, kind))
    return found


_NUMERALS_OR_CIRCLE = _NUMERALS | frozenset(_CIRCLES)


def _is_dash(text: str, at: int) -> bool:
    """Whether ─ is half of a Chinese dash: one of exactly two, with no other drawn line beside them."""
    start = end = at
    while start and "\u2500" <= text[start - 1] <= "\u257f":
        start -= 1
    while end < len(text) and "\u2500" <= text[end] <= "\u257f":
        end += 1
    return text[start:end] == "──" and start > 0 and end < len(text)


_JOINERS = re.compile("[\u200d\ufe0e\ufe0f]")


def skeleton(sign: str) -> str:
    """A sign, or several, without the invisible characters that join and style them; some tokenizers drop those."""
    return _JOINERS.sub("", sign)


def numeral(sign: str) -> str:
    """What a tokenizer that applies NFKC makes of an enclosed number or ™; empty for other signs."""
    if sign in ("™", "℠"):
        return unicodedata.normalize("NFKC", sign)
    if len(sign) != 1 or unicodedata.category(sign) not in ("No", "So"):
        return ""
    value = unicodedata.numeric(sign, None)
    return str(int(value)) if value is not None and value == int(value) else ""


_WORDS = {
    "≤≦⩽": r"<=|no (?:more|greater|higher|larger|later) than|at most|not (?:to )?exceed\w*|less than|up to"
    r"|or less|or below|not (?:be )?(?:more|greater|higher|larger|over)|below|under|maximum",
    "≥≧⩾": r">=|no (?:less|fewer|lower|smaller) than|at least|not less|(?:greater|more|higher|larger) than|or more"
    r"|or above|above|over|minimum",
    "≈≒≅": r"~|about|approx\w*|around|roughly|nearly|almost",
    "≠": r"!=|not equal|unequal|differ\w*",
    "×✕": r"(?<=\d)\s?[x*]|\bx\b|times|by|multipl\w+",
    "÷": r"/|divided|division",
    "±": r"\+/-|\+-|plus[ -](?:or[ -])?minus",
    "−": r"-|minus|negative",
    "∕⁄": "/",
    "∼": r"[-–~]|to",
    "√": r"root",
    "∞": r"infinit\w+",
    "∑": r"sum\w*",
    "°": r"degrees?",
    "©": r"\([cC]\)|copyright",
    "®": r"\([rR]\)|registered",
    "£￡": r"£|pounds?|GBP|sterling",
    "€": r"euros?|EUR",
    "¥￥": r"¥|yuan|RMB|CNY|renminbi|yen|JPY",
    "₩": r"won|KRW",
    "₽": r"rou?bles?|RUB",
    "₹": r"rupees?|INR",
    "฿": r"baht|THB",
    "₿": r"bitcoins?|BTC",
    "₫": r"dong|VND",
    "₺": r"lira\w?|TRY",
    "₱": r"pesos?|PHP",
    "₪": r"shekels?|ILS",
    "¢￠": r"¢|cents?",
}
_WORDING = {
    sign: re.compile(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])", re.IGNORECASE)
    for signs, words in _WORDS.items()
    for sign in signs
}


def wording(sign: Sign, source: str, target: str) -> bool:
    """Whether the English has a word for a sign that stands at a number or a letter (``≤5`` as "at most 5")."""
    words = _WORDING.get(sign.text[0])
    if words is None or sign.kind is not SignKind.TERM or not is_bound(sign, source):
        return False
    return len(words.findall(target)) >= sum(each.text == sign.text for each in find_signs(source))


def is_bound(sign: Sign, text: str) -> bool:
    """Whether a sign of mathematics or a currency has its number or letter beside it."""
    beside = text[sign.start - 1 : sign.start] + text[sign.end : sign.end + 2].lstrip()[:1]
    return sign.kind is SignKind.TERM and any(_can_be_bound(char) for char in beside)


def _can_be_bound(char: str) -> bool:
    return char in _NUMERALS or (char.isascii() and char.isalnum())


def missing_signs(source: str, target: str) -> list[Sign]:
    """The signs of a source that its translation neither has nor has a word for.

    Every one counts as often as it stands; U+200D, U+FE0F and width make no difference.
    """
    signs = find_signs(source)
    if not signs:
        return []
    wanted: Counter[str] = Counter()
    missing, there = [], _same(target)
    for sign in signs:
        key = _same(sign.text)
        wanted[key] += 1
        if there.count(key) < wanted[key] and not wording(sign, source, target):
            missing.append(sign)
    return [sign for sign in missing if not _has_numeral(sign, source, target)]


_NARROW = str.maketrans("￥￡￠￦｜￨丨", "¥£¢₩|||") | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def _same(sign: str) -> str:
    return skeleton(sign).translate(_NARROW)


def _has_numeral(sign: Sign, source: str, target: str) -> bool:
    plain = numeral(sign.text)
    return bool(plain) and n_plain(plain, target) > n_plain(plain, source)


def n_plain(plain: str, text: str) -> int:
    """How often a number or TM stands in a text by itself."""
    return len(plain_pattern(plain).findall(text))


def plain_pattern(plain: str) -> re.Pattern[str]:
    """Finds a number (in brackets or not) or TM."""
    if plain.isdigit():
        return re.compile(rf"\({plain}\)|(?<![\w.,]){plain}(?![\w]|[.,]\d)")
    return re.compile(rf"{plain}(?![A-Za-z])")


END_MARKS = f"[{re.escape(FINAL)}.．…⋯,，;；:：、\\s{re.escape(''.join(sorted(CLOSER_SET)))}\"'”’]*"
"""Marks that may stand after the last word of a sentence, as a pattern."""
