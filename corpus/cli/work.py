"""``duizhao work``: decode the parts of a run that nobody has decoded."""

from __future__ import annotations

import argparse

from corpus.cli.cluster import add_cluster_options, parts_progress, run_on_cluster
from translate.cli.console import counted, say
from translate.cli.options import Commands, add_common_options, add_worker_options, load_translator, positive

__all__ = ["add", "run"]


def add(commands: Commands) -> None:
    """Add ``work`` to a parser's commands."""
    parser = commands.add_parser(
        "work",
        description="Decode the parts of a run that have no result yet. Start it as often as you like, on as many "
        "machines as see the run: a part is done once.",
    )
    parser.add_argument("run_folder", metavar="RUN", help="of `duizhao plan`")
    parser.add_argument(
        "--shard",
        metavar="I/N",
        help="only every n-th part from the i-th on, i from 0 to n-1 (default: whatever nobody else is at)",
    )
    add_cluster_options(parser)
    group = parser.add_argument_group("model")
    group.add_argument(
        "--model", metavar="NAME|FOLDER", help="where the model is on this machine (default: as it was planned)"
    )
    group.add_argument("--shortlist", metavar="FILE", help="where the shortlist is, if the run was planned with one")
    group.add_argument("--threads", type=positive, metavar="N", help="CPU threads in all (default: one a core)")
    group.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    add_worker_options(parser)
    add_common_options(parser)
    parser.set_defaults(run=run, interrupted="interrupted; what is done is kept: the same command goes on from here")


def run(args: argparse.Namespace) -> int:
    """Do parts until all are there."""
    from corpus.build.run.files import open_files
    from corpus.build.run.manifest import Manifest
    from corpus.build.run.work import Share, Worker
    from translate.errors import UsageError
    from translate.text.segment import SegmentOptions

    quiet = getattr(args, "quiet", False)
    if args.cluster and args.shard:
        raise UsageError("--shard is for workers that know nothing of each other; --cluster does the whole run")
    share = Share.parse(args.shard) if args.shard else Share()
    files = open_files(args.run_folder)
    plan = Manifest.read(files)
    args.model = args.model or plan.model
    args.engine, args.compute_type, args.beam_size = plan.engine, plan.compute_type, plan.beam_size
    with parts_progress(plan.n_parts, quiet=quiet) as progress:
        if args.cluster:
            report = run_on_cluster(args, args.run_folder, plan, progress)
        else:
            with load_translator(args, SegmentOptions()) as translator:
                report = Worker(files, plan, translator, on_part=progress).run(share)
    if not quiet:
        found = report.n_parts - report.n_done
        there = f"{counted(report.n_parts, 'part')} {'is' if report.n_parts == 1 else 'are'} there"
        say(f"{there}: {report.n_done} done now, {found} before or by others")
    return 0
