"""The data of the page, read back from its HTML by a parser that is not ours."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.cli.main import main
from corpus.curation.filter import filter_corpus
from corpus.curation.rules import parse_rules, preset_text
from corpus.curation.score import score_corpus, scored
from corpus.pair import Columns, Pair, Span, columns_of
from corpus.readers.base import Rejected, SourceFile
from corpus.readers.bitext import read_bitext
from corpus.report.columns import Column, TextColumn, number_column
from corpus.report.distribution import distribution
from corpus.report.repairs import repair_of
from corpus.report.report import report_corpus
from corpus.report.selection import select
from corpus.report.suspicion import suspicion
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer
from translate.errors import InputError, OutputError, UsageError
from translate.files.lines import Encoding, without_surrogates

SCRIPT = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> &lt;b&gt; \u202e\0\x85\u2028"
ROWS = [
    ("海南是一个省。", "Hainan is a province."),
    ("一共280元。", "A total of 208 yuan."),
    ("详见网站www.a.cn。", "See www.b.cn."),
    ("哈。", "ha ha ha ha ha ha ha"),
    (SCRIPT.replace("\0", ""), SCRIPT.replace("\0", "")),
]


class Elements(HTMLParser):
    """Every element of a page, and what stands in those named ``script`` and ``style``."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[dict[str, str | None], str]] = []
        self._is_inside = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._is_inside = tag in ("script", "style")
        if self._is_inside:
            self.inside.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            attributes, said = self.inside[-1]
            self.inside[-1] = (attributes, said + data)


class Page:
    """A page as its script reads it."""

    def __init__(self, path: Path) -> None:
        self.html = path.read_text("utf-8")
        self.elements = Elements(self.html)
        inside = {str(attributes.get("id")): said for attributes, said in self.elements.inside}
        self.summary: dict[str, Any] = json.loads(inside["summary"])
        self.columns = {
            column["name"]: unpacked(
                Column(column["name"], column["kind"], column["scale"], base64.b64decode(inside[f"column-{i}"]))
            )
            for i, column in enumerate(self.summary["columns"])
        }

    def texts(self, name: str) -> list[str | None]:
        """As JavaScript takes them: a slice of UTF-16 code units for each."""
        units = self.columns[name].encode("utf-16-le")
        found: list[str | None] = []
        at = 0
        for length in self.columns[f"{name}.length"]:
            n = int(max(0, length))
            found.append(units[2 * at : 2 * (at + n)].decode("utf-16-le") if length >= 0 else None)
            at += n + 1
        assert 2 * at == len(units)
        return found


def unpacked(column: Column) -> Any:
    data = gzip.decompress(column.packed)
    if column.kind == "utf-8":
        return data.decode()
    values = np.frombuffer(data, np.dtype(column.kind.lower()).newbyteorder("<"))
    if column.kind == "Float64":
        return values
    missing = np.iinfo(values.dtype).min
    return np.where(values == missing, np.nan, values / column.scale)


def bitext(folder: Path, rows: list[tuple[str, str]] | None = None, name: str = "in.tsv") -> Path:
    path = folder / name
    rows = ROWS if rows is None else rows
    lines = "".join(json.dumps({"source": source, "target": target}) + "\n" for source, target in rows)
    if path.suffix == ".tsv":
        lines = "source\ttarget\n" + "".join(f"{source}\t{target}\n" for source, target in rows)
    path.write_text(lines, encoding="utf-8")
    return path


def corpus(path: Path, pairs: list[Pair], meta: RunMeta | None = None, columns: Columns | None = None) -> Path:
    with open_writer(path, None, meta or RunMeta("sig:1|engine:fake", "0"), columns or columns_of(pairs)) as writer:
        writer.write_all(pairs)
    return path


def pair(i: int, source: str = "好。", target: str = "Good.", **fields: Any) -> Pair:
    span = Span(fields.pop("doc", "a.txt"), i, 0, i * 10, i * 10 + 5, fields.pop("raw", source), source)
    flags = fields.pop("flags", ())  # as they are: scoring takes away those that it does not find
    found = scored(Pair(span, Span.unplaced(target), **fields))
    signals = {name: value for name, value in found.signals.items() if name != "quality"} | fields.get("signals", {})
    return replace(found, flags=flags, signals=signals)


