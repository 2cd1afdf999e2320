"""Paragraph to sentences: spans that tile the text, found by rule.

Pure functions on strings; nothing is changed and nothing is lost: the spans of `split` joined give the text back.
The rules, the reasons for them and the figures are in ``docs/text.md``; the cases are in ``tests/translate/``.

How it goes: most sentences hold no mark but their last, and one regular expression recognises those as a whole
(`_PLAIN`). Where it does not match, the characters that can matter are looked at one after the other
(`Scanner`). Every look back or ahead is bounded, so time is linear in the length of any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from translate.text.classes import ASTRAL, others
from translate.text.full_stop import ENUMERATOR, ascii_mark_inside, full_stop, url_end
from translate.text.marks import (
    BLANK,
    BLANK_SET,
    BREAK,
    BREAK_SET,
    CLAUSE_STARTS,
    CLOSER_SET,
    CLOSERS,
    CONTINUES_SET,
    ELLIPSIS,
    FINAL,
    HAN,
    OPENER_SET,
    OPENERS,
    STRONG_SET,
)

__all__ = [
    "LOOK_AHEAD",
    "MAX_LENGTH",
    "UNMARKED_LENGTH",
    "Quotes",
    "Scanner",
    "cut_points",
    "plain_sentence",
    "split",
]

Quotes = Literal["break", "keep"]

MAX_LENGTH = 2000
"""Code points after which a sentence without any final mark is cut all the same, at a clause mark if it has one."""

UNMARKED_LENGTH = 200
"""Code points after which text without any mark is cut: about what a model translates as one sentence."""

# How far a pair of marks may reach and still hold what is in it together.
_TITLE_REACH = 80
_BRACKET_REACH = 120
_EMBEDDED_REACH = 40
_OUTCRY_REACH = 30
_QUOTE_REACH = 500
# How far back an opening quotation mark is looked for.
_LOOK_BACK = 600

LOOK_AHEAD = 3000
"""No rule looks further than this many code points beyond a boundary."""

_EVENTFUL = f'|{FINAL}{ELLIPSIS}.．:："＂《〈（(【〔［\\[｛{{<`{BLANK}{BREAK}'
_QUOTES = "“”‘’「」『』"
_ATTACHES = frozenset("的等之")


def _plain_sentence(but: str = "", astral: str = ASTRAL, also: str = "") -> str:
    """A pattern for a sentence that ends with its only mark, or with the text, so that it needs no further look.

    Args:
        but: characters that it has none of, as the inside of a class.
        astral: the characters outside the basic plane that it may have.
        also: a pattern of what it may have all the same.
    """
    plain = f"[{others(f'{_EVENTFUL}{_QUOTES}》）){but}', astral)}]"
    run = f"(?:{plain}++|{also})*+" if also else f"{plain}*+"
    # In brackets nothing ends a sentence, unless they hold a whole one.
    inner = others(f"()（）{_QUOTES}{BREAK}{BLANK}{''.join(STRONG_SET)}{but}", astral)
    return (
        f"(?:{plain}++|[ ](?![{BLANK}{BREAK}])"
        "|(?<=[0-9A-Za-z])\\.(?=[0-9A-Za-z])|:(?!//)|：(?<!如下：)"
        f"|“{run}”|「{run}」|《{run}》|[(（](?:[{inner}]|[ ](?![{BLANK}])){{0,{_BRACKET_REACH}}}+[)）]|[》）)]"
        f"{also and f'|{also}'})++"
    )


# What follows a final mark and begins another sentence for certain; or an opening mark, unless that is one that closes
# by mistake.
_NEXT = (
    f"[ ]*+(?=[{HAN}A-Za-z0-9「『《（(])|[{BLANK}]*+\\Z"
    f"|(?=(?P<quote>“)[{others(f'“{BLANK}{BREAK}{CLOSERS}' + ''.join(CONTINUES_SET))}])"
)
_PLAIN = re.compile(f"{_plain_sentence()}(?:\\Z|[。！？](?:{_NEXT}|(?=[{BREAK}])\\s++)|(?P<line>(?=[{BREAK}])\\s++))")
# A plain sentence in quotation marks of its own.
_QUOTED = re.compile(f"[“「]{_plain_sentence()}[。！？][”」](?=[A-Za-z0-9{HAN}])(?![{''.join(sorted(_ATTACHES))}])")


def plain_sentence(but: str, astral: str, also: str) -> re.Pattern[str]:
    """Finds the next sentence of `split` where that is one which holds nothing to look at.

    Group 1 is the sentence without the blanks around it. Where there is a group ``quote``, it may end elsewhere.

    Args:
        but: characters that it has none of, as the inside of a class.
        astral: the characters outside the basic plane that it may have.
        also: a pattern of what it may have all the same.
    """
    return re.compile(
        f"[{BLANK}]*+({_plain_sentence(but, astral, also)}(?:(?<! )\\Z|[。！？]))(?:(?<![。！？])|{_NEXT})"
    )


# The next character that may matter: a blank only before another one, a full stop not inside a number or name.
_IS_EVENT = (
    f"(?:(?<![ .:：])|(?<=[ ])(?=[{BLANK}{BREAK}])"
    f"|(?<=\\.)(?![0-9A-Za-z])|(?<=[{HAN}]\\.)(?=[0-9]{{1,4}}[年月日世]|[A-Z][a-z '])|(?<=[%％]\\.)(?=[A-Z])"
    f"|(?<=如下：)|(?<=:)(?=//)|(?<=www\\.))"
)
_EVENT = re.compile(f"(?:[{others(_EVENTFUL)}]++|[{_EVENTFUL}](?!{_IS_EVENT}))*+[{_EVENTFUL}]")
# Not the mark that begins an image in Markdown.
_MARK = f"(?:(?!!\\[)[{FINAL}])"
_RUN = re.compile(f"{_MARK}++(?:[{BLANK}]++{_MARK}++)*+|[{ELLIPSIS}.．]++{_MARK}*+")
# What belongs to the sentence after its final mark; an ellipsis only where nothing comes after it.
_TAIL = re.compile(f'(?:[{BLANK}]*+(?:[{CLOSERS}]|{_MARK}|[{ELLIPSIS}.]++(?=[{CLOSERS}{FINAL}{BREAK}"＂]|\\Z)))++')
_NOTE = re.compile(
    r"(?:\\?[\[［〔【][ \u3000]?(?:(?:注|註|参|參|[来來]源|note)?[ \u3000]?\d{1,3}(?:[-–,，、]\d{1,3}){0,4}|[a-z]"
    r"|[注註]|[来來]源[请請]求|citation needed)[ \u3000]?\\?[\]］〕】]"
    # The page behind the number of a note, as Wikipedia has it.
    r"(?::[ ]?\d{1,4}(?:[-–]\d{1,4})?(?!\d))?)++"
    r"|[⁰¹²³⁴-⁹]++|<sup>[^<>]{1,20}</sup>|(?:\[\^[0-9A-Za-z_-]{1,20}\])++|(?:\^\\?\[\d{1,3}\\?\]\^)++"
)
_CIRCLED = re.compile("[①-⓿❶-➓]")
# What closes in markup after a final mark: an HTML tag always, a sign of Markdown if it has been opened.
_CLOSING_TAG = re.compile(r"</[A-Za-z][A-Za-z0-9]{0,15}>|(?:\{\\[ibus]0\})+")
_EMPHASIS = re.compile(r"\*{1,3}|_{1,3}|~~")
# A bibliographic reference (GB/T 7714) has the kind of its source in brackets: [J], [M], [EB/OL].
_REFERENCE = re.compile(
    f"[{BLANK}]*+(?:[\\[［]\\d{{1,3}}[\\]］])?[^{BREAK}。]{{2,300}}?[\\[［](?:[JMCDRSPNZAG]|EB|DB|CP)(?:/OL)?[\\]］](?:[.．,，]|//)"
    f"(?:(?!。|[\\[［]\\d{{1,3}}[\\]］])[^{BREAK}]){{0,400}}+"
)
_FEET_AND_INCHES = re.compile(r"\d'[ ]?\d{1,2}(?:\.\d)?\Z")
_TABLE_ROW = re.compile(f"[{BLANK}]*\\|[^{BREAK}|]*\\|[^{BREAK}]*(?<=\\|)[{BLANK}]*(?=[{BREAK}]|\\Z)")
_TABLE_RULE = re.compile(r"[|:\-\s]+")
_SPACE = re.compile(r"\s+")
_GAP = re.compile(f"[{BLANK}]+")


def _group(opener: str, closer: str, reach: int) -> re.Pattern[str]:
    """A pair of brackets that closes within ``reach`` on the same line."""
    return re.compile(f"{opener}[^{opener}{closer}{BREAK}]{{0,{reach}}}+{closer}")


_GROUPS = {
    "《": _group("《", "》", _TITLE_REACH),
    "〈": _group("〈", "〉", _TITLE_REACH),
    "（": re.compile(f"（(?:[^（）(){BREAK}]|（[^（）{BREAK}]{{0,20}}+）){{0,{_BRACKET_REACH}}}+[）)]"),
    "(": re.compile(f"\\((?:[^()（）{BREAK}]|\\([^(){BREAK}]{{0,20}}+\\)){{0,{_BRACKET_REACH}}}+[)）]"),
    "【": _group("【", "】", _BRACKET_REACH),
    "〔": _group("〔", "〕", _BRACKET_REACH),
    "［": _group("［", "］", _BRACKET_REACH),
    "[": _group("\\[", "\\]", _BRACKET_REACH),
    "｛": _group("｛", "｝", _BRACKET_REACH),
    "{": _group("\\{", "\\}", _BRACKET_REACH),
    "<": re.compile(r"</?[A-Za-z!][^<>\n]{0,300}+>"),
    "`": re.compile(r"`[^`\n]{1,80}+`"),
}
# Speech verbs, but for words in which the character is something else (小说, 知道, 学问).
_SPEECH = (
    "(?:(?<![小传傳据據听聽再虽雖学學演解])[说說](?:道|着|著|了)?(?![话話完过過])"
    "|(?<![知难難味街报報频頻管渠轨軌跑隧通地公航赛賽])道|(?<![学學疑访訪顾顧请請])[问問](?:道|着|著)?"
    "|[喊叫嚷吼嘟喃](?:道|着|著|囔|哝)?|(?:回|应|應|作)?答(?:道|说)?|[笑哭叹嘆骂罵](?:道|着说|著說)|[写寫念唱]道"
    "|(?<![演听聽来來不没沒先])[讲講](?:道|着|著)?(?=[，。！？；,!?…])"
    "|表示|指出|[补補]充|[强強][调調]|[宣坚堅声聲]?[称稱]道?|认为|認為|解释|解釋|告[诉訴]|反[问問驳駁]|[评評]论?道|[报報][道導])"
)
_SPEECH_AT_END = "(?:[说說写寫问問喊喝笑答叹嘆]道|(?<![小传傳据據听聽再])[说說]|[补補]充(?:道|说|說)|(?<![未已])表示)"
_IN_CLAUSE = f'[^{BREAK}，。！？；：、…“”‘’「」『』"＂!?,;:]'
_TAG = re.compile(
    f"[{BLANK}]*(?:{_IN_CLAUSE}{{0,14}}?{_SPEECH}{_IN_CLAUSE}{{0,4}}|{_IN_CLAUSE}{{15,30}}?{_SPEECH_AT_END})[，。！？；,!?…]"
)
_SIGNATURE = re.compile(f"[{BLANK}]*[—─]{{1,2}}[^{BREAK}。！？!?]{{1,20}}(?=[{BREAK}]|\\Z)")
# What begins a new sentence when it follows an ellipsis: a connective or an answer set off by a comma.
_FRESH_START = re.compile(
    "(?:喂|嗯|哎|唉|啊|哦|噢|咦|嘿|是的|好的|好吧|对了|對了|不好意思|对不起|對不起|毫无疑问|毫無疑問|总之|總之|接着|接著"
    "|后来|後來|于是|於是|当然|當然|其实|其實|[一二两兩三四五六七八九十几幾数數百0-9]{1,3}"
    "(?:年|天|个月|個月|小时|小時|分钟|分鐘|周|週)[之以]?[后後])[，,！!]"
    "|莫非|难道|難道|那时|那時|这时|這時|此时|此時"
)
_OPEN_QUOTE = re.compile("[“‘「『｢﹁﹃«〝]")
# Not an apostrophe (don't, students'), nor feet (5').
_SINGLE = re.compile(r"(?<![0-9A-Za-z])'|'(?![A-Za-z])(?<![0-9]')")
_LINE_BEFORE = re.compile(f"[^{BREAK}]*\\Z")
_LINE = re.compile(f"[^{BREAK}]{{0,{_QUOTE_REACH}}}")
_CURLY = re.compile("[“”]")
_OPENING_CURLY = frozenset("“")
_QUOTE_AFTER = re.compile(f"[{BLANK}]?[\"＂'“]")
_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "｢": "｣", "﹁": "﹂", "﹃": "﹄", "«": "»", "〝": "〞"}
_OPENER_OF = {closer: opener for opener, closer in _PAIRS.items()}
_INTRODUCES = frozenset("：:，,。！？!?…—；;、")
_STRAIGHT = frozenset('"＂')
_AMBIGUOUS = frozenset("\"＂'“")


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
    scanner: Scanner | None = None
    match_plain = _PLAIN.match
    start, length = 0, len(text)
    while start < length:
        plain = match_plain(text, start)
        if plain and plain.lastgroup is None:
            end = plain.end()
        else:
            scanner = scanner or Scanner(text, quotes)
            end = scanner.end_by_marks(start, plain)
        if end - start > UNMARKED_LENGTH and max_length <= MAX_LENGTH and is_unmarked(text, start, end):
            spans.extend(_unmarked_pieces(text, start, end, min(max_length, UNMARKED_LENGTH)))
        elif end - start <= max_length:
            spans.append((start, end))
        else:
            spans.extend(_pieces(text, start, end, max_length))
        start = end
    return spans


class Scanner:
    """Looks at one eventful character after the other; holds what must be known between sentences.

    Args:
        text: any text.
        quotes: as for `split`.
    """

    __slots__ = ("_bracketed", "_keep", "_row", "_start", "_straight", "_text")

    def __init__(self, text: str, quotes: Quotes) -> None:
        self._text = text
        self._keep = quotes == "keep"
        self._straight = -1  # where a straight quotation opened, or -1
        self._row = 0  # end of the row of a table that is being gone through
        self._start = 0  # of the sentence that is looked at
        self._bracketed = "[" in text or "［" in text  # as every reference is

    def sentence_end(self, start: int) -> int:
        """End of the sentence that starts at ``start``, of whatever length, the blanks after it included."""
        plain = _PLAIN.match(self._text, start)
        return plain.end() if plain and plain.lastgroup is None else self.end_by_marks(start, plain)

    def end_by_marks(self, start: int, plain: re.Match[str] | None) -> int:
        """The same, where it is no plain sentence for certain.

        Args:
            start: of the sentence.
            plain: what may be one all the same.
        """
        if plain and plain.lastgroup == "line":
            self._straight = -1
            return plain.end()
        if plain and not self._is_open(plain.end() - 1):
            return plain.end()
        quoted = _QUOTED.match(self._text, start)
        if quoted and self._is_whole(*quoted.span()):
            return quoted.end()
        return self._next_boundary(start)

    def _is_whole(self, start: int, end: int) -> bool:
        """Whether what stands between two quotation marks is a sentence, and what follows belongs to another."""
        marks = self._text[start], self._text[end - 1]
        return _PAIRS[marks[0]] == marks[1] and end - start < _LOOK_BACK and self._new_start(end)

    def _next_boundary(self, start: int) -> int:
        """The same, by what stands in the sentence."""
        text = self._text
        self._start = at = start
        is_first = self._bracketed and (start == 0 or text[start - 1] in BREAK_SET)
        if is_first and (reference := _REFERENCE.match(text, start)):
            return _skip_space(text, reference.end())
        while event := _EVENT.match(text, at):
            at = event.end() - 1
            char = text[at]
            if char in _GROUPS:
                end, ends = self._bracket(start, at)
            elif char in _STRAIGHT:
                end, ends = self._straight_quote(at)
            elif char == "|":
                end, ends = self._bar(start, at)
            elif char == ":":
                end, ends = url_end(text, at), False
            elif char == "：":
                # “……如下：” is a whole statement; what it announces may be of any length.
                end, ends = at + 1, at - start >= 8 and text[at + 1 : at + 2] not in OPENER_SET
            elif char in BREAK_SET:
                self._straight = -1
                end, ends = at + 1, True
            elif char in BLANK_SET:
                end, ends = self._gap(start, at)
            else:
                end, ends = self._final(start, at)
            if ends:
                return _skip_space(text, end)
            at = end
        return len(text)

    def _bar(self, start: int, at: int) -> tuple[int, bool]:
        """A row of a table in Markdown has a sentence a cell; elsewhere a bar ends nothing."""
        text = self._text
        if at == start or not text[start:at].strip():
            if not (start == 0 or text[start - 1] in BREAK_SET) or not (row := _TABLE_ROW.match(text, start)):
                return at + 1, False
            if _TABLE_RULE.fullmatch(row[0]):
                return row.end(), False
            self._row = row.end()
            return at + 1, False
        if at >= self._row or text[at - 1] == "\\" or text[at + 1 : self._row].strip() == "":
            return at + 1, False
        return at, True

    def _bracket(self, start: int, at: int) -> tuple[int, bool]:
        """Brackets are passed as a whole; they end a sentence when they hold a whole one."""
        text = self._text
        group = _GROUPS[text[at]].match(text, at)
        if group is None:
            return at + 1, False
        end = group.end()
        if text[at] in "（(【" and end - at > 3 and text[end - 2] in STRONG_SET:
            stop = self._closed(at, end)
            goes_on = text[stop : stop + 1] in CONTINUES_SET or text[stop : stop + 1] in _ATTACHES
            if not text[start:at].strip() or (text[end - 2] in "。｡" and not goes_on):
                return stop, True
        return end, False

    def _straight_quote(self, at: int) -> tuple[int, bool]:
        """A straight quotation mark opens and closes by turns; one that closes a curly one does neither."""
        if self._straight >= 0 and at - self._straight <= _QUOTE_REACH:
            self._straight = -1
        elif not self._is_open(at) and not self._is_inch(at):
            self._straight = at
        return at + 1, False

    def _is_inch(self, at: int) -> bool:
        """Whether a straight mark after a figure stands for inches: after feet, or where it would close nothing."""
        text = self._text
        if not text[at - 1 : at].isdigit():
            return False
        if _FEET_AND_INCHES.search(text, max(0, at - 8), at):
            return True
        line = text[at : at + _QUOTE_REACH].splitlines()[0]
        return line.count(text[at]) % 2 == 1

    def _gap(self, start: int, at: int) -> tuple[int, bool]:
        gap = _GAP.match(self._text, at)
        end = gap.end() if gap else at + 1
        return end, _gap_ends(self._text, start, at, end)

    def _final(self, start: int, at: int) -> tuple[int, bool]:
        """A run of final marks: where it ends with all that belongs to it, and whether the sentence ends there."""
        text = self._text
        match = _RUN.match(text, at)
        end = match.end() if match else at + 1
        run = text[at:end]
        if run in (".", "．"):
            if text.endswith("www", max(0, at - 3), at):
                return url_end(text, at), False
            if not full_stop(text, start, at):
                return end, False
        elif run[0] in "!?" and not run.strip("!?"):
            if ascii_mark_inside(text, at, end):
                return end, False
        elif run[0] not in FINAL and run[-1] not in FINAL:
            return self._ellipsis(start, at, end)
        return self._ends_here(start, at, self._closed(at, end), end)

    def _ellipsis(self, start: int, at: int, end: int) -> tuple[int, bool]:
        """An ellipsis ends a sentence before a closing mark and a line end, and where what follows is new."""
        text = self._text
        stop = self._closed(at, end)
        if stop > end:
            return self._ends_here(start, at, stop, end)
        if text[at:end] == "…………":
            # Two ellipses: one speaker trails off, the next one sets in.
            return end - 2, at > start
        if text[at:end] == ".." and text[at - 1 : at] > "\u2e80":
            return end, text[end : end + 1] > "\u2e80"
        return end, at - start >= 4 and _FRESH_START.match(text, end) is not None

    def _closed(self, at: int, end: int) -> int:
        """End of the closing marks after a final one: curly and square ones, straight ones by parity."""
        text = self._text
        while end < len(text):
            if text[end] == "”" and self._opens(at, end):
                return end
            tail = _TAIL.match(text, end)
            if tail:
                end = tail.end()
                continue
            if markup := self._closing_markup(at, end):
                end = markup
                continue
            quote = _QUOTE_AFTER.match(text, end)
            if not quote or not self._closes(at, quote.end() - 1):
                return end
            if text[quote.end() - 1] in _STRAIGHT:
                self._straight = -1
            end = quote.end()
        return end

    def _closing_markup(self, at: int, end: int) -> int:
        """End of the markup at ``end`` that closes what was opened before the final mark at ``at``; else 0."""
        text = self._text
        if tag := _CLOSING_TAG.match(text, end):
            return tag.end()
        emphasis = _EMPHASIS.match(text, end)
        if emphasis and text.count(emphasis[0], max(self._start, at - _LOOK_BACK), at) % 2:
            return emphasis.end()
        return 0

    def _is_open(self, at: int) -> bool:
        """Whether a curly quotation mark stands open before ``at``."""
        low = max(0, at - _LOOK_BACK)
        return self._text.rfind("“", low, at) > self._text.rfind("”", low, at)

    def _opens(self, at: int, end: int) -> bool:
        """Whether a closing curly mark is written where an opening one is meant (``…。”我们走，”他说``)."""
        if self._is_open(at):
            return False
        following = _CURLY.search(self._text, end + 1, end + _QUOTE_REACH)
        return following is not None and following.group() == "”" and self._text[end + 1 : end + 2] not in CONTINUES_SET

    def _closes(self, final: int, at: int) -> bool:
        """Whether the ``"``, ``'`` or ``“`` at ``at``, right after a final mark, closes a quotation."""
        text = self._text
        follow = text[at + 1 : at + 2]
        if not follow or follow in CONTINUES_SET or follow in BREAK_SET or follow in CLOSER_SET:
            return True
        if text[at - 1] in BLANK_SET:
            return False
        if text[at] == "“":
            if text[at + 1 : at + 3].lstrip()[:1] in _OPENING_CURLY:
                return True
            following = _CURLY.search(text, at + 1, at + _QUOTE_REACH)
            return self._is_open(final) and (following is None or following.group() == "“")
        if text[at] == "'":
            return not follow.isalnum() or self._single_open(at)
        return (self._straight >= 0 and at - self._straight <= _QUOTE_REACH) or self._is_open(at)

    def _single_open(self, at: int) -> bool:
        """Whether a straight single quotation is open before ``at``: marks of apostrophes and feet do not count."""
        low = max(self._start, at - _LOOK_BACK)
        return sum(1 for _ in _SINGLE.finditer(self._text, low, at)) % 2 == 1

    def _ends_here(self, start: int, at: int, stop: int, end: int) -> tuple[int, bool]:
        """Final marks ``[at, end)`` closed up to ``stop``: whether the sentence ends."""
        text = self._text
        if note := _NOTE.match(text, stop):
            stop = note.end()
        elif _CIRCLED.match(text, stop) and self._is_circled_note(stop):
            stop += 1
        if text[stop : stop + 1] in CONTINUES_SET:
            return stop, False
        closers = text[end:stop]
        if not closers:
            return stop, self._ends_inside(start, at) and not _SIGNATURE.match(text, stop)
        closer = next((c for c in closers if c in _OPENER_OF), "")
        if closer:
            return stop, self._quotation_ends(start, at, stop, closer)
        if not _AMBIGUOUS.isdisjoint(closers):
            return stop, self._new_start(stop)
        return stop, text[at] not in ELLIPSIS

    def _is_circled_note(self, at: int) -> bool:
        """Whether a circled number after a final mark is a note's: where its line ends with one, or has no other."""
        before, after = _LINE_BEFORE.search(self._text[max(0, at - _LOOK_BACK) : at]), _LINE.match(self._text, at)
        line = ((before[0] if before else "") + (after[0] if after else "")).rstrip()
        return _CIRCLED.match(line[-1:]) is not None or len(_CIRCLED.findall(line)) == 1

    def _quotation_ends(self, start: int, at: int, stop: int, closer: str) -> bool:
        """After ``。”``: the sentence ends, or goes on with a dialogue tag or around an embedded quotation."""
        text = self._text
        follow = text[stop : stop + 1]
        if not follow or follow in BREAK_SET:
            return True
        if follow in _ATTACHES:
            return False
        opener = text.rfind(_OPENER_OF[closer], max(start, at - _LOOK_BACK), at)
        if opener >= 0 and _embedded(text, start, opener):
            return text[at] in "。｡" or at - opener > _EMBEDDED_REACH
        if opener > start and text[start:opener].strip():
            return True
        return self._new_start(stop)

    def _new_start(self, stop: int) -> bool:
        return not (_TAG.match(self._text, stop) or _SIGNATURE.match(self._text, stop))

    def _ends_inside(self, start: int, at: int) -> bool:
        """A final mark that nothing closes: whether a quotation around it forbids the end."""
        text = self._text
        low = max(start, at - _LOOK_BACK)
        if self._keep and self._straight >= 0:
            return text.find(text[self._straight], at, self._straight + _QUOTE_REACH) < 0
        if not _OPEN_QUOTE.search(text, low, at):
            return True
        for opener, closer in _PAIRS.items():
            opened = text.rfind(opener, low, at)
            if opened < 0 or text.find(closer, opened, at) >= 0:
                continue
            reach = _QUOTE_REACH if self._keep else _EMBEDDED_REACH
            closed = text.find(closer, at, opened + reach)
            if closed >= 0 and (self._keep or _embedded(text, start, opened) or _one_outcry(text, at, opened, closed)):
                return False
        return True


