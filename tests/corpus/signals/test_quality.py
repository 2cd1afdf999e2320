"""``quality``: what it looks at, how it is computed, and that it puts broken pairs below sound ones."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.signals.measures import MEASURES, measured
from corpus.signals.quality import (
    FEATURES,
    PACKAGED,
    Estimate,
    features,
    packaged_estimate,
    parse_estimate,
    quality,
    quality_of,
)
from corpus.signals.table import SIGNALS, signals_of

SOURCE = "政府周一表示，明年将提高汽车税，以减少城市的污染。"
TARGET = "The government said on Monday that it will raise the tax on cars next year to reduce pollution in the cities."


def named(source: str, target: str, **signals: float) -> dict[str, float]:
    return dict(zip(FEATURES, features(source, target, measured(source, target) | signals), strict=True))


def test_nothing_is_wrong_where_no_signal_is_known() -> None:
    found = dict(zip(FEATURES, features("", "", {}), strict=True))
    assert {name for name, value in found.items() if value} == {"brief"}
    assert found["brief"] == 1


@pytest.mark.parametrize(
    ("name", "signal", "value", "expected"),
    [
        ("long", "length_z", 3.0, 3.0),
        ("long", "length_z", 30.0, 8.0),
        ("long", "length_z", -3.0, 0.0),
        ("short", "length_z", -3.0, 3.0),
        ("short", "length_z", -30.0, 8.0),
        ("empty", "empty_sides", 2.0, 2.0),
        ("numbers_lost", "numbers_kept", 0.25, 0.75),
        ("a_number_lost", "numbers_kept", 0.25, 1.0),
        ("a_number_lost", "numbers_kept", 1.0, 0.0),
        ("numbers_extra", "numbers_extra", 7.0, 3.0),
        ("urls_lost", "urls_kept", 0.5, 0.5),
        ("names_lost", "names_kept", 0.75, 0.25),
        ("han", "han_share", 0.25, 0.5),
        ("latin", "latin_share", 0.25, 0.25),
        ("foreign", "english_share", 0.45, 0.5),
        ("foreign", "english_share", 1.0, 0.0),
        ("repetition", "repetition", math.e, 1.0),
        ("disfluent", "fluency", 0.45, 0.5),
        ("disfluent", "fluency", -6.0, 3.0),
        ("disfluent", "fluency", 6.0, -1.0),
        ("open_end", "open_end", 1.0, 1.0),
        ("unbalanced", "unbalanced", 9.0, 3.0),
        ("sentences_more", "sentence_difference", 2.0, 2.0),
        ("sentences_less", "sentence_difference", 2.0, 0.0),
        ("sentences_less", "sentence_difference", -9.0, 4.0),
        ("source_uncovered", "source_coverage", 0.15, 0.5),
        ("target_uncovered", "target_coverage", 0.3, 0.5),
        ("source_gap", "source_gap", math.e - 1, 1.0),
        ("target_gap", "target_gap", math.e - 1, 1.0),
    ],
)
def test_a_feature_is_what_is_wrong(name: str, signal: str, value: float, expected: float) -> None:
    assert named("", "", **{signal: value})[name] == pytest.approx(expected)


def test_features_of_the_texts() -> None:
    assert named("海南。", "海南")["copied"] == 1
    # Four words of the source, of which the last two have no counterpart; 0.65 of four are 2.6, of variance 0.91.
    found = named("政府、经济、企业、企业", "The government and the economy.")
    assert found["source_tail"] == pytest.approx(math.log(3))
    assert found["source_deficit"] == pytest.approx((2.6 - 2) / math.sqrt(0.65 * 0.35 * 4))
    assert found["target_tail"] == 0
    assert found["target_deficit"] == pytest.approx((1.6 - 2) / math.sqrt(0.8 * 0.2 * 2))
    assert found["brief"] == 1 / 6
    assert named("政府", "The government and the economy.")["target_tail"] == pytest.approx(math.log(2))
    assert named("", "a b c d", fluency=0.45)["disfluency"] == pytest.approx(0.5 * 2)


ESTIMATE = Estimate((1.0, -2.0), 0.5, (-1.0, 1.0, 3.0), (0.1, 0.5, 0.9))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([0.5, 0.0], 0.5),
        ([-0.5, 0.0], 0.3),
        ([0.5, -0.5], 0.7),
        ([0.0, 9.0], 0.1),
        ([9.0, 0.0], 0.9),
        ([2.5, 0.0], 0.9),
        ([-1.5, 0.0], 0.1),
    ],
)
def test_an_estimate_is_read_from_the_curve(found: list[float], expected: float) -> None:
    assert ESTIMATE.of(found) == pytest.approx(expected)
    assert ESTIMATE.of_all(np.array([found, found])).tolist() == pytest.approx([expected, expected])


@given(st.lists(st.lists(st.floats(-20, 20), min_size=len(FEATURES), max_size=len(FEATURES)), min_size=1, max_size=5))
def test_many_at_once_are_as_one_by_one(rows: list[list[float]]) -> None:
    estimate = packaged_estimate()
    assert estimate.of_all(np.array(rows)).tolist() == pytest.approx([estimate.of(row) for row in rows])


def test_the_packaged_file_is_of_these_features_and_of_these_versions() -> None:
    said = json.loads(PACKAGED.read_text(encoding="utf-8"))
    assert tuple(said["weights"]) == FEATURES
    assert said["measures"] == {name: measure.version for name, measure in MEASURES.items()}, "run recipes/quality"
    knots, values = zip(*said["curve"], strict=True)
    assert sorted(knots) == list(knots)
    assert sorted(values) == list(values)
    assert 0 < values[0] < values[-1] < 1
    with pytest.raises(ValueError, match="run recipes/quality"):
        parse_estimate(said | {"weights": {"long": 1.0}})


@pytest.mark.parametrize(
    "target",
    [
        "The museum is open every day except Monday, when it is closed to visitors all day long.",
        "The government said on Monday that it will raise the tax on",
        TARGET + " He was born in a small village in the north.",
        "pollution The said year cars on in the raise it the Monday tax that on to will next government cities. reduce",
        TARGET.replace("the tax", "the tax the tax the tax the tax the tax the tax"),
        "Le gouvernement a déclaré lundi qu'il augmenterait la taxe sur les voitures l'année prochaine.",
        SOURCE,
        TARGET.replace("Monday", "周一"),
        "",
    ],
)
def test_a_broken_pair_is_below_the_sound_one(target: str) -> None:
    assert quality(SOURCE, TARGET) > 0.8
    assert quality(SOURCE, target) < 0.35


def test_another_number_is_below_the_right_one() -> None:
    source, target = SOURCE.replace("明年", "2030年"), TARGET.replace("next year", "in 2030")
    assert quality(source, target) > 0.8
    assert quality(source, target.replace("2030", "2031")) < 0.35


def test_the_signal_is_that_of_the_measures() -> None:
    measures = measured(SOURCE, TARGET)
    assert "quality" not in measures
    assert signals_of(SOURCE, TARGET) == measures | {"quality": quality_of(SOURCE, TARGET, measures)}
    assert SIGNALS["quality"].function(SOURCE, TARGET) == signals_of(SOURCE, TARGET)["quality"]
