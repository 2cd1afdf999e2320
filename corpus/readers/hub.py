"""A dataset folder, as it is cloned from the hub: shards of a table, in splits.

Which files are in which split is said by ``configs`` at the head of README.md, or else by the names of the files,
by the rules of `datasets`: ``data/train-00000-of-00002.parquet``, ``validation.jsonl``, ``test/part1.parquet``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import yaml

from corpus.pair import Pair
from corpus.readers.base import Rejected
from corpus.readers.bitext import BITEXTS, BitextOptions, read_bitext
from translate.errors import InputError, UnknownNameError
from translate.files.packing import split_packing

__all__ = ["find_shards", "front_matter", "read_hub"]

_KINDS = (".parquet", ".jsonl", ".tsv")
_SHARD = re.compile(r"(.+?)-\d{5}-of-\d{5}")
_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
"""The splits that are known by name, in the order in which they are read."""


def read_hub(path: Path, options: BitextOptions) -> Iterator[Pair | Rejected]:
    """The pairs of one shard after the other."""
    for shard in find_shards(path, options.split):
        yield from read_bitext(shard, replace(options, split=None))


def find_shards(folder: Path, split: str | None = None) -> tuple[Path, ...]:
    """The files of a dataset folder, in order.

    Args:
        folder: the dataset; the folder of one configuration, where it has several.
        split: only those of this one; all of them, train first, when None.

    Raises:
        InputError: there are none, or it is not clear which.
        UnknownNameError: there is no such split.
    """
    splits = _configured(folder) or _by_name(folder)
    if not splits:
        raise InputError(f"{folder}: no {', '.join(_KINDS)} in this folder or in its data/; expected a dataset folder")
    if split is None:
        return tuple(file for name in sorted(splits, key=_order) for file in splits[name])
    wanted = next((name for name in splits if name == split or split in _NAMES.get(name, ())), None)
    if wanted is None:
        raise UnknownNameError("split", split, splits)
    return splits[wanted]


def _order(split: str) -> tuple[int, str]:
    known = list(_NAMES)
    return (known.index(split) if split in known else len(known), split)


# -- what README.md says -------------------------------------------------------------------------------------------


def front_matter(readme: Path) -> dict[str, Any]:
    """The YAML at the head of a card; empty where there is none.

    Raises:
        InputError: it cannot be read.
    """
    try:
        text = readme.read_text(encoding="utf-8-sig") if readme.is_file() else ""
        head = re.match(r"---\s*\n(.*?)\n---\s*(?:\n|$)", text, re.DOTALL)
        found = yaml.safe_load(head[1]) if head else {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{readme}: its YAML cannot be read: {str(error).splitlines()[0]}") from error
    return found if isinstance(found, dict) else {}


def _configured(folder: Path) -> dict[str, tuple[Path, ...]]:
    configs = front_matter(folder / "README.md").get("configs")
    usable = [config for config in configs if isinstance(config, dict)] if isinstance(configs, list) else []
    if not usable:
        return {}
    config = _one_of(folder, usable)
    data_files = config.get("data_files")
    if data_files is None:
        return _by_name(folder / str(config.get("data_dir", ".")))
    found: dict[str, tuple[Path, ...]] = {}
    for name, patterns in _patterns(data_files):
        files = [file for pattern in patterns for file in _matching(folder, pattern)]
        found[name] = tuple(dict.fromkeys([*found.get(name, ()), *files]))
    return found


def _one_of(folder: Path, configs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if len(configs) == 1:
        return configs[0]
    chosen = [config for config in configs if config.get("default") or config.get("config_name") == "default"]
    if len(chosen) != 1:
        names = ", ".join(str(config.get("config_name")) for config in configs[:20])
        raise InputError(f"{folder}: several configurations ({names}); give the folder or a file of one of them")
    return chosen[0]


def _patterns(data_files: object) -> Iterator[tuple[str, list[str]]]:
    """Split and patterns, of any of the ways in which they may be written."""
    if isinstance(data_files, Mapping):
        data_files = [{"split": split, "path": path} for split, path in data_files.items()]
    for item in data_files if isinstance(data_files, list) else [data_files]:
        split, path = (item.get("split", "train"), item.get("path")) if isinstance(item, Mapping) else ("train", item)
        yield str(split), [str(one) for one in (path if isinstance(path, list) else [path])]


def _matching(folder: Path, pattern: str) -> list[Path]:
    where = PurePath(pattern)
    if where.is_absolute() or ".." in where.parts:
        raise InputError(f"{folder}: its README.md names {pattern!r}, which is not in the folder")
    files = sorted(file for file in folder.glob(pattern) if file.is_file())
    if not files:
        raise InputError(f"{folder}: its README.md names {pattern!r}, and there is no such file; fetch it first")
    for file in files:
        if _kind(file) not in BITEXTS:
            raise InputError(f"{file}: expected {', '.join(_KINDS)}")
    return files


# -- what the names say --------------------------------------------------------------------------------------------


def _by_name(folder: Path) -> dict[str, tuple[Path, ...]]:
    top = folder / "data" if (folder / "data").is_dir() else folder
    files = [file for file in sorted(top.rglob("*")) if _kind(file) in _KINDS and file.is_file()]
    files = [file for file in files if not any(part.startswith(".") for part in file.relative_to(top).parts)]
    kinds = sorted({_kind(file) for file in files})
    if len(kinds) > 1:
        raise InputError(f"{folder}: holds {' and '.join(kinds)}, which may be the same pairs; name one file")
    found: dict[str, list[Path]] = {}
    for file in files:
        found.setdefault(_split_of(file.relative_to(top)), []).append(file)
    return {name: tuple(of_split) for name, of_split in found.items()}


def _kind(file: Path) -> str:
    return PurePath(split_packing(file.name)[0]).suffix.lower()


def _split_of(file: PurePath) -> str:
    named = _SHARD.match(file.name)
    text = named[1] if named else file.as_posix()
    for split, names in _NAMES.items():
        if re.search(rf"(?:^|[-._ /\d])(?:{'|'.join(names)})(?:[-._ /\d]|$)", text):
            return split
    return named[1] if named else "train"
