"""A glossary in a build: it is in the rows, in the keys of the sentences that it touches, and in a plan."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus.build.build import BuildReport, build_corpus
from corpus.build.run.assemble import assemble_run
from corpus.build.run.files import open_files
from corpus.build.run.manifest import Manifest
from corpus.build.run.plan import plan_run
from corpus.build.run.work import Worker
from corpus.curation.corrections import Correction, Corrections, corrected_pair
from corpus.pair import Pair
from corpus.readers.bitext import read_bitext
from corpus.release.export import export_corpus
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine, FakePlan
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator
from translate.text.terminology import Terminology, read_asked

TERMS = Terminology.of({"腾讯": "Tencent"}, "url")


def make(terminology: Terminology, plan: FakePlan | None = None) -> Translator:
    model = LocalModel(get_spec("zh-en-mini"), Path())
    return Translator(FakeEngine(plan=plan), model, DecodeOptions(beam_size=1), terminology=terminology)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("腾讯在海南。今天很好。\n", "utf-8")
    (folder / "b.txt").write_text("我们去公园。见https://a.cn/b吧。\n", "utf-8")
    return folder


def build(documents: Path, terminology: Terminology, plan: FakePlan | None = None) -> BuildReport:
    with make(terminology, plan) as translator:
        return build_corpus(documents, documents.parent / "out.jsonl", translator=translator, signals=False)


def rows(documents: Path) -> list[dict[str, Any]]:
    lines = (documents.parent / "out.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def pairs_in(path: Path) -> list[Pair]:
    return [item for item in read_bitext(path) if isinstance(item, Pair)]


def test_another_glossary_costs_the_documents_that_it_touches(documents: Path) -> None:
    assert build(documents, Terminology()).n_decoded == 4
    assert build(documents, TERMS).n_decoded == 4  # a term in one document, a URL in the other
    assert build(documents, Terminology.of({"腾讯": "Tencent", "公园": "park"}, "url")).n_decoded == 2
    assert build(documents, TERMS).n_decoded == 0
    assert build(documents, replace(TERMS, glossary=Terminology().glossary)).n_decoded == 0  # each is known from one


def test_what_is_kept_is_in_the_text_and_what_is_lost_is_flagged(documents: Path) -> None:
    report = build(documents, TERMS)
    assert "glossary:" in report.signature
    assert "keep:url" in report.signature
    found = rows(documents)
    assert found[0]["target"] == "EN(Tencent在海南。)[11]"
    assert {"term_lost", "span_lost"}.isdisjoint(flag for row in found for flag in row["flags"])
    build(documents, Terminology.of({"今天": "today"}, "url"), FakePlan(empty=lambda source: "很好" in source))
    assert [row["source"] for row in rows(documents) if "term_lost" in row["flags"]] == ["今天很好。"]


def test_a_row_says_what_was_asked_and_what_is_kept(documents: Path) -> None:
    build(
        documents,
        Terminology.of({"海南": "Hainan", "今天": "today"}, "url"),
        FakePlan(empty=lambda text: "很好" in text),
    )
    assert [row["terms"] for row in rows(documents)] == ["海南=Hainan", "!今天=today", None, "https://a.cn/b"]
    build(documents, Terminology())
    assert not any("terms" in row for row in rows(documents))
    assert "terms" not in json.loads((documents.parent / "out.jsonl.meta.json").read_text("utf-8"))["fields"]


@pytest.mark.parametrize("suffix", ["tsv", "tmx", "xlf", "xces", "parquet", "jsonl.gz"])
def test_the_column_goes_through_every_format(documents: Path, suffix: str) -> None:
    asked = Terminology.of({"海南": 'A <b> & "c"; d=e!', "今天": "today"}, "url")
    build(documents, asked, FakePlan(empty=lambda text: "很好" in text))
    expected = [row["terms"] for row in rows(documents)]
    assert read_asked(expected[0]) == [("海南", 'A <b> & "c"; d=e!', True)]
    out = documents.parent / f"other.{suffix}"
    export_corpus(documents.parent / "out.jsonl", out)
    assert [pair.terms for pair in pairs_in(out)] == expected


def test_a_format_of_two_texts_has_no_place_for_it(documents: Path) -> None:
    build(documents, TERMS)
    report = export_corpus(documents.parent / "out.jsonl", documents.parent / "out.zh", format="moses")
    assert "terms" in report.not_held
    with make(TERMS) as translator:  # and is built all the same
        build_corpus(documents, documents.parent / "two.zh", format="moses", translator=translator)
    assert (documents.parent / "two.zh").read_text("utf-8").count("\n") == 4


def test_a_corrected_translation_is_judged_anew(documents: Path) -> None:
    build(documents, TERMS)
    pair = pairs_in(documents.parent / "out.jsonl")[0]
    assert pair.terms == "腾讯=Tencent"
    own = Correction.of(pair, "It is in Hainan.")
    assert corrected_pair(pair, own).terms is None  # in an export, which has no glossary
    Corrections({own.id: own}).write(documents.parent / "own.jsonl")
    with make(TERMS) as translator:
        out = documents.parent / "out.jsonl"
        build_corpus(documents, out, translator=translator, corrections=documents.parent / "own.jsonl")
    assert rows(documents)[0]["terms"] == "!腾讯=Tencent"


def test_a_plan_carries_its_glossary_to_workers_that_have_none(documents: Path) -> None:
    built = build(documents, TERMS)
    expected = (documents.parent / "out.jsonl").read_bytes()
    run = documents.parent / "run"
    with make(TERMS) as translator:
        manifest = plan_run(documents, run, translator=translator).manifest
    assert Terminology.from_json(manifest.terminology) == TERMS
    with make(Terminology()) as translator:
        files = open_files(run)
        Worker(files, Manifest.read(files), translator).run()
    report = assemble_run(run, documents.parent / "again.jsonl", signals=False)
    assert (documents.parent / "again.jsonl").read_bytes() == expected
    assert report.signature == built.signature
