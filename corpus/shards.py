"""Shards: the sentences of consecutive documents, cut into runs that are decoded, kept and looked up as one.

A shard is a list of pieces; a piece is a run of sentences of one document. Both are cut by rules that look at
nothing but the input, so that the same input gives the same shards whatever was done before. A piece has a key of
its own: when a document is added or taken away the shards after it shift, but the pieces do not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from translate.records import Sentence

__all__ = ["Piece", "Shard", "cut_pieces", "group_pieces"]

SHARD_SENTENCES = 2000
"""A shard is closed when it holds this many: enough to sort and batch well, little to lose when killed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of sentences of one document.

    Attributes:
        key: SHA-256 (hex) of the signature, the document's name, and every sentence's place and text.
        sentences: at least one.
    """

    key: str
    sentences: tuple[Sentence, ...]


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


def cut_pieces(sentences: Iterable[Sentence], signature: str) -> Iterator[Piece]:
    """Cut one document's sentences into pieces.

    A piece ends with the paragraph in which it reaches `SHARD_SENTENCES`, or after twice as many within a
    paragraph that goes on and on, so that memory stays bounded.

    Args:
        sentences: of one document, in order.
        signature: everything that can change a translation.
    """
    run: list[Sentence] = []
    for sentence in sentences:
        between = bool(run) and run[-1].paragraph != sentence.paragraph
        if (between and len(run) >= SHARD_SENTENCES) or len(run) >= 2 * SHARD_SENTENCES:
            yield _piece(run, signature)
            run = []
        run.append(sentence)
    if run:
        yield _piece(run, signature)


def _piece(sentences: list[Sentence], signature: str) -> Piece:
    digest = hashlib.sha256(signature.encode())
    for s in sentences:
        # repr keeps the fields apart, so that no two different runs hash alike.
        fields = (s.doc_id, s.paragraph, s.index, s.start, s.end, s.raw, s.text, s.flags)
        digest.update(repr(fields).encode("utf-8", "surrogatepass"))
    return Piece(digest.hexdigest(), tuple(sentences))


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
    joined = "\n".join(piece.key for piece in pieces)
    return Shard(hashlib.sha256(joined.encode()).hexdigest(), tuple(pieces))