def _one_outcry(text: str, at: int, opened: int, closed: int) -> bool:
    """Whether a short quotation is nothing but calls and questions (``“太冷了吧？怎么办？”``): one utterance."""
    return closed - opened <= _OUTCRY_REACH and text[at] in "！？!?" and "。" not in text[opened:closed]


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _embedded(text: str, start: int, opener: int) -> bool:
    """Whether a quotation is part of its clause (``高喊“冲啊！”的人``), not speech that a mark introduces."""
    before = text[opener - 1] if opener > start else ""
    return before != "" and before not in _INTRODUCES and before not in OPENER_SET and not before.isspace()


_CLAUSE_MARK = re.compile("[，；：]")
# From a wide blank to the end of a sentence, with no other one in between.
_PROSE_AFTER = re.compile(f"[^{BREAK}\t\u3000。！？]{{1,200}}+[。！？]")
# What no heading or name ends with, what no sentence begins with, and what is set behind text instead of going on.
_GOES_ON = re.compile("[的地得和与與及把被将將从從向对對就也都很更最不]\\Z")
_NO_START = re.compile("[们們的得着过過性者件员員][的，、是在]|[们們的]")
_CREDIT = re.compile(
    "(?:新华社|新華社|本报|本報|记者|記者|通讯员|通訊員|摄影|攝影|来源|來源|作者|编辑|編輯|责任|責任|图|圖|文|附)"
)
_BARE_NUMBER = re.compile(r"[0-9０-９]+(?:[.．][0-9０-９]+)*")
_GAP_JOINS_BEFORE = frozenset("，、；：,;:—-─·/~～+=×÷<>") | OPENER_SET
_GAP_JOINS_AFTER = frozenset("，、；：,;:·/~～+=×÷<>。！？!?…") | CLOSER_SET | BREAK_SET
_DATELINE = re.compile(r".[讯訊电電](?:[（(][^（()）]{1,20}[)）])?\Z")
_IDEOGRAPH = re.compile(f"[{HAN}]")
_WORD_BEFORE = re.compile(f"[^{BLANK}{BREAK}{OPENERS}：:，,、；;。]{{1,5}}\\Z")
_WORD_AFTER = re.compile(f"[^{BLANK}{BREAK}{CLOSERS}：:，,、；;。！？]{{1,5}}")


