"""MarianMT on torch through transformers: the reference, and the engine for a GPU."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from translate.engine import DecodeOptions, Found, Hypothesis, check_batch, translate_ids
from translate.errors import EngineError, ModelDamagedError, UsageError
from translate.tokenizer import MarianVocabulary
from translate.weights import read_json, read_shape, read_weights
from translate.workers import Workers

if TYPE_CHECKING:
    import torch

    from translate.registry import LocalModel

__all__ = ["TorchEngine"]

COMPUTE_TYPES = ("float32", "bfloat16", "float16")

_SCORED_LOGITS = 1 << 25
"""Logits that `TorchEngine.score` holds at a time; in float32 128 MB."""


class TorchEngine:
    """Translates with ``MarianMTModel.generate``, and in float32 writes exactly what that writes; see `Engine`.

    Args:
        model: a verified model.
        options: how to search.
        compute_type: ``float32`` (the default), ``bfloat16`` or ``float16``.
        threads: cores to use; this sets torch's number for the whole process.
        device: ``cpu`` or ``cuda``.

    Raises:
        UsageError: no such compute type.
        ModelDamagedError: the files are not a MarianMT model.
    """

    name = "torch"

    def __init__(
        self,
        model: LocalModel,
        options: DecodeOptions,
        *,
        compute_type: str | None = None,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.compute_type = compute_type or "float32"
        if self.compute_type not in COMPUTE_TYPES:
            raise UsageError(f"torch cannot compute in {compute_type!r}; it can in {', '.join(COMPUTE_TYPES)}")
        import torch

        if threads is not None:
            torch.set_num_threads(threads)
        shape = read_shape(model)
        self.max_source_tokens, self.max_target_tokens = shape.n_source, shape.n_target
        self._pad_id, self._eos_id = shape.pad_id, shape.eos_id
        self._vocabulary = MarianVocabulary(model)
        self._options = options
        self._device = torch.device(device)
        self._model = _load(model, getattr(torch, self.compute_type)).to(self._device)
        self._closing = threading.Event()
        # One thread: torch uses all cores for one batch. Two batches: the next one waits ready.
        self.capacity = 2
        self._workers = Workers(1, "torch")

    def count_tokens(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        return self._vocabulary.count(sentences)

    def submit(self, sentences: Sequence[str], max_length: int | None = None) -> Future[list[Hypothesis]]:
        """Translate one batch; see `Engine`. A sentence without tokens has the empty translation."""
        ids = self._vocabulary.encode(sentences)
        check_batch(sentences, [len(each) for each in ids], self.max_source_tokens)
        cap = min(max_length or self.max_target_tokens, self.max_target_tokens)
        return self._workers.submit(lambda: translate_ids(ids, self.search, self._vocabulary.decode, cap))

    def close(self) -> None:
        """Stop what runs at its next token, end the thread, free the weights."""
        self._closing.set()
        self._workers.close()
        self._model = None

    def search(self, ids: Sequence[Sequence[int]], cap: int) -> list[Found]:
        """Best target of each source, all of them one batch.

        Args:
            ids: source ids, end of sentence included.
            cap: most target tokens, end of sentence included.

        Raises:
            EngineError: the engine was closed meanwhile.
        """
        import torch

        input_ids, mask = self._pad(ids, self._pad_id)
        with torch.inference_mode():
            sequences = self._model.generate(
                input_ids=input_ids,
                attention_mask=mask,
                do_sample=False,
                num_beams=self._options.beam_size,
                # One more than the cap: transformers counts the start token.
                max_length=cap + 1,
                # Greedy search knows no length penalty, and transformers warns of one.
                **({"length_penalty": self._options.length_penalty} if self._options.beam_size > 1 else {}),
                stopping_criteria=[self._stop_when_closing],
            )
        if self._closing.is_set():
            raise EngineError("the engine was closed while it translated")
        targets = [self._cut(row[1:]) for row in sequences.tolist()]
        scores = self.score(ids, targets)
        return [self._found(target, score, cap) for target, score in zip(targets, scores, strict=True)]

    def score(self, ids: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[float]:
        """Mean log-probability per token of given targets (forced decoding), in nats.

        The pad token, which the search never writes, has no share of the probability.

        Args:
            ids: source ids, end of sentence included.
            targets: target ids, end of sentence included where the target has one; none empty.
        """
        import torch

        longest = max(len(target) for target in targets)
        n_rows = max(1, _SCORED_LOGITS // (longest * len(self._vocabulary.target)))
        scores: list[float] = []
        with torch.inference_mode():
            for start in range(0, len(ids), n_rows):
                rows = slice(start, start + n_rows)
                scores += self._score_rows(ids[rows], targets[rows])
        return scores

    def _score_rows(self, ids: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[float]:
        input_ids, mask = self._pad(ids, self._pad_id)
        labels, label_mask = self._pad(targets, self._eos_id)
        starts, _ = self._pad([[self._pad_id, *target[:-1]] for target in targets], self._eos_id)
        out = self._model(input_ids=input_ids, attention_mask=mask, decoder_input_ids=starts)
        logits = out.logits.float()  # (n_rows, n_target, n_tokens)
        logits[..., self._pad_id] = float("-inf")
        picked = logits.log_softmax(-1).gather(-1, labels[..., None])[..., 0]
        means: list[float] = ((picked * label_mask).sum(1) / label_mask.sum(1)).tolist()
        return means

    def _pad(self, rows: Sequence[Sequence[int]], filler: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows as one matrix ``(n_rows, longest)`` of ids, and the same of ones where a row has a token."""
        import torch

        longest = max(len(row) for row in rows)
        ids = torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows], device=self._device)
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows], device=self._device)
        return ids, mask

    def _cut(self, row: list[int]) -> list[int]:
        """A generated row up to its end of sentence, which is kept."""
        return row[: row.index(self._eos_id) + 1] if self._eos_id in row else row

    def _found(self, target: list[int], score: float, cap: int) -> Found:
        """Transformers writes an end of sentence at the cap in any case, so one that stands there proves nothing."""
        ended = target[-1] == self._eos_id
        finish: Literal["eos", "length"] = "eos" if ended and len(target) < cap else "length"
        return Found(target[:-1] if ended else target, score, len(target), finish)

    def _stop_when_closing(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        import torch

        del scores
        return torch.full((len(input_ids),), self._closing.is_set(), device=input_ids.device)


def _load(model: LocalModel, dtype: torch.dtype) -> Any:
    """The network with all its weights, ready to translate.

    Raises:
        ModelDamagedError: the weights do not fit the configuration.
    """
    with _quiet():
        from transformers import GenerationConfig, MarianConfig, MarianMTModel

        try:
            # Typed as if output_loading_info did not exist.
            loaded: Any = MarianMTModel.from_pretrained(
                None,
                config=MarianConfig.from_dict(read_json(model, "config.json")),
                state_dict=read_weights(model),
                dtype=dtype,
                attn_implementation="eager",
                output_loading_info=True,
            )
        except (RuntimeError, ValueError, TypeError) as error:
            raise ModelDamagedError(f"model {model.spec.name!r} is no MarianMT model: {error}") from error
    network, report = loaded
    # What is missing would be random, what is unexpected is another network's.
    if wrong := [*report["missing_keys"], *report["unexpected_keys"], *report["mismatched_keys"]]:
        raise ModelDamagedError(
            f"weights of model {model.spec.name!r} do not fit its config.json: {sorted(map(str, wrong))[0]}"
        )
    # Older models keep the settings of the search, the pad token that must not be written among them, in config.json.
    settings = "generation_config.json" if model.has("generation_config.json") else "config.json"
    network.generation_config = GenerationConfig.from_pretrained(model.path, settings, local_files_only=True)
    return network.eval()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the progress bar and the hints of transformers off stderr while it loads a model."""
    from transformers.utils import logging as untyped

    logging: Any = untyped
    level, has_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if has_bar:
            logging.enable_progress_bar()
