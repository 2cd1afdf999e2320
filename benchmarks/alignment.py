"""Alignment of sentences and of words, beside other ways: agreement with links by hand, seconds and memory.

    python benchmarks/alignment.py --gold FOLDER [--model NAME] [--parallel ZH EN] [--peers] [--splitters]
    python benchmarks/alignment.py [--book N] [--long N BITEXT]
    python benchmarks/alignment.py --words benchmarks/words/zh-en.gold.tsv [--learn-from BITEXT]

FOLDER holds texts with links by hand: ``NAME.zh`` and ``NAME.en``, a sentence a line, and ``NAME.gold``, a link a line
(``[0, 1]:[0]``), as the MAC corpus has them (https://github.com/bfsujason/mac). None of it is part of this repository.

``--parallel`` takes two files aligned line by line, and makes of them a text with known links: of 400 lines at a time,
8 in 100 are joined with the next on either side, 3 in 100 lose either side, and now and then 5 to 25 in a row do.

``--splitters`` measures English sentence boundaries on the English of the gold folder, its lines joined
(``NAME.en.par`` tells a line's paragraph), beside sentencex, pysbd and syntok where they are installed.

With either there follow rows for what stands on one side only: sentences here and there, every other text (a missing
chapter), and boilerplate before the first text and forty notes that stand elsewhere and in reverse order on
the other side. Beside it what is right in the same texts alone.

``--long N BITEXT`` makes such a text of the first N pairs of a bitext in the order of its documents (a Chinese
sentence, a tab, its English a line; ``.xz`` too), with a hundredth missing on either side, and aligns it as ``duizhao
align --presplit --no-translation`` does, in a process of its own.

Baseline: Gale and Church (1993) over characters, in the same search. ``--peers`` runs the aligners of
benchmarks/aligners.py that are installed.

``--words`` measures links between words: alignment error rate (Och and Ney 2003), on the tokens of the gold file and on
our own, whose links are carried over to those that share a character. A line of the file is a name, the tokens of both
sides with blanks between, and the links, ``0-0`` sure and ``0p1`` possible, with tabs between. ``--learn-from`` names a
bitext of tokens, a tab between the sides, which the word aligners of benchmarks/word_aligners.py learn from, together
with the gold file's own text.
"""

from __future__ import annotations

import argparse
import itertools
import lzma
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from math import erfc, log, sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.align.english import split_english
from corpus.align.files import align_files, pair_files
from corpus.align.linker import WordLinker
from corpus.align.links import Link, Sets, agreement, read_links
from corpus.align.search import N_MATCHED, NEVER, SCALE, SHAPES, Band, Costs, best_path
from corpus.align.sentences import align_sentences
from corpus.align.translations import TranslationStore
from corpus.align.words import linker_for
from corpus.words.agreement import WordModel
from corpus.words.links import Link as WordLink
from corpus.words.links import WordLinks, error_rate, parse_pharaoh
from corpus.words.model import align_pairs, learn_model, packaged_model
from corpus.words.tokens import Span
from corpus.words.training import learn_words
from translate import Translator


class Gold(NamedTuple):
    """A text with its links."""

    name: str
    sources: list[str]
    targets: list[str]
    links: list[Sets]


def read_gold(folder: Path) -> Iterator[Gold]:
    for path in sorted(folder.glob("*.gold")):
        sides = [path.with_suffix(suffix).read_text("utf-8").split("\n")[:-1] for suffix in (".zh", ".en")]
        yield Gold(path.stem, sides[0], sides[1], read_links(path))


# -- other ways ------------------------------------------------------------------------------------------------------

_GALE_CHURCH = {(1, 1): 0.89, (1, 2): 0.0445, (2, 1): 0.0445, (2, 2): 0.011, (1, 0): 0.00495, (0, 1): 0.00495}


