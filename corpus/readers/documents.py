"""Inputs to documents: what is in the files, and which cannot be read and why.

::

    INPUT… --find_inputs--> [InputFile] --read_documents--> Document | Rejected, one at a time

A document is a key and a way to read it, not a container: its paragraphs are read when they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b

from corpus.readers.base import Document, Input, InputFile, OnBytes, ReadOptions, Rejected
from corpus.readers.kinds import kind_of, reader_of
from translate.errors import InputError
from translate.files.lines import forced_encoding

__all__ = ["read_documents"]


class _Names:
    """Makes names unique: the second ``a`` becomes ``a#2``. Keeps 8 bytes of hash a name, not the names.

    Names are the same that some format would write the same, so that an id is unique in all of them.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._next: dict[int, int] = {}  # only for names that came twice

    def unique(self, name: str) -> str:
        key = self._key(name)
        if key not in self._seen:
            self._seen.add(key)
            return name
        n = self._next.get(key, 2)
        while self._key(f"{name}#{n}") in self._seen:
            n += 1
        self._next[key] = n + 1
        self._seen.add(self._key(f"{name}#{n}"))
        return f"{name}#{n}"

    @staticmethod
    def _key(name: str) -> int:
        return int.from_bytes(blake2b(_REPLACED.sub("_", name).encode(), digest_size=8).digest(), "big")


# White space is "_" in TMX and " " in TSV; NUL is U+FFFD in one and " " in the other; what XML cannot hold is U+FFFD.
_REPLACED = re.compile("[^!-\ud7ff\ue000-\ufffc\U00010000-\U0010ffff]|\\s")


def read_documents(
    files: Iterable[InputFile], options: ReadOptions, on_bytes: OnBytes | None = None
) -> Iterator[Document | Rejected]:
    """Open inputs one after another; nothing is kept of those that have gone by but a hash of their names.

    Each file is looked at as a whole before its first document comes, so a file that cannot be decoded is rejected
    as a whole. In a .jsonl each line is a document of its own and is rejected alone; blank lines are passed over.

    Args:
        files: as `find_inputs` found them.
        options: encoding, and the fields of .jsonl.
        on_bytes: called with a number of bytes on disk as they are done with: read as text, or rejected.

    Raises:
        UnknownNameError: if no encoding has the name that the options force.
    """
    if options.encoding is not None:
        forced_encoding(options.encoding)
    names = _Names()
    for file in files:
        try:
            for found in _open(file, options, on_bytes):
                if isinstance(found, Document):
                    yield replace(found, doc_id=names.unique(found.doc_id))
                else:
                    yield found
        except InputError as error:
            if on_bytes is not None:
                on_bytes(file.n_bytes)
            yield Rejected(file.origin, str(error).removeprefix(f"{file.origin}: "))


def _open(file: InputFile, options: ReadOptions, on_bytes: OnBytes | None) -> Iterator[Document | Rejected]:
    if file.problem is not None:
        raise InputError(file.problem)
    given = Input(file, options, on_bytes)
    yield from reader_of(kind_of(given))(given)
