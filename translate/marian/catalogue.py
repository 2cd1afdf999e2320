"""The models we know, as ``models.yaml`` pins them: every file of every model by size and SHA-256."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from translate.errors import ModelError, UnknownNameError, first_line
from translate.marian.languages import LanguagePair, is_target_token
from translate.marian.model import LONGEST_WHOLE, FilePin, ModelSpec
from translate.marian.settings import MOST_BEAMS

__all__ = [
    "AUTO",
    "EMBEDDED",
    "PREFERRED",
    "get_spec",
    "known",
    "package_folder",
]

AUTO = "auto"
PREFERRED = "opus-mt-zh-en"
EMBEDDED = "zh-en-mini"

_SHORTEST_WHOLE = 8


def known() -> Mapping[str, ModelSpec]:
    """All models by name: ``models.yaml``, then the file that ``DUIZHAO_MODELS`` names, whose entries win.

    Raises:
        ModelError: a models file cannot be read or lacks a field.
    """
    specs = dict(_read_models(_models_file()))
    if extra := os.environ.get("DUIZHAO_MODELS"):
        specs.update(_read_models(Path(extra)))
    return MappingProxyType(specs)


def get_spec(name: str) -> ModelSpec:
    """The model of this name.

    Raises:
        UnknownNameError: there is none; the message lists those there are.
    """
    specs = known()
    if name not in specs:
        raise UnknownNameError("model", name, [AUTO, *specs])
    return specs[name]


def package_folder() -> Path:
    """Where this package lies, with the models that travel in it."""
    return Path(__file__).resolve().parents[1]


def _models_file() -> Path:
    """``translate/models.yaml`` in an installed wheel, the root's ``models.yaml`` in a checkout."""
    installed = package_folder() / "models.yaml"
    return installed if installed.is_file() else package_folder().parent / "models.yaml"


@cache
def _read_models(path: Path) -> Mapping[str, ModelSpec]:
    import yaml

    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {name: _spec_of(name, entry) for name, entry in entries.items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ModelError(f"cannot read the models file {path}: {first_line(error)}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"the models file {path} has a wrong or missing field: {first_line(error)}; docs/models.md shows an entry"
        ) from error


def _spec_of(name: str, entry: Mapping[str, Any]) -> ModelSpec:
    return ModelSpec(
        name=name,
        repo=entry["repo"],
        revision=str(entry["revision"]),
        files=MappingProxyType({file: _pin_of(file, pin) for file, pin in entry["files"].items()}),
        licence=entry["licence"],
        languages=LanguagePair(entry["source"], entry["target"]),
        max_tokens=_within(entry, "max_tokens", 2, 1 << 20),
        beam=_within(entry, "beam", 1, MOST_BEAMS),
        notes=entry.get("notes", ""),
        target_token=_target_token_of(entry),
        whole=_within({"whole": LONGEST_WHOLE} | dict(entry), "whole", _SHORTEST_WHOLE, LONGEST_WHOLE),
    )


def _target_token_of(entry: Mapping[str, Any]) -> str | None:
    token = entry.get("target_token")
    if token is not None and not is_target_token(str(token)):
        raise ValueError(f"target_token is {token!r}; expected one like >>eng<<")
    return token


def _within(entry: Mapping[str, Any], name: str, lowest: int, highest: int) -> int:
    value = int(entry[name])
    if not lowest <= value <= highest:
        raise ValueError(f"{name} is {value}; give something from {lowest} to {highest}")
    return value


def _pin_of(file: str, entry: Mapping[str, Any]) -> FilePin:
    # A name with a separator could leave the model's folder.
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", file):
        raise ValueError(f"{file!r} is no plain file name")
    if not re.fullmatch(r"[0-9a-f]{64}", str(entry["sha256"])):
        raise ValueError(f"sha256 of {file!r} is not 64 hexadecimal digits")
    return FilePin(sha256=entry["sha256"], n_bytes=int(entry["bytes"]))
