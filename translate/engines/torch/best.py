"""The largest of each row of logits, and the logarithm of the sum of their exponentials, read once."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from torch import Tensor

__all__ = ["best_of_rows", "has_kernels"]


def best_of_rows(logits: Tensor, bias: Tensor, n_best: int) -> tuple[Tensor, Tensor, Tensor]:
    """Look at logits, on a GPU with a kernel of our own: torch's largest-of-many is made for few long rows.

    Args:
        logits: ``(n_rows, n_tokens)``, float32.
        bias: ``(n_tokens)``, float32, added to each row; minus infinity for tokens that must not be chosen.
        n_best: how many.

    Returns:
        The largest sums ``(n_rows, n_best)``, largest first, of equals the lower id; their ids, int64; and the
        logarithm of the sum of all exponentials, ``(n_rows, 1)``.
    """
    if logits.is_cuda and has_kernels():
        from translate.engines.torch import kernels

        return kernels.best_of_rows(logits, bias, n_best)
    logits = logits + bias
    best, ids = logits.topk(n_best, dim=1)
    return best, ids, logits.logsumexp(1, keepdim=True)


@cache
def has_kernels() -> bool:
    """Whether Triton is there, in which our kernels are: it comes with torch's builds for CUDA on Linux."""
    return find_spec("triton") is not None
