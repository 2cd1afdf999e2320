"""Draws the losses of one run or several from their logs.

python -m recipes.zh_en_mini.plot --log NAME=FOLDER/log.jsonl --out losses.png
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["draw", "last_told", "main", "series"]

_COLOURS = ("#1f5fa8", "#c4501b", "#2d7f3b", "#7a4fa3", "#8a6d1d")


def series(lines: Sequence[Mapping[str, Any]], name: str) -> tuple[list[float], list[float]]:
    """Millions of target tokens and the values of one column, where it is there."""
    there = [line for line in lines if name in line]
    return [line["tokens"] / 1e6 for line in there], [line[name] for line in there]


def last_told(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines without those of steps that were done anew after the run was taken up from an earlier checkpoint."""
    kept: list[Mapping[str, Any]] = []
    for line in lines:
        while kept and kept[-1]["step"] > line["step"]:
            kept.pop()
        kept.append(line)
    return kept


def draw(logs: Mapping[str, Sequence[Mapping[str, Any]]], out: Path) -> None:
    """Write a picture: losses on the left, on the right what the right source is worth.

    Args:
        logs: name of a run -> lines of its log.
        out: the picture, PNG or SVG.
    """
    from importlib import import_module

    # Not a dependency of the project, so nothing is known of its types.
    mpl: Any = import_module("matplotlib")

    mpl.use("Agg")
    plt: Any = import_module("matplotlib.pyplot")

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), width_ratios=(3, 2), layout="constrained")
    several = len(logs) > 1
    for colour, (name, lines) in zip(_COLOURS, logs.items(), strict=False):
        if not several:
            left.plot(*series(lines, "loss"), color=colour, alpha=0.35, lw=1, label="training (smoothed labels)")
            left.plot(*series(lines, "dev_news"), color=_COLOURS[2], marker=".", ms=3, label="held out, news")
        left.plot(*series(lines, "dev"), color=colour, marker="o", ms=3, label=name if several else "held out")
        left.plot(
            *series(lines, "dev_shuffled"), color=colour, ls=":", label=None if several else "held out, wrong sources"
        )
        tokens, dev = series(lines, "dev")
        gaps = [wrong - own for wrong, own in zip(series(lines, "dev_shuffled")[1], dev, strict=True)]
        right.plot(tokens, gaps, color=colour, marker="o", ms=3, label=name)
    title = "Held out (dotted: with wrong sources)" if several else "Loss"
    left.set(xlabel="target tokens seen (millions)", ylabel="loss (nats per token)", title=title)
    right.set(xlabel="target tokens seen (millions)", ylabel="nats per token", title="What the right source is worth")
    right.axhline(0, color="#999999", lw=0.8)
    for axes in (left, right):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    left.legend(frameon=False, fontsize=8)
    if several:
        right.legend(frameon=False, fontsize=8)
    figure.savefig(out, dpi=130)
    plt.close(figure)


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="recipes.zh_en_mini.plot", description=__doc__.splitlines()[0])
    parser.add_argument("--log", action="append", required=True, metavar="NAME=PATH", help="a run; may be repeated")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    logs = {}
    for each in args.log:
        name, _, path = each.rpartition("=")
        text = Path(path).read_text(encoding="utf-8")
        logs[name or Path(path).parent.name] = last_told([json.loads(line) for line in text.splitlines()])
    draw(logs, args.out)


if __name__ == "__main__":
    main()
