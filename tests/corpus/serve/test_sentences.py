"""The page's own addresses: sentences as they are decoded, pairs as a file, and the page itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from translate.engines.fake import FakePlan

from .conftest import Serve, Served

JSON = {"Content-Type": "application/json"}


def records(served: Served, **values: Any) -> list[dict[str, Any]]:
    status, content, _ = served.ask("/sentences", json.dumps(values).encode(), JSON)
    assert status == 200, content
    return [json.loads(line) for line in content.splitlines()]


def test_each_sentence_comes_once_with_flags_and_links(served: Served) -> None:
    text = "你好。𠮷野家有280人。\n\n再见。" + "海南很好。" * 30
    first, *rest, last = records(served, q=text)
    sentences = first["sentences"]
    assert [text[s["start"] : s["end"]] for s in sentences] == [s["source"] for s in sentences]
    assert [s["paragraph"] for s in sentences[:3]] == [0, 0, 2]
    assert sorted(record["at"] for record in rest) == list(range(len(sentences)))
    assert last == {"done": len(sentences)}
    by_place = {record["at"]: record for record in rest}
    source, target = sentences[1]["source"], by_place[1]["target"]
    assert ["280", "280"] in [[source[a:b], target[c:d]] for a, b, c, d in by_place[1]["words"]]


def test_a_glossary_goes_with_its_request_alone(served: Served) -> None:
    with_it = records(served, q="腾讯在海南。", glossary="腾讯\tTencent Holdings")
    assert "Tencent Holdings" in with_it[1]["target"]
    assert "Tencent" not in records(served, q="腾讯在海南。")[1]["target"]
    _, answer = served.post("/translate", q="腾讯在海南。", source="zh", target="en", glossary="腾讯\tTencent Holdings")
    assert "Tencent Holdings" in answer["translatedText"]


def test_a_sentence_that_fails_is_a_record_of_its_own(serve: Serve) -> None:
    with serve(plan=FakePlan(fail=lambda text: "坏" in text)) as served:
        _, *rest, last = records(served, q="好。坏。很好。")
        assert [sorted(record) for record in sorted(rest, key=lambda record: record["at"])][1] == ["at", "error"]
        assert last == {"done": 3}


@pytest.mark.parametrize(
    ("path", "values", "error"),
    [
        ("/sentences", {"q": ""}, "missing q parameter"),
        ("/sentences", {"q": ["a"]}, "q parameter is not text"),
        ("/sentences", {"q": "字" * 100_001}, "exceeds text limit"),
        ("/sentences", {"q": "你好", "glossary": "no tab"}, "is no term"),
        ("/sentences", {"q": "你好", "glossary": 7}, "glossary parameter is not text"),
        ("/export", {"format": "exe", "pairs": []}, "format is none of tsv, tmx"),
        ("/export", {"format": "tsv", "pairs": []}, "no list of 1 to"),
        ("/export", {"format": "tsv", "pairs": ["a"]}, "no list of 1 to"),
        ("/export", {"format": "tsv", "pairs": [{"source": 1, "target": "", "flags": []}]}, "no source and target"),
        ("/export", {"format": "tsv", "pairs": [{"source": "", "target": "", "flags": [1]}]}, "has no flags"),
    ],
)
def test_what_makes_no_sense_is_refused(served: Served, path: str, values: dict[str, Any], error: str) -> None:
    status, answer = served.post(path, **values)
    assert status == 400
    assert error in answer["error"]


def test_html_is_translated_with_its_markup(served: Served) -> None:
    html = "<p class=x>你好，<b>海南</b>。</p>"
    status, answer = served.post("/translate", q=[html, "<br>"], source="zh", target="en", format="html")
    assert status == 200
    one, other = answer["translatedText"]
    assert one.startswith("<p class=x>EN(")
    assert one.count("<b>") == one.count("</b>") == 1
    assert other == "<br>"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"), ("/about", "application/json")],
)
def test_the_page_is_sent_with_its_policy(served: Served, path: str, kind: str) -> None:
    status, content, headers = served.ask(path)
    assert status == 200
    assert content
    assert headers["content-type"].startswith(kind)
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "trusted-types 'none'" in headers["content-security-policy"]
