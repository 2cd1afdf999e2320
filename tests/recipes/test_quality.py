"""The recipe of ``quality``: corruptions, the two regressions, what is held out, and a run from end to end."""

from __future__ import annotations

import json
import lzma
import random
from pathlib import Path

import numpy as np
import pytest

from corpus.signals.quality import FEATURES, parse_estimate
from recipes.quality import run
from recipes.quality.corruptions import CORRUPTIONS, corrupted
from recipes.quality.pairs import held_out, training_texts
from recipes.quality.regression import area, calibration_error, fit_curve, fit_logistic, reliability

PAIR = (
    "2020年，李华在Hainan的公司说，汽车税将提高，以减少污染。",
    "In 2020, the company of Li Hua in Hainan said that the tax on cars will rise, so as to reduce pollution.",
)
OTHER = ("他于1985年出生在北方的一个小村庄。", "He was born in a small village in the north, in the year 1985.")


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_a_corruption_changes_what_it_says_and_depends_on_the_seed_alone(kind: str) -> None:
    made = corrupted(kind, PAIR, OTHER, random.Random(3))
    assert made is not None
    assert made != PAIR
    assert (made[0] == PAIR[0]) is (kind != "dropped_source")
    assert made == corrupted(kind, PAIR, OTHER, random.Random(3))
    words, before = made[1].split(), PAIR[1].split()
    expected = {
        "neighbour": made[1] == OTHER[1],
        "dropped_clause": len(words) < len(before) and set(words) <= set(before),
        "dropped_source": len(made[0]) <= len(PAIR[0]) - 6 and set(made[0]) <= set(PAIR[0]),
        "truncated": before[: len(words)] == words and 0.35 < len(words) / len(before) < 0.85,
        "added": made[1].startswith(PAIR[1]) and made[1].removeprefix(PAIR[1]).strip() in OTHER[1],
        "swapped_number": "2020" not in made[1] and len(made[1]) == len(PAIR[1]),
        "loop": len(words) > len(before) - 20 and set(words) <= set(before) and len(words) > len(set(words)) + 2,
        "untranslated_name": any("\u4e00" <= char <= "\u9fff" for char in made[1]),
        "misspelt_name": "Hainan" not in made[1],
        "wrong_language": not set(words) & {"the", "company"},
        "copied": any("\u4e00" <= char <= "\u9fff" for char in made[1]),
        "shuffled": words != before and sorted(words) == sorted(before),
    }
    assert expected[kind]


@pytest.mark.parametrize(
    ("kind", "pair"),
    [
        ("dropped_clause", ("海南。", "Hainan.")),
        ("dropped_source", ("海南。", "Hainan.")),
        ("truncated", ("海南。", "Hainan.")),
        ("swapped_number", ("海南。", "Hainan.")),
        ("loop", ("海南。", "Hainan.")),
        ("untranslated_name", ("海南。", "It is an island.")),
        ("misspelt_name", ("海南。", "Hainan.")),
        ("shuffled", ("海南。", "It is an island.")),
        ("neighbour", (OTHER[0], OTHER[1].upper())),
    ],
)
def test_what_cannot_be_done_is_not_done(kind: str, pair: tuple[str, str]) -> None:
    assert corrupted(kind, pair, OTHER, random.Random(1)) is None


def test_pairs_are_corrupted_with_a_neighbour_of_another_source() -> None:
    pairs = [("一。", "One is the first."), ("一。", "One it is, then."), ("二。", "Two is the second.")]
    made = list(run.spoilt(pairs, "neighbour", random.Random(1)))
    assert [pair for pair, _ in made] == pairs
    assert made[0][1] == ("一。", "Two is the second.")
    assert made[2][1][1] in {"One is the first.", "One it is, then."}


def test_the_regression_finds_the_weights() -> None:
    chance = np.random.default_rng(1)
    found = chance.normal(2.0, [1.0, 10.0, 1.0], (20_000, 3))
    odds = found @ np.array([1.5, -0.1, 0.0]) - 1.0
    sound = (chance.random(len(found)) < 1 / (1 + np.exp(-odds))).astype(float)
    weights, bias = fit_logistic(found, sound)
    assert weights == pytest.approx([1.5, -0.1, 0.0], abs=0.06)
    assert bias == pytest.approx(-1.0, abs=0.15)


def test_the_curve_never_falls_and_follows_the_shares() -> None:
    chance = np.random.default_rng(1)
    logits = chance.uniform(-4, 4, 20_000)
    sound = (chance.random(len(logits)) < np.where(logits > 0, 0.9, 0.2)).astype(float)
    curve = fit_curve(logits, sound)
    assert (np.diff(curve.knots) > 0).all()
    assert (np.diff(curve.values) > 0).all()
    assert np.interp([-2.0, 2.0], curve.knots, curve.values) == pytest.approx([0.2, 0.9], abs=0.05)


def test_an_area_is_how_often_the_sound_one_is_above() -> None:
    assert area(np.array([3.0, 2.0]), np.array([1.0, 0.0])) == 1
    assert area(np.array([0.0]), np.array([1.0, 2.0])) == 0
    assert area(np.array([1.0, 2.0]), np.array([1.0, 1.0])) == 0.75


def test_calibration() -> None:
    estimates, sound = np.array([0.95, 0.95, 0.15, 0.15]), np.array([1.0, 0.0, 0.0, 0.0])
    assert reliability(estimates, sound) == [(pytest.approx(0.15), 0.0, 2), (pytest.approx(0.95), 0.5, 2)]
    assert calibration_error(estimates, sound) == pytest.approx((0.15 * 2 + 0.45 * 2) / 4)
    assert reliability(np.array([1.0]), np.array([1.0])) == [(1.0, 1.0, 1)]


def toy(folder: Path) -> Path:
    rows = [
        (f"第{i}个政府在{i + 3}年说，经济增长了。", f"Government {i} said in {i + 3} years that the economy grew.")
        for i in range(60)
    ]
    with lzma.open(folder / "train.tsv.xz", "wt", encoding="utf-8") as file:
        file.writelines(f"{zh}\t{en}\tmanual\n" for zh, en in rows)
        file.writelines(f"{zh}\t{en}\ttatoeba-cmn-eng\n" for zh, en in rows)
    tests = folder / "flores-zh-en"
    tests.mkdir()
    (tests / "devtest.zh").write_text("第7个政府在10年说，经济增长了！\n\n海南\n", encoding="utf-8")
    (tests / "devtest.en").write_text(
        "Seven.\n\ngovernment 9 said in 12 years that the economy grew\n", encoding="utf-8"
    )
    return folder / "train.tsv.xz"


def test_nothing_is_learnt_of_a_test_set_nor_of_the_text_of_the_table(tmp_path: Path) -> None:
    path = toy(tmp_path)
    tests = held_out(tmp_path)
    assert [len(pairs) for pairs in tests.values()] == [2]
    texts = training_texts([path], tests["FLORES-200 devtest"], random.Random(1))
    assert list(texts) == ["manual"]
    assert len(texts["manual"]) == 58


def test_a_run_writes_an_estimate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "quality.json"
    monkeypatch.setattr(
        "sys.argv", ["run", str(toy(tmp_path)), "--tests", str(tmp_path), "--pairs", "50", "-o", str(out)]
    )
    run.main()
    said = json.loads(out.read_text(encoding="utf-8"))
    assert said["learnt_from"] == "50 pairs of 1 texts, each sound and once corrupted"
    assert said["area"] > 0.8
    assert 0 <= parse_estimate(said).of([0.0] * len(FEATURES)) <= 1
    first = out.read_bytes()
    run.main()
    assert out.read_bytes() == first
