"""A glossary is read from lines, and finds its terms from left to right, the longest at each place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.errors import InputError
from translate.text.glossary import Glossary, Term

TEXTS = st.text(st.sampled_from("海南省腾讯aB1 ，"), max_size=24)
TERMS = st.dictionaries(st.text(st.sampled_from("海南省腾讯aB1"), min_size=1, max_size=4), st.just("X"), max_size=6)


def found(glossary: Glossary, text: str) -> list[str]:
    return [each.term.source for each in glossary.find(text)]


def test_the_longest_term_is_found() -> None:
    glossary = Glossary.of([("海南", "Hainan"), ("海南省", "Hainan Province"), ("省", "province")])
    assert found(glossary, "海南省和海南，省") == ["海南省", "海南", "省"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("AI芯片", ["AI"]), ("OpenAI芯片", []), ("AI2", []), ("用AI。", ["AI"]), ("AI", ["AI"])],
)
def test_latin_terms_are_words_of_their_own(text: str, expected: list[str]) -> None:
    assert found(Glossary.of([("AI", "AI")]), text) == expected


@given(TERMS, TEXTS)
def test_terms_found_are_there_and_none_overlaps_another(terms: dict[str, str], text: str) -> None:
    end = 0
    for each in Glossary.of(terms.items()).find(text):
        assert each.start >= end
        assert text[each.start : each.end] == each.term.source
        end = each.end


def test_a_file_is_read_with_head_notes_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "terms.tsv"
    path.write_text("zh\ten\n腾讯\tTencent\tcompany\n\n 海南 \tHainan\n腾讯\tTencent\n", encoding="utf-8-sig")
    glossary = Glossary.read(path)
    assert glossary.terms == (Term("腾讯", "Tencent", "company"), Term("海南", "Hainan"))
    assert Glossary.parse(glossary.to_tsv()) == glossary


def test_the_digest_knows_the_terms_and_neither_their_order_nor_their_notes() -> None:
    one, other = Glossary.parse("甲\tA\tnote\n乙\tB"), Glossary.parse("乙\tB\n甲\tA")
    assert one.digest == other.digest != Glossary.parse("甲\tA").digest


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("腾讯 Tencent", "line 1: '腾讯 Tencent' is no term; expected Chinese, a tab, English"),
        ("甲\tA\n腾讯\t", "line 2"),
        ("甲\tA\n乙\tB\n甲\tC", "line 3: '甲' is 'C' here and 'A' in line 1; leave one of them"),
    ],
)
def test_what_is_no_glossary_is_said_with_its_line(text: str, says: str) -> None:
    with pytest.raises(InputError) as error:
        Glossary.parse(text, "g.tsv")
    assert says in str(error.value)


def test_a_file_that_cannot_be_read_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        Glossary.read(tmp_path / "none.tsv")
    (tmp_path / "gbk.tsv").write_bytes("腾讯\tTencent".encode("gbk"))
    with pytest.raises(InputError, match="not UTF-8"):
        Glossary.read(tmp_path / "gbk.tsv")
