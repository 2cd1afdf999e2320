"""Files that are translated as they are: those with markup by `corpus.documents`, and plain text line by line."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePath

from corpus.documents.kinds import SUFFIXES, kind_of
from corpus.documents.translation import translate_document
from corpus.serve.downloads import safe_name
from translate.errors import DuizhaoError, InputError
from translate.files.inputs import read_lines
from translate.pipeline.translator import Translator

__all__ = ["suffixes", "translate_file"]

_TEXT = ".txt"
_LINES = 256


def suffixes() -> list[str]:
    """Of the files that can be translated."""
    return [_TEXT, *SUFFIXES]


def translate_file(content: bytes, name: str, translator: Translator) -> bytes:
    """Translate a file; the result is of the same kind.

    Args:
        content: of the file.
        name: of the file; its suffix says of which kind it is.
        translator: of its text.

    Raises:
        InputError: it cannot be read, or there is no such kind.
    """
    name = safe_name(name)
    if PurePath(name).suffix.lower() == _TEXT:
        return _translate_text(content, name, translator)
    kind = kind_of(name) if PurePath(name).suffix else None
    if kind is None:
        raise InputError(f"{name}: no kind of file that can be translated; those are {', '.join(suffixes())}")
    return translate_document(content, kind, translator, name=name).data


def _translate_text(content: bytes, name: str, translator: Translator) -> bytes:
    with tempfile.TemporaryDirectory(prefix="duizhao-") as folder:
        path = Path(folder) / f"file{_TEXT}"
        path.write_bytes(content)
        try:
            lines = read_lines(str(path), None)
        except DuizhaoError as error:
            raise InputError(str(error).replace(str(path), name)) from error
    parts = (lines[i : i + _LINES] for i in range(0, len(lines), _LINES))
    return "".join(f"{line}\n" for part in parts for line in translator.translate(part)).encode()
