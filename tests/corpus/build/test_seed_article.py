"""The main job on the article it was made for: a word-segmented news text with broken entities and wide gaps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus import build_corpus
from translate import Translator

ARTICLE = Path(__file__).parents[3] / "examples" / "hainan.txt"
HAN = re.compile(r"[\u3400-\u9fff]")

Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    out = tmp_path_factory.mktemp("seed") / "hainan.jsonl"
    with Translator.load("zh-en-mini", engine="ct2", beam_size=1) as translator:
        build_corpus([ARTICLE], out, translator=translator)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def document() -> str:
    return ARTICLE.read_text(encoding="utf-8")


def sources(rows: list[Row]) -> Iterator[str]:
    return (row["source"] for row in rows)


def test_every_character_lies_in_exactly_one_row(rows: list[Row], document: str) -> None:
    covered = [0] * len(document)
    for row in rows:
        for at in range(row["start"], row["end"]):
            covered[at] += 1
    assert max(covered) == 1
    assert all(n == 1 for n, char in zip(covered, document, strict=True) if not char.isspace())


def test_raw_is_the_document_and_rows_are_in_order(rows: list[Row], document: str) -> None:
    assert all(document[row["start"] : row["end"]] == row["raw"] for row in rows)
    assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)
    assert [row["sentence"] for row in rows] == list(range(len(rows)))
    assert len({row["id"] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    "words",
    [
        "龙头园区——海南生态软件园落户",
        "腾讯公司与海南省政府签署了深化战略合作协议",
        "手机QQ、新闻客户端",
        "（TPT）",
        "6.5亿",
        "6.39亿",
        "11月18日下午",
        "Q3财报",
        "“互联网+”领域",
        "“互联网+生态村”办公、居住、生活",
        "马化腾(微博)，",
    ],
)
def test_words_are_joined_and_entities_resolved(rows: list[Row], words: str) -> None:
    assert sum(words in source for source in sources(rows)) == 1


@pytest.mark.parametrize("sentence", ["讯", "授人以渔", "合作建设“互联网+”生态村"])
def test_wide_gaps_end_a_sentence(rows: list[Row], sentence: str) -> None:
    assert sentence in set(sources(rows))


def test_no_row_holds_two_sentences(rows: list[Row]) -> None:
    for source in sources(rows):
        assert "。" not in source.rstrip("。”’）")
        assert source.count("。") <= 1


def test_quotes_stay_whole(rows: list[Row]) -> None:
    for source in sources(rows):
        assert source.count("“") == source.count("”")
        assert source.count("（") == source.count("）")


def test_nothing_is_left_of_the_spacing(rows: list[Row]) -> None:
    for source in sources(rows):
        assert not re.search(r"[\u3400-\u9fff] +[\u3400-\u9fff，。、]", source)
        assert "&#" not in source


def test_no_chinese_is_left_in_the_english_unless_flagged(rows: list[Row]) -> None:
    for row in rows:
        assert not HAN.search(row["target"]) or "han_in_target" in row["flags"]


def test_every_row_has_an_english_text_or_a_flag(rows: list[Row]) -> None:
    assert len(rows) >= 38
    for row in rows:
        assert row["target"] or row["flags"]
        assert row["score"] is None or row["score"] <= 0
