"""A search that is bound to write something writes it, the same in both engines and in any company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from translate.engines.base import DecodeOptions, Hypothesis, Required
from translate.engines.native import library as native
from translate.engines.native.engine import NativeEngine
from translate.engines.phrases import ANYWHERE, AT_START, BEHIND_MARK, forms_of, starts_of
from translate.engines.torch.engine import TorchEngine
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.vocabulary import MarianVocabulary
from translate.text.terminology import has_term

SENTENCES = [
    "毛超峰和陈宇分别代表双方签约。",
    "今天天气很好，我们去公园散步。",
    "他说：“智慧海南很重要。”",
    "猫在睡觉。",
]
REQUIRED = [["Mao Chaofeng", "Chen Yu"], ["garden"], ["Smart Hainan"], ["cat", "deep sleep"]]

needs_native = pytest.mark.skipif(native.why_not() is not None, reason="there is no compiled engine here")


@pytest.fixture(scope="module")
def mini() -> LocalModel:
    return locate("zh-en-mini")


@pytest.fixture(scope="module")
def torch_engine(mini: LocalModel) -> Iterator[TorchEngine]:
    engine = TorchEngine(mini, DecodeOptions(beam_size=4), threads=1)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def native_engine(mini: LocalModel) -> Iterator[NativeEngine]:
    engine = NativeEngine(mini, DecodeOptions(beam_size=4), compute_type="float32", threads=1)
    yield engine
    engine.close()


def required(words: Sequence[Sequence[str]] = REQUIRED) -> list[list[Required]]:
    return [[Required(each) for each in own] for own in words]


def check(found: Sequence[Hypothesis]) -> None:
    for hypothesis, own in zip(found, REQUIRED, strict=True):
        assert hypothesis.finish == "eos"
        assert [each for each in own if not has_term(hypothesis.text, each)] == [], hypothesis.text


def test_torch_writes_what_is_required(torch_engine: TorchEngine) -> None:
    check(torch_engine.submit(SENTENCES, 64, required()).result())


@needs_native
def test_native_writes_the_same_as_torch(native_engine: NativeEngine, torch_engine: TorchEngine) -> None:
    ours, theirs = (engine.submit(SENTENCES, 64, required()).result() for engine in (native_engine, torch_engine))
    check(ours)
    assert [each.text for each in ours] == [each.text for each in theirs]
    assert [each.score for each in ours] == pytest.approx([each.score for each in theirs], abs=1e-4)


@needs_native
def test_a_sentence_has_the_same_bits_in_any_company(native_engine: NativeEngine) -> None:
    together = native_engine.submit(SENTENCES, 64, required()).result()
    alone = [native_engine.submit([s], 64, [own]).result()[0] for s, own in zip(SENTENCES, required(), strict=True)]
    assert together == alone


@needs_native
def test_what_is_free_has_the_bits_that_it_has_without(native_engine: NativeEngine) -> None:
    before = native_engine.submit(SENTENCES, 64).result()
    bound = native_engine.submit(SENTENCES, 64, required())
    assert native_engine.submit(SENTENCES, 64, [[] for _ in SENTENCES]).result() == before
    assert bound.result() != before


@needs_native
@pytest.mark.parametrize("beam_size", [1, 6])
def test_any_beam_size_will_do(mini: LocalModel, beam_size: int) -> None:
    engine = NativeEngine(mini, DecodeOptions(beam_size=beam_size), threads=1)
    try:
        check(engine.submit(SENTENCES, 64, required()).result())
    finally:
        engine.close()


@needs_native
def test_a_cap_ends_what_cannot_be_written(native_engine: NativeEngine) -> None:
    (found,) = native_engine.submit(["猫。"], 3, [[Required("a very long phrase that does not fit")]]).result()
    assert (found.finish, found.n_tokens) == ("length", 3)


def test_a_closed_engine_says_so(mini: LocalModel) -> None:
    from translate.errors import EngineError

    engine = TorchEngine(mini, DecodeOptions(beam_size=1), threads=1)
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.submit(SENTENCES, 64, required())


def test_the_forms_of_a_phrase(mini: LocalModel) -> None:
    vocabulary = MarianVocabulary(mini)
    forms = forms_of([Required("cat"), Required("Smart Hainan", inflected=True)], vocabulary)
    own = {(form.phrase, form.where): form for form in forms}
    assert {phrase for phrase, _ in own} == {0, 1}
    assert (own[0, ANYWHERE].is_closed, own[1, ANYWHERE].is_closed) == (True, False)
    assert vocabulary.decode(own[0, AT_START].tokens) == "Cat"
    assert vocabulary.target[own[1, BEHIND_MARK].tokens[0]][0] != "▁"
    starts = starts_of(vocabulary)
    assert [starts[own[0, where].tokens[0]] & 1 for where in (ANYWHERE, BEHIND_MARK)] == [1, 0]


def test_the_search_with_phrases_keeps_at_least_four(mini: LocalModel) -> None:
    from translate.engines.lane_engine import bound_settings
    from translate.marian.settings import read_settings

    settings = read_settings(mini, 1, 1.0)
    assert bound_settings(settings) == replace(settings, n_beams=bound_settings(settings).n_beams)
    assert bound_settings(settings).n_beams >= 4
