"""What a model is: its entry in the catalogue, and the same with its files found on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from translate.errors import ModelDamagedError
from translate.marian.languages import LanguagePair

__all__ = ["LONGEST_WHOLE", "FilePin", "LocalModel", "ModelSpec"]

LONGEST_WHOLE = 192
"""Source tokens beyond which a sentence is cut, wherever it can be; models.yaml may ask for shorter pieces.

Models of this kind start to leave things out well before their limit of 512: of the recorded opus-mt-zh-en outputs
on WMT20, WMT22 and FLORES, those of 20 to 40 source tokens are 2 % shorter than the reference, those of 130 and more
16 % (see also Koehn and Knowles 2017, "Six Challenges for Neural Machine Translation",
https://aclanthology.org/W17-3204). A small model does so earlier.
"""


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
        target_token: what a source has to begin with for a model that writes several languages, ``>>eng<<``; None for
            one that writes a single one.
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
    target_token: str | None = None

    @property
    def n_bytes(self) -> int:
        """Size of all files together."""
        return sum(pin.n_bytes for pin in self.files.values())

    @property
    def fingerprint(self) -> str:
        """SHA-256 over names and hashes of all files, and the target token: the same if and only if the model is."""
        lines = "".join(f"{name} {pin.sha256}\n" for name, pin in sorted(self.files.items()))
        if self.target_token:
            lines += f"{self.target_token}\n"
        return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model whose files were found and verified.

    Attributes:
        spec: what it is.
        path: the folder where the files lie; it may hold others, which are not to be read.
        warning: one line that the user must see, e.g. that ``auto`` fell back; None when all is well.
    """

    spec: ModelSpec
    path: Path
    warning: str | None = None

    def file(self, name: str) -> Path:
        """Path of a pinned file.

        Raises:
            ModelDamagedError: the model has no such file.
        """
        if name not in self.spec.files:
            raise ModelDamagedError(
                f"model {self.spec.name!r} has no file {name!r}; it has {', '.join(self.spec.files)}"
            )
        return self.path / name

    def has(self, name: str) -> bool:
        """Whether the model pins a file of this name."""
        return name in self.spec.files
