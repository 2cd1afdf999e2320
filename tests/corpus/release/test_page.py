"""The way from texts to a dataset, as docs/release.md shows it, is one that the commands take."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from corpus.cli.main import make_parser

PAGE = Path(__file__).parents[3] / "docs" / "release.md"


def test_every_command_of_the_page_can_be_given() -> None:
    text = PAGE.read_text("utf-8")
    lines = re.findall(r"^\$ duizhao (.*)$", text, re.MULTILINE)
    given = [make_parser().parse_args(shlex.split(line)) for line in lines]
    assert [args.command for args in given] == [
        "build", "verify", "score", "filter", "report", "split-sets", "release", "export",
    ]  # fmt: skip
    assert len(re.findall(r"^## \d+\. ", text, re.MULTILINE)) == 10
    # What one step writes the next one reads.
    made = {"texts/"}
    for args in given:
        inputs = getattr(args, "inputs", None) or [args.input]
        stems = {re.sub(r"\.(train|dev|test)\.", ".", path) for path in inputs}
        assert stems <= made, args.command
        made.add(str(getattr(args, "out", None)))
