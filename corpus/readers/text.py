"""Plain text: one document a file, one paragraph a line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from corpus.readers.base import Document, Input

__all__ = ["read"]


def read(given: Input) -> Iterator[Document]:
    """The one document of a file."""
    yield Document(given.file.doc_id, given.source(), partial(given.lines, on_bytes=given.on_bytes))
