"""``OUT.meta.json``: what was run on what, and by which an output is known again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus.writers.base import RunMeta, as_bytes
from corpus.writers.formats import OutputFormat
from translate.files.packing import split_packing

__all__ = ["FORMAT_VERSION", "described", "find_sidecar", "is_corpus"]

FORMAT_VERSION = 1
"""Of the rows and of the sidecar; a field that is added keeps it, one that changes its meaning does not."""

_BEGIN = b'{\n "counts": {'
_OURS = {"format", "format_version", "files", "signature", "version", "counts", "inputs", "rejected"}


def described(
    layout: OutputFormat, meta: RunMeta, counts: Mapping[str, Any], digests: Mapping[str, str] | None = None
) -> bytes:
    """The sidecar of a corpus.

    Args:
        layout: its format and files.
        meta: of the run.
        counts: of its documents and pairs.
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
