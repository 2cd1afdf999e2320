"""XLIFF 2.1: a file a document, a unit of one segment a pair.

The specification is "XLIFF Version 2.1" (OASIS, 2018). What a machine translated has a ``<mtc:match type="mt">``, which
is the standard's word for it, and the segment's `subState` says so, too; so its state is `translated`, not `reviewed`.
What is known of a pair is in the metadata module, its flags in a ``<note>``.
"""

from __future__ import annotations

from functools import lru_cache

from corpus.pair import Columns, Pair
from corpus.writers.base import Origin, Output, origin_of
from corpus.writers.xliff import XliffWriter
from corpus.writers.xml import attribute, properties, xml_text

__all__ = ["Xliff21Writer"]


class Xliff21Writer(XliffWriter):
    """One file, a ``<unit>`` a pair."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._n_files = 0
        source, target = output.meta.languages
        self._put(f'{_HEAD} srcLang="{source}" trgLang="{target}">\n')

    def _begin(self, doc_id: str) -> str:
        """Open the ``<file>`` of a document, after that of the one before; the first has the run's signature."""
        before = "" if self._doc is None else _END
        signature = f'<notes><note category="signature">{xml_text(self._meta.signature)}</note></notes>\n'
        self._n_files += 1
        self._n_units = 0
        self._doc, notes = doc_id, signature if self._doc is None else ""
        # A pair stays a pair: nobody is to cut its segment, or to join it to the next.
        return f'{before}<file id="f{self._n_files}" canResegment="no" original={attribute(doc_id)}>\n{notes}'

    def _unit(self, pair: Pair) -> str:
        return _unit(self._n_units, pair, self._columns, origin_of(pair, self._meta.origin))

    def end(self) -> None:
        """Close the last ``<file>``."""
        begin = f"{self._begin('')}{_NO_UNIT}" if self._doc is None else ""
        self._put(f"{begin}{_END}</xliff>\n")


_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<xliff version="2.1" xmlns="urn:oasis:names:tc:xliff:document:2.0" '
    'xmlns:mda="urn:oasis:names:tc:xliff:metadata:2.0" xmlns:mtc="urn:oasis:names:tc:xliff:matches:2.0"'
)
_END = "</file>\n"
_NO_UNIT = '<group id="none"/>\n'

_STATES: dict[Origin, str] = {
    "machine": ' state="translated" subState="duizhao:mt-suggestion"',
    "human": ' state="translated"',
    "unknown": "",
}
_NOT_THERE = ' state="initial"'


@lru_cache(maxsize=256)
def _type(name: str) -> str:
    return f"type={attribute(name)}"


def _unit(number: int, pair: Pair, columns: Columns, origin: Origin) -> str:
    # Identifiers are tokens here, which documents' names often are not; so those of pairs are names.
    metas = "".join([f"<mda:meta {_type(name)}>{value}</mda:meta>" for name, value in properties(pair, columns)])
    notes = f'<notes><note category="flags">{xml_text(",".join(pair.flags))}</note></notes>' if pair.flags else ""
    texts = (
        f'<source xml:space="preserve">{xml_text(pair.source.text)}</source>'
        f'<target xml:space="preserve">{xml_text(pair.target.text)}</target>'
    )
    is_there = pair.target.text != ""
    match = (
        f'<mtc:matches><mtc:match ref="#s" type="mt" origin="duizhao">{texts}</mtc:match></mtc:matches>'
        if origin == "machine" and is_there
        else ""
    )
    return (
        f'<unit id="u{number}" name={attribute(pair.id)}>{match}'
        f'<mda:metadata><mda:metaGroup category="duizhao">{metas}</mda:metaGroup></mda:metadata>{notes}'
        f'<segment id="s"{_STATES[origin] if is_there else _NOT_THERE}>{texts}</segment></unit>\n'
    )
