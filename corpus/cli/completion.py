"""``duizhao completion``: a script that teaches a shell the commands and their options.

Generated from the parser, so that it knows what the program knows, and needs no program when a key is pressed: one that
is asked at each key (as argcomplete does) would start Python, a quarter of a second, for a word that does not change.
"""

from __future__ import annotations

import argparse

from translate.cli.options import Commands, add_common_options

__all__ = ["add"]

_SHELLS = ("bash", "zsh", "fish")


def add(commands: Commands) -> None:
    """Add ``completion`` to a parser's commands."""
    parser = commands.add_parser(
        "completion",
        description="Print a script that completes commands and options in a shell. For bash: "
        "duizhao completion bash > ~/.local/share/bash-completion/completions/duizhao. For zsh a file _duizhao in a "
        "folder of $fpath, for fish ~/.config/fish/completions/duizhao.fish.",
    )
    parser.add_argument("shell", choices=_SHELLS, help="which shell")
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    from corpus.cli import shells
    from corpus.cli.main import make_parser
    from corpus.cli.tree import commands_of

    print(getattr(shells, args.shell)(commands_of(make_parser())), end="")
    return 0
