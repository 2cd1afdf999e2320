"""Signals: each says the right number, stays in its range, and is on its page.

After a change of a signal run ``python tests/corpus/signals/test_signals.py`` to render the table anew.
"""

from __future__ import annotations

import re
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.signals.across import ACROSS
from corpus.signals.number_mismatch import number_mismatch
from corpus.signals.table import SIGNALS, signals_of
from translate.text.split import split

PAGE = Path(__file__).parents[3] / "docs" / "signals.md"
_TABLE = re.compile("(?<=<!-- signals -->\n).*?(?=<!-- end of signals -->)", re.DOTALL)


@pytest.mark.parametrize(
    ("name", "source", "target", "expected"),
    [
        ("empty_sides", "海南。", "Hainan.", 0),
        ("empty_sides", "……", "Hainan.", 1),
        ("empty_sides", "", " . ", 2),
        ("length_ratio", "海南是一个省。", "Hainan is a province.", 4 / 6),
        ("length_ratio", "海南是一个省。", "", 0),
        ("length_ratio", "。", "Hainan.", None),
        ("length_ratio", "iPhone 12 Pro 发布", "iPhone 12 Pro released", 4 / (2 + 3 * 1.6)),
        ("length_ratio", "他不知道", "He doesn’t know", 3 / 4),
        ("length_z", "一二三四五六七八", "one two three four five", 0),
        ("length_z", "好的。", "All right, then, my dear.", (5 - 2 / 1.6) / (0.45 * 5) ** 0.5),
        ("length_z", "。", "Hainan.", None),
        ("numbers_kept", "6.5亿人", "650 million people", 1),
        ("numbers_kept", "6.5亿人", "65 million people", 0),
        ("numbers_kept", "3月5日，30%", "March 5", 2 / 3),
        ("numbers_kept", "海南", "Hainan", None),
        ("numbers_extra", "海南", "30 Hainans in 2020", 2),
        ("numbers_extra", "百分之三十", "30 %", 0),
        ("numbers_extra", "1" * 20_001, "2", None),
        ("urls_kept", "见www.chinastory.cn。", "See www.chinastory.cn.", 1),
        ("urls_kept", "见www.chinastory.cn。", "See www.chinastry.cn.", 0),
        ("urls_kept", "见visa.visitsaudi.com申请", "Apply at service.visitsaudi.com", 0),
        ("urls_kept", "见https://a.cn/b?c=1，或写信给li@b.com。", "See https://a.cn/b?c=1 or write.", 0.5),
        ("urls_kept", "用Node.js写的", "Written in Node.js", None),
        ("names_kept", "MATANGI网站与GDP", "the MATTANGI site and gdp", 0.5),
        ("names_kept", "ＩＴ业", "the IT business", 1),
        ("names_kept", "IT业", "with it all", 1),
        ("names_kept", "IT业", "with all", 0),
        ("names_kept", "两个VIP", "two VIPs", 1),
        ("names_kept", "COVID19", "COVID-19", 1),
        ("names_kept", "5km", "five kilometres", None),
        ("names_kept", "见www.a.cn", "see", None),
        ("names_kept", "Hello", "Hello", None),
        ("han_share", "海南", "Hainan 海", 1 / 7),
        ("han_share", "海南", "Hainan \U00020000", 1 / 7),
        ("han_share", "海南", "123", None),
        ("latin_share", "是Edward", "It is Edward", 6 / 7),
        ("latin_share", "海南", "Hainan", 0),
        ("latin_share", "123", "Hainan", None),
        ("english_share", "海南", "It's a province in the sea", 1),
        ("english_share", "海南", "Wir fahren nach Bayern, c’est la vie", 0),
        ("english_share", "海南", "The Kljukva works", 2 / 3),
        ("english_share", "用Kljukva", "the kljukva works", 1),
        ("english_share", "用Kljukva", "Kljukva", None),
        ("english_share", "海南", "Ürümqi and München", 1 / 3),
        ("english_share", "海南", "123", None),
        ("hant_share", "這是經濟", "", 1),
        ("hant_share", "这是经济", "", 0),
        ("hant_share", "这个經理", "", 1 / 3),
        ("hant_share", "海南", "這", None),
        ("repetition", "海南", "of the Carabinieri of the Carabinieri of the Carabinieri", 3),
        ("repetition", "哈哈哈", "ha ha ha", 1),
        ("repetition", "不", "NOOOOOOOOOO", 10),
        ("repetition", "海南……", "Hainan ......", 1),
        ("repetition", "哈哈哈", "no", 1),
        ("fluency", "海南", "Oh no", None),
        ("fluency", "海南", "a " * 10_001, None),
        ("open_end", "海南。", "Hainan.", 0),
        ("open_end", "海南。", "Hainan", 1),
        ("open_end", "“海南？”", "“Hainan?” ", 0),
        ("open_end", "（海南！）", "(Hainan,", 1),
        ("open_end", "海南……", "Hainan...", 0),
        ("open_end", "海南：", "Hainan", None),
        ("open_end", "海南。", "as follows:", 0),
        ("unbalanced", "他说：“好。”", "He said: “Fine.”", 0),
        ("unbalanced", "他说：“好。", "He said: “Fine.", 0),
        ("unbalanced", "他说：“好。”", "He said: “Fine.", 1),
        ("unbalanced", "他说：“好。”", 'He said: "Fine.', 1),
        ("unbalanced", "他说：“好。”", 'He said: "Fine."', 0),
        ("unbalanced", "（今）", "today)(", 2),
        ("unbalanced", "（今）", "(today)", 0),
        ("unbalanced", "1）海南", "Hainan", 0),
        ("unbalanced", "海南；b）省", "Hainan, b) a province", 0),
        ("unbalanced", "海南）省", "Hainan", 1),
        ("unbalanced", "《a（b》c）", "a (b c)", 0),
        ("sentence_difference", "来了。走了。", "He came. He went.", 0),
        ("sentence_difference", "来了，走了。", "Mr. Li came at 3.5 km. He went.", 1),
        ("sentence_difference", "来了。走了。", "He came", -1),
        ("sentence_difference", "来了。", " ", -1),
        ("sentence_difference", "他说：“来了。走了。”", "He said: “He came, and went.”", 0),
        # 政府 经济 企业 are content words; 的 and 在 are none.
        ("source_coverage", "在政府的企业", "in the government’s companies", 1),
        ("source_coverage", "政府、经济、企业", "The government.", 1 / 3),
        ("source_coverage", "政府、經濟、企業", "The economy.", 1 / 3),
        ("source_coverage", "政府用Kubernetes", "Kubernetes", 1 / 2),
        ("source_coverage", "的在，", "The government.", None),
        ("source_coverage", "政府" * 10_001, "The government.", None),
        ("target_coverage", "政府", "The government’s economy", 1 / 2),
        ("target_coverage", "政府的经济", "The government’s economy", 1),
        ("target_coverage", "用Kubernetes", "with Kubernetes and Kubernetes", 1),
        ("target_coverage", "政府", "of the", None),
        ("target_coverage", "政府", "government " * 2_000, None),
        ("source_gap", "企业、政府、经济、政府、企业", "The company.", 3),
        ("source_gap", "经济、企业、政府、政府", "The company.", 2),
        ("source_gap", "企业", "The company.", 0),
        ("source_gap", "的", "The company.", None),
        ("target_gap", "政府", "The government’s company, economy and company, a government, a company.", 3),
        ("target_gap", "政府", "The government.", 0),
        ("target_gap", "政府", "of it", None),
    ],
)
def test_a_signal_says(name: str, source: str, target: str, expected: float | None) -> None:
    assert SIGNALS[name].function(source, target) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("6.5亿", "650 million", False),
        ("6.5亿", "65 million", True),
        ("海南", "30 Hainans", True),
        ("海", "sea", False),
    ],
)
def test_numbers_that_do_not_agree_are_a_mismatch(source: str, target: str, expected: bool) -> None:
    assert number_mismatch(source, target) is expected


