from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.align.links import Link, agreement, parse_links, read_links, render_links
from translate.errors import InputError


def links(text: str) -> list[tuple[frozenset[int], frozenset[int]]]:
    return parse_links(text)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
def test_links_come_back_as_they_were_written(shapes: list[tuple[int, int]]) -> None:
    made, i, j = [], 0, 0
    for a, b in shapes:
        made.append(Link(range(i, i + a), range(j, j + b)))
        i, j = i + a, j + b
    assert links(render_links(made)) == [(frozenset(link.source), frozenset(link.target)) for link in made]


def test_the_form_is_that_of_the_gold_files() -> None:
    assert render_links([Link(range(2), range(1)), Link(range(2, 3), range(1, 1))]) == "[0, 1]:[0]\n[2]:[]\n"
    assert links("[0,1]:[0]:0.35\n\n") == [(frozenset({0, 1}), frozenset({0}))]
    assert Link(range(2), range(1)).kind == "2:1"


def test_what_is_no_link_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.links"
    path.write_text("[0]:[0]\n0-0 1-1\n", "utf-8")
    with pytest.raises(InputError, match=r"x\.links:2: '0-0 1-1' is no link; expected a line such as \[0, 1\]:\[0\]"):
        read_links(path)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_links(tmp_path / "none")


def test_agreement_strict_and_lax() -> None:
    gold = links("[0]:[0]\n[1, 2]:[1]\n[3]:[2]\n[4]:[]")
    found = links("[0]:[0]\n[1]:[1]\n[2, 3]:[2]\n[4]:[]")
    strict, lax = agreement([(found, gold)]), agreement([(found, gold)], lax=True)
    assert (strict.precision, strict.recall) == (1 / 3, 1 / 3)
    assert lax.f1 == 1.0
    assert agreement([(gold, gold)]).f1 == 1.0
    assert agreement([([], gold)]).f1 == 0.0


def test_a_link_that_only_touches_one_side_is_wrong_in_both() -> None:
    found, gold = links("[0]:[1]\n[1]:[0]"), links("[0]:[0]\n[1]:[1]")
    assert agreement([(found, gold)], lax=True).f1 == 0.0
