"""What every format that is XML needs: text as XML 1.0 can hold it, and what is known of a pair as named properties."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from corpus.pair import Columns, Pair, Span, rounded

__all__ = ["attribute", "legal", "properties", "replaced_fields", "xml_text"]

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """Put U+FFFD for every character that is none of XML 1.0, which cannot be written even as a reference."""
    # Nothing printable is illegal, and that is found out much faster.
    return text if text.isprintable() else _ILLEGAL.sub("\ufffd", text)


def xml_text(text: str) -> str:
    """A text as it stands between tags."""
    # A parser would turn a carriage return into a line feed.
    return escape(legal(text), {"\r": "&#13;"})


def attribute(text: str) -> str:
    """A text as the value of an attribute, in its quotes."""
    return quoteattr(legal(text))


def replaced_fields(pair: Pair) -> str:
    """Which of ``doc``, ``source``, ``target`` have characters that `legal` replaces, as ``doc,target``."""
    texts = (("doc", pair.source.doc_id), ("source", pair.source.text), ("target", pair.target.text))
    return ",".join(name for name, text in texts if not text.isprintable() and _ILLEGAL.search(text))


def properties(pair: Pair, columns: Columns) -> Iterator[tuple[str, str]]:
    """What is known of a pair beside its texts, the source's document and the flags; nothing where there is nothing.

    `corpus.readers.properties` reads them back.
    """
    yield from _place(pair.source, "")
    score = rounded(pair.score)
    if score is not None:
        yield "score", str(score)
    if columns.aligned:
        yield "target-doc", pair.target.doc_id
        yield from _place(pair.target, "target-")
    for name in columns.signals:
        value = rounded(pair.signals.get(name))
        if value is not None:
            yield f"signal-{name}", str(value)
    if columns.license and pair.license is not None:
        yield "license", pair.license
    if replaced := replaced_fields(pair):
        yield "replaced", replaced


def _place(span: Span, prefix: str) -> Iterator[tuple[str, str]]:
    yield f"{prefix}paragraph", str(span.paragraph)
    yield f"{prefix}sentence", str(span.index)
    if span.n_sentences != 1:
        yield f"{prefix}sentences", str(span.n_sentences)
    if span.start is not None:
        yield f"{prefix}start", str(span.start)
    if span.end is not None:
        yield f"{prefix}end", str(span.end)