class GaleChurch:
    """Lengths in characters and nothing else."""

    def __init__(self, sources: Sequence[str], targets: Sequence[str]) -> None:
        self._sums = [np.cumsum([0, *map(len, side)]) for side in (sources, targets)]
        self._ratio = self._sums[1][-1] / max(1, self._sums[0][-1])

    def scores(self, rows: range, columns: range) -> NDArray[np.int64]:  # noqa: D102  (a LinkScorer's)
        block = np.full((N_MATCHED, len(rows), len(columns)), NEVER)
        for shape, (a, b) in enumerate(SHAPES[:N_MATCHED]):
            if (a, b) in _GALE_CHURCH:
                for x, i in enumerate(rows):
                    for y, j in enumerate(columns):
                        if i + a < len(self._sums[0]) and j + b < len(self._sums[1]):
                            block[shape, x, y] = self._score(i, a, j, b)
        return block

    def _score(self, i: int, a: int, j: int, b: int) -> int:
        source, target = self._sums[0][i + a] - self._sums[0][i], self._sums[1][j + b] - self._sums[1][j]
        delta = (target - source * self._ratio) / sqrt(6.8 * max(1, (source * self._ratio + target) / 2))
        return round(log(max(1e-12, erfc(abs(delta) / sqrt(2)))) * SCALE)


def gale_church(sources: Sequence[str], targets: Sequence[str]) -> list[tuple[range, range]]:
    priors = [round(log(_GALE_CHURCH.get(shape, 1e-9)) * SCALE) for shape in SHAPES]
    costs = Costs(priors, 0, min(priors))  # a passage costs more than its sentences
    return best_path(Band.whole(len(sources), len(targets)), GaleChurch(sources, targets), costs)


# -- texts made of parallel lines ------------------------------------------------------------------------------------


def made(zh: Path, en: Path) -> Iterator[Gold]:
    lines = [line for line in zip(*(p.read_text("utf-8").split("\n") for p in (zh, en)), strict=True) if all(line)]
    for start in range(0, len(lines), 400):
        yield _spoilt(f"{zh.stem}-{start}", lines[start : start + 400], random.Random(start))


class Book:
    """A text under way, with its links."""

    def __init__(self, name: str) -> None:
        self.text = Gold(name, [], [], [])
        self.parts: list[str] = []
        """Of each link the part that it is of."""

    def add(
        self, part: str, sources: Sequence[str], targets: Sequence[str], links: Sequence[Sets] | None = None
    ) -> None:
        """Add sentences; without links all of them are one link."""
        first, second = len(self.text.sources), len(self.text.targets)
        self.text.sources.extend(sources)
        self.text.targets.extend(targets)
        one = [(frozenset(range(len(sources))), frozenset(range(len(targets))))]
        for source, target in one if links is None else links:
            self.text.links.append((frozenset(first + i for i in source), frozenset(second + j for j in target)))
            self.parts.append(part)

    def add_alone(self, part: str, sources: Sequence[str] = (), targets: Sequence[str] = ()) -> None:
        """Add sentences of which none has a counterpart."""
        for sentence in sources:
            self.add(part, [sentence], [])
        for sentence in targets:
            self.add(part, [], [sentence])


def _spoilt(name: str, lines: Sequence[Sequence[str]], luck: random.Random) -> Gold:
    book = Book(name)
    index = 0
    while index < len(lines):
        chance, (chinese, english) = luck.random(), lines[index]
        following = lines[index + 1] if index + 1 < len(lines) else None
        if chance < 0.016:
            missing = lines[index : index + luck.randint(5, 25)]
            for pair in missing:
                book.add("", [pair[0]] if chance < 0.008 else [], [] if chance < 0.008 else [pair[1]])
            index += len(missing)
            continue
        if chance < 0.176 and following:
            joined = chance < 0.096
            book.add(
                "",
                [chinese + following[0]] if joined else [chinese, following[0]],
                [english, following[1]] if joined else [f"{english} {following[1]}"],
            )
            index += 2
            continue
        book.add("", [] if 0.2 < chance < 0.23 else [chinese], [] if 0.23 < chance < 0.26 else [english])
        index += 1
    return book.text


