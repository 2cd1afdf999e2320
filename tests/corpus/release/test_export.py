"""Export: what comes back from another format is what went in, but for what was told."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.cli.main import main
from corpus.curation import bitext
from corpus.curation.bitext import open_bitext
from corpus.pair import Pair, Span, columns_of, row
from corpus.readers.base import Rejected, SourceFile
from corpus.release.export import export_corpus
from corpus.writers.base import Origin, RunMeta, on_one_line
from corpus.writers.formats import FORMATS
from corpus.writers.writer import open_writer
from corpus.writers.xml import legal
from translate.errors import InputError, UsageError
from translate.files.lines import Encoding

OUT = {name: f"c.{name}" for name in FORMATS} | {"moses": "c", "xliff12": "c.xlf", "xliff21": "d.xlf"}
META = RunMeta(
    "model:x|beam:4",
    "0.0.9",
    inputs=(SourceFile("in/a.txt", Encoding("gb18030", "detected"), 12, "ab" * 32, "a.txt"),),
    rejected=(Rejected("in/b.txt", "empty file"),),
    environment={"python": "3.11"},
    signals={"loop": 3},
    origin="machine",
)
WILD = st.text(
    st.sampled_from("\t\n\r\0\x0b\x85\u2028\x01\ufffe\"'&<>] 中。.") | st.characters(exclude_categories=["Cs"]),
    max_size=6,
)
NAMES = st.text(st.sampled_from("ab中/.&<"), min_size=1, max_size=5)
NUMBERS = st.integers(0, 99)


def span(name: str, paragraph: int, index: int, start: int | None, texts: tuple[str, str], n: int) -> Span:
    raw, text = texts if n else ("", "")
    return Span(name, paragraph, index, start, None if start is None else start + len(raw), raw, text, n)


TEXTS = st.tuples(WILD, WILD) | WILD.map(lambda text: (text, text))
SPANS = st.builds(span, NAMES, NUMBERS, NUMBERS, st.none() | NUMBERS, TEXTS, st.integers(0, 3))
PAIRS = st.lists(
    st.builds(
        Pair,
        SPANS,
        SPANS | st.builds(Span.unplaced, WILD),
        st.none() | st.integers(-90, 0).map(lambda score: score / 8),
        st.dictionaries(st.sampled_from(["length", "loops"]), st.integers(-9, 9).map(float)),
        st.lists(st.sampled_from(["cut", "loop"]), unique=True).map(lambda flags: tuple(sorted(flags))),
        st.none() | st.sampled_from(["CC-BY-4.0", "政府开放数据 & <x>"]),
    ),
    min_size=1,
    max_size=4,
)


def written(path: Path, pairs: Sequence[Pair], fmt: str | None = None, meta: RunMeta = META) -> Path:
    with open_writer(path, fmt, meta, columns_of(pairs)) as writer:
        writer.write_all(pairs)
    return path


def found_in(path: Path) -> list[Pair]:
    return list(open_bitext(path).pairs())


def sidecar(path: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(path.with_name(f"{path.name}.meta.json").read_text("utf-8"))
    return said


def less(pair: Pair, not_held: Sequence[str]) -> Pair:
    """A pair without what was not held."""

    def without(span: Span) -> Span:
        if "tabs, line breaks and NUL in a text" in not_held:
            span = replace(span, text=on_one_line(span.text))
        if "characters that XML refuses" in not_held:
            span = replace(span, text=legal(span.text))
        if not {"raw text", "tabs, line breaks and NUL in a text", "characters that XML refuses"}.isdisjoint(not_held):
            # Not known, of what has a place; else the text as it was found.
            span = replace(span, raw=span.text if span.start is None or "offsets" in not_held else "")
        if "offsets" in not_held:
            span = replace(span, start=None, end=None, raw=span.text)
        if "places of missing sentences" in not_held and not span.n_sentences:
            span = replace(span, paragraph=0, index=0)
        return span

    pair = replace(pair, source=without(pair.source), target=without(pair.target))
    pair = replace(pair, flags=()) if "flags" in not_held else pair
    pair = replace(pair, license=None) if "licences" in not_held else pair
    return replace(pair, signals={}) if "signals" in not_held else pair


@pytest.mark.parametrize("fmt", list(FORMATS))
@given(PAIRS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_comes_back_is_what_went_in_but_for_what_was_told(tmp_path: Path, fmt: str, pairs: list[Pair]) -> None:
    start = written(tmp_path / "start.jsonl", pairs)
    report = export_corpus(start, tmp_path / OUT[fmt], format=fmt)
    assert (report.n_pairs, report.n_rejected) == (len(pairs), 0)
    there = tmp_path / ("c.zh" if fmt == "moses" else OUT[fmt])
    back = export_corpus(there, tmp_path / "back.jsonl")
    assert back.not_held == ()
    assert found_in(tmp_path / "back.jsonl") == [less(pair, report.not_held) for pair in pairs]
    if not report.not_held:
        assert (tmp_path / "back.jsonl").read_bytes() == start.read_bytes()


@pytest.mark.parametrize("fmt", list(FORMATS))
def test_the_same_format_gives_the_same_bytes(tmp_path: Path, fmt: str) -> None:
    """Also where a column is empty, and where they stand in another order than that of the first pair."""
    spans = [Span("a", n, 0, 0, 2, "好。", "好。") for n in range(3)]
    signals: list[dict[str, float]] = [{"b": 1.0}, {"a": 0.5, "b": 2.0}, {}]
    pairs = [Pair(span, span, -1.5, found, ("cut",)) for span, found in zip(spans, signals, strict=True)]
    columns = replace(columns_of(pairs), signals=("a", "b", "empty"))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    with open_writer(tmp_path / "one" / OUT[fmt], fmt, META, columns) as writer:
        writer.write_all(pairs)
    there = "c.zh" if fmt == "moses" else OUT[fmt]
    export_corpus(tmp_path / "one" / there, tmp_path / "two" / OUT[fmt], format=fmt)
    files = sorted(path.name for path in (tmp_path / "one").iterdir() if fmt != "moses" or path.suffix != ".json")
    assert files
    for name in files:
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes(), name


def test_the_sidecar_tells_of_the_same_making(tmp_path: Path) -> None:
    start = written(tmp_path / "c.jsonl", [Pair(Span("a", 0, 0, 0, 1, "好", "好"), Span.unplaced("good"), -0.5)])
    assert main(["export", str(start), "-o", str(tmp_path / "c.tmx.gz"), "-q"]) == 0
    wanted, found = sidecar(start), sidecar(tmp_path / "c.tmx.gz")
    for of_the_file in ("format", "files", "sha256"):
        assert wanted.pop(of_the_file) != found.pop(of_the_file)
    assert found == wanted
    assert b'creationid="MT!"' in gzip.decompress((tmp_path / "c.tmx.gz").read_bytes())


@pytest.mark.parametrize("name", ["c.tmx.gz", "c.xlf", "d.xlf", "c.parquet"])
@pytest.mark.parametrize("origin", ["machine", "unknown"])
def test_a_file_without_its_sidecar_says_itself_who_made_it(tmp_path: Path, name: str, origin: Origin) -> None:
    pair = Pair(Span("a", 0, 0, 0, 1, "好", "好"), Span.unplaced("good"))
    meta = replace(META, signature="model:a&b<c|beam:4", origin=origin)
    path = written(tmp_path / name, [pair], "xliff21" if name == "d.xlf" else None, meta)
    path.with_name(f"{name}.meta.json").unlink()
    export_corpus(path, tmp_path / "back.tsv")
    found = sidecar(tmp_path / "back.tsv")
    assert (found["target_origin"], found["signature"]) == (origin, meta.signature)


def test_what_a_machine_made_in_somebody_elses_memory_is_not_all_of_it(tmp_path: Path) -> None:
    unit = '<tu{}><tuv xml:lang="zh"><seg>好</seg></tuv><tuv xml:lang="en"><seg>good</seg></tuv></tu>'
    units = unit.format(' creationid="MT!"') + unit.format("")
    text = f'<tmx><header creationtool="x"/><body>{units}</body></tmx>'
    (tmp_path / "m.tmx").write_text(text, "utf-8")
    export_corpus(tmp_path / "m.tmx", tmp_path / "m.tsv")
    assert sidecar(tmp_path / "m.tsv")["target_origin"] == "unknown"


def test_what_is_not_held_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = Pair(Span("a", 0, 0, 0, 1, "&amp;好", "&好"), Span.unplaced("a\tb"), None, {"loops": 1.0}, ("cut",), "MIT")
    start = written(tmp_path / "c.jsonl", [pair])
    assert main(["export", str(start), "-o", str(tmp_path / "m"), "--format", "moses"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "duizhao: moses holds no flags, signals, offsets, licences, raw text, tabs, line breaks and NUL in a text",
        f"duizhao: 1 pair in {tmp_path / 'm'}",
    ]
    assert main(["export", str(start), "-o", str(tmp_path / "c.parquet"), "-q"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["export", str(tmp_path / "c.parquet"), "-o", "-", "--format", "jsonl", "-q"]) == 0
    told = capsys.readouterr()
    assert told.err == "duizhao: jsonl holds no word on who made the translations\n"
    assert told.out == start.read_text("utf-8")


def test_anyones_bitext(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.tsv").write_text("en\tzh\nHello.\t你好。\nalone\n", "utf-8")
    command = ["export", str(tmp_path / "t.tsv"), "-o", str(tmp_path / "t.xlf"), "--source-license", "CC0-1.0"]
    assert main([*command, "--source-field", "zh", "--target-field", "en"]) == 3
    assert "rejected" in capsys.readouterr().err
    (pair,) = found_in(tmp_path / "t.xlf")
    assert (pair.source.text, pair.target.text, pair.license) == ("你好。", "Hello.", "CC0-1.0")
    assert sidecar(tmp_path / "t.xlf")["target_origin"] == "unknown"
    assert sidecar(tmp_path / "t.xlf")["rejected"][0]["origin"].endswith("t.tsv:3")


def test_languages_are_those_of_the_corpus(tmp_path: Path) -> None:
    pair = Pair(Span("a", 0, 0, 0, 1, "犬", "犬"), Span.unplaced("Hund"))
    written(tmp_path / "c.tmx", [pair], meta=replace(META, languages=("ja", "de")))
    export_corpus(tmp_path / "c.tmx", tmp_path / "m", format="moses")
    assert (tmp_path / "m.de").read_text("utf-8") == "Hund\n"
    assert found_in(tmp_path / "m.ja")[0].source.text == "犬"


def test_an_input_is_not_written_over(tmp_path: Path) -> None:
    pair = Pair(Span("a", 0, 0, 0, 1, "好", "好"), Span.unplaced("good"))
    written(tmp_path / "m", [pair], "moses")
    written(tmp_path / "c.xces", [pair])
    for name, out, fmt in (("m.en", "m", "moses"), ("c.xces", "c", "xces"), ("c.xces", "c.zh.xml", "jsonl")):
        with pytest.raises(UsageError, match="both an input and the output"):
            export_corpus(tmp_path / name, tmp_path / out, format=fmt)


# -- a corpus that is as it was written is read once ---------------------------------------------------------------


def test_a_corpus_as_it_was_written_is_known_by_its_sidecar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair(Span("a", 0, 0, 0, 1, "好", "好"), Span.unplaced("good"), None, {"loops": 1.0}, ("cut",))
    path = written(tmp_path / "c.tsv", [pair, replace(pair, flags=())])
    seen = open_bitext(path)
    monkeypatch.setattr(bitext, "read_bitext", lambda *_: pytest.fail("it was gone through"))
    known = open_bitext(path)
    assert (known.columns, known.n_pairs, known.flags, known.signals) == (
        seen.columns,
        2,
        {"cut": 1},
        {"loops": 2},
    )


@pytest.mark.parametrize("edit", ["same size", "longer", "no sidecar"])
def test_a_corpus_that_was_edited_is_gone_through(tmp_path: Path, edit: str) -> None:
    path = written(
        tmp_path / "c.tsv", [Pair(Span("a", 0, 0, 0, 1, "好", "好"), Span.unplaced("good"), None, {}, ("cut",))]
    )
    text = path.read_text("utf-8")
    if edit == "no sidecar":
        path.with_name("c.tsv.meta.json").unlink()
    path.write_text(text.replace("\tcut", "\tlop" if edit == "same size" else "\tlonger"), "utf-8")
    assert set(open_bitext(path).flags) == ({"lop"} if edit == "same size" else {"longer"})


def test_a_signal_whose_name_has_a_tab_keeps_its_rows(tmp_path):
    pair = Pair(Span("a", 0, 0, 0, 1, "好", "好"), Span.unplaced("good"), signals={"x\ty": 1.0})
    (tmp_path / "p.jsonl").write_text(json.dumps(row(pair), ensure_ascii=False) + "\n", "utf-8")
    assert export_corpus(tmp_path / "p.jsonl", tmp_path / "q.tsv").n_pairs == 1
    assert export_corpus(tmp_path / "q.tsv", tmp_path / "r.jsonl").n_pairs == 1
    assert json.loads((tmp_path / "r.jsonl").read_text("utf-8"))["signals"] == {"x y": 1.0}
    assert export_corpus(tmp_path / "p.jsonl", tmp_path / "q.xces").n_pairs == 1
    assert export_corpus(tmp_path / "q.xces", tmp_path / "s.jsonl").n_pairs == 1


def test_rows_that_are_no_pair_are_no_loss_in_silence_where_the_sidecar_tells_otherwise(tmp_path):
    pair = Pair(Span("a", 0, 0, 0, 1, "好", "好"), Span.unplaced("good"))
    with open_writer(tmp_path / "p.tsv", None, RunMeta("model:x", "0")) as writer:
        writer.write_all([pair, replace(pair, source=replace(pair.source, index=1, start=1, end=2))])
    sidecar = tmp_path / "p.tsv.meta.json"
    sidecar.write_text(sidecar.read_text("utf-8").replace('"pairs": 2', '"pairs": 3'), "utf-8")
    with pytest.raises(InputError, match=r"p.tsv: 2 pairs in it, 3 expected"):
        export_corpus(tmp_path / "p.tsv", tmp_path / "q.jsonl")
    assert not (tmp_path / "q.jsonl").exists()
