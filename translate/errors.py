"""Every error a user can meet, as one tree.

::

    DuizhaoError                  something we can say in one line; exit code 1
    ├── UsageError                an option or a name that cannot be; exit code 2
    │   └── UnknownNameError      a model, format or engine nobody knows; lists the known ones
    ├── InputError                a document cannot be read
    │   └── UndecodableError      its bytes are in no encoding we can name; says where
    ├── ModelError                a model cannot be used
    │   ├── ModelUnavailableError neither in the cache nor to be had from the hub
    │   └── ModelDamagedError     a file is not the one that was pinned
    ├── EngineError               the engine failed while translating
    └── OutputError               the result cannot be written

A message names the thing, the value seen, the value expected and the way out. Foreign exceptions (OSError,
huggingface_hub, CTranslate2, sentencepiece) are turned into these at the seam where they arise.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "DuizhaoError",
    "EngineError",
    "InputError",
    "ModelDamagedError",
    "ModelError",
    "ModelFallbackWarning",
    "ModelUnavailableError",
    "OutputError",
    "UndecodableError",
    "UnknownNameError",
    "UsageError",
    "first_line",
]


class DuizhaoError(Exception):
    """Root of the tree: ``str(error)`` is the one line that a user reads."""

    exit_code = 1


class UsageError(DuizhaoError):
    """An option, or a combination of options, that makes no sense."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that is not among the known ones.

    Args:
        kind: what was named, as a noun (``"model"``, ``"format"``, ``"engine"``).
        name: the name seen.
        known: the names there are.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"unknown {kind} {name!r}; known: {', '.join(names)}.{hint}")
        self.kind = kind
        self.name = name


class InputError(DuizhaoError):
    """A document cannot be read."""


class UndecodableError(InputError):
    """Bytes that no encoding (or not the one forced) can read; the message gives the byte offset."""


class ModelError(DuizhaoError):
    """A model cannot be used."""


class ModelUnavailableError(ModelError):
    """The model is neither in the cache nor to be had from the hub."""


class ModelDamagedError(ModelError):
    """A file of the model is missing, or its size or SHA-256 is not the pinned one."""


class ModelFallbackWarning(UserWarning):
    """The model that ``auto`` stands for is not to be had, and the small one was loaded instead."""


class EngineError(DuizhaoError):
    """The engine failed while translating."""


class OutputError(DuizhaoError):
    """The result cannot be written."""


def first_line(error: BaseException) -> str:
    """What a foreign error says in its first line, or its kind when it says nothing."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