# -- texts with something missing ------------------------------------------------------------------------------------

_BOILERPLATE = (
    ["版权所有 翻印必究", "本书由某某出版社出版，电话 010-12345678。", "目录", "第一章", "第二章", "第三章"],
    [
        "This eBook is for the use of anyone anywhere at no cost.",
        "You may copy it, give it away or re-use it.",
        "Produced by volunteers.",
        "Contents",
        "Transcriber's note",
    ],
)


def with_chapters_missing(texts: Sequence[Gold], kept: int) -> Book:
    """Every other text on both sides, the others on either side by turns."""
    book = Book("every other chapter missing")
    for index, text in enumerate(texts):
        if index % 2 == kept:
            book.add("kept", text.sources, text.targets, text.links)
        elif index % 4 < 2:
            book.add_alone("missing", sources=text.sources)
        else:
            book.add_alone("missing", targets=text.targets)
    return book


def with_sentences_missing(texts: Sequence[Gold], kept: int) -> Book:
    """Six in a hundred of the sentences that are linked 1:1 lose one side."""
    book = Book("sentences missing")
    luck = random.Random(kept)
    for text in texts[kept::2]:
        for source, target in text.links:
            sources, targets = [text.sources[i] for i in sorted(source)], [text.targets[j] for j in sorted(target)]
            chance = luck.random() if len(sources) == len(targets) == 1 else 1.0
            if chance < 0.06:
                book.add_alone("missing", *((sources, ()) if chance < 0.03 else ((), targets)))
            else:
                book.add("kept", sources, targets)
    return book


def with_notes(texts: Sequence[Gold], kept: int, notes: Sequence[Gold]) -> Book:
    """Boilerplate, and notes behind the first text that are at the end, and in reverse order, on the other side."""
    book = Book("boilerplate, notes elsewhere")
    pairs = [
        (text.sources[min(source)], text.targets[min(target)])
        for text in notes
        for source, target in text.links
        if len(source) == len(target) == 1
    ][:40]
    book.add_alone("boilerplate", *_BOILERPLATE)
    for index, text in enumerate(texts[kept::2]):
        book.add("kept", text.sources, text.targets, text.links)
        if not index:
            book.add_alone("notes", sources=[source for source, _ in pairs])
    book.add_alone("notes", targets=[target for _, target in reversed(pairs)])
    return book


def report_missing(title: str, texts: Sequence[Gold], notes: Sequence[Gold]) -> None:
    """How much is right in texts alone, and in the same beside what has no counterpart."""
    print(f"\n{title}, no translations: links right, those without counterpart among them")
    for kept in (0, 1):
        alone = sum(len(set(align_alone(text)) & set(text.links)) for text in texts[kept::2])
        n_links = sum(len(text.links) for text in texts[kept::2])
        print(f"{'the texts alone':28} {alone}/{n_links}", flush=True)
        for book in (
            with_sentences_missing(texts, kept),
            with_chapters_missing(texts, kept),
            with_notes(texts, kept, notes),
        ):
            found = set(align_alone(book.text))
            right: dict[str, list[int]] = {}
            for link, part in zip(book.text.links, book.parts, strict=True):
                counts = right.setdefault(part, [0, 0])
                counts[0] += link in found
                counts[1] += 1
            parts = ", ".join(f"{part} {n}/{of}" for part, (n, of) in sorted(right.items()))
            print(f"{book.text.name:28} {parts}", flush=True)


def align_alone(text: Gold) -> list[Sets]:
    return as_sets(align_sentences(text.sources, text.targets, [""] * len(text.sources)))


# -- measuring -------------------------------------------------------------------------------------------------------


