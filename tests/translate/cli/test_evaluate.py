"""Systems against a reference, on the command line."""

from __future__ import annotations

import builtins
import json

import pytest
from sacrebleu.metrics.bleu import BLEU

from corpus.cli.main import main

SOURCE = ["今天天气很好。", "", "我们去公园散步，然后回家吃饭，晚上再看一场电影。", "他说：你好。"]
REFERENCE = [
    "The weather is fine today.",
    "",
    "We walk in the park, eat at home and see a film.",
    "He said: hello.",
]
GOOD = ["The weather is fine today.", "", "We walk in the park, eat at home, and see a film.", "He said: hello."]
BAD = ["Weather good.", "", "We go park, then see a movie at home.", "He says you good."]


def evaluate(*more: str) -> int:
    return main(["evaluate", "--source", "a.zh", "--reference", "a.en", *more])


@pytest.fixture
def files(tmp_path, monkeypatch):
    for name, lines in (("a.zh", SOURCE), ("a.en", REFERENCE), ("good.en", GOOD), ("bad.en", BAD)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "docs.tsv").write_text("n1\n\nn1\nn2\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_systems_by_length_and_by_document(files, capsys):
    assert evaluate("--translation", "good.en", "--translation", "bad.en", "--documents", "docs.tsv", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    kept = [0, 2, 3]
    assert found["n_sentences"] == 3
    for name, lines in (("good.en", GOOD), ("bad.en", BAD)):
        expected = BLEU().corpus_score([lines[i] for i in kept], [[REFERENCE[i] for i in kept]]).score
        assert found["scores"][name][0]["score"] == pytest.approx(expected)
    groups = {(group["kind"], group["name"]): group for group in found["groups"]}
    assert {key: group["n_sentences"] for key, group in groups.items()} == {
        ("document", "n1"): 2,
        ("document", "n2"): 1,
        ("length", "1-10"): 2,
        ("length", "21-40"): 1,
    }
    assert groups["document", "n2"]["chrf"]["good.en"] == pytest.approx(100)
    assert groups["document", "n2"]["chrf"]["bad.en"] < 60
    assert list(found["against_first"]) == ["bad.en"]
    assert "bs:1000" in found["scores"]["good.en"][0]["signature"]


def test_a_model_is_compared_with_what_another_system_made(files, capsys):
    assert evaluate("--model", "zh-en-mini", "--engine", "fake", "--translation", "good.en", "-o", "all.tsv") == 0
    out, err = capsys.readouterr()
    table = out.splitlines()
    assert table[0].split() == ["system", "BLEU", "chrF", "p", "(BLEU)", "p", "(chrF)"]
    assert [line.split()[0] for line in table[1:3]] == ["zh-en-mini", "good.en"]
    assert "zh-en-mini: model:zh-en-mini|" in out
    assert "all sentences in all.tsv" in err
    header, *rows = [line.split("\t") for line in (files / "all.tsv").read_text("utf-8").splitlines()]
    assert header == ["sentence", "source", "reference", "chrF zh-en-mini", "zh-en-mini", "chrF good.en", "good.en"]
    assert sorted(row[1] for row in rows) == sorted(line for line in SOURCE if line)
    assert [float(row[3]) for row in rows] == sorted(float(row[3]) for row in rows)


@pytest.mark.parametrize(
    ("name", "lines", "said"),
    [
        ("good.en", GOOD[:2], "good.en has 1 lines, a.zh 4; expected one for each"),
        ("a.en", ["x", "", "", "y"], "a.en:3: blank, expected the reference of '我们去公园散步"),
        ("docs.tsv", [], "docs.tsv: no such file"),
    ],
)
def test_files_that_do_not_fit_are_refused(files, capsys, name, lines, said):
    if lines:
        (files / name).write_text("\n".join(lines) + "\n", "utf-8")
    else:
        (files / name).unlink()
    assert evaluate("--translation", "good.en", "--documents", "docs.tsv") in (1, 2)
    assert said in capsys.readouterr().err


def test_without_sacrebleu_nothing_is_translated(files, capsys, monkeypatch):
    real = builtins.__import__

    def absent(name: str, *args, **kwargs):
        if name.startswith("sacrebleu"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    assert evaluate("--model", "no-such-model") == 2
    assert "pip install 'duizhao[evaluate]'" in capsys.readouterr().err
