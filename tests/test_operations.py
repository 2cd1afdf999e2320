"""The examples of docs/operations run: as far as a machine without Slurm, Kubernetes and other hosts can show."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from corpus.cli.main import main

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "operations"
MODEL = ["--engine", "fake", "--model", "zh-en-mini"]


@pytest.fixture
def run(tmp_path: Path) -> str:
    """A planned run, and commands by their names in a folder of its own: ``ssh`` stays on this machine."""
    source = tmp_path / "in.txt"
    source.write_text("".join(f"{chr(0x4E00 + i)}说了。\n" for i in range(60)), "utf-8")
    folder = str(tmp_path / "run")
    assert main(["-q", "plan", str(source), "-o", folder, "--part-sentences", "10", *MODEL]) == 0
    assert main(["-q", "build", str(source), "-o", str(tmp_path / "built.tsv"), *MODEL]) == 0
    commands = {
        "duizhao": f'exec {sys.executable} -m corpus.cli "$@"',
        "ssh": '[ "$1" != down ] || exit 255; shift; exec sh -c "$*"',
        "nproc": "echo 1",
    }
    (tmp_path / "bin").mkdir()
    for name, line in commands.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return folder


def call(command: Sequence[str], tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    own: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, **env}
    return subprocess.run(command, env=own, capture_output=True, text=True, check=False, timeout=120)


def assembled(run: str, tmp_path: Path) -> bool:
    assert main(["-q", "assemble", run, "-o", str(tmp_path / "out.tsv")]) == 0
    return (tmp_path / "out.tsv").read_bytes() == (tmp_path / "built.tsv").read_bytes()


def test_every_task_of_a_slurm_array_does_its_share(tmp_path: Path, run: str) -> None:
    for task in ("1", "0"):
        env = {"RUN": run, "SLURM_ARRAY_TASK_ID": task, "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_CPUS_PER_TASK": "1"}
        done = call([str(EXAMPLES / "slurm.sh")], tmp_path, **env)
        assert done.returncode == 0, done.stderr
        assert "3 parts are there" in done.stderr
    assert assembled(run, tmp_path)


def test_every_pod_of_a_kubernetes_job_does_its_share(tmp_path: Path, run: str) -> None:
    job = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text())
    container = job["spec"]["template"]["spec"]["containers"][0]
    env = {each["name"]: each["value"] for each in container["env"]}
    assert int(env["COMPLETIONS"]) == job["spec"]["completions"] == job["spec"]["parallelism"]
    for index in range(2):  # as the pods of a job of two; with one worker each, since this is a test
        command = [*container["command"], container["args"][0].replace("--workers 8", "--workers 1")]
        done = call(command, tmp_path, RUN=run, COMPLETIONS="2", JOB_COMPLETION_INDEX=str(index))
        assert done.returncode == 0, done.stderr
    assert assembled(run, tmp_path)


def test_machines_share_a_run_and_one_that_is_down_is_named(tmp_path: Path, run: str) -> None:
    done = call([str(EXAMPLES / "machines.sh"), run, "here", "down"], tmp_path)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "failed on: down")
    assert call([str(EXAMPLES / "machines.sh"), run, "here", "there"], tmp_path).returncode == 0
    assert assembled(run, tmp_path)
