"""Copies are found on disk exactly as a dictionary would find them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.build.run import distinct, sorter
from corpus.build.run.distinct import HASH_BYTES, SentenceHashes
from corpus.build.run.sorter import Sorter


def found(words: Sequence[int], dropped: Sequence[tuple[int, int]] = ()) -> tuple[list[int], list[tuple[int, int]]]:
    with tempfile.TemporaryDirectory() as folder:
        hashes = SentenceHashes(Path(folder), 1000)
        for word in words:
            hashes.add(hashlib.sha256(str(word).encode()).digest()[:HASH_BYTES])
        copies = hashes.copies(dropped)
        places = [place for block in copies.places() for place in block.tolist()]
        pairs = [(of, place) for block in copies.by_original() for place, of in block.tolist()]
        assert copies.n_copies == len(places) == len(pairs)
        assert not [*Path(folder).iterdir()]
    return places, pairs


def expected(words: Sequence[int]) -> list[tuple[int, int]]:
    first: dict[int, int] = {}
    return sorted((first[word], i) for i, word in enumerate(words) if first.setdefault(word, i) != i)


@given(st.lists(st.integers(0, 30), max_size=200), st.integers(1, 5), st.integers(1, 9), st.data())
def test_copies_are_those_that_a_dictionary_finds(words: list[int], held: int, block: int, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(words)), max_size=6)))
    dropped = [*zip(cuts[::2], cuts[1::2], strict=False)]
    kept = [word for i, word in enumerate(words) if not any(first <= i < end for first, end in dropped)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct, "_HELD", held)
        patch.setattr(distinct, "BLOCK", block)
        places, pairs = found(words, dropped)
    assert pairs == expected(kept)
    assert places == sorted(place for _, place in pairs)


@given(st.lists(st.tuples(st.integers(0, 1 << 40), st.binary(max_size=20)), unique_by=lambda each: each[0]))
def test_records_come_back_in_the_order_of_their_numbers(records: list[tuple[int, bytes]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorter, "_HELD_BYTES", 400)
        with Sorter() as own:
            for record in records:
                own.add(*record)
            assert [*own] == sorted(records)
