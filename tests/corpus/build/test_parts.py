"""A part is there whole or not at all, and whatever is not exactly what was written is no part."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.build.parts import PartStore, check_folder
from corpus.build.shards import Shard, cut_pieces, group_pieces
from translate.engines.base import Hypothesis
from translate.errors import OutputError
from translate.pipeline.translation import Attempt, AttemptKind, Translation
from translate.text.records import Sentence


def sentences(doc: str, n: int = 3) -> list[Sentence]:
    return [Sentence(doc, 0, i, i, i + 1, "字", f"{doc}字{i}") for i in range(n)]


def shard(*docs: str, n: int = 3) -> Shard:
    return next(group_pieces(piece for doc in docs for piece in cut_pieces(sentences(doc, n), "dec")))


def translations(of: Shard) -> list[Translation]:
    """Of three sentences one is copied, one cut, and one rescued."""
    one, two = (Hypothesis(f"word {i}", -0.25 / 3, 4, "eos") for i in (1, 2))
    capped = Hypothesis("word", -1.0, 64, "length")
    attempts = [
        (),
        (Attempt(AttemptKind.PLAIN, (one, two)),),
        (Attempt(AttemptKind.PLAIN, (capped,)), Attempt(AttemptKind.SMALLER, (two, one))),
    ]
    texts = [sentence.text for piece in of.pieces for sentence in piece.sentences]
    return [Translation(text, attempts[i % 3], int(i % 3 == 2)) for i, text in enumerate(texts)]


def stored(folder: Path, *of: Shard) -> PartStore:
    store = PartStore(folder, "dec")
    for each in of:
        store.write(each, translations(each))
    return store


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    one = shard("d")
    assert not PartStore(tmp_path / "parts").has(one)
    store = stored(tmp_path / "parts", one)
    assert store.has(one)
    assert store.read(one) == translations(one)
    assert [path.name for path in store.folder.iterdir()] == [f"{one.key}.jsonl"]


def test_nothing_stands_in_a_part_that_is_not_the_decoders(tmp_path: Path) -> None:
    """Neither the sentences nor flags: a better flag, or a document's new name, finds the part as it is."""
    one = shard("d")
    hash_line, header, *rows = stored(tmp_path, one).path(one.key).read_text("utf-8").splitlines()
    body = "".join(f"{line}\n" for line in (header, *rows))
    assert json.loads(hash_line) == {"sha256": hashlib.sha256(body.encode()).hexdigest()}
    assert json.loads(header) == {
        "part": 2,
        "key": one.key,
        "decoding": "dec",
        "pieces": [[one.pieces[0].key, 3]],
    }
    assert [json.loads(row) for row in rows[:2]] == [
        {"attempts": []},
        {
            "attempts": [
                {
                    "kind": "plain",
                    "pieces": [
                        {"text": "word 1", "score": -0.25 / 3, "tokens": 4, "finish": "eos"},
                        {"text": "word 2", "score": -0.25 / 3, "tokens": 4, "finish": "eos"},
                    ],
                }
            ]
        },
    ]


def test_a_piece_is_found_in_another_part(tmp_path: Path) -> None:
    both, other = shard("a", "b"), shard("b")
    store = stored(tmp_path, both)
    assert not store.has(other)
    for opened in (store, PartStore(tmp_path)):
        assert opened.reusable(other, ()) == {other.pieces[0].key: translations(both)[3:]}
        assert opened.reusable(other, [both.key]) == {}
    assert PartStore(tmp_path).reusable(shard("c"), ()) == {}


def test_a_renamed_document_is_the_same_shard(tmp_path: Path) -> None:
    one = shard("d")
    renamed = next(group_pieces(cut_pieces([replace(s, doc_id="e", start=7) for s in sentences("d")], "dec")))
    assert renamed.key == one.key
    assert stored(tmp_path, one).read(renamed) == translations(one)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_one_flipped_bit_anywhere_is_no_part(tmp_path: Path, data: st.DataObject) -> None:
    both, one, other = shard("a", "b"), shard("a"), shard("b")
    path = stored(tmp_path, both).path(both.key)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, 8 * len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at // 8] ^= 1 << at % 8
    path.write_bytes(flipped)
    assert PartStore(tmp_path).read(both) is None
    assert PartStore(tmp_path).reusable(one, ()) == PartStore(tmp_path).reusable(other, ()) == {}


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_a_part_that_ends_early_or_late_is_none(tmp_path: Path, data: st.DataObject) -> None:
    both = shard("a", "b")
    path = stored(tmp_path, both).path(both.key)
    whole = path.read_bytes()
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    path.write_bytes(data.draw(st.sampled_from([cut, whole + b"\n", whole + whole, whole + b"x"])))
    assert PartStore(tmp_path).read(both) is None
    assert PartStore(tmp_path).reusable(shard("b"), ()) == {}


