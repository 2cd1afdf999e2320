"""What a long run meets: kill -9 at any moment, a full disk, a folder that cannot be written. Same bytes in the end."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from corpus.cli.main import main

ROOT = Path(__file__).parents[3]
FAKE = ["--engine", "fake", "--model", "zh-en-mini"]


class Zygote:
    """See ``zygote.py``."""

    def __init__(self, seconds: float, shard: int, log: Path) -> None:
        self.log = log
        command = [sys.executable, str(Path(__file__).with_name("zygote.py")), str(seconds), str(shard), str(log)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(command, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, text=True, env=env)

    def run(self, arguments: Sequence[str], kill_after: float | None = None) -> int:
        """Run the command line, and kill it after so many seconds; returns its exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(["-q", *arguments]) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        timer = None if kill_after is None else threading.Timer(kill_after, lambda: os.kill(pid, signal.SIGKILL))
        if timer:
            timer.start()
        code = int(self._process.stdout.readline().removeprefix("="))
        if timer:
            timer.cancel()
        return code

    def decoded(self) -> list[str]:
        """Batches, each as often as it was decoded."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture
def zygotes(tmp_path: Path) -> Iterator[type[Zygote]]:
    made: list[Zygote] = []

    class Made(Zygote):
        def __init__(self, *args: object) -> None:
            super().__init__(*args)  # type: ignore[arg-type]
            made.append(self)

    yield Made
    for each in made:
        each.close()


def documents(folder: Path, n: int, sentences: int = 40) -> Path:
    """No sentence twice, so that it can be seen whether one was decoded twice."""
    folder.mkdir()
    draw = random.Random(5)
    for d in range(n):
        lines = ["".join(draw.choices("天地玄黄宇宙洪荒日月盈昃辰宿列张", k=12)) + "。\n" for _ in range(sentences)]
        (folder / f"{d:03}.txt").write_text("".join(lines), "utf-8")
    return folder


def kill_until_done(zygote: Zygote, arguments: Sequence[str], n_kills: int, seed: int, most: float) -> int:
    """Kill it so many times, then let it go on; returns how often it was killed."""
    draw = random.Random(seed)
    n_killed = 0
    while n_killed < n_kills:
        code = zygote.run(arguments, draw.uniform(0.0, most))
        assert code in (0, -signal.SIGKILL)
        if code == 0:
            break
        n_killed += 1
    assert zygote.run(arguments) == 0
    return n_killed


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("n_kills", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_a_build_that_is_killed_over_and_over_gives_the_same_bytes(
    tmp_path: Path, zygotes: type[Zygote], n_kills: int
) -> None:
    source = documents(tmp_path / "in", 10 * (1 + n_kills // 20))
    out, whole = tmp_path / "out" / "c.tsv", tmp_path / "whole" / "c.tsv"
    out.parent.mkdir()
    whole.parent.mkdir()
    undisturbed = zygotes(0.0, 20, tmp_path / "whole.log")
    assert undisturbed.run(["build", str(source), "-o", str(whole), *FAKE]) == 0
    n_shards = len([*whole.parent.glob("c.parts/*.jsonl")])
    n_batches = len(undisturbed.decoded())
    # As much work as the kills leave time for.
    most = 0.8
    zygote = zygotes(n_kills * most / 3 / n_batches, 20, tmp_path / "out.log")
    n_killed = kill_until_done(zygote, ["build", str(source), "-o", str(out), *FAKE], n_kills, 1, most)
    assert n_killed >= n_kills // 2
    assert n_shards >= (50 if n_kills == 100 else 10)
    assert files_in(out.parent) == files_in(whole.parent)  # nor is there any other file
    times = Counter(zygote.decoded())
    # What was under way when it was killed, and no more, is decoded again: the batch in the engine.
    assert set(times) == set(undisturbed.decoded())
    assert sum(times.values()) <= n_batches + n_killed


@pytest.mark.parametrize("n_kills", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_over_and_over_gives_the_same_bytes(
    tmp_path: Path, zygotes: type[Zygote], n_kills: int
) -> None:
    source = documents(tmp_path / "in", 10 * (1 + n_kills // 20))
    fast = zygotes(0.0, 20, tmp_path / "whole.log")
    plan = ["plan", str(source), *FAKE, "--part-sentences", "20"]
    assert fast.run([*plan, "-o", str(tmp_path / "whole")]) == 0
    kill_until_done(fast, [*plan, "-o", str(tmp_path / "run")], n_kills // 3, 2, 0.2)
    assert files_in(tmp_path / "run") == files_in(tmp_path / "whole")
    assert fast.run(["work", str(tmp_path / "whole")]) == 0
    n_batches = len(fast.decoded())
    most = 0.5
    zygote = zygotes(n_kills * most / 3 / n_batches, 20, tmp_path / "run.log")
    n_killed = kill_until_done(zygote, ["work", str(tmp_path / "run")], n_kills, 3, most)
    assert n_killed >= n_kills // 2
    assert files_in(tmp_path / "run") == files_in(tmp_path / "whole")
    assert sum(Counter(zygote.decoded()).values()) <= n_batches + n_killed
    for name in ("whole", "run"):
        (tmp_path / f"{name}.out").mkdir()
    assert fast.run(["assemble", str(tmp_path / "whole"), "-o", str(tmp_path / "whole.out" / "c.tsv")]) == 0
    kill_until_done(
        fast, ["assemble", str(tmp_path / "run"), "-o", str(tmp_path / "run.out" / "c.tsv")], n_kills, 4, 0.3
    )
    assert files_in(tmp_path / "run.out") == files_in(tmp_path / "whole.out")
    assert files_in(tmp_path / "run") == files_in(tmp_path / "whole")


@pytest.mark.slow
def test_a_real_build_that_is_killed_over_and_over_gives_the_same_bytes(tmp_path: Path, zygotes: type[Zygote]) -> None:
    """DUIZHAO_KILLS=20 for the long form."""
    n_kills = int(os.environ.get("DUIZHAO_KILLS", "5"))
    source = tmp_path / "a.txt"
    lines = (ROOT / "tests" / "translate" / "engines" / "sentences.txt").read_text("utf-8").splitlines(keepends=True)
    source.write_text("".join(lines) * (1 + n_kills // 10), "utf-8")
    real = ["--model", "zh-en-mini", "--beam-size", "1", "--threads", "1"]
    for name in ("out", "whole"):
        (tmp_path / name).mkdir()
    zygote = zygotes(0.0, 10, tmp_path / "log")
    before = time.monotonic()
    assert zygote.run(["build", str(source), "-o", str(tmp_path / "whole" / "c.tsv"), *real]) == 0
    seconds = time.monotonic() - before
    command = ["build", str(source), "-o", str(tmp_path / "out" / "c.tsv"), *real]
    n_killed = kill_until_done(zygote, command, n_kills, 5, min(2.0, seconds / 2))
    assert n_killed >= n_kills // 2
    assert files_in(tmp_path / "out") == files_in(tmp_path / "whole")


def limited(n_bytes: int, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The command line where no file may grow beyond so many bytes."""
    command = [sys.executable, "-m", "corpus.cli", *arguments]
    limit = (
        f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({n_bytes},) * 2); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", limit, *command], env=env, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    source = documents(folder / "in", 3, 100)
    assert main(["-q", "build", str(source), "-o", str(folder / "c.tsv"), *FAKE]) == 0
    return {**files_in(folder / "in"), "c.tsv": (folder / "c.tsv").read_bytes()}


