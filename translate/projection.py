"""The output layer: the likeliest next tokens of every beam, without holding more than is needed.

For 240 beams and 65,001 words the logits are 62 MB in float32, and a log-softmax, a sort and their copies several
times that. Here a processor takes the words a few thousand at a time, so that what a product has written is still in
its cache when it is summed; one buffer is used over and over; and of every 64 words only the largest logit is looked
at until the winners are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from translate.marian import FEWEST_ROWS, Linear

__all__ = ["Projection", "Top"]

_GROUP = 64
_CHUNK = 64 * _GROUP
_ROWS = {"cpu": 256, "cuda": 2048}
_SPARE = 8
_LOWEST = -1e30
"""Stands for minus infinity where a difference of two is taken."""


class Top(NamedTuple):
    """The best tokens of each row, best first.

    Attributes:
        scores: ``(n_rows, n_best)``, log-probabilities as the search counts them.
        ids: ``(n_rows, n_best)``.
        lost: ``(n_rows, 1)``, at least 0; added to the scores it gives log-probabilities among the tokens that are
            not banned. Zeros when the scores are such already.
    """

    scores: Tensor
    ids: Tensor
    lost: Tensor


class Projection:
    """Finds the best tokens; not to be shared between threads, since it owns buffers.

    Args:
        head: the output layer, with its bias in float32.
        banned: tokens that are never written.
        renormalize: whether the probability of the banned ones is shared out among the others (as
            ``renormalize_logits`` of transformers does) or lost.
    """

    def __init__(self, head: Linear, banned: Sequence[int], *, renormalize: bool) -> None:
        self._weight, device = head.weight, head.weight.device
        self._bias = head.bias.clone()
        out = torch.tensor(sorted(set(banned)), dtype=torch.int64, device=device)
        self._bias[out] = -torch.inf
        self._banned = None if renormalize or not len(out) else Linear(head.weight[out], head.bias[out])
        n_tokens = len(head.weight)
        self._n_rows = _ROWS.get(device.type, 256)
        self._chunk = _CHUNK if device.type == "cpu" else n_tokens
        # Products of halves are rounded to halves, too coarse to tell the best from the second; on CUDA they need not.
        self._is_coarse = head.weight.dtype != torch.float32 and device.type == "cpu"
        self._logits = torch.empty(0, -(-n_tokens // _GROUP) * _GROUP, device=device)
        self._scratch = torch.empty(0, device=device)

    def top(self, hidden: Tensor, n_best: int) -> Top:
        """The best tokens of each row.

        Args:
            hidden: ``(n_rows, width)``, float32.
            n_best: how many; at most there are tokens.
        """
        parts = [self._top(rows, n_best) for rows in torch.split(hidden, self._n_rows)]
        return parts[0] if len(parts) == 1 else Top(*(torch.cat(part) for part in zip(*parts, strict=True)))

    def log_probability(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        """Log-probability of one given token a row, among those that are not banned: ``(n_rows)``.

        Args:
            hidden: ``(n_rows, width)``, float32.
            tokens: ``(n_rows)``.
        """
        parts = []
        for rows, own in zip(torch.split(hidden, self._n_rows), torch.split(tokens, self._n_rows), strict=True):
            logits, _, total = self._fill(rows)
            chosen = self._exact(rows, own[:, None]) if self._is_coarse else logits.gather(1, own[:, None])
            parts.append((chosen - total)[:, 0])
        return torch.cat(parts)

    def _top(self, hidden: Tensor, n_best: int) -> Top:
        logits, largest, total = self._fill(hidden)
        n_groups = largest.shape[1]
        n_looked_at = min(n_best + _SPARE, len(self._weight)) if self._is_coarse else n_best
        # The n best are in the n groups with the largest maxima; sorted, so that of equals the lower id comes first.
        groups = largest.topk(min(n_looked_at, n_groups), dim=1, sorted=False).indices.sort(1).values
        inside = _grouped(logits).gather(1, groups[:, :, None].expand(-1, -1, _GROUP))
        best, where = inside.flatten(1).topk(n_looked_at, dim=1)
        ids = groups.gather(1, where // _GROUP) * _GROUP + where % _GROUP
        if self._is_coarse:
            exact = self._exact(hidden, ids)
            # The sum is mended as well: the best tokens are most of it.
            more = (exact - total).exp().sum(1, keepdim=True) - (best - total).exp().sum(1, keepdim=True)
            total = total + more.clamp_min(-0.99).log1p()
            best, order = exact.topk(n_best, dim=1)
            ids = ids.gather(1, order)
        lost = self._lost(hidden, total)
        return Top(best - total - lost, ids, lost)

    def _lost(self, hidden: Tensor, total: Tensor) -> Tensor:
        """Share of the banned tokens: minus the logarithm of what the others have of the probability."""
        if self._banned is None:
            return torch.zeros_like(total)
        return torch.logaddexp(total, self._banned(hidden).float().logsumexp(1, keepdim=True)) - total

    def _exact(self, hidden: Tensor, ids: Tensor) -> Tensor:
        """Logits of these tokens of each row, ``(n_rows, n)``, summed and kept in float32."""
        weights = self._weight[ids].float()
        return torch.einsum("rw,rnw->rn", hidden.to(self._weight.dtype).float(), weights) + self._bias[ids]

    def _fill(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of a few rows.

        Returns:
            Logits ``(n_rows, n_tokens rounded up)``; the largest of each group of them ``(n_rows, n_groups)``; and
            the logarithm of the sum of their exponentials, ``(n_rows, 1)``.
        """
        n_rows = len(hidden)
        x = hidden.to(self._weight.dtype)
        if n_rows < FEWEST_ROWS:
            x = torch.nn.functional.pad(x, (0, 0, 0, FEWEST_ROWS - n_rows))
        logits = self._buffer(len(x))
        largest, sums = [], []
        for start in range(0, len(self._weight), self._chunk):
            end = min(start + self._chunk, len(self._weight))
            self._multiply(x, start, end, logits[:, start:end])
            chunk = logits[:, start : -(-end // _GROUP) * _GROUP]
            largest.append(_grouped(chunk).amax(2))
            top = largest[-1].amax(1, keepdim=True).clamp_min_(_LOWEST)
            exps = torch.sub(chunk, top, out=self._scratch[: chunk.numel()].view(chunk.shape)).exp_()
            sums.append(exps.sum(1, keepdim=True).log_().add_(top))
        return logits[:n_rows], torch.cat(largest, 1)[:n_rows], torch.cat(sums, 1).logsumexp(1, keepdim=True)[:n_rows]

    def _multiply(self, x: Tensor, start: int, end: int, out: Tensor) -> None:
        weight, bias = self._weight[start:end].t(), self._bias[start:end]
        if weight.dtype == torch.float32:
            torch.addmm(bias, x, weight, out=out)
        elif weight.is_cuda:
            torch.add(torch.mm(x, weight, out_dtype=torch.float32), bias, out=out)
        else:
            torch.add(torch.mm(x, weight), bias, out=out)

    def _buffer(self, n_rows: int) -> Tensor:
        if len(self._logits) < n_rows:
            # The columns behind the last token are never written again.
            self._logits = self._logits.new_full((n_rows, self._logits.shape[1]), -torch.inf)
            self._scratch = self._logits.new_empty(n_rows * -(-self._chunk // _GROUP) * _GROUP)
        return self._logits[:n_rows]


def _grouped(logits: Tensor) -> Tensor:
    """``(n_rows, n_tokens)`` as ``(n_rows, n_groups, _GROUP)``."""
    groups: Tensor = logits.unflatten(1, (-1, _GROUP))  # type: ignore[no-untyped-call]  # a method without types
    return groups
