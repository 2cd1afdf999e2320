r"""Text that was decoded with the wrong table: repaired where the original is certain, reported where it is not.

Four kinds are met in Chinese documents: UTF-8 read as Latin-1 or Windows-1252 (``ä¸\xadæ–‡`` for 中文), also twice
over; UTF-8 read as GBK (``涓枃``); GB 2312 read as Latin-1 (``ÖÐÎÄ``); and a ``?``
where the middle dot of a foreign name was lost (奥黛丽?赫本).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from translate.text.marks import FINAL, HAN, NAME

__all__ = [
    "BESIDE",
    "GBK_SUSPECTS",
    "LOST",
    "Edit",
    "find_names",
    "gb2312_edits",
    "gb2312_suspects",
    "gbk_edits",
    "latin_edits",
    "lost_name_dots",
]

Edit = tuple[int, int, str]
"""``(start, end, replacement)`` in the text that was read; ascending, not overlapping."""

# Windows-1252 where it differs from Latin-1; a byte it leaves undefined stays the C1 control of the same number.
_CP1252 = {bytes([n]).decode("cp1252"): n for n in range(0x80, 0xA0) if n not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
_TAIL = "[\\x80-\\xbf" + "".join(_CP1252) + "]"
_SEQUENCE = f"(?:[\\xc2-\\xdf]{_TAIL}|[\\xe0-\\xef]{_TAIL}{{2}}|[\\xf0-\\xf4]{_TAIL}{{3}})"
_LATIN_RUN = re.compile(f"{_SEQUENCE}++")
_LATIN_SEQUENCE = re.compile(_SEQUENCE)
_CONTROL = re.compile("[\\x80-\\x9f]")
# Marks that Chinese text really has: one sequence made of them alone proves nothing (café“…).
_NATURAL = frozenset("“”‘’…—·×°")
_PLAUSIBLE = re.compile(
    "[\\x80-\\u024f\\u02b0-\\u03ff\\u2000-\\u27bf\\u3000-\\u30ff\\u3400-\\u9fff\\uf900-\\ufaff\\ufe30-\\ufe4f\\ufeff"
    "\\uff00-\\uffef\\U0001f000-\\U0001faff\\U00020000-\\U000323af]+"
)

# The characters that 的，。“”是在我这一人 become: no GBK reading of Chinese in UTF-8 is without one for long.
GBK_SUSPECTS = "锛銆鈥鐨鏄鍦鎴杩涓"
_GBK_RUN = re.compile("[^\\x00-\\x7f\\ufffd]+")
_GBK_SUSPECT = re.compile(f"[{GBK_SUSPECTS}]")
_GBK_RESULT = re.compile(f"[{HAN}\\u2010-\\u2026\\u3000-\\u30ff\\uff01-\\uff60·]+\\ufffd?\\Z")

LOST = re.compile(
    f"[\\xc2-\\xf4]{_TAIL}{{0,2}}\ufffd|"
    f"(?<=[{HAN}])[\\xe2-\\xe9]{_TAIL}{{1,2}}(?=[{HAN}，。！？]|\\Z)|"
    "锟斤拷?|[锛銆鈥]|烫烫烫|屯屯屯|[\\xc2\\xc3\\xe2-\\xe9\\xef][\\x80-\\x9f]|[\\xe2-\\xe9][\\x80-\\xbf€‚ƒ„†‡ˆ‰Š‹ŒŽ•–˜™š›œžŸ]{2}"
)
"""Wrecks of a wrong decoding that cannot be undone."""

BESIDE = re.compile(f"(?<=[{HAN}])[\\xc2-\\xf4]|[\\xc2-\\xf4]{_TAIL}?(?=[{HAN}])")
"""What is left of UTF-8 read as Latin-1 in a text of which other characters could be repaired."""

_GB2312_RUN = re.compile("[\\xa1-\\xfe]{4,}+")
_GB2312_RESULT = re.compile(f"[{HAN}\u2014-\u201d\u2026\u3000-\u301f\uff01-\uff60·]+")
_GB2312_MARKS = re.compile("(?<![\\xa1-\\xfe])(?:[\xa1\xa3][\\xa1-\\xfe])+(?![\\xa1-\\xfe])")
_GB2312_LEVEL_2 = 0xD8
# What no Chinese text is without for long, so that other Latin-1 (a table of À to Ö) is not taken for it.
_FREQUENT = frozenset("，。、！？：；“”《》的一是不了在人有我他她这中大来上个国和也子时道说出得你地为那就")

_NAME_DOT = re.compile(f"\\?(?=[{NAME}]{{2}})(?<=[{NAME}]{{2}}\\?)")
_ANY_NAME_DOT = re.compile(f"\\?(?=[{HAN}]{{2}})(?<=[{HAN}]{{2}}\\?)")
# What stands before a name whose middle dot was lost, when it cannot be a question that ends with the name: nothing,
# a mark, or a word that leads to the name of a person.
_BEFORE_NAME = re.compile(
    "(?:\\A|[^\\w\\s]|\\s|[由与與和及对對据據被把向让讓请請给給跟随隨]|总统|總統|总理|總理|首相|主席|部长|部長|国王|國王|导演|導演|演员|演員|影星|球星|歌手|作家|诗人|詩人|教授"
    "|博士|记者|記者|律师|律師|名叫|名为|名為)\\Z"
)
_ASKS = re.compile(
    "[你您吗嗎呢吧谁誰哪几幾么麼什甚怎何否岂豈难難]|是不是|有没有|有沒有|能不能|会不会|會不會|要不要|认识|認識|知道|记得|記得|见过|見過|听说|聽說"
    "|喜欢|喜歡|[叫是像找见見爱愛]\\Z"
)
_SENTENCE_END = re.compile(f"[{FINAL}\\n\\r]")
_CLAUSE = 40


def latin_edits(text: str) -> Iterator[Edit]:
    """Undo one reading of UTF-8 as Latin-1 or Windows-1252; a doubled encoding takes two calls."""
    for run in _LATIN_RUN.finditer(text):
        sequences = [
            (m.start(), m.end(), _decode_latin(m.group())) for m in _LATIN_SEQUENCE.finditer(text, *run.span())
        ]
        if all(new for _, _, new in sequences) and _certain(
            run.group(), "".join(new for _, _, new in sequences), text[run.start() - 1 : run.start()]
        ):
            yield from sequences


def _decode_latin(sequence: str) -> str:
    """The character whose UTF-8 bytes were read one by one, or nothing when it is not one that text holds."""
    octets = bytes(_CP1252.get(char, ord(char) & 0xFF) for char in sequence)
    try:
        char = octets.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return char if _PLAUSIBLE.fullmatch(char) else ""


def _certain(run: str, decoded: str, before: str) -> bool:
    if _CONTROL.search(decoded):
        # Half of a doubled encoding, or nothing.
        return _LATIN_RUN.search(decoded) is not None
    if run[0] < "\xe0" and len(decoded) == 1:
        # Two characters alone: only Â and Ã, which no Chinese text has before a sign; and not within other wrecks.
        return run[0] in "ÂÃ" and not "\xc0" <= before <= "\xff"
    if "\xa1" <= before <= "\xfe" and max(decoded) < "\u0400":
        # The middle of GB 2312 read as Latin-1: the 的的的 of µÄµÄµÄ is no µĵĵÄ.
        return False
    return len(decoded) > 1 or not _NATURAL.issuperset(run[1:])


def gb2312_suspects(text: str) -> Iterator[tuple[int, str, str]]:
    """Runs of Latin-1 that are common ideographs (and marks) in GB 2312: start, run, reading."""
    for run in _GB2312_RUN.finditer(text):
        wrong = run.group()
        if len(wrong) % 2 or _LATIN_RUN.fullmatch(wrong):
            continue
        octets = wrong.encode("latin-1")
        if max(octets[::2]) >= _GB2312_LEVEL_2:
            continue
        right = octets.decode("gb2312", "replace")
        if len(set(right)) > 1 and _GB2312_RESULT.fullmatch(right) and any(char >= "\u4e00" for char in right):
            yield run.start(), wrong, right


def gb2312_edits(text: str) -> Iterator[Edit]:
    """Undo a reading of GB 2312 as Latin-1, where a sixth of the text that comes out are the commonest characters."""
    found = list(gb2312_suspects(text))
    readings = "".join(right for _, _, right in found)
    if 6 * sum(char in _FREQUENT for char in readings) < max(6, len(readings)):
        return
    if found:
        # Marks alone (5¡£¡± is 5。”) prove nothing, but beside so many ideographs they are what they look like.
        known = {start for start, _, _ in found}
        for run in _GB2312_MARKS.finditer(text):
            octets = run.group().encode("latin-1")
            if run.start() not in known and not _LATIN_RUN.fullmatch(run.group()):
                found.append((run.start(), run.group(), octets.decode("gb2312", "replace")))
    for start, _, right in sorted(found):
        if _GB2312_RESULT.fullmatch(right):
            yield from ((start + 2 * i, start + 2 * i + 2, char) for i, char in enumerate(right))


def gbk_edits(text: str) -> Iterator[Edit]:
    """Undo a reading of UTF-8 as GBK, where a whole run of characters turns back into Chinese.

    The last character of a run may have lost a byte (``的銆�``): it becomes U+FFFD.
    """
    if not _GBK_SUSPECT.search(text):
        return
    for run in _GBK_RUN.finditer(text):
        if not _GBK_SUSPECT.search(text, *run.span()):
            continue
        decoded = _decode_gbk(run.group())
        if len(decoded) >= 2 and _GBK_RESULT.match(decoded):
            yield from _aligned(run.start(), run.group(), decoded)


def _decode_gbk(wrong: str) -> str:
    try:
        octets = wrong.encode("gb18030")
        return octets.decode("utf-8")
    except UnicodeEncodeError:
        return ""
    except UnicodeDecodeError as error:
        return octets[: error.start].decode("utf-8") + "\ufffd" if error.end == len(octets) else ""


def _aligned(at: int, wrong: str, right: str) -> Iterator[Edit]:
    """Smallest groups of characters of both readings that stand for the same bytes."""
    i = j = done_i = done_j = 0
    ahead = 0  # bytes of ``wrong`` passed, less those of ``right``
    while i < len(wrong) or j < len(right):
        if (ahead <= 0 and i < len(wrong)) or j == len(right):
            ahead += len(wrong[i].encode("gb18030"))
            i += 1
        else:
            ahead -= len(right[j].encode("utf-8"))
            j += 1
        if ahead == 0 or (i == len(wrong) and j == len(right)):
            yield at + done_i, at + i, right[done_j:j]
            done_i, done_j = i, j


# Looked for from the dot on, of which there are few; two characters on either side are enough to know a name by.
_DOTTED = re.compile(f"[·•‧・](?<=[{HAN}]{{2}}.)(?=[{HAN}]{{2}})")


_LOST_DOTS = "?"
"""Among the names of a document in which dots have become question marks."""


def find_names(sample: str) -> frozenset[str]:
    """The two characters on either side of the middle dot of each name, and of each ``?`` that stands twice so.

    A question and its answer do not come twice; the name of a person does.
    """
    joints = Counter(_joint(sample, match.start()) for match in _NAME_DOT.finditer(sample))
    twice = {joint for joint, n in joints.items() if n > 1}
    dotted = {_joint(sample, match.start()) for match in _DOTTED.finditer(sample)}
    # Where one was lost for sure, the others were lost as well.
    lost = {_LOST_DOTS} if any(certain for _, certain in lost_name_dots(sample)) else set()
    return frozenset(twice | dotted | lost)


def _joint(text: str, at: int) -> str:
    return f"{text[at - 2 : at]}·{text[at + 1 : at + 3]}"


def lost_name_dots(text: str, names: frozenset[str] = frozenset()) -> Iterator[tuple[int, bool]]:
    """Where ``?`` stands between what may be two foreign names, and whether it is a lost ``·`` beyond doubt.

    There is none where the document has the name with its dot elsewhere, or time and again with the ``?``.

    ``你认识马克?克里斯认识他。`` has a question there and an answer after it: where the sentence asks, or has before
    the name what we do not know to lead to one, there is doubt.
    """
    for match in _ANY_NAME_DOT.finditer(text):
        at = match.start()
        if not _NAME_DOT.match(text, at):
            # Characters that are no transliteration's: only where the document has the name with its dot.
            if _joint(text, at) in names:
                yield at, True
            continue
        before = _SENTENCE_END.split(text[max(at - _CLAUSE, 0) : at])[-1]
        lead = before.rstrip(NAME)
        is_clear = _ASKS.search(lead) is None and (_LOST_DOTS in names or _BEFORE_NAME.search(lead) is not None)
        yield at, is_clear or _joint(text, at) in names
