"""``OUT.meta.json``: what was run on what, and by which an output is known again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpus.pair import PLAIN, Columns
from corpus.readers.base import Rejected, SourceFile
from corpus.writers.base import ORIGINS, RunMeta, as_bytes
from corpus.writers.formats import OutputFormat
from translate.files.encodings import Encoding
from translate.files.packing import split_packing

__all__ = ["FORMAT_VERSION", "as_made", "described", "find_sidecar", "is_corpus", "made_by"]

FORMAT_VERSION = 1
"""Of the rows and of the sidecar; a field that is added keeps it, one that changes its meaning does not."""

_BEGIN = b'{\n "counts": {'
_OURS = {"format", "format_version", "files", "signature", "version", "counts", "inputs", "rejected"}


def described(
    layout: OutputFormat,
    meta: RunMeta,
    counts: Mapping[str, Any],
    columns: Columns = PLAIN,
    digests: Mapping[str, str] | None = None,
) -> bytes:
    """The sidecar of a corpus.

    Args:
        layout: its format and files.
        meta: of the run.
        counts: of its documents and pairs.
        columns: of its pairs.
        digests: SHA-256 of each file, by name.
    """
    fields = {
        "format": layout.name,
        "format_version": FORMAT_VERSION,
        "files": [Path(path).name for path in layout.paths],
        "sha256": dict(digests or {}),
        "signature": meta.signature,
        "version": meta.version,
        "languages": list(meta.languages),
        "target_origin": meta.origin,
        "counts": counts,
        "fields": list(columns.names),
        "inputs": [
            {
                "origin": source.origin,
                "name": source.name,
                "encoding": source.encoding and source.encoding.name,
                "encoding_errors": source.encoding and source.encoding.errors,
                "encoding_found": source.encoding and source.encoding.how,
                "bytes": source.n_bytes,
                "sha256": source.sha256,
            }
            for source in meta.inputs
        ],
        "rejected": [{"origin": item.origin, "reason": item.reason} for item in meta.rejected],
        "environment": dict(meta.environment),
        "signals": dict(meta.signals),
    }
    return as_bytes(json.dumps(fields, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def made_by(said: Mapping[str, Any], meta: RunMeta) -> RunMeta:
    """A run that goes on from a corpus: what its sidecar says of its making, the rest as in ``meta``."""
    return replace(
        meta,
        signature=str(said["signature"]),
        environment=dict(said.get("environment", {})),
        signals=dict(said.get("signals", {})),
        origin=next((origin for origin in ORIGINS if origin == said.get("target_origin")), "unknown"),
    )


def as_made(said: Mapping[str, Any], meta: RunMeta) -> RunMeta:
    """The run that made a corpus, as its sidecar says it; the rest, which may be left out, as in ``meta``.

    Raises:
        ValueError: the sidecar is not as we write it.
    """
    meta = replace(made_by(said, meta), version=str(said.get("version", meta.version)))
    if not said.get("inputs"):
        return meta
    try:
        inputs = tuple(map(_source_file, said["inputs"]))
        rejected = tuple(Rejected(item["origin"], item["reason"]) for item in said.get("rejected", ()))
    except (KeyError, TypeError) as error:
        raise ValueError(f"no sidecar of ours: {error}") from error
    return replace(meta, inputs=inputs, rejected=rejected)


def _source_file(said: Mapping[str, Any]) -> SourceFile:
    name, how, errors = said["encoding"], said["encoding_found"], said["encoding_errors"]
    encoding = None if name is None else Encoding(name, how, errors)
    return SourceFile(said["origin"], encoding, said["bytes"], said["sha256"], said.get("name", ""))


def is_corpus(path: Path) -> bool:
    """Whether a file is a corpus of ours: there is a sidecar beside it that we wrote, and that names this file only.

    A ``NAME.meta.json`` of somebody else's, which are common, proves nothing.
    """
    said = _read(path.with_name(f"{path.name}.meta.json"))
    return said is not None and said["files"] == [path.name]


def find_sidecar(path: Path) -> dict[str, Any] | None:
    """What the sidecar of a corpus says; None where there is none that we wrote, and that names this file.

    Args:
        path: a file of the corpus, which may have several: ``news.zh`` of ``news.meta.json``.
    """
    stem = Path(split_packing(path.name)[0]).with_suffix("")
    for name in (f"{path.name}.meta.json", f"{stem}.meta.json"):
        said = _read(path.with_name(name))
        if said is not None and path.name in said["files"]:
            return said
    return None


def _read(sidecar: Path) -> dict[str, Any] | None:
    try:
        if not sidecar.is_file():
            return None
        with sidecar.open("rb") as file:
            begin = file.read(len(_BEGIN))
            said = json.loads(begin + file.read()) if begin == _BEGIN else None
    except (OSError, ValueError, RecursionError):  # a name that is too long with the suffix, no JSON, no UTF-8
        return None
    return said if isinstance(said, dict) and said.keys() >= _OURS and isinstance(said["files"], list) else None