def as_sets(links: Sequence[Link] | Sequence[tuple[range, range]]) -> list[Sets]:
    pairs = [(link.source, link.target) if isinstance(link, Link) else link for link in links]
    return [(frozenset(source), frozenset(target)) for source, target in pairs]


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(name: str, texts: Sequence[Gold], align: Callable[[Gold], list[Sets]]) -> None:
    began = time.process_time()
    results = [(align(text), text.links) for text in texts]
    seconds = time.process_time() - began
    strict, lax = agreement(results), agreement(results, lax=True)
    each = " ".join(f"{agreement([result]).f1:.3f}" for result in results)
    print(
        f"{name:28} strict {strict.f1:.3f} (P {strict.precision:.3f} R {strict.recall:.3f}) lax {lax.f1:.3f} "
        f"{seconds:6.1f} CPU s {_peak():5.0f} MB so far   strict by text: {each}",
        flush=True,
    )


def compare_peers(texts: Sequence[Gold], known: dict[str, list[str]]) -> None:
    import aligners

    for name, align in aligners.installed():

        def run(text: Gold, align: aligners.Aligner = align) -> list[Sets]:
            return align(text.sources, text.targets, known[text.name])

        report(name, texts, run)


def compare(title: str, texts: Sequence[Gold], translator: Translator, store: TranslationStore, *, peers: bool) -> None:
    n = [sum(len(side) for side in sides) for sides in zip(*((t.sources, t.targets) for t in texts), strict=True)]
    print(f"\n{title}: {len(texts)} texts, {n[0]} Chinese and {n[1]} English sentences")
    report("Gale-Church (own)", texts, lambda text: as_sets(gale_church(text.sources, text.targets)))

    report("duizhao, no translations", texts, align_alone)
    began = time.process_time()
    known = {text.name: store.translate(text.sources, translator) for text in texts}
    translating = time.process_time() - began
    report("duizhao", texts, lambda text: as_sets(align_sentences(text.sources, text.targets, known[text.name])))
    print(f"translating took {translating:.1f} CPU s, before that")
    if peers:
        compare_peers(texts, known)


# -- English sentence boundaries -------------------------------------------------------------------------------------


def splitters() -> Iterator[tuple[str, Callable[[str], list[str]]]]:
    yield "duizhao", lambda text: [text[start:end] for start, end in split_english(text)]
    try:
        import sentencex

        yield "sentencex", lambda text: list(sentencex.segment("en", text))
    except ImportError:
        print("sentencex is not installed")
    try:
        import pysbd

        yield "pysbd", pysbd.Segmenter(language="en", clean=False).segment
    except ImportError:
        print("pysbd is not installed")
    try:
        from syntok import segmenter

        def syntok(text: str) -> list[str]:
            sentences = (sentence for paragraph in segmenter.process(text) for sentence in paragraph)
            return ["".join(token.spacing + token.value for token in sentence) for sentence in sentences]

        yield "syntok", syntok
    except ImportError:
        print("syntok is not installed")


def measure_splitters(folder: Path) -> None:
    paragraphs: dict[tuple[str, str], list[str]] = {}
    for path in sorted(folder.glob("*.en")):
        numbers = Path(f"{path}.par").read_text("utf-8").split()
        for line, number in zip(path.read_text("utf-8").split("\n")[:-1], numbers, strict=True):
            paragraphs.setdefault((path.name, number), []).append(line.strip())
    print(f"\nEnglish sentence boundaries within {len(paragraphs)} paragraphs")
    for name, split in splitters():
        hits = wrong = missed = 0
        began = time.perf_counter()
        for lines in paragraphs.values():
            gold, found = _ends(lines)[:-1], _ends(split(" ".join(lines)))[:-1]
            hits += len(set(gold) & set(found))
            wrong += len(set(found) - set(gold))
            missed += len(set(gold) - set(found))
        seconds = time.perf_counter() - began
        f1 = 2 * hits / (2 * hits + wrong + missed)
        print(f"{name:12} F1 {f1:.3f} P {hits / (hits + wrong):.3f} R {hits / (hits + missed):.3f} {seconds:.2f} s")


