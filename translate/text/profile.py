"""How a document is laid out: what stands between its words, and whether its lines were cut at a width.

Decided once for a document, on a sample of it, so that one odd line does not change how it is read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from translate.text.language import is_foreign_document
from translate.text.marks import BLANK, CLOSER_SET, CLOSERS, FINAL, HAN
from translate.text.markup import is_comma_separated
from translate.text.mojibake import find_names
from translate.text.words import find_separator, find_tag_mark, without_tags

__all__ = [
    "MOST_BETWEEN",
    "Profile",
    "columns",
    "continues",
    "ends_sentence",
    "is_furniture",
    "is_page_break",
    "is_short",
    "profile",
]


@dataclass(frozen=True, slots=True)
class Profile:
    """What was decided for a whole document from a sample of it.

    Attributes:
        separator: the run of blanks between Chinese words (a space in ``腾讯 公司 与``); empty in text that is written
            without.
        mixed: whether only some paragraphs have it, so that each has to show it.
        tag_mark: what parts a word from its part of speech (``/`` in ``走向/v``, ``_`` in ``走向_VV``); else empty.
        wrap: the column (a Han character counts 2) at which lines were cut by a fixed width, or None.
        is_counted: whether the width was one of characters, of which each counts 2 then, and not of columns.
        is_indented: whether the paragraphs of lines cut at a width begin with a blank.
        n_blank: most blank lines that may stand between two lines that are one: 1 where one follows every line, as in
            text out of a PDF.
        is_foreign: whether the document is Japanese or Korean.
        names: foreign names with their middle dot, as it stands elsewhere in the document (吉姆·阿科斯塔).
        heads: lines that stand on many pages, as running heads do; figures are written 0.
        is_table: whether its lines are rows of CSV.
        variety: which Chinese it is in, see `translate.text.variety`; empty where that was not asked.
        unmarked: whether there are no marks at all and blanks part the clauses, as in transcripts of speech.
    """

    separator: str = ""
    mixed: bool = False
    tag_mark: str = ""
    wrap: int | None = None
    is_counted: bool = False
    is_indented: bool = False
    n_blank: int = 0
    unmarked: bool = False
    is_foreign: bool = False
    names: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()
    is_table: bool = False
    variety: str = ""


def profile(sample: str, *, wrapped: bool = False) -> Profile:
    """Decide how a document is written from a sample of it (64 Ki code points or more, or all of it).

    Args:
        sample: the beginning of the document, line ends included.
        wrapped: whether its lines are known to be cut at a width; found by their looks otherwise.
    """
    lines = re.split(r"\r\n|\n|\r", sample)
    tag_mark = find_tag_mark(sample)
    words = without_tags(sample, tag_mark) if tag_mark else sample
    separator, mixed = find_separator(words)
    heads = _running_heads(lines)
    content = [line for line in lines if not is_furniture(line, heads)]
    wrap = _told_width(lines) if wrapped else _wrap_width(content, is_counted=False)
    is_counted = wrap is None and (wrap := _wrap_width(content, is_counted=True)) is not None
    n_blank = 1 if wrapped or _is_double_spaced(lines) else 0
    return Profile(
        separator,
        mixed,
        tag_mark,
        wrap,
        is_counted,
        is_indented=wrap is not None and _is_indented(content, wrap, is_counted=is_counted),
        n_blank=n_blank,
        unmarked=not separator and _is_unmarked(sample),
        is_foreign=is_foreign_document(sample),
        names=find_names(sample) if "?" in sample else frozenset(),
        heads=heads,
        is_table="," in sample and is_comma_separated(sample),
    )


_CLAUSE_BLANK = re.compile(f"[{BLANK}](?<=[{HAN}][{BLANK}])[{BLANK}]*(?=[{HAN}])")
_ANY_MARK = re.compile(f"[{FINAL}，、；：,;…]")
_HAN_RUN = re.compile(f"[{HAN}]+")
_LEAST_UNMARKED = 60


def _is_unmarked(sample: str) -> bool:
    """Whether a text has no marks, and blanks between runs of ideographs of a clause's length.

    Not where lines are short as in verse, nor where the runs are words or names.
    """
    # Where there are more than a few marks, nothing else need be looked for.
    if 300 * (sample.count("，") + sample.count("。")) > len(sample) or len(_CLAUSE_BLANK.findall(sample)) < 5:
        return False
    runs = _HAN_RUN.findall(sample)
    n_han = sum(map(len, runs))
    if n_han < _LEAST_UNMARKED or len(_ANY_MARK.findall(sample)) * 300 > n_han:
        return False
    lengths = sorted(map(len, runs))
    longest_line = max(map(len, sample.splitlines()))
    return longest_line >= _LEAST_UNMARKED and 4 <= lengths[len(lengths) // 2] <= 40


def _is_double_spaced(lines: list[str]) -> bool:
    """Whether a blank line follows nearly every line that is not."""
    texts = [bool(line.strip()) for line in lines]
    n_followed = sum(1 for here, after in pairwise(texts) if here and not after)
    return n_followed >= 3 and n_followed * 10 >= 9 * (sum(texts) - 1)


_CLAUSE_ENDS = CLOSER_SET | frozenset(f'{FINAL}，、；：,;:…—"')
_SENTENCE_ENDS = frozenset(f"{FINAL}…：:；")
_FINAL_ENDS = frozenset(f"{FINAL}….")
_CLOSING = "".join(CLOSER_SET) + '"'
_FINAL = re.compile(f"[{FINAL}…]+|\\.(?=\\s|\\Z)")
_INNER_MARK = re.compile("[，、；：。！？](?=.)|[,.;:!?] ")
# A gap that sets columns or half-verses apart; two spaces after an English full stop are none.
_GAP = re.compile("[^\\s.!?](?:\\t|\\u3000| {2})\\s*\\S")
_ITEM = re.compile(
    "\\s*(?:[-–—*•●■◆▪·♪>＞+#|]|[(（\\[【]?(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})[、.．)）\\]】](?![0-9])"
    "|[图圖表]\\s?[0-9]{1,3}(?:[-–.．][0-9]{1,3}){0,2}[\\s\u3000:：]+(?![所中的显顯说說给給是])"
    "|第[0-9一二三四五六七八九十百]{1,5}[章节節条條回]|[(（\\[【]?[0-9]{1,4}[-/:：年.][0-9]{1,2}[-/:：月.]?[0-9])"
)
_SPEAKER = re.compile("\\s*[^\\s，。！？：:]{1,10}[：:]")
_DIGIT = re.compile("[0-9]")
_DIGITS = re.compile("[0-9]+")
_MIN_WRAP = 30
_SLACK = 4
_LONG_SENTENCE = 240


def _ends_sentence(text: str) -> bool:
    """Whether text ends with a final mark, a colon or a semicolon, and what closes behind it."""
    return text.rstrip(_CLOSING)[-1:] in _SENTENCE_ENDS


def _ends_final(text: str) -> bool:
    """Whether text ends with a final mark of either language, and what closes behind it."""
    return text.rstrip(_CLOSING)[-1:] in _FINAL_ENDS


def columns(line: str) -> int:
    """Width of a line where a Han character, of three bytes in UTF-8, takes two columns."""
    return (len(line) + len(line.encode("utf-8", "surrogatepass"))) // 2


def _size(line: str, *, is_counted: bool) -> int:
    """Width of a line in columns; where its characters were counted, as if all of them were of Han."""
    return 2 * len(line) if is_counted else columns(line)


def _is_indented(lines: list[str], wrap: int, *, is_counted: bool) -> bool:
    """Whether what follows a short line, or is the first, begins with a blank."""
    starts = [
        line[0].isspace()
        for line, before in zip(lines, ["", *lines], strict=False)
        if line.strip() and _size(before.rstrip(), is_counted=is_counted) < wrap - _SLACK
    ]
    return sum(starts) * 5 >= 4 * len(starts)


def _wrap_width(lines: list[str], *, is_counted: bool) -> int | None:
    """The width at which lines were cut, when most lines are as long as the longest and end in mid-clause.

    Lines of one length are not enough: verse, tables, logs, headlines and chat have them too. There must be signs
    that sentences run over the line ends, and none that the lines stand by themselves.
    """
    texts = [line.rstrip() for line in lines if line.strip()]
    if len(texts) < 6:
        return _short_width(texts, is_counted=is_counted)
    sizes = [_size(text, is_counted=is_counted) for text in texts]
    widths = sorted(sizes)
    width = widths[len(widths) * 9 // 10]
    full = [text for text, size in zip(texts, sizes, strict=True) if width - _SLACK <= size <= width + _SLACK]
    longer = len(widths) - bisect_right(widths, width + _SLACK)
    if width < _MIN_WRAP or longer * 50 > len(texts) or len(full) * 2 < len(texts):
        return None
    n_mid_clause = sum(1 for text in full if text[-1:] not in _CLAUSE_ENDS)
    if n_mid_clause * 2 < len(full) or _stand_alone(texts):
        return None
    return width if _runs_over(texts, sizes, full, width) else None


def _short_width(texts: list[str], *, is_counted: bool) -> int | None:
    """The width of a text of three to five lines: all but the last are equally long, and end in mid-clause.

    So few lines show less, so everything has to agree: marks stand inside them, and the last one ends a sentence.
    """
    if len(texts) < 3:
        return None
    *full, last = texts
    widths = [_size(text, is_counted=is_counted) for text in full]
    width = max(widths)
    agrees = width - min(widths) <= 2 and _size(last, is_counted=is_counted) <= width and width >= _MIN_WRAP
    goes_on = not any(text[-1:] in _CLAUSE_ENDS for text in full) and _ends_final(last)
    n_marked = sum(_INNER_MARK.search(text) is not None for text in full)
    return width if agrees and goes_on and n_marked * 2 >= len(full) and not _stand_alone(texts) else None


def _told_width(lines: list[str]) -> int | None:
    """The width of lines that were cut at one for sure: a line of three quarters of the longest is taken to go on.

    The longest but for one in ten; a long word or mark may have moved to the next line.
    """
    widths = sorted(columns(line.rstrip()) for line in lines if line.strip())
    return widths[len(widths) * 9 // 10] * 3 // 4 + _SLACK if len(widths) > 1 else None


def _stand_alone(texts: list[str]) -> bool:
    """Whether the lines repeat a shape: columns, items, times, speakers, or one beginning."""
    share = max(3, len(texts) // 3)
    starts = Counter(_DIGIT.sub("0", text.lstrip()[:2]) for text in texts)
    if max(starts.values()) >= share:
        return True
    return any(sum(shape(text) is not None for text in texts) >= share for shape in _SHAPES)


_SHAPES = (_GAP.search, _ITEM.match, _SPEAKER.match)


def _runs_over(texts: list[str], sizes: list[int], full: list[str], width: int) -> bool:
    """Whether sentences run over the line ends.

    Then marks stand inside most full lines; paragraphs end with short lines, and those with final marks; and what is
    joined has final marks often enough to be sentences. Short lines without a mark are lines of their own: headings
    when they are few, verse or chat when they are many.
    """
    if sum(_INNER_MARK.search(text) is not None for text in full) * 2 < len(full):
        return False
    n_ends, n_short, n_columns, n_final = 0, 0, 0, 0
    for text, wide, before, room in zip(texts, sizes, ["", *texts], [0, *sizes], strict=False):
        joined = room >= width - _SLACK and not _ends_sentence(before)
        if wide < width - _SLACK:
            n_short += 1
            n_ends += joined and _ends_final(text)
        if joined or wide >= width - _SLACK:
            n_columns += wide
            n_final += len(_FINAL.findall(text))
    unmarked = (text for text, size in zip(texts, sizes, strict=True) if size < width - _SLACK)
    n_unmarked = sum(1 for text in unmarked if not _ends_sentence(text))
    if n_short <= 1:
        # One paragraph, whose last line is as long as the others.
        n_ends = int(_ends_final(texts[-1]))
    return n_ends > 0 and n_unmarked * 2 <= n_short and n_final * _LONG_SENTENCE >= n_columns


_PAGE_NUMBER = re.compile(
    "(?:[-—–·•~]\\s?)?[0-9]{1,4}(?:\\s?[-—–·•~])?|[0-9]{1,4}\\s?[/／]\\s?[0-9]{1,4}|[ivxlc]{1,6}"
    "|(?:第\\s?)?[0-9]{1,4}\\s?[页頁](?:\\s?[,，/／共]{0,2}\\s?[0-9]{1,4}\\s?[页頁]?)?|[Pp](?:age|\\.)?\\s?[0-9]{1,4}(?:\\sof\\s[0-9]{1,4})?"
)
_LONGEST_HEAD = 40
_FEWEST_HEADS = 3
MOST_BETWEEN = 6
"""Most lines between the end of one page and the beginning of the next, blank ones counted."""


def is_page_break(between: list[str], heads: frozenset[str]) -> bool:
    """Whether the lines between two lines are what stands between two pages: a page number, a running head.

    Beside a page number or a form feed any line that ends no sentence may be a head; else it must be known for one.

    Args:
        between: the lines, blank ones too.
        heads: as in `Profile.heads`.
    """
    texts = [text for line in between if (text := line.strip())]
    if len(texts) > 3 or any(_is_content(text) for text in texts):
        return False
    is_marked = any("\f" in line for line in between) or any(map(_PAGE_NUMBER.fullmatch, texts))
    return is_marked or (texts != [] and all(_shape_of(text) in heads for text in texts))


def is_furniture(line: str, heads: frozenset[str]) -> bool:
    """Whether a line is a page number, or stands on many pages."""
    text = line.strip()
    if len(text) > _LONGEST_HEAD:
        return False
    return _PAGE_NUMBER.fullmatch(text) is not None or (bool(heads) and _shape_of(text) in heads)


def ends_sentence(line: str) -> bool:
    """Whether a line ends a sentence, or with a colon or semicolon."""
    return _ends_sentence(line.rstrip())


def _is_content(text: str) -> bool:
    return len(text) > _LONGEST_HEAD or _ends_sentence(text)


def _shape_of(head: str) -> str:
    return _DIGITS.sub("0", head)


def _running_heads(lines: list[str]) -> frozenset[str]:
    """Short lines that stand again and again, but for the figures in them."""
    texts = [text for line in lines if (text := line.strip())]
    shapes = Counter(_shape_of(text) for text in texts if not _is_content(text))
    heads = {shape: n for shape, n in shapes.items() if n >= _FEWEST_HEADS}
    # Where more than that comes again and again, it is the text.
    return frozenset(heads) if sum(heads.values()) * 4 <= len(texts) else frozenset()


def is_short(line: str, shape: Profile) -> bool:
    """Whether a line is too short to be one that was cut at the width of its document."""
    return _size(line.rstrip(), is_counted=shape.is_counted) < (shape.wrap or 0) - _SLACK


# No line begins with these but one that was cut before them.
_GOES_ON = re.compile(f"[{CLOSERS}，。、；：！？]")
_BREAKS_OFF = re.compile("[：；—…]\\Z")
_CUT_WORD = re.compile("[0-9A-Za-z]\n[-–][0-9A-Za-z]")


def continues(line: str, following: str, shape: Profile) -> bool:
    """Whether two lines of a document that was cut at a width are one: the first is full, and goes on.

    Args:
        line: a line, without its end.
        following: the line after it.
        shape: of the document.
    """
    text = line.rstrip()
    if not following or following[0].isspace() or is_short(text, shape):
        return False
    if _GOES_ON.match(following) or text[-1:] + following[0] == "——" or _CUT_WORD.match(text[-1:] + "\n" + following):
        return True
    if shape.is_indented and _BREAKS_OFF.search(text) and not _ITEM.match(following):
        return True
    if shape.is_indented and following.startswith("——") and not _ends_sentence(text):
        return True
    if _ITEM.match(following) or _GAP.search(text) or _GAP.search(following):
        # An item, a row of a table or a line of verse among prose.
        return False
    return not _ends_sentence(text)
