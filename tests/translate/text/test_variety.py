"""Which Chinese a document is in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from translate.text.segment import SegmentOptions, segment_text
from translate.text.signature import segmentation_of
from translate.text.variety import find_variety

SIMPLIFIED = (
    "他在公园里看着一只鸟。出租车司机说，软件的质量很重要，网络也一样。\n"
    "她站在门里面，拿着一张打印的地图，说要坐公共汽车去看意大利的卫星展览。\n"
)
# What OpenCC makes of it: s2t, s2twp, s2tw, s2hk.
TRADITIONAL = (
    "他在公園裏看着一隻鳥。出租車司機說，軟件的質量很重要，網絡也一樣。\n"
    "她站在門裏面，拿着一張打印的地圖，說要坐公共汽車去看意大利的衛星展覽。\n"
)
TAIWAN = (
    "他在公園裡看著一隻鳥。計程車司機說，軟體的質量很重要，網路也一樣。\n"
    "她站在門裡面，拿著一張列印的地圖，說要坐公共汽車去看義大利的衛星展覽。\n"
)
TAIWAN_CHARACTERS = (
    "他在公園裡看著一隻鳥。出租車司機說，軟件的質量很重要，網絡也一樣。\n"
    "她站在門裡面，拿著一張打印的地圖，說要坐公共汽車去看意大利的衛星展覽。\n"
)
HONG_KONG = (
    "他在公園裏看着一隻鳥。出租車司機説，軟件的質量很重要，網絡也一樣。\n"
    "她站在門裏面，拿着一張打印的地圖，説要坐公共汽車去看意大利的衞星展覽。\n"
)
AUTO = SegmentOptions(variety=True)


@pytest.mark.parametrize(
    ("text", "variety"),
    [
        (SIMPLIFIED, "zh-Hans"),
        (TRADITIONAL, "zh-Hant"),
        (TAIWAN, "zh-Hant-TW"),
        (TAIWAN_CHARACTERS, "zh-Hant-TW"),
        (HONG_KONG, "zh-Hant-HK"),
        ("你哋喺邊度？佢話唔知，我咪走咗嚟。", "yue"),
        ("昨天在香港開會，他唔該大家。", "zh-Hant"),  # one word of Cantonese makes none
        ("史著作者著名，名著原著。這個國家開發電腦。", "zh-Hant"),  # 著 of 著名 is written everywhere
        ("这个国家。這個國家。", "zh"),
        ("你好。", "zh"),
        ("Nothing in it is Chinese.", ""),
        ("", ""),
    ],
)
def test_only_what_is_clear_is_named(text: str, variety: str) -> None:
    assert find_variety(text) == variety


def test_each_sentence_has_it_as_a_flag_and_nothing_else_changes() -> None:
    text = TAIWAN + "你好。\n\ufffd\n"
    found, plain = segment_text(text, AUTO), segment_text(text)
    assert {flag for sentence in found for flag in sentence.flags} == {
        "variety:zh-Hant-TW",
        "empty_source",
        "replacement",
    }
    assert all("variety:zh-Hant-TW" in sentence.flags for sentence in found)
    without = [
        replace(own, flags=tuple(flag for flag in own.flags if not flag.startswith("variety:"))) for own in found
    ]
    assert without == plain


def test_a_japanese_document_has_none() -> None:
    assert not any(
        "variety" in flag for own in segment_text("これは日本語です。\nそれも本です。\n", AUTO) for flag in own.flags
    )


def test_it_is_in_the_signature() -> None:
    assert "variety" not in SegmentOptions().signature
    assert segmentation_of(f"model:x|{AUTO.signature}") == AUTO
