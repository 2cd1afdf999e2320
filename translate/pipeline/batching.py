"""Batches: a window of sentences sorted by length, cut by padded size, kept in flight, and put back in order.

The order of the input is carried along as an index with every sentence, so that the order of the output is proved
and not hoped for.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from typing import Protocol

from translate.engines.base import Engine, Hypothesis, Required
from translate.errors import EngineError

__all__ = ["Batch", "Job", "Journal", "OnBatch", "Scheduler", "batch_tokens", "length_cap", "plan_batches"]

OnBatch = Callable[[Sequence[str]], None]
"""Told of the texts of a batch that has been decoded."""

_CAP_STEP = 32
_FEW_TOKENS, _SHARES = 256, 4


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences that are decoded together.

    Attributes:
        indices: their places in the window.
        max_length: cap on target tokens, the same for each of them.
    """

    indices: tuple[int, ...]
    max_length: int


def length_cap(n_source: int, limit: int) -> int:
    """Most target tokens that a source of ``n_source`` tokens may become.

    Two target tokens a source token and a few more are nearly always enough: of the 17,362 references of FLORES
    dev, WMT20, WMT22, Tatoeba and TICO-19, one is longer. Past that the model is looping, and every further step
    is wasted on the whole batch. Rounded up so that a window has few different caps: all sentences of a batch
    share theirs, which makes the cap a property of the sentence alone and not of its neighbours.

    Args:
        n_source: source tokens, end of sentence included.
        limit: the model's own cap.
    """
    wanted = 2 * n_source + 24
    return min(limit, -(-wanted // _CAP_STEP) * _CAP_STEP)


def batch_tokens(beam_size: int) -> int:
    """Most padded source tokens of a batch, measured on CTranslate2 in int8 (docs/performance.md).

    At beam 1 a row a sentence leaves the products small; from two on more tokens a batch bring nothing.
    """
    return 2048 if beam_size == 1 else 1024


def plan_batches(lengths: Sequence[int], *, max_tokens: int, max_sentences: int, limit: int) -> list[Batch]:
    """Cut a window into batches, longest sentences first.

    Args:
        lengths: source tokens of each sentence of the window.
        max_tokens: most padded source tokens (sentences times the longest) in a batch; one sentence always fits.
        max_sentences: most sentences in a batch.
        limit: the model's cap on target tokens.

    Returns:
        Batches in which every index of the window stands exactly once. Long ones come first, so that the
        workers finish together; ties keep the order of the input, so that the plan is the same on every run.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    batches: list[Batch] = []
    current: list[int] = []
    widest = cap = 0
    for i in order:
        own_cap = length_cap(lengths[i], limit)
        full = len(current) >= max_sentences or (len(current) + 1) * widest > max_tokens
        if current and (full or own_cap != cap):
            batches.append(Batch(tuple(current), cap))
            current = []
        if not current:
            widest, cap = lengths[i], own_cap
        current.append(i)
    if current:
        batches.append(Batch(tuple(current), cap))
    return batches


class Journal(Protocol):
    """Remembers what an engine said, batch by batch, so that work which was stopped goes on in its middle.

    A batch and not a sentence is remembered: a translation may depend on its neighbours, and these are the same when
    the same texts come again.
    """

    def recall(self, texts: Sequence[str], max_length: int) -> list[Hypothesis] | None:
        """What a batch became; None when it is not known."""
        ...

    def note(self, texts: Sequence[str], max_length: int, hypotheses: Sequence[Hypothesis]) -> None:
        """Remember what a batch became."""
        ...


@dataclass(slots=True, eq=False)
class Job:
    """Texts on their way through the engine; ``hypotheses`` fills as batches come back.

    Attributes:
        texts: in any order.
        journal: asked before the engine is, and told what that said.
        listeners: told of each batch that is there.
        required: for each text what its translation is to have; nothing for any when empty.
    """

    texts: Sequence[str]
    journal: Journal | None = None
    listeners: Sequence[OnBatch] = ()
    required: Sequence[Sequence[Required]] = ()
    hypotheses: list[Hypothesis | None] = field(init=False)
    n_open: int = field(init=False)

    def __post_init__(self) -> None:
        self.hypotheses = [None] * len(self.texts)
        self.n_open = len(self.texts)

    def results(self) -> list[Hypothesis]:
        """One hypothesis a text, in the order of the texts; the job must be done."""
        done = [hypothesis for hypothesis in self.hypotheses if hypothesis is not None]
        if len(done) != len(self.texts):
            raise RuntimeError(f"{len(self.texts) - len(done)} of {len(self.texts)} texts are not decoded yet")
        return done

    def land(self, batch: Batch, hypotheses: Sequence[Hypothesis]) -> None:
        """Take what became of a batch."""
        for i, hypothesis in zip(batch.indices, hypotheses, strict=True):
            self.hypotheses[i] = hypothesis
        self.n_open -= len(batch.indices)
        texts = self.texts_of(batch)
        for listener in self.listeners:
            listener(texts)

    def texts_of(self, batch: Batch) -> list[str]:
        """The texts of one of its batches."""
        return [self.texts[i] for i in batch.indices]

    def required_of(self, batch: Batch) -> list[Sequence[Required]] | None:
        """What the translations of a batch are to have; None where they may be anything."""
        own = [self.required[i] for i in batch.indices] if self.required else []
        return own if any(own) else None

    def keys_of(self, batch: Batch) -> list[str]:
        """By what a journal knows the texts of a batch: themselves, and what their translations are to have."""
        texts, required = self.texts_of(batch), self.required_of(batch)
        if required is None:
            return texts
        wanted = (json.dumps([[each.text, each.inflected] for each in own]) for own in required)
        return [f"{text}\n{own}" for text, own in zip(texts, wanted, strict=True)]


@dataclass(slots=True, eq=False)
class Scheduler:
    """Keeps at most ``engine.capacity`` batches in flight, first come first served.

    Single-threaded: batches are handed over while somebody waits for a job, so there is no thread of our own
    to stop when the user presses Ctrl-C.

    Attributes:
        engine: translates the batches.
        max_tokens: most padded source tokens in a batch; less where there is little to do.
        max_sentences: most sentences in a batch.
    """

    engine: Engine
    max_tokens: int = 1024
    max_sentences: int = 256
    _queue: deque[tuple[Job, Batch]] = field(default_factory=deque)
    _flying: dict[Future[list[Hypothesis]], tuple[Job, Batch]] = field(default_factory=dict)

    def add(
        self,
        texts: Sequence[str],
        lengths: Sequence[int],
        required: Sequence[Sequence[Required]] = (),
        *,
        first: bool = False,
        journal: Journal | None = None,
        listeners: Sequence[OnBatch] = (),
    ) -> Job:
        """Queue texts, behind what waits already or before it.

        Args:
            texts: none of them longer than the engine takes.
            lengths: source tokens of each.
            required: for each what its translation is to have; nothing for any when empty. Those that are to have
                something make batches of their own.
            first: ahead of everything that waits (a retry holds up its window).
            journal: see `Job`.
            listeners: see `Job`.
        """
        job = Job(texts, journal, listeners, required)
        bound = [i for i, own in enumerate(required) if own]
        free = [i for i in range(len(texts)) if not required or not required[i]]
        work = [(job, batch) for indices in (free, bound) for batch in self._plan(lengths, indices)]
        if first:
            self._queue.extendleft(reversed(work))
        else:
            self._queue.extend(work)
        self._launch()
        return job

    def _plan(self, lengths: Sequence[int], indices: Sequence[int]) -> Iterator[Batch]:
        """The batches of some texts."""
        own = [lengths[i] for i in indices]
        tokens, limit = self._share(own), self.engine.max_target_tokens
        for batch in plan_batches(own, max_tokens=tokens, max_sentences=self.max_sentences, limit=limit):
            yield replace(batch, indices=tuple(indices[i] for i in batch.indices))

    def _share(self, lengths: Sequence[int]) -> int:
        """Fewer tokens a batch where there are few in all, so that no core stands idle.

        It does not ask how many cores there are: a machine's batches are those of any other.
        """
        return min(self.max_tokens, max(_FEW_TOKENS, sum(lengths) // _SHARES))

    def finish(self, job: Job) -> list[Hypothesis]:
        """Wait until every text of ``job`` is decoded; other jobs go on meanwhile.

        Raises:
            EngineError: a batch failed, and the rest of the job is dropped; or the job was cancelled.
        """
        try:
            while job.n_open:
                self._collect()
                self._launch()
        except BaseException:
            # Ctrl-C as well: what is queued must not go on decoding behind the user's back.
            self.cancel([job])
            raise
        return job.results()

    def cancel(self, jobs: Iterable[Job]) -> None:
        """Drop what waits of these jobs; what flies already is left to land unseen. Other jobs go on."""
        dropped = set(map(id, jobs))
        self._queue = deque((job, batch) for job, batch in self._queue if id(job) not in dropped)
        for future, (job, _) in list(self._flying.items()):
            if id(job) in dropped:
                future.cancel()
                del self._flying[future]
        self._launch()

    def close(self) -> None:
        """Drop everything."""
        self.cancel([job for job, _ in [*self._queue, *self._flying.values()]])

    def _launch(self) -> None:
        while self._queue and len(self._flying) < self.engine.capacity:
            job, batch = self._queue.popleft()
            known = job.journal.recall(job.keys_of(batch), batch.max_length) if job.journal else None
            if known is None:
                texts, required = job.texts_of(batch), job.required_of(batch)
                bound = () if required is None else (required,)
                self._flying[self.engine.submit(texts, batch.max_length, *bound)] = (job, batch)
            else:
                job.land(batch, known)

    def _collect(self) -> None:
        if not self._flying:
            raise EngineError("this translation was cancelled; start it again")
        for future in _landed(self._flying):
            job, batch = self._flying.pop(future)
            hypotheses = future.result()
            if job.journal:
                job.journal.note(job.keys_of(batch), batch.max_length, hypotheses)
            job.land(batch, hypotheses)


def _landed(flying: dict[Future[list[Hypothesis]], tuple[Job, Batch]]) -> list[Future[list[Hypothesis]]]:
    done, _ = wait(flying, return_when=FIRST_COMPLETED)
    # In the order of launching, so that the first failure reported is the same on every run.
    return [future for future in flying if future in done]
