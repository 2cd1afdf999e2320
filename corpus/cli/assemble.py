"""``duizhao assemble``: the parts of a run become a corpus."""

from __future__ import annotations

import argparse

from corpus.cli.bitext import add_signal_option, add_words_option, words_option
from translate.cli.console import counted, say
from translate.cli.options import Commands, add_common_options

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``assemble`` to a parser's commands."""
    parser = commands.add_parser(
        "assemble",
        description="Put the parts of a run together to a corpus. It is in the order of the documents; a part that is "
        "missing, damaged or another's is named.",
    )
    parser.add_argument("run_folder", metavar="RUN", help="of `duizhao plan`, with every part done")
    parser.add_argument("-o", "--out", required=True, help="the corpus; see `duizhao build`")
    parser.add_argument("--format", metavar="NAME", help="of the corpus, whatever the suffix of OUT")
    add_signal_option(parser)
    add_words_option(parser)
    add_common_options(parser)
    parser.set_defaults(run=run, interrupted="interrupted; nothing is lost: the same command begins again")


def run(args: argparse.Namespace) -> int:
    """Assemble a run."""
    from corpus.build.run.assemble import assemble_run
    from translate.engines.workers import usable_cores

    report = assemble_run(
        args.run_folder,
        args.out,
        format=args.format,
        signals=not args.no_signals,
        words=words_option(args),
        workers=usable_cores(),
    )
    if not getattr(args, "quiet", False):
        say(f"{counted(report.n_pairs, 'pair')} from {counted(report.n_documents, 'document')} in {report.out}")
        if report.flags:
            say("flags: " + ", ".join(f"{name} {n}" for name, n in sorted(report.flags.items())))
    return 3 if report.rejected else 0
