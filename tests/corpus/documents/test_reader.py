"""Files with markup as inputs of a build: a segment a line, with what it is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from corpus.build.build import build_corpus
from corpus.cli.main import main
from corpus.readers.base import ReadOptions
from corpus.release.checks import Outcome
from corpus.release.verify import VerifyOptions, verify_corpus
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine
from translate.errors import InputError
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator

from .files import HERE

PAGE = """<title>甲</title><nav><a href=/>首页</a></nav><main><h1>乙</h1><p>丙一。丙二。</p>
<p>这一行的长度是一样的这一行的长度是一样的</p><p>那一行的长度是一样的那一行的长度是一样的</p></main>"""


def built(out: Path, *inputs: Path, read: ReadOptions | None = None) -> list[dict[str, object]]:
    with Translator(FakeEngine(), LocalModel(get_spec("zh-en-mini"), Path()), DecodeOptions(beam_size=1)) as translator:
        report = build_corpus(inputs, out, translator=translator, read=read, signals=False)
    assert report.rejected == ()
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    for row in rows:
        row["flags"] = [flag for flag in row["flags"] if flag != "han_in_target"]  # of the fake engine
    return rows


def test_a_page_is_its_main_text_and_each_row_says_what_it_is(tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_text(PAGE, "utf-8")
    rows = built(tmp_path / "c.jsonl", page)
    assert [(row["paragraph"], row["source"], row["flags"]) for row in rows] == [
        (0, "甲", ["role:title"]),
        (1, "乙", ["role:heading"]),
        (2, "丙一。", []),
        (2, "丙二。", []),
        (3, "这一行的长度是一样的这一行的长度是一样的", []),
        (4, "那一行的长度是一样的那一行的长度是一样的", []),
    ]
    text = "甲\n乙\n丙一。丙二。\n"
    assert all(text[row["start"] : row["end"]] == row["raw"] for row in rows[:4])
    every = built(tmp_path / "a.jsonl", page, read=ReadOptions(all_text=True))
    assert [row["source"] for row in every][:3] == ["甲", "首页", "乙"]


@pytest.mark.parametrize("name", ["pandoc.docx", "writer.docx", "pandoc.epub", "calibre.epub"])
def test_what_was_built_can_be_verified(tmp_path: Path, name: str):
    out = tmp_path / "c.jsonl"
    rows = built(out, HERE / name)
    assert any("role:heading" in row["flags"] for row in rows)
    checks = verify_corpus(out, VerifyOptions(root=tmp_path, n_samples=0))
    assert {check.name: check.outcome for check in checks}["spans"] is Outcome.PASSED


def test_a_folder_is_searched_for_them_and_a_packed_one_is_read(tmp_path: Path):
    import gzip

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.html.gz").write_bytes(gzip.compress(PAGE.encode("gb18030")))
    (tmp_path / "in" / "b.md").write_text("# 丁\n", "utf-8")
    (tmp_path / "in" / "c.po").write_text('msgid "戊"\nmsgstr ""\n', "utf-8")
    assert {row["doc"] for row in built(tmp_path / "c.jsonl", tmp_path / "in")} == {"a.html.gz", "b.md"}
    assert [row["source"] for row in built(tmp_path / "d.jsonl", tmp_path / "in" / "c.po")] == ["戊"]


def test_what_holds_nothing_chinese_is_said_to(tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_text("<p>Nothing.</p>", "utf-8")
    with pytest.raises(InputError, match=r"page\.html: no text in it that has anything Chinese"):
        built(tmp_path / "c.jsonl", page)


def test_a_packed_file_is_translated_and_packed(tmp_path: Path):
    (tmp_path / "a.md.gz").write_bytes(gzip.compress("# 苹果\n".encode()))
    out = tmp_path / "b.md.gz"
    assert (
        main(["translate", "--engine", "fake", "--model", "zh-en-mini", str(tmp_path / "a.md.gz"), "-o", str(out)]) == 0
    )
    assert gzip.decompress(out.read_bytes()).startswith(b"# EN(")
