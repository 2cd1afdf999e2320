"""What a file of ours that is XML says of its making itself, wherever it was carried."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path, PurePath
from typing import Any

from translate.files.packing import split_packing
from translate.files.unpack import read_chunks

__all__ = ["said_in_xml"]

_HEAD = 1 << 14
_OURS = re.compile(r'creationtool="duizhao"|tool-id="duizhao"|<note category="signature">')
_SIGNATURE = re.compile(r'<prop type="x-signature">([^<]*)<|<note (?:from|category)="signature">([^<]*)<')
_MACHINE = re.compile(r'creationid="MT!"|state-qualifier="mt-suggestion"|subState="duizhao:mt-suggestion"')


def said_in_xml(path: Path) -> dict[str, Any] | None:
    """Its signature, and who made the translations, as the beginning of the file tells; None where it is not ours.

    Only of ours is what the first unit says true of all.
    """
    if PurePath(split_packing(path.name)[0]).suffix.lower() not in (".tmx", ".xlf", ".xliff"):
        return None
    head = next(read_chunks(path), b"")[:_HEAD].decode("utf-8", "replace")
    signature = _SIGNATURE.search(head)
    if signature is None or not _OURS.search(head):
        return None
    said = {"signature": unescape(signature[1] or signature[2] or "")}
    return said | ({"target_origin": "machine"} if _MACHINE.search(head) else {})
