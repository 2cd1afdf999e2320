"""``duizhao``: the whole command line, a file a command.

A command is a module with ``add(commands)``, which adds its parser with ``run=`` as a default, and a name in `GROUPS`.
Its summary in the help is the first sentence of its description. Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import sys

# All else is imported once `main` runs, which knows what to do with a Ctrl-C while it is.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

__all__ = ["GROUPS", "main", "make_parser"]

GROUPS = {
    "make": ("corpus.cli.build", "corpus.cli.translate", "translate.cli.split"),
    "align": ("corpus.cli.align", "corpus.cli.words", "corpus.cli.lexicon"),
    "judge": (
        "corpus.cli.score",
        "corpus.cli.filter",
        "corpus.cli.benchmarks",
        "corpus.cli.report",
        "corpus.cli.split_sets",
        "translate.cli.evaluate",
        "translate.cli.compare",
    ),
    "release": ("corpus.cli.export", "corpus.cli.release", "corpus.cli.verify"),
    "scale": ("corpus.cli.plan", "corpus.cli.work", "corpus.cli.assemble"),
    "page": ("corpus.cli.serve",),
    "models": ("translate.cli.models", "corpus.cli.shortlist"),
    "shell": ("corpus.cli.completion",),
}
"""The modules of the commands, in the order and the groups of the help; a group without any is not shown."""

_EXIT_CODES = """\
exit codes:
  0 done, 1 failed, 2 usage, 3 done but some inputs were rejected, 130 interrupted,
  141 whoever read the output has gone, 143 terminated"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``duizhao`` with these arguments; returns the exit code."""
    try:
        return _main(argv)
    except KeyboardInterrupt:  # before a command was chosen: nothing is begun yet
        print("duizhao: interrupted", file=sys.stderr)
        return 130


def _main(argv: Sequence[str] | None) -> int:
    import io

    from translate.cli.console import run_command, settle

    for stream in (sys.stdout, sys.stderr):
        # Chinese goes out as UTF-8 whatever the locale of a bare machine or a batch job says.
        if isinstance(stream, io.TextIOWrapper):  # a test may have put something else there
            stream.reconfigure(encoding="utf-8", errors="backslashreplace" if stream is sys.stderr else "strict")
    parser = make_parser()
    try:
        args = parser.parse_args(argv)
        if args.version:
            args.run = _version
        elif args.command is None:
            parser.error("a COMMAND is needed; duizhao --help lists them")
        return run_command(args)
    finally:
        settle()


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    import argparse
    from importlib import import_module

    from translate.cli.options import add_common_options

    parser = argparse.ArgumentParser(
        prog="duizhao",
        usage="duizhao [-h] [--version] [-v] [-q] COMMAND ...",
        description="Chinese text in, a sentence-aligned Chinese–English parallel corpus out.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action="store_true",
        help="print the version; with -v those of all libraries, the engines, and what they can use here",
    )
    add_common_options(parser)
    # Suppressed: argparse would list all commands in one heap.
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="duizhao", help=argparse.SUPPRESS)
    groups: dict[str, list[str]] = {}
    for group, modules in GROUPS.items():
        before = len(commands.choices)
        for module in modules:
            import_module(module).add(commands)
        groups[group] = list(commands.choices)[before:]
    parser.description = f"{parser.description}\n\n" + "\n".join(_listed(groups, commands.choices))
    return parser


def _version(args: argparse.Namespace) -> int:
    from translate.cli.version import describe

    for line in describe(verbose=getattr(args, "verbose", False)):
        print(line)
    return 0


def _listed(groups: dict[str, list[str]], parsers: dict[str, argparse.ArgumentParser]) -> Iterator[str]:
    """The lines of the help that name the commands, group by group."""
    yield "commands:"
    for group, names in groups.items():
        if names:
            yield f"  {group}"
        for name in names:
            summary = str(parsers[name].description).split(". ")[0].rstrip(".")
            yield f"    {name:<12} {summary[0].lower()}{summary[1:]}"


if __name__ == "__main__":
    sys.exit(main())
