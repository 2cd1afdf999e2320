"""``han_in_target``: Chinese characters are left in the English."""

from __future__ import annotations

import re

from translate.text.marks import HAN, HAN_SIGNS

__all__ = ["VERSION", "han_in_target"]

VERSION = 1

_HAN = re.compile(f"[{HAN}{HAN_SIGNS}]")


def han_in_target(source: str, target: str) -> bool:
    """Whether the target of a source that is not empty has a Chinese character."""
    return bool(source) and not target.isascii() and _HAN.search(target) is not None
