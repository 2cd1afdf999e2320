"""``duizhao plan``: documents in, the plan of a run out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from corpus.cli.bitext import add_license_option
from corpus.cli.inputs import add_input_options, read_options, say_rejected, say_skipped
from translate.cli.console import counted, say
from translate.cli.options import (
    Commands,
    add_common_options,
    add_model_options,
    add_terms_options,
    add_text_options,
    load_translator,
    positive,
    segment_options,
)

if TYPE_CHECKING:
    from corpus.build.run.plan import PlanReport

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``plan`` to a parser's commands."""
    parser = commands.add_parser(
        "plan",
        description="Lay down what is to be decoded, and in which parts. Then `duizhao work` does them, on any number "
        "of machines. Each distinct sentence is decoded once in the whole run. A plan does not change any more: the "
        "documents may.",
    )
    add_input_options(parser)
    add_license_option(parser)
    parser.add_argument(
        "-o", "--out", required=True, metavar="RUN", help="a folder that all workers see, or a URL such as s3://…"
    )
    parser.add_argument(
        "--part-sentences",
        type=positive,
        metavar="N",
        help="distinct sentences a part (default: 2000, up to 200000 where there are more than 10 million)",
    )
    add_text_options(parser)
    add_terms_options(parser)
    add_model_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run, interrupted="interrupted; nothing is planned yet: the same command begins again")


def run(args: argparse.Namespace) -> int:
    """Plan a run."""
    from corpus.build.run.plan import plan_run
    from translate.cli.progress import build_progress
    from translate.engines.workers import usable_cores

    quiet = getattr(args, "quiet", False)
    with load_translator(args, segment_options(args)) as translator, build_progress(quiet=quiet) as progress:
        report = plan_run(
            args.inputs,
            args.out,
            translator=translator,
            read=read_options(args),
            part_sentences=args.part_sentences,
            strict=args.strict,
            license=args.source_license,
            workers=args.threads or usable_cores(),
            on_skip=None if quiet else say_skipped,
            on_reject=say_rejected,
            on_progress=progress,
        )
    if not quiet:
        _say_report(report)
    return 3 if report.rejected else 0


def _say_report(report: PlanReport) -> None:
    plan = report.manifest
    copies = plan.n_sentences - plan.n_distinct
    known = f" ({copies} came before)" if copies else ""
    planned = "" if report.is_new else ", as planned before"
    say(f"{counted(plan.n_sentences, 'sentence')}{known} in {counted(plan.n_parts, 'part')}{planned}")
    say(f"next: duizhao work {report.run}, then: duizhao assemble {report.run} -o OUT")
