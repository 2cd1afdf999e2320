"""What every format that is XML needs: text as XML 1.0 can hold it, and what is known of a pair as named properties."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from corpus.pair import Columns, Pair, Span, rounded

__all__ = ["attribute", "legal", "properties", "replaced_fields", "xml_text"]

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


_SPECIAL = re.compile('[&<>"]')


def legal(text: str) -> str:
    """Put U+FFFD for every character that is none of XML 1.0, which cannot be written even as a reference."""
    # Nothing printable is illegal, and that is found out much faster.
    return text if text.isprintable() else _ILLEGAL.sub("\ufffd", text)


def xml_text(text: str) -> str:
    """A text as it stands between tags."""
    if not text.isprintable():
        # A parser would turn a carriage return into a line feed.
        return escape(legal(text), {"\r": "&#13;"})
    return escape(text) if _SPECIAL.search(text) else text


def attribute(text: str) -> str:
    """A text as the value of an attribute, in its quotes."""
    # Most need no more than quotes, which is quicker to see than to do.
    return f'"{text}"' if text.isprintable() and not _SPECIAL.search(text) else quoteattr(legal(text))


def replaced_fields(pair: Pair) -> str:
    """Which of ``doc``, ``source``, ``target`` have characters that `legal` replaces, as ``doc,target``."""
    doc, source, target = pair.source.doc_id, pair.source.text, pair.target.text
    if doc.isprintable() and source.isprintable() and target.isprintable():
        return ""
    texts = (("doc", doc), ("source", source), ("target", target))
    return ",".join(name for name, text in texts if not text.isprintable() and _ILLEGAL.search(text))


def properties(pair: Pair, columns: Columns) -> list[tuple[str, object]]:
    """What is known of a pair beside its texts, the source's document and the flags; nothing where there is nothing.

    `corpus.readers.properties` reads them back.

    Returns:
        Names, which may need to be escaped where a signal's does, and values that stand between tags as they are.
    """
    found = _place(pair.source, "")
    score = rounded(pair.score)
    if score is not None:
        found.append(("score", score))
    if columns.aligned:
        found += [("target-doc", xml_text(pair.target.doc_id)), *_place(pair.target, "target-")]
    for name in columns.signals:
        value = rounded(pair.signals.get(name))
        if value is not None:
            found.append((f"signal-{name}", value))
    for name in columns.said:
        if (text := getattr(pair, name)) is not None:
            found.append((name, xml_text(text)))
    if replaced := replaced_fields(pair):
        found.append(("replaced", replaced))
    return found


def _place(span: Span, prefix: str) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [(f"{prefix}paragraph", span.paragraph), (f"{prefix}sentence", span.index)]
    if span.n_sentences != 1:
        found.append((f"{prefix}sentences", span.n_sentences))
    if span.start is not None:
        found.append((f"{prefix}start", span.start))
    if span.end is not None:
        found.append((f"{prefix}end", span.end))
    return found
