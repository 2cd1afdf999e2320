"""The sentences of a text and of its translation, linked: n to m, in order, every one of either side in one link.

::

    sentences of both sides, machine translation of the source
     --Evidence--> words, terms, marks, lengths
     --coarse_band--> where to look                 (anchors)
     --best_path--> links --learn_from--> Evidence  twice more, near the links
     --support--> links with a score
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from corpus.align.anchors import band_along, coarse_band
from corpus.align.evidence import Evidence
from corpus.align.links import Link
from corpus.align.search import N_MATCHED, SCALE, SHAPES, Band, Costs, best_path
from corpus.lexicon.word_table import WordTable, packaged_table

__all__ = ["VERSION", "align_sentences"]

VERSION = 2
"""Raised when the same texts give other links; part of the signature."""

_ROUNDS = 3
"""Alignments, each taught by the one before."""

_PRIORS = {
    (1, 1): 0.89, (1, 2): 0.0445, (2, 1): 0.0445, (2, 2): 0.011, (1, 0): 0.005, (0, 1): 0.005,
    (1, 3): 0.004, (3, 1): 0.004, (1, 4): 0.001, (4, 1): 0.001, (2, 3): 0.001, (3, 2): 0.001,
}  # fmt: skip
"""How common links of a shape are: as Gale and Church counted them (1993, table 5), and less for larger ones."""

_RAREST = 0.0005

_PRIOR_STRENGTH = 20
"""How many links of these texts weigh as much as the priors."""

_ALONE = -1.0
"""Nats that a sentence without counterpart costs beside its prior."""

_PASSAGE = math.log(0.001 * 0.05)
"""Nats that a passage without counterpart costs: one for a thousand links, of twenty sentences. It is not learnt from
the texts: they have few, and what was found would confirm itself."""

_PASSAGE_SENTENCE = -2.25
"""Nats for each sentence of such a passage. Sentences of two texts that have nothing to do with each other cost more as
links (-5 each in the middle, and -3 where there is a choice), nine in ten true links of a free translation less."""


def align_sentences(
    sources: Sequence[str],
    targets: Sequence[str],
    translations: Sequence[str],
    *,
    paragraphs: tuple[Sequence[int], Sequence[int]] | None = None,
    table: WordTable | None = None,
) -> list[Link]:
    """Link the sentences of two texts.

    Args:
        sources: Chinese sentences, in order.
        targets: English sentences, in order.
        translations: a machine translation of each source; empty where there is none.
        paragraphs: the number of the paragraph of each source and of each target; None where they are not known.
            How far they go together in these texts is learnt from them.
        table: of words; the packaged one when None.

    Returns:
        Links in order. Their ranges tile both sides: every sentence is in exactly one.

    Raises:
        ValueError: there is not one translation for each source.
    """
    if len(translations) != len(sources):
        raise ValueError(f"{len(translations)} translations for {len(sources)} sentences; give one for each")
    evidence = Evidence.of(sources, targets, translations, packaged_table() if table is None else table, paragraphs)
    band = coarse_band(evidence)
    costs = _costs([])
    path = best_path(band, evidence, costs)
    for _ in range(_ROUNDS - 1):
        evidence.learn_from(path)
        costs = _costs(path, costs)
        path = best_path(_near(path, band), evidence, costs)
    return [Link(source, target, evidence.support(source, target)) for source, target in path]


def _costs(path: Sequence[tuple[range, range]], before: Costs | None = None) -> Costs:
    """What links cost, by how common they were in an alignment before.

    Args:
        path: the links of that.
        before: what they cost there.
    """
    seen = Counter((len(source), len(target)) for source, target in path)
    if before is not None:
        seen -= _in_passages(path, before)
    scores = []
    for index, shape in enumerate(SHAPES):
        share = (seen[shape] + _PRIOR_STRENGTH * _PRIORS.get(shape, _RAREST)) / (seen.total() + _PRIOR_STRENGTH)
        scores.append(_scaled(math.log(share) + (_ALONE if index >= N_MATCHED else 0.0)))
    return Costs(scores, _scaled(_PASSAGE), _scaled(_PASSAGE_SENTENCE))


def _in_passages(path: Sequence[tuple[range, range]], costs: Costs) -> Counter[tuple[int, int]]:
    """How many 1:0 and 0:1 stand in passages."""
    found: Counter[tuple[int, int]] = Counter()
    for linked, run in itertools.groupby(path, key=lambda link: bool(link[0] and link[1])):
        if not linked:
            n_source, n_target = map(sum, zip(*((len(source), len(target)) for source, target in run), strict=True))
            if costs.is_passage(n_source, n_target):
                found += Counter({(1, 0): n_source, (0, 1): n_target})
    return found


def _scaled(nats: float) -> int:
    return round(nats * SCALE)


def _near(path: Sequence[tuple[range, range]], band: Band) -> Band:
    """A narrower band along a path."""
    n_source, n_target = len(band.low) - 1, int(band.high[-1])
    starts = [(source.start, target.start) for source, target in path if source and target]
    near = band_along(np.array(starts, np.int64).reshape(-1, 2), n_source, n_target, reach=8, slack=8)
    return near if near.n_places < band.n_places else band
