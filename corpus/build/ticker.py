"""How far a build is, told to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from corpus.build.shards import Piece, Shard
from translate.text.records import Sentence

__all__ = ["BuildUpdate", "Ticker"]

BuildUpdate = Callable[[int, int, int], None]
"""Called with sentences done, characters done, and an estimate of the characters in all."""


@dataclass(slots=True, eq=False)
class Ticker:
    """Adds up what was read, decoded and finished.

    Attributes:
        update: told of it.
        bytes_in_all: of all inputs, on disk.
    """

    update: BuildUpdate | None
    bytes_in_all: int
    n_bytes: int = 0
    chars_read: int = 0
    n_sentences: int = 0
    n_chars: int = 0
    flying_sentences: int = 0
    flying_chars: int = 0

    def read(self, n_bytes: int) -> None:
        """Note that some bytes on disk were done with."""
        self.n_bytes += n_bytes

    def cut(self, piece: Piece) -> None:
        """Note that a piece was read and cut into sentences."""
        self.chars_read += _n_chars(piece.sentences)

    def planned(self, n_sentences: int, n_chars: int) -> None:
        """Note that some sentences were read, where that is all that is to be done."""
        self.chars_read += n_chars
        self.n_sentences += n_sentences
        self.n_chars = self.chars_read
        self._tell()

    def decoded(self, texts: Sequence[str]) -> None:
        """Note a batch, whose shard is not finished yet."""
        self.flying_sentences += len(texts)
        self.flying_chars += sum(map(len, texts))
        self._tell()

    def finished(self, shard: Shard) -> None:
        """Note a shard: its numbers are exact, and take the place of those of its batches."""
        n_chars = sum(_n_chars(piece.sentences) for piece in shard.pieces)
        self.n_sentences += shard.n_sentences
        self.n_chars += n_chars
        self.flying_sentences = max(0, self.flying_sentences - shard.n_sentences)
        self.flying_chars = max(0, self.flying_chars - n_chars)
        self._tell()

    def _tell(self) -> None:
        if self.update is None:
            return
        scale = max(1.0, self.bytes_in_all / self.n_bytes) if self.n_bytes else 1.0
        done = min(self.n_chars + self.flying_chars, self.chars_read)
        self.update(self.n_sentences + self.flying_sentences, done, round(self.chars_read * scale))


def _n_chars(sentences: Iterable[Sentence]) -> int:
    return sum(sentence.end - sentence.start for sentence in sentences)
