"""How a run scales: workers, planning, its memory, putting together, and what Ray costs a part.

    python benchmarks/scaling.py workers            # with a stub engine of fixed cost that sleeps
    python benchmarks/scaling.py plan --sentences 1000000 --workers 2
    python benchmarks/scaling.py distinct --sentences 10000000
    python benchmarks/scaling.py assemble --sentences 100000 --workers 2 [--no-signals] [--format jsonl]
    python benchmarks/scaling.py ray

Texts are made up: sentences of 20 characters drawn from 3,000, one in five the same as an earlier one.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Self

from corpus.build.run.assemble import assemble_run
from corpus.build.run.distinct import HASH_BYTES, SentenceHashes
from corpus.build.run.files import RunFiles, open_files
from corpus.build.run.manifest import Manifest
from corpus.build.run.plan import plan_run
from corpus.build.run.work import Worker
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine, FakePlan, count_characters
from translate.engines.processes.engine import ProcessEngine
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator

MODEL = LocalModel(get_spec("zh-en-mini"), Path())


def sentences(n: int, seed: int = 1) -> Iterator[str]:
    draw = random.Random(seed)
    characters = [chr(0x4E00 + i) for i in range(3000)]
    earlier: list[str] = []
    for _ in range(n):
        if earlier and draw.random() < 0.2:
            yield draw.choice(earlier)
            continue
        sentence = "".join(draw.choices(characters, k=20)) + "。"
        if len(earlier) < 10_000:
            earlier.append(sentence)
        yield sentence


def documents(folder: Path, n: int) -> Path:
    path = folder / "in.txt"
    with path.open("w", encoding="utf-8") as file:
        for i, sentence in enumerate(sentences(n)):
            file.write(sentence + ("\n" if i % 5 == 4 else ""))
    return path


def translator(engine: FakeEngine | ProcessEngine | None = None) -> Translator:
    return Translator(engine or FakeEngine(), MODEL, DecodeOptions(beam_size=1))


def timed(do: Callable[[], object]) -> float:
    before = time.monotonic()
    do()
    return time.monotonic() - before


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def planned(folder: Path, n: int, part_sentences: int | None = None) -> Path:
    source = documents(folder, n)
    with translator() as used:
        plan_run(source, folder / "run", translator=used, part_sentences=part_sentences)
    return folder / "run"


def workers(seconds: float, each: int) -> None:
    """Throughput of n workers against n times that of one, once all have their engine."""
    print(f"a batch takes {seconds:g} s; about {each} batches a worker")
    alone = 0.0
    for n in (1, 2, 4, 8):
        with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as warm:
            make = partial(FakeEngine, threads=1, plan=FakePlan(seconds=seconds))
            batches: list[int] = []
            with translator(ProcessEngine(make, count_characters, n)) as used:
                # Until the last process has its engine the others do all the work.
                Worker(*manifest_of(planned(Path(warm), 46 * 8 * n, 46 * 16)), used).run()
                run = manifest_of(planned(Path(place), 46 * each * n, 46 * 16))  # so many such sentences make a batch
                worker = Worker(*run, used, on_batch=lambda texts, batches=batches: batches.append(len(texts)))
                processor = time.process_time()
                took = timed(worker.run)
                processor = time.process_time() - processor
        n_decoded = run[1].n_distinct
        speed = n_decoded / took
        alone = alone or speed
        share = len(batches) * seconds / n / took
        print(
            f"{n} workers: {speed:7.1f} sentences/s, efficiency {speed / n / alone:.2f}, "
            f"at work {share:.2f} of the time ({len(batches)} batches); the process that feeds them "
            f"takes {1000 * processor / n_decoded:.2f} ms of a processor a sentence (load {os.getloadavg()[0]:.1f})",
            flush=True,
        )


def manifest_of(run: Path) -> tuple[RunFiles, Manifest]:
    files = open_files(run)
    return files, Manifest.read(files)


def plan(n: int, n_workers: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        source = documents(Path(place), n)
        mb = source.stat().st_size / 1e6
        before = peak_mb()
        with translator() as used, Cost(n_workers) as cost:
            plan_run(source, Path(place) / "run", translator=used, workers=n_workers)
        print(f"{n} sentences, {mb:.0f} MB: {cost.of(mb, 'MB')}, {n / cost.seconds:.0f} sentences/s")
        print(
            f"peak memory {peak_mb():.0f} MB ({before:.0f} before), of the largest other process {cost.peak_mb:.0f} MB"
        )


def distinct(n: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        before = peak_mb()
        hashes = SentenceHashes(Path(place), 60 * n)

        def find() -> None:
            for i in range(n):  # one in five is a copy
                hashes.add(sha256(str(i if i % 5 else i // 7).encode()).digest()[:HASH_BYTES])
            found = hashes.copies()
            print(f"{sum(len(block) for block in found.places())} copies", end=" ")
            print(f"of {sum(len(block) for block in found.by_original())}")

        print(f"{n} hashes: {timed(find):.1f} s, peak memory {peak_mb():.0f} MB ({before:.0f} before)")


def assemble(n: int, n_workers: int, format_: str, *, with_signals: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        run = planned(Path(place), n)
        before = time.process_time()
        with translator() as used:
            n_decoded = Worker(*manifest_of(run), used).run().n_decoded
        each = 1000 * (time.process_time() - before) / n_decoded
        print(f"work, with an engine that answers at once: {each:.2f} ms of a processor a sentence", flush=True)
        out = Path(place) / f"out.{format_}"
        for signals in (False, True) if with_signals else (False,):
            with Cost(n_workers) as cost:
                assemble_run(run, out, signals=signals, workers=n_workers)
            mb = out.stat().st_size / 1e6
            print(f"{n} pairs, {mb:.1f} MB of {format_.upper()}, {'with' if signals else 'without'} signals: ", end="")
            print(f"{n / cost.seconds:.0f} pairs/s, {cost.of(mb, 'MB')}, peak memory {peak_mb():.0f} MB", flush=True)


class Cost:
    """What is done in a ``with`` takes, in this process and in those that it starts.

    Args:
        n_workers: how many it starts.
    """

    def __init__(self, n_workers: int) -> None:
        self._n_workers = n_workers

    def __enter__(self) -> Self:
        self._before = time.monotonic(), time.process_time(), self._others()
        return self

    def __exit__(self, *error: object) -> None:
        since, own, others = self._before
        self.seconds, self._own = time.monotonic() - since, time.process_time() - own
        self._of_others = self._others() - others
        self.peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024

    @staticmethod
    def _others() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def of(self, amount: float, unit: str) -> str:
        """By the clock, and by what the processors did, which tells more where others use them too."""
        own = f"{amount / self._own:.1f} {unit} a second of the processor here"
        if self._of_others:
            own += f" and {amount / self._of_others:.1f} in the other {self._n_workers}"
        return f"{self.seconds:.1f} s, {amount / self.seconds:.2f} {unit}/s ({own}; load {os.getloadavg()[0]:.1f})"


def on_ray() -> None:
    """From the first part to the last, on Ray with one actor and in this process."""
    from corpus.build.run.cluster import Actors, work_on_cluster

    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    load = {"model": "zh-en-mini", "engine": "fake", "beam_size": 1, "threads": 1}
    for where in ("in this process", "on Ray"):
        with tempfile.TemporaryDirectory() as place:
            run, ends = Path(place) / "run", list[float]()
            with Translator.load(**load) as used:
                plan_run(documents(Path(place), 800), run, translator=used, part_sentences=2)
                if where == "on Ray":
                    work_on_cluster(
                        run, "local", load, Actors(1), on_part=lambda entry, ends=ends: ends.append(time.monotonic())
                    )
                else:
                    files = open_files(run)
                    told = Worker(
                        files,
                        Manifest.read(files),
                        used,
                        on_part=lambda entry, ends=ends: ends.append(time.monotonic()),
                    )
                    told.run()
            each = (ends[-1] - ends[0]) / (len(ends) - 1)
            print(f"{len(ends)} parts {where}: {1000 * each:.1f} ms a part", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["workers", "plan", "distinct", "assemble", "ray"])
    parser.add_argument("--sentences", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2, help="processes for plan and assemble")
    parser.add_argument("--no-signals", action="store_true", help="for assemble: only without them")
    parser.add_argument("--format", choices=["tsv", "jsonl"], default="tsv", help="for assemble")
    parser.add_argument("--seconds", type=float, default=1.0, help="that a batch of the stub engine takes")
    parser.add_argument("--batches", type=int, default=30, help="a worker")
    args = parser.parse_args()
    if args.what == "workers":
        workers(args.seconds, args.batches)
    elif args.what == "ray":
        on_ray()
    elif args.what == "distinct":
        distinct(args.sentences)
    elif args.what == "plan":
        plan(args.sentences, args.workers)
    else:
        assemble(args.sentences, args.workers, args.format, with_signals=not args.no_signals)


if __name__ == "__main__":
    main()
