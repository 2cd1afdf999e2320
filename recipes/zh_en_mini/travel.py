"""One folder with all that a machine with a GPU needs to train: no text, no installation, at most 64 MiB.

    python -m recipes.zh_en_mini.travel --data FOLDER --tests FOLDER --out FOLDER --size mini-6

Does the steps before training (those of `run`) and gathers what they made in ``OUT/travel``: encoded pairs,
tokenizer, first embeddings, options, and the recipe's own code. There, ``python3 travel RUN`` starts the training; see
`start`. The machine needs Python 3.11, torch, transformers, sentencepiece and safetensors.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from recipes.zh_en_mini.run import SIZES, do, steps_before_training

__all__ = ["LIMIT", "gather", "main"]

LIMIT = 64 << 20
"""Bytes that the folder may have."""

_MAIN = """\
from pathlib import Path

from recipes.zh_en_mini.start import main

main(Path(__file__).resolve().parent)
"""


def gather(made: Path, options: Sequence[str], out: Path) -> dict[str, int]:
    """Copy what travels, and say how large each part is.

    Args:
        made: folder with ``vocab``, ``shards`` and ``lexicon``.
        options: of `train`.
        out: folder to write; what was there is replaced.

    Raises:
        ValueError: it is larger than `LIMIT`.
    """
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(made / "vocab", out / "vocab")
    shutil.copytree(made / "shards", out / "shards")
    shutil.copyfile(made / "lexicon" / "embeddings.npy", out / "embeddings.npy")
    code = out / "recipes" / "zh_en_mini"
    code.mkdir(parents=True)
    for path in Path(__file__).parent.glob("*.py"):
        shutil.copyfile(path, code / path.name)
    (out / "__main__.py").write_text(_MAIN, encoding="utf-8")
    (out / "train.json").write_text(json.dumps(list(options)) + "\n", encoding="utf-8")
    sizes = {
        part.name: sum(path.stat().st_size for path in (part, *part.rglob("*")) if path.is_file())
        for part in sorted(out.iterdir())
    }
    if sum(sizes.values()) > LIMIT:
        raise ValueError(
            f"{out} has {_table(sizes)}, of {LIMIT / 2**20:.0f} allowed; use fewer pairs (prepare --share)"
        )
    return sizes


def _table(sizes: dict[str, int]) -> str:
    parts = ", ".join(f"{name} {n_bytes / 2**20:.1f}" for name, n_bytes in sizes.items())
    return f"{sum(sizes.values()) / 2**20:.1f} MiB ({parts})"


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="recipes.zh_en_mini.travel", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with train*.tsv.xz and SOURCES.tsv")
    parser.add_argument("--tests", type=Path, required=True, help="folder with the test sets")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--size", choices=list(SIZES), default="mini-6")
    args = parser.parse_args(argv)
    size = SIZES[args.size]
    do(steps_before_training(size, args.data, args.tests, args.out), args.out)
    sizes = gather(args.out, size.train, args.out / "travel")
    print(f"{args.out / 'travel'}: {_table(sizes)}")


if __name__ == "__main__":
    main()
