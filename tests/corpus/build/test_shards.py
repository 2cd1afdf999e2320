"""Pieces and shards depend on the input alone, stay bounded, and lose nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.build import shards
from corpus.build.shards import cut_pieces, group_pieces
from translate.text.records import Sentence


@pytest.fixture(autouse=True, scope="module")
def small_shards() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "SHARD_SENTENCES", 20)
        patch.setattr(shards, "_ONE_IN", 4)
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
    assert all(shard.n_sentences < 2 * shards.SHARD_SENTENCES for shard in found)


def test_no_piece_is_larger_than_a_shard() -> None:
    same = [replace(s, text="同") for s in sentences("d", [90])]
    assert max(len(p.sentences) for p in cut_pieces(same, "s")) <= 20


@given(st.integers(0, 400))
def test_a_sentence_more_changes_few_pieces(at: int) -> None:
    run = sentences("d", [400])
    longer = [*run[:at], replace(run[0], text="新的"), *run[at:]]
    before, after = ({p.key for p in cut_pieces(each, "s")} for each in (run, longer))
    assert len(after - before) <= 8


def test_a_shard_and_its_pieces_are_known_by_what_is_decoded_and_nothing_else() -> None:
    (sentence,) = sentences("d", [1])
    same = [
        [replace(sentence, raw="别")],
        [replace(sentence, start=1, end=2)],
        [replace(sentence, doc_id="e")],
        [replace(sentence, flags=("mojibake",))],
    ]
    other = [[replace(sentence, text="别的")]]
    pieces = [next(cut_pieces(run, "dec")) for run in [[sentence], *same, *other]]
    pieces.append(next(cut_pieces([sentence], "other")))
    assert len({piece.key for piece in pieces}) == 1 + len(other) + 1
    assert len({next(group_pieces([piece])).key for piece in pieces}) == 1 + len(other) + 1
    assert next(group_pieces(pieces[:2])).key != next(group_pieces(pieces[:3])).key


def test_pieces_of_a_document_do_not_change_when_another_is_added() -> None:
    first, second, added = (sentences(name, [30]) for name in "abc")
    before = {p.key for d in (first, second) for p in cut_pieces(d, "s")}
    after = {p.key for d in (first, added, second) for p in cut_pieces(d, "s")}
    assert before < after
