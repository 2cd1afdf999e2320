"""Links between terms and stems: which are chosen, how a text is cut, what answers what."""

from __future__ import annotations

import gzip

from hypothesis import given
from hypothesis import strategies as st

from corpus.lexicon.counterparts import Counterparts, packaged_counterparts
from corpus.lexicon.stems import english_stems
from corpus.lexicon.word_table import PACKAGED, WordTable, packaged_table, parse_table

# 在 becomes mostly function words; 海 and 海南 begin alike; 1 of 200 is too rare; "ab" is too short to be content.
TABLE = parse_table(
    [
        "海南\t90\thainan 90 the 10\n",
        "海\t200\tsea 150 ocean 40 ab 9 rar 1\n",
        "在\t100\tin 70 stay 20 the 10\n",
        "洋\t10\tocean 4 2020 6\n",
        "岛\t1000\tisland 995 isle 5\n",
        "州\t50\tstate 30 isle 20\n",
    ]
)


def test_likely_content_words_are_linked_both_ways() -> None:
    links = Counterparts.of(TABLE)
    # rar is never anything but 海, so that it answers it, rare as it is: but it was not seen five times.
    assert links.terms == {
        "海南": {"hainan"},
        "海": {"sea", "ocean", "rar"},
        # isle is 岛 only once in two hundred times, but every fifth isle is a 岛.
        "岛": {"island", "isle"},
        "州": {"state", "isle"},
    }
    assert links.stems == {
        "hainan": {"海南"},
        "sea": {"海"},
        "ocean": {"海", "洋"},
        "stay": {"在"},
        "island": {"岛"},
        "isle": {"岛", "州"},
        "state": {"州"},
    }


def test_a_text_is_cut_into_the_longest_terms() -> None:
    links = Counterparts.of(TABLE, {ord("島"): "海"})
    assert links.cut("在海南洋，海abc") == ["在", "海南", "洋", "海"]
    assert links.cut("島南") == ["海南"]
    assert links.cut("南") == links.cut("") == []


def test_what_answers_what() -> None:
    links = Counterparts.of(TABLE)
    assert links.answered("在海南，海Linux与Windows", "Oceans stay with Linux in Hainan") == (
        [True, True, True, False],
        [True, True, True, True],
    )
    assert links.answered("海海南", "the sea") == ([True, False], [True])
    assert links.answered("在", "2020 ab of") == ([], [])


def test_the_packaged_table_reads_traditional_text_like_simplified() -> None:
    links = packaged_counterparts()
    assert links.cut("經濟與企業") == links.cut("经济与企业") == ["经济", "与", "企业"]
    assert not {chr(code) for code in links.simplified} & set("".join(links.names))


def test_the_packaged_file_is_what_its_table_renders() -> None:
    assert gzip.decompress(PACKAGED.read_bytes()).decode() == packaged_table().render()


@given(st.text(st.sampled_from("海南在洋島北a，"), max_size=12))
def test_both_cuttings_lose_no_term(text: str) -> None:
    """The likeliest cutting holds every Chinese character; the greedy one those that stand in a term."""
    likeliest = "".join(TABLE.cut(text))
    assert likeliest == "".join(char for char in text if char not in "a，")
    greedy = "".join(Counterparts.of(TABLE).cut(text))
    assert greedy == "".join(char for char in greedy if char in text)


def test_the_likeliest_cutting_is_the_cheapest_of_all() -> None:
    table = WordTable(TABLE.terms, TABLE.frequencies, TABLE.stems, TABLE.lexicon)
    # 海南 once costs less than 海 and then 南, which is no term.
    assert table.cut("海南海") == ["海南", "海"]
    assert table.cut("南海") == ["南", "海"]


def test_stems_are_of_the_same_kind_on_both_sides() -> None:
    stems = packaged_counterparts().stems
    assert all(english_stems(stem) for stem in stems)
    assert "government" in stems
    assert "the" not in stems
