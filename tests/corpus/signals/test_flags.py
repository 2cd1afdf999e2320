"""Flags are what the two texts and the decoder's account show, each by a function of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

import corpus.signals
from corpus.signals.flags import VERSIONS, flags_of_decoding, flags_of_texts
from translate.engines.base import Hypothesis
from translate.pipeline.translation import Attempt, AttemptKind, Translation


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("海南。", "Hainan.", ()),
        ("海南。", "Hainan 海.", ("han_in_target",)),
        ("海南。", "\U00030000", ("han_in_target",)),
        ("", "海", ()),
        ("一共280元。", "A total.", ("number_lost",)),
        ("一共280元。", "280 in total.", ()),
        ("一共280元，海南。", "海", ("han_in_target", "number_lost")),
        ("½ 3⅓", "½ 3⅓", ()),
        ("好👍。", "Good.", ("sign_lost",)),
        ("好👍。", "Good 👍.", ()),
        ("我爱你❤️❤️。", "I love you ❤️.", ("sign_lost",)),
        ("≤5克。", "At most 5 g.", ()),
        ("王𠮷来了。", "Wang came.", ("sign_lost",)),
        ("好。", "Good \ufffd.", ("sign_lost",)),
    ],
)
def test_flags_of_texts(source: str, target: str, expected: tuple[str, ...]) -> None:
    assert flags_of_texts(source, target) == expected


def attempt(*texts: str, finish: str = "eos") -> Attempt:
    pieces = tuple(Hypothesis(text, -1.0, 3, "length" if finish == "length" else "eos") for text in texts)
    return Attempt(AttemptKind.PLAIN, pieces)


GOOD, HALVES, HOLE = attempt("Hainan 280."), attempt("Hainan,", "280."), attempt("Hainan 280,", " ")
CAPPED = attempt("Hainan 280", finish="length")
LOOPING = attempt("Come on. Come on. Come on. Come on.")
NO_NUMBER = attempt("Hainan.")


@pytest.mark.parametrize(
    ("attempts", "kept", "expected"),
    [
        ((), 0, ("copied",)),
        ((GOOD,), 0, ()),
        ((HALVES,), 0, ("cut",)),
        ((HOLE,), 0, ("cut", "empty_target")),
        ((CAPPED,), 0, ("length_cap",)),
        ((LOOPING, HALVES), 1, ("cut", "loop", "rescued", "retried")),
        ((LOOPING, HOLE), 1, ("cut", "empty_target", "loop", "retried")),
        ((LOOPING, CAPPED), 0, ("loop", "retried")),
        ((CAPPED, LOOPING, HALVES), 2, ("cut", "length_cap", "rescued", "retried")),
        ((LOOPING, NO_NUMBER), 1, ("loop", "rescued", "retried")),
        ((NO_NUMBER, HALVES), 1, ("cut", "rescued", "retried")),
        ((NO_NUMBER, NO_NUMBER), 1, ("retried",)),
    ],
)
def test_flags_of_decoding(attempts: tuple[Attempt, ...], kept: int, expected: tuple[str, ...]) -> None:
    assert flags_of_decoding(Translation("海南280。", attempts, kept)) == expected


def test_every_flag_has_a_file_and_a_version() -> None:
    (folder,) = corpus.signals.__path__
    assert set(VERSIONS) <= {path.stem for path in Path(folder).glob("*.py")}
    assert all(version >= 1 for version in VERSIONS.values())
