"""Spans that a translation repeats letter by letter: URLs, code, placeholders, hashtags, model numbers.

What is found is a matter of patterns, each with a name; whoever wants others brings a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from translate.errors import UsageError
from translate.text.marks import HAN

__all__ = ["DEFAULT", "PATTERNS", "Keep"]

_URL_CHAR = r"[A-Za-z0-9\-._~%:/?#\[\]@!$&'()*+,;=]"
_URL_END = r"[A-Za-z0-9/=#&_~\-]"
_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.){1,8}"
_TOP = "com|org|net|edu|gov|info|cn|hk|tw|uk|eu|io|dev|app|ai|me|tv|jp|de|fr"
_UNITS = (
    "km|cm|mm|nm|m|kg|mg|g|ml|l|kw|kwh|mw|gw|w|mb|gb|tb|kb|hz|khz|mhz|ghz|db|pa|kpa|mpa|hpa|v|mah|ma|am|pm|min|sec|s|h"
    "|px|pt|pp|bp|bps|x|st|nd|rd|th|usd|rmb|cny|ft|in|lb|oz|mph|rpm|fps"
)
_NAME = rf"[A-Za-z0-9_\-{HAN}]"

PATTERNS = {
    "url": (
        rf"(?:https?|ftp)://{_URL_CHAR}*{_URL_END}|(?<![A-Za-z0-9.@])www\.{_URL_CHAR}*{_URL_END}"
        rf"|(?<![A-Za-z0-9.@\-]){_DOMAIN}(?:{_TOP})(?![A-Za-z0-9\-]|\.[A-Za-z0-9])(?:/(?:{_URL_CHAR}*{_URL_END})?)?"
    ),
    "email": r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+",
    "code": r"(?<!`)(`{1,3})(?!`)[^`\n]{1,500}(?<!`)\1(?!`)",
    "tag": (
        r"<!--.{0,500}?-->|</?[A-Za-z][\w:.\-]*(?:\s+[\w:.\-]+(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=]+?))?)*\s*/?>"
    ),
    "placeholder": (
        r"[$%#]?\{\{\s{0,2}[A-Za-z0-9_.:|\-]{1,64}\s{0,2}\}\}|[$%#]?\{[A-Za-z0-9_.:,!\[\]\-]{0,64}\}"
        r"|%\([A-Za-z_][\w.]{0,63}\)[-#0-9.+]*[A-Za-z]|\$[A-Z][A-Z0-9_]+\b|%[A-Z][A-Z0-9_]+%"
        r"|(?<![\d%％])%(?:\d{1,2}\$)?[-+#0]{0,3}\d{0,3}(?:\.\d{1,3})?(?:hh|ll|[hlqjzt])?[sdiufFxXoceEgGp@](?![A-Za-z])"
        r"|%%(?=[^A-Za-z0-9]|$)"
    ),
    "hashtag": (
        rf"(?<![&/])#[^\s#,，。！？!?；;：:、<>{{}}`'\"“”‘’()（）]{{1,60}}#"
        rf"|(?<![A-Za-z0-9_#&/])#(?:{_NAME}{{1,30}}(?=[\s:：,，。!！?？；;、）)]|$)|[A-Za-z0-9_]+(?![A-Za-z0-9_#]))"
    ),
    "mention": (
        r"(?<![A-Za-z0-9._%+\-@/])@(?:[A-Za-z0-9_]+(?:[.\-][A-Za-z0-9_]+)*"
        rf"|{_NAME}{{2,30}}(?=[\s:：,，。!！?？；;、）)]|$))"
    ),
    "model": (
        rf"(?<![A-Za-z0-9\-./_])(?!\d[\d.,]*(?:{_UNITS})(?![A-Za-z0-9]))"
        r"(?=[A-Za-z0-9\-/.+]*\d)(?=[A-Za-z0-9\-/.+]*[A-Za-z])[A-Za-z0-9]+(?:[\-/.+][A-Za-z0-9]+)*\+?(?![A-Za-z0-9])"
    ),
}
"""Regular expressions by name. Where two find overlapping spans the one that begins first is taken, then the longer."""

DEFAULT = tuple(PATTERNS)
"""What ``default`` stands for: all of them."""


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept as it is.

    Attributes:
        names: of `PATTERNS`.
        own: further regular expressions, of whoever uses it.

    Raises:
        UsageError: there is no such pattern, or an expression is none.
    """

    names: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    _compiled: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        unknown = [name for name in self.names if name not in PATTERNS]
        if unknown:
            raise UsageError(f"unknown kind of span {unknown[0]!r}; known: default, {', '.join(PATTERNS)}")
        compiled = [re.compile(PATTERNS[name], re.ASCII if name in ("url", "email") else 0) for name in self.names]
        for expression in self.own:
            try:
                pattern = re.compile(expression)
            except re.error as error:
                raise UsageError(f"--keep-regex {expression!r} is no regular expression: {error}") from error
            if pattern.fullmatch(""):
                raise UsageError(f"--keep-regex {expression!r} finds nothing as well; it must ask for a character")
            compiled.append(pattern)
        object.__setattr__(self, "_compiled", tuple(compiled))

    @classmethod
    def named(cls, names: str | Iterable[str] = ("default",), own: Sequence[str] = ()) -> Self:
        """Those of these names; ``default`` is all of them.

        Args:
            names: of `PATTERNS`, or ``default``; several in one string are parted by commas.
            own: see `Keep`.
        """
        given = [names] if isinstance(names, str) else [*names]
        wanted = [name.strip() for each in given for name in each.split(",") if name.strip()]
        spread = dict.fromkeys(name for each in wanted for name in (DEFAULT if each == "default" else (each,)))
        ordered = (*(name for name in PATTERNS if name in spread), *(name for name in spread if name not in PATTERNS))
        return cls(ordered, tuple(own))

    def __bool__(self) -> bool:
        return bool(self._compiled)

    def find(self, text: str) -> list[tuple[int, int]]:
        """Where the spans of a text are, in order; none overlaps another."""
        found: list[tuple[int, int]] = []
        # Of each pattern its next match, which is looked for anew where another has taken a part of it.
        ahead = [pattern.search(text) for pattern in self._compiled]
        while matches := [match for match in ahead if match]:
            best = min(matches, key=lambda match: (match.start(), -match.end()))
            end = best.end()
            if best.group():
                found.append(best.span())
            else:
                end += 1
            for i, match in enumerate(ahead):
                if match and match.start() < end:
                    ahead[i] = self._compiled[i].search(text, end)
        return found
