"""A process ends with its parent, also where that has gone before it could ask for it."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from translate.engines.processes.parent import end_with_parent

ROOT = Path(__file__).parents[4]


def start_late(folder: str) -> None:
    """What the child does: it asks to end with its parent when that has gone."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    Path(folder, "started").write_text(str(os.getpid()), "utf-8")
    while os.getppid() == parent.pid:
        time.sleep(0.01)
    Path(folder, "alone").touch()
    end_with_parent()
    Path(folder, "alive").touch()
    time.sleep(60)


def be_parent(folder: str) -> None:
    """What the parent does: it goes as soon as its child is there."""
    multiprocessing.get_context("spawn").Process(target=start_late, args=(folder,)).start()
    while not Path(folder, "started").exists():
        time.sleep(0.01)
    os._exit(0)


@pytest.mark.skipif(sys.platform != "linux", reason="it is done by Linux")
def test_one_whose_parent_went_while_it_started_ends_too(tmp_path: Path) -> None:
    """Seen once of a plan that was interrupted: a process waited for work that nobody would give it any more."""
    code = f"from tests.translate.engines.processes import test_parent as t; t.be_parent({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
    deadline = time.monotonic() + 60
    while not (tmp_path / "alone").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    child = Path("/proc") / (tmp_path / "started").read_text("utf-8") / "exe"
    while child.exists() and not (tmp_path / "alive").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not (tmp_path / "alive").exists()
