"""A corpus that is read and corrected: what is found, what is saved, what is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus.pair import Pair, Span, columns_of
from corpus.serve.browse import OpenCorpus, corrections_beside
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer

from .conftest import Served, serving

HOSTILE = "</script><img src=x onerror='window.hit=1'>' OR 1=1; DROP TABLE pairs; --"
N = 120


def written(path: Path) -> Path:
    texts = [("海南是一个省。", "Hainan is a province."), ("一共280元。", "A total of 208 YUAN."), (HOSTILE, HOSTILE)]
    texts += [(f"第{i}句。", f"Sentence {i}.") for i in range(3, N)]
    pairs = [
        Pair(
            Span("a.txt", i, 0, 0, len(source), source, source),
            Span.unplaced(target),
            -0.1,
            flags=("number_lost",) if i == 1 else ("cut", "loop") if i % 10 == 0 else (),
        )
        for i, (source, target) in enumerate(texts)
    ]
    with open_writer(path, None, RunMeta("sig:1", "0"), columns_of(pairs)) as writer:
        writer.write_all(pairs)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "a.tsv")


@pytest.fixture
def corpus(path: Path) -> Iterator[OpenCorpus]:
    found = OpenCorpus(path, corrections_beside(path), author="me")
    yield found
    found.close()


@pytest.mark.parametrize(
    ("query", "flag", "n"),
    [
        ("", "", N),
        ("海南", "", 1),
        ("yuan", "", 1),
        ("SENTENCE 11", "", 11),
        ("%", "", 0),
        ("' OR 1=1; DROP", "", 1),
        ("", "loop", 12),
        ("", "*", 13),
        ("", "oo", 0),
        ("", "' OR 1=1 --", 0),
        ("sentence 10", "loop", 2),
        ("", "+corrected", 0),
    ],
)
def test_pairs_are_found(corpus: OpenCorpus, query: str, flag: str, n: int) -> None:
    total, pairs = corpus.find(query, flag, 0, 50)
    assert (total, len(pairs)) == (n, min(n, 50))
    rows = [pair["row"] for pair in pairs]
    assert rows == sorted(rows)


def test_pages_follow_one_another(corpus: OpenCorpus) -> None:
    rows = [pair["row"] for start in range(0, N + 50, 50) for pair in corpus.find("", "", start, 50)[1]]
    assert rows == list(range(1, N + 1))


def test_a_correction_is_saved_found_and_taken_back(corpus: OpenCorpus, path: Path) -> None:
    before = path.read_bytes()
    shown = corpus.correct(2, "A total of 280 yuan.")
    assert (shown["target"], shown["corrected"]) == ("A total of 208 YUAN.", "A total of 280 yuan.")
    assert shown["flags"] == ["corrected"]
    (line,) = corrections_beside(path).read_text("utf-8").splitlines()
    assert json.loads(line) | {"source_sha256": ""} == {
        "id": "a.txt:1:0",
        "source_sha256": "",
        "target": "A total of 208 YUAN.",
        "corrected": "A total of 280 yuan.",
        "author": "me",
    }
    assert corpus.find("280 yuan", "+corrected", 0, 9)[0] == 1
    again = OpenCorpus(path, corrections_beside(path))
    assert again.find("", "+corrected", 0, 9)[1][0]["corrected"] == "A total of 280 yuan."
    assert again.unapplied == []
    again.close()
    assert corpus.correct(2, None)["corrected"] is None
    assert corrections_beside(path).read_text("utf-8") == ""
    assert corpus.correct(1, "Hainan is a province.")["corrected"] is None  # as it was: nothing is corrected
    assert path.read_bytes() == before


def test_a_correction_of_another_source_is_told_and_stays_in_its_file(path: Path) -> None:
    first = OpenCorpus(path, corrections_beside(path))
    first.correct(2, "A total of 280 yuan.")
    first.close()
    path.write_text(path.read_text("utf-8").replace("一共280元", "一共290元"), "utf-8")
    second = OpenCorpus(path, corrections_beside(path))
    assert second.unapplied == ["a.txt:1:0: its source is another one than was corrected"]
    assert second.find("", "+corrected", 0, 9)[0] == 0
    second.correct(1, "Hainan is an island.")
    second.close()
    assert len(corrections_beside(path).read_text("utf-8").splitlines()) == 2


@pytest.fixture
def served(path: Path) -> Iterator[Served]:
    corpus = OpenCorpus(path, corrections_beside(path))
    with serving(corpus=corpus) as found:
        yield found
    corpus.close()


def test_a_page_is_told_of_pairs_with_links(served: Served, path: Path) -> None:
    _, about, _ = served.ask("/about")
    assert about["corpus"] == {"name": "a.tsv", "pairs": N, "flags": [["cut", 12], ["loop", 12], ["number_lost", 1]]}
    status, answer = served.post("/corpus/pairs", q="280", flag="", n=5, **{"from": 0})
    assert (status, answer["total"]) == (200, 1)
    pair = answer["pairs"][0]
    status, answer = served.post("/corpus/corrections", row=pair["row"], corrected=" A total\nof 280\tyuan. ")
    assert (status, answer["pair"]["corrected"]) == (200, "A total of 280 yuan.")
    texts = [
        [answer["pair"]["source"][a:b], answer["pair"]["corrected"][c:d]] for a, b, c, d in answer["pair"]["words"]
    ]
    assert ["280", "280"] in texts
    assert served.post("/corpus/corrections", row=pair["row"], corrected=None)[1]["pair"]["corrected"] is None


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"row": 0, "corrected": "a"}, "there is no pair 0"),
        ({"row": 10**30, "corrected": "a"}, "there is no pair"),
        ({"row": "x", "corrected": "a"}, "row parameter is not a number"),
        ({"row": 1, "corrected": 7}, "no text of at most"),
        ({"row": 1, "corrected": "a" * 20_001}, "no text of at most"),
        ({"row": 1, "corrected": " \n"}, "a correction has a text"),
    ],
)
def test_corrections_that_cannot_be(served: Served, path: Path, values: dict[str, Any], error: str) -> None:
    status, answer = served.post("/corpus/corrections", **values)
    assert status == 400
    assert error in answer["error"]
    assert not corrections_beside(path).exists()


def test_no_other_site_can_write(served: Served, path: Path) -> None:
    body = json.dumps({"row": 1, "corrected": "evil"}).encode()
    headers = {"Content-Type": "application/json", "Origin": "http://evil.example"}
    assert served.ask("/corpus/corrections", body, headers)[0] == 403
    assert not corrections_beside(path).exists()
