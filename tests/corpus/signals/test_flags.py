"""Flags are what the two texts and the decoder's account show, each by a function of its own.

After a change of a flag run ``python tests/corpus/signals/test_flags.py`` to render the table anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import corpus.signals
from corpus.signals.across import ACROSS_FLAGS
from corpus.signals.flags import (
    NOTED,
    SCORE_VERSIONS,
    SETTLED,
    VERSIONS,
    flags_of_decoding,
    flags_of_pair,
    flags_of_texts,
)
from translate.engines.base import Hypothesis
from translate.pipeline.translation import Attempt, AttemptKind, Translation
from translate.text.flags import Flag, Stage


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


GOOD_PAIR = ("海南是一个省。", "Hainan is a province.")
NO_ENGLISH = "not_english"


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (*GOOD_PAIR, ()),
        ("一共280元。", "A total of 208 yuan.", ("number_lost", "number_mismatch")),
        ("海南。", "30 Hainans.", ("number_mismatch",)),
        ("海南。", "海南。", ("copied", "han_in_target")),
        ("ＡＢＣ， 12", "abc 12", ("copied",)),
        ("３．５％", "3.5%", ("copied",)),
        ("。", "。", ("copied",)),
        ("A 海", "B 海", ("han_in_target",)),
        ("海南。", "", ("empty_target",)),
        ("海南。", " … ", ("empty_target",)),
        ("……", "...", ()),
        (" ", "Nothing.", ("empty_source",)),
        ("", "", ("empty_source", "empty_target")),
        ("哈。", "ha ha ha ha ha ha ha", ("loop",)),
        ("来来来来来来来。", "Come, come, come, come, come, come, come.", ()),
        ("来，来，来。", "Come, come, come.", ()),
        ("来。", "Come on, come on, come on, come on.", ("loop",)),
        ("见www.a.cn。", "See www.b.cn.", ("url_lost",)),
        ("见www.a.cn。", "See www.a.cn.", ()),
        ("GDP上升。", "It is rising.", ("name_lost",)),
        ("GDP上升。", "The GDP is rising.", ()),
        ("好👍。", "Good.", ("sign_lost",)),
        ("我们去北京。", "Nous allons tous à Pékin.", (NO_ENGLISH,)),
        ("我们去北京。", "Wir fahren nach Peking und zurück.", (NO_ENGLISH,)),
        ("我们去北京。", "wo men qu bei jing", (NO_ENGLISH,)),
        ("我们去北京。", "Мы едем в Пекин", (NO_ENGLISH,)),
        ("李、王、张", "Xyzzq Plughh Quuxx", ()),
        ("李、王、张", "Xyzzq Plughh Quuxx Quuxx", (NO_ENGLISH,)),
        ("これは日本語です。", "This is Japanese.", ("not_chinese",)),
        ("한국어 문장입니다.", "This is Korean.", ("not_chinese",)),
        ("Already English.", "It is English already.", ("not_chinese",)),
        ("VIP", "All right.", ("name_lost",)),
        ("佢哋喺邊度？", "Where are they?", ("cantonese",)),
        ("学而时习之，不亦说乎？", "Is it not a pleasure to learn?", ("classical",)),
        ("海\x01南", "Hainan", ("control",)),
        ("海\ue000南", "Hainan", ("private_use",)),
        ("海\ufffd南", "Hainan", ("replacement", "sign_lost")),
        ("锟斤拷", "Hainan", ("mojibake",)),
        ("海南", "Hai\ufffdnan", ("sign_lost",)),
    ],
)
def test_flags_that_two_strings_can_tell(source: str, target: str, expected: tuple[str, ...]) -> None:
    found = flags_of_pair(source, target)
    assert found == expected
    assert {type(flag) for flag in found} <= {str}
    assert set(found) <= set(SETTLED) | NOTED


def test_what_two_strings_decide_is_decided_anew_and_the_rest_stays() -> None:
    assert flags_of_pair(*GOOD_PAIR, [*SETTLED]) == ()
    others = sorted({*map(str, Flag), "of_a_later_version"} - set(SETTLED))
    assert flags_of_pair(*GOOD_PAIR, others) == tuple(others)


def test_every_flag_that_scoring_sets_has_a_version() -> None:
    assert set(SETTLED) <= set(SCORE_VERSIONS) <= set(SETTLED) | NOTED
    assert all(VERSIONS[flag] == version for flag, version in SCORE_VERSIONS.items() if flag in VERSIONS)


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
    asked = {"span_lost", "term_lost"}  # translate.text.terminology, which says what was asked for, finds these as well
    assert set(VERSIONS) - asked <= {path.stem for path in Path(folder).glob("*.py")}
    assert all(version >= 1 for version in VERSIONS.values())


PAGE = Path(__file__).parents[3] / "docs" / "signals.md"
_TABLE = re.compile("(?<=<!-- setters -->\n).*?(?=<!-- end of setters -->)", re.DOTALL)
_SETTERS = {
    Stage.REPAIR: ("build", "align"),
    Stage.DECODING: ("build",),
    Stage.PAIR: ("build",),
    Stage.ALIGNMENT: ("align",),
    Stage.SCORE: ("build",),
    Stage.FILE: (),
    Stage.REVIEW: ("build",),
}


def render() -> str:
    lines = ["| flag | build | align | score | |", "|---|---|---|---|---|"]
    for flag in Flag:
        marks = ["x" if command in _SETTERS[flag.stage] else "" for command in ("build", "align")]
        marks.append("anew" if flag in SETTLED or flag in ACROSS_FLAGS else "adds" if flag in NOTED else "")
        lines.append(f"| `{flag}` | {' | '.join(marks)} | {flag.meaning} |")
    return "\n".join(lines) + "\n"


def test_the_page_says_which_command_sets_which_flag() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert _TABLE.findall(page) == [render()], "run python tests/corpus/signals/test_flags.py"


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda _: render(), text), encoding="utf-8")
