"""Shards: the sentences of consecutive documents, cut into runs that are decoded, kept and looked up as one.

A shard is a list of pieces; a piece is a run of sentences of one document. Both are cut by rules that look at
nothing but the input, so that the same input gives the same shards whatever was done before. A piece has a key of
its own: when a document is added, changed or taken away the shards after it shift, but most pieces stay what they
were, and what was decoded for them is found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

from translate.text.records import Sentence
from translate.text.terminology import Terminology

__all__ = ["Piece", "Shard", "cut_pieces", "digest", "group_pieces"]

SHARD_SENTENCES = 2000
"""A shard is closed when it holds this many: enough to sort and batch well, little to lose when killed."""

_ONE_IN = 128
"""A piece may end after one sentence in so many."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of sentences of one document.

    Attributes:
        key: SHA-256 (hex) of how it is decoded and of every sentence's text: of what decides the translations, and
            nothing else, so that a document may be renamed or moved and is still known.
        sentences: at least one.
        source: which input of the run it is from, from 0.
        license: of the document; no part of the key, since it changes no translation. None where nobody says.
    """

    key: str
    sentences: tuple[Sentence, ...]
    source: int = 0
    license: str | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """What is decoded together and kept in one part.

    Attributes:
        key: SHA-256 (hex) of the pieces' keys.
        pieces: consecutive in the input.
    """

    key: str
    pieces: tuple[Piece, ...]

    @property
    def n_sentences(self) -> int:
        """Sentences in all pieces."""
        return sum(len(piece.sentences) for piece in self.pieces)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Key and number of sentences of each piece."""
        return [(piece.key, len(piece.sentences)) for piece in self.pieces]


def cut_pieces(
    sentences: Iterable[Sentence], decoding: str, source: int = 0, terminology: Terminology | None = None
) -> Iterator[Piece]:
    """Cut one document's sentences into pieces.

    Where a piece ends is decided by the text of its last sentence (as in content-defined chunking: Muthitacharoen,
    Chen and Mazieres 2001, "A Low-bandwidth Network File System"), so that a sentence added in the middle of a
    document changes one piece or two, and the others are found again. No piece is larger than a shard, however long
    the paragraph, so that memory stays bounded.

    Args:
        sentences: of one document, in order.
        decoding: everything beside its text that can change what a sentence becomes.
        source: see `Piece`.
        terminology: what translations are to have: of that a piece's key has what concerns its own sentences, so that
            another term costs the pieces that it stands in.
    """
    asked = terminology or Terminology()
    run: list[Sentence] = []
    for sentence in sentences:
        run.append(sentence)
        marked = crc32(sentence.text.encode("utf-8", "surrogatepass")) % _ONE_IN == 0
        if (marked and len(run) >= SHARD_SENTENCES // 16) or len(run) >= SHARD_SENTENCES:
            yield _piece(run, decoding, source, asked)
            run = []
    if run:
        yield _piece(run, decoding, source, asked)


def _piece(sentences: list[Sentence], decoding: str, source: int, asked: Terminology) -> Piece:
    key = digest(decoding, *(asked.key(sentence.text) for sentence in sentences))
    return Piece(key, tuple(sentences), source)


def digest(*fields: object) -> str:
    """SHA-256 (hex) of some strings and numbers, in order."""
    found = hashlib.sha256()
    for field in fields:
        # repr keeps fields apart, so that no two different runs hash alike.
        found.update(repr(field).encode("utf-8", "surrogatepass") + b"\n")
    return found.hexdigest()


def group_pieces(pieces: Iterable[Piece]) -> Iterator[Shard]:
    """Group consecutive pieces, of whichever documents, into shards of about `SHARD_SENTENCES`."""
    group: list[Piece] = []
    n_sentences = 0
    for piece in pieces:
        group.append(piece)
        n_sentences += len(piece.sentences)
        if n_sentences >= SHARD_SENTENCES:
            yield _shard(group)
            group, n_sentences = [], 0
    if group:
        yield _shard(group)


def _shard(pieces: list[Piece]) -> Shard:
    return Shard(digest(*(piece.key for piece in pieces)), tuple(pieces))
