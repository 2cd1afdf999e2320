"""The seam between text and a neural network: protocol, options, results, and the one switch between engines."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["DecodeOptions", "Engine", "Hypothesis"]


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How hypotheses are searched for; fixed for the life of an engine.

    Attributes:
        beam_size: hypotheses kept at each step; 1 is greedy search.
        length_penalty: exponent on the hypothesis length by which its summed log-probability is divided.
    """

    beam_size: int = 6
    length_penalty: float = 1.0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The best translation found for one sentence.

    Attributes:
        text: detokenised English.
        score: mean log-probability per target token (end of sentence included), in nats; at most 0.
        n_tokens: target tokens, end of sentence included.
        finish: ``"eos"`` when the model ended the sentence, ``"length"`` when the cap did.
    """

    text: str
    score: float
    n_tokens: int
    finish: Literal["eos", "length"]


class Engine(Protocol):
    """A loaded model that translates batches. Owns tokenisation; turns foreign errors into ours.

    Attributes:
        name: ``"torch"``, ``"ct2"`` …, as in the signature.
        compute_type: number format of the products, as in the signature (``"float32"``, ``"int8"`` …).
        capacity: batches that may be in flight for the machine to be busy.
        max_source_tokens: longest source it takes, in tokens, end of sentence included.
        max_target_tokens: the model's own length cap.
    """

    name: str
    compute_type: str
    capacity: int
    max_source_tokens: int
    max_target_tokens: int

    def count_tokens(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        ...

    def submit(self, sentences: Sequence[str], max_length: int | None = None) -> Future[list[Hypothesis]]:
        """Translate one batch; the result has one hypothesis a sentence, in order.

        Args:
            sentences: at least one; each within ``max_source_tokens``, or `EngineError` (never truncated).
            max_length: cap on target tokens, end of sentence included; the model's own when None.
        """
        ...

    def close(self) -> None:
        """Give back memory and threads; a second call does nothing."""
        ...
