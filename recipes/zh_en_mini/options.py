"""Values that several command lines take."""

from __future__ import annotations

import argparse

from recipes.zh_en_mini.sources import GROUPS

__all__ = ["group_weights"]


def group_weights(text: str) -> dict[str, float]:
    """``news=3,docs=0.5`` as a mapping.

    Raises:
        argparse.ArgumentTypeError: a name is no group.
    """
    weights = {name: float(value) for name, _, value in (each.partition("=") for each in text.split(",") if each)}
    if unknown := weights.keys() - set(GROUPS):
        raise argparse.ArgumentTypeError(f"no group {sorted(unknown)[0]!r}; there are {', '.join(GROUPS)}")
    return weights
