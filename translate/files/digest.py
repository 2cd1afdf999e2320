"""SHA-256 of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

__all__ = ["sha256_of"]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; an `OSError` is the caller's to explain."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
