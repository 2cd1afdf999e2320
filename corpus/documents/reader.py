"""Files with markup as documents to build a corpus from: a segment a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Protocol, cast, runtime_checkable

from corpus.documents.encoded import LARGEST
from corpus.documents.kinds import FileOptions, kind_of, open_file
from corpus.documents.segments import Role, Segment
from corpus.readers.base import Document, Input, Metadata, SourceFile
from translate.errors import InputError
from translate.files.digest import sha256_of
from translate.files.lines import without_surrogates
from translate.files.packing import split_packing
from translate.files.unpack import read_chunks
from translate.text.flags import Flag
from translate.text.records import Paragraph

__all__ = ["paragraphs_of", "read", "read_whole"]

_UNTOLD = (Role.PARAGRAPH, Role.CUE, Role.MESSAGE, Role.UNIT)
"""What is the rule in its kind of file, and is not worth a flag."""


@runtime_checkable
class _HasMain(Protocol):
    """A file that knows which of its texts it is about."""

    def main(self) -> list[int]:
        """Which of the segments."""
        ...


def read(given: Input) -> Iterator[Document]:
    """The one document of a file, whose text is its segments, each a line.

    Raises:
        InputError: it is not what its name says, is damaged, could do harm, or has no Chinese in it.
    """
    file = given.file
    name = split_packing(file.origin)[0]
    kind = cast(str, kind_of(PurePath(name).name))
    if given.on_bytes is not None:
        given.on_bytes(file.n_bytes)
    given.check()
    marked = open_file(
        read_whole(given.path), kind, file.origin, FileOptions(given.options.encoding, given.options.columns)
    )
    segments = list(marked.segments)
    if isinstance(marked, _HasMain) and not given.options.all_text:
        segments = [segments[number] for number in marked.main()]
    if not segments:
        raise InputError("no text in it that has anything Chinese; expected some (--all-text reads all of a page)")
    title = next((s.text for s in marked.segments if s.role is Role.TITLE), None)
    origin, doc_id = without_surrogates(file.origin), without_surrogates(file.doc_id)
    source = SourceFile(origin, None, given.path.stat().st_size, sha256_of(given.path), doc_id)
    given.check()
    yield Document(file.doc_id, source, lambda own: paragraphs_of(segments, own), Metadata(title=title))


def read_whole(path: Path) -> bytes:
    """The bytes of a file, unpacked.

    Raises:
        InputError: they are more than any document has, or packed and damaged.
        OSError: it cannot be read.
    """
    parts = []
    size = 0
    for chunk in read_chunks(path):
        parts.append(chunk)
        size += len(chunk)
        if size > LARGEST:
            raise InputError(f"{path}: more than {LARGEST:,} bytes; cut it into several files")
    return b"".join(parts)


def paragraphs_of(segments: list[Segment], doc_id: str) -> Iterator[Paragraph]:
    """Segments as the lines of a document, in order; offsets count a line end behind each."""
    start = 0
    for index, own in enumerate(segments):
        flags = () if own.role in _UNTOLD else (f"{Flag.ROLE}:{own.role}",)
        yield Paragraph(doc_id, index, own.text, start, line_end="\n", flags=flags, is_whole=True)
        start += len(own.text) + 1
