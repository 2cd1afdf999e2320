"""Standard input as it comes: whatever lines are there are taken together, and none is waited for.

Somebody who types a line gets its translation at once; a file through a pipe is translated in full windows, one of
which is queued while the one before it is being finished.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, TypeAlias

from translate.files.lines import Errors, read_paragraphs
from translate.text.records import Paragraph, Sentence
from translate.text.segment import SegmentOptions, segment

__all__ = ["Arrival", "batches", "feed"]

_QUEUE_LINES = 1024
_PIECE_CHARS = 8192
_PATIENCE = 0.01
"""Seconds after which nobody is taken to be writing: less than a person notices, more than a pipe falters."""

_Queue: TypeAlias = "queue.Queue[Paragraph | BaseException | None]"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Sentences that have arrived.

    Attributes:
        sentences: in order; ``paragraph`` is the line. None at all where nothing more is here for now: then what came
            before is wanted at once.
        n_lines: lines that are complete with this batch, from the first of the stream.
    """

    sentences: list[Sentence]
    n_lines: int


def feed(
    stream: BinaryIO, options: SegmentOptions, encoding: str | None, *, window: int, errors: Errors = "strict"
) -> Iterator[Arrival]:
    """Read, repair and split a stream without waiting for more than one line.

    Each line is judged on its own (whether its words are segmented, say), since the document is not there yet.

    Args:
        stream: bytes; as its byte order mark says, UTF-8 without one, unless forced.
        options: how lines are repaired and split.
        encoding: forced encoding.
        window: about how many sentences a batch holds at most.
        errors: ``replace`` reads bytes that cannot be decoded as U+FFFD.

    Raises:
        UndecodableError: at the line where the bytes stop making sense; the lines before have been yielded.
    """
    lines: _Queue = queue.Queue(_QUEUE_LINES)
    threading.Thread(target=_pump, args=(stream, encoding, errors, lines), daemon=True, name="stdin").start()
    yield from batches(lines, options, window=window)


def batches(lines: _Queue, options: SegmentOptions, *, window: int) -> Iterator[Arrival]:
    """Batches of the lines in a queue, which ends with None or an exception.

    Args:
        lines: filled by another thread.
        options: see `feed`.
        window: see `feed`.

    Yields:
        Full batches while there are lines; before it waits, what there is, and a batch without sentences.

    Raises:
        BaseException: the one in the queue, after the lines before it.
    """
    kept: list[Sentence] = []
    n_lines = n_given = 0
    while isinstance(paragraph := _next(lines, wait=n_given == n_lines), Paragraph | _Pause):
        if isinstance(paragraph, _Pause):
            yield from (Arrival(kept, n_lines), Arrival([], n_lines))
            kept, n_given = [], n_lines
            continue
        if paragraph.final:
            kept.extend(segment([paragraph], options))
        else:
            sentences = segment(_whole_line(paragraph, lines), options)
            while len(part := list(islice(sentences, window))) == window:
                yield Arrival([*kept, *part], n_lines)
                kept = []
            kept.extend(part)
        n_lines = paragraph.index + 1
        if len(kept) >= window:
            yield Arrival(kept, n_lines)
            kept = []
    yield from (Arrival(kept, n_lines), Arrival([], n_lines))
    if paragraph is not None:
        raise paragraph


class _Pause:
    """Nobody has written a line for a while."""


def _next(lines: _Queue, *, wait: bool) -> Paragraph | BaseException | _Pause | None:
    """What is next in the queue; a pause instead of a wait, unless everything was given out already."""
    try:
        return lines.get(timeout=None if wait else _PATIENCE)
    except queue.Empty:
        return _Pause()


def _whole_line(first: Paragraph, lines: _Queue) -> Iterator[Paragraph]:
    """The pieces of a line that was too long for one record."""
    piece: Paragraph | BaseException | None = first
    while isinstance(piece, Paragraph):
        yield piece
        if piece.final:
            return
        piece = lines.get()
    lines.put(piece)  # the end, or what went wrong: for the caller to find


def _pump(stream: BinaryIO, encoding: str | None, errors: Errors, lines: _Queue) -> None:
    try:
        for paragraph in read_paragraphs(stream, "-", encoding, _PIECE_CHARS, name="-", errors=errors):
            lines.put(paragraph)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the main thread must hear of it
        lines.put(error)
    else:
        lines.put(None)
