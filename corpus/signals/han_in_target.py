"""``han_in_target``: Chinese characters are left in the English."""

from __future__ import annotations

import re

__all__ = ["VERSION", "han_in_target"]

VERSION = 1

# CJK ideographs in all planes, and the iteration and zero signs that stand among them.
_HAN = re.compile(
    "[\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def han_in_target(source: str, target: str) -> bool:
    """Whether the target of a source that is not empty has a Chinese character."""
    return bool(source) and _HAN.search(target) is not None
