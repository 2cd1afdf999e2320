"""Links between the words of a sentence and of its translation, and how well two sets of links agree."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from corpus.words.tokens import Span
from translate.errors import InputError

__all__ = ["Link", "WordLinks", "error_rate", "parse_pharaoh", "render_pharaoh"]

Link = tuple[int, int]
"""Number of a source token and of a target token, from 0."""

_LINK = re.compile(r"(\d+)([-p?])(\d+)")


@dataclass(frozen=True, slots=True)
class WordLinks:
    """Which words of a sentence are which of its translation.

    Attributes:
        source: place of each source token, ``[start, end)`` in code points of the sentence; ascending, disjoint.
        target: the same of the translation.
        links: ascending by source token, then by target token, none twice. A token may have any number of links; one
            that has none has no counterpart.
    """

    source: tuple[Span, ...]
    target: tuple[Span, ...]
    links: tuple[Link, ...]

    @property
    def pharaoh(self) -> str:
        """The links as ``0-0 1-2``: numbers of tokens from 0, source first."""
        return render_pharaoh(self.links)

    @property
    def spans(self) -> tuple[tuple[Span, Span], ...]:
        """The links as places: that of the source token and that of the target token, in the order of the links."""
        return tuple((self.source[i], self.target[j]) for i, j in self.links)

    def target_of(self, start: int, end: int) -> tuple[Span, ...]:
        """What a stretch of the source became: spans of the target, ascending and apart.

        Args:
            start: first code point of the source; every token that shares a character with the stretch counts.
            end: one past the last.

        Returns:
            The target tokens linked with them. Those that stand beside each other, or have only white space between,
            are one span. Nothing where no token is linked.
        """
        within = {i for i, (first, last) in enumerate(self.source) if first < end and start < last}
        return _joined(self.target, {j for i, j in self.links if i in within})

    def source_of(self, start: int, end: int) -> tuple[Span, ...]:
        """The same from the target to the source."""
        within = {j for j, (first, last) in enumerate(self.target) if first < end and start < last}
        return _joined(self.source, {i for i, j in self.links if j in within})


def _joined(tokens: Sequence[Span], chosen: Collection[int]) -> tuple[Span, ...]:
    spans: list[Span] = []
    last = -2
    for index in sorted(chosen):
        start, end = tokens[index]
        if index == last + 1:  # between neighbours there is only white space
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
        last = index
    return tuple(spans)


def render_pharaoh(links: Iterable[Link]) -> str:
    """Write links as ``0-0 1-2``, as fast_align, eflomal and Moses have them."""
    return " ".join(f"{i}-{j}" for i, j in links)


def parse_pharaoh(line: str, name: str = "links") -> tuple[list[Link], list[Link]]:
    """Read links: sure ones (``0-0``) and possible ones (``0p1``, also ``0?1``).

    Args:
        line: links with blanks between.
        name: what to call it in messages.

    Raises:
        InputError: something in it is no link.
    """
    sure: list[Link] = []
    possible: list[Link] = []
    for text in line.split():
        found = _LINK.fullmatch(text)
        if found is None:
            raise InputError(f"{name}: {text[:40]!r} is no link; expected numbers of tokens from 0, such as 0-0 or 0p1")
        (sure if found[2] == "-" else possible).append((int(found[1]), int(found[3])))
    return sure, possible


def error_rate(texts: Iterable[tuple[Collection[Link], Collection[Link], Collection[Link]]]) -> float:
    """Alignment error rate (Och and Ney 2003, section 4.1, https://aclanthology.org/J03-1002), from 0 to 1.

    Args:
        texts: of each sentence pair the links found, the sure ones, and the possible ones (sure ones are possible too).
    """
    n_sure = n_possible = n = 0
    for found, sure, possible in texts:
        ours, theirs = set(found), set(sure)
        n_sure += len(ours & theirs)
        n_possible += len(ours & (theirs | set(possible)))
        n += len(ours) + len(theirs)
    return 1 - (n_sure + n_possible) / n if n else 0.0
