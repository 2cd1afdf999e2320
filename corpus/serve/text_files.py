"""Files of plain text, translated line by line."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from corpus.serve.downloads import safe_name
from translate.errors import DuizhaoError, InputError
from translate.files.inputs import read_lines
from translate.pipeline.translator import Translator

__all__ = ["SUFFIXES", "translate_file"]

SUFFIXES = (".txt",)
"""Of the files that can be translated."""

_LINES = 256


def translate_file(content: bytes, name: str, translator: Translator) -> bytes:
    """Translate a file; the result is of the same kind.

    Args:
        content: of the file.
        name: of the file; its suffix says of which kind it is.
        translator: of its text.

    Raises:
        InputError: it cannot be read.
    """
    name = safe_name(name)
    with tempfile.TemporaryDirectory(prefix="duizhao-") as folder:
        path = Path(folder) / f"file{Path(name).suffix.lower()}"
        path.write_bytes(content)
        try:
            lines = read_lines(str(path), None)
        except DuizhaoError as error:
            raise InputError(str(error).replace(str(path), name)) from error
    return "".join(f"{line}\n" for part in _parts(lines) for line in translator.translate(part)).encode()


def _parts(lines: list[str]) -> Iterator[list[str]]:
    yield from (lines[i : i + _LINES] for i in range(0, len(lines), _LINES))
