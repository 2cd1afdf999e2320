"""Links the words of many pairs: by a table, and by what a translator looks at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpus.words.agreement import WordModel
from corpus.words.attention import PieceAttention, head_weights, sample_pairs
from corpus.words.links import WordLinks
from corpus.words.model import align_pairs, likelihoods, packaged_model
from translate.errors import ModelError
from translate.marian.model import LocalModel
from translate.marian.vocabulary import MarianVocabulary

if TYPE_CHECKING:
    from translate.engines.torch.attention import ForcedDecoder

__all__ = ["AttentionReader", "WordLinker"]


class WordLinker:
    """Links the words of pairs, in whatever process; the links of a pair depend on nothing but the pair.

    Args:
        words: what words become; the table in the package when None.
        translator: a model whose attention is asked too, on one core; None for the table alone.

    Raises:
        ModelError: the model's attention does not follow the words.
        ModelDamagedError: the files are not a MarianMT model.
    """

    def __init__(self, words: WordModel | None = None, translator: LocalModel | None = None) -> None:
        self._words = words
        self._reader = AttentionReader(translator) if translator is not None else None

    @property
    def n_together(self) -> int:
        """Pairs that are best given at once: enough for quick products, few enough for other processes to have some."""
        return 512 if self._reader is None else 64

    @property
    def name(self) -> str | None:
        """The model whose attention is asked: its name and the beginning of its fingerprint."""
        return None if self._reader is None else self._reader.name

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[WordLinks]:
        """Links of each pair, Chinese and English."""
        words = packaged_model() if self._words is None else self._words
        if self._reader is None:
            return list(align_pairs(pairs, words))
        return list(align_pairs(pairs, words, self._reader.read(pairs), self._reader.weights))


class AttentionReader:
    """A model that reads pairs; its network is loaded where it is first wanted, and never sent to another process.

    Args:
        model: a verified model.

    Attributes:
        name: of the model, and the beginning of its fingerprint.
        weights: of its heads, see `corpus.words.attention.head_weights`.

    Raises:
        ModelError: its attention does not follow the words.
        ModelDamagedError: the files are not a MarianMT model.
    """

    def __init__(self, model: LocalModel) -> None:
        # A read-only view cannot be pickled.
        self._model = replace(model, spec=replace(model.spec, files=dict(model.spec.files)))
        self._loaded: tuple[MarianVocabulary, ForcedDecoder] | None = None
        self.name = f"{model.spec.name}@{model.spec.fingerprint[:12]}"
        self.weights = self._weigh()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loaded": None}

    def read(self, pairs: Sequence[tuple[str, str]]) -> Iterator[PieceAttention | None]:
        """What the model looks at in each pair; None where a side is empty, or longer than it can read."""
        vocabulary, decoder = self._load()
        sources = vocabulary.encode([source for source, _ in pairs])
        targets = vocabulary.encode_target([target for _, target in pairs])
        ids = [*zip(sources, targets, strict=True)]
        readable = [min(map(len, pair)) > 1 and max(map(len, pair)) <= decoder.longest for pair in ids]
        found = decoder.attend([pair for pair, is_readable in zip(ids, readable, strict=True) if is_readable])
        for (source, target), is_readable in zip(pairs, readable, strict=True):
            if not is_readable:
                yield None
                continue
            heads = next(found)[:, :, len(vocabulary.prefix) : -1]
            yield PieceAttention(heads, vocabulary.places(source), vocabulary.target_places(target))

    def _load(self) -> tuple[MarianVocabulary, ForcedDecoder]:
        if self._loaded is None:
            from translate.engines.torch.attention import ForcedDecoder

            self._loaded = MarianVocabulary(self._model), ForcedDecoder(self._model)
        return self._loaded

    def _weigh(self) -> NDArray[np.float64]:
        pairs = sample_pairs()
        seen = zip(likelihoods(pairs, packaged_model()), self.read(pairs), strict=True)
        weights = head_weights(
            (attention.of_heads(here, there), found.both) for (here, there, found), attention in seen if attention
        )
        if weights is None:
            raise ModelError(
                f"model {self._model.spec.name!r} looks at no word in particular when it writes another, so that its "
                "attention links nothing; go by the table of words alone, or take another model"
            )
        return weights
