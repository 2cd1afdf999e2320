"""``duizhao build``: documents in, an aligned corpus out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.cli.bitext import (
    add_corrections_option,
    add_license_option,
    add_output_options,
    add_signal_option,
    add_words_option,
    say_unapplied,
    words_option,
)
from corpus.cli.cluster import add_cluster_options, parts_progress, run_on_cluster
from corpus.cli.inputs import add_input_options, read_options, say_rejected, say_skipped
from translate.cli.console import counted, say
from translate.cli.options import (
    Commands,
    add_common_options,
    add_model_options,
    add_terms_options,
    add_text_options,
    add_worker_options,
    load_translator,
    segment_options,
)
from translate.errors import UsageError

if TYPE_CHECKING:
    from corpus.build.build import Build, BuildReport
    from corpus.build.run.assemble import AssembleReport

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``build`` to a parser's commands."""
    parser = commands.add_parser(
        "build",
        description="Translate documents into a sentence-aligned corpus. A run that was stopped, however, goes on "
        "where it was when the same command is given again.",
    )
    add_input_options(parser)
    add_output_options(parser, "the corpus")
    add_license_option(parser)
    parser.add_argument(
        "--parts",
        metavar="FOLDER",
        help="where decoded parts are kept (default: beside OUT, in NAME.parts; with --cluster the run, in NAME.run)",
    )
    add_signal_option(parser)
    add_corrections_option(parser)
    add_words_option(parser)
    add_text_options(parser)
    add_terms_options(parser)
    add_model_options(parser)
    add_worker_options(parser)
    add_cluster_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run, interrupted="interrupted; what is done is kept: the same command goes on from here")


def run(args: argparse.Namespace) -> int:
    """Make a corpus, or go on with one."""
    from corpus.build.build import prepare
    from translate.cli.progress import build_progress
    from translate.engines.workers import usable_cores

    quiet = getattr(args, "quiet", False)
    # Before the model is loaded, or even fetched: a typing error should not take minutes to be told.
    build = prepare(
        args.inputs,
        args.out,
        format=args.format,
        read=read_options(args),
        parts=None if args.cluster else args.parts,
        strict=args.strict,
        license=args.source_license,
        signals=not args.no_signals,
        words=words_option(args),
        workers=args.threads or usable_cores(),
        corrections=args.corrections,
        on_skip=None if quiet else say_skipped,
    )
    if args.cluster:
        if args.corrections:
            raise UsageError("--corrections with --cluster; export what was assembled with --corrections instead")
        return _run_on_cluster(args, build)
    segmentation = segment_options(args)
    with load_translator(args, segmentation) as translator, build_progress(quiet=quiet) as progress:
        report = build.run(translator, on_reject=say_rejected, on_progress=progress)
    if not quiet:
        _say_report(report, report.n_pairs - report.n_decoded)
    say_unapplied(report.unapplied)
    return 3 if report.rejected or report.unapplied else 0


def _run_on_cluster(args: argparse.Namespace, build: Build) -> int:
    """Plan, work and assemble, with the run beside OUT."""
    from corpus.build.build import parts_folder
    from corpus.build.run.assemble import assemble_run
    from corpus.build.run.cluster import import_ray
    from corpus.build.run.plan import plan_run
    from translate.cli.progress import build_progress

    if args.out == "-" and not args.parts:
        raise UsageError("with --cluster and standard output, --parts must say where the run is kept")
    import_ray()  # before the inputs are read, which may take hours
    quiet = getattr(args, "quiet", False)
    run = args.parts or str(parts_folder(Path(args.out), args.format).with_suffix(".run"))
    with load_translator(args, segment_options(args)) as translator, build_progress(quiet=quiet) as reading:
        planned = plan_run(
            args.inputs,
            run,
            translator=translator,
            read=build.read,
            strict=args.strict,
            license=args.source_license,
            workers=build.workers,
            on_reject=say_rejected,
            on_progress=reading,
        )
    with parts_progress(planned.manifest.n_parts, quiet=quiet) as progress:
        done = run_on_cluster(args, run, planned.manifest, progress)
    report = assemble_run(
        run, args.out, format=args.format, signals=build.signals, words=build.words, workers=build.workers
    )
    if not quiet:
        _say_report(report, planned.manifest.n_distinct - done.n_decoded)
    return 3 if report.rejected else 0


def _say_report(report: BuildReport | AssembleReport, n_found: int) -> None:
    reused = f" ({n_found} found in parts)" if n_found else ""
    say(f"{counted(report.n_pairs, 'pair')}{reused} from {counted(report.n_documents, 'document')} in {report.out}")
    if report.flags:
        say("flags: " + ", ".join(f"{name} {n}" for name, n in sorted(report.flags.items())))
    if report.rejected:
        say(f"{counted(len(report.rejected), 'input')} rejected, named above")
