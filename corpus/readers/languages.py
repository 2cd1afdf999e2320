"""Which side of a bitext is in which language, where the file says so."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["stands_for"]


@lru_cache(maxsize=256)
def stands_for(wanted: str, language: str) -> bool:
    """Whether a language that is asked for is the one of a text: ``zh`` stands for ``zh-TW`` and ``ZH_cn`` too."""
    wanted, language = (tag.lower().replace("_", "-") for tag in (wanted, language))
    return language == wanted or language.startswith(f"{wanted}-")
