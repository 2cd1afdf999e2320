"""Several processes that train one model on one machine: each a batch of its own, gradients summed.

Two processes of one thread do more in a second on two CPU cores than one process of two threads.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist

__all__ = ["ALONE", "Crew", "launch"]

T = TypeVar("T")


class Crew:
    """What one of the processes needs to know of the others.

    Args:
        rank: which this is, from 0.
        size: how many there are; with one, nothing here does anything.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size

    def sum_(self, tensor: torch.Tensor) -> None:
        """Replace a tensor by its sum over all processes."""
        if self.size > 1:
            dist.all_reduce(tensor)

    def agree(self, value: float) -> float:
        """What the first process says."""
        if self.size == 1:
            return value
        said = torch.tensor([value if self.rank == 0 else 0.0], dtype=torch.float64)
        dist.all_reduce(said)
        return float(said)

    def gather(self, tensor: torch.Tensor) -> list[torch.Tensor]:
        """A tensor of the same shape from each process."""
        if self.size == 1:
            return [tensor]
        found = [torch.empty_like(tensor) for _ in range(self.size)]
        dist.all_gather(found, tensor)
        return found


ALONE = Crew()


def _work(rank: int, size: int, meeting: str, work: Callable[[T, Crew], None], argument: T) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=size)
    try:
        work(argument, Crew(rank, size))
    finally:
        dist.destroy_process_group()
    # Threads of gloo outlive the group (seen with torch 2.13), and one that lets go of a tensor while Python is being
    # taken apart aborts the process: before 3.14 Python ends a thread that asks for the interpreter then, and C++ does
    # not allow that there. All is done and written, so nothing is taken apart.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def launch(work: Callable[[T, Crew], None], argument: T, size: int) -> None:
    """Run ``work`` in so many new processes of one thread each and wait for them; one that fails ends all.

    Args:
        work: a function of a module.
        argument: its first argument; it is pickled, as the function is.
        size: how many.
    """
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        workers = [context.Process(target=_work, args=(rank, size, meeting, work, argument)) for rank in range(size)]
        for worker in workers:
            worker.start()
        try:
            running = list(workers)
            while running:
                multiprocessing.connection.wait([worker.sentinel for worker in running])
                for worker in [each for each in running if each.exitcode is not None]:
                    running.remove(worker)
                    if worker.exitcode:
                        raise SystemExit(f"process {workers.index(worker)} ended with {worker.exitcode}")
        finally:
            for worker in workers:
                worker.terminate()
                worker.join()
