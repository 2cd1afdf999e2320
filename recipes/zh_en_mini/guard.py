"""Keeps values that are not finite out of the weights, out of the optimisers and off the disk.

One such gradient makes every weight NaN at the next step, and a checkpoint written after that is lost too. So a step
whose gradient is not finite is left out and counted, and many in a row end the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

__all__ = ["Guard", "NotFiniteError", "first_not_finite"]


class NotFiniteError(RuntimeError):
    """A run cannot go on, or must not be written, because values are not finite."""


class Guard:
    """Decides which steps are taken.

    Args:
        patience: steps in a row that may be left out; one more ends the run.
    """

    def __init__(self, patience: int = 20) -> None:
        self.patience = patience
        self.n_skipped = 0
        self._in_a_row = 0

    def allows(self, norm: torch.Tensor) -> bool:
        """Whether a step with a gradient of this norm may be taken; a device is waited for.

        Args:
            norm: of all gradients together: it is finite if and only if each of them is, unless they are huge.

        Raises:
            NotFiniteError: too many in a row were refused.
        """
        if bool(torch.isfinite(norm)):
            self._in_a_row = 0
            return True
        self.n_skipped += 1
        self._in_a_row += 1
        if self._in_a_row > self.patience:
            raise NotFiniteError(
                f"the gradient was not finite {self._in_a_row} times in a row, where a few in a thousand are left out; "
                f"the weights of the last good step are kept: call again with half the --peak, or start another run "
                f"from average.safetensors with another --seed"
            )
        return False


def first_not_finite(tensors: Mapping[str, torch.Tensor] | Iterable[tuple[str, torch.Tensor]]) -> str | None:
    """The name of the first tensor with a value that is not finite; None when all are."""
    named = tensors.items() if isinstance(tensors, Mapping) else tensors
    return next((name for name, value in named if value.is_floating_point() and not torch.isfinite(value).all()), None)
