"""XLIFF 1.2, which nearly every tool for translators opens: a file a document, a translation unit a pair.

The specification is "XLIFF Version 1.2" (OASIS, 2008). A target that a machine made is `needs-review-translation` with
the qualifier `mt-suggestion`, one that people made is `translated`; where it is not known who made it, nothing is said.
What is known of a pair is in a ``<context-group>`` for information, in names that begin with ``x-`` as the standard
asks, and its flags in a ``<note>``, since notes are what a translator is shown.
"""

from __future__ import annotations

from functools import lru_cache

from corpus.pair import Columns, Pair
from corpus.writers.base import Origin, Output, RunMeta, origin_of
from corpus.writers.xliff import XliffWriter
from corpus.writers.xml import attribute, properties, xml_text

__all__ = ["Xliff12Writer"]


class Xliff12Writer(XliffWriter):
    """One file, a ``<trans-unit>`` a pair."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._put(_HEAD)

    def _begin(self, doc_id: str) -> str:
        """Open the ``<file>`` of a document, after that of the one before; the first has what is said of the run."""
        before = _header(self._meta) if self._doc is None else _END
        languages = self._meta.languages
        begin = (
            f'<file original={attribute(doc_id)} source-language="{languages[0]}" target-language="{languages[1]}" '
            'datatype="plaintext">\n'
        )
        is_first, self._doc = self._doc is None, doc_id
        return f"{begin}{before}<body>\n" if is_first else f"{before}{begin}<body>\n"

    def _unit(self, pair: Pair) -> str:
        return _unit(self._n_units, pair, self._columns, origin_of(pair, self._meta.origin))

    def end(self) -> None:
        """Close the last ``<file>``."""
        begin = self._begin("") if self._doc is None else ""
        self._put(f"{begin}{_END}</xliff>\n")


_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">\n'
_END = "</body>\n</file>\n"

_STATES: dict[Origin, str] = {
    "machine": ' state="needs-review-translation" state-qualifier="mt-suggestion"',
    "human": ' state="translated"',
    "unknown": "",
}
_NOT_THERE = ' state="needs-translation"'


def _header(meta: RunMeta) -> str:
    return (
        f'<header><tool tool-id="duizhao" tool-name="duizhao" tool-version={attribute(meta.version)}/>'
        f'<note from="signature">{xml_text(meta.signature)}</note></header>\n'
    )


@lru_cache(maxsize=256)
def _type(name: str) -> str:
    return f"context-type={attribute(f'x-{name}')}"


def _unit(number: int, pair: Pair, columns: Columns, origin: Origin) -> str:
    # Numbers are unique whatever the corpus was put together from, as its ids may not be.
    target = pair.target.text
    contexts = "".join([f"<context {_type(name)}>{value}</context>" for name, value in properties(pair, columns)])
    note = f'<note from="flags">{xml_text(",".join(pair.flags))}</note>' if pair.flags else ""
    return (
        f'<trans-unit id="{number}" resname={attribute(pair.id)} xml:space="preserve">'
        f"<source>{xml_text(pair.source.text)}</source>"
        f"<target{_STATES[origin] if target else _NOT_THERE}>{xml_text(target)}</target>"
        f'<context-group purpose="information">{contexts}</context-group>{note}</trans-unit>\n'
    )
