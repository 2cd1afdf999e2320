"""``duizhao report``: a corpus as one page for a person."""

from __future__ import annotations

import argparse

from corpus.cli.bitext import BITEXT, add_bitext_options, bitext_options, say_rejected, say_unreadable
from translate.cli.console import counted, say
from translate.cli.options import Commands, add_common_options

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``report`` to a parser's commands."""
    parser = commands.add_parser(
        "report",
        description="Show a corpus as one HTML page. Pairs stand side by side, the worst first, to be searched, sorted "
        "and filtered, with plots of all signals. The page asks no network.",
    )
    parser.add_argument("input", metavar="INPUT", help=BITEXT)
    parser.add_argument("-o", "--out", required=True, help="the page: .html, or - for standard output")
    parser.add_argument(
        "--pairs",
        type=int,
        metavar="N",
        help="how many pairs can be read in the page (default: 100000); of a larger corpus half the worst, half at "
        "random; counts and plots are of all",
    )
    parser.add_argument(
        "--waterfall", metavar="FILE", help="what a filter refused (default: NAME.waterfall.json beside the corpus)"
    )
    add_bitext_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the page."""
    from corpus.report.report import SHOWN, report_corpus

    report = report_corpus(
        args.input,
        args.out,
        n_pairs=SHOWN if args.pairs is None else args.pairs,
        waterfall=args.waterfall,
        options=bitext_options(args),
        on_reject=say_rejected,
    )
    if not getattr(args, "quiet", False):
        shown = "all" if report.n_shown == report.n_pairs else f"{report.n_shown} (half the worst, half at random)"
        say(f"{counted(report.n_pairs, 'pair')} in {report.out}; to be read in it: {shown}")
        if report.n_scored:
            say(f"{report.n_scored} of them had no signals and were scored for the page; `duizhao score` keeps them")
        say_unreadable(report.n_rejected)
    return 3 if report.n_rejected else 0
