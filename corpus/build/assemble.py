"""Parts to pairs: what the decoder said is put beside the sentences, and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from corpus.align.given import align
from corpus.build.parts import PartStore
from corpus.build.shards import Piece, Shard
from corpus.pair import Pair
from translate.errors import OutputError
from translate.text.terminology import Terminology

__all__ = ["assemble"]


def assemble(
    shards: Iterable[Shard],
    store: PartStore,
    keeps: Callable[[Piece], bool],
    terminology: Terminology | None = None,
    *,
    judged: bool = True,
) -> Iterator[Pair]:
    """The pairs of a run, in the order of the input.

    Args:
        shards: all of them, in order.
        store: has a part of each.
        keeps: whether the sentences of a piece are in the corpus.
        terminology: see `align`.
        judged: see `align`.

    Raises:
        OutputError: a part is gone or damaged; the next run decodes it again.
    """
    for shard in shards:
        translations = store.read(shard)
        if translations is None:
            path = store.path(shard.key)
            raise OutputError(f"the part {path} is gone or damaged; run the same command to make it again")
        rest = iter(translations)
        for piece in shard.pieces:
            own = list(islice(rest, len(piece.sentences)))
            if keeps(piece):
                yield from align(piece.sentences, own, piece.license, terminology, judged=judged)