def _gap_ends(text: str, start: int, at: int, end: int) -> bool:
    """Whether a wide gap ends the sentence; not after an enumerator, a dateline, or between very short words."""
    if at == start or (end - at == 1 and text[at] not in "\t\u3000"):
        return False
    if end == len(text):
        return True
    before, after = text[at - 1], text[end]
    if before in _GAP_JOINS_BEFORE or after in _GAP_JOINS_AFTER:
        return False
    head = text[start:at].strip() if at - start <= 24 else ""
    if "\t" in text[at:end]:
        return not (ENUMERATOR.fullmatch(head) and not _BARE_NUMBER.fullmatch(head))
    sloppy = end - at == 2 and "\u3000" not in text[at:end]
    if _latin_gap(before, after, sloppy) or (head and (ENUMERATOR.fullmatch(head) or _DATELINE.search(head))):
        return False
    return not _short_words(text, at, end) and not _inside_prose(text, start, at, end)


def _inside_prose(text: str, start: int, at: int, end: int) -> bool:
    """Whether a single wide blank stands in the middle of a sentence: not behind a heading, before its end."""
    is_single = end - at == 1 and _IDEOGRAPH.match(text[at - 1]) and _IDEOGRAPH.match(text[end])
    if is_single and _NO_START.match(text, end):
        return True
    if not is_single or not _PROSE_AFTER.match(text, end):
        return False
    if _CLAUSE_MARK.search(text, start, at) or _GOES_ON.search(text, start, at):
        return True
    # A heading stands before a gap at the beginning of a line, not behind another sentence of it.
    return start > 0 and text[start - 1] not in BREAK_SET | BLANK_SET and not _CREDIT.match(text, end)