@pytest.mark.parametrize("n_bytes", [1, 10_000, 26_000])
def test_a_file_that_may_not_grow_is_one_line_and_leaves_nothing_half(
    tmp_path: Path, whole: dict[str, bytes], n_bytes: int
) -> None:
    """In the list of shards, in the journal, in a part."""
    source, out = documents(tmp_path / "in", 3, 100), tmp_path / "c.tsv"
    out.write_text("what was there\n")
    done = limited(n_bytes, ["build", str(source), "-o", str(out), *FAKE])
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("duizhao: error: ")
    assert "Traceback" not in done.stderr
    assert out.read_text() == "what was there\n"
    assert not [*tmp_path.rglob("*.duizhao-tmp")]
    assert main(["-q", "build", str(source), "-o", str(out), *FAKE]) == 0
    assert out.read_bytes() == whole["c.tsv"]


@pytest.mark.parametrize("n_bytes", [1, 2000, 5000])
def test_a_plan_or_part_that_may_not_grow_is_one_line_too(
    tmp_path: Path, whole: dict[str, bytes], n_bytes: int
) -> None:
    source, run, out = documents(tmp_path / "in", 3, 100), str(tmp_path / "run"), tmp_path / "c.tsv"
    steps = (
        ["plan", str(source), "-o", run, "--part-sentences", "50", *FAKE],
        ["work", run],
        ["assemble", run, "-o", str(out)],
    )
    n_failed = 0
    for step in steps:
        done = limited(n_bytes, step)
        n_failed += done.returncode == 1
        assert done.returncode in (0, 1)
        assert done.returncode == 0 or (done.stderr.startswith("duizhao: error: ") and done.stderr.count("\n") == 1)
        assert not [*tmp_path.rglob(".*")]
        assert main(["-q", *step]) == 0
    assert n_failed
    assert out.read_bytes() == whole["c.tsv"]


