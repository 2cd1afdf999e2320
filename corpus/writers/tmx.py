"""TMX 1.4b, the exchange format of translation memories, one translation unit a pair.

The specification is "TMX 1.4b Specification" (LISA OSCAR, 2005). What it says and we keep to: the header has its
seven required attributes; in a ``<tu>`` every ``<prop>`` stands before the first ``<tuv>``; every ``<tuv>`` has
``xml:lang``; types of ``<prop>`` that no one has published begin with ``x-``; ``tuid`` has no white space; text is
made of the characters of XML 1.0, since the others cannot be written even as references.

No ``<!DOCTYPE>`` is written: it would name a DTD file that the receiver does not have, and some parsers stop when
they cannot load it. No dates are written: the same pairs give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from xml.sax.saxutils import quoteattr

from corpus.pair import PLAIN, Columns, Languages, Pair, Span, rounded
from corpus.writers.base import Output, RunMeta, as_bytes, origin_of
from corpus.writers.xml import legal, replaced_fields, xml_text

__all__ = ["TmxWriter"]


class TmxWriter:
    """One file, a translation unit a pair."""

    def __init__(self, output: Output) -> None:
        self._columns = output.columns
        self._languages = output.meta.languages
        self._origin = output.meta.origin
        (path,) = output.paths
        self._file = output.open(path)
        self._file.write(as_bytes(_head(output.meta)))

    @staticmethod
    def paths(out: str, languages: Languages) -> tuple[str, ...]:
        """OUT itself."""
        return (out,)

    def write(self, pairs: Sequence[Pair]) -> None:
        """A ``<tu>`` each."""
        self._file.write(
            as_bytes("".join([_unit(pair, self._columns, self._languages, self._maker(pair)) for pair in pairs]))
        )

    def _maker(self, pair: Pair) -> str:
        return _MACHINE if origin_of(pair, self._origin) == "machine" else ""

    def end(self) -> None:
        """Close the body."""
        self._file.write(as_bytes(_TAIL))


_MACHINE = ' creationid="MT!"'
"""What tools that read TMX know a machine's translation by."""

_TAIL = "</body>\n</tmx>\n"

_BLANKS = re.compile(r"\s")


@lru_cache(maxsize=64)
def _of_document(doc_id: str) -> tuple[str, str, str]:
    """What the units of a document share: the start of each ``tuid``, its end, and the property ``x-doc``."""
    key = quoteattr(_BLANKS.sub("_", legal(doc_id)))
    return key[:-1], key[-1], f'<prop type="x-doc">{xml_text(doc_id)}</prop>'


def _head(meta: RunMeta) -> str:
    """Everything before the first unit."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n'
        f'<header creationtool="duizhao" creationtoolversion={quoteattr(meta.version)} segtype="sentence" '
        f'o-tmf="duizhao" adminlang="en" srclang="{meta.languages[0]}" datatype="plaintext">\n'
        f'<prop type="x-signature">{xml_text(meta.signature)}</prop>\n</header>\n<body>\n'
    )


def _unit(pair: Pair, columns: Columns, languages: Languages, maker: str) -> str:
    """One ``<tu>``.

    Its ``tuid`` is the pair's id with ``_`` for white space. Characters that XML cannot hold become U+FFFD, and
    the property ``x-replaced`` says where. Where the target stands in a document, its ``<tuv>`` says where.
    """
    span, source, target = pair.source, pair.source.text, pair.target.text
    doc, paragraph, index, start, end = span.doc_id, span.paragraph, span.index, span.start, span.end
    score, flags = rounded(pair.score), pair.flags
    key, quote, doc_prop = _of_document(doc)
    more = "" if span.n_sentences == 1 else f"+{span.n_sentences}"
    extra = ""
    if not (doc.isprintable() and source.isprintable() and target.isprintable()):
        bad = replaced_fields(pair)
        extra = f'<prop type="x-replaced">{bad}</prop>' if bad else ""
    if columns is not PLAIN:
        extra += _further(pair, columns)
    return (
        f"<tu tuid={key}:{paragraph}:{index}{more}{quote}{maker}>{doc_prop}"
        f'<prop type="x-paragraph">{paragraph}</prop><prop type="x-sentence">{index}</prop>'
        f'<prop type="x-start">{"" if start is None else start}</prop>'
        f'<prop type="x-end">{"" if end is None else end}</prop>'
        f'<prop type="x-score">{"" if score is None else score}</prop>'
        f'<prop type="x-flags">{xml_text(",".join(flags)) if flags else ""}</prop>{extra}'
        f'<tuv xml:lang="{languages[0]}"><seg>{xml_text(source)}</seg></tuv>'
        f'<tuv xml:lang="{languages[1]}"{maker}>{_place(pair.target) if columns.aligned else ""}'
        f"<seg>{xml_text(target)}</seg></tuv></tu>\n"
    )


def _further(pair: Pair, columns: Columns) -> str:
    """Properties of a unit that only some files have."""
    found = [("sentences", str(pair.source.n_sentences))] if columns.aligned else []
    found += [(name, text) for name in columns.said if (text := getattr(pair, name)) is not None]
    for name in columns.signals:
        value = rounded(pair.signals.get(name))
        if value is not None:
            found.append((f"signal-{name}", str(value)))
    return _props(found)


def _place(span: Span) -> str:
    """Where a target stands, as properties of its ``<tuv>``."""
    found = [
        ("doc", span.doc_id),
        ("paragraph", str(span.paragraph)),
        ("sentence", str(span.index)),
        ("sentences", str(span.n_sentences)),
        ("start", "" if span.start is None else str(span.start)),
        ("end", "" if span.end is None else str(span.end)),
    ]
    return _props(found)


def _props(values: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<prop type={quoteattr('x-' + kind)}>{xml_text(value)}</prop>" for kind, value in values)
