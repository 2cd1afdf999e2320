"""``duizhao release``: corpora in, a dataset folder that is ready to be published out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from corpus.cli.bitext import add_bitext_options, bitext_options, say_rejected, say_unreadable
from translate.cli.console import say
from translate.cli.options import Commands, add_common_options

if TYPE_CHECKING:
    from corpus.release.folder import DatasetReport

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``release`` to a parser's commands."""
    parser = commands.add_parser(
        "release",
        description="Write a dataset folder that is ready for the hub. It has Parquet shards, a card (README.md) made "
        "of what was counted, Croissant, and checksums; the same corpora give the same bytes.",
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="one corpus, the split train; or several, whose names say it: x.train.tsv, x.dev.tsv, or extra=x.tsv",
    )
    parser.add_argument("-o", "--out", required=True, metavar="FOLDER", help="the dataset; what else lies there stays")
    parser.add_argument("--name", help="of the dataset, for people (default: that of the folder)")
    parser.add_argument(
        "--waterfall", metavar="FILE", help="what a filter refused (default: NAME.waterfall.json beside the corpora)"
    )
    add_bitext_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write a dataset folder."""
    from corpus.release.folder import write_dataset

    report = write_dataset(
        args.inputs,
        args.out,
        name=args.name,
        waterfall=args.waterfall,
        options=bitext_options(args),
        on_reject=say_rejected,
    )
    _say_licences(report)
    if report.leaks:
        shared = ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in sorted(report.leaks.items()))
        say(f"SPLITS NOT APART: they share {shared}; duizhao split-sets --check lists it, and split-sets avoids it")
    if not getattr(args, "quiet", False):
        splits = ", ".join(f"{name} {n}" for name, n in report.n_pairs.items())
        say(f"{len(report.files)} files in {report.out}: {splits} pairs; look through {report.out}/README.md")
        say_unreadable(report.n_rejected)
    return 3 if report.n_rejected else 0


def _say_licences(report: DatasetReport) -> None:
    """Say loudly of how much nobody knows the licence; also where one asked for quiet."""
    n_unknown, n_pairs = report.licenses.get(None, 0), sum(report.licenses.values())
    if n_unknown:
        say(
            f"LICENCE UNKNOWN of {n_unknown} of {n_pairs} pairs, and the card says so; find it out before you publish, "
            "and name it: --source-license"
        )
