from __future__ import annotations

import json
import random
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.zh_en_mini import vocab
from recipes.zh_en_mini.sources import Pair
from recipes.zh_en_mini.symbols import COMMON, SIGNS, pieces, with_symbols

PAIR = Pair("今天气温25度，明天会更冷。", "It is 25 degrees today and will be colder tomorrow.", "a")


def signs_of(text: str) -> Counter[str]:
    return Counter(char for char in text if unicodedata.category(char) in ("So", "Sm", "Sc", "Sk", "Cf", "Mn"))


@given(st.integers(0, 10_000))
def test_what_is_added_is_the_same_on_both_sides(seed: int) -> None:
    made = with_symbols(PAIR, random.Random(seed))
    assert made is not None
    assert made != PAIR
    assert made.source == PAIR.source
    assert signs_of(made.zh) == signs_of(made.en)
    assert "25" in made.zh
    assert "25" in made.en


def test_signs_stand_everywhere_a_sentence_has_them() -> None:
    made = [with_symbols(PAIR, random.Random(seed)) for seed in range(300)]
    zh = [pair.zh for pair in made if pair is not None]
    end, start = PAIR.zh[-1], PAIR.zh[0]
    assert any(text.startswith(start) and not text.endswith(end) for text in zh)  # after
    assert any(not text.startswith(start) and text.endswith(end) for text in zh)  # before
    assert any(not text.startswith(start) and not text.endswith(end) for text in zh)  # around
    assert any(text.startswith(start) and text.endswith(end) and "25" in text for text in zh)  # inside, at the number
    assert any("≥25度" in text for text in zh)
    assert any("冷😂。" in text or "冷★。" in text for text in (pair.zh for pair in _many(5000)))


def _many(n: int) -> list[Pair]:
    return [pair for seed in range(n) if (pair := with_symbols(PAIR, random.Random(seed))) is not None]


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("从25到30度的气温。", "Temperatures of 25 and 25 degrees."),  # twice
        ("时间是12:25的时候。", "It was at the time of 12:25."),  # part of a time
        ("他2025年来到了这里。", "He came here in 2025."),  # a year
        ("价格已经是$25的水平。", "The price is already at $25."),  # has a sign
    ],
)
def test_a_number_that_is_not_alone_gets_no_sign(zh: str, en: str) -> None:
    for seed in range(200):
        made = with_symbols(Pair(zh, en, "a"), random.Random(seed))
        assert made is not None
        assert zh.rstrip("。") in made.zh


def test_long_and_very_short_pairs_are_left_alone() -> None:
    assert with_symbols(Pair("好。", "Good.", "a"), random.Random(1)) is None
    assert with_symbols(Pair("很长" * 31, "Long " * 31, "a"), random.Random(1)) is None


def test_no_sign_is_listed_twice_and_nfkc_leaves_the_pieces_alone() -> None:
    assert not [sign for sign, n in Counter(COMMON + SIGNS).items() if n > 1]
    assert unicodedata.normalize("NFKC", pieces()) == pieces()
    assert {"😂", "≤", "☆", "₩"} <= set(pieces())


def test_signs_have_a_token_each_however_rare_they_are(made: Path, tmp_path: Path) -> None:
    from sentencepiece import SentencePieceProcessor

    given = ["--prepared", str(made / "prepared"), "--out", str(tmp_path), "--size", "800", "--signs"]
    vocab.main(given)
    ids = json.loads((tmp_path / "vocab.json").read_text(encoding="utf-8"))
    assert set(pieces()) <= ids.keys()
    assert not set(pieces()) <= json.loads((made / "vocab" / "vocab.json").read_text(encoding="utf-8")).keys()
    processor = SentencePieceProcessor(model_file=str(tmp_path / "source.spm"))
    assert {"≤", "😂"} <= set(processor.encode("猫≤狗😂", out_type=str))
