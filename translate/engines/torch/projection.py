"""The output layer: the likeliest next tokens of every beam, without holding more than is needed.

For 240 beams and 65,001 words the logits are 62 MB in float32, and a log-softmax, a sort and their copies several
times that. Here a processor takes the words a few thousand at a time, so that what a product has written is still in
its cache when it is summed; one buffer is used over and over; and of every 64 words only the largest logit is looked
at until the winners are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from translate.engines.torch.best import best_of_rows
from translate.engines.torch.network import FEWEST_ROWS, Linear

__all__ = ["Projection", "ShortProjection", "Top"]

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


@dataclass(slots=True, eq=False)
class _Output:
    """The output layer, and what is done with it in float32.

    Attributes:
        weight: ``(n_tokens, width)``.
        bias: ``(n_tokens)``, float32; minus infinity for tokens that are never written.
        banned: those tokens' rows, where their probability is lost; None where it is shared out among the others.
        is_coarse: whether products are rounded so much that the best tokens have to be looked at again.
    """

    weight: Tensor
    bias: Tensor
    banned: Linear | None
    is_coarse: bool

    @classmethod
    def of(cls, head: Linear, banned: Sequence[int], *, renormalize: bool) -> _Output:
        out = torch.tensor(sorted(set(banned)), dtype=torch.int64, device=head.weight.device)
        bias = head.bias.clone()
        bias[out] = -torch.inf
        lost = None if renormalize or not len(out) else Linear(head.weight[out].float(), head.bias[out])
        # Products of halves are rounded to halves, too coarse to tell the best from the second; on CUDA they need not.
        return cls(head.weight, bias, lost, head.weight.dtype != torch.float32 and head.weight.device.type == "cpu")

    def best(self, hidden: Tensor, logits: Tensor, ids: Tensor, total: Tensor, n_best: int) -> Top:
        """The best of the tokens that were looked at.

        Args:
            hidden: ``(n_rows, width)``.
            logits: ``(n_rows, n_looked_at)``, largest first; see `n_looked_at`.
            ids: ``(n_rows, n_looked_at)``.
            total: ``(n_rows, 1)``, the logarithm of the sum of the exponentials of all logits.
            n_best: how many.
        """
        if self.is_coarse:
            exact = self.exact(hidden, ids).masked_fill(logits == -torch.inf, -torch.inf)
            # The sum is mended as well: the best tokens are most of it.
            more = (exact - total).exp().sum(1, keepdim=True) - (logits - total).exp().sum(1, keepdim=True)
            total = total + more.clamp_min(-0.99).log1p()
            logits, order = exact.topk(n_best, dim=1)
            ids = ids.gather(1, order)
        lost = self.lost(hidden, total)
        return Top(logits - total - lost, ids, lost)

    def n_looked_at(self, n_best: int, n_tokens: int) -> int:
        """How many of so many tokens to look at in order to find the best."""
        return min(n_best + _SPARE, n_tokens) if self.is_coarse else n_best

    def lost(self, hidden: Tensor, total: Tensor) -> Tensor:
        """Share of the banned tokens: minus the logarithm of what the others have of the probability."""
        if self.banned is None:
            return torch.zeros_like(total)
        return torch.logaddexp(total, self.banned(hidden).logsumexp(1, keepdim=True)) - total

    def exact(self, hidden: Tensor, ids: Tensor) -> Tensor:
        """Logits of these tokens of each row, ``(n_rows, n)``, summed and kept in float32."""
        weights = self.weight[ids].float()
        return torch.einsum("rw,rnw->rn", hidden.to(self.weight.dtype).float(), weights) + self.bias[ids]


class Projection:
    """Finds the best tokens; not to be shared between threads, since it owns buffers.

    Args:
        head: the output layer, with its bias in float32.
        banned: tokens that are never written.
        renormalize: whether the probability of the banned ones is shared out among the others (as
            ``renormalize_logits`` of transformers does) or lost.
    """

    def __init__(self, head: Linear, banned: Sequence[int], *, renormalize: bool) -> None:
        self._output = _Output.of(head, banned, renormalize=renormalize)
        device, self.n_tokens = head.weight.device, len(head.weight)
        self._n_rows = _n_rows(device)
        self._chunk = _CHUNK if device.type == "cpu" else self.n_tokens
        self._logits = torch.empty(0, -(-self.n_tokens // _GROUP) * _GROUP, device=device)
        self._scratch = torch.empty(0, device=device)
        self._padded: Tensor | None = None

    def among(self, candidates: Sequence[NDArray[np.int64]]) -> ShortProjection:
        """The same, where each sentence has candidates of its own; see `ShortProjection`."""
        return ShortProjection(self._output, candidates)

    def keep(self, sentences: Sequence[int]) -> None:
        """Drop all sentences but these; they all choose among the same tokens, so that nothing is to be done."""

    def top(self, hidden: Tensor, n_best: int) -> Top:
        """The best tokens of each row.

        Args:
            hidden: ``(n_rows, width)``, float32.
            n_best: how many; at most there are tokens.
        """
        parts = [self._top(rows, n_best) for rows in torch.split(hidden, self._n_rows)]
        return parts[0] if len(parts) == 1 else Top(*(torch.cat(part) for part in zip(*parts, strict=True)))

    def at_once(self, hidden: Tensor, n_best: int, token: int) -> tuple[Top, Tensor]:
        """The best tokens of each row, and the log-probability of one token, in memory that is not used again.

        For a CUDA graph, which must not find that a buffer of `top` has moved.

        Args:
            hidden: ``(n_rows, width)``, float32.
            n_best: how many; at most there are tokens.
            token: the one; not a banned one.

        Returns:
            The best; and ``(n_rows)``, as `log_probability` gives them.
        """
        weight = self._whole_weight()
        x = hidden.to(weight.dtype)
        if weight.is_cuda and weight.dtype != torch.float32:
            logits = torch.mm(x, weight.t(), out_dtype=torch.float32)
        else:
            logits = torch.mm(x, weight.t()).float()
        logits = logits[:, : self.n_tokens]
        best, ids, total = best_of_rows(logits, self._output.bias, n_best)
        end = logits[:, token] + self._output.bias[token] - total[:, 0]
        return self._output.best(hidden, best, ids, total, n_best), end

    def _whole_weight(self) -> Tensor:
        """The weight with rows of zeros behind it, so that its product has no odd width, for which kernels are slow."""
        weight = self._output.weight
        if weight.is_cuda and len(weight) % _GROUP:
            if self._padded is None:
                self._padded = torch.nn.functional.pad(weight, (0, 0, 0, -len(weight) % _GROUP))
            return self._padded
        return weight

    def log_probability(self, hidden: Tensor, tokens: Tensor, sentences: Tensor | None = None) -> Tensor:
        """Log-probability of one given token a row, among those that are not banned: ``(n_rows)``.

        Args:
            hidden: ``(n_rows, width)``, float32.
            tokens: ``(n_rows)``.
            sentences: which sentences of the batch the rows are of; all when None.
        """
        parts = []
        for rows, own in zip(torch.split(hidden, self._n_rows), torch.split(tokens, self._n_rows), strict=True):
            logits, _, total = self._fill(rows)
            chosen = (
                self._output.exact(rows, own[:, None]) if self._output.is_coarse else logits.gather(1, own[:, None])
            )
            parts.append((chosen - total)[:, 0])
        return torch.cat(parts)

    def _top(self, hidden: Tensor, n_best: int) -> Top:
        logits, largest, total = self._fill(hidden)
        n_groups = largest.shape[1]
        n_looked_at = self._output.n_looked_at(n_best, self.n_tokens)
        # The n best are in the n groups with the largest maxima; sorted, so that of equals the lower id comes first.
        groups = largest.topk(min(n_looked_at, n_groups), dim=1, sorted=False).indices.sort(1).values
        inside = _grouped(logits).gather(1, groups[:, :, None].expand(-1, -1, _GROUP))
        best, where = inside.flatten(1).topk(n_looked_at, dim=1)
        ids = groups.gather(1, where // _GROUP) * _GROUP + where % _GROUP
        return self._output.best(hidden, best, ids, total, n_best)

    def _fill(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of a few rows.

        Returns:
            Logits ``(n_rows, n_tokens rounded up)``; the largest of each group of them ``(n_rows, n_groups)``; and
            the logarithm of the sum of their exponentials, ``(n_rows, 1)``.
        """
        n_rows = len(hidden)
        x = _filled_up(hidden.to(self._output.weight.dtype))
        logits = self._buffer(len(x))
        largest, sums = [], []
        for start in range(0, self.n_tokens, self._chunk):
            end = min(start + self._chunk, self.n_tokens)
            _multiply(x, self._output.weight[start:end], self._output.bias[start:end], logits[:, start:end])
            chunk = logits[:, start : -(-end // _GROUP) * _GROUP]
            largest.append(_grouped(chunk).amax(2))
            top = largest[-1].amax(1, keepdim=True).clamp_min_(_LOWEST)
            exps = torch.sub(chunk, top, out=self._scratch[: chunk.numel()].view(chunk.shape)).exp_()
            sums.append(exps.sum(1, keepdim=True).log_().add_(top))
        return logits[:n_rows], torch.cat(largest, 1)[:n_rows], torch.cat(sums, 1).logsumexp(1, keepdim=True)[:n_rows]

    def _buffer(self, n_rows: int) -> Tensor:
        if len(self._logits) < n_rows:
            # The columns behind the last token are never written again.
            self._logits = self._logits.new_full((n_rows, self._logits.shape[1]), -torch.inf)
            self._scratch = self._logits.new_empty(n_rows * -(-self._chunk // _GROUP) * _GROUP)
        return self._logits[:n_rows]


class ShortProjection:
    """Finds the best tokens among each sentence's own candidates; not to be shared between threads.

    The product is of the candidates of all sentences of the batch; of its logits each sentence is shown only its own,
    so that its tokens do not depend on its neighbours. (What the product's width does to a sum is rounding, in the
    last bit of a float32.) Probabilities are among the candidates, and the banned tokens where their share is lost.

    Args:
        output: the output layer.
        candidates: of each sentence, ascending; none empty.
    """

    def __init__(self, output: _Output, candidates: Sequence[NDArray[np.int64]]) -> None:
        self._output, device = output, output.weight.device
        self._n_rows = _n_rows(device)
        self._none = len(output.weight)
        """In the place of a token behind the last candidate of a sentence."""
        own = [torch.from_numpy(each) for each in candidates]
        self._own = torch.nn.utils.rnn.pad_sequence(own, batch_first=True, padding_value=self._none).to(device)
        self._gather()

    @property
    def n_tokens(self) -> int:
        """Candidates of the sentence that has most."""
        return self._own.shape[1]

    def _gather(self) -> None:
        """Copy what of the output layer is needed for the sentences there are."""
        tokens, self._columns = torch.unique(self._own, return_inverse=True)
        # The width in steps, like all lengths: the last columns of a product have kernels of their own.
        tokens = torch.nn.functional.pad(tokens, (0, -len(tokens) % _GROUP), value=self._none)
        real = tokens.clamp(max=self._none - 1)
        self._weight = self._output.weight[real]
        self._bias = self._output.bias[real].masked_fill(tokens == self._none, -torch.inf)

    def keep(self, sentences: Sequence[int]) -> None:
        """Drop all sentences but these, and what only the others needed."""
        self._own = self._own[torch.tensor(sentences, device=self._own.device)]
        self._gather()

    def join(self, other: ShortProjection) -> None:
        """Take the sentences of another behind these."""
        self._own = torch.cat(self._pair(other))
        self._gather()

    def put(self, places: Sequence[int], other: ShortProjection) -> None:
        """Let the first sentences of another take these places."""
        mine, theirs = self._pair(other)
        self._own = mine.index_copy(0, torch.tensor(places, device=mine.device), theirs[: len(places)])
        self._gather()

    def _pair(self, other: ShortProjection) -> list[Tensor]:
        """The candidates of both, as wide as the wider ones."""
        width = max(self.n_tokens, other.n_tokens)
        pair = (self._own, other._own)
        return [torch.nn.functional.pad(own, (0, width - own.shape[1]), value=self._none) for own in pair]

    def top(self, hidden: Tensor, n_best: int) -> Top:
        """The best candidates of each row; see `Projection.top`.

        Args:
            hidden: ``(n_sentences * n_beams, width)``, float32, the beams of a sentence one after the other.
            n_best: how many, at most ``n_tokens``. A sentence with fewer candidates has others behind them, which
                have a log-probability of minus infinity.
        """
        return Top(*(torch.cat(part) for part in zip(*self._each(hidden, n_best), strict=True)))

    def _each(self, hidden: Tensor, n_best: int) -> Iterator[Top]:
        for rows, own, logits, total in self._logits(hidden):
            best, where = logits.topk(self._output.n_looked_at(n_best, self.n_tokens), dim=1)
            ids = own.gather(1, where).clamp(max=self._none - 1)
            yield self._output.best(rows, best, ids, total, n_best)

    def log_probability(self, hidden: Tensor, tokens: Tensor, sentences: Tensor | None = None) -> Tensor:
        """Log-probability of one candidate a row; see `Projection.log_probability`."""
        parts = []
        asked = torch.split(tokens[:, None], self._n_rows)
        for (rows, own, logits, total), token in zip(self._logits(hidden, sentences), asked, strict=True):
            where = (own == token).int().argmax(1, keepdim=True)
            chosen = self._output.exact(rows, token) if self._output.is_coarse else logits.gather(1, where)
            parts.append((chosen - total)[:, 0])
        return torch.cat(parts)

    def _logits(
        self, hidden: Tensor, sentences: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """A few rows at a time.

        Yields:
            The rows; their candidates ``(n_rows, n_tokens)``; the logits of these; and the logarithm of the sum of
            their exponentials, ``(n_rows, 1)``.
        """
        own, columns = (each if sentences is None else each[sentences] for each in (self._own, self._columns))
        n_beams = len(hidden) // len(own)
        own, columns = (each.repeat_interleave(n_beams, 0) for each in (own, columns))
        for start in range(0, len(hidden), self._n_rows):
            part = slice(start, start + self._n_rows)
            rows = hidden[part]
            x = _filled_up(rows.to(self._weight.dtype))
            every = torch.empty(len(x), len(self._weight), device=x.device)
            _multiply(x, self._weight, self._bias, every)
            logits = every[: len(rows)].gather(1, columns[part])
            largest = logits.amax(1, keepdim=True)
            # In float64: how the neighbours' candidates order the sum shows in no float32.
            sums = (logits - largest).exp_().sum(1, keepdim=True, dtype=torch.float64)
            yield rows, own[part], logits, sums.log_().float() + largest


def _n_rows(device: torch.device) -> int:
    """Rows that are multiplied at a time."""
    return _ROWS.get(device.type, 256)


def _filled_up(x: Tensor) -> Tensor:
    """Rows with zeros behind them, if they are too few for a product whose bits do not depend on their number."""
    return torch.nn.functional.pad(x, (0, 0, 0, max(0, FEWEST_ROWS - len(x))))


def _multiply(x: Tensor, weight: Tensor, bias: Tensor, out: Tensor) -> None:
    """Logits ``(n_rows, n_tokens)`` in float32, into ``out``."""
    weight = weight.t()
    if weight.dtype == torch.float32:
        torch.addmm(bias, x, weight, out=out)
    elif weight.is_cuda:
        torch.add(torch.mm(x, weight, out_dtype=torch.float32), bias, out=out)
    else:
        torch.add(torch.mm(x, weight), bias, out=out)


def _grouped(logits: Tensor) -> Tensor:
    """``(n_rows, n_tokens)`` as ``(n_rows, n_groups, _GROUP)``."""
    groups: Tensor = logits.unflatten(1, (-1, _GROUP))  # type: ignore[no-untyped-call]  # a method without types
    return groups
