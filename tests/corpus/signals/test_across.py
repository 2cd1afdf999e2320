"""Signals of a whole corpus: each is the number that its definition says, and is on the page.

After a change of a signal run ``python tests/corpus/signals/test_across.py`` to render the table anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.signals.across import ACROSS, among_several, corpus_z, earlier, earlier_pairs

PAGE = Path(__file__).parents[3] / "docs" / "signals.md"
_TABLE = re.compile("(?<=<!-- signals of a corpus -->\n).*?(?=<!-- end of signals of a corpus -->)", re.DOTALL)
NAN = float("nan")


def test_a_tenth_of_garbage_does_not_move_the_z_score() -> None:
    draw = np.random.default_rng(1)
    values = np.concatenate([draw.normal(2, 3, 900), np.full(100, 500.0), [NAN]])
    found = corpus_z(values)
    assert np.nanmean(found[:900]) == pytest.approx(0, abs=0.3)
    assert np.nanstd(found[:900]) == pytest.approx(1, abs=0.2)
    assert found[950] > 100
    assert np.isnan(found[-1])


def test_there_is_no_z_score_where_half_of_the_values_are_one() -> None:
    assert np.isnan(corpus_z(np.array([1.0, 1.0, 1.0, 7.0]))).all()
    assert np.isnan(corpus_z(np.array([NAN, NAN]))).all()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20))
def test_earlier_counts_what_came_before(hashes: list[int]) -> None:
    found = earlier(np.array(hashes, np.uint64), blank=0)
    for at, value in enumerate(hashes):
        if value == 0 or hashes.count(value) == 1:
            assert np.isnan(found[at])
        else:
            assert found[at] == hashes[:at].count(value)


def test_only_clusters_of_several_have_a_name() -> None:
    assert np.array_equal(among_several(np.array([0, 1, 0, 3])), [0, NAN, 0, NAN], equal_nan=True)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12))
def test_an_earlier_pair_is_one_on_both_sides(pairs: list[tuple[int, int]]) -> None:
    sources, targets = (np.array(side) for side in zip(*pairs, strict=True))
    assert earlier_pairs(sources, targets).tolist() == [pair in pairs[:at] for at, pair in enumerate(pairs)]


def render() -> str:
    lines = ["| signal | version | unit | range | |", "|---|---|---|---|---|"]
    for signal in ACROSS.values():
        low, high = (f"{bound:g}".replace("-inf", "…").replace("inf", "…") for bound in (signal.low, signal.high))
        name = f"[`{signal.name}`](#{signal.name})"
        lines.append(f"| {name} | {signal.version} | {signal.unit} | {low} to {high} | {signal.meaning} |")
    return "\n".join(lines) + "\n"


def test_the_page_lists_the_signals_of_a_corpus_and_explains_each() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert _TABLE.findall(page) == [render()], "run python tests/corpus/signals/test_across.py"
    assert set(ACROSS) <= set(re.findall(r"^### (\w+)$", page, re.MULTILINE))


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda _: render(), text), encoding="utf-8")
