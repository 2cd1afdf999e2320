"""``duizhao benchmarks``: hashes of test sets, to be handed on without their text."""

from __future__ import annotations

import argparse

from corpus.cli.bitext import named_benchmarks
from translate.cli.console import say
from translate.cli.options import Commands, add_common_options

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``benchmarks`` to a parser's commands."""
    parser = commands.add_parser(
        "benchmarks",
        description="Write hashes of test sets. `duizhao score --benchmarks` takes them as it takes the sets; no text "
        "can be read from them.",
    )
    parser.add_argument(
        "inputs", nargs="+", metavar="PATH", help="folder or file of test sets: a line a sentence, .tsv, .jsonl, .sgm"
    )
    parser.add_argument("-o", "--out", required=True, help="the file of hashes: .hashes")
    parser.add_argument(
        "--note", action="append", default=[], metavar="NAME=TEXT", help="kept in the file, as a set's licence"
    )
    add_common_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make a file of hashes."""
    from corpus.curation.benchmarks import SUFFIX, as_file_of_hashes
    from translate.errors import UsageError
    from translate.files import atomic
    from translate.files.inputs import check_distinct

    notes = dict(note.partition("=")[::2] for note in args.note)
    if not args.out.endswith(SUFFIX):
        raise UsageError(f"{args.out}: end OUT in {SUFFIX}, by which it is known")
    check_distinct(args.inputs, [args.out])
    sets = named_benchmarks(args.inputs, with_packaged=False)
    data = as_file_of_hashes(sets, notes)
    with atomic.whole_or_nothing(atomic.open_sink(args.out)) as sink:
        sink.write(data)
    if not getattr(args, "quiet", False):
        named = ", ".join(f"{each.name} ({len(each.n_runs) + len(each.lines)} lines)" for each in sets)
        say(f"{named} in {args.out}, {len(data):,} bytes")
    return 0
