"""Two documents that are translations of each other become pairs with spans on both sides.

::

    Side ZH, Side EN --read_side--> sentences with offsets --check_sides--> align_sentences --> Pair, Pair, …
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from corpus.align.english import VERSION as ENGLISH_VERSION
from corpus.align.english import english_sentences
from corpus.align.links import Link
from corpus.align.sentences import VERSION, align_sentences
from corpus.align.translations import TranslationStore
from corpus.pair import Pair, Span
from translate.errors import InputError
from translate.pipeline.translator import Translator
from translate.text.flags import Flag
from translate.text.marks import HAN
from translate.text.records import Paragraph, Sentence
from translate.text.segment import SegmentOptions, segment

__all__ = [
    "SIGNAL",
    "WEAK",
    "Text",
    "align_texts",
    "check_texts",
    "chinese_text",
    "english_text",
    "pairs_of",
    "signature",
]

SIGNAL = "alignment"
"""The signal of a pair that says how much of what either side says was found on the other, from 0 to 1."""

WEAK = 0.15
"""Below it a link is flagged: what little was found is what sentences share that have nothing to do with each other."""


@dataclass(frozen=True, slots=True)
class Text:
    """One side, cut into sentences.

    Attributes:
        name: in messages.
        doc_id: names the document.
        sentences: in order.
        license: of the document; None where nobody says.
    """

    name: str
    doc_id: str
    sentences: Sequence[Sentence]
    license: str | None = None


def chinese_text(name: str, doc_id: str, paragraphs: Iterator[Paragraph], options: SegmentOptions | None) -> Text:
    """Cut a Chinese document; with no options each line that is not blank is a sentence."""
    found = _lines(paragraphs) if options is None else segment(paragraphs, options)
    return Text(name, doc_id, [sentence for sentence in found if sentence.text])


def english_text(name: str, doc_id: str, paragraphs: Iterator[Paragraph], *, presplit: bool = False) -> Text:
    """Cut an English document, or take each line that is not blank for a sentence."""
    return Text(name, doc_id, list(_lines(paragraphs) if presplit else english_sentences(paragraphs)))


def _lines(paragraphs: Iterator[Paragraph]) -> Iterator[Sentence]:
    pieces: list[Paragraph] = []
    for paragraph in paragraphs:
        pieces.append(paragraph)
        if paragraph.final:
            first, text = pieces[0], "".join(piece.text for piece in pieces)
            pieces.clear()
            if raw := text.strip():
                start = first.start + text.index(raw[0])
                yield Sentence(first.doc_id, first.index, 0, start, start + len(raw), raw, " ".join(raw.split()))


def signature(segmentation: SegmentOptions | None, decoding: str | None) -> str:
    """One line that names everything that can change the links.

    Args:
        segmentation: of the Chinese; None where each line is a sentence.
        decoding: what makes the translations; None where there are none.
    """
    cut = "presplit" if segmentation is None else f"{segmentation.signature}|split-en:{ENGLISH_VERSION}"
    return f"align:{VERSION}|{cut}|{decoding or 'untranslated'}"


def align_texts(
    source: Text,
    target: Text,
    translator: Translator | None,
    store: TranslationStore,
    on_progress: Callable[[int], None] | None = None,
) -> list[Link]:
    """Link the sentences of two texts.

    Args:
        source: Chinese.
        target: English.
        translator: translates the Chinese, for the scores; None to go by the table of words.
        store: what was translated before.
        on_progress: told how many sentences came to be translated.

    Raises:
        InputError: a side is empty, is not in its language, or the two are swapped.
        OutputError: translations cannot be kept.
    """
    check_texts(source, target)
    sources = [sentence.text for sentence in source.sentences]
    untranslated = [""] * len(sources)
    translations = untranslated if translator is None else store.translate(sources, translator, on_progress)
    targets = [sentence.text for sentence in target.sentences]
    return align_sentences(sources, targets, translations, paragraphs=_paragraphs(source, target))


def _paragraphs(source: Text, target: Text) -> tuple[Sequence[int], Sequence[int]] | None:
    """The paragraphs of both sides, where there are some of several sentences on both."""
    both = [[sentence.paragraph for sentence in text.sentences] for text in (source, target)]
    return None if any(len(set(side)) == len(side) for side in both) else (both[0], both[1])


def pairs_of(source: Text, target: Text, links: Sequence[Link]) -> Iterator[Pair]:
    """The pairs that links make, in their order; each carries `SIGNAL`.

    A sentence without counterpart is a pair with an empty span, of no sentences, where its counterpart would stand.
    """
    for link in links:
        here, there = _span(source, link.source, ""), _span(target, link.target, " ")
        flags = {flag for index in link.source for flag in source.sentences[index].flags}
        if not link.source or not link.target:
            flags.add(Flag.UNALIGNED)
        elif link.score < WEAK:
            flags.add(Flag.WEAK_LINK)
        yield Pair(here, there, None, {SIGNAL: link.score}, tuple(sorted(flags)), source.license)


def _span(text: Text, where: range, joiner: str) -> Span:
    if where:
        return Span.over(text.sentences[where.start : where.stop], joiner=joiner)
    if where.start < len(text.sentences):
        following = text.sentences[where.start]
        place = following.paragraph, following.index, following.start
    else:
        last = text.sentences[-1]
        place = last.paragraph, last.index + 1, last.end
    paragraph, index, start = place
    return Span(text.doc_id, paragraph, index, start, start, "", "", n_sentences=0)


# -- what cannot be aligned ------------------------------------------------------------------------------------------

_LETTERS = {
    "Han": re.compile(f"[{HAN}]"),
    "Latin": re.compile("[A-Za-zÀ-ɏ]"),
    "kana": re.compile("[぀-ヿ]"),
    "Hangul": re.compile("[가-힯]"),
    "Cyrillic": re.compile("[Ѐ-ӿ]"),
    "Arabic": re.compile("[؀-ۿ]"),
}
_COMMON_ENGLISH = {
    "the",
    "of",
    "and",
    "to",
    "that",
    "is",
    "for",
    "with",
    "it",
    "he",
    "was",
    "you",
    "this",
    "they",
    "are",
}
_FEWEST_WORDS = 100
_LEAST_COMMON = 0.05
"""English has 20 to 30 in a hundred; other languages in Latin letters hardly one."""


def check_texts(source: Text, target: Text) -> None:
    """Find out whether these can be a Chinese text and an English one.

    Raises:
        InputError: a side is empty, is not in its language, or the two are swapped; in one line.
    """
    for text in (source, target):
        if not text.sentences:
            raise InputError(f"{text.name}: nothing to align; there is no text in it")
    first, second = _script(source), _script(target)
    if first == "Latin" and second == "Han":
        raise InputError(f"{source.name} is English and {target.name} is Chinese; give the Chinese first")
    for text, script, expected, language in ((source, first, "Han", "Chinese"), (target, second, "Latin", "English")):
        if script is None:
            raise InputError(f"{text.name}: no letters in it; expected {language}")
        if script != expected:
            raise InputError(f"{text.name}: its letters are mostly {script}; expected {language}")
    share = _share_of_common_words(target)
    if share < _LEAST_COMMON:
        raise InputError(
            f"{target.name}: does not read as English: {share:.0%} of its words are the commonest of English"
        )


def _script(text: Text) -> str | None:
    """The script of most letters; kana beside Han makes a text Japanese. None without letters."""
    counts = dict.fromkeys(_LETTERS, 0)
    for sentence in text.sentences:
        for name, letters in _LETTERS.items():
            counts[name] += len(letters.findall(sentence.text))
    # Chinese on software may be half English, English on China has a name in Chinese now and then.
    if 10 * (counts["Han"] + counts["kana"]) >= counts["Latin"]:
        counts["Latin"] = 0
        if counts["kana"] > 0.2 * counts["Han"]:
            return "kana"
    name = max(counts, key=lambda name: counts[name])
    return name if counts[name] else None


def _share_of_common_words(text: Text) -> float:
    words = [word for sentence in text.sentences for word in re.findall("[a-zà-ɏ]+", sentence.text.lower())]
    return sum(word in _COMMON_ENGLISH for word in words) / len(words) if len(words) >= _FEWEST_WORDS else 1.0
