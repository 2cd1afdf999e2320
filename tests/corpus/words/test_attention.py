from __future__ import annotations

import numpy as np
import pytest

from corpus.words.attention import PieceAttention, head_weights, sample_pairs, seen_links

# Three pieces of the source (你 | 们好 | !), four of the translation (Hel | lo | you | !), and its end.
SOURCE, TARGET = [(0, 1), (1, 3), (3, 4)], [(0, 3), (3, 5), (6, 9), (9, 10)]
HERE, THERE = [(0, 2), (2, 3), (3, 4)], [(0, 5), (6, 9), (9, 10)]


def looks_at(*pieces: int) -> np.ndarray:
    """A head that looks at these pieces of the source, one a position."""
    return np.eye(3, dtype=np.float32)[list(pieces)]


READS = looks_at(2, 1, 1, 0, 2)
"""Looks at 们好 while it has read Hel and lo, at 你 for you, at the mark for the mark."""
WRITES = looks_at(1, 1, 0, 2, 2)
"""Does so one position before."""
ELSEWHERE = looks_at(2, 2, 2, 2, 2)


def test_a_piece_in_two_words_is_shared_and_the_pieces_of_a_word_are_averaged() -> None:
    words = PieceAttention(READS[None], SOURCE, TARGET).of_words(np.array([1.0, 0.0]), HERE, THERE)
    assert words.tolist() == [[0.5, 1, 0], [0.5, 0, 0], [0, 0, 1]]


def test_a_word_is_looked_at_while_it_is_read_or_while_it_is_written() -> None:
    heads = PieceAttention(np.stack([READS, WRITES]), SOURCE, TARGET).of_heads(HERE, THERE)
    assert np.array_equal(heads[0], heads[3])
    assert not np.array_equal(heads[0], heads[1])


def test_what_heads_look_at_together_is_the_weighed_sum_of_each() -> None:
    attention = PieceAttention(np.stack([READS, WRITES, ELSEWHERE]), SOURCE, TARGET)
    weights = np.arange(6) / 15
    expected = np.tensordot(weights, attention.of_heads(HERE, THERE), 1)
    assert attention.of_words(weights, HERE, THERE) == pytest.approx(expected)


def test_heads_that_follow_the_words_have_the_weight() -> None:
    likely = np.array([[0.1, 0.9, 0], [0.8, 0, 0], [0, 0, 0.9]])
    here = [(0, 1), (1, 3), (3, 4)]
    attention = PieceAttention(np.stack([ELSEWHERE, READS]), SOURCE, TARGET)
    weights = head_weights([(attention.of_heads(here, THERE), likely)])
    assert weights is not None
    assert weights.tolist() == [0, 1, 0, 0]


def test_where_no_head_follows_the_words_there_are_no_weights() -> None:
    likely = np.array([[0.1, 0.9, 0], [0.8, 0, 0], [0, 0, 0]])
    attention = PieceAttention(ELSEWHERE[None], SOURCE, TARGET)
    assert head_weights([(attention.of_heads(HERE, THERE), likely)]) is None
    assert head_weights([]) is None


def test_a_side_without_words_is_looked_at_nowhere() -> None:
    attention = PieceAttention(np.zeros((1, 2, 1), np.float32), [(0, 1)], [(0, 1)])
    assert attention.of_words(np.array([1.0, 0.0]), [], [(0, 1)]).shape == (0, 1)
    assert attention.of_words(np.array([1.0, 0.0]), [(0, 1)], []).shape == (1, 0)


def links_of(*rows: list[float]) -> tuple[tuple[int, int], ...]:
    return seen_links(np.array(rows), np.array(rows))


def test_what_is_likely_is_linked_and_what_is_less_so_only_with_what_has_no_link() -> None:
    assert links_of([0.9, 0.3, 0], [0, 0, 0.34], [0, 0, 0.1]) == ((0, 0), (1, 2))
    assert links_of([0.9, 0.3], [0, 0.19]) == ((0, 0),)
    assert links_of([0.3, 0.31], [0.1, 0]) == ((0, 1),)


def test_neighbours_that_are_a_name_together_are_linked_with_it() -> None:
    assert links_of([0, 0.9], [0.18, 0], [0.19, 0], [0, 0.1], [0.19, 0]) == ((0, 1), (1, 0), (2, 0))
    assert links_of([0.16, 0.9], [0.18, 0], [0.1, 0]) == ((0, 1),)


def test_attention_weighs_more_than_the_table() -> None:
    seen, known = np.array([[0.6, 0], [0, 0]]), np.array([[0, 0], [0, 0.6]])
    assert seen_links(seen, known) == ((0, 0),)
    assert seen_links(seen, 2 * known) == ((0, 0), (1, 1))


def test_the_sample_is_chinese_and_english() -> None:
    assert len(sample_pairs()) == 30
    assert all(source.endswith(("。", "？", "！")) and target.isascii() for source, target in sample_pairs())
