from __future__ import annotations

import json
import lzma
import random
from pathlib import Path

import pytest

from corpus.signals.keys import key
from recipes.zh_en_mini.augment import KINDS, joined, number_phrases
from recipes.zh_en_mini.contamination import Overlap
from recipes.zh_en_mini.duplicates import Seen
from recipes.zh_en_mini.prepare import PrepareSettings, prepare
from recipes.zh_en_mini.prepare import main as prepare_main
from recipes.zh_en_mini.sources import Pair, Source, choose, read_folder, read_pairs, read_sources
from translate.text.numbers import numbers_kept

LONG_ZH = "昨天下午，中国国家统计局公布了今年第三季度的经济数据，引起了广泛的关注和讨论。"
LONG_EN = "Yesterday afternoon the National Bureau of Statistics published the figures of the third quarter."


def test_copies_and_near_copies_are_found() -> None:
    seen = Seen()
    assert seen.copy_of(LONG_ZH, LONG_EN) is None
    assert seen.copy_of(LONG_ZH.replace("，", ","), LONG_EN.upper()) == "copy"
    assert seen.copy_of(LONG_ZH + "了", LONG_EN + " Also") == "near_copy"
    # Another translation of the same sentence is worth keeping.
    assert seen.copy_of(LONG_ZH, "The statistics office gave its quarterly numbers yesterday.") is None


def test_of_pairs_that_differ_in_digits_two_are_kept() -> None:
    seen = Seen()
    found = [seen.copy_of(f"第{i}章的内容说明", f"Notes on chapter {i}") for i in range(1, 5)]
    assert found == [None, None, "near_copy", "near_copy"]


def test_overlap_is_found_on_either_side_and_in_parts() -> None:
    tests = Overlap([LONG_ZH], [LONG_EN])
    assert tests.holds(LONG_ZH, "Something else entirely.")
    assert tests.holds("别的内容。", LONG_EN.lower())
    assert tests.holds("据报道，" + LONG_ZH, "Something else entirely.")
    assert not tests.holds("今天天气很好。", "The weather is nice.")


def test_unclear_sources_are_left_out_unless_named(data: Path) -> None:
    sources = read_sources(data / "SOURCES.tsv")
    assert set(choose(sources)) == {"paper", "manual"}
    assert set(choose(sources, ["film"])) == {"paper", "manual", "film"}
    with pytest.raises(ValueError, match="'paper' is no source of unclear licence"):
        choose(sources, ["paper"])


def test_nothing_held_out_is_trained_on(data: Path) -> None:
    sources = choose(read_sources(data / "SOURCES.tsv"))
    settings = PrepareSettings(n_dev=20, n_phrases=10, rates={})
    prepared = prepare(read_pairs(data / "train.tsv"), sources, Overlap([], []), settings)
    assert {sources[pair.source].group for pair in prepared.dev} == {"news", "docs"}
    assert not {key(pair.zh) for pair in prepared.dev} & {key(pair.zh) for pair in prepared.train}
    assert not {key(pair.en) for pair in prepared.dev} & {key(pair.en) for pair in prepared.train}
    assert all(pair.source != "film" for pair in prepared.train)


def test_the_same_settings_give_the_same_pairs_with_any_number_of_workers(data: Path) -> None:
    sources = choose(read_sources(data / "SOURCES.tsv"))
    settings = PrepareSettings(n_dev=10, n_phrases=10)
    one, two = (
        prepare(read_pairs(data / "train.tsv"), sources, Overlap([], []), settings, n_workers=n) for n in (1, 2)
    )
    assert one == two


