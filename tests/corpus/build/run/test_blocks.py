"""Rows are columns and nothing else; and blocks have the sentences of the documents, however they are batched."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.build.run import blocks
from corpus.build.run.blocks import Batcher, blocks_of
from corpus.build.run.files import FolderFiles
from corpus.build.run.manifest import Entry
from corpus.build.run.plan import plan_run
from corpus.build.run.rows import Rows, read_rows, rows_bytes
from corpus.readers.base import Document, SourceFile
from translate.files.digest import sha256_of
from translate.text.paragraphs import split_paragraphs
from translate.text.records import Paragraph, Sentence
from translate.text.segment import SegmentOptions, segment_text

from .conftest import Runs

texts = st.text(st.sampled_from("天地。！？\u200b &lt;\ud800\U0001f600a\u3000"), min_size=1, max_size=12)


@st.composite
def sentences(draw: st.DrawFn) -> list[Sentence]:
    found = []
    for doc in draw(st.lists(st.sampled_from(["a", "b/c.txt", "丙"]), max_size=4, unique=True)):
        for index in range(draw(st.integers(1, 4))):
            raw, start = draw(texts), draw(st.integers(0, 1 << 40))
            own = draw(st.one_of(st.just(raw), texts, st.just("")))
            flags = tuple(draw(st.sampled_from([[], [], ["mojibake"], ["control", "traditional"]])))
            found.append(Sentence(doc, draw(st.integers(0, 1 << 40)), index, start, start + len(raw), raw, own, flags))
    return found


def rows_of(given_: list[Sentence]) -> Rows:
    documents: list[tuple[int, str, str | None]] = []
    for i, sentence in enumerate(given_):
        if not documents or documents[-1][1] != sentence.doc_id:
            documents.append((i, sentence.doc_id, "CC0-1.0" if sentence.doc_id == "a" else None))
    return Rows.of(given_, [s.text.encode("utf-8", "surrogatepass") for s in given_], documents)


@given(sentences(), st.data())
def test_what_is_cut_and_joined_and_written_is_read_back(given_: list[Sentence], data: st.DataObject) -> None:
    rows = rows_of(given_)
    rows.numbers["copy"] = marks = data.draw(st.lists(st.booleans(), min_size=len(given_), max_size=len(given_)))
    places = [0, *sorted(data.draw(st.lists(st.integers(0, len(given_)), max_size=4))), len(given_)]
    cut = rows.cut(*places)
    assert [len(part) for part in cut] == [end - first for first, end in pairwise(places)]
    assert [row for part in cut for row in part] == [*rows]
    joined = Rows.joined(cut)
    assert rows_bytes(3, "key", joined) == rows_bytes(3, "key", rows)
    assert [(row.sentence, row.is_copy) for row in joined] == [*zip(given_, marks, strict=True)]
    assert joined.texts() == [s.text for s, is_copy in zip(given_, marks, strict=True) if not is_copy]


def test_a_file_of_rows_is_read_back(tmp_path: Path) -> None:
    rows = rows_of(segment_text("天&lt;地。玄黄！\n\n宇\u200b宙。", doc_id="a") + segment_text("洪荒。", doc_id="b"))
    files = FolderFiles(tmp_path)
    entry = Entry(0, "", 0, 4, 0, "")
    files.put(entry.rows_name, rows_bytes(0, "", rows))
    found = read_rows(files, Entry(0, "", 0, 4, 0, sha256_of(tmp_path / entry.rows_name)))
    assert [*found] == [*rows]
    assert [row.license for row in found] == ["CC0-1.0"] * 3 + [None]


def document(name: str, text: str) -> Document:
    def read(doc_id: str) -> Iterator[Paragraph]:
        return split_paragraphs(text, doc_id, 16)

    return Document(name, SourceFile(name, None, 0, ""), read)


LINES = {
    "short lines": "天地。玄黄。\n宇宙！\n" * 9,
    "one long line": "天地玄黄，宇宙洪荒。" * 40,
    "no end": "天地玄黄" * 90,
    "cut at a width": "".join(
        "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳"[i:] + "\n" for i in [0] * 30
    ),
    "repaired": "腾讯 公司 &lt; 与\u200b 阿里 。\n\n" * 12,
    "blank": "\n \n",
}


@pytest.mark.parametrize("sample", [4, 50, 10_000])
@pytest.mark.parametrize("batch", [1, 60, 10_000])
def test_blocks_are_the_sentences_of_the_documents(monkeypatch: pytest.MonkeyPatch, batch: int, sample: int) -> None:
    monkeypatch.setattr(blocks, "_BATCH", batch)
    monkeypatch.setattr(blocks, "SAMPLE", sample)  # from which on a document is handed on line by line
    monkeypatch.setattr(blocks, "_LONG_LINE", 120)
    monkeypatch.setattr(blocks, "_AT_ONCE", 3)
    batcher = Batcher(SegmentOptions())

    def batches() -> Iterator[blocks.Batch]:
        for source, (name, text) in enumerate(LINES.items()):
            yield from batcher.add(document(name, text), source, None)
        yield from batcher.end()

    found = [*blocks_of(batches(), SegmentOptions())]
    expected = [sentence for name, text in LINES.items() for sentence in segment_text(text, doc_id=name)]
    assert [row.sentence for block in found for row in block.rows] == expected
    assert len(found) > 1 or batch > 1000
    numbers = {name: source for source, name in enumerate(LINES)}
    for block in found:
        rows = [row.sentence for row in block.rows]
        assert {source for _, source in block.sources} == {numbers[sentence.doc_id] for sentence in rows}
        assert all(numbers[rows[first].doc_id] == source for first, source in block.sources)
        assert block.n_chars == sum(sentence.end - sentence.start for sentence in rows)


def test_a_plan_is_the_same_bytes_whatever_the_number_of_processes(
    tmp_path: Path, documents: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_BATCH", 100)  # else so few batches are done in this process
    for n in (1, 2):
        with runs.translator() as used:
            plan_run(documents, tmp_path / f"{n}", translator=used, part_sentences=10, workers=n)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / name).rglob("*.*") if p.is_file()} for name in ("1", "2"))
    assert one == two
    assert len(one) > 10
