"""Inputs to documents: which files are meant, their names, and bad ones as values beside the good."""

from __future__ import annotations

import gc
import gzip
import io
import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.pair import Pair, from_row, row
from corpus.readers import jsonl
from corpus.readers.base import Document, Metadata, ReadOptions, Rejected
from corpus.readers.documents import read_documents
from corpus.readers.find import find_inputs, total_bytes
from translate.errors import InputError, UnknownNameError
from translate.files import lines as textio
from translate.files.lines import Encoding
from translate.text.records import Sentence


def put(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def opened(*inputs: str | Path, options: ReadOptions | None = None) -> list[Document | Rejected]:
    return list(read_documents(find_inputs([str(given) for given in inputs]), options or ReadOptions()))


def documents(*inputs: str | Path, options: ReadOptions | None = None) -> dict[str, list[str]]:
    """Texts of the paragraphs by document; fails where something is rejected."""
    found = {}
    for document in opened(*inputs, options=options):
        assert isinstance(document, Document), str(document)
        paragraphs = list(document.paragraphs())
        assert {paragraph.doc_id for paragraph in paragraphs} <= {document.doc_id}
        found[document.doc_id] = [paragraph.text for paragraph in paragraphs]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "in/b.txt", "乙\n")
    put(tmp_path / "in/a.txt.gz", gzip.compress("甲".encode()))
    put(tmp_path / "in/sub/B.TXT", "丙\r\n\r\n丁")
    put(tmp_path / "in/é.txt", "戊")
    put(tmp_path / "in/lines.jsonl", '{"text": "己\\n庚"}\n')
    put(tmp_path / "in/.hidden.txt", "no")
    put(tmp_path / "in/.git/x.txt", "no")
    put(tmp_path / "in/picture.png", b"\x89PNG\r\n")
    return tmp_path / "in"


# -- which files ---------------------------------------------------------------------------------------------------


def test_folder_in_an_order_that_no_locale_changes(folder: Path) -> None:
    assert documents(folder) == {
        "a.txt.gz": ["甲"],
        "b.txt": ["乙"],
        "lines.jsonl:1": ["己", "庚"],
        "sub/B.TXT": ["丙", "", "丁"],
        "é.txt": ["戊"],
    }


def test_a_pipe_in_a_folder_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    found = {file.doc_id: file.problem for file in find_inputs([str(folder), str(folder / "*.txt")])}
    assert "pipe.txt" not in found
    assert found["gone.txt"] == "cannot be read: No such file or directory"
    with pytest.raises(InputError, match="matches no file"):
        find_inputs([str(folder / "p*.txt")])


def test_order_of_the_inputs_is_kept_and_a_file_is_read_once(folder: Path) -> None:
    (folder.parent / "link.txt").symlink_to(folder / "b.txt")
    found = documents(folder / "é.txt", folder, folder / "sub/../b.txt", folder.parent / "link.txt")
    assert list(found) == ["é.txt", "a.txt.gz", "b.txt", "lines.jsonl:1", "sub/B.TXT"]


def test_patterns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(documents(folder / "*.txt")) == ["b.txt", "é.txt"]
    assert list(documents(folder / "**" / "*.[tT]*")) == ["a.txt.gz", "b.txt", "sub/B.TXT", "é.txt"]
    monkeypatch.chdir(folder)
    assert list(documents("*/*.TXT", "b*")) == ["sub/B.TXT", "b.txt"]


def test_a_file_may_be_named_like_a_pattern(tmp_path: Path) -> None:
    assert documents(put(tmp_path / "a[1].txt", "甲")) == {"a[1].txt": ["甲"]}


def test_a_file_given_directly_may_have_any_suffix(tmp_path: Path) -> None:
    assert documents(put(tmp_path / "README", "甲")) == {"README": ["甲"]}


