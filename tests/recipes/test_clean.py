from __future__ import annotations

import pytest

from corpus.signals.noise import reason_to_drop
from recipes.zh_en_mini.clean import repair
from recipes.zh_en_mini.sources import Pair


def pair(zh: str, en: str) -> Pair:
    return Pair(zh, en, "paper")


def test_repair_undoes_what_is_no_part_of_the_sentence() -> None:
    repaired = repair(pair("- 他\u200b说 ：　“你 好”&amp;<b>再见</b>", "* He said “hello” &amp; <b>good-bye</b>"))
    assert repaired.zh == "他说：“你好”&再见"
    assert repaired.en == 'He said "hello" & good-bye'


@pytest.mark.parametrize(
    ("zh", "en", "reason"),
    [
        ("今天天气很好。", "The weather is nice today.", None),
        ("共有 1,250 人参加。", "A total of 1,250 people took part.", None),
        ("……", "Hello there.", "empty"),
        ("Only Latin text here", "Only Latin text here", "script_zh"),
        ("これは日本語です。", "This is Japanese.", "script_zh"),
        ("今天天气很好。", "今天 weather", "script_en"),
        ("好" * 300, "good " * 40, "too_long"),
        ("今天天气很好。", "The weather is nice today, and so it was on every other day of that long summer.", "ratio"),
        ("请看 https://example.org 网站上的说明。", "See the notes at https://example.org please.", "markup"),
        ("请安装 Python Package Index 工具", "Install Python Package Index", "copied"),
        ("共有 25 人参加。", "A total of 52 people took part.", "numbers"),
        ("他很好。", "He is 1999 good.", "numbers"),
        ("他说说说说说说说说说说话。", "He he he he talked on and on.", "stutter"),
        ("好。是。行。对。", "Good, yes, that will do.", "sentences"),
    ],
)
def test_each_rule_names_what_it_refuses(zh: str, en: str, reason: str | None) -> None:
    repaired = repair(pair(zh, en))
    assert reason_to_drop(repaired.zh, repaired.en) == reason
