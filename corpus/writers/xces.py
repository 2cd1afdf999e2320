"""XCES alignment as OPUS keeps it: links between the numbered sentences of two documents, each a file of XML.

The format is that of the corpus encoding standard (Ide, Bonhomme, Romary: XCES, LREC 2000) in the form that OPUS gave
it (Tiedemann, LREC 2012): ``<link xtargets="1 2;1"/>`` says that the first two sentences of one document are the first
of the other. Sentences are numbered through the file, so that no number comes twice whatever the corpus was put
together from. Where a span stands in its document, attributes of its first and last ``<s>`` say, and ``<text>`` which
document it is. The place of a counterpart that is missing is a ``<gap/>``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from corpus.pair import SIGNAL, Columns, Languages, Pair, Span, rounded
from corpus.readers.opus import joiner_of
from corpus.writers.base import Output, as_bytes
from corpus.writers.formats import SUFFIXES
from corpus.writers.xml import attribute, replaced_fields, xml_text
from translate.errors import UsageError
from translate.files.atomic import STDOUT, Sink
from translate.files.packing import split_packing

__all__ = ["XcesWriter"]


class XcesWriter:
    """Three files: the links, and the sentences of either side."""

    def __init__(self, output: Output) -> None:
        self._columns = output.columns
        links, *documents = output.paths
        names = [Path(path).name for path in documents]
        origin = "" if output.meta.origin == "unknown" else f' target-origin="{output.meta.origin}"'
        self._links = output.open(links)
        self._links.write(
            as_bytes(
                f'{_XML}<cesAlign version="1.0">\n<linkGrp targType="s" fromDoc={attribute(names[0])} '
                f"toDoc={attribute(names[1])}{origin}>\n"
            )
        )
        self._sides = [
            _Side(output.open(path), language) for path, language in zip(documents, output.meta.languages, strict=True)
        ]
        self._n_links = 0

    @staticmethod
    def paths(out: str, languages: Languages) -> tuple[str, ...]:
        """The links, in OUT or in its name with ``.xces``, then a document a language."""
        if out == STDOUT:
            raise UsageError("xces is three files, so it cannot go to stdout; name OUT, such as -o news.xces")
        plain, packing = split_packing(out)
        suffix = Path(plain).suffix.lower()
        is_own = suffix in (".xces", ".xml")
        stem = plain[: -len(suffix)] if suffix and (is_own or suffix in SUFFIXES) else plain
        links = plain if is_own else f"{stem}.xces"
        return (f"{links}{packing}", *(f"{stem}.{language}.xml{packing}" for language in languages))

    def write(self, pairs: Sequence[Pair]) -> None:
        """A ``<link>`` each, and its sentences on either side."""
        source, target = self._sides
        links = []
        for pair in pairs:
            self._n_links += 1
            targets = f"{source.add(pair.source)};{target.add(pair.target)}"
            links.append(f'<link id="SL{self._n_links}" xtargets="{targets}"{_said(pair, self._columns)}/>\n')
        self._links.write(as_bytes("".join(links)))
        for side in self._sides:
            side.flush()

    def end(self) -> None:
        """Close all three."""
        self._links.write(b"</linkGrp>\n</cesAlign>\n")
        for side in self._sides:
            side.end()


_XML = '<?xml version="1.0" encoding="utf-8"?>\n'


class _Side:
    """One of the two documents of sentences."""

    def __init__(self, file: Sink, language: str) -> None:
        self._file = file
        self._joiner = joiner_of(language)
        self._n_sentences = 0
        self._doc: str | None = None
        self._parts = [f'{_XML}<document lang="{language}">\n']

    def add(self, span: Span) -> str:
        """Write a span's sentences; returns their numbers, as a link names them."""
        if span.doc_id != self._doc:
            end = "" if self._doc is None else "</text>\n"
            self._parts.append(f"{end}<text id={attribute(span.doc_id)}>\n")
            self._doc = span.doc_id
        where, end = _where(span)
        if not span.n_sentences:
            self._parts.append(f"<gap{where}{end}/>\n")
            return ""
        texts = _sentences(span, self._joiner)
        if len(texts) != span.n_sentences:
            where += f' n="{span.n_sentences}"'  # where one ends is not known, and is not made up
        first = self._n_sentences + 1
        self._n_sentences += len(texts)
        for number, text in enumerate(texts, first):
            begin = where if number == first else ""
            close = end if number == self._n_sentences else ""
            self._parts.append(f'<s id="{number}"{begin}{close}>{xml_text(text)}</s>\n')
        return str(first) if len(texts) == 1 else " ".join(map(str, range(first, self._n_sentences + 1)))

    def flush(self) -> None:
        """Hand on what was added."""
        self._file.write(as_bytes("".join(self._parts)))
        self._parts.clear()

    def end(self) -> None:
        """Write what comes after all sentences."""
        self._parts.append("</document>\n" if self._doc is None else "</text>\n</document>\n")
        self.flush()


def _where(span: Span) -> tuple[str, str]:
    """The attributes that say where a span begins, and where it ends; nothing of what stands in no document."""
    if not span.doc_id and span.start is None and not span.paragraph and not span.index:
        return "", ""
    start = "" if span.start is None else f' start="{span.start}"'
    end = "" if span.end is None else f' end="{span.end}"'
    return f' paragraph="{span.paragraph}" sentence="{span.index}"{start}', end


_END = re.compile(r"""(?<=[。！？…!?.])[”’」』）)"']*[ ]?""")


def _sentences(span: Span, joiner: str) -> list[str]:
    """The sentences of a span, if their ends can be told; else all of it as one."""
    if span.n_sentences == 1:
        return [span.text]
    cuts = [found.end() for found in _END.finditer(span.text)]
    if joiner:
        cuts = [cut for cut in cuts if span.text[cut - 1] == joiner]
    cuts = sorted({cut for cut in cuts if 0 < cut < len(span.text)})
    bounds = [0, *cuts, len(span.text)]
    found = [span.text[begin:end] for begin, end in pairwise(bounds)]
    if joiner:
        found = [*(text[: -len(joiner)] for text in found[:-1]), found[-1]]
    is_whole = len(found) == span.n_sentences and joiner.join(found) == span.text
    return found if is_whole and all(text.strip() == text != "" for text in found) else [span.text]


@lru_cache(maxsize=256)
def _name(signal: str) -> str:
    """The attribute of a signal; what no name of XML has becomes a line below."""
    return SIGNAL + re.sub(r"[^\w.-]", "_", signal, flags=re.ASCII)


def _said(pair: Pair, columns: Columns) -> str:
    """What is known of a pair, as attributes of its link."""
    found = ""
    score = rounded(pair.score)
    if score is not None:
        found += f' score="{score}"'
    if pair.flags:
        found += f" flags={attribute(','.join(pair.flags))}"
    for name in columns.said:
        if (text := getattr(pair, name)) is not None:
            found += f" {name}={attribute(text)}"
    for name in columns.signals:
        value = rounded(pair.signals.get(name))
        if value is not None:
            found += f' {_name(name)}="{value}"'
    if replaced := replaced_fields(pair):
        found += f' replaced="{replaced}"'
    return found
