"""Every step one after the other: from the training text to a model folder with its figures.

    python -m recipes.zh_en_mini.run --data FOLDER --tests FOLDER --out FOLDER --size small

``small`` takes a few minutes on a CPU and proves that every step works and learns; its English is worth nothing.
The real sizes want a GPU: for one that is elsewhere, see `travel`. A step whose outcome is there and was
made with the same options is not done again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from recipes.zh_en_mini import evaluate, export, lexicon, plot, prepare, shards, train, vocab

__all__ = ["SIZES", "Size", "do", "main", "steps_before_training"]

Step = tuple[str, Callable[[Sequence[str]], None], list[object]]
"""Name, command line of a module, its options."""


@dataclass(frozen=True, slots=True)
class Size:
    """Options of the steps.

    Attributes:
        prepare: of `prepare`.
        vocab: of `vocab`.
        lexicon: of `lexicon`.
        train: of `train`.
        evaluate: of `evaluate`.
    """

    prepare: tuple[str, ...]
    vocab: tuple[str, ...]
    lexicon: tuple[str, ...]
    train: tuple[str, ...]
    evaluate: tuple[str, ...]


SIZES: Mapping[str, Size] = MappingProxyType({
    "test": Size(
        prepare=("--dev", "20", "--phrases", "200", "--workers", "1"),
        vocab=("--size", "600"),
        lexicon=("--width", "32"),
        train=("--shape", "test", "--tokens", "256", "--steps", "8", "--warmup", "2", "--log-every", "2",
               "--eval-every", "4"),
        evaluate=("--beam", "1", "--limit", "5", "--threads", "1"),
    ),
    "small": Size(
        prepare=("--limit", "20000", "--dev", "100", "--phrases", "4000"),
        vocab=("--size", "4000", "--sample", "20000"),
        lexicon=("--width", "128"),
        train=("--shape", "small", "--tokens", "1024", "--minutes", "4", "--peak", "1.2e-3", "--warmup", "100",
               "--optimizer", "muon", "--short", "0", "--dropout", "0",
               "--attention-dropout", "0", "--split-source", "0", "--decay", "0.99", "--weights", "", "--late", "1",
               "--log-every", "50", "--eval-every", "200"),
        evaluate=("--beam", "1", "--limit", "100"),
    ),
    "cpu": Size(
        prepare=(),
        vocab=("--size", "8000", "--weights", "docs=0.15,terms=0.3,made=0.3", "--threads", "2"),
        lexicon=("--width", "256"),
        train=("--shape", "quick", "--tokens", "4096", "--processes", "2", "--minutes", "92", "--peak", "1.2e-3",
               "--warmup", "100", "--schedule", "linear", "--optimizer", "muon", "--sampled", "1500", "--short", "0",
               "--attention-dropout", "0", "--split-source", "0", "--decay", "0.995",
               "--weights", "news=2.5,docs=0.3,terms=0.4,made=0.5", "--late", "0.75",
               "--late-weights", "news=3,prose=0.5,docs=0.2,terms=0.2,made=0.4",
               "--log-every", "20", "--eval-every", "400", "--save-every", "300"),
        evaluate=("--beam", "4"),
    ),
    "mini-5": Size(
        prepare=("--phrases", "30000"),
        vocab=("--size", "16000"),
        lexicon=("--width", "384"),
        train=("--shape", "base8", "--tokens", "32768", "--minutes", "11", "--optimizer", "muon", "--short", "0",
               "--dropout", "0.15", "--attention-dropout", "0.1", "--split-source", "0.05",
               "--weights", "news=2,docs=0.6,prose=1,terms=0.5,made=0.8",
               "--late-weights", "news=3,docs=0.3,prose=1,terms=0.3,made=0.6", "--late", "0.75",
               "--digits", "0.5", "--decay", "0.9995", "--peak", "1e-3"),
        evaluate=("--beam", "4"),
    ),
    "mini-6": Size(
        prepare=("--phrases", "30000", "--share", "kubernetes-website=0.5", "--share", "kubernetes-blog=0.5"),
        vocab=("--size", "16000", "--signs", "--weights", "docs=0.4,terms=0.5,made=0.5"),
        lexicon=("--width", "384"),
        train=("--shape", "base8", "--tokens", "32768", "--minutes", "11", "--optimizer", "muon", "--short", "0",
               "--dropout", "0.15", "--attention-dropout", "0.1", "--split-source", "0.05",
               "--weights", "news=2,docs=0.4,prose=1,terms=0.5,made=0.8",
               "--late-weights", "news=3,docs=0.2,prose=1,terms=0.3,made=0.6", "--late", "0.75",
               "--digits", "0.5", "--decay", "0.9995", "--peak", "1e-3", "--save-every", "60"),
        evaluate=("--beam", "4"),
    ),
})  # fmt: skip
"""Name of a size -> options."""


def steps_before_training(size: Size, data: Path, tests: Path, out: Path) -> list[Step]:
    """What any machine can do, and the machine that trains need not."""
    prepared, tokenizer = out / "prepared", out / "vocab"
    return [
        ("prepare", prepare.main, ["--data", data, "--tests", tests, "--out", prepared, *size.prepare]),
        ("vocab", vocab.main, ["--prepared", prepared, "--out", tokenizer, *size.vocab]),
        ("shards", shards.main, ["--prepared", prepared, "--vocab", tokenizer, "--out", out / "shards"]),
        ("lexicon", lexicon.main,
         ["--shards", out / "shards", "--vocab", tokenizer, "--out", out / "lexicon", *size.lexicon]),
    ]  # fmt: skip


def do(steps: Iterable[Step], out: Path) -> None:
    """Do the steps one after the other, but for those that were done before with the same options."""
    redo = False
    for name, step, options in steps:
        words = [str(option) for option in options]
        mark, wanted = out / f".{name}.done", json.dumps(words)
        if not redo and mark.exists() and mark.read_text(encoding="utf-8") == wanted:
            print(f"== {name}: done before", flush=True)
            continue
        # What follows a step that is done anew is done anew.
        redo = True
        mark.unlink(missing_ok=True)
        print(f"== {name} {' '.join(words)}", flush=True)
        step(words)
        mark.write_text(wanted, encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="recipes.zh_en_mini.run", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with train*.tsv.xz and SOURCES.tsv")
    parser.add_argument("--tests", type=Path, required=True, help="folder with the test sets")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--size", choices=list(SIZES), default="small")
    args = parser.parse_args(argv)
    size, out = SIZES[args.size], args.out
    prepared, tokenizer, run, model = out / "prepared", out / "vocab", out / "run", out / "model"
    steps: list[Step] = [
        *steps_before_training(size, args.data, args.tests, out),
        ("train", train.main,
         ["--shards", out / "shards", "--vocab", tokenizer, "--out", run,
          "--embeddings", out / "lexicon" / "embeddings.npy", "--bridge", *size.train]),
        ("plot", plot.main, ["--log", run / "log.jsonl", "--out", out / "losses.png"]),
        ("export", export.main, ["--run", run, "--vocab", tokenizer, "--prepared", prepared, "--out", model]),
        ("evaluate", evaluate.main,
         ["--model", model, "--tests", args.tests, "--out", out / "figures.json", *size.evaluate]),
        ("card", export.main, ["--run", run, "--vocab", tokenizer, "--prepared", prepared, "--out", model,
                               "--figures", out / "figures.json"]),
    ]  # fmt: skip
    do(steps, out)


if __name__ == "__main__":
    main()
