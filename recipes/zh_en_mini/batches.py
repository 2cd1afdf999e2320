"""One epoch after another as batches of padded ids: weighted, re-cut, bucketed by length, the same in every run.

Everything an epoch needs is drawn from a generator seeded by (seed, epoch), so a run that is taken up again in the
middle of an epoch sees exactly the batches it would have seen.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from recipes.zh_en_mini.crew import ALONE, Crew
from recipes.zh_en_mini.digits import other_digits, read_digits
from recipes.zh_en_mini.shards import Ragged, Shard
from recipes.zh_en_mini.sources import GROUPS

__all__ = ["Batch", "BatchSettings", "Feed", "Variants", "collate", "cut", "epoch", "fixed_batches", "read_variants"]

_STEP = 8
"""Lengths are padded to a multiple of this on a GPU's account: few shapes, and full tiles."""


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """What decides the batches.

    Attributes:
        n_tokens: target (and source) positions of a batch at most, padding included.
        weights: how often a pair of a group is drawn in an epoch; 2.5 is twice or three times.
        short: in the first epoch, pairs whose sides have at most this many tokens come first, in batches of a
            quarter of the size. A model that meets long sentences first learns English, and not that the source
            matters.
        split_source: share of the source tokens that are split into two smaller pieces, drawn anew in each epoch.
        split_target: the same for the target as the decoder reads and writes it.
        digits: share of the pairs with numbers that get other ones, drawn anew in each epoch.
        seed: of everything.
    """

    n_tokens: int
    weights: Mapping[str, float]
    short: int = 20
    split_source: float = 0.0
    split_target: float = 0.0
    digits: float = 0.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded ids of some pairs, on a device.

    Attributes:
        source: ``(n_rows, n_source)`` ids.
        mask: ``(n_rows, n_source)``, 1 where a source has a token.
        decoder: ``(n_rows, n_target)``: pad, then the target without its last token.
        picked: ``(n_labels,)`` positions of real target tokens in the flattened ``decoder``.
        labels: ``(n_labels,)`` the token to predict at each.
    """

    source: torch.Tensor
    mask: torch.Tensor
    decoder: torch.Tensor
    picked: torch.Tensor
    labels: torch.Tensor

    @property
    def n_labels(self) -> int:
        """Target tokens, end of sentence included."""
        return self.labels.numel()

    def to(self, device: torch.device) -> Batch:
        """The same on another device; pinned memory first, so that the copy does not wait."""
        parts = (self.source, self.mask, self.decoder, self.picked, self.labels)
        if device.type == "cuda":
            return Batch(*(part.pin_memory().to(device, non_blocking=True) for part in parts))
        return Batch(*(part.to(device) for part in parts))


@dataclass(frozen=True, slots=True)
class Variants:
    """What one token can stand for another.

    Attributes:
        first: ``(n_tokens,)`` the first half of a piece that can be written as two; the piece itself where it cannot.
        second: ``(n_tokens,)`` the other half.
        digits: ``(10,)`` the tokens 0 to 9.
    """

    first: NDArray[np.uint16]
    second: NDArray[np.uint16]
    digits: NDArray[np.uint16]


def read_variants(vocabulary: Path) -> Variants:
    """For every piece the split into two pieces that the unigram model finds most likely.

    Drawing splits at random is a cheap form of subword regularisation (Kudo 2018; Provilkov et al. 2020,
    https://aclanthology.org/2020.acl-main.170) that needs ids only, so no text has to travel to the GPU.
    """
    import sentencepiece

    ids: dict[str, int] = json.loads((vocabulary / "vocab.json").read_text(encoding="utf-8"))
    scores: dict[str, float] = {}
    for name in ("source.spm", "target.spm"):
        processor = sentencepiece.SentencePieceProcessor(model_file=str(vocabulary / name))
        for index in range(processor.get_piece_size()):
            if not (processor.is_byte(index) or processor.is_control(index) or processor.is_unknown(index)):
                scores.setdefault(processor.id_to_piece(index), processor.get_score(index))
    first = np.arange(len(ids), dtype=np.uint16)
    second = first.copy()
    for piece in scores:
        cuts = [(piece[:at], piece[at:]) for at in range(1, len(piece))]
        known = [(scores[a] + scores[b], a, b) for a, b in cuts if a in scores and b in scores]
        if known:
            _, a, b = max(known)
            first[ids[piece]], second[ids[piece]] = ids[a], ids[b]
    return Variants(first, second, read_digits(vocabulary))


def cut(rows: Ragged, variants: Variants, share: float, longest: int, rng: np.random.Generator) -> Ragged:
    """Write a share of the tokens as two; rows that would pass ``longest`` stay as they are."""
    can = variants.first[rows.flat] != rows.flat
    can &= rng.random(len(rows.flat), dtype=np.float32) < share
    added = np.add.reduceat(can, rows.starts[:-1], dtype=np.int64) if len(rows) else rows.lengths
    too_long = rows.lengths + added > longest
    can &= ~np.repeat(too_long, rows.lengths)
    lengths = rows.lengths + np.where(too_long, 0, added)
    # Where each old token's (first) new token stands: its old place and the splits before it.
    places = np.arange(len(can)) + np.cumsum(can) - can
    flat = np.empty(len(can) + int(can.sum()), np.uint16)
    flat[places] = np.where(can, variants.first[rows.flat], rows.flat)
    flat[places[can] + 1] = variants.second[rows.flat[can]]
    return Ragged.from_lengths(flat, lengths)


def epoch(
    shard: Shard, variants: Variants, index: int, settings: BatchSettings, longest: int
) -> tuple[Shard, list[NDArray[np.int64]]]:
    """The sentences of an epoch as they are cut in it, and the rows of each of its batches in order.

    Args:
        shard: all pairs.
        variants: see `read_variants`.
        index: which epoch, from 0.
        settings: see there.
        longest: most tokens of a side.
    """
    rng = np.random.default_rng((settings.seed, index))
    source, target = shard.source, shard.target
    if settings.digits:
        source, target = other_digits(source, target, variants.digits, settings.digits, rng)
    if settings.split_source:
        source = cut(source, variants, settings.split_source, longest, rng)
    if settings.split_target:
        target = cut(target, variants, settings.split_target, longest, rng)
    drawn = Shard(source, target, shard.groups)
    rows = _draw(shard.groups, settings.weights, rng)
    is_short = np.maximum(source.lengths, target.lengths)[rows] <= (settings.short if index == 0 else 0)
    # Small batches, so that this part has as many steps as the warm-up of the learning rate.
    first = _shuffle(_bucket(drawn, rows[is_short], max(1, settings.n_tokens // 4), rng), rng)
    return drawn, first + _shuffle(_bucket(drawn, rows[~is_short], settings.n_tokens, rng), rng)


def _shuffle(batches: list[NDArray[np.int64]], rng: np.random.Generator) -> list[NDArray[np.int64]]:
    return [batches[i] for i in rng.permutation(len(batches))]


class Feed:
    """Batches of one epoch after another, made ahead by threads, so that the device does not wait.

    Args:
        shard: all pairs.
        variants: see `read_variants`.
        longest: most tokens of a side.
        pad_id: the token that pads.
        n_ahead: batches that are made ahead.
    """

    def __init__(self, shard: Shard, variants: Variants, longest: int, pad_id: int, n_ahead: int = 8) -> None:
        self._shard, self._variants, self._longest, self._pad_id = shard, variants, longest, pad_id
        self._n_ahead = n_ahead
        self._epochs, self._batches = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._next: tuple[tuple[int, BatchSettings], Future[tuple[Shard, list[NDArray[np.int64]]]]] | None = None

    def epoch(self, index: int, settings: BatchSettings, start: int = 0, crew: Crew = ALONE) -> Iterator[Batch]:
        """Batches of an epoch from step ``start`` on; meanwhile the next epoch is drawn.

        Args:
            index: which epoch, from 0.
            settings: see there.
            start: first step; a step takes a batch for each process of the crew, and what is left over is dropped.
            crew: whose share is wanted.
        """
        if self._next is None or self._next[0] != (index, settings):
            self._draw_ahead(index, settings)
        assert self._next is not None
        drawn, batches = self._next[1].result()
        self._draw_ahead(index + 1, settings)
        waiting: deque[Future[Batch]] = deque()
        n_steps = len(batches) // crew.size
        for rows in batches[: n_steps * crew.size][start * crew.size + crew.rank :: crew.size]:
            waiting.append(self._batches.submit(collate, drawn, rows, self._pad_id))
            if len(waiting) > self._n_ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _draw_ahead(self, index: int, settings: BatchSettings) -> None:
        drawing = self._epochs.submit(epoch, self._shard, self._variants, index, settings, self._longest)
        self._next = ((index, settings), drawing)

    def close(self) -> None:
        """End the threads."""
        self._epochs.shutdown(cancel_futures=True)
        self._batches.shutdown(cancel_futures=True)


def _draw(groups: NDArray[np.uint8], weights: Mapping[str, float], rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows of an epoch, each as often as its weight says; the fraction is a probability."""
    wanted = np.array([weights.get(name, 1.0) for name in GROUPS])[groups]
    times = np.floor(wanted + rng.random(len(groups))).astype(np.int64)
    return np.repeat(np.arange(len(groups)), times)


def _bucket(shard: Shard, rows: NDArray[np.int64], n_tokens: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Rows of like length together, as many as fit."""
    n_source, n_target = shard.source.lengths[rows], shard.target.lengths[rows]
    # Target first: it costs most. Random among equals, so that a batch is not the same in every epoch.
    order = np.lexsort((rng.random(len(rows)), _round(n_source), _round(n_target)))
    rows, widths = rows[order], np.maximum(_round(n_source), _round(n_target))[order]
    batches, start, widest = [], 0, 0
    for end, width in enumerate(widths.tolist()):
        widest = max(widest, width)
        if end > start and (end - start + 1) * widest > n_tokens:
            batches.append(rows[start:end])
            start, widest = end, width
    if start < len(rows):
        batches.append(rows[start:])
    return batches


def _round(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return -(-lengths // _STEP) * _STEP


def collate(shard: Shard, rows: NDArray[np.int64] | Sequence[int], pad_id: int) -> Batch:
    """Rows of a shard as one batch, on the CPU."""
    source, mask = _pad(shard.source, np.asarray(rows), pad_id)
    target, is_label = _pad(shard.target, np.asarray(rows), pad_id)
    decoder = np.concatenate([np.full((len(target), 1), pad_id), target[:, :-1]], axis=1)
    picked = np.flatnonzero(is_label)
    return Batch(
        torch.from_numpy(source),
        torch.from_numpy(mask.astype(np.int64)),
        torch.from_numpy(decoder),
        torch.from_numpy(picked),
        torch.from_numpy(target.reshape(-1)[picked]),
    )


def _pad(rows: Ragged, chosen: NDArray[np.int64], pad_id: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    lengths = rows.lengths[chosen]
    mask = np.arange(int(_round(lengths.max(keepdims=True))[0])) < lengths[:, None]
    padded = np.full(mask.shape, pad_id, np.int64)
    places = np.repeat(rows.starts[chosen] - np.cumsum(lengths) + lengths, lengths) + np.arange(int(lengths.sum()))
    padded[mask] = rows.flat[places]
    return padded, mask


def fixed_batches(shard: Shard, n_tokens: int, pad_id: int, group: str | None = None) -> Iterator[Batch]:
    """All pairs of a held-out sample (or of a group of it) in batches, always the same."""
    rows = np.arange(len(shard)) if group is None else np.flatnonzero(shard.groups == GROUPS.index(group))
    rng = np.random.default_rng(0)
    for batch in _bucket(shard, rows, n_tokens, rng):
        yield collate(shard, batch, pad_id)
