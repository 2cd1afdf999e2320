"""Full stops and other ASCII marks: which of them end a sentence of Chinese, English or mixed text."""

from __future__ import annotations

import re

from translate.text.marks import BLANK, BLANK_SET, CLOSER_SET, CONTINUES_SET, HAN, NAME

__all__ = ["ENUMERATOR", "ascii_mark_inside", "full_stop", "url_end"]

_NUMERAL = "一二三四五六七八九十廿卅百千零〇两兩壹贰貳叁參肆伍陆陸柒捌玖拾佰仟0-9０-９"
_STEM = "甲乙丙丁戊己庚辛壬癸"
_UNIT = "章节節条條回折出齣部篇卷编編集课課讲講册冊场場幕单單分款项項话話期季讲講"
_PARTS = f"[{_NUMERAL}A-Za-zＡ-Ｚ]{{1,4}}(?:[-–—.．·][{_NUMERAL}]{{1,3}}){{0,3}}"
ENUMERATOR = re.compile(
    f"[{BLANK}]*(?:\\#{{1,6}}[{BLANK}]+)?(?:"
    f"第(?:[{_NUMERAL}]{{1,7}}|[IVXLC]{{1,6}}|[Ⅰ-Ⅿ])[{_UNIT}]{{1,2}}(?:之[{_NUMERAL}]{{1,3}}){{0,2}}|[卷篇册冊][{_NUMERAL}]{{1,3}}|§[{BLANK}]?{_PARTS}"
    f"|[（(〔【［\\[]?(?:[{_NUMERAL}]{{1,4}}|[{_STEM}])[)）〕】］\\]]?[、.．:：]?|[{_NUMERAL}]+(?:[.．][{_NUMERAL}]+)+[.．]?"
    f"|[①-⓿❶-➓][.．、]?|[（(]?[A-Za-zＡ-Ｚａ-ｚ][)）.．、]|[图圖表例问問答注附][{_NUMERAL}]{{0,3}}[:：.．]?"
    f"|(?:[续續附]?[图圖表]|[例式]|附[录錄件表图圖]|定[理义義]|引理|推[论論]|命[题題]|[公算]式|算法|例[题題])[{BLANK}]?[(（]?{_PARTS}[)）]?[:：.．]?"
    "|番外|楔子|序章|序幕|引子|尾[声聲]|后[记記]|後記|前言|附[录錄]"
    f"|(?:[【\\[]?(?:摘要|提要)[】\\]]?[:：]?[{BLANK}]*)?[【\\[]?(?:目[的标標]|背景|方法|[结結][果论論]|[对對]象|材料|[资資]料|[讨討][论論]|意[义義]"
    "|(?:材料|[资資]料|[对對]象)[与與和]方法|[关關][键鍵鍵][词詞字]|摘要|提要|引言)[】\\]]?[:：]?"
    f")[{BLANK}]*"
)
"""What begins an item or a heading: ``第三章``, ``1.``, ``（一）``, ``2.3``, ``①``, ``A.``, ``表1-2``, ``方法``."""

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
# Han may stand in an address after a separator of its parts, where the address goes on behind it (RFC 3987).
_URL_TAIL = re.compile(
    f"[!#-&(-;=?-Z\\\\^_a-z~]+(?:(?<=[/=_#?&.%+~!-])[{HAN}]{{1,40}}[/?=&#%._!-]+"
    f"(?:(?=[0-9A-Za-z])[!#-&(-;=?-Z\\\\^_a-z~]+|(?=[{HAN}]{{1,40}}[/?=&#%._!-])))*"
)
_IMAGE = re.compile(r"!\[[^\[\]\n]{0,80}\]\(")
_OPERATORS = frozenset("=<>")
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
    if _IMAGE.match(text, at) or before in _OPERATORS or (end - at == 1 and after == "=" and text[at] == "!"):
        return True
    if text[at:end] == "!" and before.isspace() and after.isascii() and after.isalpha():
        return True  # !important
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
    if before in BLANK_SET:
        return _ends_after_blank(text, start, at, after)
    if _is_inside(text, start, at):
        return False
    if before in _DIGITS:
        return _ends_number(text, at, after)
    if before.isascii() and before.isalpha():
        return _ends_latin(text, at, after)
    return _ends_chinese(text, at, after)


def _is_inside(text: str, start: int, at: int) -> bool:
    """Whether a full stop is one of a name, a number or an item, whatever stands around these."""
    before, after = text[at - 1], text[at + 1 : at + 2]
    if after.isascii() and after.isalnum():
        if _CAPITALISED.match(text, at) and at - start >= _SHORTEST_BEFORE_LATIN:
            return False
        return not (_YEAR_AFTER.match(text, at) and at - start >= _SHORTEST and before not in _NUMBERED)
    if before.isspace() or (before in CONTINUES_SET and before not in _PER_CENT):
        return True
    return at - start < 8 and ENUMERATOR.fullmatch(text, start, at + 1) is not None


# What stands before a result (b=-2.所以), and so before no number of an item.
_BEFORE_RESULT = frozenset(".．=＝-−–≈≥≤<>＜＞+×÷/")
_CAPITALISED = re.compile(f"[.](?:(?<=[{HAN}].)(?!Net|Com|Org|Txt|Exe)[A-Z](?:[a-z]|[ ']|\\Z)|(?<=[%％].)[A-Z])")
_YEAR_AFTER = re.compile(f"[.．](?<=[{HAN}].)[0-9]{{1,4}}[年月日世]")
_PER_CENT = frozenset("%％")
_NUMBERED = frozenset("第图圖表例式约約近仅僅")
_SHORTEST = 2
_SHORTEST_BEFORE_LATIN = 6
_HAN = re.compile(f"[{HAN}]")


def _ends_after_blank(text: str, start: int, at: int, after: str) -> bool:
    """A full stop set off by a blank, as tokenizers write it: it ends what is Chinese, as `` ?`` does."""
    if after and not after.isspace() and after < "\u3400":
        return False
    before = text[start:at].rstrip()
    return (
        len(before) >= _SHORTEST and (before[-1] > "\u2e80" or before[-1] in CLOSER_SET) and bool(_HAN.search(before))
    )


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
    if n_digits <= 2 and before not in _BEFORE_RESULT:
        return False
    return after.isspace() or after > "\u2e80"
