"""``MarianMTModel.generate`` and ``MarianTokenizer``, as the documentation of transformers has them.

The reference: what the other engines write in float32 is held against this one.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from translate.engines.base import DecodeOptions, Found, Hypothesis, Required, check_batch, translate_ids
from translate.engines.workers import Workers, usable_cores
from translate.errors import ModelDamagedError, UsageError, first_line
from translate.marian.config import read_config
from translate.marian.settings import read_limits, read_settings
from translate.marian.vocabulary import MarianVocabulary
from translate.marian.weights import read_weights

if TYPE_CHECKING:
    from translate.marian.model import LocalModel

__all__ = ["TransformersEngine"]

COMPUTE_TYPES = ("float32", "bfloat16", "float16")

_LOGITS = 1 << 24
"""That a score is computed from at a time; in float32 64 MB."""


class TransformersEngine:
    """Translates with ``generate``; see `Engine`.

    A translation can depend on its batch: short sentences are filled up with pads to the longest, and the order in
    which numbers are added up depends on the width. In float32 a near tie may turn, in the other formats more.

    Args:
        model: a verified model.
        options: how to search, without a shortlist.
        compute_type: ``float32`` (the default), ``bfloat16`` or ``float16``.
        threads: cores to use, all on one batch.
        device: ``cpu`` or ``cuda``.

    Raises:
        UsageError: no such compute type, or a shortlist is asked for.
        ModelDamagedError: the files are not a MarianMT model.
    """

    name = "transformers"

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
        if options.shortlist is not None:
            raise UsageError("transformers has no output shortlist; use --engine native, torch or ct2")
        from translate.engines.torch.threads import threads_of_their_own

        limits, self._config = read_limits(model), read_config(model)
        self.max_source_tokens, self.max_target_tokens = limits.max_source_tokens, limits.max_target_tokens
        self._settings = read_settings(model, options.beam_size, options.length_penalty, all_known=True)
        self._vocabulary = MarianVocabulary(model)
        self._unnamed, self._prefix = self._vocabulary.unnamed, self._vocabulary.prefix
        self._device = device
        self._tokenizer, self._network = _load(model, self.compute_type, device)
        if self._unnamed:
            banned = [[token] for token in (*self._settings.banned, *self._unnamed)]
            self._network.generation_config.bad_words_ids = banned
        self.capacity = 2
        with threads_of_their_own((threads or usable_cores()) if device == "cpu" else None) as on_start:
            self._workers = Workers(1, "transformers", on_start)

    def count_tokens(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        return [len(row) for row in self._encode(sentences)]

    def submit(
        self,
        sentences: Sequence[str],
        max_length: int | None = None,
        required: Sequence[Sequence[Required]] | None = None,
    ) -> Future[list[Hypothesis]]:
        """Translate one batch; see `Engine`. A sentence without tokens has the empty translation."""
        del required  # it has no search that could be made to write something
        ids = self._encode(sentences)
        check_batch(sentences, [len(each) for each in ids], self.max_source_tokens)
        cap = min(max_length or self.max_target_tokens, self.max_target_tokens)
        return self._workers.submit(lambda: translate_ids(ids, self.search, self._decode, cap))

    def close(self) -> None:
        """End the thread and free the weights."""
        self._workers.close()
        self._network = None

    def search(self, ids: Sequence[Sequence[int]], cap: int) -> list[Found]:
        """Best target of each source, all of them one batch.

        Args:
            ids: source ids, end of sentence included.
            cap: most target tokens, end of sentence included.
        """
        import torch

        settings, eos_id = self._settings, self._config.eos_token_id
        # Settings of the length are none of greedy search, which warns of them.
        beams = {"length_penalty": settings.length_penalty} if settings.n_beams > 1 else {"early_stopping": None}
        with torch.inference_mode():
            out = self._network.generate(
                **self._padded(ids), num_beams=settings.n_beams, do_sample=False, max_length=cap + 1, **beams
            )
        targets = [row[: row.index(eos_id) + 1] if eos_id in row else row for row in out[:, 1:].tolist()]
        return [
            self._found(target, score, cap) for target, score in zip(targets, self.score(ids, targets), strict=True)
        ]

    def score(self, ids: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[float]:
        """Mean log-probability per token of given targets (forced decoding), in nats.

        Args:
            ids: source ids, end of sentence included.
            targets: target ids, end of sentence included where the target has one; none empty.
        """
        size = max(1, _LOGITS // (max(map(len, targets)) * self._config.decoder_vocab_size))
        starts = range(0, len(ids), size)
        return [score for at in starts for score in self._score(ids[at : at + size], targets[at : at + size])]

    def _score(self, ids: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[float]:
        import torch
        from torch.nn.utils.rnn import pad_sequence

        config = self._config
        written = [torch.tensor(target, device=self._device) for target in targets]
        labels = pad_sequence(written, batch_first=True, padding_value=config.eos_token_id)
        read = torch.nn.functional.pad(labels[:, :-1], (1, 0), value=config.decoder_start_token_id)
        with torch.inference_mode():
            logits = self._network(**self._padded(ids), decoder_input_ids=read).logits.float()
            # What may not be written has no share of the probability.
            logits[..., [*self._settings.banned, *self._unnamed]] = -torch.inf
            chances = logits.log_softmax(2).gather(2, labels[:, :, None])[:, :, 0]
        return [float(row[: len(target)].mean()) for row, target in zip(chances, targets, strict=True)]

    def _encode(self, sentences: Sequence[str]) -> list[list[int]]:
        rows: list[list[int]] = self._tokenizer(list(sentences))["input_ids"] if sentences else []
        return [[*self._prefix, *row] if len(row) > 1 else row for row in rows]

    def _decode(self, ids: Sequence[int]) -> str:
        if self._vocabulary.unk_id in ids:  # of which the tokenizer would leave no trace
            return self._vocabulary.decode(ids)
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=True)
        return text

    def _padded(self, ids: Sequence[Sequence[int]]) -> Any:
        rows = {"input_ids": [list(row) for row in ids]}
        return self._tokenizer.pad(rows, return_tensors="pt").to(self._device)

    def _found(self, target: list[int], score: float, cap: int) -> Found:
        """An end of sentence is written at the cap in any case, so one that stands there proves nothing."""
        ended = target[-1] == self._config.eos_token_id
        finish: Literal["eos", "length"] = "eos" if ended and len(target) < cap else "length"
        return Found(target[:-1] if ended else target, score, len(target), finish)


def _load(model: LocalModel, compute_type: str, device: str) -> tuple[Any, Any]:
    """Tokenizer and network, from the pinned files alone.

    Raises:
        ModelDamagedError: they are no MarianMT model.
    """
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    # Here for its errors: transformers makes up what a file lacks.
    read_weights(model)
    with _pinned_files(model) as folder, _silence():
        try:
            tokenizer = MarianTokenizer.from_pretrained(folder, separate_vocabs=model.has("target_vocab.json"))
            found: Any = MarianMTModel.from_pretrained(
                folder, dtype=getattr(torch, compute_type), output_loading_info=True
            )
        except (OSError, ValueError, TypeError, KeyError, AssertionError, RuntimeError) as error:
            raise ModelDamagedError(
                f"transformers cannot load model {model.spec.name!r}: {first_line(error)}"
            ) from error
    network, info = found
    if missing := sorted(info["missing_keys"]):
        raise ModelDamagedError(f"transformers cannot load model {model.spec.name!r}: {missing[0]} is missing")
    return tokenizer, network.eval().to(device)


@contextmanager
def _pinned_files(model: LocalModel) -> Iterator[Path]:
    """A folder with the model's verified files, and no other that transformers might read or run."""
    with TemporaryDirectory(prefix="duizhao-") as name:
        for file in model.spec.files:
            try:
                (Path(name) / file).symlink_to(model.file(file).resolve())
            except OSError:  # a system without links
                shutil.copyfile(model.file(file), Path(name) / file)
        yield Path(name)


@contextmanager
def _silence() -> Iterator[None]:
    """No progress bar, no report of the loading, no advice to install sacremoses, which Chinese has no use for."""
    from transformers.utils import logging

    had_bar, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # a function without types
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the same
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        logging.set_verbosity(level)
        if had_bar:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]  # a function without types
