"""``duizhao align``: two files that are translations of each other in, an aligned corpus out."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from typing import TYPE_CHECKING

from corpus.cli.bitext import add_license_option, add_output_options, add_words_option, words_option
from translate.cli.console import counted, say
from translate.cli.options import (
    Commands,
    add_common_options,
    add_model_options,
    add_text_options,
    load_translator,
    segment_options,
)

if TYPE_CHECKING:
    from corpus.align.files import AlignReport, FilePair
    from corpus.readers.base import Rejected

__all__ = ["add", "run"]

_BEAM = 1
"""A translation that is only compared need not be the best there is."""


def add(commands: Commands) -> None:
    """Add ``align`` to a parser's commands."""
    parser = commands.add_parser(
        "align",
        description="Align a Chinese text with its English translation. Sentences are linked n to m; what has no "
        "counterpart is kept and flagged. Translations that were made for it are kept in OUT.translations.",
    )
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help="the Chinese and the English, two files, folders or quoted patterns; "
        "or one file in which lines are either",
    )
    add_output_options(parser, "the corpus")
    parser.add_argument("--table", metavar="FILE", help="pairs of files: the Chinese, a tab, the English")
    parser.add_argument("--presplit", action="store_true", help="each line is a sentence already")
    parser.add_argument("--links", metavar="FILE", help="write the links too, a line each: [0, 1]:[0]")
    add_words_option(parser)
    add_license_option(parser)
    parser.add_argument("--parts", metavar="FOLDER", help="where translations are kept (default: OUT.translations)")
    parser.add_argument(
        "--no-translation",
        action="store_true",
        help="translate nothing: the table of words in the package has to do. Loads no model, but for --words without "
        "--no-attention",
    )
    add_text_options(parser)
    add_model_options(parser, beam_size=str(_BEAM))
    add_common_options(parser)
    parser.set_defaults(
        run=run,
        beam_size=_BEAM,
        interrupted="interrupted; what was translated is kept: the same command goes on from here",
    )


def run(args: argparse.Namespace) -> int:
    """Align files and write a corpus."""
    from corpus.align.files import align_files
    from corpus.writers.formats import check_writable, resolve_format
    from translate.files.inputs import check_distinct
    from translate.files.lines import forced_encoding

    check_writable(args.out, args.format)
    if args.table is not None:
        outputs = [*resolve_format(args.out, args.format).paths, *([args.links] if args.links else [])]
        check_distinct([args.table], outputs)
    pairs, rejected = _pairs(args)
    if args.encoding is not None:
        forced_encoding(args.encoding)
    if args.no_translation:
        args.interrupted = "interrupted; nothing is written: the same command begins again"
    segmentation = segment_options(args)
    with nullcontext() if args.no_translation else load_translator(args, segmentation) as translator:
        report = align_files(
            pairs,
            args.out,
            translator=translator,
            segmentation=segmentation,
            format=args.format,
            presplit=args.presplit,
            links=args.links,
            encoding=args.encoding,
            errors=args.errors,
            store=args.parts,
            license=args.source_license,
            words=words_option(args),
            rejected=rejected,
            on_reject=_say_rejected,
        )
    if not getattr(args, "quiet", False):
        _say_report(report)
    return 3 if report.rejected else 0


def _pairs(args: argparse.Namespace) -> tuple[list[FilePair], list[Rejected]]:
    from corpus.align.files import pair_files, read_table
    from translate.errors import UsageError

    if args.table is not None:
        if args.inputs:
            raise UsageError(f"--table names the files, and {args.inputs[0]} is named beside it; give one or the other")
        return read_table(args.table), []
    if len(args.inputs) not in (1, 2):
        raise UsageError(
            f"{len(args.inputs)} inputs; expected the Chinese and the English, one file of both, or --table"
        )
    return pair_files(args.inputs[0], args.inputs[1] if len(args.inputs) == 2 else None)


def _say_rejected(item: Rejected) -> None:
    say(f"rejected {item.origin}: {item.reason}")


def _say_report(report: AlignReport) -> None:
    n_links = sum(report.kinds.values())
    kinds = ", ".join(f"{kind} {n}" for kind, n in list(report.kinds.items())[:6])
    say(f"{counted(n_links, 'link')} of {counted(report.n_documents, 'document')} in {report.out}: {kinds}")
    if report.flags:
        say("flags: " + ", ".join(f"{name} {n}" for name, n in sorted(report.flags.items())))
    for line in report.doubtful:
        say(line)
    if report.rejected:
        say(f"{counted(len(report.rejected), 'input')} rejected, named above")
