"""A corpus that is what it says, and every way in which it may not be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.cli.main import main
from corpus.pair import Pair, Span
from corpus.release.sample import Sample

NEWS = "今天天气很好。我们去公园散步。\n他说：“你好！”\n"
MORE = "第二篇文章。\n\n它有三句话。这是最后一句。\n"


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Builds a corpus of two documents with an engine that translates nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(NEWS.encode("gb18030"))
    (tmp_path / "in" / "b.txt").write_text(MORE, "utf-8")

    def build(name: str, *more: str) -> Path:
        assert main(["build", "in", "-o", name, "--engine", "fake", "--model", "zh-en-mini", "-q", *more]) == 0
        return tmp_path / name

    return build


def verify(capsys: pytest.CaptureFixture[str], path: Path | str, *more: str) -> tuple[int, dict[str, str]]:
    capsys.readouterr()
    code = main(["verify", str(path), *more])
    lines = capsys.readouterr().out.splitlines()
    return code, {name: rest for name, _, rest in (line.partition(": ") for line in lines)}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def forget_hash(path: Path) -> None:
    """As if whoever changed the file had told the sidecar."""
    sidecar = path.with_name(f"{path.name}.meta.json")
    said = json.loads(sidecar.read_text("utf-8")) | {"sha256": {}}
    sidecar.write_text(json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


@pytest.mark.parametrize("name", ["c.tsv", "c.jsonl.gz", "c.tmx"])
def test_a_corpus_passes_every_check(corpus, capsys, name):
    code, found = verify(capsys, corpus(name))
    assert code == 0
    assert list(found) == ["checksums", "rows", "inputs", "spans", "translations"]
    assert [rest.split(":")[0] for rest in found.values()] == ["passed"] * 5
    assert found["rows"].startswith("passed: 6 pairs of 2 documents")
    assert found["spans"] == "passed: 6 rows are sentences of the inputs, which have 6 there"


def test_a_single_byte_is_seen(corpus, capsys):
    path = corpus("c.tsv")
    change(path, "散步", "散歩")
    code, found = verify(capsys, path)
    assert code == 1
    assert found["checksums"].startswith("failed: c.tsv has SHA-256 ")
    assert "散歩" in found["spans"]
    assert found["translations"].startswith("failed: ")


@pytest.mark.parametrize(
    ("old", "new", "check", "said"),
    [
        ("EN(第二篇文章。)", "EN(第三篇文章。)", "translations", "decoded again 'EN(第二篇文章。)"),
        ("第二篇文章。\t", "第三篇文章。\t", "spans", "in the document '第二篇文章。'"),
        ("\t7\t15\t", "\t6\t15\t", "rows", "is [6, 15), and the one before ends at 7"),
        ("\t7\t15\t", "\t8\t15\t", "spans", "is [8, 15), in the document [7, 15)"),
        ("a.txt:0:1\ta.txt\t0\t1", "a.txt:1:1\ta.txt\t1\t1", "rows", "comes after a.txt:1:1"),
        ("b.txt:0:0\tb.txt", "d.txt:0:0\td.txt", "spans", "document 'd.txt' is not among the inputs"),
    ],
)
def test_what_was_changed_with_its_hash_is_seen_by_what_it_says(corpus, capsys, old, new, check, said):
    path = corpus("c.tsv")
    change(path, old, new)
    forget_hash(path)
    code, found = verify(capsys, path, "--sample", "100")
    assert code == 1
    assert found[check].startswith("failed: ")
    assert said in found[check]
    assert found["checksums"].startswith("not checked: ")


def test_a_row_that_is_gone_is_seen_by_the_counts(corpus, capsys):
    path = corpus("c.tsv")
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:3] + lines[4:]), "utf-8")
    forget_hash(path)
    code, found = verify(capsys, path)
    assert code == 1
    assert "pairs: 5, and the sidecar says 6" in found["rows"]
    assert found["spans"] == "passed: 5 rows are sentences of the inputs, which have 6 there"


def test_raw_text_is_held_to_the_document(corpus, capsys):
    path = corpus("c.jsonl")
    change(path, '"raw": "第二篇文章。"', '"raw": "第三篇文章。"')
    forget_hash(path)
    code, found = verify(capsys, path)
    assert code == 1
    assert "the raw text is '第三篇文章。'" in found["spans"]


def test_inputs_that_changed_or_moved(corpus, capsys, tmp_path):
    path = corpus("c.tsv")
    (tmp_path / "in").rename(tmp_path / "moved")
    code, found = verify(capsys, path)
    assert code == 0
    assert found["inputs"] == "not checked: in/a.txt is not there; give --inputs, or --root"
    assert found["spans"].startswith("not checked: ")
    code, found = verify(capsys, path, "--inputs", "moved")
    assert (code, found["inputs"]) == (0, "passed: 2 files as they were")
    assert found["spans"].startswith("passed: 6 rows")
    (tmp_path / "else").mkdir()
    (tmp_path / "moved").rename(tmp_path / "else" / "in")
    assert verify(capsys, path, "--root", "else")[1]["spans"].startswith("passed: 6 rows")
    (tmp_path / "else" / "in" / "b.txt").write_text(MORE + "多一句。", "utf-8")
    code, found = verify(capsys, path, "--root", "else")
    assert code == 1
    assert "b.txt is not what it was" in found["inputs"]


def test_what_this_version_cannot_check_is_said(corpus, capsys):
    path = corpus("c.tsv")
    sidecar = path.with_name("c.tsv.meta.json")
    change(sidecar, "|split:", "|split:9")
    change(sidecar, "|beam:", "|beam:9")
    code, found = verify(capsys, path)
    assert code == 0
    assert found["spans"].startswith("not checked: this version repairs or splits by other rules")
    assert "not checked: " in found["translations"]
    sidecar.unlink()
    code, found = verify(capsys, path)
    assert code == 0
    assert found["checksums"].startswith("not checked: ")
    assert list(found) == ["checksums", "rows", "inputs"]


def test_options_of_the_run_are_those_of_the_check(corpus, capsys, tmp_path):
    (tmp_path / "in" / "b.txt").write_bytes(MORE.encode("gb18030"))
    path = corpus("c.jsonl", "--quotes", "keep", "--no-repair", "entities", "--encoding", "gb18030")
    assert json.loads(path.with_name("c.jsonl.meta.json").read_text())["inputs"][0]["encoding_found"] == "forced"
    assert verify(capsys, path)[1]["spans"].startswith("passed: ")


def test_two_texts_that_were_aligned(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("a.zh").write_text(NEWS, "utf-8")
    Path("a.en").write_text("The weather is fine today. We walk in the park.\nHe said: “Hello!”\n", "utf-8")
    assert main(["align", "a.zh", "a.en", "-o", "c.jsonl", "-q", "--no-translation"]) == 0
    code, found = verify(capsys, "c.jsonl")
    assert code == 0
    assert found["spans"].startswith("passed: ")
    assert found["translations"] == "not checked: people translated"
    change(Path("c.jsonl"), '"target_raw": "The weather', '"target_raw": "A weather')
    forget_hash(Path("c.jsonl"))
    assert "'A weather" in verify(capsys, "c.jsonl")[1]["spans"]


def test_a_dataset_folder_and_a_file_of_it(corpus, capsys, tmp_path):
    assert main(["release", str(corpus("c.jsonl")), "-o", "ds", "-q", "--source-license", "CC0-1.0"]) == 0
    code, found = verify(capsys, "ds", "--inputs", "in")
    assert code == 0
    assert found["checksums"] == "passed: 3 files are as SHA256SUMS says"
    assert found["rows of train-00000-of-00001.parquet"].startswith("passed: 6 pairs of 2 documents")
    assert found["spans of train-00000-of-00001.parquet"].startswith("passed: 6 rows")
    assert found["translations"].startswith("passed: ")
    shard = tmp_path / "ds" / "data" / "train-00000-of-00001.parquet"
    assert verify(capsys, shard, "--inputs", "in")[1]["spans"].startswith("passed: 6 rows")
    with (tmp_path / "ds" / "croissant.json").open("a") as file:
        file.write(" ")
    code, found = verify(capsys, "ds")
    assert code == 1
    assert found["checksums"].startswith("failed: croissant.json has SHA-256 ")


def test_the_sums_of_a_folder_are_told_before_a_damaged_shard_ends_it(corpus, capsys):
    assert main(["release", str(corpus("c.jsonl")), "-o", "ds", "-q"]) == 0
    shard = Path("ds/data/train-00000-of-00001.parquet")
    shard.write_bytes(shard.read_bytes()[:-8])
    code, found = verify(capsys, "ds")
    assert code == 1
    assert found["checksums"].startswith("failed: data/train-00000-of-00001.parquet has SHA-256 ")


def test_documents_are_counted_once_where_a_corpus_is_several_files(corpus, capsys):
    corpus("c.jsonl")
    assert main(["export", "c.jsonl", "-o", "m", "--format", "moses"]) == 0
    assert main(["score", "m.zh", "-o", "scored.jsonl", "--no-benchmarks", "--workers", "1"]) == 0
    _, found = verify(capsys, "scored.jsonl")
    assert found["inputs"] == "passed: 2 files as they were"


def test_what_was_scored_and_filtered_is_held_to_the_first_documents(corpus, capsys):
    corpus("c.jsonl")
    assert main(["score", "c.jsonl", "-o", "scored.tsv", "-q"]) == 0
    assert main(["filter", "scored.tsv", "-o", "clean.jsonl", "-q", "--preset", "none", "--set", "length_z=..99"]) == 0
    code, found = verify(capsys, "clean.jsonl")
    assert code == 0
    assert found["inputs"] == "passed: 2 files as they were"
    assert found["spans"].startswith("passed: 6 rows")
    assert main(["export", "c.jsonl", "-o", "m", "--format", "moses", "-q"]) == 0
    assert verify(capsys, "m.en")[1]["spans"] == "not checked: no row says where it stands"


def pair(n: int) -> Pair:
    return Pair(Span("d", n, 0, n, n + 1, "x", "x"), Span.unplaced("y"))


@given(st.integers(0, 30), st.integers(0, 40), st.integers(0, 5))
def test_a_sample_is_of_the_size_that_was_asked_for_and_in_order(n, size, seed):
    sample = Sample(size, seed)
    for i in range(n):
        sample.add(pair(i))
    drawn = [p.source.paragraph for p in sample.pairs]
    assert len(drawn) == min(n, size)
    assert drawn == sorted(set(drawn))


def test_each_pair_is_as_likely_as_any_other():
    times = [0] * 10
    for seed in range(400):
        sample = Sample(2, seed)
        for i in range(10):
            sample.add(pair(i))
        for p in sample.pairs:
            times[p.source.paragraph] += 1
    assert min(times) > 50  # 80 are expected
    assert max(times) < 115
