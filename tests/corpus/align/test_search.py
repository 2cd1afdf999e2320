from __future__ import annotations

import itertools
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from corpus.align.anchors import band_along
from corpus.align.search import N_MATCHED, NEVER, SHAPES, Band, Costs, best_path

COSTS = Costs([-100 * (a + b) for a, b in SHAPES], -200, -50)


class TableScorer:
    """Scores out of a table, for every link that fits."""

    def __init__(self, table: NDArray[np.int64]) -> None:
        self.table = table

    def scores(self, rows: range, columns: range) -> NDArray[np.int64]:
        n_source, n_target = self.table.shape[1:]
        block = np.full((N_MATCHED, len(rows), len(columns)), NEVER)
        for (shape, (a, b)), (x, i), (y, j) in itertools.product(
            enumerate(SHAPES[:N_MATCHED]), enumerate(rows), enumerate(columns)
        ):
            if i + a <= n_source and j + b <= n_target:
                block[shape, x, y] = self.table[shape, i, j]
        return block


@st.composite
def tables(draw: st.DrawFn) -> NDArray[np.int64]:
    n_source, n_target = draw(st.integers(0, 6)), draw(st.integers(0, 6))
    seed = draw(st.integers(0, 10_000))
    # Few different scores, so that many ways are equal.
    return np.random.default_rng(seed).integers(-3, 4, (N_MATCHED, n_source, n_target)) * 100


def total(path: list[tuple[range, range]], table: NDArray[np.int64]) -> int:
    score = 0
    for linked, run in itertools.groupby(path, key=lambda link: bool(link[0] and link[1])):
        links = list(run)
        each = [COSTS.shapes[SHAPES.index((len(source), len(target)))] for source, target in links]
        if linked:
            score += sum(each)
            for source, target in links:
                score += int(table[SHAPES.index((len(source), len(target))), source.start, target.start])
        else:  # some of them one by one, the others a passage
            passage = [COSTS.passage + COSTS.passage_sentence * (len(links) - n) for n in range(len(links))]
            score += max(sum(each), *(sum(each[:n]) + cost for n, cost in enumerate(passage)))
    return score


def best_score(table: NDArray[np.int64]) -> int:
    """By trying every way."""
    n_source, n_target = table.shape[1:]
    best: dict[tuple[int, int, bool], int] = {(0, 0, False): 0}

    def reach(i: int, j: int, in_passage: bool, score: int) -> None:
        best[i, j, in_passage] = max(best.get((i, j, in_passage), score), score)

    for i, j in itertools.product(range(n_source + 1), range(n_target + 1)):
        for shape, (a, b) in enumerate(SHAPES):
            for before in (True, False):
                if (known := best.get((i - a, j - b, before))) is not None:
                    own = int(table[shape, i - a, j - b]) if a and b else 0
                    if (a and b) or not before:
                        reach(i, j, False, known + COSTS.shapes[shape] + own)
                    if not (a and b):
                        reach(i, j, True, known + COSTS.passage_sentence + (0 if before else COSTS.passage))
    return max(best.get((n_source, n_target, in_passage), NEVER) for in_passage in (True, False))


@given(tables())
def test_the_path_is_the_best_there_is_and_tiles_both_sides(table: NDArray[np.int64]) -> None:
    n_source, n_target = table.shape[1:]
    path = best_path(Band.whole(n_source, n_target), TableScorer(table), COSTS)
    assert [i for source, _ in path for i in source] == list(range(n_source))
    assert [j for _, target in path for j in target] == list(range(n_target))
    assert total(path, table) == best_score(table)


