"""How OPUS names documents and sentences, in its alignments and in the ids beside its Moses files."""

from __future__ import annotations

import re
from functools import lru_cache

from corpus.pair import Languages
from corpus.readers.languages import stands_for

__all__ = ["are_swapped", "joiner_of", "place_of"]

_UNSPACED = ("zh", "cmn", "yue", "ja", "th", "lo", "km", "my")
"""Languages whose sentences follow each other without a space."""

_NUMBERS = re.compile(r"(?:(\d{1,9})\.)?(\d{1,9})$")


@lru_cache(maxsize=256)
def are_swapped(first: str, second: str, languages: Languages) -> bool:
    """Whether two documents are the other way round than asked for, as their names tell: ``en/1.xml``, ``zh/1.xml``."""
    here, there = (re.split(r"[/._]", name) for name in (first, second))
    source, target = languages
    return any(stands_for(target, part) for part in here) and any(stands_for(source, part) for part in there)


@lru_cache(maxsize=256)
def joiner_of(language: str) -> str:
    """What stands between two sentences of a language."""
    return "" if any(stands_for(one, language) for one in _UNSPACED) else " "


def place_of(number: str) -> tuple[int, int] | None:
    """Paragraph and sentence that the number of a sentence tells: ``3.1``, or ``12`` alone; None where it has none."""
    found = _NUMBERS.search(number)
    return (int(found[1] or 0), int(found[2])) if found else None
