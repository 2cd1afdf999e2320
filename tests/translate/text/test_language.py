"""Other languages in Chinese documents are named where they are clear, and Chinese is left alone."""

from __future__ import annotations

import pytest

from translate.text.flags import Flag
from translate.text.language import SUSPECT, language_flags
from translate.text.segment import segment_text


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("これは日本語の文章です。", Flag.NOT_CHINESE),
        ("「おはようございます」", Flag.NOT_CHINESE),
        ("株式会社テスト", Flag.NOT_CHINESE),
        ("안녕하세요, 저는 학생입니다.", Flag.NOT_CHINESE),
        ("佢哋喺邊度食飯？", Flag.CANTONESE),
        ("我唔知佢去咗邊。", Flag.CANTONESE),
        ("学而时习之，不亦说乎？", Flag.CLASSICAL),
        ("子曰：“其身正，不令而行。”", Flag.CLASSICAL),
        ("师者，所以传道受业解惑也。", Flag.CLASSICAL),
    ],
)
def test_clear_cases(text: str, flag: Flag) -> None:
    assert language_flags(text) == [flag]
    (sentence,) = segment_text(text)
    assert sentence.flags == (flag,)


@pytest.mark.parametrize(
    "text",
    [
        "他用日语说“こんにちは”，大家都笑了。",
        "《となりのトトロ》是宫崎骏的电影。",
        "鮮の味拉面馆昨天开业。",
        "“おはよう”是早上好的意思。",
        "韩语안녕的意思是你好。",
        "我也去，他也去，你去不去也？",
        "唔，我知道了。",
        "东京都千代田区",
        "这是孔子之乎者也的说法。",
        "他也来了，何乐而不为也。",
        "总之，其中以此为准。",
        "2024年3月5日",
    ],
)
def test_chinese_is_chinese(text: str) -> None:
    assert language_flags(text) == []


@pytest.mark.parametrize(
    ("document", "n_foreign"),
    [
        ("彼は東京に行きました。\n東京都知事選挙。\n中華人民共和国憲法第一条\nとても楽しかったです。\n这是中文。\n", 4),
        ("今天学日语。\n彼は東京に行きました。\n東京都知事選挙。\n很有意思。\n中華人民共和国憲法第一条\n", 1),
        ("서울에서 만났습니다.\n大韓民國憲法\n그는 학생입니다.\n", 3),
        ("東京都知事選挙\n中華人民共和国憲法\n", 0),
    ],
)
def test_kanji_alone_are_what_their_document_is(document: str, n_foreign: int) -> None:
    flags = [Flag.NOT_CHINESE in sentence.flags for sentence in segment_text(document)]
    assert sum(flags) == n_foreign


@pytest.mark.parametrize("text", ["これ", "안", "ｱ", "唔", "曰", "也"])
def test_what_may_have_a_flag_is_suspect(text: str) -> None:
    assert SUSPECT.search(text)
    assert not SUSPECT.search("腾讯公司与海南省政府签署了协议，Hello 123。")
