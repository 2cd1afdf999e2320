"""A part is there whole or not at all, and a damaged one is noticed."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.build.parts import PartStore, piece_pairs
from corpus.build.shards import Shard, cut_pieces, group_pieces
from corpus.pair import Pair
from translate.errors import OutputError
from translate.text.records import Sentence


def sentences(doc: str, n: int = 3) -> list[Sentence]:
    return [Sentence(doc, 0, i, i, i + 1, "字", f"{doc}字{i}") for i in range(n)]


def shard(doc: str, n: int = 3) -> Shard:
    return next(group_pieces(cut_pieces(sentences(doc, n), "sig")))


def pairs(of: Shard) -> list[Pair]:
    return [Pair.translated(s, f"word {s.index}", -0.25, ("cut",)) for piece in of.pieces for s in piece.sentences]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    store = PartStore(tmp_path / "parts", {"torch": "2.13.0"})
    one = shard("d")
    assert not store.has(one)
    store.write(one, pairs(one), "sig")
    assert store.has(one)
    assert list(store.read(one.key)) == pairs(one)
    assert [path.name for path in store.folder.iterdir()] == [f"{one.key}.jsonl"]


def test_a_piece_is_found_in_another_part(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    pieces = [p for doc in "ab" for p in shard(doc).pieces]
    both = next(group_pieces(pieces))
    store.write(both, pairs(both), "sig")
    other = shard("b")
    assert not store.has(other)
    for opened in (store, PartStore(tmp_path)):
        assert opened.reusable(other, ()) == {other.pieces[0].key: pairs(other)}
        assert opened.reusable(other, [both.key]) == {}
    assert PartStore(tmp_path).reusable(shard("c"), ()) == {}


def test_a_renamed_document_is_known_and_gets_its_new_name(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    one = shard("d")
    store.write(one, pairs(one), "sig")
    renamed = next(group_pieces(cut_pieces([replace(s, doc_id="e", start=7) for s in sentences("d")], "sig")))
    known = store.reusable(renamed, ())
    found = list(piece_pairs(renamed, known, iter(())))
    assert [(pair.id, pair.source.start, pair.target.text) for pair in found] == [
        (f"e:0:{i}", 7, f"word {i}") for i in range(3)
    ]


def test_a_damaged_part_is_named_and_counts_as_none(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    one = shard("d")
    store.write(one, pairs(one), "sig")
    path = store.path(one.key)
    path.write_bytes(path.read_bytes().replace(b"word 1", b"word 7"))
    with pytest.raises(OutputError, match=r"damaged part .*; run the same command"):
        list(store.read(one.key))
    assert not store.has(one)


def test_a_truncated_part_is_noticed(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    one = shard("d")
    store.write(one, pairs(one), "sig")
    path = store.path(one.key)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(OutputError, match="damaged"):
        list(store.read(one.key))


def test_whatever_else_lies_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("not a part\n", encoding="utf-8")
    (tmp_path / f"{'a' * 64}.jsonl").write_text("nor this\n", encoding="utf-8")
    (tmp_path / f"{'b' * 64}.jsonl").write_text('{"part": 1}\n', encoding="utf-8")
    (tmp_path / f"{'c' * 64}.jsonl").mkdir()
    before = sorted(tmp_path.iterdir())
    assert PartStore(tmp_path).reusable(shard("d"), ()) == {}
    assert sorted(tmp_path.iterdir()) == before


def test_a_full_disk_leaves_earlier_parts_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = PartStore(tmp_path)
    first, second = shard("a"), shard("b")
    store.write(first, pairs(first), "sig")

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"disk full; free some space and run the same command again"):
        store.write(second, pairs(second), "sig")
    assert [path.name for path in tmp_path.iterdir()] == [f"{first.key}.jsonl"]
