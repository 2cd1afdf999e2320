"""Word-segmented text: what stands between its words, and how the words are joined again.

Corpora of segmented Chinese part their words in many ways: by one space, by two (PKU and MSR of SIGHAN 2005, Emerson
2005, https://aclanthology.org/I05-3017), by U+3000 (AS), by a tab, a no-break or a thin space; some put a part of
speech behind each word (``走向/v``). The separator of a document is the run of blanks that stands most often between
its ideographs; any other run is what it is in other text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from translate.text.classes import others
from translate.text.marks import BLANK, BREAK, CJK, HAN

__all__ = [
    "find_separator",
    "find_tag_mark",
    "is_plain",
    "is_segmented",
    "joints",
    "own_separator",
    "parted",
    "tags",
    "without_tags",
]

# What begins with a blank is found many times as fast as what begins with a look behind.
_RUN = re.compile(f"[{BLANK}](?<=[{HAN}][{BLANK}])[{BLANK}]*(?=[{HAN}])")
# Tools for segmenting print their words with a stroke or a bar between (我们/ 在/ 学习).
_MARKED = {mark: re.compile(f"(?<=[{HAN}])[ ]?{re.escape(mark)}[ ]?(?=[{HAN}])") for mark in "/|"}
_TOGETHER = re.compile(f"[{HAN}]{{2,}}")
_POINTS = "，。、；：！？"
_SURE_PAIRS = 8
"""Neighbouring ideographs from which on a paragraph can speak for itself."""


def find_separator(sample: str) -> tuple[str, bool]:
    """What parts the words of a sample.

    Args:
        sample: the beginning of a document, line ends included.

    Returns:
        The run of blanks between the words, or nothing where words are not parted; and whether only some paragraphs
        have it, so that each has to show it.
    """
    runs: Counter[str] = Counter(_RUN.findall(sample))
    for run, n_spaced in runs.most_common(2):
        if _is_segmented(sample, run, n_spaced):
            return run, False
        if any(_speaks_for(line, run) for line in sample.splitlines()):
            return run, True
    for mark, among in _MARKED.items():
        if sample.count(mark) >= _SURE_PAIRS:
            run, _ = Counter(among.findall(sample)).most_common(1)[0] if among.search(sample) else ("", 0)
            if run and is_segmented(sample, run):
                return run, False
    return "", False


def is_segmented(text: str, separator: str) -> bool:
    """Whether the words of a text are parted by a separator.

    They are if it stands between at least a quarter of the neighbouring ideographs, and before at least half of the
    marks; in text without marks, if a function word stands alone. So names and items of a list do not make a text
    segmented (``出席的有：张三 李四 王五``).
    """
    return _is_segmented(text, separator, len(_evidence(separator)[0].findall(text)))


def _is_segmented(text: str, separator: str, n_spaced: int) -> bool:
    """The same, where it is known how often the separator stands between ideographs."""
    _, point, function_word = _evidence(separator)
    if not n_spaced:
        # 女士们 ， 先生们 ：
        n_points = _n_points(text)
        return n_points > 1 and len(point.findall(text)) == n_points
    if _is_outweighed(text, n_spaced):
        return False
    n_points = _n_points(text)
    if n_points:
        return len(point.findall(text)) * 2 >= n_points
    return function_word.search(text) is not None


def _is_outweighed(text: str, n_spaced: int) -> bool:
    """Whether more than three times as many ideographs have another right behind them as have a separator."""
    # A separator parts two pairs of characters from being neighbours.
    if len(text) - 2 * n_spaced <= 3 * n_spaced:
        return False
    # Of text that is not segmented a piece is enough.
    return _n_together(text[: 16 * n_spaced]) > 3 * n_spaced or _n_together(text) > 3 * n_spaced


def is_plain(text: str, separator: str) -> bool:
    """Whether a paragraph of a segmented document is certainly written without separators."""
    # Of two neighbours neither is a separator, so that a short text has few, and of a segmented one a piece is enough.
    n_others = len(text) - text.count(separator)
    find_spaced = _evidence(separator)[0].findall
    if n_others <= _SURE_PAIRS or 10 * len(find_spaced(text, 0, len(text) * 2 // 5)) >= n_others:
        return False
    n_together = _n_together(text)
    if n_together < _SURE_PAIRS:
        return False
    n_spaced = len(find_spaced(text))
    return n_spaced < 0.1 * n_together and not _is_segmented(text, separator, n_spaced)


_LONGEST_SEPARATOR = 4


def own_separator(text: str) -> str:
    """What stands between the words of a paragraph that is written in another way than its document, if it shows."""
    runs = Counter(run for run in _RUN.findall(text) if len(run) <= _LONGEST_SEPARATOR)
    return next((run for run, n in runs.most_common(1) if n >= _SURE_PAIRS // 2 and _speaks_for(text, run)), "")


def _n_together(text: str) -> int:
    """How many ideographs have one right behind them."""
    runs = _TOGETHER.findall(text)
    return sum(map(len, runs)) - len(runs)


def _n_points(text: str) -> int:
    """How many marks that end a clause there are."""
    return sum(map(text.count, _POINTS))


def _speaks_for(line: str, separator: str) -> bool:
    return line.count(separator) >= _SURE_PAIRS and is_segmented(line, separator)


@cache
def _evidence(separator: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    run = re.escape(separator)
    return (
        re.compile(f"{run}(?<=[{HAN}]{run})(?=[{HAN}])"),
        re.compile(f"{run}[，。、；：！？]"),
        re.compile(f"{run}[的了是在和与不也就都我你他她这那有]{run}"),
    )


@cache
def joints(separator: str) -> re.Pattern[str]:
    """Finds the separators of words; in a match without the group ``kept`` nothing is to stay, else one space.

    A separator is a run of exactly these blanks. It goes after and before Chinese, after ``(``, before ``)``, ``,``,
    ``.``, ``%`` and the like, and within a time; between Latin words, and in formulas, a space stays.
    """
    run = "[ \\xa0]" if separator in (" ", "\xa0") else re.escape(separator)
    times = f"(?<=[0-9]{run})(?=:{run}[0-9]{{2}})|(?<=[0-9]{run}:{run})(?=[0-9]{{2}})"  # 9 : 30
    dropped = f"(?<=[{CJK}]{run})|(?=[{CJK}])|(?<=[(\\[{{]{run})|(?=[,.;:!?)\\]}}%](?:\\s|\\Z))|{times}"
    kept = "" if separator in (" ", "\xa0") else "|(?P<kept>)"
    return re.compile(f"{run}(?<!\\s{run})(?=\\S)(?:{dropped}{kept})")


def parted(text: str, separator: str) -> list[str] | None:
    """The pieces of a text between the separators that go; None where others become a space.

    Nearly all separators stand beside Chinese, between two characters that are no blanks: stretches of text that have
    only those are found by one regular expression and cut by `str.split`.
    """
    pattern = joints(separator)
    is_even = separator == " " and "  " not in text and text.strip(" ") == text and _EVEN.fullmatch(text)
    match_stretch = (_EVEN_STRETCH if is_even else _stretch(separator)).match
    pieces = [""]
    at, length = 0, len(text)
    while stretch := match_stretch(text, at):
        end = stretch.end()
        first, *more = text[at:end].split(separator)
        pieces[-1] += first
        pieces += more
        if end == length:
            break
        if joint := pattern.match(text, end):
            if joint.lastgroup:
                return None
            pieces.append("")
            at = joint.end()
        else:
            at = end + 1
            pieces[-1] += text[end:at]
    return pieces


@cache
def _stretch(separator: str) -> re.Pattern[str]:
    """Finds text in which every separator goes, since it stands beside Chinese, and beside no other blank."""
    run = re.escape(separator)
    return re.compile(
        f"(?:[{CJK}]++(?:{run}(?=\\S))?|[{others(f'{CJK}{BLANK}{BREAK}{separator}')}]++(?:{run}(?=[{CJK}]))?)*+"
    )


_EVEN = re.compile(f"[{others((BLANK + BREAK).replace(' ', ''))}]*+")
# The same in text whose only blanks are single spaces between other characters.
_EVEN_STRETCH = re.compile(f"(?:[{CJK}][{CJK} ]*+|[{others(f'{CJK}{BLANK}{BREAK}')}]++(?: (?=[{CJK}]))?)*+")


_TAGGED = re.compile(f"([/_#])(?<=[^{BLANK}\\n\\r/_#].)[A-Za-z]{{1,5}}[0-9]?(?=[{BLANK}\\]\\n\\r]|\\Z)")
_FEWEST_TAGGED = 5


def find_tag_mark(sample: str) -> str:
    """What parts words from their parts of speech, if most words have one: ``/``, ``_``, ``#``, or nothing."""
    if sum(map(sample.count, "/_#")) < _FEWEST_TAGGED:
        return ""
    marks: Counter[str] = Counter(_TAGGED.findall(sample))
    if not marks:
        return ""
    mark, n_tagged = marks.most_common(1)[0]
    is_tagged = n_tagged >= _FEWEST_TAGGED and n_tagged * 5 >= 4 * len(sample.split())
    return mark if is_tagged else ""


@cache
def _tags(mark: str) -> re.Pattern[str]:
    # PKU also brackets compounds: [中国/ns 政府/n]nt
    end = f"(?=[{BLANK}\\n\\r\\]]|\\Z)"
    return re.compile(
        f"(?<=[^{BLANK}\\n\\r]){re.escape(mark)}[A-Za-z]{{1,5}}[0-9]?{end}"
        f"|\\]/?[A-Za-z]{{1,3}}{end}|(?<![^{BLANK}\\n\\r])\\[(?=[^{BLANK}\\n\\r]+{re.escape(mark)}[A-Za-z])"
    )


def tags(text: str, mark: str) -> Iterator[tuple[int, int, str]]:
    """Where the parts of speech stand, as edits that take them out."""
    return ((match.start(), match.end(), "") for match in _tags(mark).finditer(text))


def without_tags(text: str, mark: str) -> str:
    """A text without its parts of speech."""
    return _tags(mark).sub("", text)
