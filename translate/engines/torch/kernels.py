"""Kernels for a GPU, in Triton (Tillet et al. 2019, https://doi.org/10.1145/3315508.3329973).

What they are for: attention of a few rows over a kv cache of which each sentence has filled another part, where torch's
kernels fill up to 64 rows and read what is masked; a residual sum, its norm and the rounding of it, which are three
kernels and three times the memory traffic in torch; and the largest of each row of logits, read once.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

__all__ = ["add_and_normalize", "attend_to_source", "attend_to_written", "best_of_rows", "embed"]

_KEYS, _WARPS = 32, 1
"""Keys that attention takes at a time, and threads that it does so with, 32 each."""

_GROUP, _GROUPS, _GROUP_WARPS = 64, 64, 4
"""Logits of which the largest is kept, and how many such groups one program looks at."""


@triton.jit
def _attend(
    q, k, v, mask, steps, out, new_k, new_v,
    q_row, kv_sentence, kv_head, mask_sentence, mask_beam, out_row, scale,
    N_BEAMS: tl.constexpr, HEADS: tl.constexpr, WIDTH: tl.constexpr, ROWS: tl.constexpr, KEYS: tl.constexpr,
    IS_OWN: tl.constexpr, IS_FLOAT32: tl.constexpr,
):  # fmt: skip
    """One head of one sentence: all its beams, as ``ROWS`` rows, over its keys, ``KEYS`` at a time."""
    sentence, head = (tl.program_id(0) // HEADS).to(tl.int64), tl.program_id(0) % HEADS
    beams, columns = tl.arange(0, ROWS), tl.arange(0, WIDTH)
    is_beam = (beams < N_BEAMS)[:, None]
    rows = (sentence * N_BEAMS + beams)[:, None] * q_row + head * WIDTH + columns[None, :]
    own_q = tl.load(q + rows, mask=is_beam, other=0.0)
    k += sentence * kv_sentence + head * kv_head
    v += sentence * kv_sentence + head * kv_head
    step = tl.load(steps + sentence)
    n_keys = step
    if IS_OWN:
        n_keys = (step + 1) * N_BEAMS
        slots = (step * N_BEAMS + beams)[:, None] * WIDTH + columns[None, :]
        tl.store(k + slots, tl.load(new_k + rows, mask=is_beam, other=0.0), mask=is_beam)
        tl.store(v + slots, tl.load(new_v + rows, mask=is_beam, other=0.0), mask=is_beam)
        tl.debug_barrier()  # what one thread has stored another loads
    largest = tl.full([ROWS], -1e30, tl.float32)
    total = tl.zeros([ROWS], tl.float32)
    mixed = tl.zeros([ROWS, WIDTH], tl.float32)
    for start in range(0, n_keys, KEYS):
        places = start + tl.arange(0, KEYS)
        is_key = places < n_keys
        where = places[:, None] * WIDTH + columns[None, :]
        own_k = tl.load(k + where, mask=is_key[:, None], other=0.0)
        if IS_FLOAT32:
            score = tl.dot(own_q, tl.trans(own_k), input_precision="ieee") * scale
        else:
            score = tl.dot(own_q, tl.trans(own_k)) * scale
        if IS_OWN:
            hidden = tl.load(
                mask + sentence * mask_sentence + beams[:, None] * mask_beam + places[None, :],
                mask=is_beam & is_key[None, :],
                other=float("-inf"),
            )
            score += hidden.to(tl.float32)
        else:
            score = tl.where(is_key[None, :], score, float("-inf"))
        top = tl.maximum(largest, tl.max(score, 1))
        weight = tl.exp(score - top[:, None])
        old = tl.exp(largest - top)
        total = total * old + tl.sum(weight, 1)
        own_v = tl.load(v + where, mask=is_key[:, None], other=0.0)
        if IS_FLOAT32:
            mixed = mixed * old[:, None] + tl.dot(weight, own_v, input_precision="ieee")
        else:
            mixed = mixed * old[:, None] + tl.dot(weight.to(own_v.dtype), own_v)
        largest = top
    mixed = mixed / tl.maximum(total, 1e-30)[:, None]
    at = (sentence * N_BEAMS + beams)[:, None] * out_row + head * WIDTH + columns[None, :]
    tl.store(out + at, mixed.to(out.dtype.element_ty), mask=is_beam)


def attend_to_written(qkv: Tensor, keys: Tensor, values: Tensor, mask: Tensor, steps: Tensor) -> Tensor:
    """Attention of new tokens to what their own hypotheses have, themselves included; they are put into the cache.

    Args:
        qkv: ``(n_sentences * n_beams, 3 * width)``, queries, keys and values of the new tokens.
        keys: ``(n_sentences, n_heads, n_slots, head_width)``; slot ``n_beams * step + beam`` is written.
        values: the same of values.
        mask: ``(n_sentences, n_beams, n_slots)``, 0 or minus infinity.
        steps: ``(n_sentences)``, tokens that each sentence's hypotheses have before these.

    Returns:
        ``(n_sentences * n_beams, width)``.
    """
    n_sentences, n_heads, _, head_width = keys.shape
    width, n_beams = n_heads * head_width, mask.shape[1]
    out = qkv.new_empty(len(qkv), width)
    _launch(
        (qkv, keys, values, mask, steps, out, qkv[:, width:], qkv[:, 2 * width :]),
        (qkv.stride(0), keys.stride(0), keys.stride(1), mask.stride(0), mask.stride(1), width),
        (n_sentences, n_beams, n_heads, head_width),
        is_own=True,
    )
    return out


def attend_to_source(q: Tensor, keys: Tensor, values: Tensor, lengths: Tensor, n_beams: int) -> Tensor:
    """Attention of target tokens to the source.

    Args:
        q: ``(n_sentences * n_beams, width)``.
        keys: ``(n_sentences, n_heads, n_source, head_width)``.
        values: the same of values.
        lengths: ``(n_sentences)``, source tokens of each.
        n_beams: rows a sentence.

    Returns:
        ``(n_sentences * n_beams, width)``.
    """
    n_sentences, n_heads, _, head_width = keys.shape
    out = torch.empty_like(q)
    _launch(
        (q, keys, values, q, lengths, out, q, q),
        (q.stride(0), keys.stride(0), keys.stride(1), 0, 0, q.shape[1]),
        (n_sentences, n_beams, n_heads, head_width),
        is_own=False,
    )
    return out


def _launch(
    tensors: tuple[Tensor, ...], strides: tuple[int, ...], shape: tuple[int, int, int, int], *, is_own: bool
) -> None:
    n_sentences, n_beams, n_heads, head_width = shape
    _attend[(n_sentences * n_heads,)](
        *tensors, *strides, head_width**-0.5,
        N_BEAMS=n_beams, HEADS=n_heads, WIDTH=head_width, ROWS=max(16, triton.next_power_of_2(n_beams)), KEYS=_KEYS,
        IS_OWN=is_own, IS_FLOAT32=tensors[0].dtype == torch.float32, num_warps=_WARPS,
    )  # fmt: skip


@triton.jit
def _add_and_normalize(x, y, weight, bias, out, rounded, n_columns, eps, WIDTH: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, WIDTH)
    inside = columns < n_columns
    at = row * n_columns + columns
    z = tl.load(x + at, mask=inside, other=0.0) + tl.load(y + at, mask=inside, other=0.0).to(tl.float32)
    mean = tl.sum(z, 0) / n_columns
    off = tl.where(inside, z - mean, 0.0)
    z = off * tl.rsqrt(tl.sum(off * off, 0) / n_columns + eps)
    z = z * tl.load(weight + columns, mask=inside, other=0.0) + tl.load(bias + columns, mask=inside, other=0.0)
    tl.store(out + at, z, mask=inside)
    tl.store(rounded + at, z.to(rounded.dtype.element_ty), mask=inside)


def add_and_normalize(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """A residual sum and its layer normalisation.

    Args:
        x: ``(n_rows, width)``, float32.
        y: the same, in any number format.
        weight: ``(width)``, float32.
        bias: the same.

    Returns:
        The result in float32, and in the number format of ``y``.
    """
    out, rounded = torch.empty_like(x), torch.empty_like(y)
    n_rows, width = x.shape
    _add_and_normalize[(n_rows,)](
        x, y, weight, bias, out, rounded, width, 1e-5, WIDTH=triton.next_power_of_2(width), num_warps=4
    )
    return out, rounded


@triton.jit
def _embed(tokens, steps, table, positions, out, rounded, n_columns, scale, N_BEAMS: tl.constexpr, WIDTH: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, WIDTH)
    inside = columns < n_columns
    token, step = tl.load(tokens + row), tl.load(steps + row // N_BEAMS)
    z = tl.load(table + token * n_columns + columns, mask=inside, other=0.0).to(tl.float32) * scale
    z += tl.load(positions + step * n_columns + columns, mask=inside, other=0.0)
    tl.store(out + row * n_columns + columns, z, mask=inside)
    tl.store(rounded + row * n_columns + columns, z.to(rounded.dtype.element_ty), mask=inside)


def embed(tokens: Tensor, steps: Tensor, table: Tensor, positions: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Embeddings of target tokens with their positions.

    Args:
        tokens: ``(n_sentences, n_beams)``.
        steps: ``(n_sentences)``, the position.
        table: ``(n_tokens, width)``.
        positions: ``(n_positions, width)``, float32.
        scale: embeddings are multiplied by it.

    Returns:
        ``(n_sentences * n_beams, width)`` in float32, and in the number format of ``table``.
    """
    n_rows, width = tokens.numel(), table.shape[1]
    out = positions.new_empty(n_rows, width)
    rounded = table.new_empty(n_rows, width)
    _embed[(n_rows,)](
        tokens, steps, table, positions, out, rounded, width, scale,
        N_BEAMS=tokens.shape[1], WIDTH=triton.next_power_of_2(width), num_warps=4,
    )  # fmt: skip
    return out, rounded


