"""Chinese numerals in other characters: traditional, those of cheques, a circle for zero."""

from __future__ import annotations

import re

__all__ = ["plain"]

_VARIANTS = str.maketrans(
    "兩萬億餘幾點數雙週時開冊個隻倆鐘歲號層級條項頭輛臺張塊場樓噸錢區縣隊組對盤顆棟間門戶類樣邊線維進連勝負節頁後來軍國紀禮顯釐劑趟發縫貫聲覺際",
    "两万亿余几点数双周时开册个只俩钟岁号层级条项头辆台张块场楼吨钱区县队组对盘颗栋间门户类样边线维进连胜负节页后来军国纪礼显厘剂趟发缝贯声觉际",
)
_IS_VARIANT = re.compile("[" + "".join(map(chr, _VARIANTS)) + "]")
_ZEROS = re.compile("(?<=[一二三四五六七八九])[○◯OＯ]+(?=[一二三四五六七八九十年])")
_CAPITALS = re.compile(
    "(?<=第)[壹贰叁肆伍陆柒捌玖拾佰仟貳參陸]+|[壹贰叁肆伍陆柒捌玖貳參陸][壹贰叁肆伍陆柒捌玖拾佰仟貳參陸零万亿]+"
)
_IS_ZERO = re.compile("[一二三四五六七八九][○◯OＯ]")
_IS_CAPITAL = re.compile("[壹贰叁肆伍陆柒捌玖拾貳參陸]")
_PLAIN = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟貳參陸", "一二三四五六七八九十百千二三六")


def plain(text: str) -> str:
    """With simplified, everyday numerals, character by character."""
    if _IS_VARIANT.search(text):
        text = text.translate(_VARIANTS)
    if _IS_ZERO.search(text):
        text = _ZEROS.sub(lambda match: "〇" * len(match[0]), text)
    if _IS_CAPITAL.search(text):
        text = _CAPITALS.sub(lambda match: match[0].translate(_PLAIN), text)
    return text
