"""``duizhao split-sets``: training, development and test sets that share nothing."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.cli.bitext import add_bitext_options, bitext_options, say_rejected
from translate.cli.console import counted, say
from translate.cli.options import Commands, add_common_options
from translate.errors import UsageError

if TYPE_CHECKING:
    from corpus.curation.split_sets import SplitReport

__all__ = ["add", "run"]

_APART = "the sets share no document, no source, no target, and no near copy of one"
_APART_AS_FAR_AS_KNOWN = (
    "the sets share no source, no target, no near copy of one, and no document where documents are known"
)
_TEXTS_APART = "the sets share no source, no target, and no near copy of one; documents may stand in several"


def add(commands: Commands) -> None:
    """Add ``split-sets`` to a parser's commands."""
    parser = commands.add_parser(
        "split-sets",
        description="Split a corpus into train, dev and test that share nothing. Documents stay whole; a pair whose "
        "source or target has a copy or near copy in another set is in none, but in NAME.excluded.jsonl with the "
        "reason. What was written is read again and checked.",
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="bitext; with --check the sets, two or more")
    parser.add_argument("-o", "--out", help="news.tsv stands for news.train.tsv, news.dev.tsv and news.test.tsv")
    parser.add_argument("--format", metavar="NAME", help="of the sets, whatever the suffix of OUT")
    for name in ("dev", "test"):
        parser.add_argument(
            f"--{name}",
            type=_size,
            metavar="N|P%",
            help=f"pairs of the {name} set at most, or percent of all (default: 1000, or 5%% where that is less)",
        )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another one draws other documents")
    parser.add_argument(
        "--by",
        choices=("auto", "document", "pair"),
        default="auto",
        help="what stays whole (default: documents, where it is known which pair stands in which)",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; find what the given sets share")
    add_bitext_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Split a corpus, or check sets; exit code 1 where two sets share something."""
    if args.check:
        return _check(args)
    from corpus.curation.split_sets import SplitOptions, split_sets

    if len(args.inputs) != 1 or args.out is None:
        raise UsageError("expected one INPUT and -o OUT, or --check and the sets")
    report = split_sets(
        args.inputs[0],
        args.out,
        SplitOptions(dev=args.dev, test=args.test, seed=args.seed, by=args.by),
        format=args.format,
        options=bitext_options(args),
        on_reject=say_rejected,
    )
    if not getattr(args, "quiet", False):
        _say(report)
    for leak in report.leaks:
        say(f"shared: {leak}")
    return 1 if report.leaks else 0


def _say(report: SplitReport) -> None:
    for name, path in report.paths.items():
        documents = f" of {counted(report.n_documents[name], 'document')}" if report.by == "document" else ""
        say(f"{name}: {counted(report.n_pairs[name], 'pair')}{documents} in {path}")
    n = sum(report.n_excluded.values())
    there = ", ".join(f"{name} {count}" for name, count in sorted(report.n_excluded.items()))
    say(f"{n} pairs in {report.excluded}" + (f"; copies of them are in: {there}" if n else ""))
    if not report.leaks:
        say(f"checked: {_APART if report.by == 'document' else _TEXTS_APART}")


def _check(args: argparse.Namespace) -> int:
    from corpus.curation.leaks import find_leaks

    if len(args.inputs) < 2 or args.out is not None:
        raise UsageError("--check wants two sets or more, and no -o")
    for name, count in Counter(args.inputs).items():
        if count > 1:
            raise UsageError(f"{name} is named {count} times; name each set once")
    n = 0
    for leak in find_leaks({name: Path(name) for name in args.inputs}, bitext_options(args)):
        print(leak)
        n += 1
    if not getattr(args, "quiet", False):
        say(f"shared: {n}, listed above" if n else f"checked: {_APART_AS_FAR_AS_KNOWN}")
    return 1 if n else 0


def _size(text: str) -> float:
    """A number of pairs, or a share below 1."""
    number = float(text[:-1]) / 100 if text.endswith("%") else float(int(text))
    if number < 0 or (text.endswith("%") and number >= 1):
        raise ValueError(text)
    return number


_size.__name__ = "number or percentage"  # what argparse calls it in its message
