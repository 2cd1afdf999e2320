"""What is named as an input: refused where it would be misread, or would be lost."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from translate.errors import InputError, UsageError
from translate.files.inputs import check_distinct, check_input, read_input


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("x.html", "你好", "HTML"),
        ("x.HTM.gz", "", "HTML"),
        ("x.csv", "a,b", "a table"),
        ("x.jsonl", "{}", "JSON"),
        ("x.json.zst", "", "JSON"),
        ("x.log", '\ufeff \n[\n {"text": "你好"}]', "JSON"),
        ("x.log", '["你好", "再见"]', "JSON"),
        ("x", '{"text": "你好"}\n{"text": "再见"}\n', "JSON"),
        ("x", "\n<!DOCTYPE html>\n<p>你好", "HTML"),
        ("x.log", '<?xml version="1.0"?><a/>', "XML"),
    ],
)
def test_markup_is_not_read_as_prose(tmp_path: Path, name: str, text: str, what: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"{name}: {what}, expected plain text; .*pipe it in"):
        check_input(str(path))


def test_markup_in_utf_16_is_seen(tmp_path: Path) -> None:
    (tmp_path / "x").write_text('[{"text": "你好"}]', encoding="utf-16")
    with pytest.raises(InputError, match="JSON"):
        check_input(str(tmp_path / "x"))


def test_a_txt_is_read_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text('[{"text": "你好"}]', encoding="utf-8")
    check_input(str(tmp_path / "x.txt"))


@pytest.mark.parametrize("text", ["[新华社] 你好。", "{你好}", "< 三国 >", "[1] 脚注。", "", "你好"])
def test_prose_that_begins_with_a_bracket_is_prose(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text, encoding="utf-8")
    check_input(str(tmp_path / "x"))


def test_what_is_no_file_is_called_what_it_is(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s"))
        with pytest.raises(InputError, match="s: a socket, expected a file or a pipe"):
            check_input(str(tmp_path / "s"))
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(InputError, match="link: a symbolic link to a file that does not exist"):
        check_input(str(tmp_path / "link"))
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        check_input("x" * 300)
    with pytest.raises(InputError, match="a folder"):
        check_input(str(tmp_path))


def _pipe(path: Path, data: bytes) -> threading.Thread:
    os.mkfifo(path)
    thread = threading.Thread(target=path.write_bytes, args=(data,))
    thread.start()
    return thread


def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    writer = _pipe(tmp_path / "p", "你好。\n再见。".encode("gb18030"))
    check_input(str(tmp_path / "p"))
    assert [paragraph.text for paragraph in read_input(str(tmp_path / "p"), "gb18030")] == ["你好。", "再见。"]
    writer.join()


def test_a_named_pipe_with_markup_is_not_read_as_prose(tmp_path: Path) -> None:
    writer = _pipe(tmp_path / "p", b'[{"a": 1}]')
    with pytest.raises(InputError, match="p: JSON"):
        list(read_input(str(tmp_path / "p"), None))
    writer.join()
    os.mkfifo(tmp_path / "p.jsonl")
    with pytest.raises(InputError, match="JSON"):  # before anything waits for a writer
        check_input(str(tmp_path / "p.jsonl"))


def test_an_output_is_none_of_the_inputs_whatever_it_is_called(tmp_path: Path) -> None:
    text, soft, hard = tmp_path / "a.txt", tmp_path / "soft", tmp_path / "hard"
    text.write_text("你好")
    soft.symlink_to("a.txt")
    hard.hardlink_to(text)
    for out in (text, soft, hard, tmp_path / "." / "a.txt", tmp_path / ".." / tmp_path.name / "a.txt"):
        with pytest.raises(UsageError, match=r"a.txt is both an input and the output.*; write to another file"):
            check_distinct(["-", text], [tmp_path / "other", out])
    check_distinct([text, "/dev/null", tmp_path / "missing"], [tmp_path / "missing", "/dev/null"])
