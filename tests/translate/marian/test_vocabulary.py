"""Pieces to ids: by number where a piece has one, as text where it has none."""

from __future__ import annotations

import pytest

from translate.marian.vocabulary import MarianVocabulary, _Encoder

PIECES = ["<unk>", "▁a", "b"]


class OneLetterAPiece:
    """Stands for SentencePiece: a letter is a piece, ``▁a`` at the beginning; what it does not know is piece 0."""

    def __len__(self) -> int:
        return len(PIECES)

    def id_to_piece(self, number: int) -> str:
        return PIECES[number]

    def unk_id(self) -> int:
        return 0

    def encode(self, text, out_type, num_threads):
        assert num_threads == 1
        if isinstance(text, list):
            return [self.encode(each, out_type, num_threads) for each in text]
        found = [("▁" if place == 0 else "") + letter for place, letter in enumerate(text)]
        return found if out_type is str else [PIECES.index(each) if each in PIECES else 0 for each in found]


def test_what_is_no_piece_of_this_model_may_stand_in_the_vocabulary_all_the_same():
    """As in a vocabulary that both languages share, whose models have pieces of their own."""
    encoder = _Encoder.of(OneLetterAPiece(), {"</s>": 9, "<unk>": 1, "▁a": 4, "b": 5, "c": 6})
    assert encoder.encode(["ab", "abc", "abd", ""]) == [[4, 5, 9], [4, 5, 6, 9], [4, 5, 1, 9], [9]]


@pytest.mark.parametrize("text", ["", "今天天气很好。", "<pad> </s> é 龘 \U0001f600", "a\ud800b"])
def test_it_is_the_same_alone_and_among_others(copier, text):
    vocabulary = MarianVocabulary(copier)
    assert vocabulary.encode(["你好", text]) == [*vocabulary.encode(["你好"]), *vocabulary.encode([text])]
    assert vocabulary.encode([text])[0][-1] == vocabulary.eos_id
    assert vocabulary.count([text]) == [len(vocabulary.encode([text])[0])]
