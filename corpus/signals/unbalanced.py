"""``unbalanced``: brackets and quotation marks that open or close on one side only."""

from __future__ import annotations

import re
from math import inf

from corpus.signals.signal import Signal

__all__ = ["UNBALANCED", "unbalanced"]

_PAIRS = {
    "(": ")", "（": "）", "[": "]", "［": "］", "【": "】", "〔": "〕", "{": "}", "《": "》", "〈": "〉", "「": "」",
    "『": "』", "“": "”",
}  # fmt: skip
_WIDTH = {"（": "(", "）": ")", "［": "[", "］": "]"}
_OPENER = {_WIDTH.get(close, close): _WIDTH.get(opener, opener) for opener, close in _PAIRS.items()}
_MARK = re.compile("[" + re.escape("".join(_PAIRS) + "".join(_PAIRS.values())) + '"＂]')
_LABEL = re.compile(r"(?:^|[\s；;，,。.、：:])(?:[0-9]{1,3}|[a-zA-Z]|[一二三四五六七八九十]{1,3}|[ivx]{1,4})\Z")
_LONGEST_LABEL = 5


def unbalanced(source: str, target: str) -> float:
    """How many more marks stand without their counterpart on one side than on the other.

    A sentence that ends within a quotation has an open mark in both languages, which says nothing; one of them alone
    says that something was dropped. Straight quotation marks are without a counterpart where their number is odd;
    single ones are left out, since they are apostrophes, too. The bracket of ``1)`` needs none.
    """
    return abs(_alone(source) - _alone(target))


def _alone(text: str) -> int:
    """Marks of a text without their counterpart."""
    n_alone = n_straight = 0
    opened: list[str] = []
    for match in _MARK.finditer(text):
        mark = _WIDTH.get(match[0], match[0])
        if mark in '"＂':
            n_straight += 1
        elif mark not in _OPENER:
            opened.append(mark)
        elif _OPENER[mark] in opened:
            # The last one: marks may cross, as in 《a（b》c）, and each has its counterpart all the same.
            del opened[len(opened) - 1 - opened[::-1].index(_OPENER[mark])]
        elif mark != ")" or not _LABEL.search(text[max(0, match.start() - _LONGEST_LABEL) : match.start()]):
            n_alone += 1
    return n_alone + n_straight % 2 + len(opened)


UNBALANCED = Signal(
    "unbalanced", unbalanced, 1, "marks", 0, inf, "brackets and quotation marks without counterpart on one side only"
)