TEXTS = st.text(st.sampled_from("海南十百年月日。，“”（）()\"'aB3. 5%@/:wＡ０\n\U00020000"), max_size=40) | st.text(
    max_size=30
)


@given(TEXTS, TEXTS)
@example("", "")
def test_signals_stay_in_their_ranges_and_depend_on_the_two_texts_alone(source: str, target: str) -> None:
    found = signals_of(source, target)
    for name, value in found.items():
        assert isfinite(value)
        assert SIGNALS[name].low <= value <= SIGNALS[name].high
    signals_of(target, source)
    assert signals_of(source, target) == found
    assert "empty_sides" in found


@given(st.text(st.sampled_from("海南说下如。！？.!?…”\"'）) ：:aB3\t\n，☆《“—"), max_size=12))
@example("原因如下：它们重新，而不。")
@example('"She cried"?""')
def test_sentences_are_counted_as_the_splitter_has_them(text: str) -> None:
    expected = len(split(text, quotes="keep", max_length=1 << 40)) if text.strip() else 0
    assert SIGNALS["sentence_difference"].function("", text) == expected


def render() -> str:
    lines = ["| signal | version | unit | range | |", "|---|---|---|---|---|"]
    for signal in SIGNALS.values():
        low, high = (f"{bound:g}".replace("-inf", "…").replace("inf", "…") for bound in (signal.low, signal.high))
        name = f"[`{signal.name}`](#{signal.name})"
        lines.append(f"| {name} | {signal.version} | {signal.unit} | {low} to {high} | {signal.meaning} |")
    return "\n".join(lines) + "\n"


def test_the_page_lists_the_signals_there_are_and_explains_each() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert _TABLE.findall(page) == [render()], "run python tests/corpus/signals/test_signals.py"
    assert set(re.findall(r"^### (\w+)$", page, re.MULTILINE)) == {*SIGNALS, *ACROSS}


def test_a_signal_is_named_as_it_is_in_the_table() -> None:
    for name, signal in SIGNALS.items():
        assert name == signal.name == signal.function.__name__
        assert signal.version >= 1


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda _: render(), text), encoding="utf-8")