def test_the_part_of_another_shard_is_none(tmp_path: Path) -> None:
    one, other = shard("a"), shard("b")
    store = stored(tmp_path, one, other)
    shutil.copy(store.path(one.key), store.path(other.key))
    assert store.read(other) is None
    assert store.read(one) == translations(one)
    assert PartStore(tmp_path).reusable(shard("b", "c"), ()) == {}


def hashed(*lines: str) -> bytes:
    body = "".join(f"{line}\n" for line in lines).encode("latin-1")
    return f'{{"sha256": "{hashlib.sha256(body).hexdigest()}"}}\n'.encode() + body


def header(of: Shard, **other: object) -> str:
    pieces = [list(count) for count in of.counts]
    return json.dumps({"part": 2, "key": of.key, "decoding": "dec", "pieces": pieces} | other)


def row_of(text: str) -> str:
    piece = f'{{"text":"{text}","score":-1.0,"tokens":1,"finish":"eos"}}'
    return f'{{"attempts":[{{"kind":"plain","pieces":[{piece}]}}]}}'


ROW = '{"attempts":[]}'
DEEP = "[" * 200_000
NOT_PARTS: dict[str, Callable[[Shard], bytes]] = {
    "empty": lambda of: b"",
    "not JSON": lambda of: b"nor this\n",
    "the version before": lambda of: b'{"part":1,"pieces":5,"sha256":7}\n',
    "deep": lambda of: DEEP.encode(),
    "a deep header": lambda of: hashed(DEEP, ROW, ROW, ROW),
    "a deep row": lambda of: hashed(header(of), ROW, DEEP, ROW),
    "a header that is a list": lambda of: hashed("[2]", ROW, ROW, ROW),
    "no header": lambda of: hashed(ROW, ROW, ROW),
    "a version to come": lambda of: hashed(header(of, part=4), ROW, ROW, ROW),
    "another key": lambda of: hashed(header(of, key="0" * 64), ROW, ROW, ROW),
    "a key that is a number": lambda of: hashed(header(of, key=7), ROW, ROW, ROW),
    "pieces that are a number": lambda of: hashed(header(of, pieces=5), ROW, ROW, ROW),
    "pieces that are pairs of nothing": lambda of: hashed(header(of, pieces=[[], []]), ROW, ROW, ROW),
    "a count that is no number": lambda of: hashed(header(of, pieces=[[of.pieces[0].key, "3"]]), ROW, ROW, ROW),
    "a count that is true": lambda of: hashed(header(of, pieces=[[of.pieces[0].key, True]]), ROW),
    "a count below zero": lambda of: hashed(header(of, pieces=[[of.pieces[0].key, -3]])),
    "other pieces": lambda of: hashed(header(of, pieces=[["0" * 64, 3]]), ROW, ROW, ROW),
    "other counts": lambda of: hashed(header(of, pieces=[[of.pieces[0].key, 2]]), ROW, ROW),
    "too few rows": lambda of: hashed(header(of), ROW, ROW),
    "too many rows": lambda of: hashed(header(of), ROW, ROW, ROW, ROW),
    "a number for a row": lambda of: hashed(header(of), ROW, "7", ROW),
    "a foreign row": lambda of: hashed(header(of), ROW, '{"id":"d:0:0","target":"x"}', ROW),
    "an attempt that is kept and not there": lambda of: hashed(header(of), ROW, '{"attempts":[],"kept":1}', ROW),
    "an attempt of nothing": lambda of: hashed(header(of), ROW, '{"attempts":[{"kind":"plain","pieces":[]}]}', ROW),
    "a number of too many digits": lambda of: hashed(header(of), ROW, f'{{"attempts":[],"kept":{"9" * 9999}}}', ROW),
    "not UTF-8": lambda of: hashed(header(of), ROW, row_of("\xff"), ROW),
}


@pytest.mark.parametrize("name", NOT_PARTS)
def test_what_is_no_part_is_decoded_again(tmp_path: Path, name: str) -> None:
    one, longer = shard("d"), shard("d", "e")
    store = PartStore(tmp_path, "dec")
    store.path(one.key).write_bytes(NOT_PARTS[name](one))
    assert store.read(one) is None
    assert store.reusable(longer, ()) == {}
    store.write(one, translations(one))
    assert store.read(one) == translations(one)


