"""Kinds of words, and what is learnt of their neighbours."""

from __future__ import annotations

import gzip
from math import log2

import pytest

from corpus.lexicon.word_order import PACKAGED, kinds, learn_order, packaged_order, parse_order


def test_kinds_of_words() -> None:
    assert kinds("The cats, walking in Hainan’s “3.5” nations!") == [
        "|", "The", "-s", ",", "-ing", "in", "X", '"', "0", '"', "-s", "!", "|",
    ]  # fmt: skip
    assert kinds("I walked quickly… no ed") == ["|", "I", "-ed", "-ly", ".", "no", "-", "|"]
    assert kinds("") == ["|", "|"]


def test_neighbours_are_likelier_than_chance() -> None:
    table = learn_order(["of the -", "of the ,"] * 50, n_kinds=3)
    assert table.kinds == ["|", "of", "the"]
    row = dict(zip([*table.kinds, "others"], table.rows[1], strict=True))
    # Behind 100 of 100 `of` stands `the`, which is a quarter of all that stands behind something.
    assert row["the"] == round(10 * log2((100 + 0.5) / (25 + 0.5)))
    assert row["of"] == round(10 * log2(0.5 / (25 + 0.5)))
    assert parse_order(table.render()) == table


def test_what_was_never_seen_is_not_told_apart_without_end() -> None:
    table = learn_order(["of of of of"] * 100_000, n_kinds=2)
    assert max(map(max, table.rows)) <= 60
    assert min(map(min, table.rows)) >= -60
    assert learn_order([]).rows == [[0]]


def test_the_packaged_file_is_what_its_table_renders() -> None:
    table = packaged_order()
    assert gzip.decompress(PACKAGED.read_bytes()).decode() == table.render()
    assert {len(row) for row in table.rows} == {len(table.rows)} == {len(table.kinds) + 1}


@pytest.mark.parametrize(("likely", "unlikely"), [(("of", "the"), ("the", "of")), (("to", "be"), ("be", "to"))])
def test_the_packaged_table_knows_english(likely: tuple[str, str], unlikely: tuple[str, str]) -> None:
    table, number = packaged_order(), packaged_order().numbers
    assert table.rows[number[likely[0]]][number[likely[1]]] > 10 + table.rows[number[unlikely[0]]][number[unlikely[1]]]
