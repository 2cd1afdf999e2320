"""Which reader a file is for: by its suffix, else by what it begins with.

``.txt`` is text whatever stands in it. A file of any other suffix, or of none, is text too, unless it is of a kind
that would be read as prose and is none: a page of HTML, a table, a list in JSON.
"""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import cast

from corpus.readers.base import Input, Reader
from translate.errors import InputError
from translate.files.markup import STRUCTURED, looks_like

__all__ = ["MARKED", "READERS", "SUFFIXES", "kind_of", "reader_of"]

READERS = {
    "text": "corpus.readers.text:read",
    "jsonl": "corpus.readers.jsonl:read",
    "marked": "corpus.documents.reader:read",
}
"""The known readers, by the kind of file: ``module:function`` of a `Reader`, imported when there is such a file."""

_SEARCHED = (".docx", ".epub", ".htm", ".html", ".xhtml", ".markdown", ".md", ".srt", ".vtt", ".ass", ".ssa")
SUFFIXES = {".txt": "text", ".jsonl": "jsonl", **dict.fromkeys(_SEARCHED, "marked")}
"""Suffixes that name a kind. A folder is searched for these; each may be packed."""

_NAMED = dict.fromkeys((".po", ".pot", ".csv", ".tsv", ".tmx", ".xlf", ".xliff"), "marked")
"""Those of files that hold two languages or no prose, and are read where they are named."""

MARKED = frozenset((*_SEARCHED, *_NAMED))
"""Suffixes of files with markup, of which only what is Chinese is read."""

_PLAIN = "or name it .txt to have it read as it stands"
_WAYS_OUT = {
    "HTML": f"a page of HTML without the name of one; name it .html to have its main text read, {_PLAIN}",
    "XML": f"XML, expected text; take the text out of it, {_PLAIN}",
    "JSON": f"JSON that is not one object a line; make .jsonl of it (`jq -c '.[]'` does for a list), {_PLAIN}",
    "a table": f"a table, expected text; make .jsonl of its rows, {_PLAIN}",
    "subtitles": f"subtitles of a kind that is not read; make .srt of them, {_PLAIN}",
}
"""What to say of text that is no prose."""


def kind_of(given: Input) -> str:
    """The kind of a file, a key of `READERS`.

    Raises:
        InputError: it is of a kind that has no reader, or cannot be read at all.
    """
    suffix = given.file.suffix
    if suffix in SUFFIXES or suffix in _NAMED:
        return SUFFIXES.get(suffix) or _NAMED[suffix]
    head, is_whole = _first_line(given)
    if _is_object(head, is_whole):
        return "jsonl"
    what = STRUCTURED.get(suffix) or looks_like(head)
    if what is not None:
        raise InputError(_WAYS_OUT[what])
    return "text"


def _first_line(given: Input) -> tuple[str, bool]:
    """The first line that is not blank, or the beginning of one that is very long, and whether it is all of it."""
    for line in given.lines(given.file.doc_id):
        if line.text.strip():
            return line.text, line.final
    return "", True


def _is_object(line: str, is_whole: bool) -> bool:
    """Whether this is an object of JSON, as far as it can be seen."""
    if not re.match(r'\s*\{\s*"', line):
        return False
    if not is_whole:
        return True
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def reader_of(kind: str) -> Reader:
    """The reader of a kind."""
    module, _, name = READERS[kind].partition(":")
    return cast(Reader, getattr(import_module(module), name))
