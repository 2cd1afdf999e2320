"""The seam between text and a neural network: protocol, options and results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from translate.errors import EngineError, UsageError
from translate.marian.settings import MOST_BEAMS

if TYPE_CHECKING:
    from translate.marian.shortlist import Shortlist

__all__ = [
    "DecodeOptions",
    "Engine",
    "Found",
    "Hypothesis",
    "Required",
    "check_batch",
    "hypotheses",
    "translate_ids",
    "with_tokens",
]


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How hypotheses are searched for; fixed for the life of an engine.

    Attributes:
        beam_size: hypotheses kept at each step; 1 is greedy search.
        length_penalty: exponent on the hypothesis length by which its summed log-probability is divided.
        shortlist: what a sentence may be translated with, for the model's vocabulary; any token when None.

    Raises:
        UsageError: the beam size is below 1, or more than `MOST_BEAMS`.
    """

    beam_size: int = 6
    length_penalty: float = 1.0
    shortlist: Shortlist | None = None

    def __post_init__(self) -> None:
        if self.beam_size < 1:
            raise UsageError(f"beam size {self.beam_size} is below 1; use 1 for greedy search, 4 to 6 for quality")
        if self.beam_size > MOST_BEAMS:
            raise UsageError(f"beam size {self.beam_size} is more than {MOST_BEAMS}; 4 to 6 are best")


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The best translation found for one sentence.

    Attributes:
        text: detokenised English.
        score: mean log-probability per target token (end of sentence included), in nats; at most 0. With a shortlist
            it is that among the sentence's candidates, which is higher.
        n_tokens: target tokens, end of sentence included.
        finish: ``"eos"`` when the model ended the sentence, ``"length"`` when the cap did; ``"failed"`` when the engine
            raised, hung or died at it, so that there is no text and no score.
    """

    text: str
    score: float
    n_tokens: int
    finish: Literal["eos", "length", "failed"]


@dataclass(frozen=True, slots=True)
class Required:
    """Words that a translation is to have.

    Attributes:
        text: the words.
        inflected: whether the last one may go on: cats for cat.
    """

    text: str
    inflected: bool = False


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

    def submit(
        self,
        sentences: Sequence[str],
        max_length: int | None = None,
        required: Sequence[Sequence[Required]] | None = None,
    ) -> Future[list[Hypothesis]]:
        """Translate one batch; the result has one hypothesis a sentence, in order.

        Args:
            sentences: at least one; each within ``max_source_tokens``, or `EngineError` (never truncated).
            max_length: cap on target tokens, end of sentence included; the model's own when None.
            required: for each sentence what its translation is to have. An engine that cannot be made to write
                something takes no notice, so whoever asks looks at what comes back.
        """
        ...

    def close(self) -> None:
        """Give back memory and threads; a second call does nothing."""
        ...


def check_batch(sentences: Sequence[str], n_tokens: Sequence[int], max_source_tokens: int) -> None:
    """Refuse what an engine must not be given.

    Raises:
        EngineError: a sentence is longer than the model reads; the message says which and by how much.
    """
    for index, (sentence, count) in enumerate(zip(sentences, n_tokens, strict=True)):
        if count > max_source_tokens:
            raise EngineError(
                f"sentence {index} of the batch has {count} tokens, the model reads at most {max_source_tokens}; "
                f"cut it first: {sentence[:20]!r}…"
            )


@dataclass(frozen=True, slots=True)
class Found:
    """What a search over ids returns.

    Attributes:
        ids: target ids, without the end of sentence.
        score: as in `Hypothesis`.
        n_tokens: as in `Hypothesis`.
        finish: as in `Hypothesis`.
    """

    ids: list[int]
    score: float
    n_tokens: int
    finish: Literal["eos", "length"]


def translate_ids(
    ids: Sequence[Sequence[int]],
    search: Callable[[Sequence[Sequence[int]], int], list[Found]],
    decode: Callable[[Sequence[int]], str],
    cap: int,
) -> list[Hypothesis]:
    """Search for the sources that have tokens; the others, of end of sentence alone, have the empty translation.

    Without this a model asked to translate nothing makes something up.

    Args:
        ids: source ids of each sentence, end of sentence included.
        search: finds the best target of each.
        decode: target ids to text.
        cap: most target tokens.
    """
    full = with_tokens(ids)
    found = search([ids[index] for index in full], cap) if full else []
    return hypotheses(len(ids), full, found, decode)


def with_tokens(ids: Sequence[Sequence[int]]) -> list[int]:
    """Places of the sources that have more than their end of sentence."""
    return [index for index, sentence in enumerate(ids) if len(sentence) > 1]


def hypotheses(
    n_sentences: int, full: Sequence[int], found: Sequence[Found], decode: Callable[[Sequence[int]], str]
) -> list[Hypothesis]:
    """What was found as text.

    Args:
        n_sentences: how many there are.
        full: places of those that were searched for; the others have the empty translation.
        found: what was found for them.
        decode: target ids to text.
    """
    made = [Hypothesis("", 0.0, 1, "eos")] * n_sentences
    for index, each in zip(full, found, strict=True):
        made[index] = Hypothesis(decode(each.ids), min(each.score, 0.0), each.n_tokens, each.finish)
    return made