def test_names_that_collide_fall_back_to_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "x/a.txt", "甲")
    put(tmp_path / "y/a.txt", "乙")
    put(tmp_path / "y/b.txt", "丙")
    monkeypatch.chdir(tmp_path)
    assert list(documents("x", "y")) == ["x/a.txt", "y/a.txt", "b.txt"]


def test_nothing_to_read_names_each_input(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        find_inputs([str(tmp_path / "missing.txt"), str(tmp_path / "empty"), str(tmp_path / "*.txt")])
    message = str(caught.value)
    assert "missing.txt: no such file or folder" in message
    assert "empty: no text in this folder; expected .txt, .jsonl" in message
    assert "*.txt: this pattern matches no file" in message
    with pytest.raises(InputError, match="no input given"):
        find_inputs([])


def test_one_bad_input_costs_one_input(folder: Path) -> None:
    bad = put(folder.parent / "damaged.txt", "好的文字很多很多".encode() + b"\xff\n")
    empty = put(folder.parent / "empty.txt", " \n\u3000\n")
    found = opened("/nowhere.txt", bad, folder / "b.txt", empty, folder / "picture.png")
    assert [str(item) for item in found if isinstance(item, Rejected)] == [
        "/nowhere.txt: no such file or folder",
        f"{bad}: damaged UTF-8: byte 24 (0xff) in line 1, while the rest reads well; repair the file, "
        "or force an encoding with --encoding; --errors replace goes on, with U+FFFD for what cannot be read",
        f"{empty}: empty file",
        f"{folder}/picture.png: binary file (a PNG image), expected text",
    ]
    assert [item.doc_id for item in found if isinstance(item, Document)] == ["b.txt"]


def test_provenance(folder: Path) -> None:
    (document,) = opened(put(folder / "gb.txt", "我们的世界。".encode("gb18030")))
    assert isinstance(document, Document)
    assert (document.source.encoding, document.source.n_bytes, document.source.origin) == (
        Encoding("gb18030", "detected"),
        12,
        str(folder / "gb.txt"),
    )
    assert len(document.source.sha256) == 64


def test_forced_encoding_and_an_unknown_one(tmp_path: Path) -> None:
    path = put(tmp_path / "a.txt", "中".encode("gbk"))
    assert documents(path, options=ReadOptions(encoding="gbk")) == {"a.txt": ["中"]}
    with pytest.raises(UnknownNameError, match=r"gb18031.*Did you mean 'gb18030'"):
        opened(path, options=ReadOptions(encoding="gb18031"))


def test_progress_adds_up_to_the_size_on_disk(folder: Path) -> None:
    put(folder / "zero.txt", "")
    put(folder / "bad.txt", "好的文字很多很多".encode() + b"\xff\n")
    files = find_inputs([str(folder)])
    taken: list[int] = []
    for item in read_documents(files, ReadOptions(), taken.append):
        if isinstance(item, Document):
            list(item.paragraphs())
    assert sum(taken) == total_bytes(files) > 0


def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.txt"
    try:
        Path(os.fsdecode(name)).write_bytes("甲".encode())
    except OSError as error:
        pytest.skip(f"this file system takes no such name: {error}")
    (document,) = opened(tmp_path)
    assert isinstance(document, Document)
    assert document.doc_id == "\ufffd.txt"
    document.source.origin.encode()


def test_a_file_that_changes_before_it_is_read(tmp_path: Path) -> None:
    path = put(tmp_path / "a.txt", "甲\n")
    (document,) = opened(path)
    assert isinstance(document, Document)
    path.write_text("乙乙\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.txt: changed while it was read"):
        list(document.paragraphs())


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = put(tmp_path / "a.txt", "甲\n")
    (document,) = opened(path)
    assert isinstance(document, Document)
    lines = document.paragraphs()
    assert next(lines).text == "甲"
    with path.open("ab") as more:
        more.write(b"b\n")
    with pytest.raises(InputError, match=r"a\.txt: changed while it was read"):
        list(lines)


def test_a_jsonl_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", '{"text": "甲"}\n')
    found = read_documents(find_inputs([str(path)]), ReadOptions())
    assert isinstance(next(found), Document)
    with path.open("ab") as more:
        more.write(b'{"text": "b"}\n')
    assert str(list(found)[-1]) == f"{path}: changed while it was read; run the same command again"


# -- stdin and pipes -----------------------------------------------------------------------------------------------


def test_stdin_is_spooled_and_the_spool_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("我们的\n世界".encode("gb18030"))))
    found = opened("-")
    assert isinstance(found[0], Document)
    assert (found[0].source.origin, found[0].doc_id, found[0].source.encoding) == (
        "-",
        "stdin",
        Encoding("gb18030", "detected"),
    )
    for _ in range(2):
        assert [paragraph.text for paragraph in found[0].paragraphs()] == ["我们的", "世界"]
    found.clear()
    gc.collect()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="an open file has no name here")
