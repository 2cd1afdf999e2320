"""Wall time, characters a second and peak memory of the main job.

Runs ``duizhao build`` in a process of its own on the seed article, and on a larger document made from it in which
no two sentences are alike (else the translator would decode each only once, which would flatter it)::

    python benchmarks/main_job.py                                     # the seed article and 10 MB
    python benchmarks/main_job.py --megabytes 1
    python benchmarks/main_job.py --engine fake --megabytes 1 10 100  # is time linear, and memory level?
    python benchmarks/main_job.py --megabytes 0.3 --share             # what everything around the network costs

Prints a table, or with ``--json`` a line of JSON a row. Peak memory is that of the largest process, as the
operating system counts it. ``--share`` builds each document a second time with an engine that translates nothing,
in a folder of its own, and divides the processor times, both without what starting up on an empty file takes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

SEED = Path(__file__).parents[1] / "examples" / "hainan.txt"


@dataclass(frozen=True)
class Row:
    """One run: sizes in bytes and code points, time on the clock and of the processors in seconds, memory in MB."""

    job: str
    n_bytes: int
    n_chars: int
    n_pairs: int
    seconds: float
    cpu_seconds: float
    chars_per_second: float
    peak_mb: float


def grown(seed: str, n_bytes: int) -> Iterator[str]:
    """Lines of about ``n_bytes`` of UTF-8 made from the seed article, a paragraph a copy, every sentence numbered.

    One by one: a process starts with the peak memory of the one that starts it, so this one must stay small.
    """
    sentences = [sentence.strip() + " 。" for sentence in seed.split("。") if sentence.strip()]
    size = count = 0
    while size < n_bytes:
        numbered = []
        for sentence in sentences:
            count += 1
            numbered.append(f"{sentence[:-2]} 第 {count} 次 。")
        line = " ".join(numbered) + "\n"
        size += len(line.encode())
        yield line


def measure(job: str, text: Iterable[str], options: list[str]) -> Row:
    """Build a corpus from ``text`` in a fresh folder and a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in.txt", Path(folder) / "out.jsonl"
        n_chars = 0
        with source.open("w", encoding="utf-8") as file:
            for part in text:
                n_chars += file.write(part)
        n_bytes = source.stat().st_size
        command = [sys.executable, "-m", "corpus.cli", "-q", "build", str(source), "-o", str(out), *options]
        started = time.perf_counter()
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(SEED.parents[1])})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if status:
            raise SystemExit(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
        with out.open(encoding="utf-8") as rows:
            n_pairs = sum(1 for _ in rows)
    cpu = usage.ru_utime + usage.ru_stime
    return Row(job, n_bytes, n_chars, n_pairs, seconds, cpu, n_chars / seconds, _peak_mb(usage))


def _peak_mb(usage: resource.struct_rusage) -> float:
    # ru_maxrss is in kilobytes on Linux, in bytes on macOS.
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--megabytes", type=float, nargs="*", default=[10], help="sizes of the larger documents; none with no number"
    )
    parser.add_argument("--share", action="store_true", help="build each document without a network as well")
    parser.add_argument("--model", default="zh-en-mini")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--beam-size", default=None)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    options = ["--model", args.model, "--engine", args.engine]
    if args.beam_size:
        options += ["--beam-size", args.beam_size]
    seed = SEED.read_text(encoding="utf-8")
    jobs = [("seed, first run", 0.0), ("seed", 0.0), *((f"{size:g} MB", size) for size in args.megabytes)]
    if not args.json:
        print(f"{'job':<16} {'bytes':>11} {'pairs':>9} {'seconds':>9} {'CPU s':>9} {'characters/s':>13} {'peak MB':>8}")
    for job, size in jobs:
        n_bytes = int(size * 1e6)
        row = measure(job, grown(seed, n_bytes) if n_bytes else [seed], options)
        report(row, as_json=args.json)
        if args.share and n_bytes:
            around = measure(f"{job}, no network", grown(seed, n_bytes), [*options, "--engine", "fake"])
            report(around, as_json=args.json)
            idle = measure("start", ["好。"], options).cpu_seconds
            idle_around = measure("start", ["好。"], [*options, "--engine", "fake"]).cpu_seconds
            share = (around.cpu_seconds - idle_around) / (row.cpu_seconds - idle)
            print(json.dumps({"job": job, "share_around_network": share}) if args.json else f"{share:.1%} of it")


def report(row: Row, *, as_json: bool) -> None:
    """Print a row."""
    if as_json:
        print(json.dumps(asdict(row)), flush=True)
        return
    numbers = f"{row.seconds:>9.2f} {row.cpu_seconds:>9.2f} {row.chars_per_second:>13,.0f} {row.peak_mb:>8.0f}"
    print(f"{row.job:<16} {row.n_bytes:>11,} {row.n_pairs:>9,} {numbers}", flush=True)


if __name__ == "__main__":
    main()
