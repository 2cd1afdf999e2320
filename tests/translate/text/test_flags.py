"""Flags are one enumeration, and every page that lists them lists what it says.

After a change of a flag run ``python tests/translate/text/test_flags.py`` to render the tables anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from corpus.signals.flags import VERSIONS
from translate.text.flags import Flag, Stage, base
from translate.text.segment import SegmentOptions, segment_text

ROOT = Path(__file__).parents[3]
PAGES = ("docs/formats.md",)
_TABLE = re.compile("(?<=<!-- flags -->\n).*?(?=<!-- end of flags -->)", re.DOTALL)


def render() -> str:
    lines = ["| flag | found in | meaning |", "|---|---|---|"]
    lines += [f"| `{flag}` | {flag.stage} | {flag.meaning} |" for flag in Flag]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("page", PAGES)
def test_pages_list_the_flags_there_are(page: str) -> None:
    (table,) = _TABLE.findall((ROOT / page).read_text(encoding="utf-8"))
    assert table == render(), "run python tests/translate/text/test_flags.py"


def test_a_flag_is_its_name_wherever_it_is_written() -> None:
    assert f"{Flag.CUT},{Flag.LOOP}" == "cut,loop"
    assert json.dumps([Flag.CUT]) == '["cut"]'
    assert Flag("cut") is Flag.CUT
    assert [flag.stage for flag in Flag] == sorted((flag.stage for flag in Flag), key=list(Stage).index)


def test_flags_of_the_text_are_known() -> None:
    text = "锟斤拷\n\x01控制。\n\ue000私有。\n\ufffd失去。\n\u200b\n奥黛丽?赫本来了。"
    tagged = "走向/v 充满/v 阳光/n 的/u 城/n 。/w"
    languages = "これは日本語です。\n佢哋喺邊度？\n学而时习之，不亦说乎？"
    unmarked = "一二三四五六七八九十" * 30
    pages = (
        "本章首先介绍研究背景，然后说明本文的主要\n工作，以及组织结构，最后给出全文的主要安\n- 12 -\n排。\n"
        "本章首先介绍研究背景，然后说明本文的主要\n工作，以及组织结构，最后给出全文的主要安\n排。\n"
    )
    markup = "# 标题\n<p>正文。</p>\n"
    found = {
        base(flag)
        for document in (text, tagged, unmarked, languages, pages, markup)
        for sentence in segment_text(document, SegmentOptions(variety=True))
        for flag in sentence.flags
    }
    assert found == {flag for flag in Flag if flag.stage is Stage.REPAIR}


def test_no_flag_is_set_that_is_not_known() -> None:
    """Every string in the code that looks like a flag being set is one."""
    known = set(Flag)
    for name in ("normalize", "segment"):
        code = (ROOT / "translate" / "text" / f"{name}.py").read_text(encoding="utf-8")
        assert set(re.findall(r'work\.mark\([^"\n]*"(\w+)"', code)) <= known
    assert set(VERSIONS) == {flag for flag in Flag if flag.stage in (Stage.DECODING, Stage.PAIR)}


if __name__ == "__main__":
    for page in PAGES:
        path = ROOT / page
        path.write_text(_TABLE.sub(lambda _: render(), path.read_text(encoding="utf-8")), encoding="utf-8")
