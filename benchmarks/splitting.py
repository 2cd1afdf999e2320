"""Sentence boundaries: precision, recall, F1 and speed, ours and those of other splitters, on gold sets.

    python benchmarks/splitting.py --gold FOLDER [--sets hk pud] [--errors] [--no-peers] [--no-speed]

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
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from translate.text.paragraphs import split_paragraphs
from translate.text.segment import segment
from translate.text.split import split

Splitter = Callable[[str], list[int]]
"""From a text to the offsets at which its sentences end (the end of the text itself need not be among them)."""

GROUP = 10


class Score(NamedTuple):
    """Boundaries found and right, found and wrong, not found."""

    hits: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:  # noqa: D102
        return self.hits / max(1, self.hits + self.wrong)

    @property
    def recall(self) -> float:  # noqa: D102
        return self.hits / max(1, self.hits + self.missed)

    @property
    def f1(self) -> float:  # noqa: D102
        return 2 * self.hits / max(1, 2 * self.hits + self.wrong + self.missed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True, help="folder of ud-zh-* folders")
    parser.add_argument("--sets", nargs="+", help="only these (hk, pud …)")
    parser.add_argument("--errors", action="store_true", help="print each boundary that we get wrong")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--no-speed", action="store_true")
    args = parser.parse_args()
    gold = read_gold(args.gold, args.sets)
    if not gold:
        print(f"no ud-zh-*/*.conllu under {args.gold}; see --help for where to get them", file=sys.stderr)
        return 2
    splitters = {"duizhao": ours, **({} if args.no_peers else peers())}
    print_scores(gold, splitters)
    for name, sentences in parts(args.gold, args.sets):
        print(f"duizhao on {name} alone ({len(sentences)} sentences): F1 {score(ours, sentences).f1:.2%}")
    if args.errors:
        print_errors(gold)
    if not args.no_speed:
        print_speed(gold, read_words(args.gold, args.sets), splitters)
        print_adversarial()
        print_memory()
    return 0


def read_gold(folder: Path, wanted: Iterable[str] | None) -> dict[str, list[str]]:
    """Sentences of each set, in the order of its files."""
    gold: dict[str, list[str]] = {}
    for path in sorted(folder.glob("ud-zh-*/*.conllu")):
        name = path.parent.name.removeprefix("ud-zh-")
        if wanted and name not in wanted:
            continue
        gold.setdefault(name, []).extend(read_sentences(path))
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


def parts(folder: Path, wanted: Iterable[str] | None) -> Iterator[tuple[str, list[str]]]:
    """Each file of a set that has several, for comparison with figures taken on one of them."""
    for path in sorted(folder.glob("ud-zh-*/*.conllu")):
        if len(list(path.parent.glob("*.conllu"))) > 1 and (not wanted or path.parent.name[6:] in wanted):
            yield path.stem, read_sentences(path)


def read_sentences(path: Path) -> list[str]:
    """The raw sentences of a CoNLL-U file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]


def read_words(folder: Path, wanted: Iterable[str] | None) -> list[str]:
    """The words of ten sentences a line, with a space between."""
    words: list[str] = []
    lines: list[str] = []
    n_sentences = 0
    for path in sorted(folder.glob("ud-zh-*/*.conllu")):
        if wanted and path.parent.name.removeprefix("ud-zh-") not in wanted:
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            number, _, rest = line.partition("\t")
            if number.isdigit():
                words.append(rest.partition("\t")[0])
            n_sentences += not line
            if words and not line and n_sentences % GROUP == 0:
                lines.append(" ".join(words))
                words = []
    return lines


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


def print_speed(gold: dict[str, list[str]], words: list[str], splitters: dict[str, Splitter]) -> None:
    """UTF-8 megabytes and characters a second of processor time; the slow ones get a smaller text.

    `segment` is given lines of ten sentences, and the same with a space between words (``words``).
    """
    print("\nspeed on one core, a document of a million characters (best of three; processor time)")
    document = million("".join(sentence for sentences in gold.values() for sentence in sentences))
    for name, sentences in gold.items():
        print(f"{'duizhao, ' + name:24}{rate(ours_raw, million(''.join(sentences)))}")
    print(f"{'duizhao, all sets':24}{rate(ours_raw, document)}")
    paragraphs = "\n".join(text for sentences in gold.values() for text, _ in groups(sentences))
    for name, text in {"paragraphs": paragraphs, "words": "\n".join(words)}.items():
        print(f"{f'duizhao segment(), {name}':28}{rate(segmented, million(text))}")
    for name, splitter in splitters.items():
        if name != "duizhao":
            slow = seconds(splitter, document[:10_000]) > 0.02
            print(f"{name:24}{rate(splitter, document[:50_000] if slow else document)}")


def million(text: str) -> str:
    return (text * (1_000_000 // len(text) + 1))[:1_000_000]


def ours_raw(text: str) -> object:
    return split(text)


def segmented(text: str) -> object:
    return sum(1 for _ in segment(split_paragraphs(text, "d")))


def rate(work: Callable[[str], object], text: str) -> str:
    took = min(seconds(work, text) for _ in range(3))
    return f"{len(text.encode()) / took / 1e6:10.1f} MB/s{len(text) / took / 1e6:10.2f} M characters/s"


def seconds(work: Callable[[str], object], text: str) -> float:
    begin = time.process_time()
    work(text)
    return time.process_time() - begin


ADVERSARIAL = {
    "（": "（", "《": "《", "“": "“", "”": "”", '"': '"', "。": "。", "…": "…", "！？": "！？", ".": ".", "a.": "a. ",
    "spaces": " ", "newlines": "\n", "“好！": "“好！", "（（a）": "（（a）", "（ and text": "（" + "字" * 59,
    "no mark at all": "字", "，": "字，", "1.": "1. ", "http://": "http://", "“字！": "高“字！字",
    "字\u3000": "字字字字\u3000",
}  # fmt: skip


def print_adversarial() -> None:
    print("\nadversarial text: milliseconds for a million characters, and for half as many")
    for label, unit in ADVERSARIAL.items():
        text = million(unit)
        print(f"{label:24}{seconds(ours_raw, text) * 1e3:8.0f}{seconds(ours_raw, text[:500_000]) * 1e3:8.0f}")


MEMORY = """
import re, sys, time
from translate.text.paragraphs import split_paragraphs
from translate.text.segment import segment
piece, n = "他说：“我走了。”然后大家都笑了，没有人留下来。" * 2000, int(sys.argv[1])
line = (Paragraph("d", 0, piece, i * len(piece), final=i == n - 1) for i in range(n))
begin = time.process_time()
found = sum(1 for _ in segment(line))
# Not getrusage: its peak is the parent's when that was larger.
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1e3
size = len(piece.encode()) * n / 1e6
took = time.process_time() - begin
print(f"one line of {size:6.1f} MB: {found:,} sentences, {took:.1f} s, peak {peak:.1f} MB")
"""


def print_memory() -> None:
    """Peak resident memory (Linux) of one long line that comes in pieces, each size in a process of its own."""
    print(flush=True)
    for n in (75, 750):
        subprocess.run([sys.executable, "-c", MEMORY, str(n)], check=True)


def ours(text: str) -> list[int]:
    return [len(text[:end].rstrip()) if text[end - 1].isspace() else end for _, end in split(text)]


def naive(text: str) -> list[int]:
    return [match.end() for match in re.finditer("[。！？]", text)]


def with_closers(text: str) -> list[int]:
    return [match.end() for match in re.finditer('[。！？]+[”’」』）】》"]*', text)]


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
    for sentence in map(str.strip, sentences):
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