def _latin_gap(before: str, after: str, sloppy: bool) -> bool:
    """Whether a gap is one of Latin typing: between Latin words, or two spaces typed for one beside a Latin word."""
    if sloppy and (after in "（(的" or before.isascii() or after.isascii()):
        return True
    return _is_latin(before) and _is_latin(after)


_FULL_WIDTH = re.compile("[０-９Ａ-Ｚａ-ｚ]")


def _is_latin(char: str) -> bool:
    """Whether a character is one of Latin text, in either width (``Ｔｈｅ　ｅｎｄ``)."""
    return char.isascii() or _FULL_WIDTH.match(char) is not None


def _short_words(text: str, at: int, end: int) -> bool:
    """Padded names (``张　三``): by up to two blanks beside one character; and lists of words of up to three."""
    left = _WORD_BEFORE.search(text[max(0, at - 5) : at])
    right = _WORD_AFTER.match(text, end)
    n_left = len(left.group()) if left else 0
    n_right = len(right.group()) if right else 0
    return max(n_left, n_right) <= 3 or (min(n_left, n_right) <= 1 and end - at <= 2)


_MARK_INSIDE = re.compile(f"[{FINAL}{ELLIPSIS}，、；：,;:—{BLANK}{BREAK}]")
_IDEOGRAPHS = re.compile(f"[{HAN}]+")
# Where speech begins another clause, or has ended one.
_SOFT = re.compile(f"(?={CLAUSE_STARTS})|(?<=[吧呢啊吗嗎嘛啦了])(?=[^吧呢啊吗嗎嘛啦了])")