def report(path: Path, **options: Any) -> Page:
    out = path.with_name("page.html")
    report_corpus(path, out, **options)
    return Page(out)


# -- columns ---------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.integers(-(2**40), 2**40).map(float),
    st.floats(-300, 300).map(lambda value: round(value, 4) + 0.0),
    st.just(float("nan")),
    st.floats(allow_nan=False, allow_infinity=False, width=64),
)


@given(st.lists(NUMBERS))
def test_numbers_come_back_as_they_were(values: list[float]) -> None:
    column = number_column("n", values)
    np.testing.assert_array_equal(unpacked(column), np.array(values, dtype=np.float64))


@pytest.mark.parametrize(
    ("values", "kind"),
    [([0, 1, -127], "Int8"), ([200], "Int16"), ([0.5, 3.2], "Int16"), ([1e6], "Int32"), ([2.0**40], "Float64")],
)
def test_numbers_are_as_narrow_as_they_can_be(values: list[float], kind: str) -> None:
    assert number_column("n", values).kind == kind


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=()))))
def test_texts_come_back_as_they_were(texts: list[str | None]) -> None:
    column = TextColumn("t")
    for text in texts:
        column.add(text)
    packed, lengths = column.end()
    units = unpacked(packed).encode("utf-16-le")
    at, found = 0, []
    for length in unpacked(lengths):
        n = int(max(0, length))
        found.append(units[2 * at : 2 * (at + n)].decode("utf-16-le") if length >= 0 else None)
        at += n + 1
    assert found == [None if text is None else without_surrogates(text) for text in texts]


# -- the pairs of a page -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["in.tsv", "in.jsonl"])
def test_the_page_has_every_pair_as_it_is(name: str, tmp_path: Path) -> None:
    path = bitext(tmp_path, name=name)
    page = report(path)
    pairs = [scored(item) for item in read_bitext(path) if isinstance(item, Pair)]
    assert page.texts("source") == [pair.source.text for pair in pairs]
    assert page.texts("target") == [pair.target.text for pair in pairs]
    assert page.summary["n_pairs"] == page.summary["n_scored_here"] == len(ROWS)
    sets = page.summary["flag_sets"]
    assert [sets[int(i)] for i in page.columns["flag_set"]] == [list(pair.flags) for pair in pairs]
    for signal in page.summary["signals"]:
        wanted = [pair.signals.get(signal["name"], np.nan) for pair in pairs]
        np.testing.assert_allclose(page.columns[f"signal.{signal['name']}"], wanted, atol=5e-5)


def test_offsets_raw_texts_and_documents_are_in_the_page(tmp_path: Path) -> None:
    target = Span("b.en.txt", 3, 2, 7, 12, "Good .", "Good.", 2)
    pairs = [pair(0, raw="好 。"), Pair(Span("b.txt", 1, 4, 20, 29, "好。好。", "好。好。", 2), target)]
    page = report(corpus(tmp_path / "a.jsonl", pairs))
    assert page.texts("raw") == ["好 。", None]
    assert page.texts("target_raw") == [None, "Good ."]
    assert page.texts("target_document") == [None, "b.en.txt"]
    names = page.texts("documents")
    assert [names[int(i)] for i in page.columns["document"]] == ["a.txt", "b.txt"]
    for side, span in (("source", pairs[1].source), ("target", target)):
        found = [page.columns[f"{side}.{name}"][1] for name in ("paragraph", "sentence", "sentences", "start", "end")]
        assert found == [span.paragraph, span.index, span.n_sentences, span.start, span.end]
    assert np.isnan(page.columns["target.start"][0])
    assert {item["name"]: item["pairs"] for item in page.summary["repairs"]} == {
        "spaces": 1,
        "entities": 0,
        "characters": 0,
    }


