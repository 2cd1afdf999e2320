"""Word-segmented text gives the rows that the same text gives without its separators."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.text.normalize import NormalizeOptions
from translate.text.profile import profile
from translate.text.segment import SegmentOptions, segment_text
from translate.text.words import find_separator, find_tag_mark, is_plain, is_segmented, joints, parted, without_tags

SEPARATORS = [" ", "  ", "   ", "\u3000", "\u3000\u3000", "\xa0", "\t", "\u2009", "\u2002", " \u3000"]
WORDS = """
    大家 都 说 好书 是 一 位 老师 而 实践 更 难得 的
    今年 一月 至 三月 全市 完成 产值 公司 在 推出 了 新 模型 价格 为 万 元
    ３５．６亿 １２．５％ 2023年 3.5 11 18 GPT Windows 5% 腾讯 海南省 １９９８年 一千 多 AI-3
    """.split()  # noqa: SIM905 - a table is read more easily than a list
MARKS = ["，", "、", "；", "：", "——"]
ENDS = ["。", "！", "？", "……", "。”"]


def plain(words: list[str]) -> str:
    """The words as they are written without separators: a space only between two Latin ones."""
    text = words[0]
    for before, word in itertools.pairwise(words):
        text += f" {word}" if before[-1].isascii() and word[0].isascii() else word
    return text


SENTENCES = st.lists(
    st.tuples(st.lists(st.sampled_from(WORDS + MARKS), min_size=4, max_size=12), st.sampled_from(ENDS)),
    min_size=1,
    max_size=4,
)
# What shows that a document is segmented: the random lines after it are too odd to show it.
HEAD = "大家 都 说 好 书 是 一 位 老师 ， 而 实践 更 是 难得 的 老师 。".split()  # noqa: SIM905 - as it is read


@given(lines=st.lists(SENTENCES, min_size=1, max_size=5), separator=st.sampled_from(SEPARATORS))
def test_rows_of_segmented_and_unsegmented_text_are_the_same(lines, separator):
    tokens = [HEAD * 3, *([word for words, end in line for word in ("我", *words, "的", end)] for line in lines)]
    segmented = "\n".join(separator.join(words) for words in tokens)
    unsegmented = "\n".join(plain(words) for words in tokens)
    rows = segment_text(segmented)
    assert [row.text for row in rows] == [row.text for row in segment_text(unsegmented)]
    for row in rows:
        assert segmented[row.start : row.end] == row.raw
    assert "".join(re.sub(r"\s", "", row.raw) for row in rows) == re.sub(r"\s", "", segmented)


@pytest.mark.parametrize("separator", SEPARATORS)
def test_the_separator_of_a_document_is_found(separator):
    assert find_separator(separator.join(HEAD))[0] == separator
    assert profile(separator.join(HEAD)).separator == separator


@pytest.mark.parametrize(
    "text",
    [
        "春眠不觉晓　处处闻啼鸟　夜来风雨声　花落知多少",
        "姓名\t年龄\t城市\n张三\t28\t北京市朝阳区",
        "张　三　　李　四　　王　五",
        "出席的有：张三　李四　王五　赵六。",
        "大家好 欢迎来到我的频道 今天我们来做一道菜 首先准备两个鸡蛋 然后放一点盐",
        "第一章　总则\n第一条　为了保护公民的权利，制定本法。",
    ],
)
def test_other_blanks_are_no_separators(text):
    assert find_separator(text) == ("", False)


def test_what_is_wider_than_the_separator_stays_a_gap():
    text = "  ".join(HEAD) + "  双方  战略  合作  持续  走向  深入      海南  是  全国  首个  省份  。"
    assert [row.text for row in segment_text(text)][1:] == ["双方战略合作持续走向深入", "海南是全国首个省份。"]


def test_each_paragraph_of_a_mixed_document_speaks_for_itself():
    plain_line = "本报记者 张三 李四 王五从北京出发，前往上海采访参加会议的各位代表和嘉宾。"
    text = "\n".join([plain_line] * 9 + [" ".join(HEAD)])
    found = profile(text)
    assert (found.separator, found.mixed) == (" ", True)
    rows = [row.text for row in segment_text(text)]
    assert rows == [plain_line] * 9 + ["".join(HEAD)]


def test_a_plain_paragraph_of_a_segmented_document_keeps_its_blanks():
    plain_line = "本报记者 张三 李四从北京出发，前往上海采访参加会议的各位代表和嘉宾。"
    rows = [row.text for row in segment_text("\n".join([" ".join(HEAD)] * 9 + [plain_line]))]
    assert rows == ["".join(HEAD)] * 9 + [plain_line]


@pytest.mark.parametrize(
    ("tagged", "expected"),
    [
        ("走向/v  充满/v  阳光/n  的/u  小/a  城/n  。/w\n大家/r  好/a  。/w", ["走向充满阳光的小城。", "大家好。"]),
        (
            "[中国/ns  政府/n]nt  恢复/v  对/p  香港/ns  行使/v  主权/n  。/w",
            ["中国政府恢复对香港行使主权。"],
        ),
        ("中国_NR 政府_NN 顺利_AD 恢复_VV 主权_NN 。_PU", ["中国政府顺利恢复主权。"]),
    ],
)
def test_parts_of_speech_are_taken_out_and_flagged(tagged, expected):
    rows = segment_text(tagged)
    assert [row.text for row in rows] == expected
    assert all("pos_tags" in row.flags for row in rows)
    for row in rows:
        assert tagged[row.start : row.end] == row.raw
    kept = segment_text(tagged, SegmentOptions(normalize=NormalizeOptions(spacing="off")))
    assert any(find_tag_mark(tagged) in row.text for row in kept)


@pytest.mark.parametrize("text", ["and/or km/h 他/她 去/留", "价格为3元/斤，速度为60km/h。", "a_b c_d 文件/夹 x"])
def test_slashes_of_prose_are_no_tags(text):
    assert find_tag_mark(text) == ""


def test_without_tags_takes_out_nothing_else():
    assert without_tags("他/r 说/v 1/m ：/w “/w km/h/n ”/w", "/") == "他 说 1 ： “ km/h ”"


def test_half_of_the_marks_decide():
    assert is_segmented("我 是 学生 ， 他 是 老师 。", " ")
    assert not is_segmented("我 是 学生，他 是 老师。", " ")


def test_a_line_of_words_and_marks_alone_shows_its_separator():
    text = (
        "共同　创造　美好　的　新　世纪　。　我们　都　很　高兴　。\n女士们　，　先生们　，　同志们　，　朋友们　：\n"
    )
    assert [row.text for row in segment_text(text)][-1] == "女士们，先生们，同志们，朋友们："


def test_escapes_of_moses_within_numbers():
    assert segment_text("价格 是 1 @,@ 000 元 ， 3 @.@ 5 倍 。")[0].text == "价格是1,000元，3.5倍。"


@pytest.mark.parametrize("separator", ["/", "/ ", " / ", "|"])
def test_words_may_be_parted_by_a_stroke_or_a_bar(separator):
    text = separator.join(HEAD) + "\n" + separator.join(HEAD)
    assert [row.text for row in segment_text(text)] == ["".join(HEAD)] * 2


@pytest.mark.parametrize("separator", ["  ", "\u3000", "\u2009"])
def test_a_paragraph_may_have_a_separator_of_its_own(separator):
    text = "\n".join([" ".join(HEAD)] * 5 + [separator.join(HEAD)] + [" ".join(HEAD)] * 5)
    assert [row.text for row in segment_text(text)] == ["".join(HEAD)] * 11
    other = "\n".join([separator.join(HEAD)] * 5 + [" ".join(HEAD)])
    assert [row.text for row in segment_text(other)] == ["".join(HEAD)] * 6


PIECES = st.lists(
    st.sampled_from([*"中的了，。（)(:30%a5 \t\xa0\u3000", " ", " ", "  ", "Word", "中文", "𠀀"]), max_size=30
).map("".join)


@given(PIECES, st.sampled_from([" ", "\xa0", "  ", "\u3000", "\t"]))
def test_pieces_are_what_stands_between_the_separators_that_go(text, separator):
    found = list(joints(separator).finditer(text))
    pieces = parted(text, separator)
    if any(match.lastgroup for match in found):
        assert pieces is None
    elif pieces is not None:
        ends = [0, *itertools.chain.from_iterable(match.span() for match in found), len(text)]
        assert pieces == [text[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)]


@given(PIECES, st.sampled_from([" ", "  ", "\u3000"]))
def test_a_text_is_segmented_or_plain_by_the_share_of_its_neighbours(text, separator):
    han = "[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    n_spaced = len(re.findall(f"(?<={han}){re.escape(separator)}(?={han})", text))
    n_together = len(re.findall(f"{han}(?={han})", text))
    n_points, n_before = (
        len(re.findall("[，。、；：！？]", text)),
        len(re.findall(f"{separator}[，。、；：！？]", text)),
    )
    if n_spaced == 0:
        assert is_segmented(text, separator) == (n_points > 1 and n_before == n_points)
    elif n_points:
        assert is_segmented(text, separator) == (3 * n_spaced >= n_together and n_before * 2 >= n_points)
    expected = n_together >= 8 and 10 * n_spaced < n_together and not is_segmented(text, separator)
    assert is_plain(text, separator) == expected
