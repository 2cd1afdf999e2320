"""Sentence boundaries: precision, recall, F1 and speed, ours and those of other splitters, on gold sets.

    python benchmarks/splitting.py --gold FOLDER [--errors] [--sets hk pud] [--no-peers] [--speed-only]

FOLDER holds Universal Dependencies treebanks, one folder each, named ``ud-zh-hk``, ``ud-zh-pud`` … with their
``.conllu`` files; they are not part of this repository: take them from
https://github.com/UniversalDependencies/UD_Chinese-HK (-PUD, -GSD, -GSDSimp, -CFL).

Measure: ten consecutive sentences are joined without anything between them; a boundary is the offset at which a
sentence ends; the last one of the ten is not counted. All groups of a set are summed up before dividing.

Peers are used as installed (``pip install pysbd sentencex ltp-extension``; HanLP's and bertalign's rules are read
from ``pip install --no-deps hanlp bertalign`` without importing what they are a part of; bertalign's module also
needs ``lingua-language-detector sentence-splitter``). One that is missing is named and left out.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import re
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from translate.records import Paragraph
from translate.segment import segment
from translate.split import split

Splitter = Callable[[str], list[int]]
"""From a text to the offsets at which its sentences end (the end of the text itself need not be among them)."""

GROUP = 10


class Score(NamedTuple):
    hits: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.wrong)

    @property
    def recall(self) -> float:
        return self.hits / max(1, self.hits + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(1, 2 * self.hits + self.wrong + self.missed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True, help="folder of ud-zh-* folders")
    parser.add_argument("--sets", nargs="+", help="only these (hk, pud …)")
    parser.add_argument("--errors", action="store_true", help="print each boundary that we get wrong")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--speed-only", action="store_true")
    args = parser.parse_args()
    gold = read_gold(args.gold, args.sets)
    if not gold:
        print(f"no ud-zh-*/*.conllu under {args.gold}; see --help for where to get them", file=sys.stderr)
        return 2
    splitters = {"duizhao": ours, **({} if args.no_peers else peers())}
    if not args.speed_only:
        print_scores(gold, splitters)
    if args.errors:
        print_errors(gold)
    print_speed(gold, splitters)
    return 0


def read_gold(folder: Path, wanted: Iterable[str] | None) -> dict[str, list[str]]:
    """Sentences of each set, in the order of its files."""
    gold: dict[str, list[str]] = {}
    for path in sorted(folder.glob("ud-zh-*/*.conllu")):
        name = path.parent.name.removeprefix("ud-zh-")
        if wanted and name not in wanted:
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        gold.setdefault(name, []).extend(x.removeprefix("# text = ") for x in lines if x.startswith("# text = "))
    return gold


def groups(sentences: list[str]) -> Iterator[tuple[str, set[int]]]:
    for first in range(0, len(sentences), GROUP):
        group = sentences[first : first + GROUP]
        ends: set[int] = set()
        at = 0
        for sentence in group[:-1]:
            at += len(sentence)
            ends.add(at)
        yield "".join(group), ends


def score(splitter: Splitter, sentences: list[str]) -> Score:
    hits = wrong = missed = 0
    for text, ends in groups(sentences):
        found = {end for end in splitter(text) if 0 < end < len(text)}
        hits += len(found & ends)
        wrong += len(found - ends)
        missed += len(ends - found)
    return Score(hits, wrong, missed)


def print_scores(gold: dict[str, list[str]], splitters: dict[str, Splitter]) -> None:
    print("boundaries: precision / recall / F1, in percent")
    print(f"{'':24}" + "".join(f"{name + f' ({len(sentences)})':>22}" for name, sentences in gold.items()))
    for name, splitter in splitters.items():
        cells = []
        for sentences in gold.values():
            result = score(splitter, sentences)
            cells.append(f"{result.precision:7.1%} {result.recall:6.1%} {result.f1:7.2%}".replace("%", ""))
        print(f"{name:24}" + "".join(f"{cell:>22}" for cell in cells))


def print_errors(gold: dict[str, list[str]]) -> None:
    for name, sentences in gold.items():
        for text, ends in groups(sentences):
            found = {end for end in ours(text) if 0 < end < len(text)}
            for end in sorted(found ^ ends):
                kind = "wrong " if end in found else "missed"
                print(f"{name:8} {kind} {text[max(0, end - 24) : end]} | {text[end : end + 20]}")


def print_speed(gold: dict[str, list[str]], splitters: dict[str, Splitter]) -> None:
    """Characters a second on a document of a million characters, one line of a hundred thousand for the slow."""
    text = "".join(sentence for name, sentences in gold.items() if name != "gsd" for sentence in sentences)
    document = (text * (1_000_000 // len(text) + 1))[:1_000_000]
    print("\nspeed on one core (a million characters; UTF-8 megabytes a second, million characters a second)")
    for name, splitter in splitters.items():
        sample = document[:20_000]
        splitter(sample)
        rate = len(sample) / timed(lambda s=splitter: s(sample))  # type: ignore[misc]
        if rate > 300_000:
            sample = document
        seconds = min(timed(lambda s=splitter: s(sample)) for _ in range(3))  # type: ignore[misc]
        print(f"{name:24}{len(sample.encode()) / seconds / 1e6:10.1f} MB/s{len(sample) / seconds / 1e6:10.2f} M/s")
    paragraphs = [Paragraph("d", i, document[at : at + 200], at) for i, at in enumerate(range(0, len(document), 200))]
    seconds = min(timed(lambda: sum(1 for _ in segment(paragraphs))) for _ in range(3))
    print(f"{'duizhao segment()':24}{len(document.encode()) / seconds / 1e6:10.1f} MB/s{1 / seconds:10.2f} M/s")
    print("\nadversarial, a million characters each: milliseconds, and those of half as many")
    for label, unit in ADVERSARIAL.items():
        whole = (unit * (1_000_000 // len(unit) + 1))[:1_000_000]
        print(f"{label:24}{timed(lambda w=whole: split(w)) * 1e3:8.0f}{timed(lambda w=whole: split(w[:500_000])) * 1e3:8.0f}")  # type: ignore[misc]  # noqa: E501
    print_memory(document)


ADVERSARIAL = {
    "（": "（", "《": "《", "“": "“", "”": "”", '"': '"', "。": "。", "…": "…", "！？": "！？", ".": ".", "a.": "a. ",
    "spaces": " ", "newlines": "\n", "“好！": "“好！", "（（a）": "（（a）", "（ and text": "（" + "字" * 59,
    "no mark at all": "字", "，": "字，", "1.": "1. ", "http://": "http://", "“字！": "高“字！字", "字\u3000": "字字字字\u3000",
}  # fmt: skip


def print_memory(document: str) -> None:
    """Peak memory of segmenting one line of a hundred million characters that arrives in pieces."""
    def pieces() -> Iterator[Paragraph]:
        for i in range(100):
            yield Paragraph("d", 0, document, i * len(document), final=i == 99)

    tracemalloc.start()
    begin = time.perf_counter()
    n = sum(1 for _ in segment(pieces()))
    seconds = time.perf_counter() - begin
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"\none line of 100 M characters in pieces of 1 M: {n:,} sentences, {seconds:.0f} s (traced), peak {peak / 1e6:.1f} MB")


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def ours(text: str) -> list[int]:
    return [len(text[:end].rstrip()) if text[end - 1].isspace() else end for _, end in split(text)]


def naive(text: str) -> list[int]:
    return [match.end() for match in re.finditer("[。！？]", text)]


def with_closers(text: str) -> list[int]:
    return [match.end() for match in re.finditer("[。！？]+[”’」』）】》\"]*", text)]


def peers() -> dict[str, Splitter]:
    """The other splitters that are installed; those that are not are named."""
    found: dict[str, Splitter] = {"naive 。！？": naive, "terminators + closers": with_closers}
    for name, make in {
        "pysbd": make_pysbd,
        "sentencex": make_sentencex,
        "LTP (ltp-extension)": make_ltp,
        "HanLP rule": make_hanlp,
        "bertalign rule": make_bertalign,
    }.items():
        try:
            found[name] = make()
        except (ImportError, AttributeError, FileNotFoundError) as error:
            print(f"left out: {name}: {error}", file=sys.stderr)
    return found


def ends_of(text: str, sentences: Iterable[str]) -> list[int]:
    """Where each sentence ends in the text it came from, whatever blanks were trimmed."""
    ends = []
    at = 0
    for sentence in sentences:
        sentence = sentence.strip()
        start = text.find(sentence, at)
        if start >= 0 and sentence:
            at = start + len(sentence)
            ends.append(at)
    return ends


def make_pysbd() -> Splitter:
    segmenter = importlib.import_module("pysbd").Segmenter(language="zh", clean=False)
    return lambda text: ends_of(text, segmenter.segment(text))


def make_sentencex() -> Splitter:
    cut = importlib.import_module("sentencex").segment
    return lambda text: ends_of(text, cut("zh", text))


def make_ltp() -> Splitter:
    splitter = importlib.import_module("ltp_extension.algorithms").StnSplit()
    return lambda text: ends_of(text, splitter.split(text))


def make_hanlp() -> Splitter:
    cut = load_alone("hanlp", "utils/rules.py").split_sentence
    return lambda text: ends_of(text, cut(text))


def make_bertalign() -> Splitter:
    cut = load_alone("bertalign", "utils.py")._split_zh
    return lambda text: ends_of(text, cut(text))


def load_alone(package: str, path: str) -> ModuleType:
    """One module of an installed package, without importing the package (which may want a neural network)."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"{package} is not installed")
    file = Path(next(iter(spec.submodule_search_locations))) / path
    module_spec = importlib.util.spec_from_file_location(f"{package}_alone", file)
    if module_spec is None or module_spec.loader is None:
        raise ImportError(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