def test_the_spool_has_no_name_that_could_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("甲".encode())))
    (document,) = opened("-")
    assert not list(tmp_path.iterdir())
    assert isinstance(document, Document)
    assert [paragraph.text for paragraph in document.paragraphs()] == ["甲"]


def test_the_spool_where_an_open_file_cannot_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textio, "_reopened", lambda file: None)
    test_stdin_is_spooled_and_the_spool_goes(tmp_path, monkeypatch)


def test_a_pipe_is_read_too(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_bytes, args=("甲\n乙".encode(),))
    feeder.start()
    assert documents(pipe) == {"pipe": ["甲", "乙"]}
    feeder.join()


# -- .jsonl --------------------------------------------------------------------------------------------------------


def test_jsonl_lines_good_and_bad(tmp_path: Path) -> None:
    lines = [
        '{"text": "一\\n二", "id": "x"}',
        "not json",
        "",
        '{"body": "三"}',
        '{"text": 5}',
        "[1]",
        '{"text": "四", "id": 7}',
        '{"text": "五", "id": ["7"]}',
        '{"text": "六", "id": null}',
        "[" * 100_000,
        '{"text": ""}',
        '{"text": " \\n\\u3000\\u200b"}',
        '{"text": "七\\ud800\\ud83d\\ude00\u2028八"}',
    ]
    path = put(tmp_path / "d.jsonl", "\n".join(lines))
    found = opened(path)
    assert [str(item) for item in found if isinstance(item, Rejected)] == [
        f"{path}:2: not JSON: Expecting value: line 1 column 1 (char 0)",
        f"{path}:4: no field 'text'; its fields: 'body'; name another with --text-field",
        f"{path}:5: field 'text' should be a string, found a number",
        f"{path}:6: expected a JSON object, found a list",
        f"{path}:8: field 'id' should be a string or a number, found a list",
        *[str(item) for item in found if isinstance(item, Rejected) and item.origin.endswith(":10")],
        f"{path}:11: empty text",
        f"{path}:12: empty text",
    ]
    good = {item.doc_id: [p.text for p in item.paragraphs()] for item in found if isinstance(item, Document)}
    assert good == {"x": ["一", "二"], "7": ["四"], "d.jsonl:9": ["六"], "d.jsonl:13": ["七\ufffd😀\u2028八"]}


def test_jsonl_fields_by_option_and_packed_in_gb18030(tmp_path: Path) -> None:
    line = json.dumps({"正文": "我们的世界", "url": "http://a"}, ensure_ascii=False)
    path = put(tmp_path / "d.jsonl.gz", gzip.compress(line.encode("gb18030")))
    options = ReadOptions(text_field="正文", id_field="url")
    assert documents(path, options=options) == {"http://a": ["我们的世界"]}