@given(tables())
def test_equal_ways_are_settled_the_same_whatever_is_scored_together(table: NDArray[np.int64]) -> None:
    n_source, n_target = table.shape[1:]
    whole = Band.whole(n_source, n_target)
    path = best_path(whole, TableScorer(table), COSTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("corpus.align.search._ROWS", 2)
        patch.setattr("corpus.align.search._COLUMNS", 3)
        assert best_path(whole, TableScorer(table), COSTS) == path


def test_of_equal_ways_the_shape_that_stands_first_is_taken() -> None:
    table = np.full((N_MATCHED, 2, 2), -10_000)
    table[SHAPES.index((1, 1))] = 0
    table[SHAPES.index((2, 2)), 0, 0] = 0
    assert COSTS.shapes[SHAPES.index((2, 2))] == 2 * COSTS.shapes[SHAPES.index((1, 1))]
    path = best_path(Band.whole(2, 2), TableScorer(table), COSTS)
    assert path == [(range(1), range(1)), (range(1, 2), range(1, 2))]


def test_what_is_missing_is_one_passage_rather_than_many_gaps() -> None:
    """Twenty sentences are missing, and each of the ten behind them is a little more like one among the twenty."""
    table = np.full((N_MATCHED, 30, 10), -10_000)
    for j in range(10):
        table[0, 20 + j, j] = 300
        table[0, 2 * j + 1, j] = 320
    missing = [(range(i, i + 1), range(0)) for i in range(20)]
    there = [(range(20 + j, 21 + j), range(j, j + 1)) for j in range(10)]
    costs = Costs([-100 * (a + b) for a, b in SHAPES], -200, -50)
    assert best_path(Band.whole(30, 10), TableScorer(table), costs) == missing + there
    gaps = Costs(costs.shapes, 0, -100)  # which cost the same wherever they are
    assert best_path(Band.whole(30, 10), TableScorer(table), gaps) != missing + there


def test_a_passage_is_what_is_cheaper_as_one() -> None:
    costs = Costs([-100 * (a + b) for a, b in SHAPES], -200, -50)
    assert not costs.is_passage(1, 0)
    assert not costs.is_passage(2, 2)
    assert costs.is_passage(3, 2)


@given(
    st.integers(0, 30),
    st.integers(0, 30),
    st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=8),
    st.integers(1, 5),
)
def test_a_way_leads_through_every_band(n: int, m: int, points: list[tuple[int, int]], width: int) -> None:
    chain: list[tuple[int, int]] = []
    for i, j in sorted(points):
        if i < n and j < m and (not chain or (i > chain[-1][0] and j > chain[-1][1])):
            chain.append((i, j))
    band = band_along(np.array(chain, np.int64).reshape(-1, 2), n, m, reach=width, slack=width)
    table = np.zeros((N_MATCHED, n, m), np.int64)
    path = best_path(band, TableScorer(table), COSTS)
    assert sum(len(source) for source, _ in path) == n
    assert sum(len(target) for _, target in path) == m


class DiagonalScorer:
    """A book of any length, told off the cuff: links on a diagonal with a step now and then."""

    def __init__(self, n: int) -> None:
        self.n = n

    def scores(self, rows: range, columns: range) -> NDArray[np.int64]:
        i, j = np.array(rows)[:, None], np.array(columns)[None, :]
        block = np.full((N_MATCHED, len(rows), len(columns)), NEVER)
        for shape, (a, b) in enumerate(SHAPES[:N_MATCHED]):
            fits = (i + a <= self.n) & (j + b <= self.n)
            block[shape] = np.where(fits, 500 - 100 * abs(i - j) - 50 * (a + b), NEVER)
        return block


def long_band(n: int) -> Band:
    points = np.arange(0, n, 3, dtype=np.int64)
    return band_along(np.stack([points, points], axis=1), n, n)


def test_memory_grows_with_length_and_not_with_its_square() -> None:
    peaks = []
    for n in (1000, 4000):
        band = long_band(n)
        tracemalloc.start()
        path = best_path(band, DiagonalScorer(n), COSTS)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(path) == n
        assert band.n_places < 60 * n
    assert peaks[1] < 5 * peaks[0]


_BOOK = """\
import resource, runpy, sys
names = runpy.run_path(sys.argv[1])
n = 100_000
path = names["best_path"](names["long_band"](n), names["DiagonalScorer"](n), names["COSTS"])
print(len(path), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_a_book_of_a_hundred_thousand_sentences_takes_less_than_a_gigabyte() -> None:
    # In a process of its own, whose peak is that of the search: counting each allocation would take minutes.
    done = subprocess.run([sys.executable, "-c", _BOOK, __file__], capture_output=True, text=True, check=True)
    n_links, kilobytes = map(int, done.stdout.split())
    assert n_links == 100_000
    assert kilobytes < 1 << 20
