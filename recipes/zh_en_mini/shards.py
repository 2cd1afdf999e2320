"""Pairs as token ids in a few compact arrays: small enough to travel, loaded in a second.

    python -m recipes.zh_en_mini.shards --prepared FOLDER --vocab FOLDER --out FOLDER

Writes ``train.ids`` and ``dev.ids``: xz-compressed, the ids of all sentences end to end as uint16, the lengths, and
the group of each pair (see `sources.Source.group`).
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recipes.zh_en_mini.sources import GROUPS, Pair, Source, group_of, read_pairs, read_sources
from recipes.zh_en_mini.vocab import EOS, UNK

__all__ = ["Ragged", "Shard", "encode", "load", "main", "save"]

MAX_TOKENS = 256
"""Longest side of a pair that is trained on, end of sentence included."""


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of different lengths, end to end.

    Attributes:
        flat: ``(sum of lengths,)`` ids.
        starts: ``(n_rows + 1,)`` where each row starts; the last is the length of ``flat``.
    """

    flat: NDArray[np.uint16]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Ragged:
        """From lists."""
        lengths = np.fromiter((len(row) for row in rows), np.int64, len(rows))
        flat = np.fromiter((token for row in rows for token in row), np.uint16, int(lengths.sum()))
        return cls.from_lengths(flat, lengths)

    @classmethod
    def from_lengths(cls, flat: NDArray[np.uint16], lengths: NDArray[np.int64]) -> Ragged:
        """From ids end to end and ``(n_rows,)`` lengths."""
        return cls(flat, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)]))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """``(n_rows,)``."""
        return np.diff(self.starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> NDArray[np.uint16]:
        return self.flat[self.starts[row] : self.starts[row + 1]]


@dataclass(frozen=True, slots=True)
class Shard:
    """Encoded pairs; every row ends with the end of sentence.

    Attributes:
        source: Chinese ids.
        target: English ids.
        groups: ``(n_rows,)`` index into `GROUPS`.
    """

    source: Ragged
    target: Ragged
    groups: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.source)


def encode(pairs: Sequence[Pair], sources: Mapping[str, Source], vocabulary: Path) -> Shard:
    """Cut and number; pairs with a side of more than `MAX_TOKENS` are left out."""
    import sentencepiece

    ids = json.loads((vocabulary / "vocab.json").read_text(encoding="utf-8"))
    sides: list[list[list[int]]] = []
    for name, texts in (("source.spm", (p.zh for p in pairs)), ("target.spm", (p.en for p in pairs))):
        processor = sentencepiece.SentencePieceProcessor(model_file=str(vocabulary / name))
        by_piece = [ids.get(processor.id_to_piece(piece), ids[UNK]) for piece in range(processor.get_piece_size())]
        sides.append([[*(by_piece[piece] for piece in processor.encode(text)), ids[EOS]] for text in texts])
    groups = [group_of(pair, sources) for pair in pairs]
    short = [i for i in range(len(pairs)) if max(len(sides[0][i]), len(sides[1][i])) <= MAX_TOKENS]
    source, target = (Ragged.of([side[i] for i in short]) for side in sides)
    return Shard(source, target, np.array([GROUPS.index(groups[i]) for i in short], np.uint8))


def save(shard: Shard, path: Path) -> int:
    """Write a shard and return its size in bytes."""
    buffer = BytesIO()
    for array in (
        shard.source.flat,
        shard.target.flat,
        shard.source.lengths.astype(np.uint16),
        shard.target.lengths.astype(np.uint16),
        shard.groups,
    ):
        np.save(buffer, array, allow_pickle=False)
    # Two bytes belong together in every id, which the filter is told (lc + lp may be 4 at most).
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 3, "lp": 1, "pb": 1, "dict_size": 64 << 20}]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(buffer.getvalue(), filters=filters))
    return path.stat().st_size


def load(path: Path) -> Shard:
    """Read a shard."""
    buffer = BytesIO(lzma.decompress(path.read_bytes()))
    source, target, n_source, n_target, groups = (np.load(buffer, allow_pickle=False) for _ in range(5))
    return Shard(
        Ragged.from_lengths(source, n_source.astype(np.int64)),
        Ragged.from_lengths(target, n_target.astype(np.int64)),
        groups,
    )


def describe(shard: Shard) -> str:
    """One line of figures."""
    n_source, n_target = shard.source.lengths, shard.target.lengths
    return (
        f"{len(shard):,} pairs, {n_source.sum():,} source tokens ({n_source.mean():.1f} a sentence), "
        f"{n_target.sum():,} target tokens ({n_target.mean():.1f})"
    )


def write_all(prepared: Path, vocabulary: Path, out: Path) -> Iterable[str]:
    """Encode what `prepare` wrote; one line about each file as it is done."""
    sources = read_sources(prepared / "sources.tsv")
    for name, text in (("train.ids", "train.tsv.xz"), ("dev.ids", "dev.tsv")):
        shard = encode(list(read_pairs(prepared / text)), sources, vocabulary)
        n_bytes = save(shard, out / name)
        yield f"{name}: {describe(shard)}, {n_bytes / 2**20:.1f} MiB"


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="recipes.zh_en_mini.shards", description=__doc__.splitlines()[0])
    parser.add_argument("--prepared", type=Path, required=True, help="folder that prepare wrote")
    parser.add_argument("--vocab", type=Path, required=True, help="folder that vocab wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    args = parser.parse_args(argv)
    for line in write_all(args.prepared, args.vocab, args.out):
        print(line, flush=True)


if __name__ == "__main__":
    main()
