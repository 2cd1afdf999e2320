"""A glossary: which English a Chinese term is to have, and where its terms stand in a text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from translate.errors import InputError

__all__ = ["Glossary", "Term", "TermFound"]

_HEADS = (
    frozenset({"zh", "source", "chinese", "term", "中文", "原文"}),
    frozenset({"en", "target", "english", "translation", "英文", "译文"}),
)


@dataclass(frozen=True, slots=True)
class Term:
    """A term and its translation.

    Attributes:
        source: as it stands in Chinese texts.
        target: the English it is to have.
        note: for whoever keeps the glossary; changes nothing.
    """

    source: str
    target: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class TermFound:
    """A term in a text, at ``[start, end)``."""

    start: int
    end: int
    term: Term


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms, found in a text from left to right, at each place the longest.

    Attributes:
        terms: no two with the same source.

    Raises:
        InputError: a term is empty, or has two translations.
    """

    terms: tuple[Term, ...] = ()
    _by_first: dict[str, list[Term]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_first: dict[str, list[Term]] = {}
        seen: dict[str, str] = {}
        for term in self.terms:
            if not term.source or not term.target:
                raise InputError(f"glossary: {term.source!r} = {term.target!r}: a term has a source and a target")
            if seen.setdefault(term.source, term.target) != term.target:
                raise InputError(
                    f"glossary: {term.source!r} is {seen[term.source]!r} and {term.target!r}; leave one of them"
                )
            by_first.setdefault(term.source[0], []).append(term)
        for own in by_first.values():
            own.sort(key=lambda term: -len(term.source))
        object.__setattr__(self, "_by_first", by_first)

    @classmethod
    def of(cls, terms: Iterable[tuple[str, str]]) -> Self:
        """A glossary of pairs of Chinese and English."""
        return cls(tuple(Term(source.strip(), target.strip()) for source, target in terms))

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a glossary: UTF-8, a term a line, Chinese, a tab, English, and perhaps a tab and a note.

        Blank lines count nothing, nor a first line that names the columns (``zh``, ``en``).

        Raises:
            InputError: it cannot be read, or a line of it is no term; the message says which.
        """
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8"
            raise InputError(f"glossary {path}: {why}; expected a file of lines `Chinese<tab>English`") from error
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, where: str = "glossary") -> Self:
        """The same from a string.

        Args:
            text: lines of a glossary.
            where: what to call it in messages.
        """
        terms: dict[str, tuple[Term, int]] = {}
        for number, line in enumerate(text.splitlines(), 1):
            cells = [cell.strip() for cell in line.split("\t")]
            if not any(cells) or (number == 1 and _is_head(cells)):
                continue
            if len(cells) < 2 or not cells[0] or not cells[1]:
                raise InputError(
                    f"{where}, line {number}: {line.strip()[:40]!r} is no term; expected Chinese, a tab, English"
                )
            term = Term(cells[0], cells[1], " ".join(cells[2:]).strip())
            known, first = terms.setdefault(term.source, (term, number))
            if known.target != term.target:
                raise InputError(
                    f"{where}, line {number}: {term.source!r} is {term.target!r} here and {known.target!r} in line "
                    f"{first}; leave one of them"
                )
        return cls(tuple(term for term, _ in terms.values()))

    def to_tsv(self) -> str:
        """The glossary as `parse` reads it."""
        return "".join("\t".join(filter(None, (t.source, t.target, t.note))) + "\n" for t in self.terms)

    @property
    def digest(self) -> str:
        """12 hexadecimal digits of the terms, whatever their order and notes."""
        lines = sorted(f"{term.source}\t{term.target}\n" for term in self.terms)
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def find(self, text: str) -> list[TermFound]:
        """The terms in a text, in order; none overlaps another, and at each place the longest is taken.

        A term that begins or ends with a Latin letter or a figure begins and ends there where the text's word does.
        """
        found: list[TermFound] = []
        at = 0
        while at < len(text):
            term = next((term for term in self._by_first.get(text[at], ()) if _stands(term.source, text, at)), None)
            if term is None:
                at += 1
            else:
                found.append(TermFound(at, at + len(term.source), term))
                at = found[-1].end
        return found


def _is_head(cells: list[str]) -> bool:
    return len(cells) > 1 and all(cell.casefold() in names for cell, names in zip(cells, _HEADS, strict=False))


def _stands(source: str, text: str, at: int) -> bool:
    if not text.startswith(source, at):
        return False
    return not (_joined(text[at - 1 : at], source[0]) or _joined(source[-1], text[at + len(source) :][:1]))


def _joined(left: str, right: str) -> bool:
    """Whether two neighbours are parts of one Latin word or number."""
    return left.isascii() and left.isalnum() and right.isascii() and right.isalnum()