@triton.jit
def _group_maxima(
    logits, bias, largest, sums, n_tokens, n_groups, n_parts, stride, GROUPS: tl.constexpr, GROUP: tl.constexpr
):  # fmt: skip
    """The largest of each group of logits, and the sum of exponentials of ``GROUPS`` groups, relative to theirs."""
    row, part = tl.program_id(0).to(tl.int64), tl.program_id(1)
    groups = part * GROUPS + tl.arange(0, GROUPS)
    columns = groups[:, None] * GROUP + tl.arange(0, GROUP)[None, :]
    inside = columns < n_tokens
    x = tl.load(logits + row * stride + columns, mask=inside, other=float("-inf"))
    x += tl.load(bias + columns, mask=inside, other=0.0)
    tops = tl.max(x, 1)
    top = tl.maximum(tl.max(tops, 0), -1e30)
    tl.store(largest + row * n_groups + groups, tops, mask=groups < n_groups)
    tl.store(sums + (row * n_parts + part) * 2, top)
    tl.store(sums + (row * n_parts + part) * 2 + 1, tl.sum(tl.sum(tl.exp(x - top), 1), 0))


@triton.jit
def _best_of_groups(
    logits, bias, largest, sums, values, ids, totals, n_tokens, n_groups, n_parts, stride,
    N_BEST: tl.constexpr, RANKS: tl.constexpr, GROUP: tl.constexpr, ALL: tl.constexpr, PARTS: tl.constexpr,
):  # fmt: skip
    """The best of a row: they are in the groups with the largest maxima, of which there are no more than of them."""
    row = tl.program_id(0).to(tl.int64)
    parts = tl.arange(0, PARTS)
    tops = tl.load(sums + (row * n_parts + parts) * 2, mask=parts < n_parts, other=-1e30)
    own = tl.load(sums + (row * n_parts + parts) * 2 + 1, mask=parts < n_parts, other=0.0)
    top = tl.max(tops, 0)
    tl.store(totals + row, top + tl.log(tl.sum(own * tl.exp(tops - top), 0)))
    groups = tl.arange(0, ALL)
    maxima = tl.load(largest + row * n_groups + groups, mask=groups < n_groups, other=float("-inf"))
    ranks = tl.arange(0, RANKS)
    chosen = tl.full([RANKS], n_groups, tl.int32)
    for rank in tl.static_range(N_BEST):
        where = tl.argmax(maxima, 0)
        chosen = tl.where(ranks == rank, where, chosen)
        maxima = tl.where(groups == where, float("-inf"), maxima)
    columns = chosen[:, None] * GROUP + tl.arange(0, GROUP)[None, :]
    inside = (columns < n_tokens) & (ranks < N_BEST)[:, None]
    x = tl.load(logits + row * stride + columns, mask=inside, other=float("-inf"))
    x += tl.load(bias + columns, mask=inside, other=0.0)
    for rank in tl.static_range(N_BEST):
        best = tl.max(tl.max(x, 1), 0)
        # Of equals the lowest id, whichever group was taken first.
        which = tl.min(tl.min(tl.where((x == best) & inside, columns, n_tokens - 1), 1), 0)
        tl.store(values + row * N_BEST + rank, best)
        tl.store(ids + row * N_BEST + rank, which.to(tl.int64))
        x = tl.where(columns == which, float("-inf"), x)


