"""Paragraph to sentences: spans that tile the text, found by rule.

Pure functions on strings; nothing is changed and nothing is lost: the spans of `split` joined give the text back.
The rules, the reasons for them and the figures are in ``docs/text.md``; the cases are in ``tests/translate/``.

How it goes: most sentences hold no mark but their last, and one regular expression recognises those as a whole
(`_PLAIN`). Where it does not match, the characters that can matter are looked at one after the other
(`_Scanner`). Every look back or ahead is bounded, so time is linear in the length of any text.
"""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["MAX_LENGTH", "Quotes", "clause_spans", "cut_points", "split"]

Quotes = Literal["break", "keep"]

MAX_LENGTH = 2000
"""Code points after which a sentence without any final mark is cut all the same, at a clause mark if it has one."""

_FINAL = "。｡！？!?‼⁇⁈⁉︒︕︖"
_ELLIPSIS = "…⋯"
_STRONG = frozenset("。｡！？‼⁇⁈⁉︒︕︖")
_CLOSERS = "”’」』〉》〕】）］｝〗〙〛﹂﹄﹚﹜﹞)\\]}"
_OPENERS = "“‘「『〈《〔【（［｛〖〘〚﹁﹃﹙﹛﹝(\\[{"
_BLANK = " \\t\\x1f\\xa0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000"
_BREAK = "\\n\\r\\x0b\\x0c\\x1c-\\x1e\\x85\\u2028\\u2029"
_HAN = "\\u3005-\\u3007\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\U00020000-\\U000323af"

# A quotation's marks; a straight one is both and is told apart by parity.
_QUOTE_PAIRS = {"”": "“", "」": "「", "』": "『", "’": "‘"}
_CLOSE_OF = {opener: closer for closer, opener in _QUOTE_PAIRS.items()}

# How far a pair of marks may reach and still hold its content together.
_TITLE_REACH = 80
_BRACKET_REACH = 120
_EMBEDDED_REACH = 40
_QUOTE_REACH = 500
# How far back an opening mark is searched for.
_LOOK_BACK = 600
# How far after a position the rules above ever look.
LOOK_AHEAD = 640


def _set(chars: str) -> str:
    return "[" + chars + "]"


