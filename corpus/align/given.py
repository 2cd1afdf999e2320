"""Sentence and translation become a pair: one to one, in the order of the input.

The alignment is exact by construction, not estimated: the translator returns one translation for each sentence,
also when it had to cut the sentence into pieces, and every list here is walked with ``strict=True``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpus.pair import Pair
from corpus.signals.flags import flags_of_asked, flags_of_decoding, flags_of_texts
from translate.pipeline.translation import Translation
from translate.text.records import Sentence
from translate.text.terminology import Terminology

__all__ = ["align"]


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
        together = flags_of_texts(sentence.text, translation.text) if judged else ()
        asked = terminology.asked(sentence.text) if terminology else ()
        flags = (*flags_of_decoding(translation), *together, *flags_of_asked(asked, sentence.text, translation.text))
        yield Pair.translated(sentence, translation.text, translation.score, flags, license)