def is_unmarked(text: str, start: int, end: int) -> bool:
    """Whether a sentence is nothing but ideographs for most of its length, so that no mark says where to cut it."""
    if _MARK_INSIDE.search(text, start, max(start, end - 2)):
        return False
    return sum(len(run) for run in _IDEOGRAPHS.findall(text, start, end)) * 5 >= 4 * (end - start)


def _unmarked_pieces(text: str, start: int, end: int, length: int) -> Iterator[tuple[int, int]]:
    """Cut text without marks where another clause may begin, in the second half of a piece; else where it is full."""
    while end - start > length:
        soft = [match.start() for match in _SOFT.finditer(text, start + length // 2, start + length)]
        at = soft[-1] if soft else start + length
        yield start, at
        start = at
    yield start, end


_RANKS = {"stop": 1, "clause": 2, "item": 3}
_CLAUSE = re.compile(
    "(?P<whole>[a-z]{2,6}://[!#-;=?-Z\\\\^_a-z~]++"
    # A thousands comma is one before three digits; looked back, or a long number would be tried at each of its digits.
    "|(?<![0-9０-９])[0-9０-９]++(?:(?:[.,:/．：]|，(?=[0-9０-９]{3}(?![0-9０-９])))[0-9０-９]++)++)"
    f"|(?:(?P<stop>[；;])|(?P<clause>[，,：:{ELLIPSIS}—─]++)|(?P<item>[、 \u3000]++))[{CLOSERS}]*+[{BLANK}]*+"
)


def cut_points(text: str) -> list[tuple[int, int]]:
    """Where an over-long sentence may be cut, and how well.

    Args:
        text: one sentence; any length.

    Returns:
        ``(offset, rank)`` by rising offset, each offset once and strictly inside the text. Rank 0: after a
        sentence-final mark; 1: after ``；``; 2: after ``，：……——``; 3: after ``、`` or a blank. Offsets stand behind
        the mark, its closing marks and blanks; never inside a number, a URL or a Latin word, nor between a number
        and its unit (``100 亿``).
    """
    points = {end: 0 for _, end in split(text, max_length=len(text) + 1)}
    for match in _CLAUSE.finditer(text):
        rank = _RANKS.get(match.lastgroup or "")
        if rank is not None and not _is_before_unit(text, match):
            points[match.end()] = min(rank, points.get(match.end(), rank))
    return sorted((offset, rank) for offset, rank in points.items() if 0 < offset < len(text))


def _is_before_unit(text: str, match: re.Match[str]) -> bool:
    before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    return match[0].isspace() and before.isdigit() and not after.isdigit()


def _pieces(text: str, start: int, end: int, max_length: int) -> list[tuple[int, int]]:
    """Cut an over-long sentence: at the last mark of the best rank in reach, else where it is full."""
    spans = []
    points = [(offset + start, rank) for offset, rank in cut_points(text[start:end])]
    at, index = start, 0
    while end - at > max_length:
        best, best_rank = at + max_length, 4
        while index < len(points) and points[index][0] <= at + max_length:
            offset, rank = points[index]
            # A cut early on would leave a crumb: only the second half counts.
            if rank <= best_rank and offset - at > max_length // 2:
                best, best_rank = offset, rank
            index += 1
        spans.append((at, best))
        at = best
        # Marks after the chosen one, seen already, count for the next piece.
        while index and points[index - 1][0] > at:
            index -= 1
    spans.append((at, end))
    return spans
