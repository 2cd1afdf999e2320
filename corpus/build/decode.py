"""Shards to parts: what is not there yet is decoded, and kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from corpus.build.journal import ShardJournal
from corpus.build.parts import PartStore
from corpus.build.shards import Shard
from translate.pipeline.batching import Journal, OnBatch
from translate.pipeline.translation import Translation
from translate.pipeline.translator import Translator

__all__ = ["ShardDecoder"]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A shard whose sentences are under way, but for those that another part has."""

    shard: Shard
    known: Mapping[str, Sequence[Translation]]
    n_fresh: int
    journal: ShardJournal


@dataclass(slots=True, eq=False)
class ShardDecoder:
    """Brings shards into a store, at any time of a run that may end at any time.

    Attributes:
        translator: decodes.
        store: keeps.
        on_batch: told of each batch.
        on_shard: told of each shard that is there, and that was there.
        n_decoded: sentences that were not in any part.
    """

    translator: Translator
    store: PartStore
    on_batch: OnBatch | None = None
    on_shard: Callable[[Shard], None] | None = None
    n_decoded: int = 0
    _waiting: deque[_Waiting] = field(default_factory=deque)
    _keys: set[str] = field(default_factory=set)

    def run(self, shards: Iterable[Shard]) -> None:
        """Bring every shard into the store.

        Raises:
            EngineError: the engine failed; parts and batches that were done are kept.
            OutputError: a part cannot be written.
        """
        windows = self._windows(shards)
        try:
            for translations in self.translator.translate_journaled(windows, on_batch=self.on_batch):
                self._keep(self._waiting[0], translations)
                self._waiting.popleft()
        finally:
            for each in self._waiting:
                each.journal.close()

    def _windows(self, shards: Iterable[Shard]) -> Iterator[tuple[Sequence[str], Journal]]:
        for shard in shards:
            self._keys.add(shard.key)
            if self.store.has(shard):
                self._tell(shard)
                continue
            known = self.store.reusable(shard, self._keys)
            fresh = [s.text for piece in shard.pieces if piece.key not in known for s in piece.sentences]
            self._waiting.append(_Waiting(shard, known, len(fresh), self.store.journal(shard)))
            yield fresh, self._waiting[-1].journal

    def _keep(self, done: _Waiting, translations: Sequence[Translation]) -> None:
        self.store.write(done.shard, _in_order(done.shard, done.known, iter(translations)))
        done.journal.remove()
        self.n_decoded += done.n_fresh
        self._tell(done.shard)

    def _tell(self, shard: Shard) -> None:
        if self.on_shard:
            self.on_shard(shard)


def _in_order(
    shard: Shard, known: Mapping[str, Sequence[Translation]], fresh: Iterator[Translation]
) -> Iterator[Translation]:
    """The translations of a shard: those that were known, and those just decoded."""
    for piece in shard.pieces:
        yield from known.get(piece.key) or islice(fresh, len(piece.sentences))
