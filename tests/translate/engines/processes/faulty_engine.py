"""An engine that goes wrong at some sentences; imported by the processes of the tests beside it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future

from translate.engines.base import Hypothesis, Required
from translate.engines.fake import FakeEngine


class FaultyEngine(FakeEngine):
    """Raises at 炸, hangs at 挂, dies at 死, answers too little at 少, and says 吐 on stdout."""

    def submit(
        self,
        sentences: Sequence[str],
        max_length: int | None = None,
        required: Sequence[Sequence[Required]] | None = None,
    ) -> Future[list[Hypothesis]]:
        text = "".join(sentences)
        if "死" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "吐" in text:
            print("noise", flush=True)
            sys.stdout.flush()
        return super().submit(sentences, max_length, required)

    def _answer_all(self, batch: list[str], cap: int) -> list[Hypothesis]:
        text = "".join(batch)
        if "炸" in text:
            raise MemoryError("no memory for 炸")
        if "挂" in text:
            time.sleep(1e6)
        answers = super()._answer_all(batch, cap)
        return answers[1:] if "少" in text else answers


def make(capacity: int = 2) -> FaultyEngine:
    return FaultyEngine(threads=capacity)


def make_none() -> FaultyEngine:
    os._exit(3)


def make_bad() -> FaultyEngine:
    raise ValueError("no such thing")
