"""An output shortlist from a corpus: the likeliest translations of each token, and those that any sentence needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.lexicon.model1 import Lexicon, learn
from corpus.signals.han_in_target import han_in_target
from translate.errors import InputError
from translate.marian.shortlist import Shortlist
from translate.marian.vocabulary import MarianVocabulary

__all__ = ["ShortlistReport", "choose", "make_shortlist"]

_HELD_OUT = 50
"""One pair of so many is not learnt from, but judged by."""

_LEAST = 1e-4
"""A translation less likely than this is chance: the token stood in a pair and was in the way of nothing."""

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ShortlistReport:
    """What a shortlist is worth.

    Attributes:
        n_pairs: pairs that were learnt from.
        n_source: source tokens that have candidates of their own.
        n_each: how many these have, on average.
        n_held_out: pairs that were not learnt from.
        n_candidates: how many candidates a sentence of those has, on average.
        coverage: share of their target tokens that are candidates of their own sentence; None where there are none.
    """

    n_pairs: int
    n_source: int
    n_each: float
    n_held_out: int
    n_candidates: float
    coverage: float | None


def make_shortlist(
    pairs: Iterable[tuple[str, str]],
    vocabulary: MarianVocabulary,
    *,
    n_pairs: int = 200_000,
    best: int = 100,
    always: int = 1000,
) -> tuple[Shortlist, ShortlistReport]:
    """Learn a shortlist from pairs.

    Args:
        pairs: source and target; a source that comes again is passed over.
        vocabulary: of the model that it is for.
        n_pairs: most pairs to take.
        best: most translations of a source token.
        always: how many of the most frequent target tokens are always candidates.

    Raises:
        InputError: there are no pairs.
    """
    texts = _distinct(pairs, n_pairs)
    sources, targets = _ids(vocabulary.encode, texts, 0), _ids(vocabulary.encode_target, texts, 1)
    held = range(_HELD_OUT - 1, len(texts), _HELD_OUT)
    kept = [index for index in range(len(texts)) if index % _HELD_OUT != _HELD_OUT - 1]
    if not kept:
        raise InputError("no pairs to learn from: the corpora hold none with a source and a target")
    learnt = [targets[index] for index in kept]
    lexicon = learn([sources[index] for index in kept], learnt, least=_LEAST)
    frequencies = np.bincount(np.concatenate(learnt), minlength=len(vocabulary.target))
    shortlist = choose(lexicon, frequencies, vocabulary, best=best, always=always)
    return shortlist, _report(shortlist, len(kept), [(sources[index], targets[index]) for index in held])


def choose(
    lexicon: Lexicon, frequencies: NDArray[np.int64], vocabulary: MarianVocabulary, *, best: int, always: int
) -> Shortlist:
    """The shortlist of a table.

    A token that is in both vocabularies may stay what it is, as figures and Latin do; Chinese may not, which has no
    place in a translation.

    Args:
        lexicon: the table.
        frequencies: ``(n_target_tokens,)``, how often each target token stands in the corpus.
        vocabulary: of the ids.
        best: most translations of a source token.
        always: how many of the most frequent target tokens are always candidates.
    """
    order = np.lexsort((lexicon.target, -lexicon.counts, lexicon.source))
    source, target = lexicon.source[order], lexicon.target[order]
    rank = np.arange(len(source)) - np.searchsorted(source, source)
    source, target = source[rank < best], target[rank < best]
    ends = np.searchsorted(source, np.arange(len(vocabulary.source)), side="right")
    own = {token: index for index, token in enumerate(vocabulary.target)}
    targets: dict[int, list[int]] = {}
    for index, token in enumerate(vocabulary.source):
        found = target[ends[index - 1] if index else 0 : ends[index]].tolist()
        if token in own and own[token] not in found and not han_in_target(token, token):
            found.append(own[token])
        if found:
            targets[index] = found
    common = np.argsort(-frequencies, kind="stable")[:always]
    return Shortlist.of(targets, [index for index in common.tolist() if frequencies[index]], vocabulary)


def _distinct(pairs: Iterable[tuple[str, str]], n_pairs: int) -> list[tuple[str, str]]:
    """The first pairs of different sources, so that no pair is judged by that was learnt from as well."""
    found: dict[str, str] = {}
    for source, target in pairs:
        if len(found) == n_pairs:
            break
        found.setdefault(source, target)
    return list(found.items())


def _ids(
    encode: Callable[[Sequence[str]], list[list[int]]], texts: Sequence[tuple[str, str]], side: int
) -> list[NDArray[np.int32]]:
    """Ids of one side of each pair, without the end of sentence; as lists they would take ten times the room."""
    found: list[NDArray[np.int32]] = []
    for start in range(0, len(texts), _AT_ONCE):
        part = encode([pair[side] for pair in texts[start : start + _AT_ONCE]])
        found += [np.array(ids[:-1], dtype=np.int32) for ids in part]
    return found


def _report(
    shortlist: Shortlist, n_pairs: int, held: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]]
) -> ShortlistReport:
    n_candidates = n_tokens = n_covered = 0
    for source, target in held:
        candidates = shortlist.candidates(source.tolist())
        n_candidates += len(candidates)
        n_tokens += len(target)
        n_covered += int(np.isin(target, candidates).sum())
    return ShortlistReport(
        n_pairs=n_pairs,
        n_source=shortlist.n_source,
        n_each=shortlist.n_targets / max(1, shortlist.n_source),
        n_held_out=len(held),
        n_candidates=n_candidates / max(1, len(held)),
        coverage=n_covered / n_tokens if n_tokens else None,
    )
