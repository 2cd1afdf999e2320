"""A sample of a corpus translated once more: the same sentence must give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from corpus.pair import Pair
from corpus.release.checks import Check, Outcome, Problems
from corpus.release.span_checks import as_any_format
from translate.errors import DuizhaoError
from translate.pipeline.translator import Translator
from translate.text.signature import fields_of

__all__ = ["LoadTranslator", "check_translations", "load_as"]

_SCORE = 0.0015
"""How much a score may differ: its last digits depend on the processor."""

LoadTranslator = Callable[[str], Translator]
"""Loads the translator that a signature names."""

_DECODING = (
    "model",
    "rev",
    "target",
    "engine",
    "type",
    "beam",
    "whole",
    "shortlist",
    "decode",
    "signs",
    "glossary",
    "keep",
    "terms",
)
"""What of a signature decides the translation of a given sentence."""


def load_as(
    signature: str, model: str | None = None, *, threads: int | None = None, shortlist: str | None = None
) -> Translator:
    """Load what a signature names.

    Args:
        signature: of a corpus.
        model: name or folder, where the one in the signature is no name that can be loaded.
        threads: CPU threads in all.
        shortlist: the file, which the signature names by its hash only.

    Raises:
        DuizhaoError: it cannot be had here.
    """
    said = fields_of(signature)
    return Translator.load(
        model or said["model"],
        engine=said["engine"],
        beam_size=int(said["beam"]),
        compute_type=said["type"],
        threads=threads,
        shortlist=shortlist,
    )


def check_translations(pairs: Sequence[Pair], signature: str, load: LoadTranslator) -> Check:
    """Translate the sources again, and hold the targets to what comes out.

    Args:
        pairs: of a machine's translations, one to one.
        signature: of the corpus.
        load: see `LoadTranslator`.
    """
    name = "translations"
    if not pairs:
        return Check(name, Outcome.NOT_CHECKED, "no pair is a sentence and its translation by a machine")
    wanted = {key: value for key, value in fields_of(signature).items() if key in _DECODING}
    try:
        translator = load(signature)
    except (DuizhaoError, KeyError, ValueError) as error:
        why = str(error) if isinstance(error, DuizhaoError) else "the signature names no model"
        return Check(name, Outcome.NOT_CHECKED, f"{why}; the corpus says {signature}")
    with translator:
        here = {key: value for key, value in fields_of(translator.signature).items() if key in _DECODING}
        if here != wanted:
            differ = ", ".join(
                f"{key} {wanted.get(key, 'not there')} (here {here.get(key, 'not there')})"
                for key in _DECODING
                if wanted.get(key) != here.get(key)
            )
            return Check(name, Outcome.NOT_CHECKED, f"the corpus was made with {differ}")
        found = translator.translate_sentences([pair.source.text for pair in pairs])
    problems = Problems()
    for pair, translation in zip(pairs, found, strict=True):
        if as_any_format(pair.target.text) != as_any_format(translation.text):
            problems.add(f"{pair.id}: {pair.target.text[:60]!r}, decoded again {translation.text[:60]!r}")
        elif abs((pair.score or 0.0) - (translation.score or 0.0)) > _SCORE:
            problems.add(f"{pair.id}: score {pair.score}, decoded again {translation.score}")
    return problems.check(name, f"{len(pairs)} pairs decoded again, each to the same bytes")
