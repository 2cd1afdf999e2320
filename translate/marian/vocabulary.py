"""SentencePiece and the shared vocabulary of a MarianMT model.

This gives the ids that ``transformers.MarianTokenizer`` gives (tested), without importing transformers, which takes
seconds. One departure, on purpose: MarianTokenizer reads a literal ``</s>``, ``<pad>``, ``<unk>`` or ``>>eng<<`` in
a text as a command to the model; here text is text.

Kudo and Richardson (2018), "SentencePiece", https://aclanthology.org/D18-2012.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from translate.errors import ModelDamagedError
from translate.files.lines import without_surrogates

if TYPE_CHECKING:
    from translate.marian.find import LocalModel

__all__ = ["MarianVocabulary"]

EOS, UNK, PAD = "</s>", "<unk>", "<pad>"
_WORD_START = "▁"


class MarianVocabulary:
    """Text to token ids and back; safe to share between threads.

    Args:
        model: a verified model.

    Attributes:
        source: source tokens by id, ``n_source`` of them.
        target: target tokens by id; the same list when the model shares its vocabulary.
        eos_id: id of the end of sentence.

    Raises:
        ModelDamagedError: a vocabulary or SentencePiece file cannot be read as one.
    """

    def __init__(self, model: LocalModel) -> None:
        import sentencepiece

        try:
            self._source_spm = sentencepiece.SentencePieceProcessor(model_file=str(model.file("source.spm")))
            self._target_spm = sentencepiece.SentencePieceProcessor(model_file=str(model.file("target.spm")))
            source_ids = _read_vocabulary(model, "vocab.json")
            target_ids = _read_vocabulary(model, "target_vocab.json") if model.has("target_vocab.json") else source_ids
            self._source_ids, self._target_ids = source_ids, target_ids
            self._unk_id, self.eos_id = source_ids[UNK], source_ids[EOS]
        except (OSError, RuntimeError, ValueError, KeyError, AttributeError) as error:
            raise ModelDamagedError(f"cannot read the vocabulary of model {model.spec.name!r}: {error!r}") from error
        self.source = _by_id(source_ids)
        self.target = self.source if target_ids is source_ids else _by_id(target_ids)
        self._specials = {target_ids.get(token) for token in (EOS, UNK, PAD)}

    def encode(self, sentences: Sequence[str]) -> list[list[int]]:
        """Source ids of each sentence, end of sentence included."""
        return self._encode(sentences, self._source_spm, self._source_ids)

    def encode_target(self, sentences: Sequence[str]) -> list[list[int]]:
        """Target ids of each translation, end of sentence included: those a model would be trained to write."""
        return self._encode(sentences, self._target_spm, self._target_ids)

    def _encode(self, sentences: Sequence[str], spm: Any, ids: dict[str, int]) -> list[list[int]]:
        unk = ids.get(UNK, self._unk_id)
        pieces = spm.encode(_writable(sentences), out_type=str, num_threads=1)
        return [[*(ids.get(piece, unk) for piece in sentence), self.eos_id] for sentence in pieces]

    def count(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        return [len(ids) + 1 for ids in self._source_spm.encode(_writable(sentences), out_type=int, num_threads=1)]

    def decode(self, ids: Iterable[int]) -> str:
        """Text of target ids; control tokens and ``<unk>`` leave no trace."""
        target, specials = self.target, self._specials
        pieces = [target[token] for token in ids if token not in specials]
        text: str = self._target_spm.decode_pieces(pieces)
        return text.replace(_WORD_START, " ").strip()


def _writable(sentences: Sequence[str]) -> list[str]:
    """Sentences as SentencePiece takes them: it reads UTF-8, which has no half of a surrogate pair."""
    return [without_surrogates(sentence) for sentence in sentences]


def _read_vocabulary(model: LocalModel, name: str) -> dict[str, int]:
    ids: dict[str, int] = json.loads(model.file(name).read_text(encoding="utf-8"))
    return ids


def _by_id(ids: dict[str, int]) -> list[str]:
    tokens = [""] * (max(ids.values()) + 1)
    for token, index in ids.items():
        tokens[index] = token
    return tokens
