"""Standard input as it comes: whatever lines are there are taken together, and none is waited for.

Somebody who types a line gets its translation at once; a file through a pipe is translated in full windows.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from translate.files.lines import read_paragraphs
from translate.text.records import Paragraph, Sentence
from translate.text.segment import SegmentOptions, segment

__all__ = ["Batch", "feed"]

_QUEUE_LINES = 1024
_PIECE_CHARS = 8192


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences that have arrived.

    Attributes:
        sentences: in order; ``paragraph`` is the line.
        n_lines: lines that are complete with this batch, from the first of the stream.
    """

    sentences: list[Sentence]
    n_lines: int


def feed(stream: BinaryIO, options: SegmentOptions, encoding: str | None, *, window: int) -> Iterator[Batch]:
    """Read, repair and split a stream without waiting for more than one line.

    Each line is judged on its own (whether its words are segmented, say), since the document is not there yet.

    Args:
        stream: bytes; as its byte order mark says, UTF-8 without one, unless forced.
        options: how lines are repaired and split.
        encoding: forced encoding.
        window: about how many sentences a batch holds at most.

    Raises:
        UndecodableError: at the line where the bytes stop making sense; the lines before have been yielded.
    """
    lines: queue.Queue[Paragraph | BaseException | None] = queue.Queue(_QUEUE_LINES)
    threading.Thread(target=_pump, args=(stream, encoding, lines), daemon=True, name="stdin").start()
    kept: list[Sentence] = []
    n_lines = 0
    while isinstance(paragraph := lines.get(), Paragraph):
        if paragraph.final:
            kept.extend(segment([paragraph], options))
        else:
            sentences = segment(_whole_line(paragraph, lines), options)
            while len(part := list(islice(sentences, window))) == window:
                yield Batch([*kept, *part], n_lines)
                kept = []
            kept.extend(part)
        n_lines = paragraph.index + 1
        if lines.empty() or len(kept) >= window:
            yield Batch(kept, n_lines)
            kept = []
    yield Batch(kept, n_lines)
    if paragraph is not None:
        raise paragraph


def _whole_line(first: Paragraph, lines: queue.Queue[Paragraph | BaseException | None]) -> Iterator[Paragraph]:
    """The pieces of a line that was too long for one record."""
    piece: Paragraph | BaseException | None = first
    while isinstance(piece, Paragraph):
        yield piece
        if piece.final:
            return
        piece = lines.get()
    lines.put(piece)  # the end, or what went wrong: for the caller to find


def _pump(stream: BinaryIO, encoding: str | None, lines: queue.Queue[Paragraph | BaseException | None]) -> None:
    try:
        for paragraph in read_paragraphs(stream, "-", encoding, _PIECE_CHARS, name="-"):
            lines.put(paragraph)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the main thread must hear of it
        lines.put(error)
    else:
        lines.put(None)