@pytest.fixture(scope="module")
def done_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with every part done."""
    folder = tmp_path_factory.mktemp("done")
    source = documents(folder / "in", 3, 100)
    assert main(["-q", "plan", str(source), "-o", str(folder / "run"), *FAKE]) == 0
    assert main(["-q", "work", str(folder / "run")]) == 0
    return folder / "run"


@pytest.mark.parametrize("name", ["c.tsv", "c.tmx"])
def test_a_corpus_that_may_not_grow_in_the_end_is_one_line_and_what_was_there_stays(
    tmp_path: Path, done_run: Path, name: str
) -> None:
    """In the final write: its last byte, and the many before."""
    out = tmp_path / name
    command = ["assemble", str(done_run), "-o", str(out), "--no-signals"]
    assert main(["-q", *command]) == 0
    size = out.stat().st_size
    for n_bytes in (20_000, size - 1):
        out.write_text("what was there\n")
        failed = limited(n_bytes, command)
        assert failed.returncode == 1
        assert failed.stderr.count("\n") == 1
        assert failed.stderr.startswith(f"duizhao: error: {out}: cannot be written: the file grew beyond the size")
        assert out.read_text() == "what was there\n"
        assert {path.name for path in tmp_path.iterdir()} == {name, f"{name}.meta.json"}
    assert limited(size, command).returncode == 0
    assert out.stat().st_size == size


def test_a_disk_that_is_full_in_the_final_write_keeps_what_was_there(
    small_disk: Path, done_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the corpus has room and the sidecar has none."""
    out, filler = small_disk / "c.tsv", small_disk / "filler"
    command = ["-q", "assemble", str(done_run), "-o", str(out), "--no-signals"]
    assert main(command) == 0
    n_pages = -(-out.stat().st_size // 4096)
    whole = files_in(small_disk)
    codes = []
    for n_free in (0, 1, n_pages // 2, n_pages - 1, n_pages, n_pages + 1, n_pages + 2):
        filler.write_bytes(b"x" * max(0, _free(small_disk) - n_free * 4096))
        codes.append(main(command))
        said = capsys.readouterr().err
        assert codes[-1] == 0 or (said.startswith("duizhao: error: ") and "disk full" in said)
        filler.unlink()
        assert files_in(small_disk) == whole
    assert codes[:5] == [1] * 5
    assert codes[-1] == 0


def test_the_lock_on_an_output_dies_with_its_owner(
    tmp_path: Path, zygotes: type[Zygote], whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    source, folder = documents(tmp_path / "in", 3, 100), tmp_path / "out"
    folder.mkdir()
    command = ["build", str(source), "-o", str(folder / "c.tsv"), *FAKE]
    slow = zygotes(30.0, 20, tmp_path / "log")
    code: list[int] = []
    owner = threading.Thread(target=lambda: code.append(slow.run(command, 2.0)))
    owner.start()
    deadline = time.monotonic() + 60
    while not [*folder.glob(".*.duizhao-tmp")]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert main(["-q", *command]) == 1
    assert "another run is writing it" in capsys.readouterr().err
    owner.join()
    assert code == [-signal.SIGKILL]
    assert [*folder.glob(".*.duizhao-tmp")]  # what it left
    assert main(["-q", *command]) == 0
    assert (folder / "c.tsv").read_bytes() == whole["c.tsv"]
    assert not [*folder.glob(".*")]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for 400 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", place], capture_output=True, check=False
    ).returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_is_one_line_and_with_room_again_the_bytes_are_the_same(
    tmp_path: Path, small_disk: Path, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    source, out, filler = documents(tmp_path / "in", 3, 100), small_disk / "c.tsv", small_disk / "filler"
    n_failed = 0
    for n_free in (0, 8, 16, 30, 40, 60):  # KB
        filler.unlink(missing_ok=True)
        filler.write_bytes(b"x" * 1024 * max(0, _free(small_disk) // 1024 - n_free))
        code = main(["-q", "build", str(source), "-o", str(out), *FAKE])
        said = capsys.readouterr().err
        assert code == 0 or (said.startswith("duizhao: error: ") and said.count("\n") == 1)
        assert out.exists() == (code == 0)
        assert not [*small_disk.rglob("*.duizhao-tmp")]
        n_failed += code
        out.unlink(missing_ok=True)
    assert n_failed >= 3
    filler.unlink()
    assert main(["-q", "build", str(source), "-o", str(out), *FAKE]) == 0
    assert out.read_bytes() == whole["c.tsv"]


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def test_a_disk_that_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, run = documents(tmp_path / "in", 1, 5), small_disk / "run"
    assert main(["-q", "plan", str(source), "-o", str(run), *FAKE]) == 0
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for command in (
        ["build", str(source), "-o", str(small_disk / "c.tsv"), *FAKE],
        ["plan", str(source), "-o", str(small_disk / "other"), *FAKE],
        ["work", str(run)],
        ["assemble", str(run), "-o", str(small_disk / "c.tsv")],
    ):
        assert main(["-q", *command]) == 1
        said = capsys.readouterr().err
        assert said.startswith("duizhao: error: ")
        assert said.count("\n") == 1
        assert "Read-only" in said or "read-only" in said


def test_limits_are_those_of_the_children_alone() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
