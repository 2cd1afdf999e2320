"""The models we know, as ``models.yaml`` pins them: every file of every model by size and SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from translate.errors import ModelError, UnknownNameError, first_line
from translate.marian.languages import LanguagePair
from translate.marian.settings import MOST_BEAMS

__all__ = [
    "AUTO",
    "EMBEDDED",
    "LONGEST_WHOLE",
    "PREFERRED",
    "FilePin",
    "ModelSpec",
    "get_spec",
    "known",
    "package_folder",
]

AUTO = "auto"
PREFERRED = "opus-mt-zh-en"
EMBEDDED = "zh-en-mini"

LONGEST_WHOLE = 192
"""Source tokens beyond which a sentence is cut, wherever it can be; models.yaml may ask for shorter pieces.

Models of this kind start to leave things out well before their limit of 512: of the recorded opus-mt-zh-en outputs
on WMT20, WMT22 and FLORES, those of 20 to 40 source tokens are 2 % shorter than the reference, those of 130 and more
16 % (see also Koehn and Knowles 2017, "Six Challenges for Neural Machine Translation",
https://aclanthology.org/W17-3204). A small model does so earlier.
"""

_SHORTEST_WHOLE = 8


@dataclass(frozen=True, slots=True)
class FilePin:
    """What a file must be.

    Attributes:
        sha256: 64 lower-case hexadecimal digits.
        n_bytes: its size.
    """

    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One entry of ``models.yaml``.

    Attributes:
        name: what ``--model`` takes.
        repo: ``owner/name`` on the hub; None for a model inside the package or in a local folder.
        revision: commit on the hub, or a name that changes with the files.
        files: every file that may be read, by name.
        licence: SPDX name, or ``unknown``.
        languages: read and written.
        max_tokens: longest source in tokens, end of sentence included.
        beam: beam size the model was meant to be used with.
        notes: one line for a person.
        whole: source tokens beyond which a sentence is cut where a clause ends in its middle; see `LONGEST_WHOLE`.
    """

    name: str
    repo: str | None
    revision: str
    files: Mapping[str, FilePin]
    licence: str
    languages: LanguagePair
    max_tokens: int
    beam: int
    notes: str = ""
    whole: int = LONGEST_WHOLE

    @property
    def n_bytes(self) -> int:
        """Size of all files together."""
        return sum(pin.n_bytes for pin in self.files.values())

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the names and hashes of all files: the same if and only if the model is the same."""
        lines = "".join(f"{name} {pin.sha256}\n" for name, pin in sorted(self.files.items()))
        return hashlib.sha256(lines.encode()).hexdigest()


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
        whole=_within({"whole": LONGEST_WHOLE} | dict(entry), "whole", _SHORTEST_WHOLE, LONGEST_WHOLE),
    )


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
