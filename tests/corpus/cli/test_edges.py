"""The edges of the command line: full disks, interruptions, outputs that are inputs, and mistakes of our own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.cli import main as command_line
from corpus.cli.main import main
from translate.cli import split
from translate.errors import EngineError

ROOT = Path(__file__).parents[3]
FAKE = ["--engine", "fake", "--model", "zh-en-mini"]
DUIZHAO = f"{sys.executable} -m corpus.cli"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full here")


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=ENVIRONMENT, capture_output=True, check=False, timeout=120
    )


# -- outputs that are inputs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        f"translate {' '.join(FAKE)} a.txt -o a.txt",
        f"translate {' '.join(FAKE)} a.txt -o soft",
        f"translate {' '.join(FAKE)} soft -o hard",
        f"translate {' '.join(FAKE)} -o a.txt < a.txt",
        f"translate {' '.join(FAKE)} a.txt >> a.txt",
        "split a.txt -o a.txt",
        "split a.txt >> a.txt",
        "split < a.txt >> a.txt",
        "score a.tsv -o a.tsv",
        "filter a.tsv -o hard.tsv",
        "filter a.tsv -o b.tsv --rejected hard.tsv",
        "shortlist a.tsv -o a.tsv --model zh-en-mini",
        "shortlist b.tsv a.tsv -o hard.tsv --model zh-en-mini",
        f"build {' '.join(FAKE)} a.txt -o a.txt --format tsv",
        f"build {' '.join(FAKE)} b.tsv a.txt -o hard --format tsv",
        f"build {' '.join(FAKE)} - -o a.txt --format tsv < a.txt",
    ],
)
def test_no_command_replaces_its_own_input(command: str, tmp_path: Path) -> None:
    text = "你好。\n"
    rows = "source\ttarget\tflags\n你好。\tHello.\t\n"
    for name, content in (("a.txt", text), ("a.tsv", rows), ("b.tsv", rows)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "soft").symlink_to("a.txt")
    (tmp_path / "hard").hardlink_to(tmp_path / "a.txt")
    (tmp_path / "hard.tsv").hardlink_to(tmp_path / "a.tsv")
    done = shell(f"{DUIZHAO} {command}", tmp_path)
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert said.count("\n") == 1
    assert "is both an input and the output" in said
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == text
    assert (tmp_path / "a.tsv").read_text(encoding="utf-8") == rows


# -- disks that are full -------------------------------------------------------------------------------------------


@needs_full
@pytest.mark.parametrize("command", ["split a.txt", "split", f"translate {' '.join(FAKE)} a.txt", "models list"])
def test_a_full_standard_output_is_told_in_one_line(command: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("你好。\n", encoding="utf-8")
    done = shell(f"{DUIZHAO} {command} < a.txt > /dev/full", tmp_path)
    said = done.stderr.decode()
    assert done.returncode == 1
    assert said.count("\n") == 1, said
    assert said.startswith("duizhao: error: ")
    assert "disk full; free some space" in said or "No space left on device" in said


@needs_full
def test_a_full_standard_error_stops_no_work(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("你好。", encoding="utf-8")
    (tmp_path / "empty.txt").touch()
    done = shell(f"{DUIZHAO} build . -o o.tsv {' '.join(FAKE)} 2> /dev/full", tmp_path)
    assert done.returncode == 3
    assert len((tmp_path / "o.tsv").read_text(encoding="utf-8").splitlines()) == 2
    assert shell(f"{DUIZHAO} split missing.txt 2> /dev/full", tmp_path).returncode == 1
    assert shell(f"{DUIZHAO} nonsense 2> /dev/full", tmp_path).returncode == 2


# -- interruptions -------------------------------------------------------------------------------------------------


def test_what_was_written_before_an_interruption_arrives(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "corpus.cli", "split", "a.txt", "-"]
    (tmp_path / "a.txt").write_text("你好。\n再见。\n", encoding="utf-8")
    with subprocess.Popen(
        command, cwd=tmp_path, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        # It is reading standard input by now, or will be: there a temporary file is kept in the meantime.
        _wait_for_spool(process.pid)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
    assert (out.decode(), said.decode(), process.returncode) == ("你好。\n再见。\n", "duizhao: interrupted\n", 130)


def _wait_for_spool(pid: int) -> None:
    folder = Path(f"/proc/{pid}/fd")
    if not folder.exists():
        pytest.skip("what another process has open cannot be seen here")
    while not any("/#" in name or "duizhao-" in name for name in _open_files(folder)):
        time.sleep(0.01)


def _open_files(folder: Path) -> Iterator[str]:
    for link in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since
            yield str(link.readlink())


def test_an_interruption_while_the_program_starts_leaves_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "make_parser", interrupted)
    assert main(["split"]) == 130


def test_little_is_imported_before_an_interruption_is_expected() -> None:
    code = "import sys; before = set(sys.modules); import corpus.cli.main; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-S", "-c", code], env=ENVIRONMENT, capture_output=True, check=True)
    assert sorted(done.stdout.decode().split()) == ["__future__", "corpus", "corpus.cli", "corpus.cli.main"]


# -- mistakes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NameError("name 'x' is not defined"), "NameError: name 'x' is not defined"),
        (OSError(5, "Input/output error", "some/file"), "some/file: Input/output error"),
        (OSError("the network is down"), "the network is down"),
        (EngineError("the engine failed"), "the engine failed"),
    ],
)
def test_a_mistake_is_one_line_and_has_its_traceback_when_asked(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        try:
            [].pop()
        except IndexError as cause:
            raise error from cause

    monkeypatch.setattr(split, "check_output", broken)
    assert main(["split"]) == 1
    short = capsys.readouterr().err
    hint = "; this is a mistake in duizhao, and the same command with -v shows where"
    assert short == f"duizhao: error: {said}{hint if isinstance(error, NameError) else ''}\n"
    assert main(["split", "-v"]) == 1
    first, _, rest = capsys.readouterr().err.partition("\n")
    assert first == f"duizhao: error: {said}"
    assert rest.startswith("Traceback")
    assert "IndexError: pop from empty list" in rest


def test_a_name_that_is_too_long_is_told_in_one_line(tmp_path: Path) -> None:
    done = shell(f"{DUIZHAO} split {'x' * 300}", tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode().endswith("cannot be read: File name too long\n")
    assert done.stderr.count(b"\n") == 1


# -- several inputs, one grammar -----------------------------------------------------------------------------------


def test_split_takes_several_inputs_and_an_output(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("一。二。", encoding="utf-8")
    (tmp_path / "b.txt").write_bytes("三。".encode("gb18030"))
    done = shell(f"echo 四。 | {DUIZHAO} split a.txt b.txt - --encoding gb18030 -o out.gz", tmp_path)
    assert done.returncode == 1  # a.txt and stdin are no GB18030
    assert not (tmp_path / "out.gz").exists()
    done = shell(f"echo 四。 | {DUIZHAO} split a.txt - -o out && cat out", tmp_path)
    assert done.stdout.decode() == "一。\n二。\n四。\n"


def test_wrapped_lines_are_joined_where_that_is_asked_for(tmp_path: Path) -> None:
    text = "随着信息技术的迅速发展，机器翻译已经成为自然语言处理领域\n的重要研究方向之一。\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert shell(f"{DUIZHAO} split a.txt", tmp_path).stdout.decode() == text
    joined = shell(f"{DUIZHAO} split a.txt --hard-wrap yes", tmp_path).stdout.decode()
    assert joined == text.replace("领域\n", "领域")