def test_licences_are_counted_and_those_not_known_said(tmp_path: Path) -> None:
    pairs = [replace(pair(i), license=name) for i, name in enumerate(["CC-BY-4.0", None, "CC-BY-4.0"])]
    page = report(corpus(tmp_path / "a.jsonl", pairs, columns=Columns(signals=columns_of(pairs).signals, license=True)))
    assert page.summary["licenses"] == [{"name": "CC-BY-4.0", "pairs": 2}, {"name": None, "pairs": 1}]
    assert page.columns["license"].tolist() == [0, 1, 0]


def test_what_is_repaired_is_told_by_its_kind() -> None:
    assert repair_of("好", "好") == ""
    assert repair_of("好 。\n", "好。") == "spaces"
    assert repair_of("好&# 8212 ;。", "好—。") == "entities"
    assert repair_of("好\u200b。", "好。") == "characters"


def test_the_same_corpus_gives_the_same_page(tmp_path: Path) -> None:
    path = bitext(tmp_path)
    report_corpus(path, tmp_path / "a.html")
    report_corpus(path, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


# -- hostile text ------------------------------------------------------------------------------------------------------


def test_nothing_of_a_document_becomes_html(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>.tsv"
    harmless, hostile = tmp_path / "harmless", tmp_path / "hostile"
    harmless.mkdir()
    hostile.mkdir()
    plain = report(corpus(harmless / "a.jsonl", [pair(0)]))
    meta = RunMeta(
        SCRIPT, SCRIPT, (SourceFile(SCRIPT, None, 1, SCRIPT),), (Rejected(SCRIPT, SCRIPT),), {SCRIPT: SCRIPT}
    )
    flags = ("</script><b>",)
    found = report(corpus(hostile / f"{name}.jsonl", [pair(0, SCRIPT, SCRIPT, doc=SCRIPT, flags=flags)], meta))
    # The same elements, but for a column more where another signal is known.
    for tag in {tag for page in (plain, found) for tag, _ in page.elements.tags}:
        counts = [sum(other == tag for other, _ in page.elements.tags) for page in (plain, found)]
        columns = [len(page.columns) if tag == "script" else 0 for page in (plain, found)]
        assert counts[0] - columns[0] == counts[1] - columns[1], tag
    assert found.texts("source") == [SCRIPT]
    assert found.summary["run"]["signature"] == SCRIPT
    assert "alert(1)" not in found.html.split('id="summary"', maxsplit=1)[0].replace("onerror=alert(1)&gt;", "")


def test_the_policy_lets_in_nothing_but_the_one_script_and_the_one_style(tmp_path: Path) -> None:
    page = report(bitext(tmp_path))
    (policy,) = [
        attributes["content"]
        for tag, attributes in page.elements.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    said = dict(part.split(maxsplit=1) for part in policy.split("; ") if " " in part)
    assert said["default-src"] == "'none'"
    (style,) = [text for attributes, text in page.elements.inside if not attributes and ":root" in text[:20]]
    (script,) = [text for attributes, text in page.elements.inside if not attributes and "use strict" in text[:400]]
    for text, name in ((style, "style-src"), (script, "script-src")):
        assert said[name] == f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
    assert said["require-trusted-types-for"] == "'script'"


def test_the_script_asks_for_nothing_and_makes_no_html_of_a_string() -> None:
    for name in ("page.js", "page.css", "page.html"):
        text = files("corpus.report").joinpath(name).read_text("utf-8")
        assert set(re.findall(r"https?://[^\s'\"]+", text)) <= {"http://www.w3.org/2000/svg"}
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|\bfetch\(|XMLHttp|url\(|@import", text
        )
    script = files("corpus.report").joinpath("page.js").read_text("utf-8")
    assert not re.search("</script|<!--", script)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node, which checks the script's grammar")
def test_the_script_is_javascript() -> None:
    subprocess.run(["node", "--check", str(files("corpus.report").joinpath("page.js"))], check=True, timeout=60)


# -- counts ------------------------------------------------------------------------------------------------------------


def test_counts_are_of_all_pairs_also_where_few_are_shown(tmp_path: Path) -> None:
    pairs = [pair(i, doc=f"{i % 3}.txt", score=-i / 100, flags=("loop",) if i % 10 == 0 else ()) for i in range(100)]
    page = report(corpus(tmp_path / "a.jsonl", pairs), n_pairs=10)
    said = page.summary
    assert (said["n_pairs"], said["n_shown"], said["n_random"]) == (100, 10, 5)
    assert [item["pairs"] for item in said["flags"]] == [10]
    assert said["n_unflagged"] == 90
    assert [(item["name"], item["n_pairs"], item["n_flagged"]) for item in said["documents"]] == [
        ("0.txt", 34, 4),
        ("1.txt", 33, 3),
        ("2.txt", 33, 3),
    ]
    assert said["documents"][1]["means"]["score"] == pytest.approx(np.mean([-i / 100 for i in range(1, 100, 3)]))
    (score,) = [signal for signal in said["signals"] if signal["name"] == "score"]
    assert score["n"] == sum(score["counts"]) + score["below"] + score["above"] == 100
    # The five worst have the flag, and of the ten that have it the lowest scores.
    rows, rank = page.columns["row"], page.columns["rank"]
    assert sorted(rows[page.columns["random"] == 0]) == [51, 61, 71, 81, 91]
    assert rows[rank == 0] == [91]
    assert sorted(rank) == list(range(10))


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.integers(1, 40))
def test_a_selection_holds_the_worst_and_as_many_others(values: list[float], n_most: int) -> None:
    suspicions = np.array(values)
    found = select(suspicions, n_most)
    n = min(n_most, len(values))
    assert len(set(found.places.tolist())) == len(found.places) == n
    assert found.is_all == (len(values) <= n_most)
    assert sorted(found.rank.tolist()) == list(range(n))
    ordered = suspicions[found.places[np.argsort(found.rank)]]
    assert (np.diff(ordered) <= 0).all()
    if not found.is_all:
        worst = suspicions[found.places[~found.is_random]]
        np.testing.assert_array_equal(np.sort(worst), np.sort(suspicions)[-len(worst) :])


def test_suspicion_goes_by_quality_then_flags_then_score_or_length() -> None:
    good = pair(0, "海南是一个省。", "Hainan is a province.")
    assert suspicion(pair(0, signals={"quality": 0.2})) == 0.8
    flagged = pair(0, score=-0.1, flags=("loop",))
    assert suspicion(flagged) > suspicion(pair(0, score=-5.0)) > suspicion(pair(0, score=-0.5))
    assert suspicion(pair(0, score=-0.1, flags=("loop", "rescued"))) < 1
    assert suspicion(pair(0, score=-0.1, flags=("copied",))) < 1
    assert suspicion(pair(0, score=-0.1, flags=("contaminated:wmt20",))) > 1
    assert suspicion(pair(0, "海南是一个省，也是一个岛。", "H.")) > suspicion(good)


VALUES = st.one_of(
    st.lists(st.floats(-1e6, 1e6), min_size=1),
    st.lists(st.integers(-1000, 1000).map(float), min_size=1),
    st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 1.0]), min_size=1),
)


