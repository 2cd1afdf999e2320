"""An engine without a network, for tests of everything around it. It ships so that users can test with it too."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from translate.engines.base import DecodeOptions, Hypothesis, Required, check_batch
from translate.engines.workers import Workers
from translate.errors import EngineError, UsageError

if TYPE_CHECKING:
    from translate.marian.model import LocalModel

__all__ = ["FakeEngine", "FakePlan", "count_characters"]

Trick = Callable[[str], bool]
"""Tells for a source whether something is to happen to it."""


def _never(source: str) -> bool:
    del source
    return False


@dataclass(frozen=True, slots=True)
class FakePlan:
    """What goes wrong, and for which sources.

    Attributes:
        fail: the batch that holds such a source fails with `EngineError`.
        empty: such a source comes back empty.
        loop: such a source comes back as one phrase over and over, up to the length cap.
        cap: such a source reaches the length cap.
        lose: such a source comes back without its digits.
        seconds: each batch takes this long.
    """

    fail: Trick = _never
    empty: Trick = _never
    loop: Trick = _never
    cap: Trick = _never
    lose: Trick = _never
    seconds: float = 0.0


def count_characters(sentences: Sequence[str]) -> list[int]:
    """The source tokens of each sentence, as `FakeEngine` counts them: its characters, and one for its end."""
    return [len(sentence) + 1 for sentence in sentences]


class FakeEngine:
    """Answers ``EN(source)[n]``, n being the source's characters, at once and always the same.

    One character is one token, and the end of sentence one more.

    Args:
        model: ignored, but for its ``max_tokens``.
        options: ignored, the shortlist too; it is read all the same, and stands in the signature.
        compute_type: ``none`` or None.
        threads: batches that run at a time.
        device: ignored.
        plan: what is to go wrong.

    Attributes:
        batches: the first 1,000 batches seen, in order of submission.
    """

    name = "fake"
    compute_type = "none"

    def __init__(
        self,
        model: LocalModel | None = None,
        options: DecodeOptions | None = None,
        *,
        compute_type: str | None = None,
        threads: int | None = None,
        device: str = "cpu",
        plan: FakePlan | None = None,
    ) -> None:
        del options, device
        if compute_type not in (None, "none"):
            raise UsageError(f"the fake engine computes nothing, so not in {compute_type!r}")
        self.capacity = threads or 1
        self.max_source_tokens = model.spec.max_tokens if model else 512
        self.max_target_tokens = 511
        self.batches: list[list[str]] = []
        self._plan = plan or FakePlan()
        self._workers = Workers(self.capacity, "fake")

    def count_tokens(self, sentences: Sequence[str]) -> list[int]:
        """Characters of each sentence, and one for its end."""
        return count_characters(sentences)

    def submit(
        self,
        sentences: Sequence[str],
        max_length: int | None = None,
        required: Sequence[Sequence[Required]] | None = None,
    ) -> Future[list[Hypothesis]]:
        """Answer one batch; see `Engine`. What is required is in the answer where it is in the source."""
        del required
        batch = list(sentences)
        check_batch(batch, self.count_tokens(batch), self.max_source_tokens)
        if len(self.batches) < 1000:  # no more, so that memory can be measured with this engine
            self.batches.append(batch)
        cap = min(max_length or self.max_target_tokens, self.max_target_tokens)
        return self._workers.submit(lambda: self._answer_all(batch, cap))

    def close(self) -> None:
        """End the threads."""
        self._workers.close()

    def _answer_all(self, batch: list[str], cap: int) -> list[Hypothesis]:
        time.sleep(self._plan.seconds)
        for source in batch:
            if self._plan.fail(source):
                raise EngineError(f"the fake engine was told to fail at {source[:20]!r}")
        return [self._answer(source, cap) for source in batch]

    def _answer(self, source: str, cap: int) -> Hypothesis:
        if self._plan.empty(source) or not source.strip():
            return Hypothesis("", 0.0, 1, "eos")
        if self._plan.loop(source):
            return Hypothesis(" ".join(["Come on"] * (cap // 2)), -0.1, cap, "length")
        text = f"EN({source})[{len(source)}]"
        if self._plan.lose(source):
            text = "".join(char for char in text if not char.isdigit())
        if self._plan.cap(source) or len(text) + 1 > cap:
            return Hypothesis(text[:cap], -1.0, cap, "length")
        return Hypothesis(text, -0.5, len(text) + 1, "eos")
