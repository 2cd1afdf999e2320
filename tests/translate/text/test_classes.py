"""The class of all other characters is what a negated class is."""

from __future__ import annotations

import re

import pytest

from translate.text.classes import others
from translate.text.marks import BLANK, BREAK, CLOSERS, FINAL, HAN


@pytest.mark.parametrize("inside", ["。", "a-z", "\\x00", "\uffff", "\\x00-\\uffff", f"{BLANK}{BREAK}", CLOSERS, FINAL])
def test_others(inside: str) -> None:
    given, other = re.compile(f"[{inside}]"), re.compile(f"[{others(inside)}]")
    for char in map(chr, (*range(0x10000), 0x1F600, 0x20000, 0x10FFFF)):
        assert (given.match(char) is None) == (other.match(char) is not None), ascii(char)


def test_characters_outside_the_basic_plane_are_told() -> None:
    plane = "\\U00010000-\\U0001ffff"
    assert re.match(f"[{others(HAN, plane)}]", "😀")
    assert not re.match(f"[{others(HAN, plane)}]", "𠀀")
