"""Muon: momentum whose matrix is made orthogonal before it is applied.

Jordan et al. (2024), https://kellerjordan.github.io/posts/muon; the size of the update so that a rate meant for AdamW
fits is that of Liu et al. (2025), "Muon is scalable for LLM training", https://arxiv.org/abs/2502.16982. torch has it
too, but there the iteration runs in bfloat16, which a CPU without bfloat16 products does many times slower than
float32, and one matrix after another; here those of one size go through it together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from recipes.zh_en_mini.crew import Crew

__all__ = ["Muon", "orthogonal"]

_STEPS = 5
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonal(matrices: torch.Tensor, n_steps: int = _STEPS) -> torch.Tensor:
    """The nearest orthogonal matrix to each, roughly: all singular values end between 0.7 and 1.2.

    Args:
        matrices: ``(n, rows, columns)``.
        n_steps: of the Newton–Schulz iteration, whose quintic is steep at zero.
    """
    tall = matrices.size(1) > matrices.size(2)
    x = matrices.transpose(1, 2) if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(n_steps):
        square = x @ x.transpose(1, 2)
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=_B, alpha=_C), x, beta=_A)
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.Optimizer):
    """For matrices inside the layers; embeddings and vectors belong to AdamW.

    Args:
        parameters: matrices.
        weight_decay: decoupled, times the rate.
        momentum: Nesterov's.
        crew: each process makes a share of the matrices orthogonal; all apply all.
    """

    def __init__(self, parameters: Iterable[torch.Tensor], weight_decay: float, momentum: float, crew: Crew) -> None:
        super().__init__(list(parameters), {"lr": 0.0, "weight_decay": weight_decay, "momentum": momentum})
        self._crew = crew

    @torch.no_grad()
    # torch declares overloads for a closure, which nothing here passes.
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Apply the gradients; a closure is not supported."""
        assert closure is None
        for group in self.param_groups:
            alike: dict[tuple[int, ...], list[torch.Tensor]] = {}
            for parameter in group["params"]:
                # A tall matrix is as good as its transpose.
                alike.setdefault(tuple(sorted(parameter.shape)), []).append(parameter)
            for parameters in alike.values():
                self._apply(parameters, group)

    def _apply(self, parameters: list[torch.Tensor], group: dict[str, Any]) -> None:
        wide = [self._smoothed(each, group["momentum"]) for each in parameters]
        stacked = torch.stack([each.T if each.size(0) > each.size(1) else each for each in wide])
        made = torch.zeros_like(stacked)
        mine = slice(self._crew.rank, None, self._crew.size)
        made[mine] = orthogonal(stacked[mine])
        self._crew.sum_(made)
        scale = 0.2 * max(stacked.shape[1:]) ** 0.5
        for parameter, update in zip(parameters, made.unbind(), strict=True):
            parameter.mul_(1 - group["lr"] * group["weight_decay"])
            tall = parameter.size(0) > parameter.size(1)
            parameter.add_(update.T if tall else update, alpha=-group["lr"] * scale)

    def _smoothed(self, parameter: torch.Tensor, momentum: float) -> torch.Tensor:
        assert parameter.grad is not None
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].lerp_(parameter.grad, 1 - momentum)
        return parameter.grad.lerp(state["momentum"], momentum)
