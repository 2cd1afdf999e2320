"""Progress: seen where somebody watches a download, and only there."""

from __future__ import annotations

import pytest

# A standard error that says that it is a terminal.
WATCHED = """
import sys
sys.stderr.isatty = lambda: True
sys.argv = ["duizhao", *{args!r}]
from corpus.cli.main import main
sys.exit(main())
"""
NAMED = ["--model", "opus-mt-zh-en", "--engine", "fake"]


@pytest.mark.parametrize(
    ("args", "seen"),
    [
        (["translate", *NAMED], True),
        (["models", "pull", "opus-mt-zh-en"], True),
        (["translate", *NAMED, "-q"], False),
        (["translate", "--model", "zh-en-mini", "--engine", "fake"], False),
    ],
)
def test_a_download_is_shown(machine, hub, args, seen):
    run = machine.python(WATCHED.format(args=args))
    assert run.returncode == 0, run.stderr
    assert ("pytorch_model.bin" in run.stderr) == seen
    assert seen or run.stderr == ""


def test_a_download_nobody_watches_is_not_drawn(machine, hub):
    run = machine.python(WATCHED.format(args=["translate", *NAMED]).replace("True", "False"))
    assert run.returncode == 0, run.stderr
    assert "pytorch_model.bin" in hub.gets
    assert run.stderr == ""
