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
from collections.abc import Iterable
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from corpus.pair import Pair, all_flags, rounded

__all__ = ["TAIL", "head", "unit"]

SOURCE_LANGUAGE = "zh"
"""Not ``zh-Hans``: a document may be in either script, or in both, and we do not claim what we did not look at."""
TARGET_LANGUAGE = "en"

TAIL = "</body>\n</tmx>\n"

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLANKS = re.compile(r"\s")


def _replaced(text: str) -> str:
    """Put U+FFFD for every character that is none of XML 1.0."""
    # Nothing printable is illegal, and that is found out much faster.
    return text if text.isprintable() else _ILLEGAL.sub("\ufffd", text)


def _text(text: str) -> str:
    # A parser would turn a carriage return into a line feed.
    return escape(_replaced(text), {"\r": "&#13;"})


@lru_cache(maxsize=64)
def _of_document(doc_id: str) -> tuple[str, str]:
    """What the units of a document share: the start of each ``tuid``, and the property ``x-doc``."""
    key = quoteattr(_BLANKS.sub("_", _replaced(doc_id)))
    return key[:-1], key[-1] + f'><prop type="x-doc">{_text(doc_id)}</prop>'


def head(signature: str, version: str, properties: Iterable[tuple[str, str]] = ()) -> str:
    """Everything before the first unit.

    Args:
        signature: of the run.
        version: of the program.
        properties: further ``(type, value)`` of the header; types get their ``x-``.
    """
    props = "".join(f'<prop type="x-{kind}">{_text(value)}</prop>\n' for kind, value in properties)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n'
        f'<header creationtool="duizhao" creationtoolversion={quoteattr(version)} segtype="sentence" '
        f'o-tmf="duizhao" adminlang="en" srclang="{SOURCE_LANGUAGE}" datatype="plaintext">\n'
        f'<prop type="x-signature">{_text(signature)}</prop>\n{props}</header>\n<body>\n'
    )


def unit(pair: Pair) -> str:
    """One ``<tu>``.

    Its ``tuid`` is the pair's id with ``_`` for white space. Characters that XML cannot hold become U+FFFD, and
    the property ``x-replaced`` says where.
    """
    sentence = pair.sentence
    doc, source, target = sentence.doc_id, sentence.text, pair.target
    paragraph, index = sentence.paragraph, sentence.index
    score, flags = rounded(pair.score), all_flags(pair)
    key, doc_prop = _of_document(doc)
    extra = ""
    if not (doc.isprintable() and source.isprintable() and target.isprintable()):
        bad = [name for name, text in (("doc", doc), ("source", source), ("target", target)) if _ILLEGAL.search(text)]
        extra = f'<prop type="x-replaced">{",".join(bad)}</prop>' if bad else ""
    return (
        f"<tu tuid={key}:{paragraph}:{index}{doc_prop}"
        f'<prop type="x-paragraph">{paragraph}</prop><prop type="x-sentence">{index}</prop>'
        f'<prop type="x-start">{sentence.start}</prop><prop type="x-end">{sentence.end}</prop>'
        f'<prop type="x-score">{"" if score is None else score}</prop>'
        f'<prop type="x-flags">{_text(",".join(flags)) if flags else ""}</prop>{extra}'
        f'<tuv xml:lang="{SOURCE_LANGUAGE}"><seg>{_text(source)}</seg></tuv>'
        f'<tuv xml:lang="{TARGET_LANGUAGE}"><seg>{_text(target)}</seg></tuv></tu>\n'
    )
