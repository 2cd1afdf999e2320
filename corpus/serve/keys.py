"""API keys: who may ask, where not everybody may."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from translate.errors import InputError

__all__ = ["ApiKeys"]

_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The keys that are good; only their hashes are kept, so that looking one up tells nothing by its time.

    Attributes:
        hashes: SHA-256 of each.
    """

    hashes: frozenset[bytes]

    @classmethod
    def read(cls, path: str | Path) -> ApiKeys:
        """Read a file of keys, one a line; what stands behind a key is a note, and so is a line that begins with ``#``.

        Raises:
            InputError: it cannot be read, has no key, or one that is too short to be none that is guessed.
        """
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise InputError(f"{path}: no keys can be read from it: {reason}") from error
        words = [line.split() for line in lines]
        keys = [found[0] for found in words if found and not found[0].startswith("#")]
        if not keys:
            raise InputError(f"{path}: no key in it; expected one a line")
        if short := [number for number, key in enumerate(keys, 1) if len(key) < _SHORTEST]:
            raise InputError(f"{path}: key {short[0]} has fewer than {_SHORTEST} characters; take a longer one")
        return cls(frozenset(_hash(key) for key in keys))

    def __contains__(self, key: str) -> bool:
        return _hash(key) in self.hashes


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
