from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recipes.zh_en_mini.batches import BatchSettings, epoch, read_variants
from recipes.zh_en_mini.digits import other_digits
from recipes.zh_en_mini.shards import Ragged, load

DIGITS = np.arange(10, 20, dtype=np.uint16)
EOS, WORD, OTHER = 0, 1, 2


def ids(text: str) -> list[int]:
    return [10 + int(char) if char.isdigit() else WORD if char == "w" else OTHER for char in text] + [EOS]


def changed(zh: list[str], en: list[str], share: float = 1.0, seed: int = 1) -> tuple[list[str], list[str]]:
    source, target = (Ragged.of([ids(text) for text in texts]) for texts in (zh, en))
    new_zh, new_en = (
        ["".join(map(spell, side[row][:-1].tolist())) for row in range(len(side))]
        for side in other_digits(source, target, DIGITS, share, np.random.default_rng(seed))
    )
    return new_zh, new_en


def spell(token: int) -> str:
    return str(token - 10) if token >= 10 else "w" if token == WORD else "-"


def test_a_number_on_both_sides_changes_on_both_alike() -> None:
    (zh,), (en,) = changed(["w783w562w"], ["ww562-w783"])
    assert zh != "w783w562w"
    assert en == f"ww{zh[5:8]}-w{zh[1:4]}"


def test_what_is_not_once_on_both_sides_stays() -> None:
    for zh, en in (("w123w", "w124w"), ("w123w123", "w123"), ("w123", "w123w123"), ("w1234", "w123"), ("w7", "w7")):
        assert changed([zh], [en]) == ([zh], [en])


def test_years_keep_their_century_and_ordinals_their_ending() -> None:
    for seed in range(20):
        (year, tens, teen), english = changed(["1984", "w21", "w12"], ["w1984", "21w", "w12"], seed=seed)
        assert year[:2] == "19"
        assert tens[1] in "23456789"
        assert tens[2] == "1"
        assert teen == "w12"
        assert english == [f"w{year}", f"{tens[1:]}w", teen]


@given(st.lists(st.tuples(*[st.text("w-0123", max_size=12)] * 2), min_size=1, max_size=6), st.integers(0, 99))
def test_only_digits_change_and_the_same_numbers_stay_shared(rows: list[tuple[str, str]], seed: int) -> None:
    zh, en = [a for a, _ in rows], [b for _, b in rows]
    for old, new in zip((zh, en), changed(zh, en, 0.7, seed), strict=True):
        shape = str.maketrans("0123456789", "9999999999")
        assert [each.translate(shape) for each in new] == [each.translate(shape) for each in old]


def test_an_epoch_draws_other_numbers_than_the_last(made: Path) -> None:
    shard, variants = load(made / "shards" / "train.ids"), read_variants(made / "vocab")
    settings = BatchSettings(n_tokens=512, weights={}, digits=1.0)
    (first, _), (again, _), (second, _) = (epoch(shard, variants, index, settings, 256) for index in (0, 0, 1))
    assert np.array_equal(first.target.flat, again.target.flat)
    assert not np.array_equal(first.target.flat, second.target.flat)
    assert np.array_equal(first.target.starts, shard.target.starts)
    places = first.source.flat != shard.source.flat
    assert places.any()
    assert np.isin(shard.source.flat[places], variants.digits).all()
