"""How long a corpus takes from one format to another: seconds, megabytes a second, and the most memory.

Usage: ``python benchmarks/export.py BITEXT… [--pairs N] [--given NAME …] [--to NAME …]``

The corpus is made of the pairs of BITEXT (anything that duizhao reads; ``--source-field 1`` for a table without a
header), repeated and numbered until there are N, in documents of 40 lines, with a score and now and then a flag, as a
build writes them. Each export is a process of its own, whose memory is the most that it ever held. Files stay in the
system's cache; on a machine that others use, too, the seconds of the processor say more than those of the clock.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from corpus.pair import PLAIN, Pair
from corpus.readers.bitext import BitextOptions, read_bitext
from corpus.writers.base import RunMeta
from corpus.writers.formats import FORMATS
from corpus.writers.writer import open_writer
from translate.text.records import Sentence

OUT = {name: f"out.{name}" for name in FORMATS} | {"moses": "out", "xliff12": "out.xlf", "xliff21": "out.xlf"}
"""What is written, by format."""

_TO = "import sys; from corpus.cli.main import main; sys.exit(main(sys.argv[1:]))"


def make(texts: list[tuple[str, str]], n_pairs: int) -> Iterator[Pair]:
    """As many pairs, no two alike."""
    start = 0
    for number, (source, target) in enumerate(islice(cycle(texts), n_pairs)):
        doc, line = divmod(number, 40)
        start = 0 if line == 0 else start
        text = source if number < len(texts) else f"{source[:-1]}{number // len(texts)}{source[-1:]}"
        sentence = Sentence(f"news/{doc:06}.txt", line, 0, start, start + len(text), text, text)
        flags = ("number_lost",) if number % 17 == 0 else ()
        yield Pair.translated(sentence, target, -(number % 30_000) / 10_000, flags)
        start += len(text) + 1


def timed(given: Path, out: Path, name: str) -> tuple[float, float, int]:
    """Seconds by the clock, seconds of the processor and peak memory of one export, in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    command = [sys.executable, "-c", _TO, "export", str(given), "-o", str(out), "--format", name, "-q"]
    peak = run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, cpu, peak


def run(command: list[str]) -> int:
    """The most memory, in KiB, that a command held; of it alone, not of those before it."""
    watch = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", watch, *command], check=True, capture_output=True, text=True)
    return int(done.stdout)


def size(folder: Path) -> int:
    """Bytes of what was written, without the sidecar."""
    return sum(path.stat().st_size for path in written(folder) if path.suffix != ".json")


def clear(folder: Path) -> None:
    """Make room for the next."""
    for path in written(folder):
        path.unlink()


def written(folder: Path) -> list[Path]:
    """The files of an export."""
    return [path for path in folder.iterdir() if path.name.startswith("out")]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bitext", nargs="+")
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--source-field", default="source")
    parser.add_argument("--target-field", default="target")
    parser.add_argument("--most", type=int, default=200_000, help="texts taken of the bitexts")
    parser.add_argument("--to", nargs="+", default=list(FORMATS), choices=list(FORMATS))
    parser.add_argument("--given", nargs="+", default=["tsv", "jsonl"], choices=list(FORMATS))
    args = parser.parse_args()
    options = BitextOptions(args.source_field, args.target_field)
    found = (item for path in args.bitext for item in read_bitext(path, options))
    good = (item for item in found if isinstance(item, Pair) and item.source.text and item.target.text)
    texts = [(pair.source.text, pair.target.text) for pair in islice(good, args.most)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for fmt in args.given:
            out = folder / OUT[fmt].replace("out", f"in-{fmt}")
            with open_writer(out, fmt, RunMeta("benchmark", "0", origin="machine"), PLAIN) as writer:
                writer.write_all(make(texts, args.pairs))
        print(f"{args.pairs:,} pairs of {len(texts):,} texts")
        print(f"{'from':8} {'to':8} {'s':>6} {'cpu s':>6} {'MB out':>7} {'MB/s':>6} {'peak MB':>8}")
        for given in args.given:
            source = folder / (f"in-{given}.zh" if given == "moses" else OUT[given].replace("out", f"in-{given}"))
            for fmt in args.to:
                out = folder / OUT[fmt]
                seconds, cpu, peak = timed(source, out, fmt)
                n_bytes = size(folder)
                clear(folder)
                rate = n_bytes / 1e6 / seconds
                print(
                    f"{given:8} {fmt:8} {seconds:6.1f} {cpu:6.1f} {n_bytes / 1e6:7.0f} {rate:6.1f} {peak / 1024:8.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