_EVENTFUL = (
    f'{_FINAL}{_ELLIPSIS}.．:"＂《〈（(【〔［\\[｛{{ \\t\\x1f\\xa0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000{_BREAK}'
)
_PLAIN = re.compile(
    f"(?:[^{_EVENTFUL}“”‘’「」『』]++"
    f"|[ ](?![{_BLANK}{_BREAK}])"
    f"|(?<=[0-9A-Za-z])\\.(?=[0-9A-Za-z])|:(?!//)"
    f"|“[^{_EVENTFUL}“”]*+”|「[^{_EVENTFUL}「」]*+」"
    f"|《[^{_EVENTFUL}《》]*+》|（[^{_EVENTFUL}（）]*+）"
    f")++[。！？](?=[{_HAN}A-Za-z0-9“「『《【（])"
)
# The next character that may matter: a blank only before another blank, a full stop not inside a number or name.
_EVENT = re.compile(
    f"[{_EVENTFUL}](?:(?<![ .:])|(?<=[ ])(?=[{_BLANK}{_BREAK}])|(?<=\\.)(?![0-9A-Za-z])|(?<=:)(?=//)|(?<=www\\.))"
)
_RUN = re.compile(f"[{_FINAL}{_ELLIPSIS}.．]+(?:[{_BLANK}]+[{_FINAL}]+)*")
_TAIL = re.compile(f"(?:[{_BLANK}]*[{_CLOSERS}]|[{_BLANK}]*[{_FINAL}{_ELLIPSIS}]+)+")
_NOTE = re.compile(r"(?:[\[［]\d{1,3}(?:[-–,，]\d{1,3})*[\]］])+|[⁰¹²³⁴-⁹]+")
_SPACE = re.compile(r"\s+")
_GAP = re.compile(f"[{_BLANK}]+")
_URL_TAIL = re.compile(r"[!#-&(-;=?-Z\\^_a-z~]+")
_GROUPS = {
    "《": re.compile(f"《[^《》{_BREAK}]{{0,{_TITLE_REACH}}}+》"),
    "〈": re.compile(f"〈[^〈〉{_BREAK}]{{0,{_TITLE_REACH}}}+〉"),
    "（": re.compile(f"（(?:[^（）{_BREAK}]|（[^（）{_BREAK}]{{0,20}}+）){{0,{_BRACKET_REACH}}}+）"),
    "(": re.compile(f"\\((?:[^(){_BREAK}]|\\([^(){_BREAK}]{{0,20}}+\\)){{0,{_BRACKET_REACH}}}+[)）]"),
    "【": re.compile(f"【[^【】{_BREAK}]{{0,{_BRACKET_REACH}}}+】"),
    "〔": re.compile(f"〔[^〔〕{_BREAK}]{{0,{_BRACKET_REACH}}}+〕"),
    "［": re.compile(f"［[^［］{_BREAK}]{{0,{_BRACKET_REACH}}}+］"),
    "[": re.compile(f"\\[[^\\[\\]{_BREAK}]{{0,{_BRACKET_REACH}}}+\\]"),
    "｛": re.compile(f"｛[^｛｝{_BREAK}]{{0,{_BRACKET_REACH}}}+｝"),
    "{": re.compile(f"\\{{[^{{}}{_BREAK}]{{0,{_BRACKET_REACH}}}+\\}}"),
}
_CONTINUES = frozenset("，、；：,;:·～~=＝+/／%")
_NUMERAL = "一二三四五六七八九十百千零〇两0-9０-９"
_ENUMERATOR = re.compile(
    f"[{_BLANK}]*(?:第[{_NUMERAL}]{{1,5}}[章节節条條回部篇卷编編集课課讲講册冊章场場幕单單分]{{1,2}}"
    f"|[（(〔【\\[]?[{_NUMERAL}]{{1,4}}[)）〕】\\]]?[、.．:：]?|[{_NUMERAL}]+(?:[.．][{_NUMERAL}]+)+[.．]?"
    f"|[①-⓿❶-➓][.．、]?|[（(]?[A-Za-zＡ-Ｚａ-ｚ][)）.．、]|[图圖表例问問答注][{_NUMERAL}]{{0,3}}[:：.．]?)"
    f"[{_BLANK}]*"
)
_LATIN_TOKEN = re.compile(r"[A-Za-z][A-Za-z.&'’-]*$")
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st jr sr gen col lt maj capt sgt rev hon pres gov sen rep mt ft messrs mme mlle "
    "inc ltd co corp llc bros dept univ assn est etc vs cf al e.g i.e a.m p.m viz ca approx resp ed eds trans "
    "jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat sun "
    "no nos vol vols fig figs p pp art sec sect ch chap ver v op par para eq tel ext ave blvd rd u.s u.k u.n ph.d "
    "m.d b.a m.a b.c a.d d.c".split()
)
_INTERJECTIONS = frozenset("ok okay hi hello hey wow oh ah bye byebye goodbye thanks sorry no yeah go".split())
_SPEECH = (
    "(?:(?<![小传傳据據听聽再虽雖学學演解])[说說](?:道|着|著|了|完|过|過)?|(?<![知难難味街报報频頻管渠轨軌跑隧通地公航赛賽])道"
    "|(?<![学學疑访訪顾顧请請])[问問](?:道|着|著)?|[喊叫嚷吼嘟喃](?:道|着|著|囔|哝)?|(?:回|应|應|作)?答(?:道|说)?"
    "|[笑哭叹嘆骂罵](?:道|着说|著說)|[写寫念唱](?:道)|表示|指出|[补補]充|[强強][调調]|[宣坚堅声聲]?[称稱](?:道)?|认为|認為|解释|解釋"
    "|告[诉訴]|反[问問驳駁]|[评評]论?道)"
)
_TAG = re.compile(
    f'[{_BLANK}]*[^{_BREAK}，。！？；：、…“”‘’「」『』"＂!?,;:]{{0,14}}?{_SPEECH}'
    f'[^{_BREAK}，。！？；：、…“”‘’「」『』"＂!?,;:]{{0,4}}[，。！？：；,!?:…]'
)
_SIGNATURE = re.compile(f"[{_BLANK}]*[—─-]{{1,2}}[^{_BREAK}。！？!?]{{1,20}}(?=[{_BREAK}]|\\Z)")
_DATELINE = re.compile(r"[讯訊电電](?:[（(][^（()）]{1,20}[)）])?\Z")


