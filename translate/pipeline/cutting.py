"""Where a sentence is cut, so that none is longer than the model does well, or reads at all.

A model has a budget of source tokens, at which libraries truncate silently. Here a sentence over the budget is cut
at marks, and its pieces are translated one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate

from translate.text.split import cut_points

__all__ = ["cut_clauses", "cut_sentence"]

_LAST_CLAUSE_RANK = 2
_CLOSER_OF = dict(zip("(（[［【《〔｛{", ")）]］】》〕｝}", strict=True))
_IN_NUMBERS = ".,:．，："


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
