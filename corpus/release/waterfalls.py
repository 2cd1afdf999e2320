"""What a filter refused before, as it wrote it down beside its output."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from translate.errors import InputError
from translate.files.packing import split_packing

__all__ = ["find_waterfall", "load_waterfall"]

_COUNT = {"pairs", "words"}


def load_waterfall(path: str | Path) -> Mapping[str, Any]:
    """Read what `duizhao filter` wrote as ``NAME.waterfall.json``.

    Raises:
        InputError: it cannot be read, or is something else.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not _is_waterfall(found):
        raise InputError(f"{path}: expected the counts of duizhao filter, NAME.waterfall.json")
    return dict(found)


def find_waterfall(corpora: Iterable[Path]) -> Mapping[str, Any] | None:
    """That of the corpora: beside ``clean.tsv`` or ``clean.train.tsv`` is ``clean.waterfall.json``.

    Raises:
        InputError: there is a file of that name that is something else.
    """
    for corpus in corpora:
        stem = Path(split_packing(str(corpus))[0]).with_suffix("")
        for name in (stem.name, stem.with_suffix("").name):
            path = stem.with_name(f"{name}.waterfall.json")
            if path.is_file():
                return load_waterfall(path)
    return None


def _is_waterfall(value: object) -> bool:
    if not isinstance(value, dict) or not value.keys() >= {"total", "kept", "rules"}:
        return False
    counts = [value["total"], value["kept"]]
    for rule in value["rules"] if isinstance(value["rules"], list) else [None]:
        if not isinstance(rule, dict) or not rule.keys() >= {"name", "rule", "alone", "in_order", "only"}:
            return False
        counts += [rule[how] for how in ("alone", "in_order", "only")]
    return all(isinstance(count, dict) and count.keys() >= _COUNT for count in counts)