def test_what_a_line_says_of_its_document_is_kept_and_nothing_else(tmp_path: Path) -> None:
    said = {"title": " 题 ", "url": "http://a", "lang": "zh-Hant", "script": "Hant", "license": "CC-BY-4.0"}
    lines = [
        {"text": "甲", **said},
        {"text": "乙", "licence": "CC0", "title": "", "url": None, "language": ["zh"], "script": 5},
        {"text": "丙", "language": "zh", "lang": "en", "license": "a", "licence": "b"},
        {"text": "丁"},
    ]
    path = put(tmp_path / "d.jsonl", "\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    found = [item.metadata for item in opened(path) if isinstance(item, Document)]
    assert found == [
        Metadata("题", "http://a", "zh-Hant", "Hant", "CC-BY-4.0"),
        Metadata(licence="CC0"),
        Metadata(language="zh", licence="a"),
        Metadata(),
    ]


def test_names_that_come_twice_are_numbered(tmp_path: Path) -> None:
    names = ["a", "a", "a#2", "a", "b"]
    path = put(tmp_path / "d.jsonl", "\n".join(json.dumps({"id": name, "text": "字"}) for name in names))
    assert list(documents(path)) == ["a", "a#2", "a#2#2", "a#3", "b"]


def test_names_stay_apart_where_a_format_replaces_characters(tmp_path: Path) -> None:
    names = ["a b", "a_b", "a\tb", "a\0b", "a\ufffdb", "a\u3000b", "a\x01b"]
    path = put(tmp_path / "d.jsonl", "\n".join(json.dumps({"id": name, "text": "字"}) for name in names))
    assert list(documents(path)) == ["a b", *(f"{name}#{n}" for n, name in enumerate(names[1:], start=2))]


def test_a_rejection_is_one_line(tmp_path: Path) -> None:
    assert str(Rejected("a\nb\r\x1b.txt", "empty\u2028file")) == "a\\nb\\r\\x1b.txt: empty\\u2028file"


def test_a_line_too_long_to_hold_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LONGEST_LINE", 100_000)
    path = put(tmp_path / "d.jsonl", json.dumps({"text": "a" * 200_000}) + '\n{"text": "好"}')
    bad, good = opened(path)
    assert str(bad) == f"{path}:1: line longer than 100,000 characters; cut the document into several"
    assert isinstance(good, Document)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.text(st.characters(), max_size=30).map("字".__add__),
)
@settings(max_examples=100, deadline=None)
def test_offsets_in_jsonl_text(name: str, text: str) -> None:
    read, key, _ = jsonl._parse(json.dumps({"id": name, "text": text}), ReadOptions())
    assert key == name
    assert len(read) >= len(text.encode("utf-16-le", "surrogatepass")) // 4
    for paragraph in jsonl.split_paragraphs(read, name):
        assert read[paragraph.start : paragraph.start + len(paragraph.text)] == paragraph.text
    read.encode()


# -- records -------------------------------------------------------------------------------------------------------


def test_row_is_the_contract() -> None:
    sentence = Sentence("d.txt", 3, 1, 40, 45, "你好 吗", "你好吗", ("mojibake",))
    fields = row(Pair.translated(sentence, "How are you", -0.123456, ("looped",)))
    assert fields == {
        "id": "d.txt:3:1",
        "doc": "d.txt",
        "paragraph": 3,
        "sentence": 1,
        "start": 40,
        "end": 45,
        "source": "你好吗",
        "target": "How are you",
        "score": -0.1235,
        "flags": ["looped", "mojibake"],
        "raw": "你好 吗",
    }
    assert list(fields)[-1] == "raw"
    assert row(from_row(fields)) == fields


@pytest.mark.parametrize(
    ("score", "written"), [(None, None), (float("nan"), None), (float("-inf"), None), (-0.00001, 0.0), (-1.0, -1.0)]
)
def test_scores_that_are_no_plain_number(score: float | None, written: float | None) -> None:
    found = row(Pair.translated(Sentence("d", 0, 0, 0, 1, "a", "a"), "", score))["score"]
    assert repr(found) == repr(written)
