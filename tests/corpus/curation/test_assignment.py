"""Which pair goes into which set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.curation.assignment import NO_SET, SplitSet, Units, assign, copies_in
from translate.errors import UsageError

HASHES = st.integers(0, 2**64 - 1)


@st.composite
def units(draw: st.DrawFn) -> Units:
    hashes = draw(st.lists(HASHES, min_size=1, max_size=12, unique=True))
    sizes = draw(st.lists(st.integers(1, 9), min_size=len(hashes), max_size=len(hashes)))
    return Units(np.repeat(np.arange(len(hashes)), sizes), np.array(hashes, np.uint64), "documents")


@given(units(), st.integers(0, 30), st.integers(0, 30), st.integers(0, 9))
def test_units_stay_whole_and_sets_are_no_larger_than_asked_for(given_units, n_dev, n_test, seed):
    try:
        sets = assign(given_units, n_dev, n_test, seed)
    except UsageError:
        smallest = np.bincount(given_units.of_pairs).min()
        assert (0 < n_test < smallest) or n_dev  # for dev nothing small enough may be left
        return
    assert (sets == SplitSet.DEV).sum() <= n_dev
    assert (sets == SplitSet.TEST).sum() <= n_test
    for unit in range(len(given_units.hashes)):
        assert len(set(sets[given_units.of_pairs == unit].tolist())) == 1


@given(units(), st.integers(1, 20), st.randoms())
def test_the_order_of_the_corpus_does_not_matter(given_units, n_test, random):
    numbers = list(range(len(given_units.hashes)))
    random.shuffle(numbers)
    moved = Units(np.array(numbers)[given_units.of_pairs], np.empty(len(numbers), np.uint64), "documents")
    moved.hashes[numbers] = given_units.hashes
    try:
        sets = assign(given_units, 0, n_test, 1)
    except UsageError:
        with pytest.raises(UsageError):
            assign(moved, 0, n_test, 1)
        return
    assert assign(moved, 0, n_test, 1).tolist() == sets.tolist()


def test_another_seed_draws_others_and_the_same_seed_the_same():
    many = Units(np.arange(200), np.arange(200, dtype=np.uint64), "documents")
    one, again, other = (assign(many, 20, 20, seed) for seed in (1, 1, 2))
    assert one.tolist() == again.tolist()
    assert (one == other).mean() < 0.95
    assert [(one == each).sum() for each in SplitSet] == [20, 20, 160]


def test_copies_of_one_pair_are_no_corpus_to_split():
    with pytest.raises(UsageError, match="all 5 pairs are copies or near copies of one another"):
        assign(Units(np.zeros(5, int), np.array([7], np.uint64), "pairs with their copies"), 1, 1, 0)


def test_nothing_small_enough_is_said():
    with pytest.raises(UsageError, match=r"test should have 3 pairs, and the smallest of the documents .* has 5"):
        assign(Units(np.repeat([0, 1], 5), np.array([1, 2], np.uint64), "documents"), 0, 3, 0)


@given(st.lists(st.tuples(st.sampled_from(SplitSet), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
def test_what_stays_is_in_one_set_for_each_cluster(rows):
    sets = np.array([row[0] for row in rows], np.int8)
    clusters = [np.array([row[side] for row in rows]) for side in (1, 2)]
    copies = copies_in(sets, clusters)
    assert not (copies == sets).any()
    for cluster in clusters:
        for label in range(5):
            staying = set(sets[(cluster == label) & (copies == NO_SET)].tolist())
            assert len(staying) <= 1


def test_the_set_with_most_of_a_cluster_keeps_it():
    train, dev, test = SplitSet.TRAIN, SplitSet.DEV, SplitSet.TEST
    sets = np.array([train, train, test, train, test, dev, train], np.int8)
    sources = np.array([0, 0, 0, 1, 1, 2, 3])
    alone = np.arange(7)
    #        most are in train, so test loses its one; one each, so test keeps it
    assert copies_in(sets, [sources, alone]).tolist() == [NO_SET, NO_SET, train, test, NO_SET, NO_SET, NO_SET]
    assert copies_in(sets, [alone, sources]).tolist() == [NO_SET, NO_SET, train, test, NO_SET, NO_SET, NO_SET]
