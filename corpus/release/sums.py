"""The checksums of a dataset folder, as ``sha256sum`` writes and checks them."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["SUMS", "read_sums"]

SUMS = "SHA256SUMS"
"""The name of the file."""


def read_sums(folder: Path) -> dict[str, str]:
    """SHA-256, in hexadecimal, of each file that the checksums name; empty where there are none."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    found = (re.fullmatch(r"([0-9a-f]{64})  (\S.*)", line) for line in lines)
    return {match[2]: match[1] for match in found if match}
