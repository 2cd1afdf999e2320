"""Catalogues of gettext: what is filled in, and that nothing else changes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import polib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.documents.gettext import read
from corpus.documents.kinds import FileOptions

from .files import translated

KNOWN = {
    "文件 %s 不存在。": "The file %s does not exist.",
    "打开...": "Open...",
    "欢迎，{name}！": "Welcome, {name}!",
    "您有 新消息。": "You have a new message.",
    "%d 个文件": "%d files",
    "取消": "Cancel",
    "第 %d 页": "Page",
    "第 X1 页": "Page X1",
    "已完成 %d%%。": "%d% done.",
    "在文件中查找。": "Find in the file.",
    "您有 消息": "You",
}
HEADER = 'msgid ""\nmsgstr ""\n"Language: en\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
HEADER += '"Plural-Forms: nplurals=2; plural=n != 1;\\n"\n\n'


def english(entries: str, **options: str) -> str:
    found = translated((HEADER + entries).encode(), "po", KNOWN, **options).data.decode()
    assert found.startswith(HEADER)
    return found[len(HEADER) :]


@pytest.mark.parametrize(
    ("chinese", "expected"),
    [
        (
            'msgid "文件 %s 不存在。\\n"\nmsgstr ""\n',
            'msgid "文件 %s 不存在。\\n"\nmsgstr "The file %s does not exist.\\n"\n',
        ),
        ('msgid "打开(&O)..."\nmsgstr ""\n', 'msgid "打开(&O)..."\nmsgstr "&Open..."\n'),
        ('msgid "取消(_X)"\nmsgstr ""\n', 'msgid "取消(_X)"\nmsgstr "Cancel (_X)"\n'),
        (
            'msgid ""\n"欢迎，{name}！\\n"\n"您有 <b>新消息</b>。"\nmsgstr ""\n',
            'msgid ""\n"欢迎，{name}！\\n"\n"您有 <b>新消息</b>。"\nmsgstr ""\n'
            '"Welcome, {name}!\\n"\n"You have <b>a new message</b>."\n',
        ),
        (
            'msgid "%d 个文件"\nmsgid_plural "%d 个文件"\nmsgstr[0] ""\nmsgstr[1] ""\n',
            'msgid "%d 个文件"\nmsgid_plural "%d 个文件"\nmsgstr[0] "%d files"\nmsgstr[1] "%d files"\n',
        ),
        ('msgid "Cancel"\nmsgstr "取消"\n', 'msgid "Cancel"\nmsgstr "Cancel"\n'),
        ('msgid "取消"\nmsgstr "Abort"\n', 'msgid "取消"\nmsgstr "Abort"\n'),
        ('#~ msgid "取消"\n#~ msgstr ""\n', '#~ msgid "取消"\n#~ msgstr ""\n'),
        (
            '# 取消\nmsgctxt "取消"\nmsgid "取消"\nmsgstr ""\n',
            '# 取消\nmsgctxt "取消"\nmsgid "取消"\nmsgstr "Cancel"\n',
        ),
        # a placeholder that the model lost is given to it as a name
        ('msgid "第 %d 页"\nmsgstr ""\n', 'msgid "第 %d 页"\nmsgstr "Page %d"\n'),
        # a word that stands for another is translated, its brackets are not
        ('msgid "在<文件>中查找。"\nmsgstr ""\n', 'msgid "在<文件>中查找。"\nmsgstr "Find in the <file>."\n'),
        # where a tag's place is unsure, the entry is fuzzy
        (
            'msgid "您有 <a>消息</a>"\nmsgstr ""\n',
            '#, fuzzy\nmsgid "您有 <a>消息</a>"\nmsgstr "<a>You</a>"\n',
        ),
        (
            '#, c-format\nmsgid "您有 <a>消息</a>"\nmsgstr ""\n',
            '#, c-format, fuzzy\nmsgid "您有 <a>消息</a>"\nmsgstr "<a>You</a>"\n',
        ),
    ],
)
def test_what_becomes_of_an_entry(chinese: str, expected: str):
    assert english(chinese) == expected


def test_a_sign_that_the_model_halved_leaves_no_rest():
    found = english('msgid "已完成 %d%%。"\nmsgstr ""\n').partition("msgstr")[2]
    assert (found.count("%d"), found.count("%%"), found.count("%")) == (1, 1, 3)


def test_both_texts_can_be_had():
    assert english('msgid "取消"\nmsgstr ""\n', bilingual="below") == 'msgid "取消"\nmsgstr ""\n"取消\\n"\n"Cancel"\n'
    assert english('msgid "取消"\nmsgstr ""\n', bilingual="beside") == 'msgid "取消"\nmsgstr "取消 Cancel"\n'


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="checked by gettext itself, where it is installed")
def test_gettext_takes_it(tmp_path: Path):
    path = tmp_path / "a.po"
    path.write_text(HEADER + english('#, c-format\nmsgid "文件 %s 不存在。\\n"\nmsgstr ""\n'), "utf-8")
    subprocess.run(["msgfmt", "--check-format", "-o", "/dev/null", path], check=True, capture_output=True)


VALUES = st.text('甲"\\\n\t %s{0}a', max_size=8)


@settings(max_examples=40)
@given(st.lists(st.tuples(VALUES, st.sampled_from(["", "甲", "done"])), max_size=4))
def test_another_program_reads_the_same_entries(entries: list[tuple[str, str]]):
    file = polib.POFile()
    file.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    for number, (msgid, msgstr) in enumerate(entries):
        file.append(polib.POEntry(msgctxt=str(number), msgid=msgid or "a", msgstr=msgstr, comment="注释"))
    data = str(file).encode()
    assert read(data, "a", FileOptions()).written({}) == data
    after = polib.pofile(translated(data, "po").data.decode())
    assert [(e.msgctxt, e.msgid, e.comment) for e in after] == [(e.msgctxt, e.msgid, e.comment) for e in file]
    for before, entry in zip(file, after, strict=True):
        if before.msgstr == "done" or "甲" not in before.msgid + before.msgstr:
            assert entry.msgstr == before.msgstr
