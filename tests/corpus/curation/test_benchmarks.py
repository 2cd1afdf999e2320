"""Test sets from files of any kind, and files of hashes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from corpus.cli.main import main
from corpus.curation.benchmarks import as_file_of_hashes, packaged, read_benchmarks
from corpus.curation.filter import filter_corpus
from corpus.curation.rules import Rule
from corpus.curation.score import score_corpus
from corpus.pair import Pair
from corpus.readers.base import Skipped
from corpus.readers.bitext import read_bitext
from corpus.signals.benchmarks import Benchmarks
from translate.errors import InputError, UnknownNameError

ZH = "海南在传统的休闲旅游之外，将焕发出数字娱乐生态岛的炫酷新貌。"
EN = "Apart from its traditional leisure tourism, Hainan will take on the cool new look of a digital island."


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("set.zh", f"{ZH}\n"),
        ("set.devtest", f"\ufeff{ZH}\r\n"),
        ("set.tsv", f"id\tzh\n1\t{ZH}\n"),
        ("set.jsonl", json.dumps({"id": 1, "translation": {"zh": ZH, "en": [EN]}}) + "\n\n"),
        ("set.sgm", f'<refset><doc docid="a"><seg id="1">{ZH}</seg>\n<seg id="2">A &amp; B</seg></doc></refset>'),
        ("set.xml", f"<text><line>{ZH}</line></text>"),
    ],
)
def test_a_set_is_read_from_any_kind_of_file(name: str, text: str, tmp_path: Path) -> None:
    (found,) = read_benchmarks(written(tmp_path / name, text))
    assert found.name == "set"
    assert Benchmarks([found]).overlaps([ZH])[0].names == ("set",)
    packed = tmp_path / "x" / f"{name}.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(text.encode()))
    (again,) = read_benchmarks(packed.parent)
    assert again.runs.tolist() == found.runs.tolist()


def test_sets_have_the_names_of_folders_and_files(tmp_path: Path) -> None:
    written(tmp_path / "flores 200" / "dev" / "a.zh", ZH)
    written(tmp_path / "flores 200" / "README.md", EN)
    written(tmp_path / "wmt20.zh", ZH[::-1])
    written(tmp_path / "wmt20.en", EN)
    (tmp_path / "wmt20.model").write_bytes(b"\xff\xfe\x00\x80")
    skipped: list[Skipped] = []
    found = {each.name: each for each in read_benchmarks(tmp_path, skipped.append)}
    assert set(found) == {"flores_200", "wmt20"}
    assert len(found["wmt20"].n_runs) == 2
    assert [Path(item.origin).name for item in skipped] == ["README.md", "wmt20.model"]
    assert "not UTF-8" in skipped[1].reason


def test_hashes_are_the_sets_without_their_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "sets" / "a" / "x.zh", f"{ZH}\n毛超峰和陈宇分别签约\n")
    written(tmp_path / "sets" / "b.en", EN)
    out = tmp_path / "all.hashes"
    assert main(["benchmarks", str(tmp_path / "sets"), "-o", str(out), "--note", "a=CC0"]) == 0
    assert "a (2 lines), b (1 lines)" in capsys.readouterr().err
    given, found = read_benchmarks(tmp_path / "sets"), read_benchmarks(out)
    assert as_file_of_hashes(given, {"a": "CC0"}) == as_file_of_hashes(found, {"a": "CC0"}) == out.read_bytes()
    assert ZH[:3].encode() not in out.read_bytes()
    assert Benchmarks(found).overlaps([ZH, "毛超峰和陈宇分别签约。", EN, "海南"]) == Benchmarks(given).overlaps(
        [ZH, "毛超峰和陈宇分别签约。", EN, "海南"]
    )
    assert main(["benchmarks", str(tmp_path / "sets"), "-o", str(tmp_path / "x.bin")]) == 2
    assert main(["benchmarks", str(out), "-o", str(out)]) == 2


def test_what_is_no_test_set_is_said_in_one_line(tmp_path: Path) -> None:
    (good,) = read_benchmarks(written(tmp_path / "a.zh", ZH))
    data = as_file_of_hashes([good])
    for content, expected in (
        (data[:-1], "not a whole file of hashes"),
        (b"{}\n", "not a whole file of hashes"),
        (b"\x00", "not a whole file of hashes"),
        (data.replace(b'"folding": "', b'"folding": "0'), "made by another version"),
    ):
        (tmp_path / "x.hashes").write_bytes(content)
        with pytest.raises(InputError, match=expected):
            read_benchmarks(tmp_path / "x.hashes")
    with pytest.raises(InputError, match="no such file"):
        read_benchmarks(tmp_path / "none")
    with pytest.raises(InputError, match="no test set in it"):
        read_benchmarks(written(tmp_path / "short.zh", "谢谢\n"))


def test_the_hashes_of_the_package_are_those_of_this_version() -> None:
    sets = packaged()
    assert [each.name for each in sets] == ["flores", "ntrex-128", "pud", "tico-19"]
    assert sum(len(each.n_runs) for each in sets) == 12_707
    assert Benchmarks(sets).overlaps(["海南在传统的休闲旅游之外，将焕发出新貌。"])[0].share == 0


def test_pairs_are_flagged_with_the_name_and_a_rule_takes_either(tmp_path: Path) -> None:
    rows = [(ZH, "Something else."), ("别的。", f"It said: {EN}"), ("海南。", "Hainan.")]
    given = written(tmp_path / "in.tsv", "source\ttarget\n" + "".join(f"{zh}\t{en}\n" for zh, en in rows))
    sets = read_benchmarks(written(tmp_path / "s" / "mine.zh", f"{ZH}\n{EN}\n").parent)
    score_corpus(given, tmp_path / "out.tsv", benchmarks=sets)
    found = [pair for pair in read_bitext(tmp_path / "out.tsv") if isinstance(pair, Pair)]
    contaminated = [[flag for flag in pair.flags if flag.startswith("contaminated")] for pair in found]
    assert contaminated == [["contaminated:mine"], ["contaminated:mine"], []]
    assert [pair.signals["source_overlap"] for pair in found] == [1, 0, 0]
    assert found[1].signals["target_overlap"] == pytest.approx(18 / 20, abs=1e-4)
    for name, n_left in (("contaminated", 1), ("contaminated:mine", 1), ("contaminated:other", 3)):
        report = filter_corpus(tmp_path / "out.tsv", tmp_path / "kept.tsv", (Rule("x", flag=name),))
        assert report.waterfall.kept.pairs == n_left
    with pytest.raises(UnknownNameError):
        filter_corpus(tmp_path / "out.tsv", tmp_path / "kept.tsv", (Rule("x", flag="contaminate"),))
    # Scored anew without them, the flag goes.
    score_corpus(tmp_path / "out.tsv", tmp_path / "again.tsv", benchmarks=())
    again = [pair for pair in read_bitext(tmp_path / "again.tsv") if isinstance(pair, Pair)]
    assert not any(flag.startswith("contaminated") for pair in again for flag in pair.flags)
