"""Teach the signal ``quality``: good pairs, corruptions of them, a logistic regression and the curve behind it.

    python -m recipes.quality.run train.tsv.xz train-2.tsv.xz --tests FOLDER -o corpus/signals/quality.json

A line of the bitext is Chinese, English, and the name of its text, with tabs between; FOLDER has the test sets, of
which nothing is learnt. Takes some minutes on one core. `benchmarks/quality.py` judges what comes out.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.signals.measures import MEASURES, measured
from corpus.signals.quality import FEATURES, features
from recipes.quality.corruptions import CORRUPTIONS, Texts, corrupted
from recipes.quality.pairs import PROSE, held_out, training_texts
from recipes.quality.regression import area, calibration_error, fit_curve, fit_logistic

__all__ = ["main", "spoilt"]

_Array = NDArray[np.float64]

_NEAR = 5
"""Pairs between a pair and the neighbour that lends it its words, at most."""

_OF_PROSE = 2 / 3

_FOR_CURVE = 0.3
"""Share of the texts' pairs that the curve is fitted to."""


def spoilt(pairs: Sequence[Texts], kind: str, chance: random.Random) -> Iterator[tuple[Texts, Texts]]:
    """Each pair that can be corrupted so, and what it became; pairs in the order of their text."""
    for place, pair in enumerate(pairs):
        near = [
            other
            for other in range(max(0, place - _NEAR), min(len(pairs), place + _NEAR + 1))
            if other != place and pairs[other][0] != pair[0]
        ]
        if near and (made := corrupted(kind, pair, pairs[chance.choice(near)], chance)) is not None:
            yield pair, made


def found(pairs: Sequence[Texts]) -> _Array:
    """The features of some pairs, ``(n_pairs, n_features)``."""
    return np.array([features(*pair, measured(*pair)) for pair in pairs], np.float64).reshape(-1, len(FEATURES))


def _chosen(texts: Mapping[str, Sequence[Texts]], n_pairs: int, chance: random.Random) -> list[tuple[str, int]]:
    """Places of pairs, of the texts in turn, so that no large one drowns the others."""
    prose = {name: pairs for name, pairs in texts.items() if name in PROSE}
    others = {name: pairs for name, pairs in texts.items() if name not in PROSE}
    n_prose = round(n_pairs * _OF_PROSE) if prose else 0
    return _in_turn(prose, n_prose, chance) + _in_turn(others, n_pairs - n_prose, chance)


def _in_turn(texts: Mapping[str, Sequence[Texts]], n_pairs: int, chance: random.Random) -> list[tuple[str, int]]:
    places = {name: chance.sample(range(len(pairs)), len(pairs)) for name, pairs in texts.items() if len(pairs) > 1}
    chosen: list[tuple[str, int]] = []
    while places and len(chosen) < n_pairs:
        for name in list(places):
            chosen.append((name, places[name].pop()))
            if not places[name]:
                del places[name]
    return chosen[:n_pairs]


def _taught(texts: Mapping[str, Sequence[Texts]], n_pairs: int, chance: random.Random) -> tuple[_Array, _Array]:
    """Features and labels: each pair, and once corrupted in a way that can be done to it."""
    pairs: list[Texts] = []
    sound: list[float] = []
    for name, place in _chosen(texts, n_pairs, chance):
        text = texts[name]
        pair, neighbour = text[place], text[place + 1 if place + 1 < len(text) else place - 1]
        for kind in chance.sample(list(CORRUPTIONS), len(CORRUPTIONS)):
            made = corrupted(kind, pair, neighbour, chance)
            if made is not None:
                pairs += [pair, made]
                sound += [1.0, 0.0]
                break
    return found(pairs), np.array(sound)


def main() -> None:
    """Read, corrupt, measure, learn, write."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("bitext", nargs="+", type=Path)
    parser.add_argument("--tests", type=Path, required=True, help="folder of the test sets, which are kept out")
    parser.add_argument("--pairs", type=int, default=40_000, help="good pairs that are taken (default: 40000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    tests = [pair for pairs in held_out(args.tests).values() for pair in pairs]
    texts = training_texts(args.bitext, tests, chance)
    matrix, sound = _taught(texts, args.pairs, chance)
    # A pair and its corruption stay together.
    is_curve = np.repeat(np.random.default_rng(args.seed).random(len(sound) // 2) < _FOR_CURVE, 2)
    weights, bias = fit_logistic(matrix[~is_curve], sound[~is_curve])
    logits = matrix[is_curve] @ weights + bias
    curve = fit_curve(logits, sound[is_curve])
    estimates = np.interp(logits, curve.knots, curve.values)
    labels = sound[is_curve]
    said = {
        "made_by": f"python -m recipes.quality.run BITEXT --tests TESTS --pairs {args.pairs} --seed {args.seed}",
        "learnt_from": f"{len(sound) // 2} pairs of {len(texts)} texts, each sound and once corrupted",
        "area": round(area(estimates[labels == 1], estimates[labels == 0]), 4),
        "calibration_error": round(calibration_error(estimates, labels), 4),
        "measures": {name: measure.version for name, measure in MEASURES.items()},
        "weights": {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)},
        "bias": round(bias, 4),
        "curve": [[round(float(x), 3), round(float(y), 4)] for x, y in zip(curve.knots, curve.values, strict=True)],
    }
    args.out.write_text(render(said), encoding="utf-8")
    print(json.dumps({name: said[name] for name in ("learnt_from", "area", "calibration_error")}))


def render(said: Mapping[str, object]) -> str:
    """JSON to be read by people: a line for each name on the outer levels."""
    lines = []
    for name, value in said.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"    {json.dumps(key)}: {json.dumps(item)}" for key, item in value.items())
            lines.append(f"  {json.dumps(name)}: {{\n{inner}\n  }}")
        elif isinstance(value, list):
            inner = ",\n".join(f"    {json.dumps(item)}" for item in value)
            lines.append(f"  {json.dumps(name)}: [\n{inner}\n  ]")
        else:
            lines.append(f"  {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    main()
