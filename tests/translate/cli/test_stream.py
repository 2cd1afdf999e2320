"""Standard input in windows: full ones while there are lines, and everything at once when there are none."""

from __future__ import annotations

import io
import queue

import pytest

from translate.cli.stream import batches, feed
from translate.errors import UndecodableError
from translate.text.records import Paragraph
from translate.text.segment import SegmentOptions

OPTIONS = SegmentOptions(hard_wrap="off")


def queued(*texts: str) -> queue.Queue[Paragraph | BaseException | None]:
    lines: queue.Queue[Paragraph | BaseException | None] = queue.Queue()
    for index, text in enumerate(texts):
        lines.put(Paragraph("-", index, text, 0))
    return lines


def test_windows_follow_one_another_while_there_are_lines() -> None:
    # An empty batch between two full ones would let the engine run dry: it asks for all that is under way.
    lines = queued(*["你好。"] * 7)
    lines.put(None)
    given = [(len(batch.sentences), batch.n_lines) for batch in batches(lines, OPTIONS, window=3)]
    assert given == [(3, 3), (3, 6), (1, 7), (0, 7)]


def test_what_is_there_is_wanted_at_once_when_nobody_writes_on() -> None:
    lines = queued("你好。", "", "再见。")
    stream = batches(lines, OPTIONS, window=100)
    assert [next(stream).n_lines, next(stream).sentences] == [3, []]
    lines.put(Paragraph("-", 3, "", 0))  # a blank line is wanted too
    assert [next(stream).n_lines, next(stream).sentences] == [4, []]
    lines.put(None)
    assert [batch.n_lines for batch in stream] == [4, 4]


def test_lines_before_a_failure_are_given_out_first() -> None:
    lines = queued("你好。")
    lines.put(ValueError("boom"))
    stream = batches(lines, OPTIONS, window=100)
    assert [len(next(stream).sentences), next(stream).sentences] == [1, []]
    with pytest.raises(ValueError, match="boom"):
        next(stream)


def test_a_line_longer_than_a_window_is_given_out_in_windows() -> None:
    stream = io.BytesIO(("你好。" * 20_000 + "\n再见。").encode())
    given = list(feed(stream, OPTIONS, None, window=1000))
    assert sum(len(batch.sentences) for batch in given) == 20_001
    assert max(len(batch.sentences) for batch in given) <= 2000
    assert given[-1].n_lines == 2


def test_bytes_that_are_no_text_end_the_stream() -> None:
    stream = feed(io.BytesIO("你好。\n".encode() + b"\xff"), OPTIONS, None, window=10)
    assert sum(len(next(stream).sentences) for _ in range(2)) == 1
    with pytest.raises(UndecodableError):
        list(stream)
