"""Sentence and translation become a pair: one to one, in the order of the input.

The alignment is exact by construction, not estimated: the translator returns one translation for each sentence,
also when it had to cut the sentence into pieces, and every list here is walked with ``strict=True``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from corpus.pair import Pair
from corpus.signals.flags import VERSIONS, flags_of_asked, flags_of_decoding, flags_of_texts
from translate.pipeline import signs
from translate.pipeline.translation import Translation
from translate.text.records import Sentence
from translate.text.terminology import Terminology, write_asked
from translate.version import __version__

__all__ = ["JUDGING", "Judged", "align", "judge", "with_terms"]

JUDGING = "|".join(f"{name}:{version}" for name, version in (*VERSIONS.items(), ("signs", signs.VERSION))) + (
    f"|duizhao:{__version__}"
)
"""Names everything that can make another `Judged` of what a decoder said."""


class Judged(NamedTuple):
    """What a corpus says of a translation: its text, its score, and its flags, sorted."""

    text: str
    score: float | None
    flags: tuple[str, ...]


def judge(translation: Translation, terminology: Terminology | None = None, *, judged: bool = True) -> Judged:
    """What a corpus says of a translation, wherever its sentence stands; see `align`."""
    source, text = translation.source, translation.text
    together = flags_of_texts(source, text) if judged else ()
    asked = terminology.asked(source) if terminology else ()
    flags = (*flags_of_decoding(translation), *together, *flags_of_asked(asked, source, text))
    return Judged(text, translation.score, tuple(sorted({str(flag) for flag in flags})))


def align(
    sentences: Sequence[Sentence],
    translations: Sequence[Translation],
    license: str | None = None,  # noqa: A002  (the name of the column)
    terminology: Terminology | None = None,
    *,
    judged: bool = True,
) -> Iterator[Pair]:
    """Pair each sentence with its translation.

    Args:
        sentences: of one shard, in order.
        translations: one for each, in the same order.
        license: of the document.
        terminology: what the translations were to have.
        judged: whether the two are seen together here, and not by a scoring that follows.

    Yields:
        Pairs whose flags are those of the sentence, of the translation, and of the two seen together.

    Raises:
        ValueError: the two differ in length, which would be a bug in the translator.
    """
    for sentence, translation in zip(sentences, translations, strict=True):
        yield Pair.translated(sentence, *judge(translation, terminology, judged=judged), license)


def with_terms(pairs: Iterable[Pair], terminology: Terminology) -> Iterator[Pair]:
    """Pairs whose `Pair.terms` says what was asked of the translation, and which of it is kept."""
    for pair in pairs:
        asked = terminology.asked(pair.source.text)
        yield replace(pair, terms=write_asked(asked, pair.source.text, pair.target.text)) if asked else pair