def split(text: str, *, quotes: Quotes = "break", max_length: int = MAX_LENGTH) -> list[tuple[int, int]]:
    """Cut a paragraph into sentences.

    Args:
        text: any text; line ends in it end a sentence.
        quotes: whether a final mark inside a quotation ends a sentence (``"break"``), or a quotation that closes
            is kept whole (``"keep"``).
        max_length: longest sentence, in code points; at least 1. A longer one is cut at the best clause mark.

    Returns:
        Spans ``(start, end)`` in code points that tile ``text`` in order: the first starts at 0, each starts where
        the last one ended, the last ends at ``len(text)``. Blanks after a sentence belong to it. Empty text has none.
    """
    spans: list[tuple[int, int]] = []
    scanner = _Scanner(text, quotes)
    match_plain = _PLAIN.match
    start, length = 0, len(text)
    while start < length:
        plain = match_plain(text, start)
        end = plain.end() if plain else scanner.next_boundary(start)
        if end - start <= max_length:
            spans.append((start, end))
        else:
            spans.extend(_pieces(text, start, end, max_length))
        start = end
    return spans


class _Scanner:
    """Looks at one eventful character after the other; holds what must be known between sentences."""

    __slots__ = ("_keep", "_straight", "_text")

    def __init__(self, text: str, quotes: Quotes) -> None:
        self._text = text
        self._keep = quotes == "keep"
        self._straight = -1  # where a straight quotation opened, or -1

    def next_boundary(self, start: int) -> int:
        """End of the sentence that starts at ``start``, the blanks after it included."""
        text = self._text
        length = len(text)
        at = start
        while event := _EVENT.search(text, at):
            at = event.start()
            char = text[at]
            if char in _BREAK_CHARS:
                self._straight = -1
                end, ends = _skip_space(text, at), text[start:at].strip() != ""
                if not ends:
                    ends = True
            elif char in _GROUPS:
                end, ends = self._group(start, at)
            elif char in '"＂':
                end, ends = self._straight_quote(at)
            elif char == ":":
                end, ends = _url_end(text, at), False
            elif char in _BLANK_CHARS:
                end, ends = self._gap(start, at)
            else:
                end, ends = self._final(start, at)
            if ends:
                return _skip_space(text, end)
            at = end
            if at >= length:
                break
        return length

    def _group(self, start: int, at: int) -> tuple[int, bool]:
        """Brackets: passed as a whole; they end a sentence when a whole sentence stands in them."""
        text = self._text
        group = _GROUPS[text[at]].match(text, at)
        if group is None:
            return at + 1, False
        end = group.end()
        whole = text[end - 2] in _STRONG and not text[start:at].strip()
        if whole and end - at > 3 and text[at] in "（(【":
            tail = _TAIL.match(text, end)
            return (tail.end() if tail else end), True
        return end, False

    def _straight_quote(self, at: int) -> tuple[int, bool]:
        if self._straight >= 0 and at - self._straight <= _QUOTE_REACH:
            self._straight = -1
        else:
            self._straight = at
        return at + 1, False

    def _gap(self, start: int, at: int) -> tuple[int, bool]:
        gap = _GAP.match(self._text, at)
        end = gap.end() if gap else at + 1
        return end, _gap_ends(self._text, start, at, end)

    def _final(self, start: int, at: int) -> tuple[int, bool]:
        """A run of final marks: where it ends with all that belongs to it, and whether the sentence ends there."""
        text = self._text
        match = _RUN.match(text, at)
        assert match is not None
        end = match.end()
        run = match.group()
        if len(run) == 1 and run in ".．":
            if not _full_stop(text, start, at):
                if text[at - 3 : at] == "www":
                    return _url_end(text, at), False
                return end, False
            strong = True
        elif run.strip("!?.") == "" and run.strip(".") != "":
            strong = not _ascii_mark_inside(text, at, end)
            if not strong:
                return end, False
        else:
            strong = not _STRONG.isdisjoint(run) or "!" in run or "?" in run
        stop = self._closed(start, end)
        if not strong:
            return stop, stop > end and _ends_after_ellipsis(text, stop)
        if stop > end and text[end:stop].strip(_FINAL + " ") == "":
            end = stop
        return self._ends_here(start, at, end, stop)

    def _closed(self, start: int, end: int) -> int:
        """Closing marks after a final one: curly and square ones always, straight ones by parity."""
        text = self._text
        while True:
            tail = _TAIL.match(text, end)
            if tail:
                end = tail.end()
            elif text[end : end + 1] in ('"', "＂") and self._closes(end):
                self._straight = -1
                end += 1
            else:
                return end

    def _closes(self, at: int) -> bool:
        """Whether the straight quote at ``at``, right after a final mark, closes a quotation."""
        follow = self._text[at + 1 : at + 2]
        if not follow or follow in _CONTINUES or follow in _BREAK_CHARS or follow in _CLOSER_CHARS:
            return True
        return self._straight >= 0 and at - self._straight <= _QUOTE_REACH

    def _ends_here(self, start: int, at: int, end: int, stop: int) -> tuple[int, bool]:
        text = self._text
        note = _NOTE.match(text, stop)
        if note:
            stop = note.end()
        follow = text[stop : stop + 1]
        if follow in _CONTINUES and follow:
            return stop, False
        closers = text[end:stop]
        quoted = next((c for c in closers if c in "”」』’"), "")
        if quoted:
            return stop, self._quotation_ends(start, at, stop, quoted)
        if '"' in closers or "＂" in closers:
            return stop, self._tag_absent(stop)
        return stop, self._ends_inside(start, at)

    def _quotation_ends(self, start: int, at: int, stop: int, closer: str) -> bool:
        """After ``。”``: whether the sentence ends, or goes on with a dialogue tag or around an embedded quote."""
        text = self._text
        opener = text.rfind(_QUOTE_PAIRS[closer], max(start, at - _LOOK_BACK), at)
        if opener > start and _embedded(text, start, opener):
            follow = text[stop : stop + 1]
            if text[at] in "！？!?" and at - opener <= _EMBEDDED_REACH and follow not in _BREAK_CHARS:
                return False
            return follow not in "的等之"
        if opener > start and text[start:opener].strip(_BLANK_STRIP):
            return text[stop : stop + 1] not in "的等之" or stop >= len(text)
        return self._tag_absent(stop)

    def _tag_absent(self, stop: int) -> bool:
        text = self._text
        return not (_TAG.match(text, stop) or _SIGNATURE.match(text, stop))

    def _ends_inside(self, start: int, at: int) -> bool:
        """A final mark with no closing mark after it: whether a quotation around it forbids the end."""
        text = self._text
        low = max(start, at - _LOOK_BACK)
        for opener, closer in _CLOSE_OF.items():
            opened = text.rfind(opener, low, at)
            if opened < 0 or text.find(closer, opened, at) >= 0:
                continue
            if self._keep:
                if text.find(closer, at, opened + _QUOTE_REACH) >= 0:
                    return False
            elif _embedded(text, start, opened):
                if text.find(closer, at, opened + _EMBEDDED_REACH) >= 0:
                    return False
        if self._keep and self._straight >= 0:
            return text.find(text[self._straight], at, self._straight + _QUOTE_REACH) < 0
        return True


