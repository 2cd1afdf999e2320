"""How far the engines agree with transformers, and what the sentences are worth that they translate otherwise.

    python benchmarks/engine_agreement.py SENTENCES.zh [--limit 500] [--model zh-en-mini] [--beams 1 6]
        [--engines torch:float32 native:float32 native:int16 ct2:float32 ct2:int8]

SENTENCES.zh holds one Chinese sentence a line; FLORES-101 dev is what docs/models.md reports. What differs is scored by
forced decoding under the model in float32: is it less likely, and by how much?
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from translate.engines.base import DecodeOptions, Found
from translate.engines.choose import load_engine
from translate.engines.transformers.engine import TransformersEngine
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.vocabulary import MarianVocabulary

T = TypeVar("T")

BATCH = 25
ENGINES = ["torch:float32", "native:float32", "native:int16", "ct2:float32", "ct2:int8"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sentences", type=Path, metavar="SENTENCES.zh")
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--model", default="zh-en-mini")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 6])
    parser.add_argument("--cap", type=int, default=160, help="most target tokens, for models that loop")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--engines", nargs="+", metavar="ENGINE:TYPE", default=ENGINES)
    args = parser.parse_args()
    sentences = args.sentences.read_text(encoding="utf-8").splitlines()[: args.limit]
    for beam in args.beams:
        compare(locate(args.model), sentences, beam, args)


def compare(model: LocalModel, sentences: Sequence[str], beam: int, args: argparse.Namespace) -> None:
    options = DecodeOptions(beam_size=beam)
    reference = TransformersEngine(model, options, threads=args.threads)
    vocabulary = MarianVocabulary(model)
    ids = vocabulary.encode(sentences)
    cap = min(args.cap, reference.max_target_tokens)

    def all_of(engine: Any) -> list[Found]:
        return [found for batch in batches(ids) for found in engine.search(batch, cap)]

    expected = timed(f"beam {beam}, transformers float32", lambda: all_of(reference))
    for each in args.engines:
        name, _, kind = each.partition(":")
        engine = load_engine(name, model, options, compute_type=kind or None, threads=args.threads, device="cpu")
        found = timed(f"beam {beam}, {engine.name} {engine.compute_type}", lambda engine=engine: all_of(engine))
        report(reference, vocabulary.eos_id, ids, expected, found)
        engine.close()
    reference.close()


def report(
    reference: TransformersEngine, eos_id: int, ids: list[list[int]], expected: list[Found], found: list[Found]
) -> None:
    """Score what differs under the model: is it less likely, and by how much?"""
    differ = [index for index, (a, b) in enumerate(zip(expected, found, strict=True)) if a.ids != b.ids]
    print(f"  {len(ids) - len(differ)} of {len(ids)} are those of transformers")
    losses = []
    for index in differ:
        pair = [ended(found[index], eos_id), ended(expected[index], eos_id)]
        ours, theirs = reference.score([ids[index]] * 2, pair)
        losses.append((theirs - ours) / abs(theirs))
    if losses:
        better = sum(loss <= 0 for loss in losses)
        print(f"  of {len(differ)} that differ {better} are as likely or likelier; at worst {max(losses):.2%} less")
    if len(differ) < len(ids):
        gap = max(abs(found[i].score - expected[i].score) for i in range(len(ids)) if i not in differ)
        print(f"  where they agree, their scores differ by at most {gap:.1e} nats", flush=True)


def ended(found: Found, eos_id: int) -> list[int]:
    return [*found.ids, eos_id] if found.finish == "eos" else found.ids


def batches(ids: list[list[int]]) -> Iterator[list[list[int]]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def timed(name: str, work: Callable[[], T]) -> T:
    start = time.perf_counter()
    result = work()
    print(f"{name}: {time.perf_counter() - start:.1f} s")
    return result


if __name__ == "__main__":
    main()
