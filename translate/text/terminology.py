"""What of a text has its translation laid down: terms of a glossary, and spans that stay as they are."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from translate.errors import UsageError
from translate.text.glossary import Glossary
from translate.text.keep import Keep

__all__ = ["VERSION", "Asked", "Terminology", "has_term", "lost", "read_asked", "write_asked"]

VERSION = 1
"""Raised when the same glossary and patterns ask for something else of a text, or count something else as kept; part of
the key of each sentence of which something is asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one place of a source is to become.

    Attributes:
        start: first code point of the place.
        end: one past its last.
        source: what stands there.
        target: what is to stand in the translation; the same where it is a span that stays.
        is_span: whether it is such a span, and no term.
        inflected: whether the last word of the term may end otherwise.
    """

    start: int
    end: int
    source: str
    target: str
    is_span: bool = False
    inflected: bool = False


@dataclass(frozen=True, slots=True)
class Terminology:
    """A glossary, and patterns of what stays as it is.

    Attributes:
        glossary: terms and their English.
        keep: spans that come out as they went in; a term inside one does not count.
        inflected: whether the last word of a term may end otherwise: cats for cat, studied for study.
    """

    glossary: Glossary = field(default_factory=Glossary)
    keep: Keep = field(default_factory=Keep)
    inflected: bool = False

    @classmethod
    def of(
        cls,
        glossary: Glossary | Mapping[str, str] | None = None,
        keep: Keep | str | Iterable[str] | None = None,
        *,
        inflected: bool = False,
    ) -> Self:
        """One of whatever is at hand.

        Args:
            glossary: a glossary, or English by Chinese; `Glossary.read` reads one from a file.
            keep: patterns, or their names (``"default"``, ``"url,email"``).
            inflected: see `Terminology`.
        """
        if glossary is None or isinstance(glossary, Mapping):
            glossary = Glossary.of((glossary or {}).items())
        if keep is None or not isinstance(keep, Keep):
            keep = Keep.named(keep or ())
        return cls(glossary, keep, inflected)

    def __bool__(self) -> bool:
        return bool(self.glossary.terms or self.keep)

    @property
    def signature(self) -> str:
        """The piece of a run's signature that names it: ``glossary:1f0c…|keep:url,email``; empty where it is empty."""
        parts = []
        if self.glossary.terms:
            parts.append(f"glossary:{self.glossary.digest}{'+inflected' if self.inflected else ''}")
        if self.keep:
            own = hashlib.sha256("\n".join(self.keep.own).encode()).hexdigest()[:8] if self.keep.own else ""
            parts.append("keep:" + ",".join([*self.keep.names, *([f"own-{own}"] if own else [])]))
        return "|".join([*parts, f"terms:{VERSION}"]) if parts else ""

    def asked(self, text: str) -> tuple[Asked, ...]:
        """What is asked of the translation of a text, in the order of the text."""
        if not self:
            return ()
        spans = self.keep.find(text)
        found = [Asked(a, b, text[a:b], text[a:b], is_span=True) for a, b in spans]
        for each in self.glossary.find(text):
            if not any(a < each.end and each.start < b for a, b in spans):
                term = each.term
                found.append(Asked(each.start, each.end, term.source, term.target, inflected=self.inflected))
        return tuple(sorted(found, key=lambda each: each.start))

    def key(self, text: str) -> str:
        """A text with what is asked of it: what a sentence is known by. The text alone where nothing is asked."""
        asked = self.asked(text)
        if not asked:
            return text
        wanted = [[each.start, each.end, each.target, each.inflected] for each in asked]
        return f"{text}\n{json.dumps([VERSION, wanted], ensure_ascii=False)}"

    def to_json(self) -> str:
        """As `from_json` reads it back, on a worker of another machine."""
        fields = {
            "terms": self.glossary.to_tsv(),
            "keep": list(self.keep.names),
            "own": list(self.keep.own),
            "inflected": self.inflected,
        }
        return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            UsageError: it is nothing of the kind.
        """
        try:
            said = json.loads(text)
            return cls(
                Glossary.parse(said["terms"]), Keep(tuple(said["keep"]), tuple(said["own"])), bool(said["inflected"])
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(f"no glossary and patterns of a plan: {text[:40]!r}") from error


# --- what is kept

_WORD = "A-Za-z0-9À-ÖØ-öø-ÿ"
_ENDINGS = "(?:e?s|['’]s|s['’]|e?d|ing)?"
_SENTENCE_START = re.compile(r"(?:\A|[.!?:;…\n][\"'”’)\]]*)\W*\Z")


def lost(asked: Sequence[Asked], source: str, target: str) -> tuple[Asked, ...]:
    """What of that is not in a translation.

    A term has to stand there once, as a word or words of its own, its first letter perhaps a capital where a sentence
    begins. A span has to stand there as often as in the source.
    """
    missing = []
    for each in asked:
        if each.is_span:
            if _count_span(each.target, target) != _count_span(each.target, source):
                missing.append(each)
        elif not has_term(target, each.target, inflected=each.inflected):
            missing.append(each)
    return tuple(missing)


def _count_span(span: str, target: str) -> int:
    """How often a span stands in a text, and not as a part of a longer word or address."""
    before = rf"(?<![{_WORD}])" if span[0].isascii() and span[0].isalnum() else ""
    after = rf"(?![{_WORD}])" if span[-1].isascii() and span[-1].isalnum() else ""
    return len(re.findall(before + re.escape(span) + after, target))


def has_term(target: str, term: str, *, inflected: bool = False) -> bool:
    """Whether a term stands in an English text as words of its own.

    Args:
        target: the text.
        term: as the glossary writes it; where the text writes it with any white space between its words it is the same.
        inflected: whether its last word may end otherwise.
    """
    if _pattern(term, inflected).search(target):
        return True
    if not term[0].islower():
        return False
    capital = _pattern(term[0].upper() + term[1:], inflected)
    return any(_SENTENCE_START.search(target[: match.start()]) for match in capital.finditer(target))


@lru_cache(maxsize=4096)
def _pattern(term: str, inflected: bool) -> re.Pattern[str]:
    before = rf"(?<![{_WORD}])" if term[0].isalnum() else ""
    after = rf"(?![{_WORD}])" if term[-1].isalnum() else ""
    forms = [_words(term)]
    if inflected and term[-1].isalpha():
        stem, last = _words(term[:-1]), term[-1]
        forms = [_words(term) + _ENDINGS, f"{_words(term)}{re.escape(last)}(?:ed|ing)"]
        forms += {"y": [f"{stem}ie[sd]"], "e": [f"{stem}ing"], "f": [f"{stem}ves"]}.get(last.lower(), [])
    return re.compile(f"{before}(?:{'|'.join(forms)}){after}")


def _words(term: str) -> str:
    return r"\s+".join(map(re.escape, term.split(" ")))


# --- as a column of a corpus


def write_asked(terms: Sequence[Asked], source: str, target: str) -> str:
    r"""What is asked of a sentence as one text: ``腾讯=Tencent; !海南=Hainan``, ``!`` before what is not kept.

    A span that stays stands alone. ``\\``, ``;``, ``=`` and ``!`` in a term have a backslash before them.
    """
    missing = set(lost(terms, source, target))
    parts = []
    for each in terms:
        both = (each.source,) if each.is_span else (each.source, each.target)
        text = "=".join(_SPECIAL.sub(r"\\\g<0>", side) for side in both)
        parts.append(f"!{text}" if each in missing else text)
    return "; ".join(dict.fromkeys(parts))


def read_asked(text: str) -> list[tuple[str, str, bool]]:
    """Source, target and whether it was kept, of each that `write_asked` wrote."""
    found = []
    for part in _split(text, ";"):
        own = part.removeprefix(" ")
        sides = [_ESCAPED.sub(r"\1", side) for side in _split(own.removeprefix("!"), "=")]
        found.append((sides[0], sides[-1], not own.startswith("!")))
    return found


_SPECIAL = re.compile(r"[\\;=!]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def _split(text: str, mark: str) -> list[str]:
    """Cut at the marks that have no backslash before them."""
    parts, start = [], 0
    for match in re.finditer(rf"\\.|{re.escape(mark)}", text, re.DOTALL):
        if match[0] == mark:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]] if text else []
