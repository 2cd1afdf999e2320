"""A file in, the same file out in the other language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from corpus.align.given import align
from corpus.documents.inline import is_chinese
from corpus.documents.kinds import FileOptions, open_file
from corpus.documents.placement import Link, Sentenced, place
from corpus.documents.reader import paragraphs_of
from corpus.documents.segments import Bilingual, MarkedFile, Rendering, Segment
from corpus.pair import Pair
from translate.pipeline.translation import Translation
from translate.pipeline.translator import Translator
from translate.text.flags import Flag
from translate.text.keep import Keep
from translate.text.marks import FINAL
from translate.text.records import Sentence
from translate.text.segment import segment

__all__ = ["TranslatedFile", "translate_document"]

_FINAL = re.compile(f"[{FINAL}]")


@dataclass(frozen=True, slots=True)
class TranslatedFile:
    """A file in the other language.

    Attributes:
        data: its bytes.
        pairs: each sentence with its translation, in the order of the document, flagged as those of a corpus are.
        n_segments: texts that were translated; the file may have others, which had nothing Chinese in them.
    """

    data: bytes
    pairs: tuple[Pair, ...] = ()
    n_segments: int = 0

    @property
    def flags(self) -> Mapping[str, int]:
        """How many pairs carry each flag."""
        return Counter(flag for pair in self.pairs for flag in pair.flags)


def translate_document(
    data: bytes,
    kind: str,
    translator: Translator,
    *,
    bilingual: Bilingual | None = None,
    options: FileOptions | None = None,
    name: str = "file",
) -> TranslatedFile:
    """Translate the text of a file, and nothing else of it.

    Args:
        data: the file.
        kind: of `corpus.documents.kinds.KINDS`; `corpus.documents.kinds.kind_of` tells it by the name.
        translator: translates sentences; how it segments is how texts are repaired and split.
        bilingual: ``below`` or ``beside`` to keep the text and put its translation there; None to replace it.
        options: how the file is read.
        name: what to call it in messages, and in the rows.

    Raises:
        InputError: it is not of that kind, damaged, or made to do harm.
        UnknownNameError: no such kind.
        EngineError: the engine failed.
    """
    file = open_file(data, kind, name, options)
    work = _FileWork(file, translator, name)
    renderings = work.run()
    return TranslatedFile(file.written(renderings, bilingual), tuple(work.pairs), len(renderings))


@dataclass(slots=True)
class _FileWork:
    """Takes a file through the translator."""

    file: MarkedFile
    translator: Translator
    name: str
    pairs: list[Pair] = field(default_factory=list)

    def run(self) -> dict[int, Rendering]:
        """Translate every segment."""
        segments = [_without_code(own) for own in self.file.segments]
        translator = _keeping(self.translator, segments)
        found: dict[int, list[tuple[Sentence, Translation]]] = {}
        for sentence, translation in translator.translate_stream(
            segment(paragraphs_of(segments, self.name), translator.segmentation)
        ):
            found.setdefault(sentence.paragraph, []).append((sentence, translation))
        renderings: dict[int, Rendering] = {}
        start = 0
        for number, own in enumerate(segments):
            if number in found:
                renderings[number] = self._render(own, found[number], start)
            start += len(own.text) + 1
        return renderings

    def _render(self, own: Segment, translated: Sequence[tuple[Sentence, Translation]], start: int) -> Rendering:
        sentences = [Sentenced(s.start - start, s.end - start, t.text) for s, t in translated]
        rendering, unsure = place(own, sentences, _aligned)
        pairs = align([s for s, _ in translated], [t for _, t in translated])
        for number, pair in enumerate(pairs):
            flags = {*pair.flags, Flag.TAG_UNSURE} if number in unsure else pair.flags
            self.pairs.append(replace(pair, flags=tuple(sorted(flags))))
        return rendering


def _keeping(translator: Translator, segments: Sequence[Segment]) -> Translator:
    """The same translator, which also keeps the texts that tags cover: a model garbles ``%(name)s`` now and then."""
    covered = {own.text[tag.at : tag.at + tag.covers] for own in segments for tag in own.tags if tag.covers}
    # A number is no placeholder where it stands elsewhere, and Chinese in code is given to the model to be read.
    literals = sorted((each for each in covered if _is_placeholder(each)), key=lambda each: (-len(each), each))
    if not literals:
        return translator
    terms = translator.terminology
    keep = Keep(terms.keep.names, (*terms.keep.own, "|".join(map(_literal, literals))))
    return translator.using(replace(terms, keep=keep))


def _without_code(own: Segment) -> Segment:
    """The segment with a word of the same length for each covered text that has Chinese in it or a mark.

    Of such code the splitter would find sentences, and the model would translate it, while it stays as it is.
    """
    text = own.text
    for number, tag in enumerate(own.tags):
        covered = text[tag.at : tag.at + tag.covers]
        word = "Z" + "".join("abcdefghij"[int(digit)] for digit in str(number))
        if len(word) <= tag.covers and (is_chinese(covered) or _FINAL.search(covered)):
            text = text[: tag.at] + word.ljust(tag.covers, "q") + text[tag.at + tag.covers :]
    return replace(own, text=text)


def _is_placeholder(text: str) -> bool:
    return not is_chinese(text) and (text == "%%" or re.search(r"[^\W\d]", text) is not None)


def _literal(text: str) -> str:
    """An expression for a text that is no part of a longer word."""
    before = r"(?<![A-Za-z0-9_])" if re.match("[A-Za-z0-9_]", text) else ""
    behind = r"(?![A-Za-z0-9_])" if re.match("[A-Za-z0-9_]", text[-1]) else ""
    return f"{before}{re.escape(text)}{behind}"


def _aligned(source: str, target: str) -> list[Link]:
    from corpus.words.model import align_words  # here, since its table takes a second to read

    return [(*here, *there) for here, there in align_words(source, target).spans]
