"""Wall time, characters a second and peak memory of the main job.

Runs ``duizhao build`` in a process of its own on the seed article, and on a larger document made from it in which
no two sentences are alike (else the translator would decode each only once, which would flatter it)::

    python benchmarks/main_job.py                 # the seed article and 10 MB
    python benchmarks/main_job.py --megabytes 1
    python benchmarks/main_job.py --engine fake   # everything but the neural network

Prints a table, or with ``--json`` a line of JSON a row. Peak memory is that of the largest process, as the
operating system counts it.
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
from dataclasses import asdict, dataclass
from pathlib import Path

SEED = Path(__file__).parents[1] / "examples" / "hainan.txt"


@dataclass(frozen=True)
class Row:
    """One run: sizes in bytes and code points, time in seconds, memory in MB."""

    job: str
    n_bytes: int
    n_chars: int
    n_pairs: int
    seconds: float
    chars_per_second: float
    peak_mb: float


def grown(seed: str, n_bytes: int) -> str:
    """About ``n_bytes`` of UTF-8 made from the seed article, a paragraph a copy, every sentence numbered."""
    sentences = [sentence.strip() + " 。" for sentence in seed.split("。") if sentence.strip()]
    lines: list[str] = []
    size = count = 0
    while size < n_bytes:
        numbered = []
        for sentence in sentences:
            count += 1
            numbered.append(f"{sentence[:-2]} 第 {count} 次 。")
        lines.append(" ".join(numbered))
        size += len(lines[-1].encode()) + 1
    return "\n".join(lines) + "\n"


def measure(job: str, text: str, options: list[str]) -> Row:
    """Build a corpus from ``text`` in a fresh folder and a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in.txt", Path(folder) / "out.jsonl"
        source.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "corpus.cli", "-q", "build", str(source), "-o", str(out), *options]
        started = time.perf_counter()
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(SEED.parents[1])})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if status:
            raise SystemExit(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
        with out.open(encoding="utf-8") as rows:
            n_pairs = sum(1 for _ in rows)
    return Row(job, len(text.encode()), len(text), n_pairs, seconds, len(text) / seconds, _peak_mb(usage))


def _peak_mb(usage: resource.struct_rusage) -> float:
    # ru_maxrss is in kilobytes on Linux, in bytes on macOS.
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=10, help="size of the larger document; 0 for none")
    parser.add_argument("--model", default="zh-en-mini")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--beam-size", default=None)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    options = ["--model", args.model, "--engine", args.engine]
    if args.beam_size:
        options += ["--beam-size", args.beam_size]
    seed = SEED.read_text(encoding="utf-8")
    jobs = [("seed, first run", seed), ("seed", seed)]
    if args.megabytes:
        jobs.append((f"{args.megabytes:g} MB", grown(seed, int(args.megabytes * 1e6))))
    if not args.json:
        print(f"{'job':<16} {'bytes':>11} {'pairs':>8} {'seconds':>9} {'characters/s':>13} {'peak MB':>8}")
    for job, text in jobs:
        row = measure(job, text, options)
        if args.json:
            print(json.dumps(asdict(row)), flush=True)
        else:
            numbers = f"{row.seconds:>9.2f} {row.chars_per_second:>13,.0f} {row.peak_mb:>8.0f}"
            print(f"{row.job:<16} {row.n_bytes:>11,} {row.n_pairs:>8,} {numbers}", flush=True)


if __name__ == "__main__":
    main()
