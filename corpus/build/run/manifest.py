"""What a run is: how its sentences are decoded, and which parts there are. Written once, last of all, under a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.build.part_file import NOT_JSON, json_line
from corpus.build.run.files import RunFiles
from corpus.readers.base import Rejected, SourceFile
from translate.errors import InputError
from translate.files.lines import Encoding

__all__ = [
    "INDEX",
    "INPUTS",
    "MANIFEST",
    "Entry",
    "Manifest",
    "checked",
    "index_bytes",
    "inputs_bytes",
    "is_run",
    "part_name",
    "read_index",
    "read_inputs",
]

MANIFEST, INDEX, INPUTS = "manifest.json", "index.jsonl", "inputs.jsonl"

_VERSION = 2
_BEGIN = b'{\n "run": '


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of a run.

    Attributes:
        number: from 0, in the order of the input.
        key: of the part: SHA-256 (hex) of how it is decoded and of its sentences. Empty where there are none.
        n_sentences: distinct sentences that come here first, which are to be decoded.
        n_rows: sentences of the documents, those included that came before.
        first: which sentence of the run the first row is.
        sha256: of the file of rows.
        n_copies: sentences further down that are the same as one of this part.
        copies_sha256: of the file that says which; empty where there are none.
    """

    number: int
    key: str
    n_sentences: int
    n_rows: int
    first: int
    sha256: str
    n_copies: int = 0
    copies_sha256: str = ""

    @property
    def rows_name(self) -> str:
        """Where its rows are."""
        return f"rows/{self.number:06}.rows"

    @property
    def copies_name(self) -> str:
        """Where the sentences are named that are the same as one of its own."""
        return f"rows/{self.number:06}.copies"


def part_name(key: str) -> str:
    """Where the part of that key is."""
    return f"parts/{key}.jsonl"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The plan of a run.

    Attributes:
        decoding: see `translate.pipeline.translator.Translator.decoding`.
        segmentation: the signature of how texts were repaired and split.
        version: of duizhao.
        languages: of source and target, BCP 47.
        model: a known name, or a folder.
        engine: its name.
        compute_type: number format of its products.
        beam_size: hypotheses kept.
        part_sentences: about how many distinct sentences a part has.
        n_parts: how many there are.
        n_sentences: sentences of all documents.
        n_distinct: of these, the distinct ones, each of which is decoded once.
        n_bytes: of the inputs, as on disk.
        has_license: whether a document has a licence that is known.
        index_sha256: of the list of parts.
        inputs_sha256: of the list of inputs.
        terminology: what translations are to have, as `Terminology.to_json` writes it; empty for nothing.
    """

    decoding: str
    segmentation: str
    version: str
    languages: tuple[str, str]
    model: str
    engine: str
    compute_type: str
    beam_size: int
    part_sentences: int
    n_parts: int
    n_sentences: int
    n_distinct: int
    n_bytes: int
    has_license: bool
    index_sha256: str
    inputs_sha256: str
    terminology: str = ""

    @property
    def id(self) -> str:
        """SHA-256 (hex) of all of this."""
        return hashlib.sha256(json_line(self._fields)).hexdigest()

    @property
    def _fields(self) -> dict[str, Any]:
        fields = asdict(self)
        if not self.terminology:
            del fields["terminology"]  # so that a plan without is the one it was before there was such a thing
        return {"run": _VERSION, **fields}

    def to_bytes(self) -> bytes:
        """As it stands on disk."""
        fields = {**self._fields, "id": self.id}
        return json.dumps(fields, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, files: RunFiles) -> Manifest:
        """Read the manifest of a run.

        Raises:
            InputError: there is none, or it is not as it was written.
        """
        content = files.read(MANIFEST)
        where = files.label(MANIFEST)
        if content is None:
            raise InputError(f"{where}: no such file, so nothing is planned there; run `duizhao plan` first")
        try:
            said: dict[str, Any] = json.loads(content)
            own, version = said.pop("id"), said.pop("run")
            found = cls(**{**said, "languages": tuple(said["languages"])})
        except (*NOT_JSON, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{where}: damaged, or no manifest of a run; plan into an empty folder") from error
        if version != _VERSION:
            raise InputError(f"{where}: of version {version}, expected {_VERSION}; plan it again with this duizhao")
        if own != found.id:
            raise InputError(f"{where}: was changed after it was written; plan into an empty folder")
        return found


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            return file.read(len(_BEGIN)) == _BEGIN
    except OSError:
        return False


def index_bytes(entries: Iterable[Entry]) -> bytes:
    """The list of parts, as it stands on disk."""
    return b"".join(json_line(asdict(entry)) for entry in entries)


def read_index(files: RunFiles, manifest: Manifest) -> Iterator[Entry]:
    """The parts of a run, in order.

    Raises:
        InputError: the list is gone, or not the one that was written.
    """
    for line in checked(files, INDEX, manifest.index_sha256).splitlines():
        yield Entry(**json.loads(line))


def inputs_bytes(sources: Iterable[SourceFile], rejected: Iterable[Rejected]) -> bytes:
    """The list of inputs, as it stands on disk."""
    lines: list[Mapping[str, Any]] = [{"source": asdict(source)} for source in sources]
    lines += [{"rejected": asdict(item)} for item in rejected]
    return b"".join(map(json_line, lines))


def read_inputs(files: RunFiles, manifest: Manifest) -> tuple[tuple[SourceFile, ...], tuple[Rejected, ...]]:
    """The inputs of a run, and what is no input of it.

    Raises:
        InputError: the list is gone, or not the one that was written.
    """
    sources, rejected = [], []
    for line in checked(files, INPUTS, manifest.inputs_sha256).splitlines():
        said = json.loads(line)
        if "source" in said:
            fields = said["source"]
            encoding = fields["encoding"] and Encoding(**fields["encoding"])
            sources.append(SourceFile(**{**fields, "encoding": encoding}))
        else:
            rejected.append(Rejected(**said["rejected"]))
    return tuple(sources), tuple(rejected)


def checked(files: RunFiles, name: str, sha256: str) -> bytes:
    """A file of the plan, which must be the one that was planned.

    Raises:
        InputError: it is gone, or another.
    """
    content = files.read(name)
    if content is None:
        raise InputError(f"{files.label(name)}: is gone; the plan is not whole, so plan into an empty folder")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise InputError(f"{files.label(name)}: is not the file that was planned; plan into an empty folder")
    return content
