"""SentencePiece and the shared vocabulary of a MarianMT model.

This gives the ids that ``transformers.MarianTokenizer`` gives (tested), without importing transformers, which takes
seconds. One departure, on purpose: MarianTokenizer reads a literal ``</s>``, ``<pad>``, ``<unk>`` or ``>>eng<<`` in
a text as a command to the model; here text is text.

Kudo and Richardson (2018), "SentencePiece", https://aclanthology.org/D18-2012.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from translate.errors import ModelDamagedError, first_line
from translate.files.lines import without_surrogates
from translate.marian.config import read_config, read_object
from translate.text.signs import BROKEN

if TYPE_CHECKING:
    from translate.marian.model import LocalModel

__all__ = ["MarianVocabulary"]

EOS, UNK, PAD = "</s>", "<unk>", "<pad>"
_WORD_START = "▁"


class MarianVocabulary:
    """Text to token ids and back; safe to share between threads.

    Args:
        model: a verified model.

    Attributes:
        source: source tokens by id, as many as the model has source embeddings.
        target: target tokens by id; the same list when the model shares its vocabulary.
        unnamed: target ids that have no token: a model's tables may be longer than its vocabulary. Never to be written;
            in the lists they have names that no text contains.
        eos_id: id of the end of sentence among the targets.
        unk_id: target id of what has no token; None where the target vocabulary has no such id.
        prefix: source ids that a sentence begins with: of ``>>eng<<``, for a model that has to be told what to write.

    Raises:
        ModelDamagedError: a vocabulary or SentencePiece file cannot be read as one, or does not fit ``config.json``.
    """

    def __init__(self, model: LocalModel) -> None:
        import sentencepiece

        config = read_config(model)
        try:
            self._source_spm = sentencepiece.SentencePieceProcessor(model_file=str(model.file("source.spm")))
            self._target_spm = sentencepiece.SentencePieceProcessor(model_file=str(model.file("target.spm")))
        except (OSError, RuntimeError) as error:
            raise ModelDamagedError(
                f"cannot read the vocabulary of model {model.spec.name!r}: {first_line(error)}"
            ) from error
        self._source_ids = _read_ids(model, "vocab.json", config.vocab_size)
        self.source = _by_id(self._source_ids, config.vocab_size)
        if model.has("target_vocab.json"):
            self._target_ids = _read_ids(model, "target_vocab.json", config.decoder_vocab_size)
        elif config.decoder_vocab_size == config.vocab_size:
            self._target_ids = self._source_ids
        else:
            self._target_ids = _read_ids(model, "vocab.json", config.decoder_vocab_size)
        is_one = self._target_ids is self._source_ids
        self.target = self.source if is_one else _by_id(self._target_ids, config.decoder_vocab_size)
        self.prefix = self._prefix_of(model)
        named = set(self._target_ids.values())
        self.unnamed = tuple(index for index in range(config.decoder_vocab_size) if index not in named)
        self.eos_id = self._target_ids[EOS]
        if self.eos_id != config.eos_token_id:
            raise ModelDamagedError(
                f"model {model.spec.name!r}: {EOS} has the id {self.eos_id} in its vocabulary, and config.json says "
                f"that the end of sentence is {config.eos_token_id}"
            )
        self._specials = {*self.unnamed, *(self._target_ids.get(token) for token in (EOS, PAD))}
        self.unk_id = self._target_ids.get(UNK)

    def _prefix_of(self, model: LocalModel) -> list[int]:
        token = model.spec.target_token
        if token is None:
            return []
        if token not in self._source_ids:
            raise ModelDamagedError(f"vocab.json of model {model.spec.name!r} has no {token}, its target_token")
        return [self._source_ids[token]]

    def encode(self, sentences: Sequence[str]) -> list[list[int]]:
        """Source ids of each sentence, `prefix` and end of sentence included; of a blank one the end alone."""
        rows = self._source.encode(sentences)
        return [[*self.prefix, *row] if len(row) > 1 else row for row in rows] if self.prefix else rows

    def encode_target(self, sentences: Sequence[str]) -> list[list[int]]:
        """Target ids of each translation, end of sentence included: those a model would be trained to write."""
        return self._target.encode(sentences)

    def places(self, sentence: str) -> list[tuple[int, int]]:
        """Where each source token stands: those that `encode` gives, but for `prefix` and end of sentence.

        Returns:
            ``[start, end)`` in code points of the sentence, ascending. A token that is none but the space before a word
            has the place where that begins, and is empty.
        """
        return _places(self._source_spm, sentence)

    def target_places(self, sentence: str) -> list[tuple[int, int]]:
        """The same of a translation and `encode_target`."""
        return _places(self._target_spm, sentence)

    @cached_property
    def _source(self) -> _Encoder:
        return _Encoder.of(self._source_spm, self._source_ids)

    @cached_property
    def _target(self) -> _Encoder:
        return _Encoder.of(self._target_spm, self._target_ids)

    def count(self, sentences: Sequence[str]) -> list[int]:
        """Source tokens of each sentence, end of sentence included."""
        rows = self._source_spm.encode(_writable(sentences), out_type=int, num_threads=1)
        return [len(row) + 1 + (len(self.prefix) if row else 0) for row in rows]

    def decode(self, ids: Iterable[int]) -> str:
        """Text of target ids; control tokens leave no trace, and ``<unk>`` is U+FFFD, as broken bytes are.

        So that it is known where the model wanted to write what it has no token for.
        """
        target, specials, unk_id = self.target, self._specials, self.unk_id
        pieces = [BROKEN if token == unk_id else target[token] for token in ids if token not in specials]
        text: str = self._target_spm.decode_pieces(pieces)
        return text.replace(_WORD_START, " ").strip()


def _places(spm: Any, sentence: str) -> list[tuple[int, int]]:
    text = _writable([sentence])[0]
    # The tokens together are the text as SentencePiece reads it (㎏ as kg); of that each character has its origin.
    read, origins = spm.normalize(text, with_offsets=True)
    places, at, n_bytes = [], 0, 0
    for piece in spm.encode(text, out_type=str, num_threads=1):
        is_byte = bool(spm.is_byte(spm.piece_to_id(piece)))
        length = 1 if is_byte else len(piece)
        start, end = at + (0 if is_byte else len(piece) - len(piece.lstrip(_WORD_START))), at + length
        last = origins[end] if end < len(read) else len(text)
        places.append((origins[start], max(last, origins[start] + 1)) if start < end else (last, last))
        # A character without a token is its bytes in UTF-8, a token each.
        n_bytes = n_bytes + 1 if is_byte else 0
        if not is_byte or n_bytes == len(read[at].encode()):
            at, n_bytes = end, 0
    return places


@dataclass(frozen=True, slots=True)
class _Encoder:
    """A SentencePiece model, and the ids of a vocabulary that its pieces have.

    Attributes:
        spm: the model.
        ids: by token.
        by_piece: id by number of the piece, so that pieces need not be looked up as text.
    """

    spm: Any
    ids: Mapping[str, int]
    by_piece: Sequence[int]

    @classmethod
    def of(cls, spm: Any, ids: Mapping[str, int]) -> _Encoder:
        return cls(spm, ids, [ids.get(spm.id_to_piece(number), ids[UNK]) for number in range(len(spm))])

    def encode(self, sentences: Sequence[str]) -> list[list[int]]:
        """Ids of each sentence, end of sentence included."""
        texts, eos, unknown = _writable(sentences), self.ids[EOS], self.spm.unk_id()
        by_piece = self.by_piece.__getitem__
        rows: list[list[int]] = self.spm.encode(texts, out_type=int, num_threads=1)
        return [
            [*map(by_piece, row), eos] if unknown not in row else [*self._as_text(text), eos]
            for row, text in zip(rows, texts, strict=True)
        ]

    def _as_text(self, text: str) -> Iterable[int]:
        """What is no piece may stand in the vocabulary all the same, which may be that of two models."""
        return (self.ids.get(piece, self.ids[UNK]) for piece in self.spm.encode(text, out_type=str, num_threads=1))


def _is_writable(token: str) -> bool:
    """Whether it can be written in UTF-8, which has no half of a surrogate pair."""
    return token == without_surrogates(token)


def _writable(sentences: Sequence[str]) -> list[str]:
    """Sentences as SentencePiece takes them: it reads UTF-8, which has no half of a surrogate pair."""
    return [without_surrogates(sentence) for sentence in sentences]


def _read_ids(model: LocalModel, name: str, n_tokens: int) -> dict[str, int]:
    """Ids by token.

    Args:
        model: a verified model.
        name: of the file.
        n_tokens: rows of the table that the ids are rows of.

    Raises:
        ModelDamagedError: an id is none of the table, or two tokens have the same; or a token is missing that every
            Marian vocabulary has.
    """
    where = f"{name} of model {model.spec.name!r}"
    ids = read_object(model.file(name), where)
    for token, index in ids.items():
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < n_tokens:
            raise ModelDamagedError(
                f"{where}: token {token[:40]!r} has the id {str(index)[:40]}; expected a whole number from 0 to "
                f"{n_tokens - 1}, the last row of the model's table"
            )
        if not _is_writable(token):
            raise ModelDamagedError(f"{where}: token {token[:40]!r} is no text")
    if len(set(ids.values())) < len(ids):
        raise ModelDamagedError(f"{where}: two tokens have the same id")
    if missing := [token for token in (EOS, UNK) if token not in ids]:
        raise ModelDamagedError(f"{where} has no {missing[0]}")
    return ids


def _by_id(ids: Mapping[str, int], n_tokens: int) -> list[str]:
    tokens = [f"<unnamed {index}>" for index in range(n_tokens)]
    for token, index in ids.items():
        tokens[index] = token
    return tokens
