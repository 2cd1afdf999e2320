"""``duizhao shortlist``: which words a sentence can become."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from corpus.cli.bitext import BITEXT
from translate.cli.console import check_output, say
from translate.cli.options import Commands, add_common_options, positive

if TYPE_CHECKING:
    from corpus.align.shortlist import ShortlistReport

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``shortlist`` to a parser's commands."""
    parser = commands.add_parser(
        "shortlist",
        description="Learn which words a sentence can become. Corpora tell which target tokens each source token can "
        "become; with --shortlist the file makes translation faster, since a model then weighs only these.",
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help=BITEXT,
    )
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the shortlist")
    parser.add_argument("--model", default="auto", metavar="NAME|FOLDER", help="whose tokens (default: auto)")
    parser.add_argument("--pairs", type=positive, default=200_000, metavar="N", help="most pairs (default: 200000)")
    parser.add_argument("--best", type=positive, default=100, metavar="N", help="most targets a token (default: 100)")
    parser.add_argument(
        "--always", type=positive, default=1000, metavar="N", help="frequent targets for any sentence (default: 1000)"
    )
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Learn a shortlist from corpora and write it."""
    from itertools import chain

    from corpus.align.shortlist import make_shortlist
    from corpus.readers.bitext import check_bitext, read_pairs
    from translate.cli.progress import download_progress
    from translate.marian.find import locate
    from translate.marian.vocabulary import MarianVocabulary

    check_output(args.out, args.inputs)
    for corpus in args.inputs:
        check_bitext(corpus)
    with download_progress(quiet=getattr(args, "quiet", False)) as progress:
        model = locate(args.model, progress=progress)
    if model.warning:
        say(model.warning)
    pairs = chain.from_iterable(map(read_pairs, args.inputs))
    shortlist, report = make_shortlist(
        pairs, MarianVocabulary(model), n_pairs=args.pairs, best=args.best, always=args.always
    )
    shortlist.write(args.out)
    if not getattr(args, "quiet", False):
        _say_shortlist(report)
    return 0


def _say_shortlist(report: ShortlistReport) -> None:
    say(
        f"{report.n_source} source tokens have {report.n_each:.1f} candidates each on average, "
        f"learnt from {report.n_pairs} pairs"
    )
    if report.coverage is None:
        say("coverage is not known: too few pairs to hold some out")
    else:
        say(
            f"coverage {report.coverage:.2%}: of the target tokens of {report.n_held_out} pairs held out, so many are "
            f"among the {report.n_candidates:.0f} candidates that a sentence has on average"
        )