def test_the_report_accounts_for_every_pair(made: Path) -> None:
    report = json.loads((made / "prepared" / "prepare.json").read_text(encoding="utf-8"))
    for count in report["sources"].values():
        n_dropped = sum(n for reason, n in count.items() if reason not in ("read", "kept"))
        assert count["kept"] + n_dropped <= count["read"] <= count["kept"] + n_dropped + report["n_dev"] + 200


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_augmented_pairs_keep_their_numbers_on_both_sides(kind: str) -> None:
    rng = random.Random(1)
    original = Pair("Linus 2019年花280万买3,456台。", "Linus bought 3,456 for 2.8 million in 2019.", "a")
    tries = [KINDS[kind](original, rng) for _ in range(20)]
    assert any(tries)
    for made in filter(None, tries):
        assert made != original
        found, n_numbers = numbers_kept(made.zh, made.en)
        assert found == n_numbers >= 2


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("出口跌到一天280 万桶。", "Exports fell to 2.8 million barrels a day."),
        ("花了£1.65亿英镑。", "It cost £165million."),
        ("至少3.5万人。", "At least 35,000 people."),
    ],
)
def test_another_amount_is_said_in_full(zh: str, en: str) -> None:
    made = [KINDS["amounts"](Pair(zh, en, "a"), random.Random(seed)) for seed in range(100)]
    texts = {pair.en for pair in made if pair is not None}
    assert len(texts) > 50
    assert any("million" in text for text in texts)
    assert any(",000" in text for text in texts)
    assert any("billion" in text for text in texts)
    for pair in filter(None, made):
        assert numbers_kept(pair.zh, pair.en) == (1, 1), pair


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("有280万人，又有280万人。", "There are 2.8 million people, and 2.8 million."),
        ("有280万人。", "There are 2,800 people."),
        ("有280万亿元。", "There are 280 trillion yuan."),
        ("有280多人。", "There are over 280 people."),
        ("有200万至300万人。", "There are 2 to 3 million people."),
    ],
)
def test_an_amount_that_stands_twice_or_differs_is_left_alone(zh: str, en: str) -> None:
    assert all(KINDS["amounts"](Pair(zh, en, "a"), random.Random(seed)) is None for seed in range(20))


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("约10多万人。", "About 100,000 people."),
        ("第21届。", "The 21st."),
        ("20多岁。", "In his 20s."),
        ("涨了15个百分点。", "It rose from 15.5 by 15.7."),
    ],
)
def test_a_number_that_is_part_of_another_word_is_left_alone(zh: str, en: str) -> None:
    assert all(KINDS["numbers"](Pair(zh, en, "a"), random.Random(seed)) is None for seed in range(20))


def test_joined_pairs_are_whole_sentences_in_order() -> None:
    pairs = [Pair(f"今天的第{i}句话说到这里。", f"The sentence number {i} of today.", "a") for i in range(20)]
    pairs.append(Pair("没有句号的一个标题在此", "A heading without a stop", "a"))
    made = list(joined(pairs, 50, 1, longest=40))
    assert len(made) == 50
    by_zh = {pair.zh: pair.en for pair in pairs}
    for pair in made:
        parts = [part + "。" for part in pair.zh.split("。")[:-1]]
        assert len(parts) in (2, 3)
        assert len(pair.zh) <= 40
        assert pair.en == " ".join(by_zh[part] for part in parts)
    assert list(joined(pairs[-1:], 5, 1)) == []


def test_number_phrases_are_right() -> None:
    for pair in number_phrases(1000, 1):
        found, n_numbers = numbers_kept(pair.zh.replace("点", ":").replace("分", ""), pair.en)
        assert found == n_numbers, pair


def test_all_files_of_a_folder_are_read_the_first_one_first(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"it should hold train\.tsv\.xz"):
        list(read_folder(tmp_path))
    for name in ("train-10", "train-2", "train"):
        with lzma.open(tmp_path / f"{name}.tsv.xz", "wt", encoding="utf-8") as file:
            file.write(f"第一\tfirst of {name}\ta\n第二\tsecond of {name}\ta\n")
    found = [pair.en for pair in read_folder(tmp_path)]
    assert found == [f"{which} of {name}" for name in ("train", "train-2", "train-10") for which in ("first", "second")]


def test_a_share_of_a_source_is_used_the_same_one_each_time(data: Path) -> None:
    sources = choose(read_sources(data / "SOURCES.tsv"))
    settings = PrepareSettings(n_dev=0, n_phrases=0, rates={}, joined=0.0, shares={"paper": 0.3})
    one, two = (
        prepare(pairs, sources, Overlap([], []), settings)
        for pairs in (list(read_pairs(data / "train.tsv")), list(read_pairs(data / "train.tsv"))[::-1])
    )
    assert 60 < one.counts["paper"]["read"] < 120
    assert one.counts["manual"]["read"] == 300
    assert one.counts["paper"]["read"] == two.counts["paper"]["read"]


def test_a_share_of_an_unknown_source_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--data", str(data), "--tests", str(data / "tests"), "--out", "nowhere", "--share", "papre=0.5"]
    with pytest.raises(SystemExit):
        prepare_main(options)
    assert "no source 'papre'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("domain", "group"),
    [
        ("news/general", "news"),
        ("encyclopedic (star lore)", "news"),
        ("news posts and user docs", "docs"),
        ("technology news and interviews (blog)", "prose"),
        ("tech news/essays", "prose"),
        ("dictionary entries", "terms"),
    ],
)
def test_a_domain_says_what_a_source_is_weighted_as(domain: str, group: str) -> None:
    assert Source("a", 1, domain, "", "", "open").group == group
