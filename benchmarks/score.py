"""How fast and in how much memory `duizhao score` goes through a corpus.

    python benchmarks/score.py --pairs 1000000 wmt20.zh wmt20.en newstest2019.zh newstest2019.en

The files are Moses pairs, one after the other. As many pairs as asked for are made of their lines: after the first
round each is the beginning of one line and the end of another, so that few are the same and some are near copies.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, help="news.zh news.en more.zh more.en …")
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", default=".tsv", help="suffix of the output")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus.tsv"
        n_characters = write_corpus(corpus, arguments.files, arguments.pairs)
        command = [sys.executable, "-m", "corpus.cli", "score", "-q", f"--workers={arguments.workers}"]
        command += [str(corpus), "-o", str(Path(folder) / f"out{arguments.out}")]
        seconds, processor, peak = measured(command)
    print(
        f"{arguments.pairs} pairs, {n_characters / arguments.pairs:.0f} characters each, {arguments.workers} workers:"
    )
    print(
        f"{seconds:.1f} s ({processor:.1f} s of the processors), {arguments.pairs / seconds:.0f} pairs/s, "
        f"at most {peak:.0f} MB in all processes"
    )


def write_corpus(path: Path, files: list[Path], n_pairs: int) -> int:
    """Write that many pairs; returns their characters."""
    rows = []
    for source, target in zip(files[::2], files[1::2], strict=True):
        sides = (file.read_text(encoding="utf-8").splitlines() for file in (source, target))
        rows += [(zh, en) for zh, en in zip(*sides, strict=True) if zh and en]
    draw = random.Random(1)
    n_characters = 0
    with path.open("w", encoding="utf-8") as out:
        out.write("source\ttarget\n")
        for number in range(n_pairs):
            zh, en = (text.replace("\t", " ") for text in rows[number % len(rows)])
            if number >= len(rows):
                other = rows[draw.randrange(len(rows))]
                cut = draw.random()
                zh = zh[: int(len(zh) * cut)] + other[0].replace("\t", " ")[int(len(other[0]) * cut) :]
                en = en[: int(len(en) * cut)] + " " + other[1].replace("\t", " ")[int(len(other[1]) * cut) :]
            n_characters += len(zh) + len(en)
            out.write(f"{zh}\t{en}\n")
    return n_characters


def measured(command: list[str]) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of all processors, and the most memory of a command and what it starts, in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command)
    peak = [0.0]
    watch = threading.Thread(target=_watch, args=(process, peak))
    watch.start()
    process.wait()
    watch.join()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, used.ru_utime + used.ru_stime, peak[0]


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_resident(pid) for pid in (process.pid, *_children(process.pid))))
        time.sleep(0.2)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _resident(pid: int) -> float:
    """Memory of its own, in MB, with the pages of files that it has mapped."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1000


if __name__ == "__main__":
    main()
