"""MarianMT on CTranslate2: the default on a CPU (https://opennmt.net/CTranslate2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from translate.engines.base import DecodeOptions, Found, Hypothesis, check_batch, translate_ids
from translate.engines.ct2.convert import converted
from translate.engines.ct2.search import Ct2Search
from translate.engines.workers import Workers, usable_cores
from translate.errors import ModelDamagedError, UsageError
from translate.marian.vocabulary import PAD, MarianVocabulary
from translate.marian.weights import read_json, read_shape, settings_file

if TYPE_CHECKING:
    from translate.marian.find import LocalModel
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
        shape = read_shape(model)
        self.max_source_tokens, self.max_target_tokens = shape.n_source, shape.n_target
        self._vocabulary = MarianVocabulary(model)
        self._target_ids = {token: index for index, token in enumerate(self._vocabulary.target)}
        self._options = options
        settings = read_json(model, settings_file(model))
        self._end_is_forced = settings.get("forced_eos_token_id") is not None
        n_replicas = (threads or usable_cores()) if device == "cpu" else 1
        with converted(model, self._vocabulary, _STORED_AS[self.compute_type]) as folder:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            files = None if options.shortlist is None else _with_map(folder, options.shortlist)
            try:
                self._translator = ctranslate2.Translator(
                    str(folder),
                    files=files,
                    device=device,
                    compute_type=self.compute_type,
                    inter_threads=n_replicas,
                    intra_threads=1,
                )
            except (RuntimeError, ValueError) as error:
                raise ModelDamagedError(f"CTranslate2 cannot load model {model.spec.name!r}: {error}") from error
        # A pad token that had to stay (see ct2_convert) must not be written.
        suppressed = [PAD] if config["decoder_start_token"] == PAD else []
        eos = self._vocabulary.target[self._vocabulary.eos_id]
        self._search = Ct2Search(
            self._translator,
            options,
            len(self._vocabulary.target),
            eos,
            suppressed,
            # The stopping rule of transformers needs forced decoding, which CTranslate2 does over all tokens: with a
            # shortlist its scores would be of another kind.
            exact=self.compute_type == "float32" and options.shortlist is None,
        )
        self.capacity = 2 * n_replicas
        self._workers = Workers(self.capacity, "ct2")

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
        candidates = self._search([[source[token] for token in sentence] for sentence in ids], cap)
        return [self._found(candidate.tokens, candidate.score) for candidate in candidates]

    def _found(self, tokens: list[str], score: float) -> Found:
        ids = [self._target_ids[token] for token in tokens]
        ended = ids[-1] == self._vocabulary.eos_id
        # At the cap transformers puts an end of sentence in the place of the last token, where the model asks for it.
        text_ids = ids[:-1] if ended or self._end_is_forced else ids
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
