"""``open_end``: the source ends as a sentence does, and the target does not."""

from __future__ import annotations

import re

from corpus.signals.signal import Signal

__all__ = ["OPEN_END", "open_end"]

_CHINESE_END = re.compile(r"""[。！？…!?][”’」』）)"]*\s*\Z""")
_ENGLISH_END = re.compile(r"""[.!?…:;。！？][”’»）)\]"']*\s*\Z""")


def open_end(source: str, target: str) -> float | None:
    """1 if the target of a source that ends in 。！？ or … ends in no such mark, nor in : or ;, else 0.

    None for a source that ends in none of them, as a heading.
    """
    if not _CHINESE_END.search(source):
        return None
    return 0 if _ENGLISH_END.search(target) else 1


OPEN_END = Signal("open_end", open_end, 1, "ends", 0, 1, "the source ends in 。！？ or …, the target in no end mark")
