"""Processes: the order is that of the input, and what goes wrong in one is told here."""

from __future__ import annotations

import os
import signal

import pytest

from corpus.curation.workers import in_order
from translate.errors import DuizhaoError, InputError


def doubled(batch: list[int]) -> tuple[list[int], int]:
    return [2 * number for number in batch], os.getpid()


def refused(batch: list[int]) -> list[int]:
    if 30 in batch:
        raise InputError("30 is not wanted")
    return batch


def killed(batch: list[int]) -> list[int]:
    os.kill(os.getpid(), signal.SIGKILL)
    return batch


BATCHES = [[number, number + 1] for number in range(0, 40, 2)]


def test_several_processes_give_what_one_does_in_its_order() -> None:
    found = list(in_order(doubled, iter(BATCHES), 2))
    assert [numbers for numbers, _ in found] == [[2 * number for number in batch] for batch in BATCHES]
    assert os.getpid() not in {pid for _, pid in found}


@pytest.mark.parametrize(("n_workers", "n_batches"), [(1, 20), (2, 3), (2, 0)])
def test_few_batches_need_no_process(n_workers: int, n_batches: int) -> None:
    found = list(in_order(doubled, iter(BATCHES[:n_batches]), n_workers))
    assert len(found) == n_batches
    assert {pid for _, pid in found} <= {os.getpid()}


def test_an_error_is_the_same_one_here() -> None:
    with pytest.raises(InputError, match="30 is not wanted"):
        list(in_order(refused, iter(BATCHES), 2))


def test_a_process_that_is_killed_is_told_as_such() -> None:
    with pytest.raises(DuizhaoError, match="--workers 1"):
        list(in_order(killed, iter(BATCHES), 2))
