"""The sentences of all inputs on disk, in order, until it is known which of them are copies."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from corpus.build.run.distinct import HASH_BYTES, Copies, SentenceHashes
from corpus.build.run.rows import document_line, is_document, sentence_line
from corpus.build.shards import Piece

__all__ = ["SentenceSpool", "Spooled"]


class Spooled(NamedTuple):
    """A sentence of the run: its document's line and its own, and its hash."""

    document: bytes
    line: bytes
    digest: bytes


class SentenceSpool:
    """Sentences in the order of the inputs.

    Args:
        folder: for temporary files; on a disk with room for the texts of the inputs.
        n_bytes: of the inputs, about.
    """

    def __init__(self, folder: Path, n_bytes: int) -> None:
        self._folder = folder
        self._hashes = SentenceHashes(folder, n_bytes)
        self._starts = array("Q")  # of each source the number of its first sentence
        self._n = 0

    def fill(self, pieces: Iterable[Piece]) -> None:
        """Take all of them."""
        document = None
        with (self._folder / "lines").open("wb") as lines, (self._folder / "digests").open("wb") as digests:
            for piece in pieces:
                while len(self._starts) <= piece.source:
                    self._starts.append(self._n)
                if (of := (piece.sentences[0].doc_id, piece.license)) != document:
                    document = of
                    lines.write(document_line(*of))
                for sentence in piece.sentences:
                    digest = hashlib.sha256(sentence.text.encode("utf-8", "surrogatepass")).digest()[:HASH_BYTES]
                    self._hashes.add(digest)
                    digests.write(digest)
                    lines.write(sentence_line(sentence))
                self._n += len(piece.sentences)

    def _dropped(self, dropped: Iterable[int]) -> list[tuple[int, int]]:
        """The sentences of some sources, as ranges."""
        ends = [*self._starts[1:], self._n]
        ranges = ((self._starts[source], ends[source]) for source in sorted(dropped) if source < len(ends))
        return [(first, end) for first, end in ranges if first < end]

    def copies(self, dropped: Iterable[int]) -> Copies:
        """Find those that are the same as an earlier one.

        Args:
            dropped: sources that do not count.
        """
        return self._hashes.copies(self._dropped(dropped))

    def sentences(self, dropped: Iterable[int]) -> Iterator[Spooled]:
        """All of them but those of some sources, in order."""
        skip = iter([*self._dropped(dropped), (self._n, self._n)])
        first, end = next(skip)
        document, place = b"", 0
        with (self._folder / "lines").open("rb") as lines, (self._folder / "digests").open("rb") as digests:
            for line in lines:
                if is_document(line):
                    document = line
                    continue
                digest = digests.read(HASH_BYTES)
                if place >= end:
                    first, end = next(skip)
                if not first <= place < end:
                    yield Spooled(document, line, digest)
                place += 1
