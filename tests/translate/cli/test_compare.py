"""Two models side by side, and their scores."""

from __future__ import annotations

import builtins

import pytest

from corpus.cli.main import main
from translate.errors import UsageError
from translate.pipeline.comparison import compare_models, paired_scores

REFERENCES = [f"This is the sentence number {index} of a small test set." for index in range(40)]


def compare(*more: str) -> int:
    return main(["compare", "--engine", "fake", "--model", "zh-en-mini", "--model", "opus", *more])


@pytest.fixture
def files(tmp_path, tiny_marian, monkeypatch):
    (tmp_path / "a.zh").write_text("今天天气很好。\n\n我们去公园散步。\n", "utf-8")
    (tmp_path / "a.en").write_text("The weather is fine.\n\nWe take a walk.\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "opus").symlink_to(tiny_marian)
    return tmp_path


def test_both_outputs_stand_side_by_side(files, capsys):
    assert compare("a.zh") == 0
    out, err = capsys.readouterr()
    assert [line.split("\t") for line in out.splitlines()] == [
        ["source", "zh-en-mini", "opus"],
        ["今天天气很好。", "EN(今天天气很好。)[7]", "EN(今天天气很好。)[7]"],
        ["我们去公园散步。", *["EN(我们去公园散步。)[8]"] * 2],
    ]
    assert "A: model:zh-en-mini|" in err
    assert "B: model:tiny|" in err
    assert "BLEU" not in err


def test_with_a_reference_there_are_scores_with_their_signatures(files, capsys):
    assert compare("a.zh", "--reference", "a.en", "-q", "-o", "out.tsv") == 0
    out, err = capsys.readouterr()
    assert out == ""
    rows = [line.split("\t") for line in (files / "out.tsv").read_text("utf-8").splitlines()]
    assert rows[0] == ["source", "zh-en-mini", "opus", "reference"]
    assert [row[3] for row in rows[1:]] == ["The weather is fine.", "We take a walk."]
    bleu, chrf = err.splitlines()
    assert "BLEU: A 0" in bleu
    assert "|bs:1000|" in bleu
    assert "tok:13a" in bleu
    assert "chrF: A " in chrf


@pytest.mark.parametrize("more", [["--model", "auto"], ["--reference", "a.en"]])
def test_what_cannot_be_compared_is_refused(files, capsys, more):
    (files / "a.en").write_text("one\ntwo\nthree\nfour\n", "utf-8")
    assert compare("a.zh", *more) == 2
    assert ("two models are compared, 3 given" if "--model" in more else "a.en has 4 lines, a.zh 3") in (
        capsys.readouterr().err
    )


def test_the_better_one_is_better_by_more_than_chance():
    worse = [line.replace("sentence", "phrase").replace("small ", "") for line in REFERENCES]
    for first, second, sign in ((worse, REFERENCES, 1), (REFERENCES, worse, -1)):
        for score in paired_scores(first, second, REFERENCES):
            assert (score.scores[1] - score.scores[0]) * sign > 5
            assert score.p_value < 0.01
    for score in paired_scores(worse, worse, REFERENCES):
        assert score.scores[0] == score.scores[1]
        assert score.p_value == 1


def test_scores_are_those_of_sacrebleu():
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    worse = [line.replace("sentence", "phrase") for line in REFERENCES]
    bleu, chrf = paired_scores(worse, REFERENCES, REFERENCES)
    assert bleu.scores[0] == pytest.approx(BLEU().corpus_score(worse, [REFERENCES]).score)
    assert chrf.scores == pytest.approx((CHRF().corpus_score(worse, [REFERENCES]).score, 100))


def test_without_sacrebleu_it_is_said_before_anything_is_translated(monkeypatch):
    real = builtins.__import__

    def absent(name: str, *args, **kwargs):
        if name.startswith("sacrebleu"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UsageError, match=r"pip install 'duizhao\[evaluate\]'"):
        compare_models("a", "b", ["好"], ["good"], load=lambda _: pytest.fail("loaded"))


def test_references_are_as_many_as_the_texts():
    with pytest.raises(UsageError, match="2 texts and 1 references"):
        compare_models("a", "b", ["好", "坏"], ["good"], load=lambda _: pytest.fail("loaded"))
    with pytest.raises(UsageError, match="nothing to score"):
        paired_scores([], [], [])


def test_bytes_that_cannot_be_read_are_replaced_where_that_is_asked_for(files, capsys):
    (files / "a.zh").write_bytes("今天天气\n".encode() * 400 + b"\xff\n")
    assert compare("a.zh", "-q") == 1
    assert compare("a.zh", "-q", "--errors", "replace") == 0
    assert "\ufffd" in capsys.readouterr().out
