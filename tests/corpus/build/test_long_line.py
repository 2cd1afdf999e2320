"""A document that is one line of 100 MB goes through in memory that does not grow with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SENTENCE = "海南是全国首个与腾讯公司建立战略合作关系的省份，双方携手打造第{}个示范区。"


def one_line(path: Path, n_bytes: int) -> int:
    """A file of one line, no two sentences alike; returns how many there are."""
    n_sentences = size = 0
    with path.open("wb") as out:
        while size < n_bytes:
            block = "".join(SENTENCE.format(n_sentences + i) for i in range(1000)).encode()
            out.write(block)
            size += len(block)
            n_sentences += 1000
    return n_sentences


def peak_mb(*args: str) -> float:
    """Peak memory in MB of ``duizhao`` with these arguments."""
    command = [sys.executable, "-m", "corpus.cli", *args]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss / 1e3


@pytest.mark.slow
def test_split(tmp_path: Path) -> None:
    one_line(tmp_path / "small.txt", 1_000_000)
    one_line(tmp_path / "large.txt", 30_000_000)
    small = peak_mb("split", str(tmp_path / "small.txt"))
    assert peak_mb("split", str(tmp_path / "large.txt")) < small + 20


@pytest.mark.slow
def test_build(tmp_path: Path) -> None:
    one_line(tmp_path / "small.txt", 2_000_000)
    n_sentences = one_line(tmp_path / "large.txt", 10_000_000)
    options = ["--engine", "fake", "--model", "zh-en-mini", "--no-signals", "-q"]
    small = peak_mb("build", str(tmp_path / "small.txt"), "-o", str(tmp_path / "small.tsv"), *options)
    out = tmp_path / "large.tsv"
    assert peak_mb("build", str(tmp_path / "large.txt"), "-o", str(out), *options) < small + 40
    with out.open("rb") as rows:
        assert sum(1 for _ in rows) == n_sentences + 1
