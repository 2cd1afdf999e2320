"""What the commands share that read documents."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from translate.cli.console import say

if TYPE_CHECKING:
    from corpus.readers.base import ReadOptions, Rejected, Skipped

__all__ = [
    "add_column_option",
    "add_input_options",
    "add_marked_options",
    "read_options",
    "say_rejected",
    "say_skipped",
]


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """The inputs, and how they are read."""
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="file, folder, glob, or - for standard input")
    parser.add_argument("--text-field", default="text", metavar="NAME", help="of .jsonl input (default: text)")
    parser.add_argument("--id-field", default="id", metavar="NAME", help="of .jsonl input (default: id)")
    add_marked_options(parser)
    parser.add_argument("--strict", action="store_true", help="stop at the first input that cannot be read")


def add_marked_options(parser: argparse.ArgumentParser) -> None:
    """Which text of a file with markup is meant."""
    parser.add_argument("--all-text", action="store_true", help="of a page all text, not the main one alone")
    add_column_option(parser)


def add_column_option(parser: argparse.ArgumentParser) -> None:
    """Which columns of a table are meant."""
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME|N",
        help="of a .csv or .tsv, the column with the text; may be given again (default: all)",
    )


def read_options(args: argparse.Namespace) -> ReadOptions:
    """How documents are read, as the command line asks for it; with the options of `add_text_options` too."""
    from corpus.readers.base import ReadOptions

    return ReadOptions(args.encoding, args.text_field, args.id_field, args.errors, args.all_text, tuple(args.column))


def say_skipped(item: Skipped) -> None:
    """Name what lies among the inputs and is none."""
    say(f"left out {item.origin}: {item.reason}")


def say_rejected(item: Rejected) -> None:
    """Name an input that is left out."""
    say(f"rejected {item.origin}: {item.reason}")
