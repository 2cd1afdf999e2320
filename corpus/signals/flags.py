"""The flags of a sentence pair: which there are, and who computes each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from corpus.signals import (
    copied,
    cut,
    empty_sides,
    empty_target,
    failed,
    han_in_target,
    language,
    length_cap,
    loop,
    number_lost,
    number_mismatch,
    rescued,
    retried,
    sign_lost,
    verbatim,
)
from translate.pipeline.translation import Translation
from translate.text import terminology
from translate.text.flags import Flag
from translate.text.language import SUSPECT, language_flags
from translate.text.normalize import normalize
from translate.text.terminology import Asked, lost

__all__ = [
    "NOTED",
    "SCORE_VERSIONS",
    "SETTLED",
    "VERSIONS",
    "flags_of_asked",
    "flags_of_decoding",
    "flags_of_pair",
    "flags_of_texts",
]

_OF_TEXTS: Mapping[Flag, Callable[[str, str], bool]] = {
    Flag.HAN_IN_TARGET: han_in_target.han_in_target,
    Flag.NUMBER_LOST: number_lost.number_lost,
    Flag.SIGN_LOST: sign_lost.sign_lost,
}
_OF_DECODING: Mapping[Flag, Callable[[Translation], bool]] = {
    Flag.COPIED: copied.copied,
    Flag.CUT: cut.cut,
    Flag.EMPTY_TARGET: empty_target.empty_target,
    Flag.FAILED: failed.failed,
    Flag.LENGTH_CAP: length_cap.length_cap,
    Flag.LOOP: loop.loop,
    Flag.RESCUED: rescued.rescued,
    Flag.RETRIED: retried.retried,
}

SETTLED: Mapping[Flag, Callable[[str, str], bool]] = {
    **_OF_TEXTS,
    Flag.NAME_LOST: verbatim.name_lost,
    Flag.NOT_ENGLISH: language.not_english,
    Flag.NUMBER_MISMATCH: number_mismatch.number_mismatch,
    Flag.URL_LOST: verbatim.url_lost,
}
"""Flags that the two texts alone decide: scoring sets each, or takes it away."""

_NOTED_OF_PAIR: Mapping[Flag, Callable[[str, str], bool]] = {
    Flag.COPIED: copied.same_text,
    Flag.EMPTY_SOURCE: empty_sides.empty_source,
    Flag.EMPTY_TARGET: empty_sides.empty_target,
    Flag.LOOP: loop.loops_in_target,
    Flag.NOT_CHINESE: language.not_chinese,
}
_REPAIRABLE = frozenset({Flag.CONTROL, Flag.MOJIBAKE, Flag.PRIVATE_USE, Flag.REPLACEMENT})
_LANGUAGES = frozenset({Flag.CANTONESE, Flag.CLASSICAL})

NOTED: frozenset[Flag] = frozenset(_NOTED_OF_PAIR) | _REPAIRABLE | _LANGUAGES
"""Flags that scoring sets where the texts show it, and never takes away: they may tell of a text before its repair, or
of a first attempt that was replaced."""

VERSIONS: Mapping[str, int] = {
    Flag.COPIED: copied.VERSION,
    Flag.CUT: cut.VERSION,
    Flag.EMPTY_TARGET: empty_target.VERSION,
    Flag.FAILED: failed.VERSION,
    Flag.HAN_IN_TARGET: han_in_target.VERSION,
    Flag.LENGTH_CAP: length_cap.VERSION,
    Flag.LOOP: loop.VERSION,
    Flag.NUMBER_LOST: number_lost.VERSION,
    Flag.RESCUED: rescued.VERSION,
    Flag.RETRIED: retried.VERSION,
    Flag.SIGN_LOST: sign_lost.VERSION,
    Flag.SPAN_LOST: terminology.VERSION,
    Flag.TERM_LOST: terminology.VERSION,
}
"""The version of the function behind each flag of a build."""

SCORE_VERSIONS: Mapping[str, int] = {
    Flag.COPIED: copied.VERSION,
    Flag.EMPTY_TARGET: empty_target.VERSION,
    Flag.HAN_IN_TARGET: han_in_target.VERSION,
    Flag.LOOP: loop.VERSION,
    Flag.NAME_LOST: verbatim.VERSION,
    Flag.NOT_CHINESE: language.VERSION,
    Flag.NOT_ENGLISH: language.VERSION,
    Flag.NUMBER_LOST: number_lost.VERSION,
    Flag.NUMBER_MISMATCH: number_mismatch.VERSION,
    Flag.SIGN_LOST: sign_lost.VERSION,
    Flag.URL_LOST: verbatim.VERSION,
}
"""The same of those that scoring sets."""


def flags_of_texts(source: str, target: str) -> tuple[Flag, ...]:
    """What the two texts of a pair show in a build, which knows the rest from the decoder; sorted."""
    return tuple(sorted(name for name, holds in _OF_TEXTS.items() if holds(source, target)))


def flags_of_decoding(said: Translation) -> tuple[Flag, ...]:
    """What the decoder's own account of a sentence shows; sorted."""
    return tuple(sorted(name for name, holds in _OF_DECODING.items() if holds(said)))


def flags_of_asked(asked: Sequence[Asked], source: str, target: str) -> tuple[Flag, ...]:
    """What of the terms and spans that a translation was to have is not in it; sorted."""
    missing = lost(asked, source, target) if asked else ()
    return tuple(sorted({Flag.SPAN_LOST if each.is_span else Flag.TERM_LOST for each in missing}))


def flags_of_pair(source: str, target: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Every flag that two strings can tell, whoever wrote them, beside those that are known already.

    Args:
        source: of the pair.
        target: of the pair.
        known: its flags so far. Those of `SETTLED` are decided anew; all others stay.

    Returns:
        Sorted.
    """
    flags = {str(flag) for flag in known if flag not in SETTLED}
    flags |= {flag.value for flag, holds in SETTLED.items() if holds(source, target)}
    flags |= {flag.value for flag, holds in _NOTED_OF_PAIR.items() if holds(source, target)}
    flags |= {str(flag) for flag in normalize(source).flags & _REPAIRABLE}
    if SUSPECT.search(source):
        flags |= {flag.value for flag in language_flags(source) if flag in _LANGUAGES}
    return tuple(sorted(flags))
