"""What is done so that no sentence is cut off, comes out empty or loops: cutting, judging, joining.

A model has a budget of source tokens, and a cap on target tokens; libraries truncate silently at both. Here a
sentence over the budget is cut at clause marks and its pieces are translated one by one, and an output that looks
wrong is noticed, so that the caller can try again with smaller pieces.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import accumulate

from translate.engines.base import Hypothesis
from translate.text.split import cut_points

__all__ = ["cut_clauses", "cut_sentence", "join_hypotheses", "problems", "repeats"]

_LAST_CLAUSE_RANK = 2
_CLOSER_OF = dict(zip("(（[［【《〔｛{", ")）]］】》〕｝}", strict=True))
_IN_NUMBERS = ".,:．，："
_LONGEST_PERIOD = 16
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_FIRST_WORD = re.compile(r"[A-Z][a-z]*\b(?!-)")
_GLUED = re.compile(r"(\S{1,16}?)\1{3,}")
_ANYWHERE = 9
# What never is a name. Not I, which is always large, nor words that are names too, as Will and May.
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a also although an and any are as at be because both but by can did do does each for from had has have he her
        his how however if in into is it its more most no not of on only or other our she so some such than that the
        their them then there therefore these they this those though through thus to under until was we were what when
        where which while who whose with without would yet you your
        """,
    )
)


def cut_clauses(text: str, count: Callable[[str], int], budget: int) -> list[str]:
    """Cut a sentence of more than ``budget`` source tokens at clause marks in its middle half, outside brackets.

    For a model that translates short pieces better: where there is no such mark a piece stays longer than that, since
    a stub, a half of a bracket, or a name cut in two would cost more than it brings.

    Args:
        text: the sentence.
        count: source tokens of a text.
        budget: most tokens of a piece, if it can be had.

    Returns:
        The pieces in order; their concatenation is ``text`` but for blanks at the cuts.
    """
    return _halved(text, count, budget, _clause_cut)


def _clause_cut(text: str) -> int | None:
    in_brackets = _in_brackets(text)
    clauses = [(offset, rank) for offset, rank in cut_points(text) if rank <= _LAST_CLAUSE_RANK]
    return _most_central(text, [(offset, rank) for offset, rank in clauses if not in_brackets[offset]])


def _in_brackets(text: str) -> list[bool]:
    """For each offset whether it is inside brackets that open and close."""
    is_open: list[int] = []
    changes = [0] * (len(text) + 1)
    for offset, char in enumerate(text):
        if char in _CLOSER_OF:
            is_open.append(offset)
        elif is_open and char == _CLOSER_OF[text[is_open[-1]]]:
            changes[is_open.pop() + 1] += 1
            changes[offset + 1] -= 1
    return [depth > 0 for depth in accumulate(changes)]


def cut_sentence(text: str, count: Callable[[str], int], budget: int, *, anywhere: bool = True) -> list[str]:
    """Cut a sentence into pieces of at most ``budget`` source tokens.

    Cuts in two, again and again, at the best mark near the middle: pieces of like length translate better than
    full ones followed by a stub.

    Args:
        text: the sentence.
        count: source tokens of a text.
        budget: most tokens of a piece, at least 4.
        anywhere: where there is no mark, cut between any two characters; else leave the piece too long.

    Returns:
        The pieces in order; their concatenation is ``text`` but for blanks at the cuts.
    """
    return _halved(text, count, budget, partial(_best_cut, anywhere=anywhere))


def _halved(text: str, count: Callable[[str], int], budget: int, best: Callable[[str], int | None]) -> list[str]:
    """Cut in two, again and again, until a piece is within the budget or ``best`` knows no place."""
    text = text.strip()
    if len(text) < 2 or count(text) <= budget:
        return [text] if text else []
    at = best(text)
    if at is None:
        return [text]
    return [piece for half in (text[:at], text[at:]) for piece in _halved(half, count, budget, best)]


def _most_central(text: str, marks: Sequence[tuple[int, int]]) -> int | None:
    """The offset of the best mark in the middle half, of several the one nearest to the middle."""
    middle = len(text) / 2
    central = [(rank, abs(offset - middle), offset) for offset, rank in marks if 0.5 < offset / middle < 1.5]
    return min(central)[2] if central else None


