"""A run on a Ray cluster of several nodes gives the bytes of one process, whatever dies in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.build.run.cluster import work_on_cluster
from corpus.cli.main import main
from translate.errors import UsageError

from .conftest import Runs

ROOT = Path(__file__).parents[4]
MODEL = ["--engine", "fake", "--model", "zh-en-mini"]
# Each batch takes a while, so that there is time for something to die.
SITE = """
from translate.engines import fake
fake.FakePlan.__init__.__defaults__ = (*fake.FakePlan.__init__.__defaults__[:-1], 0.05)
"""


class RayNodes:
    """See ``ray_cluster.py``."""

    def __init__(self, slow: Path) -> None:
        (slow / "sitecustomize.py").write_text(SITE)
        self.env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(slow), str(ROOT)]), "RAY_DEDUP_LOGS": "0"}
        self.env["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
        script = Path(__file__).with_name("ray_cluster.py")
        self._process = subprocess.Popen(
            [sys.executable, script], env=self.env, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()

    def tell(self, what: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "ok\n"

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "corpus.cli", *arguments]
        return subprocess.Popen(command, env=self.env, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayNodes]:
    found = RayNodes(tmp_path_factory.mktemp("slow"))
    yield found
    found.close()


def actor_pids() -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"ray::_PartActor" in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def wait_for_parts(run: Path, n_parts: int) -> None:
    deadline = time.monotonic() + 120
    while len([*run.glob("parts/*.jsonl")]) < n_parts:
        assert time.monotonic() < deadline, "no parts are done"
        time.sleep(0.02)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.slow
def test_a_worker_a_node_and_the_driver_die_and_the_bytes_are_the_same(
    tmp_path: Path, nodes: RayNodes, documents: Path, runs: Runs
) -> None:
    for name in ("run", "whole"):
        assert main(["-q", "plan", str(documents), "-o", str(tmp_path / name), "--part-sentences", "1", *MODEL]) == 0
    assert main(["-q", "work", str(tmp_path / "whole")]) == 0
    run = tmp_path / "run"
    with nodes.start("work", str(run), "--cluster", nodes.address) as driver:
        wait_for_parts(run, 5)
        os.kill(actor_pids()[0], signal.SIGKILL)
        wait_for_parts(run, 15)
        nodes.tell("remove")
        wait_for_parts(run, 25)
        driver.kill()
    n_done = len([*run.glob("parts/*.jsonl")])
    nodes.tell("add")
    with nodes.start("work", str(run), "--cluster", nodes.address) as again:
        _, said = again.communicate(timeout=300)
    assert again.returncode == 0
    n_parts = len([*(tmp_path / "whole" / "parts").iterdir()])
    assert 25 <= n_done < n_parts
    assert said.startswith(f"duizhao: {n_parts} parts are there: ")
    assert tree(run) == tree(tmp_path / "whole")
    assert runs.assemble(run, tmp_path / "a.tsv") == runs.assemble(tmp_path / "whole", tmp_path / "b.tsv")


@pytest.mark.slow
def test_a_build_on_a_cluster_has_the_bytes_of_one_process_and_goes_on_where_it_was(
    tmp_path: Path, nodes: RayNodes, documents: Path
) -> None:
    assert main(["-q", "build", str(documents), "-o", str(tmp_path / "whole.jsonl"), "--words", *MODEL]) == 0
    command = ["build", str(documents), "-o", str(tmp_path / "c.jsonl"), "--words", *MODEL, "--cluster", nodes.address]
    for says in ("168 pairs from 8 documents", " found in parts) from 8 documents"):
        with nodes.start(*command) as build:
            _, said = build.communicate(timeout=300)
        assert build.returncode == 0
        assert says in said
        assert (tmp_path / "c.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
        (tmp_path / "c.jsonl").unlink()
    assert {path.name for path in tmp_path.iterdir()} >= {"c.run", "c.jsonl.meta.json"}
    assert not (tmp_path / "c.parts").exists()


@pytest.mark.slow
def test_what_an_actor_raises_is_one_line_and_what_the_cluster_lacks_too(
    tmp_path: Path, nodes: RayNodes, documents: Path
) -> None:
    run = str(tmp_path / "run")
    assert main(["-q", "plan", str(documents), "-o", run, *MODEL]) == 0
    (tmp_path / "run" / "rows" / "000000.rows").write_text("damaged")
    for options, says in (
        (["--cluster", nodes.address], "000000.rows: is not the file that was planned"),
        (["--cluster", nodes.address, "--actor-gpus", "1"], "has no room for an actor of 1 CPU and 1 GPU"),
        (["--cluster", nodes.address, "--shard", "0/2"], "--cluster does the whole run"),
    ):
        with nodes.start("work", run, *options) as failed:
            _, said = failed.communicate(timeout=120)
        assert failed.returncode in (1, 2)
        assert says in said
        assert said.count("\n") == 1


def test_a_build_without_ray_or_a_place_for_the_run_is_told(
    tmp_path: Path, documents: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    build = ["build", str(documents), *MODEL, "--cluster", "auto", "-o"]
    assert main([*build, str(tmp_path / "c.tsv")]) == 2
    assert "pip install 'duizhao[ray]'" in capsys.readouterr().err
    assert not (tmp_path / "c.run").exists()
    assert main([*build, "-", "--format", "tsv"]) == 2
    assert "--parts must say" in capsys.readouterr().err


def test_a_cluster_without_ray_is_told(
    tmp_path: Path, documents: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.plan(documents, tmp_path / "run")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'duizhao\[ray\]'"):
        work_on_cluster(tmp_path / "run", "auto", {})
