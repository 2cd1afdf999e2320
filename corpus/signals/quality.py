"""Signals on a sentence pair. Nothing is dropped here: a pair is judged, and the judgement is written beside it."""

from __future__ import annotations

import re

from translate.text.flags import Flag

__all__ = ["judge"]

# CJK ideographs in all planes, and the iteration and zero signs that stand among them.
_HAN = re.compile(
    "[\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def judge(source: str, target: str) -> tuple[str, ...]:
    """Flags that follow from the two texts alone.

    Args:
        source: the Chinese sentence, repaired.
        target: its translation.

    Returns:
        ``han_in_target`` when Chinese characters are left in the English.
    """
    return (Flag.HAN_IN_TARGET,) if source and _HAN.search(target) else ()
