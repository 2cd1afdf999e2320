"""``duizhao score``: evidence on every pair of a bitext."""

from __future__ import annotations

import argparse

from corpus.cli.bitext import (
    BITEXT,
    add_bitext_options,
    add_output_options,
    bitext_options,
    named_benchmarks,
    say_rejected,
    say_unreadable,
)
from translate.cli.console import counted, say
from translate.cli.options import Commands, add_common_options, positive

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``score`` to a parser's commands."""
    parser = commands.add_parser(
        "score",
        description="Write every signal of every pair beside it. Nothing is dropped, and nothing is decoded; what each "
        "signal counts is in docs/signals.md.",
    )
    parser.add_argument("input", metavar="INPUT", help=BITEXT)
    add_output_options(parser, "the scored corpus, in any format but moses")
    parser.add_argument(
        "--benchmarks",
        action="append",
        default=[],
        metavar="PATH",
        help="test sets of your own (folder, file or .hashes) beside those of the package; may be given again",
    )
    parser.add_argument("--no-benchmarks", action="store_true", help="leave out the test sets of the package")
    parser.add_argument("--workers", type=positive, metavar="N", help="processes (default: one a core)")
    add_bitext_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Score a bitext."""
    from corpus.curation.score import score_corpus
    from translate.engines.workers import usable_cores

    report = score_corpus(
        args.input,
        args.out,
        format=args.format,
        options=bitext_options(args),
        benchmarks=named_benchmarks(args.benchmarks, with_packaged=not args.no_benchmarks),
        workers=args.workers or usable_cores(),
        on_reject=say_rejected,
    )
    if not getattr(args, "quiet", False):
        say(f"{counted(report.n_pairs, 'pair')} in {report.out}")
        if report.flags:
            say("flags: " + ", ".join(f"{name} {n}" for name, n in sorted(report.flags.items())))
        say_unreadable(report.n_rejected)
    return 3 if report.n_rejected else 0
