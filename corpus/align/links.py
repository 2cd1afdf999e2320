"""Links: which sentences of one text are the translation of which of the other, and how two sets of links agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from translate.errors import InputError

__all__ = ["Agreement", "Link", "agreement", "parse_links", "read_links", "render_links"]


@dataclass(frozen=True, slots=True)
class Link:
    """Consecutive sentences of the source and the consecutive sentences of the target that say the same.

    Attributes:
        source: first and one past the last, from 0; an empty range stands where a counterpart is missing.
        target: the same of the other side.
        score: from 0 to 1, how much of what either side says was found on the other; 0 where one side is empty.
    """

    source: range
    target: range
    score: float = 0.0

    @property
    def kind(self) -> str:
        """Sentences on either side: ``1:1``, ``1:2``, ``0:1`` …."""
        return f"{len(self.source)}:{len(self.target)}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision, recall and F1 of found links.

    Attributes:
        precision: of the links found, those that are right.
        recall: of the gold links, those that were found.
    """

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def render_links(links: Iterable[Link]) -> str:
    """Write links as the gold files have them, one a line: ``[0, 1]:[0]``, line numbers from 0."""
    return "".join(f"{list(link.source)}:{list(link.target)}\n" for link in links)


_LINE = re.compile(r"\[\s*((?:\d+(?:\s*,\s*\d+)*)?)\s*\]\s*:\s*\[\s*((?:\d+(?:\s*,\s*\d+)*)?)\s*\]\s*(?::.*)?")


def parse_links(text: str, name: str = "links") -> list[tuple[frozenset[int], frozenset[int]]]:
    """Read links of the form that `render_links` writes; a third field (a cost) is passed over, as are blank lines.

    Args:
        text: the file.
        name: what to call it in messages.

    Raises:
        InputError: a line is no link.
    """
    links = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise InputError(f"{name}:{number}: {line.strip()[:40]!r} is no link; expected a line such as [0, 1]:[0]")
        links.append((_numbers(found[1]), _numbers(found[2])))
    return links


def _numbers(listed: str) -> frozenset[int]:
    return frozenset(int(number) for number in listed.split(",")) if listed.strip() else frozenset()


def read_links(path: Path | str) -> list[tuple[frozenset[int], frozenset[int]]]:
    """Read a file of links.

    Raises:
        InputError: it cannot be read, or a line is no link.
    """
    try:
        return parse_links(Path(path).read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


Sets = tuple[frozenset[int], frozenset[int]]


def agreement(texts: Sequence[tuple[Sequence[Sets], Sequence[Sets]]], *, lax: bool = False) -> Agreement:
    """Score found links against gold ones, summed over texts, as in Thompson and Koehn (2019), section 4.

    Links with an empty side do not count on either hand. Strict: a link is right if the same two sets are a gold link.
    Lax: if it shares a source sentence and a target sentence with one gold link.

    Args:
        texts: of each text the links found and the gold links.
        lax: which of the two.
    """
    n_right = n_found = n_known = n_gold = 0
    for found, gold in texts:
        ours, theirs = [link for link in found if all(link)], [link for link in gold if all(link)]
        n_found += len(ours)
        n_gold += len(theirs)
        if lax:
            n_right += _touching(ours, theirs)
            n_known += _touching(theirs, ours)
        else:
            same = len(set(ours) & set(theirs))
            n_right += same
            n_known += same
    return Agreement(n_right / n_found if n_found else 0.0, n_known / n_gold if n_gold else 0.0)


def _touching(links: Sequence[Sets], others: Sequence[Sets]) -> int:
    """How many of the links share a sentence on both sides with one of the others."""
    cells = {(s, t) for source, target in others for s in source for t in target}
    return sum(any((s, t) in cells for s in source for t in target) for source, target in links)
