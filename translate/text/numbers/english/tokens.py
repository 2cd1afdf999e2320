"""The words and digits of an English text."""

from __future__ import annotations

import re
from dataclasses import replace

from translate.text.numbers.number import ARABIC, Number, Value

__all__ = []

_TOKEN = re.compile(rf"{ARABIC}|[A-Za-z]+|[½¼¾⅓⅔⅕-⅞]|[%‰]")
_JOINS = frozenset({" ", "-", "+ ", "+", "", "\n", "\u00a0", "\u2011", "‐"})


class Tokens:
    """The words and digits of a text, which reading goes through from left to right.

    Args:
        text: folded.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [(match[0].lower(), match.start(), match.end()) for match in _TOKEN.finditer(text)]
        self.found: list[Number] = []
        self.last_token = -9
        """Index of the last token of what was found last."""

    def _is(self, i: int, *words: str) -> bool:
        return 0 <= i < len(self.tokens) and self.tokens[i][0] in words

    def _get(self, i: int) -> str:
        return self.tokens[i][0] if 0 <= i < len(self.tokens) else ""

    def _adjacent(self, i: int) -> bool:
        """Whether a token follows the one before it with no more than a blank or a hyphen."""
        return 0 < i < len(self.tokens) and self.text[self.tokens[i - 1][2] : self.tokens[i][1]] in _JOINS

    def _add(
        self,
        i: int,
        end: int,
        values: tuple[Value, ...],
        *,
        is_required: bool = True,
        span: tuple[float, float] | None = None,
        parts: tuple[Number, ...] = (),
        stem: str = "",
    ) -> int:
        """Note a number of the tokens from ``i`` to before ``end``; returns ``end``."""
        start, stop = self.tokens[i][1], self.tokens[end - 1][2]
        self.found.append(Number(start, stop, self.text[start:stop], values, is_required, span, parts, stem))
        self.last_token = end - 1
        return end

    def _change_last(self, **changes: object) -> None:
        self.found[-1] = replace(self.found[-1], **changes)  # type: ignore[arg-type]  # fields by name

    def _number(self, i: int, end: int, value: int) -> Number:
        start, stop = self.tokens[i][1], self.tokens[end - 1][2]
        return Number(start, stop, self.text[start:stop], (float(value),))