def best_of_rows(logits: Tensor, bias: Tensor, n_best: int) -> tuple[Tensor, Tensor, Tensor]:
    """See `translate.engines.torch.best.best_of_rows`."""
    n_rows, n_tokens = logits.shape
    n_groups = triton.cdiv(n_tokens, _GROUP)
    n_parts = triton.cdiv(n_groups, _GROUPS)
    largest, sums = logits.new_empty(n_rows, n_groups), logits.new_empty(n_rows, n_parts, 2)
    _group_maxima[n_rows, n_parts](
        logits, bias, largest, sums, n_tokens, n_groups, n_parts, logits.stride(0),
        GROUPS=_GROUPS, GROUP=_GROUP, num_warps=_GROUP_WARPS,
    )  # fmt: skip
    values, totals = logits.new_empty(n_rows, n_best), logits.new_empty(n_rows, 1)
    ids = torch.empty(n_rows, n_best, dtype=torch.int64, device=logits.device)
    _best_of_groups[(n_rows,)](
        logits, bias, largest, sums, values, ids, totals, n_tokens, n_groups, n_parts, logits.stride(0),
        N_BEST=n_best, RANKS=triton.next_power_of_2(n_best), GROUP=_GROUP, ALL=triton.next_power_of_2(n_groups),
        PARTS=triton.next_power_of_2(n_parts), num_warps=1,
    )  # fmt: skip
    return values, ids, totals
