"""Translated files, kept for whoever asked for them until they are fetched or old."""

from __future__ import annotations

import re
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import PureWindowsPath

__all__ = ["Download", "Downloads", "safe_name"]

_MOST_BYTES = 200_000_000
_SECONDS = 1800.0
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]')


@dataclass(frozen=True, slots=True)
class Download:
    """A file that waits to be fetched.

    Attributes:
        name: which the browser is to give it.
        content: its bytes.
        born: when it was made, by `time.monotonic`.
    """

    name: str
    content: bytes
    born: float


class Downloads:
    """Files by a token nobody can guess. They live in memory, and are forgotten with the server."""

    def __init__(self, most_bytes: int = _MOST_BYTES, seconds: float = _SECONDS) -> None:
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._files: OrderedDict[str, Download] = OrderedDict()

    def keep(self, name: str, content: bytes) -> str:
        """Keep a file; returns the last part of the address at which it can be had."""
        self._forget(len(content))
        token = secrets.token_urlsafe(18)
        self._files[token] = Download(name, content, time.monotonic())
        return token

    def find(self, token: str) -> Download | None:
        """The file of a token; None where there is none, or none any more."""
        self._forget(0)
        return self._files.get(token)

    def _forget(self, n_more: int) -> None:
        now = time.monotonic()
        n_bytes = n_more + sum(len(file.content) for file in self._files.values())
        while self._files:
            oldest = next(iter(self._files.values()))
            if n_bytes <= self._most_bytes and now - oldest.born < self._seconds:
                return
            n_bytes -= len(oldest.content)
            self._files.popitem(last=False)


def safe_name(name: str) -> str:
    """The name of a file as a browser sent it, without its path and without what no file system likes."""
    last = PureWindowsPath(name.replace("\0", "")).name  # which knows both kinds of slash
    return _UNSAFE.sub("_", last).strip(". ")[-120:] or "file"
