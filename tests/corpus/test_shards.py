"""Pieces and shards depend on the input alone, stay bounded, and lose nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import shards
from corpus.shards import cut_pieces, group_pieces
from translate.records import Sentence


@pytest.fixture(autouse=True, scope="module")
def small_shards() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "SHARD_SENTENCES", 20)
        yield


def sentences(doc: str, per_paragraph: list[int]) -> list[Sentence]:
    return [
        Sentence(doc, paragraph, index, 0, 1, "字", f"{doc}{paragraph}.{index}")
        for paragraph, n in enumerate(per_paragraph)
        for index in range(n)
    ]


DOCUMENTS = st.lists(st.lists(st.integers(0, 90), max_size=4), max_size=4)


@given(DOCUMENTS)
def test_shards_hold_every_sentence_once_in_order_and_stay_bounded(documents: list[list[int]]) -> None:
    everything = [sentences(str(i), counts) for i, counts in enumerate(documents)]
    pieces = [piece for document in everything for piece in cut_pieces(document, "sig")]
    found = list(group_pieces(pieces))
    assert [s for shard in found for p in shard.pieces for s in p.sentences] == [s for d in everything for s in d]
    assert all(shard.n_sentences >= shards.SHARD_SENTENCES for shard in found[:-1])
    assert all(shard.n_sentences < 3 * shards.SHARD_SENTENCES for shard in found)
    assert len({shard.key for shard in found}) == len(found)


def test_a_piece_ends_with_a_paragraph_unless_the_paragraph_goes_on_and_on() -> None:
    assert [len(p.sentences) for p in cut_pieces(sentences("d", [15, 7, 1]), "s")] == [22, 1]
    assert [len(p.sentences) for p in cut_pieces(sentences("d", [90]), "s")] == [40, 40, 10]


def test_the_key_follows_text_place_name_and_signature() -> None:
    (sentence,) = sentences("d", [1])
    others = [
        [replace(sentence, text="别的")],
        [replace(sentence, raw="别")],
        [replace(sentence, start=1, end=2)],
        [replace(sentence, doc_id="e")],
        [replace(sentence, flags=("mojibake",))],
        [sentence, sentence],
    ]
    keys = {next(cut_pieces(run, "sig")).key for run in [[sentence], *others]}
    keys.add(next(cut_pieces([sentence], "other")).key)
    assert len(keys) == len(others) + 2
    assert next(cut_pieces([sentence], "sig")).key in keys


def test_pieces_of_a_document_do_not_change_when_another_is_added() -> None:
    first, second, added = (sentences(name, [30]) for name in "abc")
    before = {p.key for d in (first, second) for p in cut_pieces(d, "s")}
    after = {p.key for d in (first, added, second) for p in cut_pieces(d, "s")}
    assert before < after
