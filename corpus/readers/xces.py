"""XCES alignment, ours and that of OPUS: a pair a link, its sentences from the two documents that the links name.

Both documents are read as streams beside the links, which name sentences in their order: what is held is what was
passed over so far. Words (``<w>``) are put together with what their language has between words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from corpus.pair import SAID, SIGNAL, Pair, Span
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions
from corpus.readers.opus import are_swapped, joiner_of, place_of
from corpus.readers.xml import Records
from translate.errors import InputError
from translate.files.packing import split_packing

__all__ = ["read_xces", "xces_files"]


def read_xces(path: Path, options: BitextOptions) -> Iterator[Pair | Rejected]:
    """A pair a link; one whose sentences are not there is no pair.

    Raises:
        InputError: it is no well-formed XML, declares entities, or a document that it names cannot be read.
    """
    links = _Links(path)
    documents: list[_Document] = []
    names: Sequence[str] = ()
    for link in links:
        if link.documents != names:
            names = link.documents
            is_swapped = are_swapped(*names, options.languages)
            languages = options.languages[::-1] if is_swapped else options.languages
            documents = [_Document(path, name, language) for name, language in zip(names, languages, strict=True)]
        yield _pair(path, link, documents, is_swapped=is_swapped)
    if links.root != "cesAlign":
        raise InputError(f"{path}: XML, but no alignment of sentences (cesAlign)")


def xces_files(path: Path, options: BitextOptions) -> tuple[Path, ...]:
    """The links, and the two documents of sentences, where they are named as our writer names them."""
    plain, packing = split_packing(str(path))
    stem = PurePath(plain).with_suffix("")
    documents = [Path(f"{stem}.{language}.xml{packing}") for language in options.languages]
    return (path, *(document for document in documents if document.is_file()))


# -- links ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _XcesLink:
    """A ``<link>``: the two documents, the numbers of the sentences, and what else is said."""

    line: int
    documents: tuple[str, str]
    sides: list[list[str]]
    said: dict[str, str]


class _Links(Records[_XcesLink]):
    """Gathers links."""

    name = "XCES"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._documents = ("", "")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("linkGrp", "cesAlign"):
            self._documents = (
                attributes.get("fromDoc", self._documents[0]),
                attributes.get("toDoc", self._documents[1]),
            )
        elif name == "link":
            sides = [side.split() for side in attributes.get("xtargets", "").split(";")]
            self.keep(_XcesLink(self.line, self._documents, sides, attributes))

    def wants_text(self) -> bool:
        return False

    def end(self, name: str) -> None:
        """Nothing: a link is empty."""


# -- documents -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sentence:
    """An ``<s>``, or a ``<gap/>``, whose number is empty; ``text_id`` is that of the ``<text>`` around it."""

    number: str
    text_id: str | None
    said: dict[str, str]
    text: str = ""


class _Sentences(Records[_Sentence]):
    """Gathers the sentences of a document."""

    name = "XCES"

    def __init__(self, path: Path, joiner: str) -> None:
        super().__init__(path)
        self._joiner = joiner
        self._text_id: str | None = None
        self._sentence: _Sentence | None = None
        self._words: list[str] = []
        self._in_word = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "s":
            self._sentence = _Sentence(attributes.get("id", ""), self._text_id, attributes)
            self.begin_record(name)
            self.clear_text()
            self._words.clear()
        elif name == "w":
            self.clear_text()
        elif name == "text":
            self._text_id = attributes.get("id")
        elif name == "gap":
            self.keep(_Sentence("", self._text_id, attributes))

    def wants_text(self) -> bool:
        return self._sentence is not None

    def end(self, name: str) -> None:
        if self._sentence is None:
            return
        if name == "w":
            self._words.append(self.taken_text().strip())
            self.clear_text()
        elif name == "s":
            self._sentence.text = self._joiner.join(self._words) if self._words else self.taken_text()
            self.keep(self._sentence)
            self._sentence = None


class _Document:
    """A document of sentences, found by their numbers."""

    def __init__(self, links: Path, name: str, language: str) -> None:
        self.name = name
        self.joiner = joiner_of(language)
        self._rest = iter(_Sentences(_found(links, name), self.joiner))
        self._next = next(self._rest, None)
        self._passed: dict[str, _Sentence] = {}

    def take(self, numbers: Sequence[str]) -> list[_Sentence] | None:
        """The sentences of these numbers, or for no number the gap that comes next; None if one is not there."""
        if not numbers:
            return [self._advance()] if self._next is not None and not self._next.number else []
        found = [self._sentence(number) for number in numbers]
        return [one for one in found if one is not None] if None not in found else None

    def _sentence(self, number: str) -> _Sentence | None:
        if number in self._passed:
            return self._passed.pop(number)
        while self._next is not None:
            here = self._advance()
            if here.number == number:
                return here
            self._passed[here.number] = here
        return None

    def _advance(self) -> _Sentence:
        here = self._next
        assert here is not None
        self._next = next(self._rest, None)
        return here


def _found(links: Path, name: str) -> Path:
    """The file of a document, packed or not; its name is relative to the links, as OPUS lays its files out."""
    plain = name.removesuffix(".gz")
    for candidate in (name, plain, f"{plain}.gz", f"{plain}.zst"):
        path = links.parent / candidate
        if candidate and path.is_file():
            return path
    raise InputError(f"{links}: names the document {name!r}, and there is none at {links.parent / name}")


# -- pairs ---------------------------------------------------------------------------------------------------------


def _pair(path: Path, link: _XcesLink, documents: Sequence[_Document], *, is_swapped: bool) -> Pair | Rejected:
    where = f"{path}:{link.line}"
    if len(link.sides) != 2:
        return Rejected(where, f"xtargets {link.said.get('xtargets', '')!r}, expected sentences, semicolon, sentences")
    spans = []
    for document, numbers in zip(documents, link.sides, strict=True):
        sentences = document.take(numbers)
        if sentences is None:
            return Rejected(where, f"no sentence {' or '.join(numbers)} left in {document.name}")
        try:
            spans.append(_span(document, sentences))
        except ValueError:
            return Rejected(where, f"the place of sentence {' '.join(numbers)} of {document.name} is no number")
    source, target = reversed(spans) if is_swapped else spans
    said = link.said
    signals = {name.removeprefix(SIGNAL): value for name, value in said.items() if name.startswith(SIGNAL)}
    flags = tuple(filter(None, said.get("flags", "").split(",")))
    texts = {name: said.get(name) for name in SAID}
    try:
        score = float(said["score"]) if "score" in said else None
        return Pair(source, target, score, {k: float(v) for k, v in signals.items()}, flags, **texts)
    except ValueError as error:
        return Rejected(where, f"expected numbers: {error}")


def _span(document: _Document, sentences: Sequence[_Sentence]) -> Span:
    if not sentences:
        return Span(document.name, 0, 0, None, None, "", "", 0)
    first, last = sentences[0].said, sentences[-1].said
    text = document.joiner.join(one.text for one in sentences)
    text_id = sentences[0].text_id
    n_sentences = sum(bool(one.number) for one in sentences)
    if "paragraph" not in first:
        if text_id == "":
            return Span("", 0, 0, None, None, text, text, n_sentences)
        return Span(document.name, *(place_of(sentences[0].number) or (0, 0)), None, None, text, text, n_sentences)
    return Span(
        text_id or "",
        int(first["paragraph"]),
        int(first["sentence"]),
        int(first["start"]) if "start" in first else None,
        int(last["end"]) if "end" in last else None,
        "" if "start" in first else text,  # not known, of what stands somewhere
        text,
        int(first.get("n", n_sentences)),
    )
