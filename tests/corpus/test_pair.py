"""Spans and pairs: what they say of sentences, and rows that come back as they went."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.pair import ALIGNED_FIELDS, FIELDS, PLAIN, SIGNAL, Columns, Pair, Span, columns_of, from_row, row
from translate.text.records import Sentence
from translate.text.segment import segment_text

NUMBERS = st.integers(0, 99)
TEXTS = st.text(max_size=8)
NAMES = st.text(min_size=1, max_size=8)
PLACED = st.builds(Span, NAMES, NUMBERS, NUMBERS, NUMBERS, NUMBERS, TEXTS, TEXTS, st.integers(0, 4))
UNKNOWN = st.builds(Span, NAMES, NUMBERS, NUMBERS, st.none(), st.none(), TEXTS, TEXTS)
SIGNALS = st.dictionaries(
    st.sampled_from(["length", "numbers", "loops"]), st.floats(-9, 9) | st.just(float("nan")), max_size=3
)
FLAGS = st.lists(st.sampled_from(["cut", "loop"]), unique=True).map(lambda flags: tuple(sorted(flags)))
PAIRS = st.builds(
    Pair,
    PLACED | UNKNOWN,
    PLACED | UNKNOWN | st.builds(Span.unplaced, TEXTS),
    st.none() | st.floats(-20, 0),
    SIGNALS,
    FLAGS,
)
quick = settings(max_examples=100, deadline=None)


@given(PAIRS)
@quick
def test_a_row_comes_back(pair: Pair) -> None:
    fields = json.loads(json.dumps(row(pair)))
    back = from_row(fields)
    assert (back.source, back.target, back.flags) == (pair.source, pair.target, pair.flags)
    assert row(back) == fields


@given(st.lists(PAIRS, max_size=4))
@quick
def test_columns_of_all_are_enough_for_each(pairs: list[Pair]) -> None:
    columns = columns_of(pairs)
    for pair in pairs:
        assert columns.hold(columns_of([pair]))
        back = from_row(row(pair, columns))
        assert row(back) == row(pair)
        assert back.target == pair.target


def test_a_translation_needs_no_further_columns() -> None:
    sentence = Sentence("d", 0, 1, 3, 5, "你好", "你好", ("mojibake",))
    pair = Pair.translated(sentence, "Hello", -0.5, ["cut"])
    assert columns_of([pair]) is PLAIN
    assert list(row(pair)) == [*FIELDS, "raw"]
    assert pair.flags == ("cut", "mojibake")
    assert (pair.target.is_placed, pair.target.doc_id, pair.id) == (False, "", "d:0:1")


def test_columns() -> None:
    assert Columns(aligned=True, signals=("length",)).names == (*FIELDS, *ALIGNED_FIELDS, f"{SIGNAL}length")
    assert not PLAIN.hold(Columns(aligned=True))
    assert not Columns(signals=("a",)).hold(Columns(signals=("a", "b")))
    assert Columns(aligned=True, signals=("a", "b")).hold(Columns(signals=("b",)))


def test_an_aligned_row_is_the_contract() -> None:
    source = Span("a.zh", 2, 0, 10, 16, "好。  对。", "好。对。", 2)
    target = Span("a.en", 1, 4, 20, 24, "Yes.", "Yes.")
    fields = row(Pair(source, target, None, {"length": 0.66666}, ()))
    assert fields["id"] == "a.zh:2:0+2"
    assert {name: fields[name] for name in [*ALIGNED_FIELDS, "target_raw", "signals"]} == {
        "source_sentences": 2,
        "target_doc": "a.en",
        "target_paragraph": 1,
        "target_sentence": 4,
        "target_sentences": 1,
        "target_start": 20,
        "target_end": 24,
        "target_raw": "Yes.",
        "signals": {"length": 0.6667},
    }


@pytest.mark.parametrize("joiner", ["", " "])
def test_a_span_over_sentences_is_the_slice_but_for_white_space(joiner: str) -> None:
    text = "\ufeff第一句。\u3000 第二句！\n\n第三句？　第四句"
    sentences = segment_text(text, doc_id="d")
    span = Span.over(sentences[1:], joiner=joiner)
    assert (span.start, span.end) == (sentences[1].start, sentences[-1].end)
    assert span.raw == "".join(" " if char.isspace() else char for char in text[span.start : span.end])
    assert span.text == joiner.join(["第二句！", "第三句？", "第四句"])
    assert (span.id, span.n_sentences) == ("d:0:1+3", 3)
    assert Span.over(sentences[:1], joiner=joiner) == Span.of(sentences[0])


def test_columns_of_two_files_hold_the_rows_of_both():
    one, other = Columns(signals=("a", "b"), license=True), Columns(aligned=True, signals=("c", "a"))
    both = one.merged(other)
    assert both == Columns(aligned=True, signals=("a", "b", "c"), license=True)
    assert both.hold(one)
    assert both.hold(other)
