"""The sentences of a run in the order of the input, in files that workers and the assembler read.

{"sha256": …}                                          of all the bytes that follow
{"rows": 1, "number": …, "key": …}
{"doc": …, "source": …}                                the following sentences are of this document
[paragraph, index, start, end, raw, text, flag, …]     a sentence that comes here first; text is null where it is raw
{"copy": […]}                                          one that came before: decoded there
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from corpus.build.part_file import json_line, under_hash
from corpus.build.run.files import RunFiles
from corpus.build.run.manifest import Entry, checked
from translate.text.records import Sentence

__all__ = [
    "Row",
    "document_line",
    "is_document",
    "marked_copy",
    "read_rows",
    "read_texts",
    "rows_bytes",
    "sentence_line",
]

_COPY, _DOC = b'{"copy":', b'{"doc":'


class Row(NamedTuple):
    """A sentence of a run, whether it is the same as an earlier one, and the licence of its document."""

    sentence: Sentence
    is_copy: bool
    license: str | None


def document_line(doc_id: str, license: str | None = None) -> bytes:  # noqa: A002 - the name of the column
    """The line before the sentences of a document."""
    return json_line({"doc": doc_id} if license is None else {"doc": doc_id, "license": license})


def is_document(line: bytes) -> bool:
    """Whether a line is one of those."""
    return line.startswith(_DOC)


def sentence_line(sentence: Sentence) -> bytes:
    """The line of a sentence."""
    s = sentence
    fields = [s.paragraph, s.index, s.start, s.end, s.raw, None if s.text == s.raw else s.text, *s.flags]
    line = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return line.encode("utf-8", "surrogatepass") + b"\n"


def marked_copy(line: bytes) -> bytes:
    """The line of a sentence that came before."""
    return b"%s%s}\n" % (_COPY, line[:-1])


def rows_bytes(number: int, key: str, lines: Iterable[bytes]) -> bytes:
    """Lay out a file of rows."""
    return under_hash([json_line({"rows": 1, "number": number, "key": key}), *lines])


def _lines(files: RunFiles, entry: Entry) -> Iterator[bytes]:
    lines = iter(checked(files, entry.rows_name, entry.sha256).split(b"\n"))
    next(lines)
    next(lines)
    for line in lines:
        if line:
            yield line


def _loads(line: bytes) -> Any:
    return json.loads(line.decode("utf-8", "surrogatepass"))


def read_texts(files: RunFiles, entry: Entry) -> list[str]:
    """What the model reads: the distinct sentences of a part, in order.

    Raises:
        InputError: the file of rows is gone, or is not the one that was planned.
    """
    rows = (_loads(line) for line in _lines(files, entry) if line[:1] == b"[")
    return [raw if text is None else text for _, _, _, _, raw, text, *_ in rows]


def read_rows(files: RunFiles, entry: Entry) -> Iterator[Row]:
    """All sentences of a part, in the order of the input.

    Raises:
        InputError: the file of rows is gone, or is not the one that was planned.
    """
    doc: dict[str, str] = {}
    for line in _lines(files, entry):
        if is_document(line):
            doc = _loads(line)
            continue
        is_copy = line.startswith(_COPY)
        fields = _loads(line)
        paragraph, index, start, end, raw, text, *flags = fields["copy"] if is_copy else fields
        own = raw if text is None else text
        sentence = Sentence(doc["doc"], paragraph, index, start, end, raw, own, tuple(flags))
        yield Row(sentence, is_copy, doc.get("license"))
