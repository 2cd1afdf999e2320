"""Whether an engine writes, token for token, what ``MarianMTModel.generate`` writes.

    python benchmarks/decoder_exactness.py SENTENCES.zh [--model zh-en-mini] [--limit 1000] [--beams 1 4 6]
        [--reference generate.json] [--engines torch:float32 native:int16 ct2:int8] [--shuffle]
    python benchmarks/decoder_exactness.py SENTENCES.zh --instructions avx2 amx --engines native:int16 native:int8

``generate`` is slow, so what it wrote is kept in the file that ``--reference`` names and taken from there the next
time. In other number formats than float32 no engine can be exact: of them the table says how many sentences are the
same, and chrF against the reference. ``--shuffle`` translates a second time in another order and other batches, and
counts the sentences that change. With ``--instructions`` nothing is compared with ``generate``: the native engine
multiplies with each of them that the machine has, and has to say the same, scores included, to the last bit.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.engines.native.library import INSTRUCTIONS
from translate.errors import UsageError
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.vocabulary import MarianVocabulary

CAP = 128
BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sentences", type=Path, metavar="SENTENCES.zh")
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--model", default="zh-en-mini")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 4, 6])
    parser.add_argument("--engines", nargs="+", metavar="ENGINE:TYPE", default=["torch:float32", "native:float32"])
    parser.add_argument("--reference", type=Path, help="where generate's output is kept")
    parser.add_argument("--shuffle", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--instructions", nargs="+", choices=INSTRUCTIONS, help="compare these instead")
    args = parser.parse_args()
    model = locate(args.model)
    vocabulary = MarianVocabulary(model)
    ids = vocabulary.encode(args.sentences.read_text(encoding="utf-8").splitlines()[: args.limit])
    if args.instructions:
        agreed = [
            agree(model, ids, args.instructions, beam=beam, name=name, threads=args.threads)
            for beam in args.beams
            for name in args.engines
        ]
        sys.exit(0 if all(agreed) else "different bits")
    kept = json.loads(args.reference.read_text()) if args.reference and args.reference.exists() else {}
    for beam in args.beams:
        key = f"{model.spec.name} {args.sentences.name} {len(ids)} beam {beam}"
        if key not in kept:
            kept[key] = by_generate(model, ids, beam, args.threads)
            if args.reference:
                args.reference.write_text(json.dumps(kept))
        for name in args.engines:
            compare(model, vocabulary, ids, kept[key], beam=beam, name=name, shuffle=args.shuffle)


def compare(
    model: LocalModel,
    vocabulary: MarianVocabulary,
    ids: list[list[int]],
    reference: list[list[int]],
    *,
    beam: int,
    name: str,
    shuffle: bool,
) -> None:
    engine_name, _, kind = name.partition(":")
    engine = load_engine(engine_name, model, DecodeOptions(beam_size=beam), compute_type=kind or None, device="cpu")
    ours = by_engine(engine, ids, range(len(ids)), BATCH)
    same = sum(a == b for a, b in zip(ours, reference, strict=True))
    texts = [[vocabulary.decode(row) for row in rows] for rows in (ours, reference)]
    line = f"beam {beam}, {engine.name} {engine.compute_type}: {same} of {len(ids)} sentences are those of generate"
    print(f"{line}; chrF against it {chrf(*texts):.2f}", flush=True)
    if shuffle:
        order = list(range(len(ids)))
        random.Random(5).shuffle(order)
        again = by_engine(engine, ids, order, BATCH * 2 - 7)
        print(f"  in another order and other batches {sum(a != b for a, b in zip(ours, again, strict=True))} change")
    engine.close()


def agree(
    model: LocalModel, ids: list[list[int]], instructions: Sequence[str], *, beam: int, name: str, threads: int
) -> bool:
    """Print what every set of instructions says; whether it is the same."""
    engine_name, _, kind = name.partition(":")
    options, digests = DecodeOptions(beam_size=beam), set()
    for each in instructions:
        os.environ["DUIZHAO_INSTRUCTIONS"] = each
        try:
            engine = load_engine(engine_name, model, options, compute_type=kind or None, threads=threads, device="cpu")
        except UsageError as error:
            print(f"beam {beam}, {name}, {each}: left out: {error}", flush=True)
            continue
        started = time.perf_counter()
        said = repr(engine.search(ids, CAP))
        seconds = time.perf_counter() - started
        engine.close()
        digests.add(digest := sha256(said.encode()).hexdigest()[:16])
        print(f"beam {beam}, {name}, {each}: {digest}, {len(ids)} sentences in {seconds:.2f} s", flush=True)
    return len(digests) <= 1


def by_engine(engine: Any, ids: list[list[int]], order: Sequence[int], size: int) -> list[list[int]]:
    """Target ids of each source, without the end of sentence."""
    found: list[list[int]] = [[]] * len(ids)
    for start in range(0, len(ids), size):
        batch = order[start : start + size]
        for place, each in zip(batch, engine.search([ids[place] for place in batch], CAP), strict=True):
            found[place] = each.ids
    return found


def by_generate(model: LocalModel, ids: list[list[int]], beam: int, threads: int) -> list[list[int]]:
    engine = load_engine("transformers", model, DecodeOptions(beam_size=beam), threads=threads, device="cpu")
    found = by_engine(engine, ids, range(len(ids)), BATCH)
    engine.close()
    return found


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """chrF2 of a corpus, 0 to 100 (Popović 2015, https://aclanthology.org/W15-3049): character 1- to 6-grams."""
    total = 0.0
    for n in range(1, 7):
        matches = n_ours = n_theirs = 0
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            ours, theirs = grams(hypothesis, n), grams(reference, n)
            matches += (ours & theirs).total()
            n_ours, n_theirs = n_ours + ours.total(), n_theirs + theirs.total()
        precision, recall = matches / max(n_ours, 1), matches / max(n_theirs, 1)
        total += 5 * precision * recall / max(4 * precision + recall, 1e-9) / 6
    return 100 * total


def grams(text: str, n: int) -> Counter[str]:
    text = "".join(text.split())
    return Counter(text[start : start + n] for start in range(len(text) - n + 1))


if __name__ == "__main__":
    main()
