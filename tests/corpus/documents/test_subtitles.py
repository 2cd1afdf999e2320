"""Subtitles: times and styles stay, sentences that run over cues are one and cut again."""

from __future__ import annotations

import re

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.documents.kinds import FileOptions
from corpus.documents.segments import Rendering
from corpus.documents.subtitles import cut, read_srt, wrapped

from .files import translated

KNOWN = {
    "我昨天去了北京，在那里见到了老朋友。": "I went to Beijing yesterday, and met an old friend there.",
    "你好吗？": "How are you?",
    "我很好。": "I am fine.",
    "他是谁？": "Who is he?",
    "请打开课本。": "Open your books, please.",
}
SRT = """1
00:00:01,000 --> 00:00:02,500
<i>我昨天去了北京，</i>

2
00:00:02,600 --> 00:00:04,000
<i>在那里见到了老朋友。</i>

3
00:00:05,000 --> 00:00:07,000 X1:1 X2:2
- 你好吗？
- 我很好。

4
00:00:08,000 --> 00:00:09,000
{\\an8}他是<b>谁</b>？

5
00:00:10,000 --> 00:00:11,000
♪ La la ♪
"""


def test_a_sentence_over_two_cues_is_one_and_cut_again():
    found = translated(SRT.encode(), "srt", KNOWN)
    text = found.data.decode()
    assert text == (
        SRT.replace("我昨天去了北京，", "I went to Beijing yesterday,")
        .replace("在那里见到了老朋友。", "and met an old friend there.")
        .replace("你好吗？", "How are you?")
        .replace("我很好。", "I am fine.")
        .replace("他是<b>谁</b>？", "<b>Who</b> is he?")
    )
    assert found.pairs[0].source.text == "我昨天去了北京，在那里见到了老朋友。"


def test_line_ends_and_byte_order_marks_stay():
    data = SRT.replace("\n", "\r\n").encode("utf-8-sig")
    after = translated(data, "srt", KNOWN).data
    assert after.decode("utf-8-sig").replace("\r\n", "\n") == translated(SRT.encode(), "srt", KNOWN).data.decode()
    assert after.count(b"\n") == after.count(b"\r\n") == data.count(b"\n")


def test_both_texts_can_be_had():
    below = translated(SRT.encode(), "srt", KNOWN, bilingual="below").data.decode()
    assert "<i>在那里见到了老朋友。\nand met an old friend there.</i>" in below
    assert "- 你好吗？\nHow are you?\n- 我很好。\nI am fine.\n" in below
    beside = translated(SRT.encode(), "srt", KNOWN, bilingual="beside").data.decode()
    assert "- 你好吗？ How are you?\n" in beside


def test_webvtt_keeps_its_notes_styles_and_voices():
    text = "WEBVTT 标题\n\nSTYLE\n::cue(中) {}\n\nNOTE 注释\n\nid\n00:01.000 --> 00:02.000 align:start\n"
    cue = "<v 老师>请打开\n课本。</v>\n\n1:00:01.000 --> 1:00:02.000\na &lt; b\n"
    found = translated((text + cue).encode(), "vtt", KNOWN | {"请打开课本。": "Open <your> books."})
    assert found.data.decode() == text + cue.replace("请打开\n课本。", "Open &lt;your&gt; books.")


ASS = """[Script Info]
Title: 测试

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,注释
Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,{\\pos(1,2)}我昨天去了\\N北京，
Dialogue: 0,0:00:03.00,0:00:05.00,Default,,0,0,0,,在那里见到了老朋友。
Dialogue: 0,0:00:06.00,0:00:07.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1 中{\\p0}
Dialogue: 0,0:00:08.00,0:00:09.00,Default,,0,0,0,,他{\\b1}是谁{\\b0}？
"""


def test_ass_keeps_all_but_what_is_spoken():
    found = translated(ASS.encode(), "ass", KNOWN).data.decode()
    assert found == ASS.replace("我昨天去了\\N北京，", "I went to Beijing yesterday,").replace(
        "在那里见到了老朋友。", "and met an old friend there."
    ).replace("他{\\b1}是谁{\\b0}？", found.splitlines()[-1].split(",,")[-1])
    assert found.splitlines()[-1].count("{\\b") == 2


@pytest.mark.parametrize(("text", "kind"), [(SRT, "srt"), (ASS, "ass")])
def test_another_program_reads_the_same_times(text: str, kind: str):
    before = pysubs2.SSAFile.from_string(text, format_=kind)
    after = pysubs2.SSAFile.from_string(translated(text.encode(), kind, KNOWN).data.decode(), format_=kind)
    assert [(e.start, e.end, e.style, e.type) for e in before] == [(e.start, e.end, e.style, e.type) for e in after]


def test_cues_are_not_put_together_over_a_pause_or_where_nobody_writes_marks():
    def texts(*cues: str, gap: int = 0) -> list[str]:
        lines = [
            f"{n}\n00:00:{n * (1 + gap):02},000 --> 00:00:{n * (1 + gap) + 1:02},000\n{cue}\n"
            for n, cue in enumerate(cues)
        ]
        return [s.text for s in read_srt("\n".join(lines).encode(), "a", FileOptions()).segments]

    assert texts("我去", "北京。") == ["我去北京。"]
    assert texts("我去", "北京。", gap=3) == ["我去", "北京。"]
    assert texts("我去北京", "你来吗", "他不来") == ["我去北京", "你来吗", "他不来"]
    assert texts("我去北京，", "你来吗", "他不来") == ["我去北京，你来吗", "他不来"]
    assert texts("我去<b>北</b>京", "。") == ["我去北京"]


def test_long_lines_are_wrapped_evenly():
    text = "This is a sentence that is longer than a line of a subtitle may be, by far."
    assert wrapped(text).replace("\n", " ") == text
    assert [len(line) for line in wrapped(text).split("\n")] == [38, 36]
    assert wrapped("short") == "short"


@given(st.text("ab ,.", min_size=1, max_size=80), st.lists(st.integers(1, 19), max_size=4).map(sorted))
def test_cuts_lose_nothing_and_never_go_back(text: str, cuts: list[int]):
    text = " ".join(text.split()) or "a"
    half = len(text) // 2
    rendering = Rendering(text, (), ((0, 10, 0, half), (10, 20, half, len(text))))
    found = cut(rendering, 20, cuts)
    assert len(found) == len(cuts)
    assert found == sorted(found)
    assert all(0 <= at <= len(text) for at in found)


LINES = st.lists(
    st.sampled_from(["甲乙，", "丙。", "- 丁", "<i>戊</i>", "a", "{\\an8}己", "<b>庚"]), min_size=1, max_size=2
)


@settings(max_examples=25)
@given(st.lists(LINES, max_size=5))
def test_only_lines_of_text_change(cues: list[list[str]]):
    blocks = [f"{n}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\n" + "\n".join(lines) for n, lines in enumerate(cues)]
    text = "\n\n".join(blocks)
    after = translated(text.encode(), "srt").data.decode()
    times = re.compile(r"\d+\n.* --> .*\n")
    assert times.findall(after) == times.findall(text)
    tags = re.compile("</?[bi]>|{.*?}")
    assert sorted(tags.findall(after)) == sorted(tags.findall(text))
    assert after.count("\n\n") == text.count("\n\n")
