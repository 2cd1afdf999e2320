"""What decodes on this machine, for the record."""

from __future__ import annotations

import platform
from importlib import metadata

from translate.engines.native import library as native_library

__all__ = ["environment"]

_LIBRARIES = ("ctranslate2", "sentencepiece", "torch", "transformers")


def environment() -> dict[str, str]:
    """Versions by name. They can move the last digit of a score, so they are noted, but are part of no key."""
    versions = {name: metadata.version(name) for name in _LIBRARIES}
    if sources := native_library.version():
        versions["native"] = sources
    return {"python": platform.python_version(), "machine": platform.machine(), **versions}
