"""Terms and spans on their way: English or a name in their place, and back."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.engines.base import DecodeOptions, Hypothesis, Required
from translate.engines.fake import FakeEngine
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.masking import mask
from translate.pipeline.translation import Translation
from translate.pipeline.translator import Translator
from translate.text.terminology import Terminology, lost

ANY = Terminology.of({"腾讯": "Tencent", "卡": "card", "海南": "Hainan"}, "default")


class Writer(FakeEngine):
    """Writes what it is told to for a source, and remembers what was required."""

    def __init__(self, **answers: str) -> None:
        super().__init__()
        self.answers = answers
        self.required: list[Sequence[Required]] = []

    def submit(
        self,
        sentences: Sequence[str],
        max_length: int | None = None,
        required: Sequence[Sequence[Required]] | None = None,
    ) -> Future[list[Hypothesis]]:
        self.required += required or ()
        self.batches.append(list(sentences))
        done: Future[list[Hypothesis]] = Future()
        done.set_result([Hypothesis(self.answers.get(text, f"{text}."), -0.5, 9, "eos") for text in sentences])
        return done


def make(terminology: Terminology = ANY, **answers: str) -> Translator:
    model = LocalModel(get_spec("zh-en-mini"), Path())
    return Translator(Writer(**answers), model, DecodeOptions(), terminology=terminology)


def tried(of: Translation) -> list[str]:
    return [attempt.kind.value for attempt in of.attempts]


def test_a_sentence_of_which_nothing_is_asked_is_as_without() -> None:
    with make() as translator, make(Terminology()) as plain:
        assert translator.translate_sentences(["你好。"]) == plain.translate_sentences(["你好。"])


def test_a_translation_that_has_its_terms_is_left_alone() -> None:
    with make(腾讯好="Tencent is good.") as translator:
        (found,) = translator.translate_sentences(["腾讯好"])
        assert (found.text, tried(found)) == ("Tencent is good.", ["plain"])
        assert isinstance(translator.engine, Writer)
        assert not translator.engine.required


def test_a_term_that_is_lost_stands_in_the_source_in_english_and_is_required() -> None:
    with make(腾讯好="He is good.") as translator:
        (found,) = translator.translate_sentences(["腾讯好"])
        assert (found.text, tried(found)) == ("Tencent好.", ["plain", "terms"])
        assert isinstance(translator.engine, Writer)
        assert translator.engine.required == [(Required("Tencent"),)]


def test_a_term_that_comes_out_changed_has_a_name_instead() -> None:
    with make(腾讯好="He.", Tencent好="Tencents are good.", X1好="X1 is good.") as translator:
        (found,) = translator.translate_sentences(["腾讯好"])
        assert (found.text, tried(found)) == ("Tencent is good.", ["plain", "terms", "names"])


def test_a_span_that_is_lost_has_a_name_and_comes_back() -> None:
    with make(**{"见#话题#吧": "See # topic #.", "见X1吧": "See x1 then."}) as translator:
        (found,) = translator.translate_sentences(["见#话题#吧"])
        assert (found.text, tried(found)) == ("See #话题# then.", ["plain", "terms"])


def test_a_span_whose_name_is_lost_is_put_in() -> None:
    with make(**{"见#话题#，然后走": "See it.", "见X1，然后走": "See, then go."}) as translator:
        (found,) = translator.translate_sentences(["见#话题#，然后走"])
        assert found.text == "See #话题#, then go."


def test_a_sentence_of_spans_alone_is_copied() -> None:
    with make() as translator:
        assert translator.translate_sentences(["#话题#", "@张伟 #海南#"]) == [
            Translation("#话题#"),
            Translation("@张伟 #海南#"),
        ]


def test_names_are_none_that_stand_in_the_source() -> None:
    text = "X1和#话题#和腾讯"
    masked = mask(text, ANY.asked(text), terms=True)
    assert masked.text == "Z1和Z2和Z3" or masked.text == "X1和Z1和Z2"
    assert masked.restored(masked.text, masked.text) == "X1和#话题#和Tencent"


def test_english_words_do_not_run_together() -> None:
    text = "GPU卡海南"
    assert mask(text, ANY.asked(text), terms=False).text == "GPU card Hainan"


def test_what_is_required_of_a_piece_is_what_stands_in_it() -> None:
    text = "腾讯在海南，见{a}。"
    masked = mask(text, ANY.asked(text), terms=False)
    assert masked.required(masked.text) == (Required("Tencent"), Required("Hainan"), Required("X1"))
    assert masked.required("Hainan，") == (Required("Hainan"),)


TEXTS = st.lists(st.sampled_from(["腾讯", "海南", "{a}", "#话题#", "你", "，", "X1", "x2 ", "卡", " "]), max_size=12)


@given(TEXTS, st.booleans())
def test_what_a_faithful_model_copies_comes_back_whole(parts: list[str], terms: bool) -> None:
    text = "".join(parts)
    asked = ANY.asked(text)
    masked = mask(text, asked, terms=terms)
    assert lost(asked, text, masked.restored(masked.text, masked.text)) == ()


@given(TEXTS)
def test_no_span_is_lost_whatever_the_model_does(parts: list[str]) -> None:
    text = "".join(parts)
    asked = [each for each in ANY.asked(text) if each.is_span]
    masked = mask(text, asked, terms=False)
    assert lost(asked, text, masked.restored(masked.text, "Something else, and more.")) == ()


def test_two_with_other_terms_share_an_engine() -> None:
    with make(腾讯好="He is good.") as translator:
        other = translator.using(Terminology.of({"腾讯": "QQ"}))
        assert other.engine is translator.engine
        assert [each.text for each in other.translate_sentences(["腾讯好"])] == ["QQ好."]
        assert [each.text for each in translator.translate_sentences(["腾讯好"])] == ["Tencent好."]
        assert other.decoding == translator.decoding
        assert other.signature != translator.signature


@pytest.mark.parametrize("inflected", [False, True])
def test_an_ending_is_asked_for_only_where_it_is_free(inflected: bool) -> None:
    with make(replace(ANY, inflected=inflected), 卡好="He.", card好="cards are good.") as translator:
        (found,) = translator.translate_sentences(["卡好"])
        assert (found.text == "cards are good.") is inflected


@pytest.mark.parametrize(
    ("english", "given"), [("Hainan", "Hainan好"), ("island", "海南好"), ("big island", "big island好")]
)
def test_names_and_terms_of_several_words_stand_in_english_and_common_words_are_required(
    english: str, given: str
) -> None:
    wanted = Terminology.of({"海南": english})
    with make(wanted, **{"海南好": "It is good."}) as translator:
        translator.translate_sentences(["海南好"])
        assert isinstance(translator.engine, Writer)
        assert translator.engine.batches[1] == [given]
        assert translator.engine.required[0] == (Required(english),)
