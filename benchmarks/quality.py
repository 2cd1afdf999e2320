"""How well ``quality`` tells sound pairs from corrupted ones, beside other ways, on test sets it has not learnt from.

    python -m benchmarks.quality --data FOLDER [--forced MODEL]

FOLDER holds the test sets named in recipes/quality/pairs.py. Each kind of corruption is done to every pair that it
can be done to, and a way is judged by how often it puts the sound pair's value above a corrupted one's (AUC).
``--forced`` adds the mean log-probability of the target by a model (the decoder's score of a translation that is
given), which takes a thousand times as long.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.curation.rules import parse_rules, preset_text
from corpus.pair import Pair, Span
from corpus.signals.flags import flags_of_pair
from corpus.signals.noise import RULES
from corpus.signals.quality import features, packaged_estimate
from corpus.signals.table import signals_of
from recipes.quality.corruptions import CORRUPTIONS, Texts
from recipes.quality.pairs import MACHINE, held_out, read_pairs
from recipes.quality.regression import area, calibration_error, reliability
from recipes.quality.run import spoilt

Array = NDArray[np.float64]
Way = Callable[[Sequence[Texts]], Array]

STRICT = parse_rules(preset_text("strict"), "strict")


@cache
def signals(source: str, target: str) -> dict[str, float]:
    return signals_of(source, target)


def quality(pairs: Sequence[Texts]) -> Array:
    return np.array([signals(*pair)["quality"] for pair in pairs])


def coverage(pairs: Sequence[Texts]) -> Array:
    found = (signals(*pair) for pair in pairs)
    return np.array([one.get("source_coverage", 0.6) + one.get("target_coverage", 0.8) for one in found])


def length(pairs: Sequence[Texts]) -> Array:
    return np.array([-abs(signals(*pair).get("length_z", 0.0)) for pair in pairs])


def hardrules(pairs: Sequence[Texts]) -> Array:
    """Less the rules of `corpus.signals.noise` that refuse: in the manner of bicleaner-hardrules."""
    return np.array([-sum(is_bad(*pair) for is_bad in RULES.values()) for pair in pairs], np.float64)


def strict(pairs: Sequence[Texts]) -> Array:
    """Less the rules of the preset that refuse."""
    return np.array([-sum(rule.refuses(judged(*pair)) for rule in STRICT) for pair in pairs], np.float64)


def judged(source: str, target: str) -> Pair:
    pair = Pair(Span.unplaced(source), Span.unplaced(target))
    return Pair(pair.source, pair.target, None, signals(source, target), flags_of_pair(source, target))


WAYS: dict[str, Way] = {
    "quality": quality,
    "coverage": coverage,
    "length": length,
    "hardrules": hardrules,
    "strict": strict,
}


def forced(model: str) -> Way:
    """The mean log-probability per token that a model gives a target."""
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    tokenizer = MarianTokenizer.from_pretrained(model)
    network = MarianMTModel.from_pretrained(model).float().eval()

    def score(pairs: Sequence[Texts]) -> Array:
        order = sorted(range(len(pairs)), key=lambda place: len(pairs[place][1]))
        scores = np.zeros(len(pairs))
        for start in range(0, len(order), 64):
            places = order[start : start + 64]
            batch = tokenizer(
                [pairs[place][0] for place in places],
                text_target=[pairs[place][1] for place in places],
                return_tensors="pt",
                padding=True,
                truncation=True,
                max_length=256,
            )
            labels = batch["labels"]
            there = labels != tokenizer.pad_token_id
            before = torch.full_like(labels, network.config.decoder_start_token_id)
            before[:, 1:] = labels[:, :-1]
            with torch.inference_mode():
                logits = network(
                    input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], decoder_input_ids=before
                ).logits
            chances = logits.log_softmax(-1).gather(-1, labels[..., None])[..., 0]
            means = (chances * there).sum(1) / there.sum(1)
            scores[places] = means.double().numpy()
        return scores

    return score


def print_areas(sets: dict[str, list[Texts]], ways: dict[str, Way], seed: int) -> None:
    print("AUC, sound pairs against the same pairs corrupted, over all sets (each set counts the same)")
    print(f"{'':20}{'pairs':>8}" + "".join(f"{name:>11}" for name in ways))
    sound = {(name, way): measure(pairs) for name, pairs in sets.items() for way, measure in ways.items()}
    everywhere: dict[str, list[float]] = {way: [] for way in ways}
    for kind in CORRUPTIONS:
        chance = random.Random(seed)
        made = {name: list(spoilt(pairs, kind, chance)) for name, pairs in sets.items()}
        made = {name: found for name, found in made.items() if len(found) >= 20}
        row = f"{kind:20}{sum(map(len, made.values())):8}"
        for way, measure in ways.items():
            areas = []
            for name, found in made.items():
                place = {pair: number for number, pair in enumerate(sets[name])}
                before = sound[name, way][[place[pair] for pair, _ in found]]
                areas.append(area(before, measure([bad for _, bad in found])))
            everywhere[way].append(float(np.mean(areas)))
            row += f"{everywhere[way][-1]:11.3f}"
        print(row, flush=True)
    print(f"{'mean':28}" + "".join(f"{np.mean(areas):11.3f}" for areas in everywhere.values()))


def print_calibration(sets: dict[str, list[Texts]], seed: int) -> None:
    print("\nCalibration: each pair once sound and once corrupted, in a way that can be done to it")
    print(f"{'':24}{'pairs':>7}{'AUC':>8}{'ECE':>8}   mean estimate -> share of sound pairs")
    all_estimates, all_labels = [], []
    for name, pairs in sets.items():
        chance = random.Random(seed)
        kinds = {kind: dict(spoilt(pairs, kind, chance)) for kind in CORRUPTIONS}
        both: list[Texts] = []
        for pair in pairs:
            can = [kind for kind in CORRUPTIONS if pair in kinds[kind]]
            if can:
                both += [pair, kinds[chance.choice(can)][pair]]
        labels = np.tile([1.0, 0.0], len(both) // 2)
        print_row(name, quality(both), labels)
        all_estimates.append(quality(both))
        all_labels.append(labels)
    print_row("all", np.concatenate(all_estimates), np.concatenate(all_labels))


def print_row(name: str, estimates: Array, labels: Array) -> None:
    rows = " ".join(f"{a:.2f}->{b:.2f}({n})" for a, b, n in reliability(estimates, labels))
    auc = area(estimates[labels == 1], estimates[labels == 0])
    print(f"{name:24}{len(labels):7}{auc:8.3f}{calibration_error(estimates, labels):8.3f}   {rows}")


def print_kept(data: Path, sets: dict[str, list[Texts]]) -> None:
    bounds = (0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.5, 0.8)
    print("\nShare of pairs whose quality is at least")
    print(f"{'':40}" + "".join(f"{bound:8}" for bound in bounds) + f"{'mean':>8}")
    machine = {name: files for name, files in MACHINE.items() if (data / files[1]).exists()}
    groups = {f"{name} by people": pairs for name, pairs in sets.items()}
    groups |= {name: read_pairs(data, files) for name, files in machine.items()}
    for name, pairs in groups.items():
        found = quality(pairs)
        print(f"{name:40}" + "".join(f"{(found >= bound).mean():8.3f}" for bound in bounds) + f"{found.mean():8.3f}")


def print_agreement(data: Path) -> None:
    try:
        from sacrebleu.metrics import CHRF
    except ImportError:
        print("\nno agreement with references: sacrebleu is missing (pip install 'duizhao[evaluate]')")
        return
    print("\nRank correlation (Spearman) with the sentence chrF of a machine's output against the reference")
    metric = CHRF()
    for name, (source, target) in MACHINE.items():
        reference = f"{source.removesuffix('.zh')}.en"
        if not (data / target).exists():
            continue
        pairs = read_pairs(data, (source, target))
        references = dict(read_pairs(data, (source, reference)))
        pairs = [pair for pair in pairs if pair[0] in references]
        chrf = np.array([metric.sentence_score(en, [references[zh]]).score for zh, en in pairs])
        columns = "".join(f"  {way} {rank_correlation(WAYS[way](pairs), chrf):.3f}" for way in ("quality", "length"))
        print(f"{name:40}{columns}")


def rank_correlation(left: Array, right: Array) -> float:
    ranks = [np.argsort(np.argsort(side, kind="stable"), kind="stable") for side in (left, right)]
    return float(np.corrcoef(*ranks)[0, 1])


def print_cost(pairs: Sequence[Texts]) -> None:
    rows, measuring, featuring = [], 0.0, 0.0
    for pair in pairs:
        start = time.process_time()
        found = signals_of(*pair)
        middle = time.process_time()
        rows.append(features(*pair, found))
        measuring += middle - start
        featuring += time.process_time() - middle
    matrix = np.array(rows)
    middle = time.process_time()
    one = np.array([packaged_estimate().of(row) for row in matrix.tolist()])
    end = time.process_time()
    many = packaged_estimate().of_all(matrix)
    last = time.process_time()
    features_, alone, batch, all_ = (1e6 * t / len(pairs) for t in (featuring, end - middle, last - end, measuring))
    print(f"\nquality: features {features_:.0f} µs a pair, estimate {alone:.0f} µs ({batch:.1f} µs in a batch)")
    print(f"all signals with it: {all_:.0f} µs a pair; one by one and in a batch the same: {np.allclose(one, many)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the test sets")
    parser.add_argument("--forced", metavar="MODEL", help="folder of a MarianMT model, whose score is a further column")
    parser.add_argument("--most", type=int, default=1000, help="pairs of each set (default: 1000)")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    sets = {name: list(dict.fromkeys(pairs))[: args.most] for name, pairs in held_out(args.data).items()}
    ways = WAYS | ({"forced": forced(args.forced)} if args.forced else {})
    print_areas(sets, ways, args.seed)
    print_calibration(sets, args.seed)
    print_kept(args.data, sets)
    print_agreement(args.data)
    print_cost([pair for pairs in sets.values() for pair in pairs])


if __name__ == "__main__":
    main()
