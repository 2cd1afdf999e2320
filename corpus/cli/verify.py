"""``duizhao verify``: whether a corpus is what it says it is."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from corpus.cli.inputs import add_marked_options
from translate.cli.options import Commands, add_common_options, positive

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``verify`` to a parser's commands."""
    parser = commands.add_parser(
        "verify",
        description="Check that a corpus is what it says it is. Its checksums, its rows, its inputs where they are at "
        "hand, each span against them, and a sample translated again, which must give the same bytes. What cannot be "
        "checked is said; exit code 1 where anything is wrong.",
    )
    parser.add_argument("corpus", metavar="CORPUS", help="a corpus with its .meta.json beside it, or a dataset folder")
    parser.add_argument(
        "--inputs",
        nargs="+",
        default=[],
        metavar="INPUT",
        help="the documents, as they were given to build or align (default: those that the .meta.json names)",
    )
    parser.add_argument(
        "--root", default=".", metavar="FOLDER", help="where the paths in the .meta.json begin (default: this folder)"
    )
    parser.add_argument("--sample", type=_count, default=20, metavar="N", help="pairs to translate again (default: 20)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another one draws other pairs (default: 0)")
    parser.add_argument(
        "--model", metavar="NAME|FOLDER", help="the model, where the corpus was made with one in a folder"
    )
    parser.add_argument("--shortlist", metavar="FILE", help="the shortlist, where the corpus was made with one")
    parser.add_argument("--threads", type=positive, metavar="N", help="CPU threads in all (default: one a core)")
    parser.add_argument("--text-field", default="text", metavar="NAME", help="as for build (default: text)")
    parser.add_argument("--id-field", default="id", metavar="NAME", help="as for build (default: id)")
    add_marked_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check a corpus; print each check as it is done."""
    from corpus.readers.base import ReadOptions
    from corpus.release.checks import Outcome
    from corpus.release.redecode import load_as
    from corpus.release.verify import VerifyOptions, verify_corpus

    options = VerifyOptions(
        inputs=args.inputs,
        root=Path(args.root),
        read=ReadOptions(
            text_field=args.text_field, id_field=args.id_field, all_text=args.all_text, columns=tuple(args.column)
        ),
        n_samples=args.sample,
        seed=args.seed,
        load=partial(load_as, model=args.model, threads=args.threads, shortlist=args.shortlist),
    )
    failed = False
    for check in verify_corpus(args.corpus, options):
        print(check, flush=True)
        failed = failed or check.outcome is Outcome.FAILED
    return 1 if failed else 0


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


_count.__name__ = "number"  # what argparse calls it in its message
