"""``duizhao lexicon``: what the words of a bitext became, as a table."""

from __future__ import annotations

import argparse

from corpus.cli.bitext import BITEXT, add_bitext_options, bitext_options, say_rejected, say_unreadable
from corpus.cli.words import add_linking_options
from translate.cli.console import counted, say
from translate.cli.options import Commands, add_common_options, positive

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``lexicon`` to a parser's commands."""
    parser = commands.add_parser(
        "lexicon",
        description="Write what the words of a bitext became. A table of term, translation, probability and count: "
        "nothing but the bitext is counted; the table in the package only helps to find the links.",
    )
    parser.add_argument("input", metavar="INPUT", help=BITEXT)
    parser.add_argument("-o", "--out", required=True, help="the table, TSV; - for standard output")
    parser.add_argument(
        "--least", type=positive, default=2, metavar="N", help="leave out what was seen less often (default: 2)"
    )
    add_linking_options(parser)
    add_bitext_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the lexicon of a bitext."""
    from corpus.align.words import write_lexicon
    from translate.engines.workers import usable_cores

    report = write_lexicon(
        args.input,
        args.out,
        options=bitext_options(args),
        words="table" if args.no_attention else "attention",
        learn=not args.no_learning,
        least=args.least,
        workers=args.workers or usable_cores(),
        on_reject=say_rejected,
    )
    if not getattr(args, "quiet", False):
        say(f"{counted(report.n_written, 'translation')} from {counted(report.n_pairs, 'pair')} in {report.out}")
        say_unreadable(report.n_rejected)
    return 3 if report.n_rejected else 0
