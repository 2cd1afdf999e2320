"""How many target tokens a second each size trains at on this machine.

    python -m recipes.zh_en_mini.bench --vocab FOLDER --shards FOLDER --shapes base8,deep12 --tokens 32768,65536

A few dozen steps of real batches a line; the first ones, which warm up, do not count. Run it before a long run: the
number of epochs that fit in the time decides the dropout.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from recipes.zh_en_mini.batches import collate, epoch
from recipes.zh_en_mini.network import count_parameters
from recipes.zh_en_mini.shards import MAX_TOKENS, load
from recipes.zh_en_mini.train import Trainer, parser, settings_of

__all__ = ["main", "measure"]


def measure(trainer: Trainer, n_warm: int, n_steps: int) -> dict[str, float]:
    """Speed and memory of a trainer.

    Args:
        trainer: a fresh one.
        n_warm: steps that do not count.
        n_steps: steps that do.
    """
    settings = trainer.settings.batches
    shard, batches = epoch(trainer.train, trainer._variants, 1, settings, MAX_TOKENS)
    n_labels, began = 0, time.monotonic()
    for index, rows in enumerate(batches[: n_warm + n_steps]):
        if index == n_warm:
            _wait(trainer.device)
            n_labels, began = 0, time.monotonic()
        batch = collate(shard, rows, trainer.pad_id).to(trainer.device)
        trainer._update(batch, 1e-5)
        n_labels += batch.n_labels
    _wait(trainer.device)
    seconds = time.monotonic() - began
    peak = torch.cuda.max_memory_allocated() / 2**30 if trainer.device.type == "cuda" else 0.0
    return {
        "tokens_per_second": round(n_labels / seconds),
        "steps_per_second": round(min(n_steps, len(batches) - n_warm) / seconds, 2),
        "gib": round(peak, 1),
        "epoch_seconds": round(float(trainer.train.target.lengths.sum()) / (n_labels / seconds)),
    }


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    made = argparse.ArgumentParser(prog="recipes.zh_en_mini.bench", description=__doc__.splitlines()[0])
    made.add_argument("--shards", type=Path, required=True)
    made.add_argument("--vocab", type=Path, required=True)
    made.add_argument("--shapes", default="base8")
    made.add_argument("--tokens", default="32768")
    made.add_argument("--compile", default="0", help="0, 1 or 0,1")
    made.add_argument("--rdrop", default="0", help="0, 1 or 0,1")
    made.add_argument("--warm", type=int, default=10)
    made.add_argument("--steps", type=int, default=40)
    args = made.parse_args(argv)
    torch.set_float32_matmul_precision("high")
    train, dev = load(args.shards / "train.ids"), load(args.shards / "dev.ids")
    for shape in args.shapes.split(","):
        for tokens in args.tokens.split(","):
            for compiled in args.compile.split(","):
                for rdrop in args.rdrop.split(","):
                    options = ["--shards", ".", "--vocab", ".", "--out", ".", "--shape", shape, "--tokens", tokens]
                    settings, schedule = settings_of(parser().parse_args([*options, "--rdrop", rdrop, "--steps", "1"]))
                    device = "cuda" if torch.cuda.is_available() else "cpu"
                    with TemporaryDirectory() as out:
                        trainer = Trainer(
                            settings, schedule, train=train, dev=dev, vocabulary=args.vocab, out=Path(out),
                            device=device, compiled=compiled == "1",
                        )  # fmt: skip
                        found = measure(trainer, args.warm, args.steps)
                    line = {"shape": shape, "tokens": int(tokens), "compile": compiled, "rdrop": rdrop}
                    n_parameters = count_parameters(trainer.model)
                    print(json.dumps(line | {"parameters": n_parameters} | found), flush=True)
                    del trainer


if __name__ == "__main__":
    main()
