from __future__ import annotations

import pytest

from corpus.words.links import WordLinks, error_rate, parse_pharaoh
from translate.errors import InputError

LINKS = WordLinks(((0, 1), (1, 3), (3, 4)), ((0, 2), (3, 6), (7, 9), (9, 10)), ((0, 0), (1, 1), (1, 3), (2, 2)))


def test_pharaoh_is_numbers_of_tokens() -> None:
    assert LINKS.pharaoh == "0-0 1-1 1-3 2-2"


def test_spans_are_places_of_tokens() -> None:
    assert LINKS.spans[2] == ((1, 3), (9, 10))


def test_neighbours_are_one_span() -> None:
    assert LINKS.target_of(0, 4) == ((0, 10),)
    assert LINKS.target_of(1, 2) == ((3, 6), (9, 10))
    assert LINKS.source_of(0, 6) == ((0, 3),)
    assert LINKS.target_of(4, 9) == ()


def test_sure_and_possible_links_are_read() -> None:
    assert parse_pharaoh("0-0 1p2 3?1\n") == ([(0, 0)], [(1, 2), (3, 1)])
    with pytest.raises(InputError, match=r"gold:3: '0:0' is no link; expected .* 0-0"):
        parse_pharaoh("0:0", "gold:3")


def test_error_rate_is_that_of_och_and_ney() -> None:
    # |A| 3, |S| 2, A and S 1, A and P 2: 1 - (1 + 2) / (3 + 2)
    found, sure, possible = [(0, 0), (1, 2), (5, 5)], [(0, 0), (1, 1)], [(1, 2)]
    assert error_rate([(found, sure, possible)]) == pytest.approx(0.4)
    assert error_rate([(sure, sure, ())]) == 0
