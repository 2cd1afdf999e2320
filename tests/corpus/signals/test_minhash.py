"""MinHash: the estimate is that of the similarity, and a text's sketch is the same anywhere."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.signals.keys import key, shingles
from corpus.signals.minhash import CHINESE_RUN, ENGLISH_RUN, N_BANDS, N_HASHES, similarity, sketches_of

TEXTS = st.lists(st.text("海南十百年月日a\U00020000\ud800", max_size=30), min_size=1, max_size=8)


def jaccard(one: str, other: str, run: int) -> float:
    a, b = set(shingles(one, run)), set(shingles(other, run))
    return len(a & b) / len(a | b)


def near_copies(n_texts: int) -> list[tuple[str, str]]:
    """Texts of random characters, and copies in which up to eight are other ones."""
    draw = random.Random(3)
    found = []
    for _ in range(n_texts):
        text = [chr(0x4E00 + draw.randrange(3000)) for _ in range(draw.randrange(20, 60))]
        copy = text.copy()
        for _ in range(draw.randrange(9)):
            copy[draw.randrange(len(copy))] = chr(0x4E00 + draw.randrange(3000))
        found.append(("".join(text), "".join(copy)))
    return found


@pytest.mark.parametrize("run", [CHINESE_RUN, ENGLISH_RUN])
def test_the_estimate_is_the_similarity_but_for_chance(run: int) -> None:
    pairs = near_copies(600)
    one, other = (sketches_of([pair[side] for pair in pairs], run).bits for side in (0, 1))
    true = np.array([jaccard(*pair, run) for pair in pairs])
    error = similarity(one, other) - true
    assert 0.05 < np.quantile(true, 0.2) < np.quantile(true, 0.8) < 0.95  # similarities of all kinds
    assert abs(error.mean()) < 0.005
    # As large as that of 120 draws, and no larger.
    assert np.sqrt((error**2).mean()) < 1.15 * np.sqrt((true * (1 - true) / N_HASHES).mean())


def test_bands_agree_as_often_as_they_should() -> None:
    pairs = near_copies(600)
    one, other = (sketches_of([pair[side] for pair in pairs], CHINESE_RUN).bands for side in (0, 1))
    true = np.array([jaccard(*pair, CHINESE_RUN) for pair in pairs])
    assert np.mean(one == other) == pytest.approx((true**3).mean(), abs=0.02)
    assert (one == other).any(axis=1)[true > 0.6].all()
    assert one.shape == (600, N_BANDS)


@given(TEXTS, st.integers(1, 9))
def test_a_sketch_depends_on_its_text_alone(texts: list[str], run: int) -> None:
    together = sketches_of(texts, run)
    for at, text in enumerate(texts):
        alone = sketches_of([text], run)
        assert np.array_equal(alone.bands[0], together.bands[at])
        assert np.array_equal(alone.bits[0], together.bits[at])
        assert alone.long_enough[0] == together.long_enough[at] == (len(text) >= run + 7)


def test_sketches_are_the_same_bits_on_every_machine() -> None:
    texts = [
        key("海南在传统的休闲旅游之外，将焕发出数字娱乐生态岛的炫酷新貌。"),
        key("On 18 November, Tencent signed an agreement."),
    ]
    sketches = sketches_of(texts, CHINESE_RUN)
    found = hashlib.sha256(sketches.bands.astype("<u4").tobytes() + sketches.bits.tobytes()).hexdigest()
    assert found[:16] == "6cdcb165d43a6c6a"
