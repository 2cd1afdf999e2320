"""Signs come through any model: none is lost without a flag, none invented, and no broken character is delivered.

``python tests/translate/pipeline/test_signs.py`` prints how many of the table come through the embedded model.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.signals.sign_lost import sign_lost
from translate.engines.base import DecodeOptions, Hypothesis
from translate.engines.choose import load_engine
from translate.engines.fake import FakeEngine
from translate.marian.catalogue import get_spec
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.pipeline.signs import carry_over, readable
from translate.pipeline.translation import Attempt, AttemptKind, Translation
from translate.pipeline.translator import Translator
from translate.text.signs import BROKEN, SignKind, find_signs, missing_signs, numeral


def named(first: int, last: int, n: int, *categories: str) -> list[str]:
    """Assigned characters of some categories, spread over a range."""
    chars = [chr(code) for code in range(first, last + 1) if unicodedata.category(chr(code)) in categories]
    chars = [char for char in chars if char not in "∙⋅⋯∶" and not unicodedata.normalize("NFKC", char).isascii()]
    return chars[:: max(1, len(chars) // n)][:n]


def enclosed() -> list[str]:
    return [chr(code) for code in (*range(0x2460, 0x246C), *range(0x2776, 0x277C), 0x3220, 0x3221, 0x3280)]


TABLE: dict[str, list[str]] = {
    "emoji": named(0x1F300, 0x1F5FF, 16, "So") + named(0x1F600, 0x1F64F, 12, "So") + named(0x1F900, 0x1F9FF, 8, "So"),
    "joined": [f"{person}\u200d{thing}" for person in "👨👩🧑" for thing in "💻🚀🌾🎓"] + ["👨‍👩‍👧‍👦", "🏳️‍🌈", "❤️‍🔥"],
    "skin": [hand + tone for hand in "👍👋🙏💪" for tone in "🏻🏼🏽🏾"],
    "flags": [
        "".join(chr(0x1F1E6 + ord(c) - 65) for c in code)
        for code in ("CN", "US", "JP", "KR", "GB", "FR", "DE", "BR", "IN", "ZA")
    ]
    + ["🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"],
    "keycaps": [f"{char}\ufe0f\u20e3" for char in "0123456789#*"],
    "styled": [char + "\ufe0f" for char in "❤☀☎✈⚠▶"],
    "arrows": named(0x2190, 0x21FF, 20, "So", "Sm"),
    "mathematics": named(0x2200, 0x22FF, 20, "Sm") + list("±×÷"),
    "currencies": ["£", "€", "¥", *named(0x20A0, 0x20BF, 12, "Sc")],
    "enclosed": enclosed(),
    "boxes": named(0x2500, 0x257F, 12, "So") + named(0x2580, 0x25FF, 8, "So"),
    "stars": list("★☆✓✗♪"),
}
SIGNS = [sign for signs in TABLE.values() for sign in signs]
POSITIONS: dict[str, str] = {
    "start": "{}今天天气很好，我们去公园。",
    "middle": "我们今天{}去公园散步。",
    "clause": "今天天气很好{}，我们去公园。",
    "end": "今天天气很好，我们去公园{}。",
}
"""Beside the three edges of a sentence and its middle, the end of a clause."""


def rows(signs: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return ((name, sign, frame.format(sign)) for sign in signs for name, frame in POSITIONS.items())


def check(source: str, sign: str, target: str) -> None:
    assert BROKEN not in target, (source, target)
    assert target.count(sign) == 1, (source, target)
    assert not sign_lost(source, target)


def test_the_table_has_two_hundred_signs_that_are_signs() -> None:
    assert len(set(SIGNS)) == len(SIGNS) == 200
    for sign in SIGNS:
        assert [found.text for found in find_signs(sign)] == [sign]
        for _, _, source in rows([sign]):
            assert [found.text for found in find_signs(source)] == [sign]
            (lost,) = missing_signs(source, "The weather is fine.")
            assert lost.text == sign


def carried(translator: Translator, signs: Sequence[str]) -> list[tuple[str, str, str, str]]:
    table = list(rows(signs))
    said = translator.translate_sentences([source for _, _, source in table])
    return [(*row, translation.text) for row, translation in zip(table, said, strict=True)]


def test_a_sample_of_the_table_comes_through_the_embedded_model(mini: LocalModel) -> None:
    with Translator(load_engine("ct2", mini, DecodeOptions(1)), mini, DecodeOptions(1)) as translator:
        for _, sign, source, target in carried(translator, SIGNS[::7]):
            check(source, sign, target)


@pytest.mark.slow  # 800 sentences, at the beam that users have
def test_the_table_comes_through_the_embedded_model() -> None:
    with Translator.load("zh-en-mini") as translator:
        for _, sign, source, target in carried(translator, SIGNS):
            check(source, sign, target)


def test_the_table_comes_through_a_model_without_byte_pieces(tiny_marian: Path) -> None:
    """It says nonsense, and knows no sign: even so each has a place."""
    model, options = locate(str(tiny_marian)), DecodeOptions(1)
    with Translator(load_engine("torch", model, options), model, options) as translator:
        for _, sign, source, target in carried(translator, SIGNS):
            check(source, sign, target)


@pytest.mark.parametrize(
    ("source", "hypothesis", "expected"),
    [
        ("我爱你❤️❤️❤️", "I love you ❤️❤️\ufffd\ufffd️", "I love you ❤️❤️❤️"),
        ("太好吃了😋，下次还来👍！", "So good \ufffd\ufffd, next time 🟪!", "So good 😋, next time 👍!"),
        ("质量≤1.5kg，误差≥0.1。", "Quality \ufffd\ufffd1.5kg, error of 0.1.", "Quality ≤1.5kg, error of ≥0.1."),
        ("质量≤1.5kg。", "The mass is at most 1.5kg.", "The mass is at most 1.5kg."),
        ("价格：€100、₩1000。", "Prices: €100, €1,000.", "Prices: €100, ₩1,000."),
        ("价格：₩1000和5欧元。", "Prices: 1000 won and €5.", "Prices: 1000 won and €5."),
        ("价格：₩1000和5欧元。", "Prices: 1000 and €5.", "Prices: ₩1000 and €5."),
        ("如图①所示。", "As shown in Figure 1.", "As shown in Figure ①."),
        ("约合￥80。", "About 80.", "About ¥80."),
        ("约合￥80。", "About ¥80.", "About ¥80."),
        ("│姓名│年龄│", "Name │ Age", "│ Name │ Age │"),
        ("“👍好”", '"Good"', '"👍 Good"'),
        ("很好。👍", "Good.", "Good. 👍"),
        ("他用iPhone📱拍照。", "He takes photos with an iPhone.", "He takes photos with an iPhone📱."),
        ("𠮷野家开业了。", "\ufffdnoya opened.", "𠮷noya opened."),
        ("好累(╥﹏╥)，睡了。", "So tired, asleep.", "So tired (╥﹏╥), asleep."),
        ("👨‍👩‍👧来了。", "👨👩👧 came.", "👨‍👩‍👧 came."),
        ("好。", "Good \ufffd\ufffd.", "Good."),
        ("| 姓名 | 年龄 |", "🎩 Name 🎩 Age 🎩", "| Name | Age |"),
        ("新闻｜腾讯发布新产品。", "News 🎩 Tencent released a new product.", "News | Tencent released a new product."),
        ("新闻丨腾讯发布新产品。", "News: Tencent released a new product.", "News: | Tencent released a new product."),
        ("运行`git`命令。", "Run 🎩 git 🎩.", "Run `git`."),
        ("数量", "Quantity 🎩", "Quantity"),
        ("好👍", "", "👍"),
    ],
)
def test_carry_over(source: str, hypothesis: str, expected: str) -> None:
    assert carry_over(source, hypothesis) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("👍好的，没问题👌。", "好的，没问题。"),
        ("①打开电源", "打开电源"),
        ("好累(╥﹏╥)，睡了。", "好累，睡了。"),
        ("我❤️北京。", "我❤️北京。"),
        ("₩1000起，≥18岁", "₩1000起，≥18岁"),
        ("二○○一年，温度→高。", "二○○一年，温度→高。"),
        ("👍", ""),
    ],
)
def test_what_the_model_reads(source: str, expected: str) -> None:
    assert readable(source) == expected


_WORDS = st.text(st.sampled_from("你好在，。！ 1a"), max_size=8)
_TEXTS = st.lists(st.one_of(_WORDS, st.sampled_from(SIGNS)), max_size=8).map("".join)
_ENGLISH = st.text(st.sampled_from('abc ,.!?1"(）'), max_size=30)


@given(_TEXTS, _ENGLISH)
@example("好👍🏽好🏽。", "a b")
def test_signs_that_the_model_left_out_come_in_their_order_and_nothing_else_does(source: str, target: str) -> None:
    signs = [sign for sign in find_signs(source) if sign.kind is not SignKind.FACE]
    carried_over = carry_over(source, target)
    places = [
        carried_over.find(sign.text) for sign in signs if sign.kind is SignKind.PICTURE and numeral(sign.text) == ""
    ]
    assert -1 not in places
    rest, english = iter(carried_over), [char for char in target if not char.isspace()]
    if not any(numeral(sign.text) for sign in signs):
        assert all(char in rest for char in english)
        assert len("".join(carried_over.split())) <= len(english) + sum(len(sign.text) for sign in find_signs(source))
    assert not any(sign.kind is SignKind.PICTURE for sign in missing_signs(source, carried_over))


@given(_TEXTS, st.text(st.sampled_from("ab ,.\ufffd\u200d\ufe0f👍🟪❤≤€1"), max_size=20))
def test_no_broken_character_is_delivered_and_a_second_time_changes_nothing(source: str, target: str) -> None:
    carried_over = carry_over(source, target)
    assert BROKEN not in carried_over
    assert not any(sign.kind is SignKind.PICTURE for sign in missing_signs(source, carried_over))


@given(st.text(st.sampled_from("你好在，。！ 1a-"), max_size=20), st.text(st.sampled_from("ab ,.★€°1"), max_size=20))
def test_where_the_source_has_no_sign_nothing_is_touched(source: str, target: str) -> None:
    assert carry_over(source, target) == target
    assert readable(source) == source


def test_what_was_said_is_kept_beside_what_is_delivered() -> None:
    said = Translation("好👍。", (Attempt(AttemptKind.PLAIN, (Hypothesis("Good.", -0.1, 3, "eos"),)),))
    assert said.text == "Good 👍."
    assert said.best is not None
    assert said.best.whole.text == "Good."


def test_the_model_is_not_given_what_is_put_back() -> None:
    engine = FakeEngine()
    with Translator(engine, LocalModel(get_spec("zh-en-mini"), Path()), DecodeOptions(1)) as translator:
        texts = [said.text for said in translator.translate_sentences(["👍好的。", "🈲", "１２．５％ 。"])]
    assert engine.batches == [["好的。"]]
    assert texts == ["👍 EN(好的。)[3]", "🈲", "12.5%."]


def show() -> None:
    """Print shares of signs that come through exactly: by the model alone, and as they are delivered."""
    with Translator.load("zh-en-mini") as translator:
        table = list(rows(SIGNS))
        alone = [
            hypothesis.text
            for at in range(0, len(table), 100)
            for hypothesis in translator.engine.submit([source for *_, source in table[at : at + 100]], 96).result()
        ]
        delivered = [target for *_, target in carried(translator, SIGNS)]
    for name in POSITIONS:
        for what, texts in (("the model alone", alone), ("delivered", delivered)):
            own = [(sign, text) for (place, sign, _), text in zip(table, texts, strict=True) if place == name]
            n_exact = sum(text.count(sign) == 1 and BROKEN not in text for sign, text in own)
            n_broken = sum(BROKEN in text for _, text in own)
            print(f"{name:8} {what:16} {n_exact / len(own):7.1%} exact, {n_broken} with U+FFFD")


if __name__ == "__main__":
    show()


@pytest.mark.parametrize("face", ["（≧▽≦）", "（T_T）", "（￣▽￣）", "（ToT）", "（＾▽＾）"])
def test_a_face_is_there_whatever_the_width_of_its_brackets(face: str) -> None:
    narrow = face.translate(str.maketrans("（）＾", "()^"))
    assert missing_signs(f"好开心{face}明天见。", f"So happy {narrow} See you tomorrow.") == []
    assert missing_signs(f"好开心{narrow}明天见。", f"So happy {face}.") == []
    assert len(missing_signs(f"好开心{face}明天见{face}。", f"So happy {narrow}.")) == len(find_signs(face))
