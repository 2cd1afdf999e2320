"""``duizhao``: the whole command line. ``build`` and ``shortlist`` are here."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from translate.cli.commands import (
    add_commands,
    add_common_options,
    add_model_options,
    add_text_options,
    load_translator,
    positive,
    run,
    say,
    segment_options,
)

if TYPE_CHECKING:
    from corpus.align.shortlist import ShortlistReport
    from corpus.build.build import BuildReport
    from corpus.readers.documents import Rejected

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``duizhao`` with these arguments; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # Chinese goes out as UTF-8 whatever the locale of a bare machine or a batch job says.
        if isinstance(stream, io.TextIOWrapper):  # a test may have put something else there
            stream.reconfigure(encoding="utf-8", errors="backslashreplace" if stream is sys.stderr else "strict")
    args = _parser().parse_args(argv)
    return run(args)


def _parser() -> argparse.ArgumentParser:
    from translate.version import __version__

    parser = argparse.ArgumentParser(
        prog="duizhao",
        description="Chinese text in, a sentence-aligned Chinese–English parallel corpus out.",
        epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 done but some inputs were rejected, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"duizhao {__version__}")
    add_common_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_build(commands)
    add_commands(commands)
    _add_shortlist(commands)
    return parser


def _add_build(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "build",
        help="documents in, an aligned corpus out",
        description="Translate documents into a sentence-aligned corpus. A run that was stopped, however, goes on "
        "where it was when the same command is given again.",
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="file, folder, glob, or - for standard input")
    parser.add_argument("-o", "--out", required=True, help="the corpus: .tsv, .jsonl or .tmx, with .gz if wanted")
    parser.add_argument("--format", metavar="NAME", help="tsv, jsonl, tmx or moses, whatever the suffix of OUT")
    parser.add_argument("--text-field", default="text", metavar="NAME", help="of .jsonl input (default: text)")
    parser.add_argument("--id-field", default="id", metavar="NAME", help="of .jsonl input (default: id)")
    parser.add_argument("--parts", metavar="FOLDER", help="where decoded parts are kept (default: beside OUT)")
    parser.add_argument("--strict", action="store_true", help="stop at the first input that cannot be read")
    add_text_options(parser)
    add_model_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=_build, interrupted="interrupted; what is done is kept: the same command goes on from here")


def _build(args: argparse.Namespace) -> int:
    from corpus.build.build import build_corpus, find_files
    from corpus.readers.documents import ReadOptions
    from corpus.writers.writer import check_writable
    from translate.cli.progress import build_progress
    from translate.files.lines import forced_encoding

    # Before the model is loaded, or even fetched: a typing error should not take minutes to be told.
    check_writable(args.out, args.format)
    find_files(args.inputs, args.out, args.format)
    if args.encoding is not None:
        forced_encoding(args.encoding)
    segmentation = segment_options(args)
    read = ReadOptions(encoding=args.encoding, text_field=args.text_field, id_field=args.id_field)
    quiet = getattr(args, "quiet", False)
    with load_translator(args, segmentation) as translator, build_progress(quiet=quiet) as progress:
        report = build_corpus(
            args.inputs,
            args.out,
            translator=translator,
            format=args.format,
            read=read,
            parts=args.parts,
            strict=args.strict,
            on_reject=_say_rejected,
            on_progress=progress,
        )
    if not quiet:
        _say_report(report)
    return 3 if report.rejected else 0


def _add_shortlist(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "shortlist",
        help="learn which words a sentence can become",
        description="Learn from corpora which target tokens each source token can become. With --shortlist the file "
        "makes translation faster, since a model then weighs only these.",
    )
    parser.add_argument("corpora", nargs="+", metavar="CORPUS", help="written by `duizhao build` as .tsv or .jsonl")
    parser.add_argument("-o", "--out", required=True, metavar="FILE", help="the shortlist")
    parser.add_argument("--model", default="auto", metavar="NAME|FOLDER", help="whose tokens (default: auto)")
    parser.add_argument("--pairs", type=positive, default=200_000, metavar="N", help="most pairs (default: 200000)")
    parser.add_argument("--best", type=positive, default=100, metavar="N", help="most targets a token (default: 100)")
    parser.add_argument(
        "--always", type=positive, default=1000, metavar="N", help="frequent targets for any sentence (default: 1000)"
    )
    add_common_options(parser)
    parser.set_defaults(run=_shortlist)


def _shortlist(args: argparse.Namespace) -> int:
    from itertools import chain

    from corpus.align.shortlist import make_shortlist
    from corpus.readers.bitext import check_bitext, read_pairs
    from translate.files.atomic import check_writable
    from translate.marian.catalogue import locate
    from translate.marian.vocabulary import MarianVocabulary

    check_writable(args.out)
    for corpus in args.corpora:
        check_bitext(corpus)
    model = locate(args.model)
    if model.warning:
        say(model.warning)
    pairs = chain.from_iterable(map(read_pairs, args.corpora))
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


def _say_rejected(item: Rejected) -> None:
    say(f"rejected {item.origin}: {item.reason}")


def _say_report(report: BuildReport) -> None:
    found = report.n_pairs - report.n_decoded
    reused = f" ({found} found in parts)" if found else ""
    say(f"{report.n_pairs} pairs{reused} from {report.n_documents} documents in {report.out}")
    if report.flags:
        say("flags: " + ", ".join(f"{name} {n}" for name, n in sorted(report.flags.items())))
    if report.rejected:
        say(f"{len(report.rejected)} inputs rejected, named above")


if __name__ == "__main__":
    sys.exit(main())
