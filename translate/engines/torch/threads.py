"""How many cores a product of torch is shared by, for some threads alone and not for the caller's whole process.

``torch.set_num_threads`` does two things: it sets the number for the thread that calls it (OpenMP and MKL keep one a
thread), and for threads that ask torch for the first time later on. So the workers set theirs and ask at once, which
makes it their own for good; then the caller's number is set again for all others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch

__all__ = ["threads_of_their_own"]

_one_at_a_time = threading.Lock()


@contextmanager
def threads_of_their_own(n_threads: int | None) -> Iterator[Callable[[], None] | None]:
    """Inside the block threads can be started that have ``n_threads`` cores a product; all others keep what they had.

    Args:
        n_threads: cores a product; None to leave everything as it is.

    Yields:
        What each of those threads has to call first, before the block ends; None where there is nothing to call.
    """
    if n_threads is None:
        yield None
        return
    with _one_at_a_time:
        before = torch.get_num_threads()
        try:
            yield partial(_take, n_threads)
        finally:
            torch.set_num_threads(before)


def _take(n_threads: int) -> None:
    torch.set_num_threads(n_threads)
    # A thread that has asked once keeps its number.
    torch.get_num_threads()
