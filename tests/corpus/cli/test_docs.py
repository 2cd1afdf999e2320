"""The docs say what the program does: ``docs/cli.md`` is rendered from the parser, README names real things.

After a change of options run ``python tests/corpus/cli/test_docs.py`` to render the page anew.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from corpus.cli.main import make_parser
from corpus.writers.formats import FORMATS
from translate.marian.catalogue import known

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "cli.md"


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of its commands, in the order of the help."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from commands(child)


def render() -> str:
    made = "Rendered from the parser by `python tests/corpus/cli/test_docs.py`; do not edit."
    lines = ["# The command line", "", made]
    for parser in commands(make_parser()):
        # The list of commands is what follows.
        lines += ["", f"## {parser.prog}", "", str(parser.description).split("\n")[0]]
        rows = list(arguments(parser))
        if rows:
            lines += ["", "| | |", "|---|---|", *rows]
    return "\n".join(lines) + "\n"


def arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, (argparse._HelpAction, argparse._SubParsersAction)):
            continue
        value = "" if action.nargs == 0 else str(action.metavar or (action.choices and "|".join(action.choices)) or "")
        if not value and action.nargs != 0:
            value = action.dest.upper()
        names = ", ".join(action.option_strings)
        left = f"{names} {value}".strip().replace("|", r"\|")
        yield f"| `{left}` | {action.help} |"


def test_the_page_of_the_command_line_is_themake_parser() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run python tests/corpus/cli/test_docs.py"


def test_the_readme_names_every_command_format_and_model() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in (
        "build",
        "translate",
        "split",
        "score",
        "filter",
        "report",
        "benchmarks",
        "shortlist",
        "models",
        "completion",
    ):
        assert f"duizhao {name}" in readme
    for name in [*FORMATS, *known()]:
        assert name in readme


def test_the_readme_uses_only_options_there_are() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    real = {
        option for parser in commands(make_parser()) for action in parser._actions for option in action.option_strings
    }
    of_pip = {"--quiet", "--editable", "--no-deps"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", readme)) - of_pip <= real


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
