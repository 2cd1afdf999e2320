"""Inputs of a build that are awkward: nothing is dropped or read as something else without a word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import zstandard

from corpus.build.build import build_corpus
from corpus.build.inputs import find_files
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine
from translate.errors import InputError
from translate.marian.find import locate
from translate.pipeline.translator import Translator


def sources(out: Path, *inputs: Path) -> dict[str, list[str]]:
    """The source sentences of a corpus, by document."""
    with Translator(FakeEngine(), locate("zh-en-mini"), DecodeOptions(beam_size=1)) as translator:
        build_corpus(list(inputs), out, translator=translator)
    found: dict[str, list[str]] = {}
    for line in out.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row["doc"], []).append(row["source"])
    return found


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "said", ["{}", '{"title": "甲", "files": ["a.txt"]}', "no json", "[" * 5000, '{\n "counts": {']
)
def test_a_document_with_somebody_elses_meta_json_is_read(tmp_path: Path, said: str) -> None:
    put(tmp_path / "in" / "a.txt", "甲。\n")
    put(tmp_path / "in" / "a.txt.meta.json", said)
    put(tmp_path / "in" / "b.txt", "乙。\n")
    assert sources(tmp_path / "c.jsonl", tmp_path / "in") == {"a.txt": ["甲。"], "b.txt": ["乙。"]}


def test_an_earlier_corpus_in_the_folder_is_left_out_and_told(tmp_path: Path) -> None:
    put(tmp_path / "in" / "a.txt", "甲。\n")
    first = tmp_path / "in" / "old.jsonl"
    sources(first, tmp_path / "in" / "a.txt")
    assert sources(tmp_path / "c.jsonl", tmp_path / "in") == {"a.txt": ["甲。"]}
    told: list[str] = []
    files = find_files([tmp_path / "in"], tmp_path / "c.jsonl", on_skip=lambda skipped: told.append(str(skipped)))
    assert [file.doc_id for file in files] == ["a.txt"]
    assert told == [f"{first}: a corpus that duizhao wrote, as the file beside it says"]


def test_a_name_that_is_too_long_with_a_suffix(tmp_path: Path) -> None:
    name = "长" * 80 + "abcdef.txt"
    assert len(name.encode()) == 250
    put(tmp_path / "in" / name, "甲。\n")
    assert sources(tmp_path / "c.jsonl", tmp_path / "in") == {name: ["甲。"]}


def test_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "b.txt", "乙。\n")
    put(tmp_path / "in" / "a.txt", "甲。\n")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")
    assert sources(tmp_path / "c.jsonl", tmp_path / "in") == {"a.txt": ["甲。"], "link/b.txt": ["乙。"]}


def feed(pipe: Path, text: str) -> threading.Thread:
    os.mkfifo(pipe)
    feeder = threading.Thread(target=pipe.write_bytes, args=(text.encode(),))
    feeder.start()
    return feeder


def test_a_named_pipe_is_what_its_name_says(tmp_path: Path) -> None:
    feeder = feed(tmp_path / "x.jsonl", '{"text": "甲。", "id": "one"}\n{"text": "乙。"}\n')
    assert sources(tmp_path / "c.jsonl", tmp_path / "x.jsonl") == {"one": ["甲。"], "x.jsonl:2": ["乙。"]}
    feeder.join()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "page",
            "\n <!DOCTYPE HTML>\n<p>甲。</p>\n",
            r"a page of HTML without the name of one; .*\.html",
        ),
        ("a.json", '[\n {"text": "甲。"}\n]\n', "JSON that is not one object a line; make .jsonl of it"),
        ("a", '[{"text": "甲。"}]\n', "JSON that is not one object a line"),
        ("a.json", '{\n "text": "甲。"\n}\n', "JSON that is not one object a line"),
        ("a.log", '<?xml version="1.0"?>\n<a>甲。</a>\n', "XML, expected text"),
    ],
)
@pytest.mark.parametrize("is_pipe", [False, True])
def test_what_is_no_prose_is_not_read_as_prose(tmp_path: Path, name: str, text: str, said: str, is_pipe: bool) -> None:
    path = tmp_path / name
    feeder = feed(path, text) if is_pipe else None
    if not is_pipe:
        put(path, text)
    with pytest.raises(InputError, match=f"{name}: {said}"):
        sources(tmp_path / "c.jsonl", path)
    if feeder:
        feeder.join()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.txt", "<html>甲。\n"),
        ("README", "[新华社]甲。\n"),
        ("README.md", "{{模板}}甲。\n"),
    ],
)
def test_what_may_be_prose_is_read(tmp_path: Path, name: str, text: str) -> None:
    assert list(sources(tmp_path / "c.jsonl", put(tmp_path / name, text))) == [name]


def test_json_lines_are_known_by_what_they_are(tmp_path: Path) -> None:
    path = put(tmp_path / "lines", '\n{"text": "甲。"}\n{"text": "乙。"}\n')
    assert sources(tmp_path / "c.jsonl", path) == {"lines:2": ["甲。"], "lines:3": ["乙。"]}


def test_a_packed_line_of_jsonl_takes_bounded_memory(tmp_path: Path) -> None:
    """64 MB in a line, some 60 kB packed: the line is rejected, its neighbour is not."""
    line = b'{"text": "' + b"a" * (64 << 20) + b'"}\n{"text": "' + "甲。".encode() + b'"}\n'
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.compress(line))
    code = (
        "import resource, sys\n"
        "from corpus.readers.base import Document, ReadOptions\n"
        "from corpus.readers.documents import read_documents\n"
        "from corpus.readers.find import find_inputs\n"
        "files = find_inputs([sys.argv[1]])\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for item in read_documents(files, ReadOptions()):\n"
        "    print(item.doc_id if isinstance(item, Document) else item)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.jsonl.zst")], capture_output=True, text=True, check=True
    )
    bad, good, grown = done.stdout.splitlines()
    assert bad.endswith("a.jsonl.zst:1: line longer than 16,777,216 characters; cut the document into several")
    assert good == "a.jsonl.zst:2"
    assert int(grown) < 200_000