def _best_cut(text: str, *, anywhere: bool) -> int | None:
    """Offset of the best place to cut: the best mark in the middle half, else any mark, else the middle."""
    middle = len(text) / 2
    marks = [(offset, rank) for offset, rank in cut_points(text) if 0 < offset < len(text)]
    if (central := _most_central(text, marks)) is not None:
        return central
    if marks and not anywhere:
        return min((abs(offset - middle), offset) for offset, _ in marks)[1]
    if marks:
        distance, offset = min((abs(offset - middle), offset) for offset, _ in marks)
        # A stub of a few characters is no progress on a text without marks.
        if distance < middle - 2:
            return offset
    return _middle(text) if anywhere else None


def _middle(text: str) -> int:
    """A place near the middle that is not inside a Latin word or number, if there is one within reach."""
    middle = len(text) // 2
    reach = min(middle - 1, 32)
    for step in range(reach + 1):
        for at in (middle - step, middle + step):
            if 0 < at < len(text) and not _is_inside_word(text, at):
                return at
    return middle


def _is_inside_word(text: str, at: int) -> bool:
    """Whether an offset is inside a Latin word, a number, or a number and its 万 or 亿."""
    before, after = text[at - 1], text[at]
    if before.isdigit() and (after.isdigit() or after in "十百千万萬亿億%％"):
        return True
    if (before in _IN_NUMBERS and text[at - 2 : at - 1].isdigit() and after.isdigit()) or (
        after in _IN_NUMBERS and before.isdigit() and text[at + 1 : at + 2].isdigit()
    ):
        return True
    return before.isascii() and before.isalnum() and after.isascii() and after.isalnum()


def join_hypotheses(pieces: Sequence[Hypothesis]) -> Hypothesis:
    """The hypothesis of a sentence that was translated in pieces.

    Its text is the pieces' texts with a space between; after a comma or a semicolon, or where no mark stands, a
    function word is not capitalised (``in Sanya, At that time`` becomes ``in Sanya, at that time``). Its score is the
    mean over all target tokens, as if it had been decoded at once; it ended by ``length`` if any piece did.
    """
    if len(pieces) == 1:
        return pieces[0]
    n_tokens = sum(piece.n_tokens for piece in pieces)
    total = math.fsum(piece.score * piece.n_tokens for piece in pieces)
    return Hypothesis(
        text=reduce(_joined, (piece.text for piece in pieces if piece.text), ""),
        score=total / n_tokens if n_tokens else 0.0,
        n_tokens=n_tokens,
        finish="length" if any(piece.finish == "length" for piece in pieces) else "eos",
    )


def _joined(before: str, text: str) -> str:
    word = _FIRST_WORD.match(text)
    if word and word[0].lower() in _FUNCTION_WORDS and before and (before[-1] in ",;" or before[-1].isalnum()):
        text = text[0].lower() + text[1:]
    return f"{before} {text}" if before else text


def problems(source: str, hypothesis: Hypothesis) -> frozenset[str]:
    """What is visibly wrong with a translation.

    Returns:
        Any of ``length_cap`` (the cap ended it, not the model), ``empty_target`` (nothing came out of something)
        and ``loop`` (words repeated over and over, and more often than in the source).
    """
    found = set()
    if hypothesis.finish == "length":
        found.add("length_cap")
    if not hypothesis.text.strip():
        if source.strip():
            found.add("empty_target")
    elif _loops(source, hypothesis.text):
        found.add("loop")
    return frozenset(found)


def _loops(source: str, target: str) -> bool:
    words = _WORD.findall(target.lower())
    # “very, very, very” and “no, no, no” are English; four times is not, nor are three times the same few words,
    # unless the source says it as often.
    times = max(repeats(words), repeats(words, n_least=2) + 1, _glued_repeats(target))
    return times >= 4 and times > repeats(source) + 1


def repeats(units: Sequence[str], *, n_least: int = 1) -> int:
    """How often the most repeated group of up to 16 units stands in a row, from 1.

    ``repeats("哈哈哈")`` is 3; ``repeats(["a", "b", "a", "b"])`` is 2.

    Args:
        units: words, or characters.
        n_least: only groups with so many words count; those of marks alone (``……``, ``----``) never do.
    """
    most = 1
    for period in range(1, min(_LONGEST_PERIOD, len(units) // 2) + 1):
        run = 0
        for i in range(period, len(units)):
            if units[i] != units[i - period]:
                run = 0
                continue
            run += 1
            times = run // period + 1
            if times > most and sum(unit[0].isalnum() for unit in units[i - period + 1 : i + 1]) >= n_least:
                most = times
    return most


def _glued_repeats(text: str) -> int:
    """The same for groups of characters inside one word: ``hahahahaha`` is 5."""
    most = 1
    for match in _GLUED.finditer(text):
        group = match[1]
        if any(char.isalpha() for char in group):
            most = max(most, len(match[0]) // len(group))
    return most
