"""What the commands share that decode the parts of a run."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from translate.cli.options import positive
from translate.cli.progress import parts_bar

if TYPE_CHECKING:
    from corpus.build.run.manifest import Entry, Manifest
    from corpus.build.run.work import WorkReport

__all__ = ["add_cluster_options", "parts_progress", "run_on_cluster"]


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Options for a Ray cluster."""
    group = parser.add_argument_group("cluster")
    group.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="do it on a Ray cluster (auto, host:6379 or ray://host:10001), whose nodes all see the folder of the "
        "run; needs an extra: duizhao[ray]",
    )
    group.add_argument(
        "--actors", type=positive, metavar="N", help="actors on it (default: as many as it has room for)"
    )
    group.add_argument("--actor-cpus", type=float, default=1, metavar="N", help="cores of each (default: 1)")
    group.add_argument("--actor-gpus", type=float, default=0, metavar="N", help="GPUs of each (default: 0)")


def run_on_cluster(
    args: argparse.Namespace, run: str, plan: Manifest, on_part: Callable[[Entry], None] | None
) -> WorkReport:
    """Do a run on a cluster as the command line asks for it, and decode as it is planned."""
    from corpus.build.run.cluster import Actors, work_on_cluster

    load: dict[str, Any] = {
        "model": args.model or plan.model,
        "engine": plan.engine,
        "beam_size": plan.beam_size,
        "compute_type": plan.compute_type,
        "threads": args.threads or max(1, int(args.actor_cpus)),
        "device": args.device,
        "shortlist": args.shortlist,
        "workers": args.workers,
        "deadline": args.deadline,
    }
    actors = Actors(args.actors, args.actor_cpus, args.actor_gpus)
    return work_on_cluster(run, args.cluster, load, actors, on_part=on_part)


@contextlib.contextmanager
def parts_progress(n_parts: int, *, quiet: bool) -> Iterator[Callable[[Entry], None] | None]:
    """A bar of parts, where somebody watches."""
    with parts_bar(n_parts, quiet=quiet) as update:
        yield (lambda entry: update(entry.n_sentences)) if update else None
