"""Lanes over a batch that only counts: what joins when, and what becomes of those that wait."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, wait

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translate.engines.lanes import Ended, Lanes
from translate.errors import EngineError

WAIT = 60


class Counting:
    """Writes as many tokens for a source as its first id says; the source -1 breaks it."""

    def __init__(self) -> None:
        self._left: dict = {}
        self._n_vacant = 0
        self._sources: dict = {}
        self.sizes: list[tuple[int, int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.steps: threading.Semaphore | None = None
        self.started = threading.Event()

    def __len__(self) -> int:
        return len(self._left)

    @property
    def keys(self):
        return list(self._left)

    @property
    def n_source(self) -> int:
        return max(map(len, self._sources.values()), default=0)

    @property
    def n_vacant(self) -> int:
        return self._n_vacant

    def admit(self, new):
        for key, source, _ in new:
            self._left[key], self._sources[key] = source[0], source
        return self.step()

    def step(self):
        self._n_vacant = 0
        self.sizes.append((len(self), self.n_source))
        self.started.set()
        assert self.gate.wait(WAIT)
        assert self.steps is None or self.steps.acquire(timeout=WAIT)
        if -1 in self._left.values():
            raise RuntimeError("no such token\nand more")
        self._left = {key: left - 1 for key, left in self._left.items()}
        gone = [key for key, left in self._left.items() if left <= 0]
        for key in gone:
            del self._left[key]
        self._n_vacant = len(gone)
        return [Ended(key, self._sources.pop(key), 0.0) for key in gone]

    def clear(self) -> None:
        self._left, self._sources = {}, {}


def targets(ended) -> list:
    return [each.target for each in ended]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=5), min_size=1, max_size=12), max_size=12),
    st.integers(1, 3),
)
def test_every_submission_comes_back_whole_and_in_order(orders, n_lanes):
    batches = [Counting() for _ in range(n_lanes)]
    lanes = Lanes(batches, "test")
    futures = [lanes.submit(ids, 9, targets) for ids in orders]
    assert [future.result(WAIT) for future in futures] == orders
    lanes.close()
    most = max((len(ids) * max(map(len, ids)) for ids in orders), default=0)
    assert all(size * widest <= most for batch in batches for size, widest in batch.sizes)


def test_a_batch_is_filled_up_as_sentences_end():
    batch = Counting()
    batch.gate.clear()
    lanes = Lanes([batch], "test")
    first = lanes.submit([[1]] * 4 + [[20]] * 4, 9, targets)
    others = [lanes.submit([[20]] * 3, 9, targets) for _ in range(2)]
    batch.gate.set()
    wait([first, *others], WAIT)
    lanes.close()
    # Four leave; three of the second and one of the third submission join at once.
    assert [size for size, _ in batch.sizes][:3] == [8, 8, 8]


def test_a_batch_can_be_written_to_its_end_before_others_join():
    batch = Counting()
    batch.gate.clear()
    lanes = Lanes([batch], "test", refill=1.0)
    futures = [lanes.submit([[2]] * 3 + [[5]], 9, targets)]
    assert batch.started.wait(WAIT)
    futures += [lanes.submit([[3]], 9, targets) for _ in range(6)]
    batch.gate.set()
    wait(futures, WAIT)
    lanes.close()
    assert [size for size, _ in batch.sizes] == [4, 4, 1, 1, 1, 4, 4, 4, 2, 2, 2]


def test_what_is_cancelled_before_it_starts_is_not_written():
    batch = Counting()
    batch.gate.clear()
    lanes = Lanes([batch], "test")
    first = lanes.submit([[2]], 9, targets)
    assert batch.started.wait(WAIT)
    second, third = lanes.submit([[3]], 9, targets), lanes.submit([[4]], 9, targets)
    assert second.cancel()
    assert not first.cancel()
    batch.gate.set()
    assert (first.result(WAIT), third.result(WAIT)) == ([[2]], [[4]])
    lanes.close()


def test_an_error_ends_what_is_in_the_batch_and_nothing_else():
    batch = Counting()
    batch.gate.clear()
    lanes = Lanes([batch], "test")
    broken = lanes.submit([[-1], [5]], 9, targets)
    assert batch.started.wait(WAIT)
    later = lanes.submit([[2], [3]], 9, targets)
    batch.gate.set()
    with pytest.raises(EngineError, match=r"the engine failed: RuntimeError: no such token$"):
        broken.result(WAIT)
    assert later.result(WAIT) == [[2], [3]]
    lanes.close()


def test_an_error_in_finishing_is_that_submission_s_own():
    lanes = Lanes([Counting()], "test")

    def fail(ended):
        raise RuntimeError("cannot be read")

    broken, later = lanes.submit([[1]], 9, fail), lanes.submit([[1]], 9, targets)
    with pytest.raises(EngineError, match="cannot be read"):
        broken.result(WAIT)
    assert later.result(WAIT) == [[1]]
    lanes.close()


def test_closing_gives_up_what_runs_and_cancels_what_waits():
    batch = Counting()
    batch.gate.clear()
    lanes = Lanes([batch], "test")
    # Of the second, one sentence joins and one waits.
    first = lanes.submit([[9], [9]], 9, targets)
    assert batch.started.wait(WAIT)
    waiting = lanes.submit([[1]] * 2, 9, targets)
    closing = threading.Thread(target=lanes.close)
    closing.start()
    with pytest.raises(CancelledError):
        waiting.result(WAIT)
    # The scheduler waits in this way, which overlooks a future that was cancelled and not told so.
    assert wait([waiting], 5).done == {waiting}
    batch.gate.set()
    closing.join(WAIT)
    with pytest.raises(EngineError, match="closed while it translated"):
        first.result(WAIT)
    with pytest.raises(EngineError, match="load it again"):
        lanes.submit([[1]], 9, targets)
    lanes.close()


def test_closing_gives_up_a_submission_that_has_only_begun():
    batch = Counting()
    batch.steps = threading.Semaphore(0)
    lanes = Lanes([batch], "test")
    first = lanes.submit([[1], [9]], 9, targets)
    assert batch.started.wait(WAIT)
    second = lanes.submit([[1]] * 2, 9, targets)
    batch.started.clear()
    batch.steps.release()
    # The first sentence has left, and one of the second submission has joined.
    assert batch.started.wait(WAIT)
    assert second.running()
    closing = threading.Thread(target=lanes.close)
    closing.start()
    for future in (second, first):
        with pytest.raises(EngineError, match="closed while it translated"):
            future.result(WAIT)
        batch.steps.release()
    closing.join(WAIT)


def test_whoever_hears_of_an_error_may_close_the_engine():
    batches = [Counting(), Counting()]
    lanes = Lanes(batches, "test")
    closed = threading.Event()

    def close(future) -> None:
        lanes.close()
        closed.set()

    other = lanes.submit([[3]], 9, targets)
    lanes.submit([[-1]], 9, targets).add_done_callback(close)
    assert closed.wait(WAIT)
    assert wait([other], WAIT).done


def test_a_source_without_tokens_is_refused_and_no_sources_are_done_at_once():
    lanes = Lanes([Counting()], "test")
    with pytest.raises(ValueError, match="without tokens"):
        lanes.submit([[1], []], 9, targets)
    assert lanes.submit([], 9, targets).result(WAIT) == []
    lanes.close()
    with pytest.raises(EngineError, match="closed"):
        lanes.submit([], 9, targets)


def test_many_short_sentences_make_no_larger_a_batch_than_was_submitted():
    batch = Counting()
    batch.gate.clear()
    lanes = Lanes([batch], "test", refill=1.0)
    futures = [lanes.submit([[1, 1, 1, 1]] * 4, 9, targets)]
    assert batch.started.wait(WAIT)
    futures += [lanes.submit([[1]] * 4, 9, targets) for _ in range(3)]
    batch.gate.set()
    wait(futures, WAIT)
    lanes.close()
    assert [size for size, _ in batch.sizes] == [4, 4, 4, 4]
