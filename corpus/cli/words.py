"""``duizhao words``: links between the words of every pair of a bitext."""

from __future__ import annotations

import argparse

from corpus.cli.bitext import (
    BITEXT,
    add_attention_option,
    add_bitext_options,
    add_output_options,
    bitext_options,
    say_rejected,
    say_unreadable,
)
from translate.cli.console import counted, say
from translate.cli.options import Commands, add_common_options, positive

__all__ = ["add", "add_linking_options", "run"]


def add(commands: Commands) -> None:
    """Add ``words`` to a parser's commands."""
    parser = commands.add_parser(
        "words",
        description="Link the words of each pair of a bitext. The links stand in the column words, as 0-0 1-2: numbers "
        "of tokens from 0, the Chinese first; docs/alignment.md says what a token is.",
    )
    parser.add_argument("input", metavar="INPUT", help=BITEXT)
    add_output_options(parser, "the corpus with its links")
    parser.add_argument(
        "--spans", action="store_true", help="links as places of characters, 0:2-4:9, which need no tokens"
    )
    parser.add_argument("--links", metavar="FILE", help="write the links alone too, a line a pair, as Moses has them")
    add_linking_options(parser)
    add_bitext_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def add_linking_options(parser: argparse.ArgumentParser) -> None:
    """What links go by, and in how many processes they are found."""
    add_attention_option(parser)
    parser.add_argument(
        "--no-learning",
        action="store_true",
        help="with --no-attention: learn nothing from INPUT, so that the table in the package has to do",
    )
    parser.add_argument("--workers", type=positive, metavar="N", help="processes (default: one a core)")


def run(args: argparse.Namespace) -> int:
    """Link the words of a bitext."""
    from corpus.align.words import link_corpus
    from translate.engines.workers import usable_cores

    report = link_corpus(
        args.input,
        args.out,
        form="spans" if args.spans else "tokens",
        format=args.format,
        options=bitext_options(args),
        words="table" if args.no_attention else "attention",
        learn=not args.no_learning,
        links=args.links,
        workers=args.workers or usable_cores(),
        on_reject=say_rejected,
    )
    if not getattr(args, "quiet", False):
        learnt = f", learnt from {counted(report.n_learnt, 'pair')}" if report.n_learnt else ""
        say(f"{counted(report.n_written, 'link')} in {counted(report.n_pairs, 'pair')}{learnt}, in {report.out}")
        say_unreadable(report.n_rejected)
    return 3 if report.n_rejected else 0
