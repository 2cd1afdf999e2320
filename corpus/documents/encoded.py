"""The bytes of a file as text, so that they can be had back."""

from __future__ import annotations

import codecs
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from translate.errors import InputError
from translate.files.encodings import BYTE_ORDER_MARKS, scan

__all__ = ["LARGEST", "Encoded", "decoded"]

LARGEST = 64 << 20
"""Most bytes of a file, and of all that is packed in it: it is held whole, several times over."""

_Unwritable = Literal["xmlcharrefreplace", "strict"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text, and how it was written.

    Attributes:
        text: without the byte order mark.
        codec: Python's name of its encoding.
        mark: the byte order mark, if there is one.
    """

    text: str
    codec: str
    mark: bytes = b""

    def encode(self, text: str, unwritable: _Unwritable = "strict") -> bytes:
        """Another text, written in the same way; in UTF-8 what cannot be written so.

        Args:
            text: of the same kind.
            unwritable: what becomes of a character that the encoding has not.
        """
        return self.mark + text.encode(self.codec, unwritable)


def decoded(data: bytes, declared: str | None = None, forced: str | None = None, *, name: str = "file") -> Encoded:
    """Read the bytes of a file.

    Args:
        data: all of them.
        declared: the encoding that the file itself names; believed if it reads all of the file.
        forced: the encoding that the user names.
        name: what to call it in messages.

    Raises:
        InputError: it is too large, or in no encoding that gives the same bytes again.
    """
    if len(data) > LARGEST:
        raise InputError(f"{name}: {len(data):,} bytes, expected at most {LARGEST:,}; cut it into several files")
    for codec in filter(None, (forced, None if forced else "utf-8", None if forced else declared)):
        found = _read(data, codec)
        if found is not None:
            return found
    found = _read(data, _detected(data, forced, name))
    if found is None:
        raise InputError(f"{name}: its bytes are not what its text would be written as; convert it to UTF-8")
    return found


def _read(data: bytes, codec: str) -> Encoded | None:
    mark, own = next(((mark, own) for mark, own in BYTE_ORDER_MARKS if data.startswith(mark)), (b"", codec))
    own = {"utf-8-sig": "utf-8"}.get(own, own)
    try:
        own = codecs.lookup(own).name
        text = data[len(mark) :].decode(own)
        same = text.encode(own) == data[len(mark) :]
    except (LookupError, ValueError):
        return None
    return Encoded(text, own, mark) if same else None


def _detected(data: bytes, forced: str | None, name: str) -> str:
    with tempfile.NamedTemporaryFile(prefix="duizhao-") as file:
        file.write(data)
        file.flush()
        return scan(Path(file.name), forced, name=name).encoding.name
