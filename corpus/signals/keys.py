"""Keys of a text that ignore its form, so that copies are found."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator

__all__ = ["digest", "key", "shingles", "skeleton"]

_NOT_WORD = re.compile(r"[\W_]+")
_NOT_LETTER = re.compile(r"[\W\d_]+")


def key(text: str) -> str:
    """The text without case, width, blanks and punctuation: the same for two copies that differ in form only."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).lower())


def skeleton(text: str) -> str:
    """`key` without digits: the same for ``Django 1.9 release notes`` and ``Django 2.0 release notes``."""
    return _NOT_LETTER.sub("", unicodedata.normalize("NFKC", text).lower())


def shingles(compact: str, n: int) -> Iterator[str]:
    """Every run of ``n`` characters of a `key`; the whole of one that is shorter."""
    if len(compact) <= n:
        yield compact
        return
    for start in range(len(compact) - n + 1):
        yield compact[start : start + n]


def digest(text: str) -> int:
    """A 64-bit hash that is the same in every run."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
