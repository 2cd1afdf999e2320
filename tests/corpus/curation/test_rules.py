"""Rules: what a file of them may say, and what ``--set`` changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.curation.rules import PRESETS, Rule, changed, load_rules, parse_rules, preset_text
from corpus.pair import Pair, Span
from corpus.signals.table import SIGNALS
from translate.errors import DuizhaoError, InputError, UnknownNameError, UsageError
from translate.text.flags import Flag

RULES = (Rule("length", "length_ratio", 0.2, 2.0), Rule("loops", flag="loop"))
INF = float("inf")


def pair(signals: dict[str, float] | None = None, *flags: str, score: float | None = None) -> Pair:
    return Pair(Span.unplaced("海南"), Span.unplaced("Hainan"), score, signals or {}, flags)


@pytest.mark.parametrize(("value", "refused"), [(0.19, True), (0.2, False), (2.0, False), (2.01, True)])
def test_the_bounds_of_a_rule_pass(value: float, refused: bool) -> None:
    assert RULES[0].refuses(pair({"length_ratio": value})) is refused


def test_what_a_pair_does_not_have_says_nothing_against_it() -> None:
    assert not RULES[0].refuses(pair())
    assert not Rule("score", "score", low=-1).refuses(pair())
    assert Rule("score", "score", low=-1).refuses(pair(score=-1.5))
    assert RULES[1].refuses(pair({}, "cut", "loop"))
    assert not RULES[1].refuses(pair({}, "cut"))


@pytest.mark.parametrize("name", PRESETS)
def test_presets_ask_for_signals_and_flags_there_are(name: str) -> None:
    rules = parse_rules(preset_text(name), name)
    assert {rule.signal for rule in rules} - {""} <= set(SIGNALS)
    assert {rule.flag for rule in rules} - {""} <= set(Flag)
    assert bool(rules) == (name != "none")


def test_standard_lets_pass_what_strict_does() -> None:
    """Strict has every bound of standard, or a closer one."""
    strict = {rule.name: rule for rule in parse_rules(preset_text("strict"), "strict")}
    for rule in parse_rules(preset_text("standard"), "standard"):
        other = strict[rule.name]
        if other.signal == rule.signal:
            assert (rule.low <= other.low, other.high <= rule.high, rule.flag) == (True, True, other.flag)
        else:  # a number that is lost is a mismatch
            assert (rule.signal, other.flag) == ("numbers_kept", "number_mismatch")


def test_a_file_of_rules_is_read(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("length: {signal: length_ratio, min: 0.2, max: 2}\nloops: {flag: loop}\n", encoding="utf-8")
    assert load_rules(path) == RULES
    assert parse_rules("a: {signal: score, min: -1}", "x") == (Rule("a", "score", -1.0, INF),)
    with pytest.raises(InputError, match=r"none\.yaml: cannot be read"):
        load_rules(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "- length",
        "length",
        "length: 3",
        "length: {}",
        "length: {signal: length_ratio}",
        "length: {min: 3}",
        "length: {flag: loop, max: 3}",
        "length: {flag: 3}",
        "length: {signal: length_ratio, minimum: 3}",
        "length: {signal: length_ratio, min: '3'}",
        "length: {signal: length_ratio, min: true}",
        "length: {signal: length_ratio, min: 3, max: 2}",
        "length: {signal: length_ratio, min: .nan}",
        "length: {flag: loop}\nlength: {flag: cut}",
        "length: {flag: loop",
        "length: !!python/object/apply:os.system [echo]",
    ],
)
def test_what_is_no_rule_is_refused_with_the_name_of_its_file(text: str) -> None:
    with pytest.raises(InputError, match=r"^my\.yaml: "):
        parse_rules(text, "my.yaml")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([], RULES),
        (["length=..3"], (Rule("length", "length_ratio", -INF, 3.0), RULES[1])),
        (["length=-1..3e0"], (Rule("length", "length_ratio", -1.0, 3.0), RULES[1])),
        (["length=off"], RULES[1:]),
        (["loops=off", "loops=off"], RULES[:1]),
        (["han_share=..0.1"], (*RULES, Rule("han_share", "han_share", -INF, 0.1))),
        (["cut=on", "loops=on"], (*RULES, Rule("cut", flag="cut"))),
    ],
)
def test_settings_change_and_add_rules(settings: list[str], expected: tuple[Rule, ...]) -> None:
    # A rule that is off may be set off again only where its name is known otherwise.
    signals = [*SIGNALS, "loops"] if settings == ["loops=off", "loops=off"] else list(SIGNALS)
    assert changed(RULES, settings, signals=signals, flags=list(Flag)) == expected


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("length", UsageError),
        ("length=3", UsageError),
        ("length=..", UsageError),
        ("length=3..2", UsageError),
        ("length=a..b", UsageError),
        ("length=nan..", UsageError),
        ("length=on", UsageError),
        ("loops=..3", UsageError),
        ("lenght=..3", UnknownNameError),
    ],
)
def test_a_setting_that_means_nothing_is_refused(setting: str, kind: type[DuizhaoError]) -> None:
    with pytest.raises(kind, match=r"lengt|loops"):
        changed(RULES, [setting], signals=list(SIGNALS), flags=list(Flag))


def test_a_file_without_a_rule_is_no_file_of_rules(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("# nothing\n")
    with pytest.raises(InputError, match="no rule in it; without rules"):
        load_rules(tmp_path / "r.yaml")


def test_a_rule_is_written_as_a_person_writes_it() -> None:
    assert [str(rule) for rule in RULES] == ["length_ratio 0.2..2", "flag loop"]
    assert str(Rule("a", "score", low=-1)) == "score -1.."
