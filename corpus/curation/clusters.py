"""Clusters of texts that are the same or nearly so, over a whole corpus.

Each text is known by a hash of its `key` and by its MinHash sketch. Texts of one hash are one; of the others those that
agree in a band are compared, and joined where their estimated similarity is `THRESHOLD` or more. What is joined to the
same text is one cluster, named by its first text. A text needs 290 bytes, most of them on disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.signals.keys import digest
from corpus.signals.minhash import N_BANDS, N_HASHES, Sketches, similarity

__all__ = ["BLANK", "THRESHOLD", "TextIndex", "hashes_of", "joined"]

THRESHOLD = 0.5
"""Similarity from which on two texts are near copies."""

BLANK = 0
"""The hash of a text that has no letter and no digit, which is no copy of anything."""

_CHUNK = 1 << 16
"""Texts, or pairs of texts, that are looked at in one step."""

Indexes = NDArray[np.int64]


def hashes_of(keys: Iterable[str]) -> NDArray[np.uint64]:
    """The hash of each text, ``(n_texts,)``, as `corpus.signals.keys.key` makes them."""
    return np.array([digest(key) if key else BLANK for key in keys], np.uint64)


class TextIndex:
    """The texts of one side of a corpus, as they come.

    Args:
        stem: what its files are called, in a folder that goes with the run.
    """

    def __init__(self, stem: Path) -> None:
        self._bands, self._bits = stem.with_suffix(".bands"), stem.with_suffix(".bits")
        self._hashes: list[NDArray[np.uint64]] = []
        self._long_enough: list[NDArray[np.bool_]] = []

    def add(self, hashes: NDArray[np.uint64], sketches: Sketches) -> None:
        """Some texts more, ``(n_texts,)`` hashes and as many sketches."""
        self._hashes.append(hashes)
        self._long_enough.append(sketches.long_enough)
        for path, values in ((self._bands, sketches.bands), (self._bits, sketches.bits)):
            with path.open("ab") as file:
                file.write(values.data)

    @property
    def hashes(self) -> NDArray[np.uint64]:
        """``(n_texts,)``, of all texts."""
        return np.concatenate(self._hashes)

    def clusters(self) -> tuple[Indexes, Indexes]:
        """For each text, ``(n_texts,)`` each, the first one that is the same, and the first one of its cluster."""
        hashes = self.hashes
        _, firsts, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        same = np.where(hashes == BLANK, np.arange(len(hashes)), firsts[inverse])
        own = np.flatnonzero((same == np.arange(len(same))) & np.concatenate(self._long_enough))
        labels = np.arange(len(same))
        if len(own) > 1:
            bits: NDArray[np.uint8] = np.memmap(self._bits, np.uint8, "r", shape=(len(same), N_HASHES))
            for band in range(N_BANDS):
                one, other = _candidates(own, self._band(band)[own])
                fresh = labels[one] != labels[other]
                labels = joined(labels, *_alike(bits, one[fresh], other[fresh]))
        return same, labels[same]

    def _band(self, band: int) -> NDArray[np.uint32]:
        """One band of all texts; the file is gone through in pieces, so that it need not be in memory."""
        pieces = []
        with self._bands.open("rb") as file:
            while data := file.read(_CHUNK * N_BANDS * 4):
                pieces.append(np.frombuffer(data, np.uint32).reshape(-1, N_BANDS)[:, band].copy())
        return np.concatenate(pieces)


def _candidates(own: Indexes, band: NDArray[np.uint32]) -> tuple[Indexes, Indexes]:
    """Pairs of texts that agree in a band: each text with the one before it, and with the first, of those that do."""
    order = np.argsort(band, kind="stable")
    agrees = np.flatnonzero(band[order][1:] == band[order][:-1]) + 1
    begins = np.ones(len(order), np.bool_)
    begins[agrees] = False
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    texts = own[order]
    return np.concatenate([texts[agrees - 1], texts[first[agrees]]]), np.concatenate([texts[agrees]] * 2)


def _alike(bits: NDArray[np.uint8], one: Indexes, other: Indexes) -> tuple[Indexes, Indexes]:
    """Of these pairs of texts those that are similar enough."""
    kept = [np.zeros(0, np.bool_)]
    for start in range(0, len(one), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        kept.append(similarity(bits[one[chunk]], bits[other[chunk]]) >= THRESHOLD)
    alike = np.concatenate(kept)
    return one[alike], other[alike]


def joined(labels: Indexes, one: Indexes, other: Indexes) -> Indexes:
    """Labels, each the lowest index of its cluster, after these pairs of texts were joined.

    Args:
        labels: ``(n,)``, as this function gives them, or each its own index; changed in place.
        one: ``(m,)`` indexes.
        other: ``(m,)``, what each of them is joined with.
    """
    while np.any(labels[one] != labels[other]):
        a, b = labels[one], labels[other]
        lower = np.minimum(a, b)
        np.minimum.at(labels, a, lower)
        np.minimum.at(labels, b, lower)
        # A label that is no root any more points to a lower one: followed until all are roots.
        while np.any(labels != labels[labels]):
            labels = labels[labels]
    return labels
