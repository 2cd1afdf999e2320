"""The translator gives one translation for each sentence, in order, and says what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.signals.flags import flags_of_decoding, flags_of_texts
from translate.engines.base import DecodeOptions, Hypothesis
from translate.engines.fake import FakeEngine, FakePlan
from translate.errors import EngineError, ModelFallbackWarning
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translation import AttemptKind, Translation
from translate.pipeline.translator import Translator
from translate.text.ascii import in_ascii
from translate.text.records import Sentence


def make(plan: FakePlan | None = None, max_tokens: int = 512, whole: int = 192) -> Translator:
    engine = FakeEngine(plan=plan)
    engine.max_source_tokens = max_tokens
    model = LocalModel(get_spec("zh-en-mini"), Path())
    model = replace(model, spec=replace(model.spec, whole=whole))
    return Translator(engine, model, DecodeOptions(beam_size=1))


def flags(of: Translation) -> tuple[str, ...]:
    """What a corpus will say of it, but for the Chinese that the fake engine leaves in everything."""
    return tuple(sorted({*flags_of_decoding(of), *flags_of_texts(of.source, of.text)} - {"han_in_target"}))


@pytest.fixture
def translator() -> Iterator[Translator]:
    with make() as translator:
        yield translator


def test_texts_of_several_sentences_come_back_as_one_text(translator: Translator) -> None:
    assert translator.translate(["你好。再见。", "", "  ", "第一行。\n\n第三行。"]) == [
        "EN(你好。)[3] EN(再见。)[3]",
        "",
        "",
        "EN(第一行。)[4]\n\nEN(第三行。)[4]",
    ]


@given(st.lists(st.text(st.sampled_from("你我他。，x1 "), max_size=20), max_size=40))
@settings(max_examples=50)
def test_one_translation_for_each_sentence_in_order(sentences: list[str]) -> None:
    with make() as translator:
        translations = translator.translate_sentences(sentences)
    for sentence, translation in zip(sentences, translations, strict=True):
        if any(char in sentence for char in "你我他"):
            assert translation.text == f"EN({sentence})[{len(sentence)}]"
        else:
            assert translation == Translation(sentence)
            assert (translation.text, translation.score) == (in_ascii(sentence), None)
            assert flags(translation) == (("copied",) if sentence else ())


def test_identical_sentences_are_decoded_once(translator: Translator) -> None:
    assert len({t.text for t in translator.translate_sentences(["好的"] * 9)}) == 1
    assert isinstance(translator.engine, FakeEngine)
    assert translator.engine.batches == [["好的"]]


def test_what_has_nothing_to_translate_is_copied(translator: Translator) -> None:
    texts = ["——", "2015", "https://example.org/?a=1", "Hello, world.", "これは日本語です。", "안녕하세요, 여러분."]
    assert translator.translate_sentences(texts) == [Translation(text) for text in texts]


def test_a_sentence_over_the_budget_is_cut_translated_in_pieces_and_flagged() -> None:
    with make(max_tokens=12) as translator:
        (translation,) = translator.translate_sentences(["海南与腾讯签约，双方深化合作；前景广阔。"])
    assert flags(translation) == ("cut",)
    assert translation.text == "EN(海南与腾讯签约，)[8] EN(双方深化合作；)[7] EN(前景广阔。)[5]"


def whole(text: str) -> Callable[[str], bool]:
    return lambda source: source == text


TWO_CLAUSES = "海南与腾讯签约，双方深化合作。"


def test_a_loop_is_retried_in_smaller_pieces_and_the_better_attempt_is_kept() -> None:
    with make(FakePlan(loop=whole(TWO_CLAUSES))) as translator:
        (translation,) = translator.translate_sentences([TWO_CLAUSES])
    assert translation.text == "EN(海南与腾讯签约，)[8] EN(双方深化合作。)[7]"
    assert flags(translation) == ("cut", "length_cap", "loop", "rescued", "retried")


def test_an_empty_output_is_retried_and_the_flag_stays() -> None:
    with make(FakePlan(empty=whole(TWO_CLAUSES))) as translator:
        (translation,) = translator.translate_sentences([TWO_CLAUSES])
    assert translation.text
    assert flags(translation) == ("cut", "empty_target", "rescued", "retried")


TWO_NUMBERS = "东区投资280元，西区投资35元。"


def test_a_lost_number_is_looked_for_in_smaller_pieces() -> None:
    with make(FakePlan(lose=whole(TWO_NUMBERS))) as translator:
        (translation,) = translator.translate_sentences([TWO_NUMBERS])
    assert translation.text == "EN(东区投资280元，)[9] EN(西区投资35元。)[8]"
    assert flags(translation) == ("cut", "rescued", "retried")


def test_the_attempt_that_loses_fewer_numbers_is_kept() -> None:
    with make(FakePlan(lose=lambda source: "280" in source)) as translator:
        (translation,) = translator.translate_sentences([TWO_NUMBERS])
    assert "35元" in translation.text
    assert "280" not in translation.text
    assert flags(translation) == ("cut", "number_lost", "retried")


def test_a_lost_number_is_better_than_a_loop() -> None:
    plan = FakePlan(lose=whole(TWO_NUMBERS), loop=lambda source: source != TWO_NUMBERS)
    with make(plan) as translator:
        (translation,) = translator.translate_sentences([TWO_NUMBERS])
    assert translation.text == "EN(东区投资元，西区投资元。)[]"
    assert flags(translation) == ("number_lost", "retried")


def test_where_no_number_is_found_again_the_whole_translation_stays() -> None:
    with make(FakePlan(lose=lambda source: True)) as translator:
        (translation,) = translator.translate_sentences([TWO_NUMBERS])
    assert translation.text == "EN(东区投资元，西区投资元。)[]"
    assert flags(translation) == ("number_lost", "retried")


def test_what_halves_do_not_cure_quarters_may() -> None:
    text = "东区投资好大一笔钱款，西区投资35元；南区投资好多的钱款，北区投资60元。"
    with make(FakePlan(lose=lambda source: len(source) > 15)) as translator:
        (translation,) = translator.translate_sentences([text])
    assert translation.text.count("EN(") == 4
    assert flags(translation) == ("cut", "rescued", "retried")
    assert isinstance(translator.engine, FakeEngine)
    assert [len(batch) for batch in translator.engine.batches] == [1, 3, 4]


AMOUNTS = "去年东区投资280万元，今年西区投资35亿元。"
IN_DIGITS = "去年东区投资2,800,000元，今年西区投资3,500,000,000元。"


def test_a_lost_amount_is_looked_for_in_digits_before_the_sentence_is_cut() -> None:
    with make(FakePlan(lose=lambda source: "万" in source)) as translator:
        (translation,) = translator.translate_sentences([AMOUNTS])
    assert translation.text == f"EN({IN_DIGITS})[{len(IN_DIGITS)}]"
    assert flags(translation) == ("rescued", "retried")


def test_a_lost_amount_in_digits_may_have_to_be_cut_as_well() -> None:
    with make(FakePlan(lose=lambda source: "280万" in source or len(source) > 22)) as translator:
        (translation,) = translator.translate_sentences(["东区投资280万元，西区在1999年投资35元。"])
    assert translation.text == "EN(东区投资2,800,000元，)[15] EN(西区在1999年投资35元。)[14]"
    assert flags(translation) == ("cut", "rescued", "retried")


def test_where_digits_bring_nothing_the_sentence_stays_as_it_was() -> None:
    with make(FakePlan(lose=lambda source: True)) as translator:
        (translation,) = translator.translate_sentences(["去年投资280万元。"])
    assert (translation.text, translation.score) == ("EN(去年投资万元。)[]", -0.5)
    assert flags(translation) == ("number_lost", "retried")


def test_a_loop_is_rescued_though_a_number_is_lost() -> None:
    plan = FakePlan(loop=whole(TWO_NUMBERS), lose=lambda source: "280" in source)
    with make(plan) as translator:
        (translation,) = translator.translate_sentences([TWO_NUMBERS])
    assert translation.text == "EN(东区投资元，)[] EN(西区投资35元。)[8]"
    assert flags(translation) == ("cut", "length_cap", "loop", "number_lost", "rescued", "retried")


def test_no_word_is_cut_for_the_sake_of_a_number() -> None:
    text = "在岛西不远之处的那海面上有12艘船正在等着风停下来好进港里面去"
    with make(FakePlan(lose=whole(text))) as translator:
        (translation,) = translator.translate_sentences([text])
    assert flags(translation) == ("number_lost",)


def test_a_model_may_ask_for_shorter_pieces_and_the_signature_says_so() -> None:
    with make(whole=192) as long, make(whole=12) as short:
        assert [flags(t) for t in long.translate_sentences([TWO_CLAUSES])] == [()]
        assert [flags(t) for t in short.translate_sentences([TWO_CLAUSES])] == [("cut",)]
        assert "|whole:192|" in long.signature
        assert "|whole:12|" in short.signature


def test_where_the_second_attempt_is_no_better_the_first_stays() -> None:
    with make(FakePlan(empty=lambda source: True)) as translator:
        (translation,) = translator.translate_sentences([TWO_CLAUSES])
    assert (translation.text, translation.score) == ("", 0.0)
    assert flags(translation) == ("empty_target", "retried")


def test_a_hole_in_a_cut_sentence_is_noticed() -> None:
    with make(FakePlan(empty=lambda source: "深化" in source), max_tokens=12) as translator:
        (translation,) = translator.translate_sentences([TWO_CLAUSES])
    assert "empty_target" in flags(translation)


def test_a_short_sentence_that_fails_is_flagged_and_not_hacked_to_bits() -> None:
    with make(FakePlan(empty=whole("海南"))) as translator:
        (translation,) = translator.translate_sentences(["海南"])
    assert (translation.text, translation.score) == ("", 0.0)
    assert flags(translation) == ("empty_target",)


def test_every_attempt_is_kept_as_the_decoder_gave_it() -> None:
    with make(FakePlan(lose=lambda source: "280万" in source or len(source) > 22)) as translator:
        (translation,) = translator.translate_sentences(["东区投资280万元，西区在1999年投资35元。"])
    assert [attempt.kind.value for attempt in translation.attempts] == ["plain", "digits", "smaller"]
    assert [len(attempt.pieces) for attempt in translation.attempts] == [1, 1, 2]
    assert translation.best is translation.attempts[translation.kept] is translation.attempts[2]
    assert translation.attempts[2].pieces[0] == Hypothesis("EN(东区投资2,800,000元，)[15]", -0.5, 24, "eos")


def test_a_failing_engine_is_an_error_and_not_a_gap() -> None:
    with make(FakePlan(fail=lambda source: "坏" in source)) as translator, pytest.raises(EngineError):
        translator.translate_sentences(["好", "坏"])


def test_a_stream_keeps_its_order_over_windows(translator: Translator) -> None:
    texts = [f"第{i}句。" for i in range(57)]
    stream = (Sentence("d", i, 0, 0, len(text), text, text) for i, text in enumerate(texts))
    pairs = list(translator.translate_stream(stream, window=10))
    assert [sentence.text for sentence, _ in pairs] == texts
    assert [translation.text for _, translation in pairs] == [f"EN({text})[{len(text)}]" for text in texts]


def test_a_stream_that_is_left_does_not_stop_another(translator: Translator) -> None:
    def stream(n: int) -> Iterator[Sentence]:
        return (Sentence("d", i, 0, 0, 1, f"第{i}句。", f"第{i}句。") for i in range(n))

    left, kept = (translator.translate_stream(stream(90), window=10) for _ in range(2))
    next(left)
    next(kept)
    left.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(list(kept)) == 89


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_stay_lines_whatever_ends_them(translator: Translator, end: str) -> None:
    assert translator.translate([f"你好{end}{end}再见"]) == ["EN(你好)[2]\n\nEN(再见)[2]"]


def test_one_text_is_not_taken_for_its_characters(translator: Translator) -> None:
    with pytest.raises(TypeError, match="list"):
        translator.translate("你好。")


def test_batches_never_cross_windows(translator: Translator) -> None:
    windows = [[f"第{i}句。" for i in range(first, first + 5)] for first in (0, 5, 10)]
    list(translator.translate_windows(windows))
    assert isinstance(translator.engine, FakeEngine)
    assert [sorted(batch) for batch in translator.engine.batches] == [sorted(window) for window in windows]


def test_whoever_asks_hears_of_his_own_batches_and_the_translator_of_all(translator: Translator) -> None:
    everything: list[str] = []
    own: list[str] = []
    translator.on_batch = everything.extend
    list(translator.translate_windows([["你好", "再见"], ["谢谢"]], on_batch=own.extend))
    translator.translate_sentences(["海南"])
    assert sorted(own) == sorted(["你好", "再见", "谢谢"])
    assert sorted(everything) == sorted(["你好", "再见", "谢谢", "海南"])


class Memory:
    """A journal in memory."""

    def __init__(self) -> None:
        self.known: dict[tuple[tuple[str, ...], int], list[Hypothesis]] = {}

    def recall(self, texts: Sequence[str], max_length: int) -> list[Hypothesis] | None:
        return self.known.get((tuple(texts), max_length))

    def note(self, texts: Sequence[str], max_length: int, hypotheses: Sequence[Hypothesis]) -> None:
        self.known[tuple(texts), max_length] = list(hypotheses)


@given(st.lists(st.text(st.sampled_from("你我他。，x1二百3万"), max_size=20), max_size=40), st.randoms())
@settings(max_examples=50)
def test_what_a_journal_knows_is_not_decoded_again(sentences: list[str], draw: Random) -> None:
    plan = FakePlan(lose=lambda source: "我" in source, empty=lambda source: "他" in source)
    memory = Memory()
    with make(plan) as translator:
        (expected,) = translator.translate_journaled([(sentences, memory)])
    n_batches = len(memory.known)
    for key in draw.sample(list(memory.known), n_batches // 2):
        del memory.known[key]
    n_forgotten = n_batches - len(memory.known)
    heard: list[str] = []
    with make(plan) as translator:
        assert list(translator.translate_journaled([(sentences, memory)], on_batch=heard.extend)) == [expected]
        assert isinstance(translator.engine, FakeEngine)
        assert len(translator.engine.batches) == n_forgotten
    assert len(memory.known) == n_batches
    # A batch that occurs twice (a sentence, and the same words as a piece of another) is one entry, and heard twice.
    assert {text for texts, _ in memory.known for text in texts} == set(heard)


def test_the_signature_names_all_that_can_change_a_translation(translator: Translator) -> None:
    fields = dict(part.split(":", 1) for part in translator.signature.split("|"))
    assert {"model", "rev", "engine", "type", "beam", "norm", "split", "decode", "duizhao"} <= set(fields)
    assert fields["model"] == "zh-en-mini"
    assert fields["beam"] == "1"


def test_what_decides_on_a_given_text_knows_nothing_of_the_version_of_duizhao(translator: Translator) -> None:
    fields = dict(part.split(":", 1) for part in translator.decoding.split("|"))
    assert set(fields) == {"model", "rev", "engine", "type", "beam", "whole", "decode"}
    assert set(translator.decoding.split("|")) < set(translator.signature.split("|"))


def test_the_fallback_of_auto_is_told() -> None:
    with pytest.warns(ModelFallbackWarning, match="zh-en-mini"), Translator.load("auto", engine="fake") as translator:
        assert translator.model.spec.name == "zh-en-mini"


def test_the_score_of_a_hypothesis_is_carried_through(translator: Translator) -> None:
    assert translator.translate_sentences(["你好"])[0].score == -0.5
    assert Hypothesis("x", -0.5, 1, "eos").score == -0.5


def test_an_article_number_is_looked_for_in_digits() -> None:
    with make(FakePlan(empty=lambda source: "第三十一条" in source)) as translator:
        (translation,) = translator.translate_sentences(["第三十一条规定的行为，处五年以下有期徒刑。"])
    assert translation.text.startswith("EN(第31条规定的行为，处5年以下有期徒刑。)")
    assert [attempt.kind for attempt in translation.attempts] == [AttemptKind.PLAIN, AttemptKind.DIGITS]
