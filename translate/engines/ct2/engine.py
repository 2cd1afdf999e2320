"""MarianMT on CTranslate2: the default on a CPU (https://opennmt.net/CTranslate2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from translate.engines.base import DecodeOptions, Found, Hypothesis, Required, check_batch, translate_ids
from translate.engines.ct2.convert import converted
from translate.engines.lane_engine import settings_for
from translate.engines.workers import Workers, usable_cores
from translate.errors import ModelDamagedError, UsageError
from translate.marian.settings import read_limits
from translate.marian.vocabulary import PAD, MarianVocabulary

if TYPE_CHECKING:
    from translate.marian.model import LocalModel
    from translate.marian.shortlist import Shortlist

__all__ = ["Ct2Engine"]

_STORED_AS = {
    "float32": "float32",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "int16": "int16",
    "int8": "int8",
    "int8_float32": "int8",
    "int8_float16": "int8",
    "int8_bfloat16": "int8",
}
"""Compute type -> number format of the weights on disk."""


class Ct2Engine:
    """Translates on CTranslate2; see `Engine`.

    Args:
        model: a verified model.
        options: how to search. With a shortlist a sentence may have the candidates of its whole batch: CTranslate2
            makes one output layer of them.
        compute_type: ``int8`` (the default on a CPU), ``float32`` …: what this machine supports.
        threads: cores to use. Each works on a batch of its own, which is faster than two on one.
        device: ``cpu`` or ``cuda``.

    Raises:
        UsageError: the compute type is not supported here.
        ModelDamagedError: the files are not a MarianMT model.
    """

    name = "ct2"

    def __init__(
        self,
        model: LocalModel,
        options: DecodeOptions,
        *,
        compute_type: str | None = None,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        import ctranslate2

        self.compute_type = _compute_type(compute_type, device)
        limits = read_limits(model)
        self.max_source_tokens, self.max_target_tokens = limits.max_source_tokens, limits.max_target_tokens
        self._vocabulary = MarianVocabulary(model)
        self._target_ids = {token: index for index, token in enumerate(self._vocabulary.target)}
        self._options, self._settings = options, settings_for(model, options, self._vocabulary)
        n_replicas = (threads or usable_cores()) if device == "cpu" else 1
        with converted(model, self._vocabulary, _STORED_AS[self.compute_type]) as folder:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            files = None if options.shortlist is None else _with_map(folder, options.shortlist)
            try:
                # In a thread of its own: CTranslate2 sets OpenMP's number of threads for the one that it is loaded in.
                with ThreadPoolExecutor(1) as pool:
                    self._translator = pool.submit(
                        ctranslate2.Translator,
                        str(folder),
                        files=files,
                        device=device,
                        compute_type=self.compute_type,
                        inter_threads=n_replicas,
                        intra_threads=1,
                    ).result()
            except (RuntimeError, ValueError) as error:
                raise ModelDamagedError(f"CTranslate2 cannot load model {model.spec.name!r}: {error}") from error
        # A pad token that could be left out (see `convert`) is none of its tokens, and need not be forbidden.
        is_dropped = config["decoder_start_token"] != PAD
        target = self._vocabulary.target
        banned = [target[token] for token in self._settings.banned]
        self._suppressed = [[token] for token in banned if not (is_dropped and token == PAD)] or None
        self.capacity = 2 * n_replicas
        self._workers = Workers(self.capacity, "ct2")

    def count_tokens(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        return self._vocabulary.count(sentences)

    def submit(
        self,
        sentences: Sequence[str],
        max_length: int | None = None,
        required: Sequence[Sequence[Required]] | None = None,
    ) -> Future[list[Hypothesis]]:
        """Translate one batch; see `Engine`. A sentence without tokens has the empty translation."""
        del required  # it has no search that could be made to write something
        ids = self._vocabulary.encode(sentences)
        check_batch(sentences, [len(each) for each in ids], self.max_source_tokens)
        cap = min(max_length or self.max_target_tokens, self.max_target_tokens)
        return self._workers.submit(lambda: translate_ids(ids, self.search, self._vocabulary.decode, cap))

    def close(self) -> None:
        """End the threads and free the weights."""
        self._workers.close()
        self._translator.unload_model()

    def search(self, ids: Sequence[Sequence[int]], cap: int) -> list[Found]:
        """Best target of each source, all of them one batch.

        Args:
            ids: source ids, end of sentence included.
            cap: most target tokens, end of sentence included.
        """
        source = self._vocabulary.source
        results = self._translator.translate_batch(
            [[source[token] for token in sentence] for sentence in ids],
            beam_size=self._options.beam_size,
            length_penalty=self._options.length_penalty,
            max_input_length=0,  # the default cuts at 1024 tokens without a word
            max_decoding_length=cap,
            min_decoding_length=0,
            suppress_sequences=self._suppressed,
            use_vmap=self._options.shortlist is not None,
            return_scores=True,
            return_end_token=True,
        )
        return [self._found(result.hypotheses[0], result.scores[0]) for result in results]

    def _found(self, tokens: list[str], score: float) -> Found:
        ids = [self._target_ids[token] for token in tokens]
        ended = ids[-1] == self._vocabulary.eos_id
        # At the cap transformers puts an end of sentence in the place of the last token, where the model asks for it.
        text_ids = ids[:-1] if ended or self._settings.forced_eos else ids
        return Found(text_ids, self._mean(score, len(ids)), len(ids), "eos" if ended else "length")

    def _mean(self, score: float, n_tokens: int) -> float:
        """CTranslate2 divides the sum of log-probabilities by ``n_tokens ** length_penalty``; we want the mean."""
        mean: float = score * n_tokens ** (self._options.length_penalty - 1)
        return mean


def _with_map(folder: Path, shortlist: Shortlist) -> dict[str, bytes]:
    """The files of a converted model, and the shortlist under the name that CTranslate2 looks for.

    In memory, so that the cache needs no copy of the weights for each shortlist.
    """
    return {path.name: path.read_bytes() for path in folder.iterdir()} | {"vmap.txt": shortlist.text.encode()}


def _compute_type(wanted: str | None, device: str) -> str:
    import ctranslate2

    supported = ctranslate2.get_supported_compute_types(device) & _STORED_AS.keys()
    if wanted is None:
        fast = "int8" if device == "cpu" else "float16"
        return fast if fast in supported else "float32"
    if wanted not in supported:
        raise UsageError(
            f"CTranslate2 cannot compute in {wanted!r} on this {device}; it can in {', '.join(sorted(supported))}"
        )
    return wanted
