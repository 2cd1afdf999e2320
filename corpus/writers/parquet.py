"""Parquet: a table of typed columns, packed with Zstandard, for pandas, polars, DuckDB and `datasets`.

Rows go out in groups, so memory does not grow with the corpus, and a group ends where the pairs say so, not where a
batch does: the same pairs give the same bytes (with the same version of Arrow, which signs its files). Pages are cut
by content, so that a store that keeps equal chunks once (the hub's does) keeps little more for a changed corpus, and
have an index.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from io import RawIOBase
from typing import Any

from corpus.pair import SIGNAL, Languages, Pair, rounded
from corpus.readers.arrow import METADATA_KEY, import_pyarrow, schema_of
from corpus.writers.base import Output, as_bytes
from translate.errors import UsageError
from translate.files.atomic import Sink
from translate.files.lines import without_surrogates
from translate.files.packing import packing_of

__all__ = ["ParquetWriter"]

_ROWS = 1 << 16
_CHARACTERS = 1 << 26
"""At most so many of either are in a row group: of usual sentences the first, about 30 MB."""

_REPEATED = ["doc", "target_doc", "license", "flags.list.element"]
"""Columns whose values come again and again, which a dictionary makes small."""

_OF_PLACES = {"files", "sha256", "inputs", "rejected"}
"""What of the sidecar stays in it: a table is handed on, and nobody thinks of the paths that would go with it."""


class ParquetWriter:
    """One file, a row a pair; the columns are those of the output, and ``raw`` in every case."""

    def __init__(self, output: Output) -> None:
        (path,) = output.paths
        pa, parquet = import_pyarrow()
        self._pa = pa
        self._described = output.described
        self._schema = schema_of(output.columns)
        names = set(self._schema.names)
        self._file = parquet.ParquetWriter(
            _Stream(output.open(path)),
            self._schema,
            compression="zstd",
            use_dictionary=[name for name in _REPEATED if name.partition(".")[0] in names],
            # Bounds of a text help nobody to pass a group over, and would be in every header.
            write_statistics=[field.name for field in self._schema if not pa.types.is_string(field.type)],
            write_page_index=True,
            use_content_defined_chunking=True,
        )
        self._held: list[Pair] = []
        self._n_characters = 0

    @staticmethod
    def paths(out: str, languages: Languages) -> tuple[str, ...]:
        """OUT itself.

        Raises:
            UsageError: it should be packed a second time.
        """
        if packing := packing_of(out):
            raise UsageError(f"{out}: Parquet is packed within (zstd); leave out the {packing}")
        import_pyarrow()  # before any work is done
        return (out,)

    def write(self, pairs: Sequence[Pair]) -> None:
        """A row each, once there are enough for a group."""
        for pair in pairs:
            self._held.append(pair)
            source, target = pair.source, pair.target
            self._n_characters += len(source.raw) + len(source.text) + len(target.raw) + len(target.text)
            if len(self._held) == _ROWS or self._n_characters >= _CHARACTERS:
                self._write_group()

    def end(self) -> None:
        """Write the last group, and what the run was, as in the sidecar but for the names of files."""
        if self._held:
            self._write_group()
        said = {name: value for name, value in json.loads(self._described()).items() if name not in _OF_PLACES}
        self._file.add_key_value_metadata({METADATA_KEY: as_bytes(json.dumps(said, ensure_ascii=False))})
        self._file.close()

    def _write_group(self) -> None:
        pairs, self._held, self._n_characters = self._held, [], 0
        arrays = [_array(self._pa, field, pairs) for field in self._schema]
        self._file.write_table(self._pa.Table.from_arrays(arrays, schema=self._schema), row_group_size=len(pairs))


_VALUES: dict[str, Callable[[Pair], Any]] = {
    "id": lambda pair: pair.id,
    "doc": lambda pair: pair.source.doc_id,
    "paragraph": lambda pair: pair.source.paragraph,
    "sentence": lambda pair: pair.source.index,
    "start": lambda pair: pair.source.start,
    "end": lambda pair: pair.source.end,
    "source": lambda pair: pair.source.text,
    "target": lambda pair: pair.target.text,
    "score": lambda pair: pair.score,
    "flags": lambda pair: pair.flags,
    "raw": lambda pair: pair.source.raw,
    "source_sentences": lambda pair: pair.source.n_sentences,
    "target_doc": lambda pair: pair.target.doc_id,
    "target_paragraph": lambda pair: pair.target.paragraph,
    "target_sentence": lambda pair: pair.target.index,
    "target_sentences": lambda pair: pair.target.n_sentences,
    "target_start": lambda pair: pair.target.start,
    "target_end": lambda pair: pair.target.end,
    "target_raw": lambda pair: pair.target.raw,
    "license": lambda pair: pair.license,
    "words": lambda pair: pair.words,
    "terms": lambda pair: pair.terms,
}
"""`corpus.pair.row`, a column at a time; a test holds the two together."""


def _array(pa: Any, field: Any, pairs: Sequence[Pair]) -> Any:
    if field.name.startswith(SIGNAL):
        name = field.name.removeprefix(SIGNAL)
        return _reals(pa, [pair.signals.get(name) for pair in pairs])
    values = list(map(_VALUES[field.name], pairs))
    if pa.types.is_floating(field.type):
        return _reals(pa, values)
    try:
        return pa.array(values, field.type)
    except UnicodeEncodeError:  # half a surrogate pair, which is no character
        return pa.array([_clean(value) for value in values], field.type)


def _reals(pa: Any, values: Sequence[float | None]) -> Any:
    """`rounded` for a whole column; null for None and for what is no finite number."""
    import numpy as np

    found = np.array(values, dtype=np.float64)  # None is NaN here
    found[np.isinf(found)] = np.nan
    large = np.abs(found) > 100_000
    scaled = np.where(large, 0, found) * 10_000
    whole = np.rint(scaled)
    # The nearest ten thousandth is sure where the product, which is not exact, is far from the middle of two.
    unsure = large | (np.abs(np.abs(scaled - whole) - 0.5) < 1e-4)
    result = whole / 10_000 + 0.0
    for index in np.flatnonzero(unsure):
        result[index] = rounded(float(found[index]))
    return pa.array(result, pa.float64(), from_pandas=True)


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value and without_surrogates(value)
    return [without_surrogates(flag) for flag in value]


class _Stream(RawIOBase):
    """A sink as Arrow wants a file to be; closing it is not Arrow's business."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._n_bytes = 0

    def writable(self) -> bool:
        """It is there for nothing else."""
        return True

    def write(self, data: Any) -> int:
        """Hand on."""
        block = bytes(data)
        self._sink.write(block)
        self._n_bytes += len(block)
        return len(block)

    def tell(self) -> int:
        """How much was written."""
        return self._n_bytes
