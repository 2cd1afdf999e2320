"""Text that is already decoded, cut into lines with their offsets."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace

from translate.text.records import Paragraph, new_paragraph

__all__ = ["PIECE_SIZE", "cut_lines", "split_paragraphs"]

PIECE_SIZE = 1 << 16
"""Code points of a line that are handed on at a time."""

_AT_ONCE = 1 << 18
"""Code points of a text that are looked at together."""


def cut_lines(texts: Iterable[str], doc_id: str, piece_size: int) -> Iterator[Paragraph]:
    """Cut a stream of text into lines, and long lines into pieces at multiples of ``piece_size``.

    Args:
        texts: the document's text in any portions; the result does not depend on where they begin.
        doc_id: what to call the document in every paragraph.
        piece_size: code points, at least 1.
    """
    index = start = 0
    pending = ""  # the line whose end is not yet in sight, from `start` on
    for text in texts:
        buffer = pending + text
        # A "\r" that comes last may be half of a "\r\n".
        cut = max(buffer.rfind("\n"), buffer.rfind("\r", 0, -1)) + 1
        buffer, pending = buffer[:cut], buffer[cut:]
        # Unlike str.splitlines this knows only the three line ends we know, and keeps them.
        for line in io.StringIO(buffer, newline=""):
            body = line.rstrip("\r\n")
            whole = new_paragraph(doc_id, index, body, start, True, line[len(body) :])
            if len(body) <= piece_size:
                yield whole
            else:
                yield from _pieces(whole, piece_size)
            start += len(line)
            index += 1
        n_sure = len(pending) - pending.endswith("\r")
        if n_sure > piece_size:
            # The last piece stays back: it may end the line, and then it is marked so.
            n_out = (n_sure - 1) // piece_size * piece_size
            for piece in _pieces(Paragraph(doc_id, index, pending[:n_out], start), piece_size):
                yield replace(piece, final=False)
            start += n_out
            pending = pending[n_out:]
    if pending:
        body = pending.removesuffix("\r")
        yield from _pieces(Paragraph(doc_id, index, body, start, line_end=pending[len(body) :]), piece_size)


def _pieces(line: Paragraph, piece_size: int) -> Iterator[Paragraph]:
    n_chars = len(line.text)
    for first in range(0, max(n_chars, 1), piece_size):
        final = first + piece_size >= n_chars
        yield replace(
            line,
            text=line.text[first : first + piece_size],
            start=line.start + first,
            final=final,
            line_end=line.line_end if final else "",
        )


def split_paragraphs(text: str, doc_id: str, piece_size: int = PIECE_SIZE) -> Iterator[Paragraph]:
    """Cut one text into the paragraphs that a file with the same text is read as."""
    parts = (text[first : first + _AT_ONCE] for first in range(0, len(text), _AT_ONCE))
    return cut_lines(parts, doc_id, piece_size)