@given(VALUES, st.sampled_from(["numbers_kept", "length_z", "repetition", "mine"]))
def test_every_value_is_in_a_bin_or_beyond_an_end(values: list[float], name: str) -> None:
    found = distribution(name, np.array([*values, np.nan]))
    assert found is not None
    assert found.n == len(values) == sum(found.counts) + found.below + found.above
    assert found.minimum == min(values)
    assert found.maximum == max(values)
    assert found.quantiles[2] == pytest.approx(float(np.median(values)))
    assert len(found.counts) <= 120


def test_bins_of_shares_and_of_counts() -> None:
    share = distribution("numbers_kept", np.array([0.0, 0.05, 0.3, 0.95, 1.0, 1.0]))
    assert share is not None
    assert (share.start, share.step, len(share.counts)) == (0, 0.05, 20)
    assert share.counts[0] == share.counts[1] == share.counts[6] == 1
    assert share.counts[19] == 3
    whole = distribution("repetition", np.array([1.0, 1.0, 2.0, 7.0, 12.0]))
    assert whole is not None
    assert (whole.start, whole.step, whole.counts) == (0.5, 1, (2, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1))


def test_numbers_that_no_signal_has_are_left_out_of_a_plot() -> None:
    found = distribution("mine", np.array([1e308, -1e308, np.inf, 1.0, 2.5, np.nan]))
    assert found is not None
    assert (found.n, found.minimum, found.maximum) == (2, 1.0, 2.5)
    least = distribution("mine", np.array([0.0, 5e-324, 0.5e-310]))
    assert least is not None
    assert least.n == sum(least.counts) == 3


