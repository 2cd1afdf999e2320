"""Score and filter: what goes in comes out on one side or the other, and is counted."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.cli.main import main
from corpus.curation import scoring
from corpus.curation.filter import filter_corpus
from corpus.curation.rules import Rule, parse_rules, preset_text
from corpus.curation.score import VERSIONS, score_corpus, scored
from corpus.curation.waterfall import Waterfall
from corpus.pair import Pair, Span, columns_of, row
from corpus.readers.base import Rejected
from corpus.readers.bitext import read_bitext
from corpus.signals.across import ACROSS
from corpus.signals.flags import SCORE_VERSIONS
from corpus.signals.table import signals_of
from corpus.signals.words import count_words
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer
from translate.errors import InputError, OutputError, UnknownNameError, UsageError

ROWS = [
    ("海南是一个省。", "Hainan is a province."),
    ("一共280元。", "A total of 208 yuan."),
    ("海南。", "海南。"),
    ("详见网站www.a.cn。", "See www.b.cn."),
    ("哈。", "ha ha ha ha ha ha ha"),
    ("", "Nothing."),
]
STANDARD = parse_rules(preset_text("standard"), "standard")


def bitext(folder: Path, rows: list[tuple[str, str]] | None = None, name: str = "in.tsv") -> Path:
    path = folder / name
    text = "".join(f"{source}\t{target}\n" for source, target in (ROWS if rows is None else rows))
    path.write_text("source\ttarget\n" + text, encoding="utf-8")
    return path


def pairs_in(path: Path) -> list[Pair]:
    found = list(read_bitext(path))
    assert not [item for item in found if isinstance(item, Rejected)]
    return [item for item in found if isinstance(item, Pair)]


def texts(pairs: list[Pair]) -> list[tuple[str, str]]:
    return [(pair.source.text, pair.target.text) for pair in pairs]


def sidecar(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.with_name(f"{path.name}.meta.json").read_text("utf-8"))
    return found


# -- score -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".tsv", ".jsonl", ".tmx", ".tsv.gz", ".jsonl.zst"])
def test_scores_come_back_from_every_format_that_holds_them(suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"out{suffix}"
    report = score_corpus(bitext(tmp_path), out)
    found = pairs_in(out)
    assert texts(found) == ROWS
    assert report.n_pairs == len(ROWS)
    for pair in found:
        alone = {name: value for name, value in pair.signals.items() if name not in ACROSS}
        assert alone == pytest.approx(signals_of(pair.source.text, pair.target.text), abs=1e-4)
    assert [pair.flags for pair in found] == [
        (),
        ("number_lost", "number_mismatch"),
        ("copied", "han_in_target"),
        ("url_lost",),
        ("loop",),
        ("empty_source",),
    ]
    assert report.flags == Counter(flag for pair in found for flag in pair.flags)
    assert sidecar(out)["signals"] == SCORE_VERSIONS | VERSIONS
    assert [item["origin"] for item in sidecar(out)["inputs"]] == [str(tmp_path / "in.tsv")]


def test_scoring_twice_gives_the_same_bytes_and_takes_back_what_no_longer_holds(tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    score_corpus(bitext(tmp_path), first)
    score_corpus(first, second)
    assert second.read_bytes() == first.read_bytes()
    stale = Pair(
        Span.unplaced("海"),
        Span.unplaced("sea"),
        None,
        {"urls_kept": 0.5, "alignment": 0.3},
        ("cut", "number_mismatch"),
    )
    again = scored(stale)
    assert again.flags == ("cut",)
    assert "urls_kept" not in again.signals
    assert again.signals["alignment"] == 0.3


def test_what_only_the_whole_corpus_tells_stays_where_one_pair_is_scored() -> None:
    text = Span.unplaced("今天天气很好。")
    known = Pair(
        text, Span.unplaced("Fine."), None, {"source_cluster": 3.0}, ("contaminated:wmt20", "duplicate", "loop")
    )
    again = scored(known)
    assert again.flags == ("contaminated:wmt20", "duplicate", "loop")
    assert again.signals["source_cluster"] == 3


def test_a_corpus_of_ours_keeps_its_signature_spans_scores_and_flags(tmp_path: Path) -> None:
    given, out = tmp_path / "ours.jsonl", tmp_path / "out.jsonl"
    source = Span("a.txt", 3, 1, 10, 16, "海南有280。", "海南有280。")
    target = Span("b.txt", 2, 0, 5, 12, "Hainan.", "Hainan.", 2)
    pair = Pair(source, target, -0.25, {"alignment": 0.5}, ("weak_link",))
    meta = RunMeta("model:x|beam:4", "0", signals={"loop": 3}, origin="machine")
    with open_writer(given, None, meta, columns_of([pair])) as writer:
        writer.write(pair)
    score_corpus(given, out)
    (found,) = pairs_in(out)
    assert (found.source, found.target, found.score) == (source, target, -0.25)
    assert found.flags == ("number_lost", "number_mismatch", "weak_link")
    assert found.signals["alignment"] == 0.5
    assert sidecar(out)["signature"] == "model:x|beam:4"
    assert sidecar(out)["signals"]["loop"] == 3
    assert sidecar(out)["target_origin"] == "machine"


def test_moses_is_read_and_not_written(tmp_path: Path) -> None:
    (tmp_path / "a.zh").write_text("海南\n省\n", encoding="utf-8")
    (tmp_path / "a.en").write_text("Hainan\nprovince\n", encoding="utf-8")
    score_corpus(tmp_path / "a.en", tmp_path / "out.tsv")
    assert texts(pairs_in(tmp_path / "out.tsv")) == [("海南", "Hainan"), ("省", "province")]
    assert len(sidecar(tmp_path / "out.tsv")["inputs"]) == 2
    assert sidecar(tmp_path / "out.tsv")["target_origin"] == "unknown"
    with pytest.raises(UsageError, match="moses has no place for signals and flags"):
        score_corpus(tmp_path / "a.zh", tmp_path / "out", format="moses")
    with pytest.raises(UsageError, match="both an input and the output"):
        filter_corpus(tmp_path / "a.zh", tmp_path / "a", (), format="moses")


@pytest.mark.parametrize("command", ["score", "filter"])
def test_a_bad_row_costs_one_row_and_the_exit_code_says_so(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bitext(tmp_path)
    path.write_text(path.read_text("utf-8") + "one cell\n", encoding="utf-8")
    out = tmp_path / "out.tsv"
    assert main([command, str(path), "-o", str(out)]) == 3
    assert capsys.readouterr().err.count(f"rejected {path}:8: 1 columns, expected 2 as in the header") == 1
    assert [item["origin"] for item in sidecar(out)["rejected"]] == [f"{path}:8"]


@pytest.mark.parametrize("command", ["score", "filter"])
def test_an_input_without_a_pair_leaves_the_previous_output(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.tsv"
    out.write_text("before", encoding="utf-8")
    assert main([command, str(bitext(tmp_path, [])), "-o", str(out)]) == 1
    assert "no pair in it" in capsys.readouterr().err
    assert main([command, str(tmp_path / "none.tsv"), "-o", str(out)]) == 1
    assert main([command, str(bitext(tmp_path)), "-o", str(tmp_path / "in.tsv")]) == 2
    assert out.read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.tsv", "out.tsv"]


def test_columns_have_any_names(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"translation": {"zh": "海南", "en": "Hainan"}}\n', encoding="utf-8")
    out = tmp_path / "out.tsv"
    named = ["--source-field", "translation.zh", "--target-field", "translation.en"]
    assert main(["score", str(path), "-o", str(out), "-q", *named]) == 0
    assert texts(pairs_in(out)) == [("海南", "Hainan")]


COPIES = [
    ("海南省与腾讯公司在海口签署了战略合作协议。", "Hainan Province signed a strategic agreement with Tencent."),
    ("毛超峰代表双方签约。", "Mao signed the contract."),
    ("海南省与腾讯公司在海口签署了战略合作协议!", "Hainan province signed a strategic agreement with Tencent"),
    (
        "海南省与腾讯公司在海口签署了一个战略合作协议。",
        "Hainan Province has signed a strategic agreement with Tencent.",
    ),
    ("海南省与腾讯公司在海口签署了战略合作协议。", "They agreed."),
    ("。", "."),
    ("。", "."),
]


def test_copies_are_flagged_and_the_first_one_is_named(tmp_path: Path) -> None:
    score_corpus(bitext(tmp_path, COPIES), tmp_path / "out.jsonl")
    found = pairs_in(tmp_path / "out.jsonl")
    assert [pair.flags for pair in found] == [(), (), ("duplicate",), ("near_duplicate",), (), (), ()]
    for name, expected in {
        "source_cluster": [0, None, 0, 0, 0, None, None],
        "target_cluster": [0, None, 0, 0, None, None, None],
        "source_repeats": [0, None, 1, None, 2, None, None],
        "target_repeats": [0, None, 1, None, None, None, None],
    }.items():
        assert [pair.signals.get(name) for pair in found] == expected, name
    assert all("length_z_corpus" in pair.signals for pair in found[:5])


def test_the_bytes_do_not_depend_on_the_number_of_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "_BATCH", 50)
    rows = [(f"{COPIES[n % 5][0]}{n % 150}", f"{COPIES[n % 5][1]} {n % 170}") for n in range(500)]
    given = bitext(tmp_path, rows)
    for n_workers in (1, 2):
        score_corpus(given, tmp_path / f"{n_workers}.jsonl", workers=n_workers)
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()
    assert sum("near_duplicate" in pair.flags for pair in pairs_in(tmp_path / "2.jsonl")) > 100


# -- filter ----------------------------------------------------------------------------------------------------------


def test_a_refused_pair_has_its_reason_its_value_and_all_the_others(tmp_path: Path) -> None:
    report = filter_corpus(bitext(tmp_path), tmp_path / "out.tsv", STANDARD)
    assert texts(pairs_in(tmp_path / "out.tsv")) == ROWS[:1]
    refused = [json.loads(line) for line in (tmp_path / "out.rejected.jsonl").read_text("utf-8").splitlines()]
    assert [(item["source"], item["reason"], item["value"]) for item in refused] == [
        ("一共280元。", "numbers", 0.0),
        ("海南。", "han", 1.0),
        ("详见网站www.a.cn。", "urls", 0.0),
        ("哈。", "repetition", 7.0),
        ("", "empty", 1.0),
    ]
    assert refused[1]["reasons"] == {"han": 1.0, "quality": pytest.approx(refused[1]["signals"]["quality"])}
    assert report.rejected == str(tmp_path / "out.rejected.jsonl")
    # Refused pairs are a bitext as well, with all their signals: nothing is lost.
    again = pairs_in(tmp_path / "out.rejected.jsonl")
    assert texts(again) == ROWS[1:]
    assert again[0].flags == ("number_lost", "number_mismatch")


def test_scored_or_not_the_same_pairs_pass(tmp_path: Path) -> None:
    path = bitext(tmp_path)
    score_corpus(path, tmp_path / "scored.jsonl")
    filter_corpus(path, tmp_path / "a.jsonl", STANDARD)
    filter_corpus(tmp_path / "scored.jsonl", tmp_path / "b.jsonl", STANDARD)
    for name in ("{}.jsonl", "{}.rejected.jsonl", "{}.waterfall.json"):
        assert (tmp_path / name.format("a")).read_bytes() == (tmp_path / name.format("b")).read_bytes()


def test_signals_of_another_version_are_told_and_computed_anew_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, out = tmp_path / "scored.jsonl", tmp_path / "out.jsonl"
    score_corpus(bitext(tmp_path), given)
    assert main(["filter", str(given), "-o", str(out), "-q"]) == 0
    assert capsys.readouterr().err == ""
    beside = given.with_name("scored.jsonl.meta.json")
    said = re.sub(r'"numbers_kept": \d+', '"numbers_kept": 7', beside.read_text("utf-8"))
    beside.write_text(said.replace('  "length_z_corpus": 1,\n', ""), encoding="utf-8")
    given.write_text(given.read_text("utf-8").replace('"numbers_kept": 0.0', '"numbers_kept": 1.0'), encoding="utf-8")
    assert main(["filter", str(given), "-o", str(out), "-q"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "no length_z_corpus" in line
    assert "numbers_kept of version 7" in line
    assert "--rescore" in line
    assert ROWS[1] in texts(pairs_in(out))
    assert main(["filter", str(given), "-o", str(out), "-q", "--rescore"]) == 0
    assert capsys.readouterr().err == ""
    assert ROWS[1] not in texts(pairs_in(out))
    assert sidecar(out)["signals"]["numbers_kept"] == VERSIONS["numbers_kept"]


SOME_RULES = (
    Rule("length", "length_ratio", 0.3, 1.5),
    Rule("numbers", flag="number_mismatch"),
    Rule("han", "han_share", high=0.2),
    Rule("kept", "numbers_kept", low=0.5),
)
SIDES = (
    st.sampled_from(["海南", "280元", "海", "十", "省", ""]),
    st.sampled_from(["Hainan", "280", "海", "ten", "x y z", ""]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    rows=st.lists(st.tuples(*[st.lists(side, max_size=4).map(" ".join) for side in SIDES]), min_size=1, max_size=12),
    rules=st.permutations(SOME_RULES).flatmap(lambda rules: st.integers(0, len(rules)).map(lambda n: tuple(rules[:n]))),
)
def test_all_pairs_are_there_in_order_and_the_counts_add_up(
    rows: list[tuple[str, str]], rules: tuple[Rule, ...], tmp_path: Path
) -> None:
    report = filter_corpus(bitext(tmp_path, rows), tmp_path / "out.jsonl", rules)
    kept, refused = pairs_in(tmp_path / "out.jsonl"), pairs_in(tmp_path / "out.rejected.jsonl")
    merged = sorted([*kept, *refused], key=lambda pair: pair.source.paragraph)
    assert texts(merged) == rows
    everything = [scored(pair) for pair in pairs_in(tmp_path / "in.tsv")]  # no rule asks for the whole corpus
    said = json.loads((tmp_path / "out.waterfall.json").read_text("utf-8"))
    assert said == report.waterfall.as_json()

    def count(pairs: list[Pair]) -> dict[str, int]:
        return {"pairs": len(pairs), "words": sum(count_words(pair.target.text) for pair in pairs)}

    assert (said["total"], said["kept"]) == (count(everything), count(kept))
    left = everything
    for rule, found in zip(rules, said["rules"], strict=True):
        others = [other for other in rules if other is not rule]
        assert found["name"] == rule.name
        assert found["alone"] == count([pair for pair in everything if rule.refuses(pair)])
        assert found["in_order"] == count([pair for pair in left if rule.refuses(pair)])
        assert found["only"] == count(
            [pair for pair in everything if rule.refuses(pair) and not any(other.refuses(pair) for other in others)]
        )
        left = [pair for pair in left if not rule.refuses(pair)]
    assert texts(left) == texts(kept)
    for unit in ("pairs", "words"):
        assert said["total"][unit] == said["kept"][unit] + sum(found["in_order"][unit] for found in said["rules"])


def test_a_rule_of_what_there_is_not_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = bitext(tmp_path)
    for rule in (Rule("a", "lenght_ratio", high=3), Rule("a", flag="lop")):
        with pytest.raises(UnknownNameError, match="Did you mean"):
            filter_corpus(path, tmp_path / "out.tsv", (rule,))
    assert [found.name for found in tmp_path.iterdir()] == ["in.tsv"]


def test_a_signal_or_a_flag_of_the_corpus_itself_can_be_a_rule(tmp_path: Path) -> None:
    given, out = tmp_path / "given.jsonl", tmp_path / "out.jsonl"
    rows = [
        row(Pair(Span("a", n, 0, None, None, "海", "海"), Span.unplaced("sea"), -n / 2, {"mine": n / 2}, flags))
        for n, flags in enumerate([(), ("later",), (), ()])
    ]
    given.write_text("".join(json.dumps(fields) + "\n" for fields in rows), encoding="utf-8")
    filter_corpus(
        given, out, (Rule("mine", "mine", high=1), Rule("later", flag="later"), Rule("s", "score", low=-0.75))
    )
    assert [pair.source.paragraph for pair in pairs_in(out)] == [0]


def test_refused_pairs_need_a_file_of_their_own(tmp_path: Path) -> None:
    path = bitext(tmp_path)
    with pytest.raises(UsageError, match="--rejected"):
        filter_corpus(path, "-", STANDARD, format="tsv")
    with pytest.raises(UsageError, match="--rejected"):
        filter_corpus(path, tmp_path / "out.tsv", STANDARD, rejected=tmp_path / "out.tsv")
    with pytest.raises(UsageError, match="both an input and the output"):
        filter_corpus(path, tmp_path / "out.tsv", STANDARD, rejected=path)
    with pytest.raises(OutputError, match="does not exist"):
        filter_corpus(path, tmp_path / "out.tsv", STANDARD, rejected=tmp_path / "none" / "x.jsonl")
    assert [found.name for found in tmp_path.iterdir()] == ["in.tsv"]


def test_all_files_appear_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.tsv"
    monkeypatch.setattr(Waterfall, "as_json", lambda _: (_ for _ in ()).throw(InputError("late")))
    with pytest.raises(InputError, match="late"):
        filter_corpus(bitext(tmp_path), out, STANDARD)
    assert [found.name for found in tmp_path.iterdir()] == ["in.tsv"]


@pytest.mark.parametrize(
    ("out", "fmt", "expected"),
    [
        ("out.tsv", None, {"out.tsv", "out.rejected.jsonl", "out.waterfall.json"}),
        ("out.tmx.gz", None, {"out.tmx.gz", "out.rejected.jsonl.gz", "out.waterfall.json"}),
        (
            "v1.2",
            "moses",
            {"v1.2.zh", "v1.2.en", "v1.2.ids", "v1.2.scores", "v1.2.rejected.jsonl", "v1.2.waterfall.json"},
        ),
    ],
)
def test_files_beside_the_output_are_named_after_it(
    out: str, fmt: str | None, expected: set[str], tmp_path: Path
) -> None:
    filter_corpus(bitext(tmp_path), tmp_path / out, STANDARD, format=fmt)
    found = {path.name for path in tmp_path.iterdir() if not path.name.endswith("meta.json")}
    assert found == {"in.tsv", *expected}
    if out.endswith(".gz"):
        assert gzip.decompress((tmp_path / "out.rejected.jsonl.gz").read_bytes()).count(b"\n") == 5


def test_the_command_prints_a_waterfall_and_a_preset_that_can_be_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["filter", "--preset", "strict", "--print-rules"]) == 0
    mine = tmp_path / "mine.yaml"
    mine.write_text(capsys.readouterr().out, encoding="utf-8")
    path, out = bitext(tmp_path), tmp_path / "out.tsv"
    assert (
        main(
            [
                "filter",
                str(path),
                "-o",
                str(out),
                "--rules",
                str(mine),
                "--set",
                "urls=off",
                "--set",
                "han=..1",
                "--set",
                "quality=off",
            ]
        )
        == 0
    )
    said = capsys.readouterr()
    assert said.out == ""
    assert "duizhao: kept 3 of 6 pairs (50.0%), 9 of 22 words" in said.err
    (line,) = re.findall("duizhao: numbers .*", said.err)
    assert line.split()[2:] == ["1", "5", "1", "5", "1", "5", "no", "flag", "number_mismatch"]
    assert main(["filter", str(path), "-o", str(out), "--rules", str(mine), "--preset", "none"]) == 2
    assert main(["filter", str(path)]) == 2
    capsys.readouterr()
    assert main(["filter", str(path), "-o", str(out), "--preset", "none", "-q"]) == 0
    assert capsys.readouterr().err == ""
    assert texts(pairs_in(out)) == ROWS


def test_a_filter_that_leaves_nothing_says_so(tmp_path, capsys):
    (tmp_path / "c.tsv").write_text("source\ttarget\n你好。\tHello.\n", "utf-8")
    command = ["filter", str(tmp_path / "c.tsv"), "-o", str(tmp_path / "o.tsv"), "--preset", "none"]
    assert main([*command, "--set", "length_z=99.."]) == 0
    assert "nothing is left: all pairs were refused" in capsys.readouterr().err
    assert main([*command, "--set", "length_z=..99"]) == 0
    assert "nothing is left" not in capsys.readouterr().err
