"""How far the engines agree on a model: torch with plain transformers, and CTranslate2 with torch.

    python benchmarks/engine_agreement.py SENTENCES.zh [--limit 500] [--model zh-en-mini] [--beams 1 6]

SENTENCES.zh holds one Chinese sentence a line; FLORES-101 dev is what docs/models.md reports.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from translate.engines.base import DecodeOptions, Found
from translate.engines.ct2.engine import Ct2Engine
from translate.engines.torch.engine import TorchEngine
from translate.marian.find import LocalModel, locate
from translate.marian.vocabulary import MarianVocabulary

T = TypeVar("T")

BATCH = 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sentences", type=Path, metavar="SENTENCES.zh")
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--model", default="zh-en-mini")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 6])
    parser.add_argument("--cap", type=int, default=160, help="most target tokens, for models that loop")
    parser.add_argument("--type", default="float32", help="compute type of CTranslate2")
    args = parser.parse_args()
    sentences = args.sentences.read_text(encoding="utf-8").splitlines()[: args.limit]
    model = locate(args.model)
    for beam in args.beams:
        compare(model, sentences, beam, args.type, args.cap)


def compare(model: LocalModel, sentences: Sequence[str], beam: int, compute_type: str, cap: int) -> None:
    torch_engine = TorchEngine(model, DecodeOptions(beam_size=beam))
    ct2_engine = Ct2Engine(model, DecodeOptions(beam_size=beam), compute_type=compute_type)
    vocabulary = MarianVocabulary(model)
    ids = vocabulary.encode(sentences)
    cap = min(cap, torch_engine.max_target_tokens)
    reference = timed("transformers", lambda: plain_transformers(model, sentences, beam, cap))
    by_torch = timed("torch", lambda: [f for batch in batches(ids) for f in torch_engine.search(batch, cap)])
    by_ct2 = timed(f"ct2 {compute_type}", lambda: [f for batch in batches(ids) for f in ct2_engine.search(batch, cap)])
    same = sum(vocabulary.decode(found.ids) == text for found, text in zip(by_torch, reference, strict=True))
    equal = [a.ids == b.ids for a, b in zip(by_torch, by_ct2, strict=True)]
    print(f"beam {beam}: torch = transformers {same}/{len(ids)}, ct2 {compute_type} = torch {sum(equal)}/{len(ids)}")
    report_differences(torch_engine, vocabulary.eos_id, ids, by_torch, by_ct2)
    torch_engine.close()
    ct2_engine.close()


def report_differences(
    engine: TorchEngine, eos_id: int, ids: list[list[int]], by_torch: list[Found], by_ct2: list[Found]
) -> None:
    """Score what differs under the torch model: is the other hypothesis worse, and by how much?"""
    differ = [index for index, (a, b) in enumerate(zip(by_torch, by_ct2, strict=True)) if a.ids != b.ids]
    better = 0
    worst = 0.0
    for index in differ:
        ours, theirs = engine.score([ids[index]] * 2, [ended(by_ct2[index], eos_id), ended(by_torch[index], eos_id)])
        loss = (theirs - ours) / abs(theirs)
        better += loss <= 0
        worst = max(worst, loss)
        if loss > 0.01:
            print(f"  sentence {index}: ct2 scores {ours:.4f}, torch {theirs:.4f} ({loss:.1%} worse)")
    gap = max(abs(by_ct2[i].score - by_torch[i].score) for i in range(len(ids)) if i not in differ)
    print(f"  of {len(differ)} that differ ct2 scores the same or better in {better}; at worst {worst:.2%} worse")
    print(f"  where they agree, their scores differ by at most {gap:.1e} nats")


def ended(found: Found, eos_id: int) -> list[int]:
    return [*found.ids, eos_id] if found.finish == "eos" else found.ids


def batches(ids: list[list[int]]) -> Iterator[list[list[int]]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def plain_transformers(model: LocalModel, sentences: Sequence[str], beam: int, cap: int) -> list[str]:
    """What a user of transformers would write, without any of our code."""
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "Recommended: pip install sacremoses."
        tokenizer = MarianTokenizer.from_pretrained(model.path)
    network = MarianMTModel.from_pretrained(model.path, dtype=torch.float32).eval()
    texts: list[str] = []
    for start in range(0, len(sentences), BATCH):
        inputs = tokenizer(sentences[start : start + BATCH], return_tensors="pt", padding=True)
        with torch.inference_mode():
            out = network.generate(**inputs, num_beams=beam, max_length=cap + 1)
        texts += tokenizer.batch_decode(out, skip_special_tokens=True)
    return texts


def timed(name: str, work: Callable[[], T]) -> T:
    start = time.perf_counter()
    result = work()
    print(f"  {name}: {time.perf_counter() - start:.1f} s")
    return result


if __name__ == "__main__":
    main()