_BREAK_CHARS = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
_BLANK_CHARS = frozenset(" \t\x1f\xa0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))
_BLANK_STRIP = "".join(_BLANK_CHARS)
_CLOSER_CHARS = frozenset("”’」』〉》〕】）］｝〗〙〛﹂﹄﹚﹜﹞)]}")
_OPENER_CHARS = frozenset("“‘「『〈《〔【（［｛〖〘〚﹁﹃﹙﹛﹝([{")
_GAP_JOINS_BEFORE = frozenset("，、；：,;:—-─·/~～+=×÷<>") | _OPENER_CHARS
_GAP_JOINS_AFTER = frozenset("，、；：,;:·/~～+=×÷<>。！？!?…") | _CLOSER_CHARS


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _url_end(text: str, at: int) -> int:
    """End of the URL whose ``://`` or ``www.`` stands at ``at``; a final mark at its end is not part of it."""
    tail = _URL_TAIL.match(text, at)
    if tail is None:
        return at + 1
    return max(at + 1, at + len(tail.group().rstrip(".,!?:;)")))


def _embedded(text: str, start: int, opener: int) -> bool:
    """Whether the quotation at ``opener`` is a part of its clause (``高喊“冲啊！”的人``), not speech introduced by a mark."""
    before = text[opener - 1] if opener > start else ""
    return before != "" and before not in "：:，,。！？!?…—；;、" and not before.isspace()


def _ascii_mark_inside(text: str, at: int, end: int) -> bool:
    """Whether ASCII ``!`` or ``?`` stands inside a URL, a code or a brand name (``Yahoo!奇摩``)."""
    before = text[at - 1] if at else ""
    after = text[end : end + 1]
    if not before.isascii() or not before or before.isspace():
        return False
    if after.isascii() and (after.isalnum() or after in "=&/_%#-"):
        return after != ""
    if text[at:end] == "!" and before.isalpha() and after and not after.isspace() and after > "\u2e80":
        word = _LATIN_TOKEN.search(text, max(0, at - 20), at)
        return word is None or word.group().lower() not in _INTERJECTIONS
    return False


def _ends_after_ellipsis(text: str, stop: int) -> bool:
    follow = text[stop : stop + 1]
    return follow == "" or follow not in _CONTINUES


def _full_stop(text: str, start: int, at: int) -> bool:
    """Whether a single ``.`` or ``．`` ends a sentence."""
    if at == start:
        return False
    before = text[at - 1]
    after = text[at + 1 : at + 2]
    head = text[max(start, at - 8) : at]
    if len(head) < 8 and _ENUMERATOR.fullmatch(head + "."):
        return False
    if after.isascii() and after.isalnum():
        return False
    if before.isascii() and before.isalpha():
        return _ends_latin(text, at, after)
    if "0" <= before <= "9" or "０" <= before <= "９":
        return _ends_number(text, at, after)
    if before.isspace() or before in _CONTINUES:
        return False
    return text[at] == "." or not after or after.isspace() or after in _CLOSER_CHARS or after == '"'


def _ends_latin(text: str, at: int, after: str) -> bool:
    token = _LATIN_TOKEN.search(text, max(0, at - 24), at)
    word = token.group().lower() if token else ""
    if len(word) == 1 or word in _ABBREVIATIONS or ("." in word and all(len(p) == 1 for p in word.split("."))):
        return after == ""
    if not after or after in _CLOSER_CHARS or after == '"':
        return True
    if after.isspace():
        follow = text[_skip_space(text, at + 1) :][:1] if at + 40 > len(text) else _first_non_blank(text, at + 1)
        return not follow.islower()
    return after > "\u2e80" and after not in _CONTINUES


def _first_non_blank(text: str, at: int) -> str:
    for char in text[at : at + 40]:
        if not char.isspace():
            return char
    return ""


def _ends_number(text: str, at: int, after: str) -> bool:
    digits = re.search(r"[0-9０-９]+\Z", text[max(0, at - 12) : at])
    n_digits = len(digits.group()) if digits else 0
    before = text[at - n_digits - 1] if at > n_digits else ""
    if n_digits <= 2 and before not in ".．":
        return after == "" or after == '"' or after in _CLOSER_CHARS
    return not after or after.isspace() or after > "\u2e80"


def _gap_ends(text: str, start: int, at: int, end: int) -> bool:
    """Whether a wide gap ends the sentence; not after an enumerator, a dateline, or between very short words."""
    if end - at == 1 and text[at] not in "\t\u3000":
        return False
    if at == start or end >= len(text):
        return at != start
    before, after = text[at - 1], text[end]
    if before in _GAP_JOINS_BEFORE or after in _GAP_JOINS_AFTER or after in _BREAK_CHARS:
        return False
    if before.isascii() and after.isascii() and "\t" not in text[at:end]:
        return False
    head = text[max(start, at - 24) : at].strip(_BLANK_STRIP)
    if len(head) <= 12 and _ENUMERATOR.fullmatch(head):
        return False
    if at - start <= 24 and _DATELINE.search(head):
        return False
    return not _short_words(text, at, end)


_WORD_BEFORE = re.compile(f"[^{_BLANK}{_BREAK}{_OPENERS}：:，,、；;。]{{1,5}}\\Z")
_WORD_AFTER = re.compile(f"[^{_BLANK}{_BREAK}{_CLOSERS}：:，,、；;。！？]{{1,5}}")


def _short_words(text: str, at: int, end: int) -> bool:
    """Padded names (``张　三``), lists of names: a gap between words of at most three characters."""
    left = _WORD_BEFORE.search(text[max(0, at - 5) : at])
    right = _WORD_AFTER.match(text, end)
    n_left = len(left.group()) if left else 0
    n_right = len(right.group()) if right else 0
    return n_left <= 1 or n_right <= 1 or (n_left <= 3 and n_right <= 3)


_CLAUSE = re.compile(
    f"(?P<keep>[a-z]{{2,6}}://[!#-;=?-Z\\\\^_a-z~]++|[0-9]++(?:[.,:/][0-9]++)++)"
    f"|(?P<two>[；;])|(?P<three>[，,：:…⋯—─]++|(?<=[。！？]))|(?P<four>[、 \\u3000]++)"
)
_AFTER_MARK = re.compile(f"[{_CLOSERS}]*")


def cut_points(text: str) -> list[tuple[int, int]]:
    """Where an over-long sentence may be cut, and how well.

    Args:
        text: one sentence; any length.

    Returns:
        ``(offset, rank)`` by rising offset, each offset once and strictly inside the text. Rank 0: after a
        sentence-final mark; 1: after ``；``; 2: after ``，：……——``; 3: after ``、`` or a blank. Offsets stand behind
        the mark and its closing marks and blanks; never inside a number, a URL or a Latin word.
    """
    points: dict[int, int] = {}
    for _, end in split(text, max_length=max(1, len(text))):
        points[end] = 0
    for match in _CLAUSE.finditer(text):
        kind = match.lastgroup
        if kind == "keep" or kind is None:
            continue
        after = _AFTER_MARK.match(text, match.end())
        end = _skip_space(text, after.end() if after else match.end())
        points.setdefault(end, {"two": 1, "three": 2, "four": 3}[kind])
        if points[end] > {"two": 1, "three": 2, "four": 3}[kind]:
            points[end] = {"two": 1, "three": 2, "four": 3}[kind]
    return sorted((offset, rank) for offset, rank in points.items() if 0 < offset < len(text))


def clause_spans(text: str) -> list[tuple[int, int]]:
    """Cut a sentence at every clause mark (ranks 0 to 2 of `cut_points`); the spans tile ``text``."""
    edges = [0, *(offset for offset, rank in cut_points(text) if rank <= 2), len(text)]
    return [(a, b) for a, b in zip(edges, edges[1:], strict=False) if a < b]


def _pieces(text: str, start: int, end: int, max_length: int) -> list[tuple[int, int]]:
    """Cut an over-long sentence: at the last mark of the best rank in reach, else where it is full."""
    spans = []
    points = cut_points(text[start:end])
    index = 0
    at = start
    while end - at > max_length:
        best, best_rank = at + max_length, 4
        while index < len(points) and points[index][0] + start <= at:
            index += 1
        look = index
        while look < len(points) and points[look][0] + start <= at + max_length:
            offset, rank = points[look]
            # A mark early on would leave a crumb: only the second half counts.
            if rank <= best_rank and offset + start - at > max_length // 2:
                best, best_rank = offset + start, rank
            look += 1
        index = look
        spans.append((at, best))
        at = best
    spans.append((at, end))
    return spans
