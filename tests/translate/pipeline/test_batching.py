"""Batches hold every sentence once, keep to their bounds, and give their results back in the order of the input."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.engines.base import Hypothesis, Required
from translate.engines.fake import FakeEngine, FakePlan
from translate.errors import EngineError
from translate.pipeline.batching import Batch, Scheduler, length_cap, plan_batches

LENGTHS = st.lists(st.integers(1, 512), max_size=200)


@given(LENGTHS, st.integers(1, 2048), st.integers(1, 64))
def test_a_plan_holds_every_sentence_once_and_keeps_its_bounds(lengths: list[int], max_tokens: int, most: int) -> None:
    batches = plan_batches(lengths, max_tokens=max_tokens, max_sentences=most, limit=512)
    assert sorted(i for batch in batches for i in batch.indices) == list(range(len(lengths)))
    for batch in batches:
        widest = max(lengths[i] for i in batch.indices)
        assert len(batch.indices) <= most
        assert len(batch.indices) == 1 or widest * len(batch.indices) <= max_tokens
        assert {length_cap(lengths[i], 512) for i in batch.indices} == {batch.max_length}


def test_long_sentences_come_first_and_ties_keep_the_order() -> None:
    batches = plan_batches([3, 9, 3, 9], max_tokens=18, max_sentences=8, limit=512)
    assert batches == [Batch((1, 3), 64), Batch((0, 2), 32)]


@given(st.integers(1, 512), st.integers(1, 1024))
def test_the_cap_leaves_room_and_never_passes_the_limit(n_source: int, limit: int) -> None:
    cap = length_cap(n_source, limit)
    assert cap <= limit
    assert cap == limit or cap >= 2 * n_source + 24


@given(st.lists(st.text(min_size=1, max_size=40), max_size=60), st.integers(1, 80), st.integers(1, 4))
def test_results_come_back_in_the_order_of_the_input(texts: list[str], max_tokens: int, threads: int) -> None:
    engine = FakeEngine(threads=threads)
    scheduler = Scheduler(engine, max_tokens=max_tokens)
    hypotheses = scheduler.finish(scheduler.add(texts, engine.count_tokens(texts)))
    engine.close()
    assert [h.text for h in hypotheses] == [f"EN({text})[{len(text)}]" if text.strip() else "" for text in texts]


class LateEngine(FakeEngine):
    """Answers in any order, and never with more than ``capacity`` batches in flight."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self.capacity = capacity
        self.most = 0
        self._open: list[tuple[Future[list[Hypothesis]], list[str]]] = []
        self._random = random.Random(4)

    def submit(
        self,
        sentences: Sequence[str],
        max_length: int | None = None,
        required: Sequence[Sequence[Required]] | None = None,
    ) -> Future[list[Hypothesis]]:
        assert not required
        future: Future[list[Hypothesis]] = Future()
        self._open.append((future, list(sentences)))
        self.most = max(self.most, len(self._open))
        if len(self._open) == self.capacity:
            self.answer_one()
        return future

    def answer_one(self) -> None:
        future, texts = self._open.pop(self._random.randrange(len(self._open)))
        future.set_result([Hypothesis(text.upper(), 0.0, 1, "eos") for text in texts])


def test_batches_may_land_in_any_order() -> None:
    engine = LateEngine(3)
    scheduler = Scheduler(engine, max_tokens=4)
    texts = [f"text {i}" for i in range(50)]
    job = scheduler.add(texts, [4] * 50)
    while job.n_open > 2:
        scheduler._collect()
        scheduler._launch()
    while engine._open:
        engine.answer_one()
    assert [h.text for h in scheduler.finish(job)] == [text.upper() for text in texts]
    assert engine.most == 3


def test_a_retry_goes_ahead_of_what_waits() -> None:
    engine = FakeEngine()
    scheduler = Scheduler(engine, max_tokens=8)
    scheduler.add(["一", "二", "三"], [8, 8, 8])
    job = scheduler.add(["先"], [8], first=True)
    scheduler.finish(job)
    engine.close()
    assert [batch[0] for batch in engine.batches].index("先") == 1


@pytest.mark.parametrize(("n_sentences", "n_batches"), [(3, 1), (16, 2), (64, 4), (256, 10)])
def test_a_few_sentences_are_several_batches_so_that_no_core_is_idle(n_sentences: int, n_batches: int) -> None:
    engine = FakeEngine(threads=1)
    scheduler = Scheduler(engine)
    texts = [f"第{i:03}句" + "字" * 35 for i in range(n_sentences)]
    scheduler.finish(scheduler.add(texts, [40] * n_sentences))
    engine.close()
    assert n_batches <= len(engine.batches) <= n_batches + 1


def test_a_failed_batch_drops_the_queue() -> None:
    engine = FakeEngine(plan=FakePlan(fail=lambda source: source == "坏"))
    scheduler = Scheduler(engine, max_tokens=8)
    job = scheduler.add(["坏", *"好" * 20], [8] * 21)
    with pytest.raises(EngineError, match="told to fail"):
        scheduler.finish(job)
    n_seen = len(engine.batches)
    again = scheduler.add(["新"], [8])
    assert [h.text for h in scheduler.finish(again)] == ["EN(新)[1]"]
    engine.close()
    assert len(engine.batches) == n_seen + 1