def _ends(sentences: Sequence[str]) -> list[int]:
    return np.cumsum([len("".join(sentence.split())) for sentence in sentences]).tolist()


# -- words -----------------------------------------------------------------------------------------------------------


class WordGold(NamedTuple):
    """A sentence pair whose words are linked by hand."""

    source: list[str]
    target: list[str]
    sure: list[WordLink]
    possible: list[WordLink]


def read_word_gold(path: Path) -> list[WordGold]:
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    return [WordGold(row[1].split(), row[2].split(), *parse_pharaoh(row[3], row[0])) for row in rows]


def report_words(name: str, gold: Sequence[WordGold], align: Callable[[], list[list[WordLink]]]) -> None:
    began = time.perf_counter(), os.times()
    found = align()
    ended = os.times()
    seconds = sum(ended[:4]) - sum(began[1][:4])
    rows = [(links, pair.sure, pair.possible) for links, pair in zip(found, gold, strict=True)]
    letters = [
        tuple([link for link in links if _joins_words(pair, link)] for links in row)
        for row, pair in zip(rows, gold, strict=True)
    ]
    right = sum(len(set(links) & {*sure, *possible}) for links, sure, possible in rows)
    n_sure = sum(len(set(links) & set(sure)) for links, sure, _ in rows)
    print(
        f"{name:44} AER {100 * error_rate(rows):4.1f}, without marks {100 * error_rate(letters):4.1f}   "
        f"P {right / sum(len(links) for links, _, _ in rows):.3f} R {n_sure / sum(len(s) for _, s, _ in rows):.3f} "
        f"{seconds:6.1f} CPU s {time.perf_counter() - began[0]:6.1f} s",
        flush=True,
    )


def _joins_words(pair: WordGold, link: WordLink) -> bool:
    return any(map(str.isalnum, pair.source[link[0]])) and any(map(str.isalnum, pair.target[link[1]]))


def joined(tokens: Sequence[str]) -> tuple[str, list[Span]]:
    """Tokens as a text, with a space between two that are of Latin letters or figures; and their places in it."""
    text, spans = "", []
    for token in tokens:
        text += " " if text and text[-1].isascii() and token[0].isascii() else ""
        spans.append((len(text), len(text) + len(token)))
        text += token
    return text, spans


def on_own_tokens(gold: Sequence[WordGold], model: WordModel) -> list[list[WordLink]]:
    sides = [(joined(pair.source), joined(pair.target)) for pair in gold]
    found = align_pairs([(source[0], target[0]) for source, target in sides], model)
    return [_carried(links, source[1], target[1]) for links, (source, target) in zip(found, sides, strict=True)]


def _carried(links: WordLinks, source: Sequence[Span], target: Sequence[Span]) -> list[WordLink]:
    """Links between those tokens of the gold file that share a character with ours."""
    return sorted(
        {
            (i, j)
            for (a, b), (c, d) in links.spans
            for i, (first, last) in enumerate(source)
            if first < b and a < last
            for j, (begin, end) in enumerate(target)
            if begin < d and c < end
        }
    )


def as_it_comes(gold: Sequence[WordGold], linker: WordLinker) -> list[list[WordLink]]:
    sides = [(joined(pair.source), joined(pair.target)) for pair in gold]
    found = linker([(source[0], target[0]) for source, target in sides])
    return [_carried(links, source[1], target[1]) for links, (source, target) in zip(found, sides, strict=True)]


def on_gold_tokens(gold: Sequence[WordGold], model: WordModel) -> list[list[WordLink]]:
    return [list(found.links()) for found in model.agreements(model.look_up([(p.source, p.target) for p in gold]))]


