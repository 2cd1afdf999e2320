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

__all__ = ["Piece", "Shard", "cut_pieces", "group_pieces"]

SHARD_SENTENCES = 2000
"""A shard is closed when it holds this many: enough to sort and batch well, little to lose when killed."""

_ONE_IN = 128
"""A piece may end after one sentence in so many."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of sentences of one document.

    Attributes:
        key: SHA-256 (hex) of the signature and of every sentence's text: of what decides the translations, and
            nothing else, so that a document may be renamed or moved and is still known.
        sentences: at least one.
    """

    key: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Shard:
    """What is decoded together and kept in one part.

    Attributes:
        key: SHA-256 (hex) of the pieces' keys and of every sentence's place in its document: of all that stands in
            the part.
        pieces: consecutive in the input.
    """

    key: str
    pieces: tuple[Piece, ...]

    @property
    def n_sentences(self) -> int:
        """Sentences in all pieces."""
        return sum(len(piece.sentences) for piece in self.pieces)


def cut_pieces(sentences: Iterable[Sentence], signature: str) -> Iterator[Piece]:
    """Cut one document's sentences into pieces.

    Where a piece ends is decided by the text of its last sentence (as in content-defined chunking: Muthitacharoen,
    Chen and Mazieres 2001, "A Low-bandwidth Network File System"), so that a sentence added in the middle of a
    document changes one piece or two, and the others are found again. No piece is larger than a shard, however long
    the paragraph, so that memory stays bounded.

    Args:
        sentences: of one document, in order.
        signature: everything that can change a translation.
    """
    run: list[Sentence] = []
    for sentence in sentences:
        run.append(sentence)
        marked = crc32(sentence.text.encode("utf-8", "surrogatepass")) % _ONE_IN == 0
        if (marked and len(run) >= SHARD_SENTENCES // 16) or len(run) >= SHARD_SENTENCES:
            yield _piece(run, signature)
            run = []
    if run:
        yield _piece(run, signature)


def _piece(sentences: list[Sentence], signature: str) -> Piece:
    fields = ((sentence.text, sentence.flags) for sentence in sentences)
    return Piece(_digest(signature, *fields), tuple(sentences))


def _digest(*fields: object) -> str:
    digest = hashlib.sha256()
    for field in fields:
        # repr keeps fields apart, so that no two different runs hash alike.
        digest.update(repr(field).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


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
    places = ((s.doc_id, s.paragraph, s.index, s.start, s.end, s.raw) for piece in pieces for s in piece.sentences)
    return Shard(_digest(*(piece.key for piece in pieces), *places), tuple(pieces))
