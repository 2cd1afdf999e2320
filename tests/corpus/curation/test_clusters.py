"""Clusters of near copies: found, and nothing else; named by their first text."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from corpus.curation.clusters import BLANK, THRESHOLD, TextIndex
from corpus.signals.keys import digest, shingles
from corpus.signals.minhash import CHINESE_RUN, sketches_of

HAN = [chr(point) for point in range(0x4E00, 0x4E00 + 3000)]


def clusters(texts: Sequence[str], folder: Path, batch: int = 1000) -> tuple[list[int], list[int]]:
    index = TextIndex(folder / "side")
    for start in range(0, len(texts), batch):
        some = texts[start : start + batch]
        hashes = np.array([digest(text) if text else BLANK for text in some], np.uint64)
        index.add(hashes, sketches_of(some, CHINESE_RUN))
    same, near = index.clusters()
    return same.tolist(), near.tolist()


def text_of(draw: random.Random, length: int) -> str:
    return "".join(draw.choices(HAN, k=length))


def jaccard(one: str, other: str) -> float:
    a, b = set(shingles(one, CHINESE_RUN)), set(shingles(other, CHINESE_RUN))
    return len(a & b) / len(a | b)


def test_copies_and_near_copies_are_named_by_the_first_one(tmp_path: Path) -> None:
    text = "海南在传统的休闲旅游之外将焕发出数字娱乐生态岛的炫酷新貌"
    near = text.replace("传统", "一般")
    texts = ["毛超峰和陈宇分别代表双方签约", text, near, "", text, "", "短", "短", near]
    assert clusters(texts, tmp_path) == ([0, 1, 2, 3, 1, 5, 6, 6, 2], [0, 1, 1, 3, 1, 5, 6, 6, 1])


def test_what_hangs_together_through_others_is_one_cluster(tmp_path: Path) -> None:
    draw = random.Random(7)
    chain = [text_of(draw, 40)]
    for _ in range(12):  # each loses four characters at the front, and gets four at the end
        chain.append(chain[-1][4:] + text_of(draw, 4))
    order = draw.sample(range(len(chain)), len(chain))
    assert jaccard(chain[0], chain[-1]) == 0
    _, near = clusters([chain[at] for at in order], tmp_path)
    assert set(near) == {0}


def test_near_copies_are_found_and_nothing_else_is(tmp_path: Path) -> None:
    """Measured against all pairs of texts, compared one by one."""
    draw = random.Random(11)
    texts = [text_of(draw, draw.randrange(15, 60)) for _ in range(300)]
    for text in texts[:160]:  # a word is another one, twice in every third
        copy = text
        for _ in range(1 if draw.random() < 0.67 else 2):
            at = draw.randrange(len(copy) - 2)
            copy = copy[:at] + text_of(draw, 2) + copy[at + 2 :]
        texts.append(copy)
    draw.shuffle(texts)
    _, near = clusters(texts, tmp_path)
    runs = [set(shingles(text, CHINESE_RUN)) for text in texts]
    n_found = n_right = n_clear = n_missed = 0
    for at in range(len(texts)):
        for before in range(at):
            n_common = len(runs[before] & runs[at])
            alike, joined = n_common / (len(runs[before]) + len(runs[at]) - n_common), near[before] == near[at]
            n_found += joined
            n_right += joined and alike > THRESHOLD - 0.15  # the estimate is off by 0.046 on average
            n_clear += alike > THRESHOLD + 0.1
            n_missed += alike > THRESHOLD + 0.1 and not joined
    assert n_found > 100
    assert n_clear > 80
    assert n_right == n_found
    assert n_missed <= 0.02 * n_clear


@pytest.mark.parametrize("batch", [1, 7])
def test_clusters_do_not_depend_on_batches(batch: int, tmp_path: Path) -> None:
    draw = random.Random(5)
    text = text_of(draw, 40)
    texts = [text[:at] + text_of(draw, 2) + text[at + 2 :] for at in range(0, 38, 2)] + [text]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert clusters(texts, tmp_path / "a", batch) == clusters(texts, tmp_path / "b")
