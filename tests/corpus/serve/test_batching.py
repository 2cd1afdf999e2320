"""The queue: sentences of several clients in one window, in turns, each answer to its own place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from corpus.serve.batching import BatchingQueue, BusyError, CancelledError, Outcome, QueuedTranslator
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine, FakePlan
from translate.errors import EngineError
from translate.pipeline.translation import Translation
from translate.pipeline.translator import Translator

from .conftest import UNOPENED


@contextmanager
def opened(plan: FakePlan | None = None, **options: int) -> Iterator[tuple[BatchingQueue, FakeEngine]]:
    engine = FakeEngine(plan=plan)
    with Translator(engine, UNOPENED, DecodeOptions(beam_size=1)) as translator:
        queue = BatchingQueue(translator, **options)
        try:
            yield queue, engine
        finally:
            queue.close()


class Client:
    """Sends sentences, and waits for what becomes of them."""

    def __init__(self, queue: BatchingQueue, texts: list[str]) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self.order_of_arrival: list[int] = []
        self._done = threading.Event()
        self._n = len(texts)
        self.order = queue.submit(texts, self._deliver)

    def _deliver(self, index: int, outcome: Outcome) -> None:
        assert index not in self.outcomes
        self.outcomes[index] = outcome
        if len(self.outcomes) == self._n:
            self._done.set()

    def wait(self) -> list[Outcome]:
        assert self._done.wait(60)
        return [self.outcomes[index] for index in range(self._n)]

    def texts(self) -> list[str]:
        return [outcome.text if isinstance(outcome, Translation) else "failed" for outcome in self.wait()]


def test_each_gets_its_own_and_they_share_batches() -> None:
    with opened(FakePlan(seconds=0.05)) as (queue, engine):
        clients = [Client(queue, [f"第{i}句，{j}。" for j in range(3)]) for i in range(20)]
        for i, client in enumerate(clients):
            assert client.texts() == [f"EN(第{i}句，{j}。)[{len(f'第{i}句，{j}。')}]" for j in range(3)]
    assert len(engine.batches) < 20
    together = max(engine.batches, key=len)
    assert len({text.split("，")[0] for text in together}) > 1


def test_a_short_request_does_not_wait_for_a_book() -> None:
    with opened(FakePlan(seconds=0.02)) as (queue, _):
        book = Client(queue, [f"书里的第{i}句。" for i in range(1000)])
        line = Client(queue, ["一句。"])
        line.wait()
        assert len(book.outcomes) < 500
        assert len(book.wait()) == 1000


def test_what_fails_costs_only_itself() -> None:
    with opened(FakePlan(fail=lambda text: "坏" in text)) as (queue, _):
        good, bad = Client(queue, ["好。", "很好。"]), Client(queue, ["好的。", "坏的。"])
        assert all(isinstance(outcome, Translation) for outcome in good.wait())
        first, second = bad.wait()
        assert isinstance(first, Translation)
        assert isinstance(second, EngineError)
        assert Client(queue, ["又好了。"]).texts() == ["EN(又好了。)[4]"]


def test_a_mistake_of_ours_is_told_and_the_queue_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened() as (queue, engine):
        with monkeypatch.context() as patch:
            patch.setattr(engine, "count_tokens", lambda texts: 1 // 0)
            (outcome,) = Client(queue, ["一。"]).wait()
            assert isinstance(outcome, EngineError)
            assert "ZeroDivisionError" in str(outcome)
        assert Client(queue, ["一。"]).texts() == ["EN(一。)[2]"]


def test_it_refuses_what_is_too_much_and_takes_one_large_request_when_idle() -> None:
    started, go_on = threading.Event(), threading.Event()

    def hold(text: str) -> bool:
        started.set()
        go_on.wait(60)
        return False

    with opened(FakePlan(empty=hold), max_waiting=50) as (queue, _):
        large = Client(queue, [f"第{i}句。" for i in range(200)])
        assert started.wait(60)
        with pytest.raises(BusyError, match="sentences wait already, 1 more would pass the limit of 50"):
            Client(queue, ["一。"])
        go_on.set()
        assert len(large.wait()) == 200
        assert len(Client(queue, ["一。"]).wait()) == 1


def test_cancelled_sentences_are_not_decoded() -> None:
    with opened(FakePlan(seconds=0.02)) as (queue, engine):
        client = Client(queue, [f"第{i}句。" for i in range(1000)])
        queue.cancel(client.order)
        assert queue.n_waiting == 0
        Client(queue, ["一。"]).wait()
        n_seen = len(client.outcomes)
        assert sum(map(len, engine.batches)) < 200
        Client(queue, ["二。"]).wait()
        assert len(client.outcomes) == n_seen


def test_closing_finishes_what_waits_and_takes_no_more() -> None:
    with opened(FakePlan(seconds=0.01)) as (queue, _):
        client = Client(queue, [f"第{i}句。" for i in range(300)])
        queue.close()
        assert len(client.outcomes) == 300
        with pytest.raises(BusyError, match="about to stop"):
            Client(queue, ["一。"])


def test_a_translator_whose_sentences_are_queued_translates_as_any_other() -> None:
    texts = ["第一句。第二句。\n\n  第三句，有12345。", "", " \n", "没有句号"]
    with opened() as (queue, _):
        assert QueuedTranslator(queue).translate(texts) == queue_free(texts)
        many = [f"第{i}句。" for i in range(3000)]
        assert [t.text for t in QueuedTranslator(queue).translate_sentences(many)] == queue_free(many)


def queue_free(texts: list[str]) -> list[str]:
    with Translator(FakeEngine(), UNOPENED, DecodeOptions(beam_size=1)) as translator:
        return translator.translate(texts)


def test_who_waits_for_a_translator_that_is_cancelled_is_let_go() -> None:
    go_on = threading.Event()

    def hold(text: str) -> bool:
        go_on.wait(60)
        return False

    with opened(FakePlan(empty=hold)) as (queue, _):
        translator = QueuedTranslator(queue)
        raised: list[BaseException] = []

        def work() -> None:
            try:
                translator.translate(["一。"])
            except CancelledError as error:
                raised.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        translator.cancel()
        thread.join(60)
        go_on.set()
        assert len(raised) == 1
