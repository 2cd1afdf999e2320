"""The columns of a corpus as Arrow has them: names, types, and a file's own word on how it was made.

One table of columns for whoever writes Parquet and whoever reads it. Text is UTF-8, numbers of sentences and code
points are int64, scores and signals float64, flags a list of strings; what is not known is null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from corpus.pair import ALIGNED_FIELDS, FIELDS, SAID, SIGNAL, Columns
from translate.errors import UsageError

if TYPE_CHECKING:
    from pyarrow import Schema

__all__ = ["METADATA_KEY", "columns_in", "import_pyarrow", "metadata_in", "schema_of"]

METADATA_KEY = b"duizhao"
"""Under which the metadata of a Parquet file has the JSON of the sidecar."""

_TEXTS = {"id", "doc", "source", "target", "raw", "target_doc", "target_raw", *SAID}
_REALS = {"score"}
_OPTIONAL = {"start", "end", "score", "target_start", "target_end", *SAID}


def import_pyarrow() -> tuple[ModuleType, ModuleType]:
    """``pyarrow`` and ``pyarrow.parquet``, which most runs do not need.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow; install the extra: pip install 'duizhao[corpus]'") from error
    return pyarrow, pyarrow.parquet


def schema_of(columns: Columns) -> Schema:
    """The schema of a table with these columns: `FIELDS`, ``raw``, and what only some files have behind them."""
    pa, _ = import_pyarrow()
    aligned = (*ALIGNED_FIELDS, "target_raw") if columns.aligned else ()
    names = (*FIELDS, "raw", *aligned, *columns.said, *(SIGNAL + name for name in columns.signals))
    found: Schema = pa.schema([pa.field(name, _type(name, pa), nullable=_may_be_null(name)) for name in names])
    return found


def _type(name: str, pa: Any) -> Any:
    if name in _TEXTS:
        return pa.string()
    if name == "flags":
        return pa.list_(pa.field("element", pa.string(), nullable=False))
    return pa.float64() if name in _REALS or name.startswith(SIGNAL) else pa.int64()


def _may_be_null(name: str) -> bool:
    return name in _OPTIONAL or name.startswith(SIGNAL)


def columns_in(schema: Schema) -> Columns | None:
    """The columns of a table of ours, which may lack ``raw`` and ``target_raw``; None where it is somebody else's."""
    names = set(schema.names)
    if not names >= set(FIELDS):
        return None
    signals = tuple(name.removeprefix(SIGNAL) for name in schema.names if name.startswith(SIGNAL))
    return Columns(names >= set(ALIGNED_FIELDS), signals, **{name: name in names for name in SAID})


def metadata_in(metadata: Mapping[bytes, bytes] | None) -> dict[str, Any] | None:
    """What a file of ours says of its making, as its sidecar does; None where it is somebody else's.

    Args:
        metadata: of the file; that of the schema has only what was known before the first row.
    """
    try:
        said = json.loads((metadata or {}).get(METADATA_KEY, b"null"))
    except ValueError:
        return None
    return said if isinstance(said, dict) and "signature" in said else None
