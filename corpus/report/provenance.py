"""What stands beside a corpus: how it was made, of which files, and what a filter refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.curation.bitext import Bitext
from corpus.readers.bitext import BitextOptions
from corpus.writers.formats import SUFFIXES
from translate.errors import InputError
from translate.files.digest import sha256_of
from translate.files.packing import split_packing

__all__ = ["Source", "Step", "history", "waterfall_of"]

_LONGEST_HISTORY = 8


@dataclass(frozen=True, slots=True)
class Source:
    """A file that something was made of.

    Attributes:
        origin: its path as it was given.
        encoding: of its text; None where that is no question, as of a corpus.
        n_bytes: its size.
        sha256: of its bytes.
    """

    origin: str
    encoding: str | None
    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Step:
    """A corpus, and what it was made of.

    Attributes:
        name: of its file.
        n_pairs: as its sidecar counts them.
        inputs: that it was made of.
        rejected: inputs, or rows of one, that are not in it: where, and why.
    """

    name: str
    n_pairs: int | None
    inputs: tuple[Source, ...]
    rejected: tuple[tuple[str, str], ...]


def history(bitext: Bitext) -> tuple[Step, ...]:
    """The corpus, then the one that it was made of, and so on: as far as their files are still there, unchanged."""
    steps: list[Step] = []
    while len(steps) < _LONGEST_HISTORY:
        said = bitext.sidecar()
        if said is None:
            break
        steps.append(_step(bitext.path, said))
        earlier = _earlier(bitext, steps[-1].inputs)
        if earlier is None:
            break
        bitext = earlier
    return tuple(steps)


def _step(path: Path, said: dict[str, Any]) -> Step:
    inputs = tuple(
        Source(str(item["origin"]), item.get("encoding"), int(item["bytes"]), str(item["sha256"]))
        for item in said.get("inputs", ())
    )
    rejected = tuple((str(item["origin"]), str(item["reason"])) for item in said.get("rejected", ()))
    return Step(path.name, said.get("counts", {}).get("pairs"), inputs, rejected)


def _earlier(bitext: Bitext, inputs: tuple[Source, ...]) -> Bitext | None:
    """The corpus that another was made of, if it is one of ours, and still that one by its hash."""
    if len(inputs) != 1:
        return None
    for path in (Path(inputs[0].origin), bitext.path.parent / Path(inputs[0].origin).name):
        found = Bitext(path, BitextOptions())
        try:
            is_it = path.stat().st_size == inputs[0].n_bytes and found.sidecar() is not None
            if is_it and sha256_of(path) == inputs[0].sha256:
                return found
        except (OSError, ValueError):  # a name that cannot be one of a file
            continue
    return None


def waterfall_of(bitext: Bitext, path: str | Path | None = None) -> dict[str, Any] | None:
    """What a filter that made this corpus refused, as it wrote it: ``NAME.waterfall.json`` beside ``NAME.tsv``.

    Args:
        bitext: the corpus.
        path: another file to take it from.

    Returns:
        None where there is none; one beside the corpus that kept another number of pairs is of another corpus.

    Raises:
        InputError: ``path`` cannot be read, or is none.
    """
    found = Path(path) if path is not None else _beside(bitext.path)
    try:
        said = _checked(json.loads(found.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        if path is None:
            return None
        why = (error.strerror if isinstance(error, OSError) else None) or "no waterfall as duizhao filter writes it"
        raise InputError(f"{path}: {why}") from error
    return said if path is not None or said["kept"]["pairs"] == bitext.n_pairs else None


def _checked(said: Any) -> dict[str, Any]:
    """Its fields, of the kinds that they have; anything else is a `LookupError`, `TypeError` or `ValueError`."""
    costs = ("alone", "in_order", "only")
    return {
        **{name: _count(said[name]) for name in ("total", "kept")},
        "rules": [
            {"name": str(rule["name"]), "rule": str(rule["rule"])} | {name: _count(rule[name]) for name in costs}
            for rule in said["rules"]
        ],
    }


def _count(said: Any) -> dict[str, int]:
    return {"pairs": int(said["pairs"]), "words": int(said["words"])}


def _beside(path: Path) -> Path:
    plain = Path(split_packing(path.name)[0])
    stem = plain.stem if plain.suffix.lower() in SUFFIXES or plain.suffix[1:] in {"zh", "en"} else plain.name
    return path.with_name(f"{stem}.waterfall.json")
