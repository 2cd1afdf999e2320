"""The sentences of a run in the order of the input, in files that workers and the assembler read.

    {"sha256": …}                       of all the bytes that follow
    {"rows": 2, "number": …, "key": …, "sentences": …, "raw": …, "documents": […], "flags": […]}
    sentences × `ROW`                   what is a number of each
    all raw texts                       one behind the other
    all texts                           of those that are not as raw

In columns, since there are as many rows as sentences: cutting them into parts is slicing, and no row costs a parser. A
sentence whose `ROW` is a copy came before in the run, and is decoded there.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from corpus.build.part_file import json_line, under_hash
from corpus.build.run.files import RunFiles
from corpus.build.run.manifest import Entry, checked
from translate.text.records import Sentence

__all__ = ["ROW", "Row", "Rows", "read_rows", "rows_bytes"]

ROW = np.dtype(
    [
        ("start", "<u8"),
        ("paragraph", "<u8"),
        ("index", "<u4"),
        ("length", "<u4"),
        ("raw", "<u4"),
        ("text", "<u4"),
        ("copy", "u1"),
    ]
)
"""``start`` and ``length`` in code points of the document, ``raw`` and ``text`` in bytes of their own."""

_AS_RAW = 0xFFFFFFFF
"""In the place of the length of a text that is the same as raw."""

_VERSION = 2


class Row(NamedTuple):
    """A sentence of a run, whether it is the same as an earlier one, and the licence of its document."""

    sentence: Sentence
    is_copy: bool
    license: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Sentences that follow one another, in columns.

    Attributes:
        numbers: of type `ROW`.
        raw: all raw texts, UTF-8.
        text: the texts of those whose text is not raw, UTF-8.
        documents: the number of the first row of each, its name and its licence; rising.
        flags: the number of each row that has some, and these; rising.
    """

    numbers: NDArray[Any]
    raw: bytes
    text: bytes
    documents: Sequence[tuple[int, str, str | None]]
    flags: Sequence[tuple[int, tuple[str, ...]]]

    def __len__(self) -> int:
        return len(self.numbers)

    @classmethod
    def of(
        cls, sentences: Sequence[Sentence], texts: Sequence[bytes], documents: Sequence[tuple[int, str, str | None]]
    ) -> Self:
        """Lay sentences out in columns.

        Args:
            sentences: in order.
            texts: of each, UTF-8.
            documents: see the attribute.
        """
        raws, owns, numbers = [], [], []
        for s, text in zip(sentences, texts, strict=True):
            if s.text == s.raw:
                raw, n_own = text, _AS_RAW
            else:
                raw, n_own = s.raw.encode("utf-8", "surrogatepass"), len(text)
                owns.append(text)
            raws.append(raw)
            numbers.append((s.start, s.paragraph, s.index, s.end - s.start, len(raw), n_own, 0))
        flags = [(i, s.flags) for i, s in enumerate(sentences) if s.flags]
        return cls(np.array(numbers, ROW), b"".join(raws), b"".join(owns), documents, flags)

    def cut(self, *places: int) -> list[Self]:
        """Cut them at some places, rising from 0 to the end, into runs that can be used on their own."""
        raws, texts = (_starts(lengths)[[*places]].tolist() for lengths in (self.numbers["raw"], self._n_own))
        firsts, flagged = ([row for row, *_ in each] for each in (self.documents, self.flags))
        found = []
        for i, (first, end) in enumerate(pairwise(places)):
            documents = self.documents[max(0, bisect_right(firsts, first) - 1) : bisect_left(firsts, end)]
            flags = self.flags[bisect_left(flagged, first) : bisect_left(flagged, end)]
            found.append(
                type(self)(
                    self.numbers[first:end],
                    self.raw[raws[i] : raws[i + 1]],
                    self.text[texts[i] : texts[i + 1]],
                    [(max(0, row - first), doc_id, license_) for row, doc_id, license_ in documents],
                    [(row - first, own) for row, own in flags],
                )
            )
        return found

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Put runs together that follow one another."""
        documents: list[tuple[int, str, str | None]] = []
        flags: list[tuple[int, tuple[str, ...]]] = []
        n_rows = 0
        for part in parts:
            for row, doc_id, license_ in part.documents:
                if not documents or documents[-1][1:] != (doc_id, license_):
                    documents.append((n_rows + row, doc_id, license_))
            flags += [(n_rows + row, own) for row, own in part.flags]
            n_rows += len(part)
        numbers = np.concatenate([part.numbers for part in parts])
        return cls(
            numbers, b"".join(part.raw for part in parts), b"".join(part.text for part in parts), documents, flags
        )

    @property
    def _n_own(self) -> NDArray[Any]:
        """Bytes of each text that is not raw, 0 where it is."""
        lengths: NDArray[Any] = self.numbers["text"]
        return np.where(lengths == _AS_RAW, np.uint32(0), lengths)

    def texts(self) -> list[str]:
        """What the model reads, of those that are no copies."""
        wanted = (self.numbers["copy"] == 0).tolist()
        return [text for text, is_wanted in zip(self._texts(), wanted, strict=True) if is_wanted]

    def _raws(self) -> list[str]:
        return _split(self.raw, self.numbers["raw"])

    def _texts(self, raws: Sequence[str] | None = None) -> list[str]:
        texts = [*(self._raws() if raws is None else raws)]
        places = np.flatnonzero(self.numbers["text"] != _AS_RAW)
        for place, text in zip(places.tolist(), _split(self.text, self.numbers["text"][places]), strict=True):
            texts[place] = text
        return texts

    def __iter__(self) -> Iterator[Row]:
        """All of them, in order."""
        raws = self._raws()
        flags = dict(self.flags)
        fields = (self.numbers[name].tolist() for name in ("start", "paragraph", "index", "length", "copy"))
        firsts = [*(first for first, *_ in self.documents), len(self)]
        rows = enumerate(zip(*fields, raws, self._texts(raws), strict=True))
        for (_, doc_id, license_), end in zip(self.documents, firsts[1:], strict=True):
            for i, (start, paragraph, index, length, is_copy, raw, text) in rows:
                own = flags.get(i, ())
                sentence = Sentence(doc_id, paragraph, index, start, start + length, raw, text, own)
                yield Row(sentence, bool(is_copy), license_)
                if i + 1 == end:
                    break


def _split(texts: bytes, lengths: NDArray[Any]) -> list[str]:
    return [texts[first:end].decode("utf-8", "surrogatepass") for first, end in pairwise(_starts(lengths).tolist())]


def _starts(lengths: NDArray[Any]) -> NDArray[np.int64]:
    """Where each of some things begins that lie one behind the other, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def rows_bytes(number: int, key: str, rows: Rows) -> bytes:
    """Lay out a file of rows."""
    header = {
        "rows": _VERSION,
        "number": number,
        "key": key,
        "sentences": len(rows),
        "raw": len(rows.raw),
        "documents": rows.documents,
        "flags": rows.flags,
    }
    return under_hash([json_line(header), rows.numbers.tobytes(), rows.raw, rows.text])


def read_rows(files: RunFiles, entry: Entry) -> Rows:
    """All sentences of a part, in the order of the input.

    Raises:
        InputError: the file of rows is gone, or is not the one that was planned.
    """
    content = checked(files, entry.rows_name, entry.sha256)
    begin = content.index(b"\n") + 1
    end = content.index(b"\n", begin)
    header: dict[str, Any] = json.loads(content[begin:end])
    n_numbers = header["sentences"] * ROW.itemsize
    numbers, rest = content[end + 1 : end + 1 + n_numbers], end + 1 + n_numbers
    return Rows(
        np.frombuffer(numbers, ROW),
        content[rest : rest + header["raw"]],
        content[rest + header["raw"] :],
        [(first, doc_id, license_) for first, doc_id, license_ in header["documents"]],
        [(row, tuple(flags)) for row, flags in header["flags"]],
    )
