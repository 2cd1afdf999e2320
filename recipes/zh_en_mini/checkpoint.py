"""Saves and takes up a run; cuts its weights so that they fit through a narrow door.

python -m recipes.zh_en_mini.checkpoint pack RUN OUT     on the machine that trained
python -m recipes.zh_en_mini.checkpoint glue OUT RUN     where the model is exported
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from recipes.zh_en_mini.guard import first_not_finite

__all__ = ["Average", "glue", "main", "pack", "read", "replace", "slice_file", "write"]


class Average:
    """Exponential moving average of the parameters, in float32.

    The decay rises with the steps, as (1 + n) / (10 + n), so that the first weights are soon forgotten.

    Args:
        parameters: those that are trained.
        decay: the highest decay.
    """

    def __init__(self, parameters: Sequence[torch.Tensor], decay: float) -> None:
        self._parameters = list(parameters)
        self._decay = decay
        self.values = [parameter.detach().clone().float() for parameter in parameters]
        self.n_updates = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take in the parameters as they are now."""
        self.n_updates += 1
        decay = min(self._decay, (1 + self.n_updates) / (10 + self.n_updates))
        torch._foreach_lerp_(self.values, [parameter.detach() for parameter in self._parameters], 1 - decay)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the average and the parameters; a second call undoes the first."""
        for value, parameter in zip(self.values, self._parameters, strict=True):
            kept = parameter.detach().clone()
            parameter.copy_(value)
            value.copy_(kept)


def write(path: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint under its name only when it is whole; the one before it stays as ``.old``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(path.name + ".tmp")
    torch.save(dict(state), made)
    replace(made, path)


def replace(made: Path, path: Path) -> None:
    """Put a whole file in the place of another, which stays as ``.old``; at no moment is there none."""
    if path.exists():
        kept = path.with_name(path.name + ".kept")
        kept.unlink(missing_ok=True)
        kept.hardlink_to(path)
        kept.replace(path.with_name(path.name + ".old"))
    made.replace(path)


def read(path: Path) -> dict[str, Any]:
    """Read a checkpoint; tensors come to the CPU, and nothing but data is unpickled."""
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def slice_file(path: Path, out: Path, n_bytes: int = 15 << 20) -> list[Path]:
    """Cut a file into parts ``NAME.000`` … of at most ``n_bytes``, with ``NAME.parts`` to prove that all are there."""
    out.mkdir(parents=True, exist_ok=True)
    data = path.read_bytes()
    parts = []
    for index, start in enumerate(range(0, len(data), n_bytes)):
        parts.append(out / f"{path.name}.{index:03}")
        parts[-1].write_bytes(data[start : start + n_bytes])
    proof = {"sha256": hashlib.sha256(data).hexdigest(), "parts": [part.name for part in parts]}
    (out / f"{path.name}.parts").write_text(json.dumps(proof), encoding="utf-8")
    return parts


def glue(proof: Path, out: Path) -> Path:
    """Put the parts together again.

    Raises:
        ValueError: the whole is not the file that was cut.
    """
    told = json.loads(proof.read_text(encoding="utf-8"))
    data = b"".join((proof.parent / name).read_bytes() for name in told["parts"])
    if hashlib.sha256(data).hexdigest() != told["sha256"]:
        raise ValueError(f"{proof}: the parts do not give the file that was cut; fetch them again")
    out.mkdir(parents=True, exist_ok=True)
    path = out / proof.name.removesuffix(".parts")
    path.write_bytes(data)
    return path


def pack(run: Path, out: Path) -> None:
    """What `export` and `plot` need of a run, in files of at most 15 MiB.

    The folder appears under its name only when it is whole; the one before it stays as ``.old``.

    Raises:
        ValueError: the weights are not finite.
    """
    from safetensors.torch import load_file

    weights = run / "average.safetensors"
    if wrong := first_not_finite(load_file(weights)):
        raise ValueError(f"{weights}: {wrong} has values that are not finite; pack the one before, {weights.name}.old")
    made, old = out.with_name(out.name + ".tmp"), out.with_name(out.name + ".old")
    shutil.rmtree(made, ignore_errors=True)
    slice_file(weights, made)
    for name in ("shape.json", "log.jsonl"):
        if (run / name).exists():  # a run of a few steps may have no log yet
            shutil.copyfile(run / name, made / name)
    if out.exists():
        shutil.rmtree(old, ignore_errors=True)
        out.replace(old)
    made.replace(out)


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="recipes.zh_en_mini.checkpoint", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["pack", "glue"])
    parser.add_argument("source", type=Path, help="folder to read")
    parser.add_argument("out", type=Path, help="folder to write")
    args = parser.parse_args(argv)
    if args.what == "pack":
        pack(args.source, args.out)
        return
    glue(args.source / "average.safetensors.parts", args.out)
    for name in ("shape.json", "log.jsonl"):
        if (args.source / name).exists():
            shutil.copyfile(args.source / name, args.out / name)


if __name__ == "__main__":
    main()
