"""Full stops and other ASCII marks: which of them end a sentence of Chinese, English or mixed text."""

from __future__ import annotations

import re

from translate.text.marks import BLANK, CLOSER_SET, CONTINUES_SET, NAME

__all__ = ["ENUMERATOR", "ascii_mark_inside", "full_stop", "url_end"]

_NUMERAL = "一二三四五六七八九十百千零〇两0-9０-９"
ENUMERATOR = re.compile(
    f"[{BLANK}]*(?:第[{_NUMERAL}]{{1,5}}[章节節条條回部篇卷编編集课課讲講册冊场場幕单單分]{{1,2}}"
    f"|[（(〔【\\[]?[{_NUMERAL}]{{1,4}}[)）〕】\\]]?[、.．:：]?|[{_NUMERAL}]+(?:[.．][{_NUMERAL}]+)+[.．]?"
    f"|[①-⓿❶-➓][.．、]?|[（(]?[A-Za-zＡ-Ｚａ-ｚ][)）.．、]|[图圖表例问問答注附][{_NUMERAL}]{{0,3}}[:：.．]?)"
    f"[{BLANK}]*"
)
"""A number or letter that begins an item: ``第三章``, ``1.``, ``（一）``, ``2.3``, ``①``, ``A.``."""

_TOKEN = re.compile(r"[A-Za-z][A-Za-z.&'’-]*\Z")
_ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof st jr sr gen col lt maj capt sgt rev hon pres gov sen rep mt ft messrs mme mlle
    inc ltd co corp llc bros dept univ assn est etc vs cf al e.g i.e a.m p.m viz ca approx resp ed eds trans
    jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat sun
    no nos vol vols fig figs p pp art sec sect ch chap ver v op par para eq tel ext ave blvd rd u.s u.k u.n ph.d
    m.d b.a m.a b.c a.d d.c
    """.split()  # noqa: SIM905 - a table is read more easily than a list
)
# What is a whole utterance when an exclamation mark follows; any other word with one is a name (``Yahoo!奇摩``).
_INTERJECTIONS = frozenset(
    ["ok", "okay", "hi", "hello", "hey", "wow", "oh", "ah", "bye", "thanks", "sorry", "no", "go"]
)
_URL_TAIL = re.compile(r"[!#-&(-;=?-Z\\^_a-z~]+")
_NAME_BEFORE = re.compile(f"[.．](?<=[{NAME}]{{2}}.)")
_NAME_AFTER = re.compile(f"[.．](?=[{NAME}]{{2}})")
_DIGITS = frozenset("0123456789０１２３４５６７８９")


def url_end(text: str, at: int) -> int:
    """End of the URL whose ``://`` or ``www.`` stands at ``at``; marks at its very end are not part of it."""
    tail = _URL_TAIL.match(text, at)
    if tail is None:
        return at + 1
    return max(at + 1, at + len(tail.group().rstrip(".,!?:;)")))


def ascii_mark_inside(text: str, at: int, end: int) -> bool:
    """Whether the ASCII ``!`` or ``?`` in ``[at, end)`` is inside a URL, a code or a brand name."""
    before = text[at - 1] if at else " "
    after = text[end : end + 1]
    if not after or not before.isascii() or before.isspace():
        return False
    if after.isascii():
        return after.isalnum() or after in "=&/_%#-"
    if text[at:end] == "!" and before.isalpha() and after > "\u2e80":
        word = _TOKEN.search(text[max(0, at - 20) : at])
        return word is None or word.group().lower() not in _INTERJECTIONS
    return False


def full_stop(text: str, start: int, at: int) -> bool:
    """Whether the single ``.`` or ``．`` at ``at`` ends the sentence that began at ``start``."""
    if at == start:
        return False
    before = text[at - 1]
    after = text[at + 1 : at + 2]
    if before.isspace() or before in CONTINUES_SET or (after.isascii() and after.isalnum()):
        return False
    if at - start < 8 and ENUMERATOR.fullmatch(text, start, at + 1):
        return False
    if before in _DIGITS:
        return _ends_number(text, at, after)
    if before.isascii() and before.isalpha():
        return _ends_latin(text, at, after)
    return _ends_chinese(text, at, after)


def _ends_chinese(text: str, at: int, after: str) -> bool:
    """A full stop after Chinese ends a sentence, as the full-width one does in textbooks; in names it is a dot."""
    if _nothing_follows(after) or after.isspace():
        return True
    before_name, after_name = _NAME_BEFORE.match(text, at), _NAME_AFTER.match(text, at)
    if text[at] == "．":
        return not (before_name or after_name)
    return not (before_name and after_name)


def _nothing_follows(after: str) -> bool:
    return not after or after in CLOSER_SET or after in "\"＂'"


def _ends_latin(text: str, at: int, after: str) -> bool:
    token = _TOKEN.search(text[max(0, at - 24) : at])
    word = token.group().lower() if token else ""
    initials = all(len(part) == 1 for part in word.split("."))
    if word in _ABBREVIATIONS or initials:
        return not after
    if _nothing_follows(after):
        return True
    if after.isspace():
        return not text[at + 1 : at + 40].lstrip()[:1].islower()
    return after > "\u2e80" and after not in CONTINUES_SET


def _ends_number(text: str, at: int, after: str) -> bool:
    """``2019.`` ends a sentence; ``1.`` or ``12.`` begins an item, also in mid-line; ``６．`` never ends one."""
    n_digits = 1
    while n_digits < 6 and at > n_digits and text[at - n_digits - 1] in _DIGITS:
        n_digits += 1
    before = text[at - n_digits - 1] if at > n_digits else ""
    if _nothing_follows(after):
        return True
    if n_digits <= 2 and before not in (".", "．"):
        return False
    return after.isspace() or after > "\u2e80"
