"""``duizhao export``: a corpus in another format."""

from __future__ import annotations

import argparse

from corpus.cli.bitext import (
    BITEXT,
    add_bitext_options,
    add_corrections_option,
    add_output_options,
    bitext_options,
    say_rejected,
    say_unapplied,
    say_unreadable,
)
from translate.cli.console import counted, say
from translate.cli.options import Commands, add_common_options

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``export`` to a parser's commands."""
    parser = commands.add_parser(
        "export",
        description="Write a corpus, or anyone's bitext, in another format. Nothing is changed; what the format has no "
        "place for is named. What each format holds is in docs/formats.md.",
    )
    parser.add_argument(
        "input",
        metavar="INPUT",
        help=BITEXT,
    )
    add_output_options(parser)
    parser.add_argument(
        "--safe-cells",
        action="store_true",
        help="for a spreadsheet: in .tsv a ' before each text that begins with = + - or @, so that none is computed",
    )
    add_corrections_option(parser)
    add_bitext_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export a bitext."""
    from corpus.release.export import export_corpus

    report = export_corpus(
        args.input,
        args.out,
        format=args.format,
        options=bitext_options(args),
        safe_cells=args.safe_cells,
        corrections=args.corrections,
        on_reject=say_rejected,
    )
    if report.not_held:
        say(f"{report.format} holds no {', '.join(report.not_held)}")
    if not getattr(args, "quiet", False):
        say(f"{counted(report.n_pairs, 'pair')} in {report.out}")
        say_unreadable(report.n_rejected)
    say_unapplied(report.unapplied)
    return 3 if report.n_rejected or report.unapplied else 0