# -- what stands beside a corpus ---------------------------------------------------------------------------------------


def test_the_page_of_a_filtered_corpus_has_the_waterfall_and_the_history(tmp_path: Path) -> None:
    encoding = Encoding("gb18030", "strict", "proved")
    meta = RunMeta("sig:1", "0", (SourceFile("a.txt", encoding, 9, "0"),), (Rejected("b.txt", "empty file"),))
    made = corpus(tmp_path / "made.jsonl", [pair(0), pair(1, "一共280元。", "A total of 208 yuan.")], meta)
    score_corpus(made, tmp_path / "scored.jsonl")
    rules = parse_rules(preset_text("strict"), "strict")
    filter_corpus(tmp_path / "scored.jsonl", tmp_path / "clean.jsonl", rules)
    said = report(tmp_path / "clean.jsonl").summary
    assert said["waterfall"]["kept"]["pairs"] == said["n_pairs"] == 1
    assert said["waterfall"]["total"]["pairs"] == 2
    assert [step["name"] for step in said["steps"]] == ["clean.jsonl", "scored.jsonl", "made.jsonl"]
    assert said["encodings"] == {"gb18030": 1}
    assert said["steps"][2]["rejected"] == [["b.txt", "empty file"]]
    assert said["run"]["signature"] == "sig:1"
    # Another file in the place of the one that it was made of is no part of its history.
    corpus(made, [pair(0)])
    assert [step["name"] for step in report(tmp_path / "clean.jsonl").summary["steps"]] == [
        "clean.jsonl",
        "scored.jsonl",
    ]


def test_a_waterfall_of_another_corpus_is_left_out_unless_it_is_named(tmp_path: Path) -> None:
    path = bitext(tmp_path)
    count = {"pairs": 1, "words": 1}
    fall = tmp_path / "in.waterfall.json"
    fall.write_text(json.dumps({"total": count, "kept": count, "rules": []}))
    assert report(path).summary["waterfall"] is None
    assert report(path, waterfall=fall).summary["waterfall"]["kept"] == count
    fall.write_text("[]")
    assert report(path).summary["waterfall"] is None
    with pytest.raises(InputError, match="no waterfall"):
        report(path, waterfall=fall)


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_says_what_the_page_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = bitext(tmp_path), tmp_path / "page.html"
    assert main(["report", str(path), "-o", str(out), "--pairs", "2"]) == 0
    said = capsys.readouterr().err
    assert "5 pairs" in said
    assert "half the worst, half at random" in said
    assert Page(out).summary["n_shown"] == 2
    path.write_text(path.read_text("utf-8") + "one column\n", "utf-8")
    assert main(["report", str(path), "-o", str(out), "-q"]) == 3
    assert Page(out).summary["n_rejected"] == 1
    assert "1 columns, expected 2" in Page(out).summary["rejected"][0]["reason"]


def test_a_page_is_not_written_where_it_cannot_be(tmp_path: Path) -> None:
    path = bitext(tmp_path)
    with pytest.raises(UsageError, match=r"end its name in \.html"):
        report_corpus(path, tmp_path / "page.tsv")
    with pytest.raises(UsageError, match="expected 1 or more"):
        report_corpus(path, tmp_path / "page.html", n_pairs=0)
    with pytest.raises(OutputError, match="does not exist"):
        report_corpus(path, tmp_path / "none" / "page.html")
    with pytest.raises(InputError, match="no such file"):
        report_corpus(tmp_path / "none.tsv", tmp_path / "page.html")
    assert list(tmp_path.glob("*.html")) == []
