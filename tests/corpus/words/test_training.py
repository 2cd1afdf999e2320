from __future__ import annotations

import numpy as np
import pytest

from corpus.words.hmm import FARTHEST, Jumps, posteriors
from corpus.words.training import learn_words

ENGLISH = {"甲": "ram", "乙": "bok", "丙": "tis", "丁": "nul", "戊": "vok", "己": "zaf"}
"""Words of no language, in which the order of the sentence is turned round."""


def bitext(n: int = 60) -> list[tuple[list[str], list[str]]]:
    rng = np.random.default_rng(1)
    found = []
    for _ in range(n):
        chinese = list(rng.permutation(list(ENGLISH))[: rng.integers(2, 5)])
        found.append((chinese, ["the", *(ENGLISH[word] for word in reversed(chinese))]))
    return found


def test_words_are_learnt_and_what_comes_from_nowhere_is_left_alone() -> None:
    pairs = bitext()
    model = learn_words(pairs)
    n_found = 0
    for (chinese, _), found in zip(pairs, model.agreements(model.look_up(pairs)), strict=True):
        n = len(chinese)
        assert {(i, n - i) for i in range(n)} <= set(found.links())
        n_found += len(found.links())
    assert n_found <= 1.05 * sum(len(chinese) for chinese, _ in pairs)


def test_learning_again_gives_the_same_numbers() -> None:
    one, other = learn_words(bitext()), learn_words(bitext())
    assert one.counts.values.tobytes() == other.counts.values.tobytes()
    assert one.forward.chances.tobytes() == other.forward.chances.tobytes()


def test_what_was_known_before_is_added() -> None:
    before = learn_words(bitext())
    after = learn_words([(["庚"], ["wug"])] * 3, before)
    for chinese, english in (("甲", "ram"), ("庚", "wug")):
        (found,) = after.agreements(after.look_up([([chinese], [english])]))
        assert found.links() == ((0, 0),)


def test_links_of_a_pair_do_not_depend_on_the_others() -> None:
    pairs = bitext()
    model = learn_words(pairs[:20])
    together = [found.both.tobytes() for found in model.agreements(model.look_up(pairs))]
    alone = [next(iter(model.agreements(model.look_up([pair])))).both.tobytes() for pair in pairs]
    assert together == alone


def test_posteriors_are_those_of_all_ways_summed() -> None:
    """Against every way through two source and three target words, each gone by hand."""
    rng = np.random.default_rng(2)
    emissions, nowhere = rng.random((1, 3, 2)), rng.random((1, 3))
    jumps = Jumps(rng.random(2 * FARTHEST + 1), 0.3)
    matrix = jumps.matrix(2)
    total, wanted = 0.0, np.zeros((3, 2))

    def go(j: int, last: int | None, memory: np.ndarray, chance: float, path: list[int | None]) -> None:
        nonlocal total
        if j == 3:
            total += chance
            for place, i in enumerate(path):
                if i is not None:
                    wanted[place, i] += chance
            return
        for i in range(2):
            way = 0.5 if j == 0 else sum(memory[k] * matrix[k][i] for k in range(2))
            go(j + 1, i, np.eye(2)[i], chance * way * 0.7 * emissions[0, j, i], [*path, i])
        go(j + 1, last, memory, chance * 0.3 * nowhere[0, j], [*path, None])

    go(0, None, np.full(2, 0.5), 1.0, [])
    found, _ = posteriors(emissions, nowhere, np.array([3]), jumps)
    assert found[0] == pytest.approx(wanted / total)
