"""Corrections: applied where the source is the same, told where it is not, and the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.build.build import build_corpus
from corpus.cli.main import main
from corpus.curation.corrections import Correction, Corrections, corrected_pair
from corpus.pair import Pair, Span
from corpus.readers.bitext import read_bitext
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine
from translate.errors import InputError
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator

UNOPENED = LocalModel(get_spec("zh-en-mini"), Path())


def pair(text: str = "海南有280人。", target: str = "Hainan has people.", index: int = 0, **fields: object) -> Pair:
    span = Span("a.txt", 0, index, 0, len(text), text, text)
    return Pair(span, Span.unplaced(target), -0.5, **fields)  # type: ignore[arg-type]


def corrections(*made: Correction) -> Corrections:
    return Corrections({own.id: own for own in made})


def test_a_corrected_pair_says_so_and_nothing_of_what_stood_there() -> None:
    flags = (
        "contaminated:flores",
        "later_version",
        "length_cap",
        "mojibake",
        "number_lost",
        "number_mismatch",
        "retried",
    )
    before = pair(flags=flags, signals={"length_z": 1.0}, license="CC-BY-4.0")
    after = corrected_pair(before, Correction.of(before, "Hainan has 280 people."))
    assert after.target.text == "Hainan has 280 people."
    assert after.source == before.source
    assert after.flags == ("contaminated:flores", "corrected", "later_version", "mojibake")
    assert after.score is None
    assert not after.signals
    assert after.license == "CC-BY-4.0"
    worse = corrected_pair(before, Correction.of(before, "Hainan has 82 people."))
    assert {"corrected", "number_lost"} <= set(worse.flags)


def test_only_the_same_source_is_corrected_and_the_rest_is_told() -> None:
    kept = Correction.of(pair(), "Hainan has 280 people.")
    moved = Correction.of(pair("别的。", index=1), "Other.")
    gone = Correction.of(pair(index=7), "Gone.")
    own = corrections(kept, moved, gone)
    first, second = own.over([pair(), pair(index=1)])
    assert first.target.text == "Hainan has 280 people."
    assert second == pair(index=1)
    assert own.n_applied == 1
    assert own.unapplied() == [
        "a.txt:0:1: its source is another one than was corrected",
        "a.txt:0:7: no such pair",
    ]


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))), max_size=5))
def test_they_come_back_from_their_file(tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("corrections") / "a.jsonl"
    made = [Correction.of(pair(text, index=i), new, "某人" if i % 2 else None) for i, (text, new) in enumerate(texts)]
    corrections(*made).write(path)
    first = path.read_bytes()
    found = Corrections.read(path)
    assert found.by_id == {own.id: own for own in made}
    corrections(*reversed(made)).write(path)
    assert path.read_bytes() == first


GOOD = {"id": "a", "source_sha256": "b", "target": "c", "corrected": "d"}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\xff", "not UTF-8"),
        (b"{", "line 1: no JSON"),
        (b"[]", "line 1: no correction"),
        (json.dumps(GOOD | {"corrected": 7}).encode(), "line 1: no correction"),
        (json.dumps(GOOD | {"author": 7}).encode(), "line 1: author is no text"),
        (f"{json.dumps(GOOD)}\n\n{json.dumps(GOOD)}\n".encode(), "line 3: a second correction of 'a'"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, error: str) -> None:
    (tmp_path / "c.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=error):
        Corrections.read(tmp_path / "c.jsonl")
    with pytest.raises(InputError, match="No such file"):
        Corrections.read(tmp_path / "none.jsonl")


@pytest.mark.parametrize("name", ["b.tsv", "b.jsonl", "b.tmx", "b.xlf", "b.parquet"])
def test_build_and_export_honour_them(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "a.txt"
    source.write_text("你好。海南有280人。再见。\n", encoding="utf-8")
    out, patch = tmp_path / "a.jsonl", tmp_path / "c.jsonl"
    with Translator(FakeEngine(), UNOPENED, DecodeOptions(beam_size=1)) as translator:
        build_corpus(source, out, translator=translator)
        built = [item for item in read_bitext(out) if isinstance(item, Pair)]
        wanted = [Correction.of(built[1], "Hainan has 280 people.", "me"), Correction.of(pair("旧。", index=2), "Old.")]
        corrections(*wanted).write(patch)
        report = build_corpus(source, tmp_path / name, translator=translator, corrections=patch)
    assert report.unapplied == ("a.txt:0:2: its source is another one than was corrected",)
    found = [item for item in read_bitext(tmp_path / name) if isinstance(item, Pair)]
    assert [item.target.text for item in found] == [
        built[0].target.text,
        "Hainan has 280 people.",
        built[2].target.text,
    ]
    assert ["corrected" in item.flags for item in found] == [False, True, False]
    exported = tmp_path / f"x{name}"
    assert main(["export", str(out), "-o", str(exported), "--corrections", str(patch)]) == 3
    assert "correction not applied: a.txt:0:2: its source" in capsys.readouterr().err
    again = [item for item in read_bitext(exported) if isinstance(item, Pair)]
    assert [item.target.text for item in again] == [item.target.text for item in found]
    assert [item.flags for item in again] == [item.flags for item in found]
    if name == "b.tmx":
        units = exported.read_text("utf-8").split("<tu ")[1:]
        assert ["MT!" in unit for unit in units] == [True, False, True]
    if name == "b.xlf":
        assert exported.read_text("utf-8").count("mt-suggestion") == (tmp_path / name).read_text("utf-8").count("mt-s")