def test_those_files_are_refused_for_what_their_names_say(tmp_path: Path) -> None:
    one = shard("d")
    store = PartStore(tmp_path, "dec")
    store.path(one.key).write_bytes(hashed(header(one), ROW, row_of("x"), ROW))
    found = store.read(one)
    assert found is not None
    assert [each.text for each in found] == ["d字0", "x", "d字2"]


@pytest.mark.parametrize(
    "piece",
    [
        {},
        {"text": 1, "score": -1.0, "tokens": 1, "finish": "eos"},
        {"text": "x", "score": "-1.0", "tokens": 1, "finish": "eos"},
        {"text": "x", "score": -1.0, "tokens": 1.0, "finish": "eos"},
        {"text": "x", "score": -1.0, "tokens": True, "finish": "eos"},
        {"text": "x", "score": -1.0, "tokens": 1, "finish": "stop"},
        {"text": "x", "score": -1.0, "tokens": 1, "finish": []},
        {"text": "x", "score": -1.0, "tokens": 1, "finish": "eos", "more": 1},
        ["x", -1.0, 1, "eos"],
    ],
)
@pytest.mark.parametrize("kind", ["plain", "other", None])
def test_a_row_of_wrong_types_is_none(tmp_path: Path, piece: object, kind: object) -> None:
    one = shard("d")
    store = PartStore(tmp_path, "dec")
    row = json.dumps({"attempts": [{"kind": kind, "pieces": [piece]}]})
    store.path(one.key).write_bytes(hashed(header(one), row, row, row))
    assert store.read(one) is None


def test_whatever_else_lies_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("not a part\n", encoding="utf-8")
    (tmp_path / f"{'a' * 64}.jsonl").write_text("nor this\n", encoding="utf-8")
    (tmp_path / f"{'b' * 64}.jsonl").write_text('{"part": 1}\n', encoding="utf-8")
    (tmp_path / f"{'c' * 64}.jsonl").mkdir()
    (tmp_path / "mine.jsonl.0.tmp").touch()
    before = sorted(tmp_path.iterdir())
    store = PartStore(tmp_path)
    with store.in_use():
        assert store.reusable(shard("d"), ()) == {}
    assert sorted(tmp_path.iterdir()) == before


def test_a_full_disk_leaves_earlier_parts_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = shard("a"), shard("b")
    store = stored(tmp_path, first)

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"disk full; free some space and run the same command again"):
        store.write(second, translations(second))
    assert [path.name for path in tmp_path.iterdir()] == [f"{first.key}.jsonl"]


def interrupted(fd: int) -> None:
    raise KeyboardInterrupt


def test_what_a_killed_run_left_half_written_goes_with_the_next_that_is_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = shard("d")
    store = PartStore(tmp_path, "dec")
    with monkeypatch.context() as killed:
        killed.setattr(os, "fsync", interrupted)
        killed.setattr(Path, "unlink", lambda *args, **kwargs: None)
        with pytest.raises(KeyboardInterrupt):
            store.write(one, translations(one))
    (litter,) = tmp_path.iterdir()
    with PartStore(tmp_path, "dec").in_use():
        assert not litter.exists()
        litter.touch()  # that of a run which goes on
        with PartStore(tmp_path, "dec").in_use():
            assert litter.exists()


def test_journals_go_with_a_run_that_succeeds_alone_but_for_those_of_other_ways_to_decode(tmp_path: Path) -> None:
    store, other = PartStore(tmp_path, "dec"), PartStore(tmp_path, "other")
    gone, kept = store.journal(shard("a")), other.journal(shard("b"))
    for journal in (gone, kept):
        journal.note(["x"], 1, [Hypothesis("x", -1.0, 1, "eos")])
        journal.close()
    with pytest.raises(ZeroDivisionError), store.in_use():
        raise ZeroDivisionError
    with store.in_use():
        with store.in_use():
            pass
        assert gone.path.exists()
    assert not gone.path.exists()
    assert kept.path.exists()


def test_a_folder_that_stays_empty_goes_again(tmp_path: Path) -> None:
    with PartStore(tmp_path / "parts").in_use():
        assert (tmp_path / "parts").is_dir()
    assert not (tmp_path / "parts").exists()


def test_a_folder_for_parts_is_looked_at_and_left_as_it_was(tmp_path: Path) -> None:
    check_folder(tmp_path)
    check_folder(tmp_path / "new" / "parts")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot keep parts in .*file"):
        check_folder(tmp_path / "file")
    with pytest.raises(OutputError, match=r"cannot keep parts in .*File name too long"):
        check_folder(tmp_path / ("x" * 300))