def measure_words(path: Path, learn_from: Path | None) -> None:
    import word_aligners

    gold = read_word_gold(path)
    n_sure, n_possible = sum(len(pair.sure) for pair in gold), sum(len(pair.possible) for pair in gold)
    print(f"\n{path.name}: {len(gold)} sentence pairs, {n_sure} sure and {n_possible} possible links")
    linker = linker_for("attention")
    report_words("duizhao, as it comes", gold, lambda: as_it_comes(gold, linker))
    for half, name in enumerate(("chosen by", "held out")):
        some = gold[half::2]
        report_words(f"  the half of it that was {name}", some, lambda some=some: as_it_comes(some, linker))
    measured = [(joined(pair.source), joined(pair.target)) for pair in gold]
    for name, way in word_aligners.translator_ways():
        report_words(f"{name}, file's tokens", gold, lambda way=way: way(measured))
    report_words("duizhao, table in the package", gold, lambda: on_own_tokens(gold, packaged_model()))
    report_words("the same, on the tokens of the file", gold, lambda: on_gold_tokens(gold, packaged_model()))
    texts = [(joined(pair.source)[0], joined(pair.target)[0]) for pair in gold]
    pairs = [(pair.source, pair.target) for pair in gold]
    if learn_from is not None:
        lines = [line.split("\t") for line in learn_from.read_text("utf-8").splitlines()]
        texts = [(source.replace(" ", ""), target) for source, target in lines] + texts
        pairs = [(source.split(), target.split()) for source, target in lines] + pairs
    print(f"from here on each has learnt from the same {len(pairs)} pairs, those of the file among them")
    report_words("duizhao, table and what it learnt", gold, lambda: on_own_tokens(gold, learn_model(texts)))
    report_words("duizhao without the table, file's tokens", gold, lambda: on_gold_tokens(gold, learn_words(pairs)))
    for name, align in word_aligners.installed():
        report_words(f"{name}, file's tokens", gold, lambda align=align: align(pairs, len(gold)))


# -- a book ----------------------------------------------------------------------------------------------------------


def align_book(n: int) -> None:
    """A book of made-up words, eight a sentence, beside itself; either side lacks a chapter."""
    rng = np.random.default_rng(1)
    syllables = ["".join(pair) for pair in np.array(np.meshgrid(list("bdfgklmnprst"), list("aeiou"))).T.reshape(-1, 2)]
    words = ["".join(rng.choice(syllables, 3)) for _ in range(20_000)]
    ranks = np.minimum(rng.zipf(1.3, (n, 8)) - 1, len(words) - 1)
    texts = [" ".join(words[rank] for rank in row) + "." for row in ranks]
    chapter = n // 50
    left, right = texts[: 10 * chapter] + texts[11 * chapter :], texts[: 30 * chapter] + texts[31 * chapter :]
    began = time.process_time()
    links = align_sentences(["好。"] * len(left), right, left)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    position = {text: index for index, text in enumerate(right)}
    n_right = sum(position.get(left[i]) in link.target for link in links for i in link.source)
    print(f"book of {n} sentences: {seconds:.0f} CPU s, {peak:.0f} MB, {n_right} of {len(right) - chapter} found")


def _lines(path: Path) -> Iterator[list[str]]:
    with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n").split("\t")[:2]


