"""JSONL: one document a line, with what the line says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from corpus.readers.base import Document, Input, Metadata, ReadOptions, Rejected
from translate.errors import InputError
from translate.files.lines import LONGEST_LINE, without_surrogates
from translate.text.paragraphs import split_paragraphs
from translate.text.records import Paragraph

__all__ = ["kind_of_value", "read", "whole_lines"]

_FIELDS = {
    "title": ("title",),
    "url": ("url",),
    "language": ("language", "lang"),
    "script": ("script",),
    "licence": ("license", "licence"),
}
"""Of the metadata, the fields of a line that say it; the first one that does counts."""

# What a text must have one of, too, not to be called empty.
_VISIBLE = re.compile(r"[^\s\0\ufeff\u200b-\u200f\u2060]")


def read(given: Input) -> Iterator[Document | Rejected]:
    """A document a line; blank lines are passed over, and a bad line is rejected alone."""
    source, file = given.source(), given.file
    pieces = given.lines(file.doc_id, given.on_bytes)
    for number, line in enumerate(whole_lines(pieces), start=1):
        if line is not None and not line.strip():
            continue
        try:
            text, name, metadata = _parse(line, given.options)
        except InputError as error:
            given.check()  # or the line may be wrong only because the file has changed
            yield Rejected(f"{file.origin}:{number}", str(error))
            continue
        doc_id = name or f"{file.doc_id}:{number}"
        yield Document(doc_id, source, partial(split_paragraphs, text), metadata)


def whole_lines(pieces: Iterable[Paragraph]) -> Iterator[str | None]:
    """Put lines together again from their pieces; None for one that is too long to be held."""
    parts: list[str] = []
    n_chars = 0
    for piece in pieces:
        n_chars += len(piece.text)
        if n_chars <= LONGEST_LINE:
            parts.append(piece.text)
        else:
            parts.clear()
        if piece.final:
            yield "".join(parts) if n_chars <= LONGEST_LINE else None
            parts.clear()
            n_chars = 0


def _parse(line: str | None, options: ReadOptions) -> tuple[str, str | None, Metadata]:
    """Take text, name and metadata from one line of JSON.

    Raises:
        InputError: if there is none, with the reason.
    """
    if line is None:
        raise InputError(f"line longer than {LONGEST_LINE:,} characters; cut the document into several")
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"expected a JSON object, found {kind_of_value(value)}")
    if options.text_field not in value:
        fields = ", ".join(map(repr, list(value)[:8])) or "none"
        raise InputError(f"no field {options.text_field!r}; its fields: {fields}; name another with --text-field")
    text = value[options.text_field]
    if not isinstance(text, str):
        raise InputError(f"field {options.text_field!r} should be a string, found {kind_of_value(text)}")
    name = value.get(options.id_field)
    if isinstance(name, bool) or not isinstance(name, str | int | float | None):
        raise InputError(f"field {options.id_field!r} should be a string or a number, found {kind_of_value(name)}")
    if not _VISIBLE.search(text):
        raise InputError("empty text")
    return without_surrogates(text), None if name is None else without_surrogates(str(name)), _metadata(value)


def _metadata(value: Mapping[str, Any]) -> Metadata:
    """What a line says of its document. What is no text, or a blank one, says nothing."""
    said: dict[str, str] = {}
    for name, fields in _FIELDS.items():
        texts = [value[field] for field in fields if isinstance(value.get(field), str) and value[field].strip()]
        if texts:
            said[name] = without_surrogates(texts[0].strip())
    return Metadata(**said)


def kind_of_value(value: object) -> str:
    """What to call a JSON value of that kind."""
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), "null")