def long_text(n: int, path: Path) -> Gold:
    lines = list(itertools.islice(_lines(path), n))
    book = Book("long")
    chapter = n // 100
    places = [0, 30 * chapter, 31 * chapter, 70 * chapter, 71 * chapter, len(lines)]
    for number, (start, end) in enumerate(itertools.pairwise(places)):
        part = lines[start:end]
        if number % 2:
            side = [pair[number // 2] for pair in part]
            book.add_alone("missing", *((side,) if number == 1 else ((), side)))
        else:
            text = _spoilt("", part, random.Random(number))
            book.add("", text.sources, text.targets, text.links)
    return book.text


def align_long(n: int, path: Path) -> None:
    """As the command does it, from files to a corpus."""
    with tempfile.TemporaryDirectory() as folder:
        sides = [str(Path(folder) / name) for name in ("book.zh.txt", "book.en.txt")]
        _write_long(n, path, sides)
        began = time.process_time(), time.perf_counter()
        pairs, _ = pair_files(*sides)
        links = str(Path(folder) / "links")
        report = align_files(pairs, Path(folder) / "out.tsv", translator=None, presplit=True, links=links)
        seconds, waited = time.process_time() - began[0], time.perf_counter() - began[1]
        peak = _peak()
        text = long_text(n, path)
        result = [(read_links(links), text.links)]
    strict, lax = agreement(result), agreement(result, lax=True)
    print(
        f"{len(text.sources)} Chinese and {len(text.targets)} English sentences of {path.name}: {seconds:.0f} CPU s "
        f"({waited:.0f} s), {peak:.0f} MB, strict {strict.f1:.3f} (P {strict.precision:.3f} R {strict.recall:.3f}) "
        f"lax {lax.f1:.3f}, {sum(not all(link) for link in set(result[0][0]) & set(text.links))} of "
        f"{sum(not all(link) for link in text.links)} without counterpart alone; {sum(report.kinds.values())} links"
    )


def _write_long(n: int, path: Path, sides: Sequence[str]) -> None:
    # In a process of its own, so that what it holds is not measured.
    code = (
        "import sys; from alignment import *; write_sides(long_text(int(sys.argv[1]), Path(sys.argv[2])), sys.argv[3:])"
    )
    folder = str(Path(__file__).parent)
    subprocess.run(
        [sys.executable, "-c", code, str(n), str(path), *sides],
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path])},
    )


def write_sides(text: Gold, sides: Sequence[str]) -> None:
    for name, sentences in zip(sides, (text.sources, text.targets), strict=True):
        Path(name).write_text("".join(f"{sentence}\n" for sentence in sentences), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--parallel", type=Path, nargs=2, action="append", default=[], metavar=("ZH", "EN"))
    parser.add_argument("--model", default="zh-en-mini")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--translations", type=Path, help="folder in which translations are kept")
    parser.add_argument("--peers", action="store_true", help="other aligners that are installed")
    parser.add_argument("--words", type=Path, metavar="GOLD", help="links between words, by hand")
    parser.add_argument("--learn-from", type=Path, metavar="BITEXT", help="tokens that word aligners learn from")
    parser.add_argument("--splitters", action="store_true")
    parser.add_argument("--book", type=int, action="append", default=[], help="sentences of a made-up book")
    parser.add_argument("--long", nargs=2, action="append", default=[], metavar=("N", "BITEXT"))
    parser.add_argument("--long-here", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--book-here", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.book_here:
        align_book(args.book_here)
        return
    if args.long_here:
        align_long(int(args.long_here[0]), Path(args.long_here[1]))
        return
    if args.gold or args.parallel:
        with Translator.load(args.model, beam_size=1, threads=args.threads) as translator:
            store = TranslationStore(args.translations, translator.decoding)
            print(translator.decoding)
            texts = {args.gold.name: list(read_gold(args.gold))} if args.gold else {}
            texts |= {zh.name: list(made(zh, en)) for zh, en in args.parallel}
            for title, known in texts.items():
                compare(title, known, translator, store, peers=args.peers)
            for title, known in texts.items():
                others = [other for name, other in texts.items() if name != title]
                report_missing(title, known, others[-1] if others else [])
    if args.splitters and args.gold:
        measure_splitters(args.gold)
    if args.words:
        measure_words(args.words, args.learn_from)
    for n in args.book:
        subprocess.run([sys.executable, __file__, "--book-here", str(n)], check=True)
    for n, bitext in args.long:
        subprocess.run([sys.executable, __file__, "--long-here", n, bitext], check=True)


if __name__ == "__main__":
    main()
