"""The command line: what a person types, sees and gets as an exit code."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.cli.main import GROUPS, main
from corpus.pair import FIELDS
from translate import __version__
from translate.engines.choose import ENGINES
from translate.engines.native.library import instructions, why_not
from translate.marian.find import locate
from translate.marian.vocabulary import MarianVocabulary

ROOT = Path(__file__).parents[3]
FAKE = ["--engine", "fake", "--model", "zh-en-mini"]


def duizhao(*args: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    """The real thing, in a process of its own, in a bare locale."""
    environment = {**os.environ, "LC_ALL": "C", "PYTHONPATH": str(ROOT), **env}
    command = [sys.executable, "-m", "corpus.cli", *args]
    return subprocess.run(command, input=stdin, capture_output=True, env=environment, check=False, timeout=120)


def test_translate_keeps_lines_and_blank_lines() -> None:
    done = duizhao("translate", *FAKE, stdin="你好。再见。\n\n  \n完。\n\n".encode())
    assert done.stdout.decode() == "EN(你好。)[3] EN(再见。)[3]\n\n\nEN(完。)[2]\n\n"
    assert done.stderr == b""
    assert done.returncode == 0


def test_translate_reads_files_of_any_encoding_and_writes_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("海南是全国首个与腾讯公司建立战略合作关系的省份。\r\n\r\n完。".encode("gb18030"))
    (tmp_path / "b.txt").write_text("\n再见。", encoding="utf-8")
    out = tmp_path / "out.txt"
    done = duizhao("translate", *FAKE, str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    assert out.read_text(encoding="utf-8") == (
        "EN(海南是全国首个与腾讯公司建立战略合作关系的省份。)[24]\n\nEN(完。)[2]\n\nEN(再见。)[3]\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt", "out.txt"]


def test_translate_answers_before_the_input_ends() -> None:
    command = [sys.executable, "-m", "corpus.cli", "translate", *FAKE]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text in ("你好。", "再见。"):
            process.stdin.write(f"{text}\n".encode())
            process.stdin.flush()
            assert process.stdout.readline().decode() == f"EN({text})[3]\n"
        process.stdin.close()
        assert process.wait(60) == 0


def test_translate_stops_at_undecodable_bytes_after_the_lines_before() -> None:
    done = duizhao("translate", *FAKE, stdin="你好。\n".encode() + b"\xff\xfe\xfd\n")
    assert done.returncode == 1
    assert done.stdout.decode() == "EN(你好。)[3]\n"
    assert done.stderr.decode() == (
        "duizhao: error: -: not UTF-8 because of byte 10 (0xff); a stream is read as UTF-8 as it comes, "
        "so name its encoding with --encoding, or have what cannot be read replaced with --errors replace\n"
    )
    done = duizhao("translate", "--errors", "replace", *FAKE, stdin="你好。\n".encode() + b"\xff\xfe\n")
    assert (done.returncode, done.stdout.decode()) == (0, "EN(你好。)[3]\n\n")


def test_a_byte_order_mark_holds_for_standard_input() -> None:
    for codec in ("utf-8-sig", "utf-16", "gb18030"):
        mark = "\ufeff" if codec == "gb18030" else ""
        done = duizhao("translate", *FAKE, stdin=f"{mark}你好。\n".encode(codec))
        assert done.stdout.decode() == "EN(你好。)[3]\n"


def test_translate_packs_what_is_named_so(tmp_path: Path) -> None:
    out = tmp_path / "o.en.gz"
    assert duizhao("translate", *FAKE, "-o", str(out), stdin="你好。\n".encode()).returncode == 0
    assert gzip.decompress(out.read_bytes()).decode() == "EN(你好。)[3]\n"


def test_a_forced_encoding_holds_for_standard_input() -> None:
    done = duizhao("translate", *FAKE, "--encoding", "gbk", stdin="你好。\n".encode("gbk"))
    assert done.stdout.decode() == "EN(你好。)[3]\n"


def test_split_gives_a_sentence_a_line_or_its_record() -> None:
    text = "  第一句。第二句！\n\n授人以渔   合作建设“ 互联网 + ”生态村\n"
    assert duizhao("split", stdin=text.encode()).stdout.decode().splitlines()[:2] == ["第一句。", "第二句！"]
    lines = duizhao("split", "-", "--format", "jsonl", stdin=text.encode()).stdout.decode().splitlines()
    records = [json.loads(line) for line in lines]
    assert list(records[0]) == ["doc", "paragraph", "sentence", "start", "end", "raw", "text", "flags"]
    assert [(r["paragraph"], r["sentence"]) for r in records[:2]] == [(0, 0), (0, 1)]
    assert {r["paragraph"] for r in records[2:]} == {2}
    for record in records:
        assert text[record["start"] : record["end"]] == record["raw"]


def test_build_from_standard_input(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = duizhao("build", "-", "-o", str(out), *FAKE, stdin="你好。\n".encode())
    assert done.returncode == 0, done.stderr
    (row,) = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert list(row) == [*FIELDS, "raw", "signals"]
    assert (row["source"], row["target"], row["raw"]) == ("你好。", "EN(你好。)[3]", "你好。")


def test_build_says_what_it_did_and_gives_3_when_something_was_left_out(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.txt").write_text("你好。", encoding="utf-8")
    (tmp_path / "in" / "empty.txt").touch()
    done = duizhao("build", str(tmp_path / "in"), "-o", str(tmp_path / "o.tsv"), *FAKE)
    assert done.returncode == 3
    said = done.stderr.decode().splitlines()
    assert "empty.txt" in said[0]
    assert "1 pair from 1 document" in said[1]
    assert "1 input rejected" in said[-1]
    assert duizhao("build", str(tmp_path / "in"), "-o", str(tmp_path / "o.tsv"), "--strict", *FAKE).returncode == 1


def test_an_only_input_that_is_rejected_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    done = duizhao("build", str(tmp_path / "empty.txt"), "-o", str(tmp_path / "o.tsv"), *FAKE)
    assert done.returncode == 1
    assert done.stderr.decode() == f"duizhao: error: {tmp_path / 'empty.txt'}: empty file\n"


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["build", "missing.txt", "-o", "{tmp}/o.tsv", *FAKE], 1, ["missing.txt"]),
        (["build", "{tmp}", "-o", "{tmp}/o.tsv", *FAKE], 1, ["{tmp}"]),
        (["build", "x.txt", "-o", "{tmp}/o.docx", *FAKE], 2, ["jsonl", "moses", "tmx", "tsv"]),
        (["build", "x.txt", "-o", "{tmp}/o.tsv", "--format", "tmz", *FAKE], 2, ["tmz", "tmx"]),
        (["build", "x.txt", "-o", "{tmp}/no/o.tsv", *FAKE], 1, ["{tmp}/no"]),
        (["build", "-", "-o", "{tmp}/o.tsv", "--model", "opus"], 2, ["opus", "opus-mt-zh-en", "zh-en-mini"]),
        (["build", "-", "-o", "{tmp}/o.tsv", "--engine", "marian"], 2, ["marian", "ct2", "torch"]),
        (["translate", "missing.txt", *FAKE], 1, ["missing.txt"]),
        (["translate", "{tmp}", *FAKE], 1, ["{tmp}"]),
        (["translate", "-o", "{tmp}/no/o.txt", *FAKE], 1, ["{tmp}/no"]),
        (["translate", "--no-repair", "everything", *FAKE], 2, ["everything", "entities"]),
        (["split", "missing.txt"], 1, ["missing.txt"]),
        (["models", "show", "opus"], 2, ["opus-mt-zh-en"]),
        (["models", "verify", "opus"], 2, ["opus-mt-zh-en"]),
    ],
)
def test_what_cannot_be_is_told_in_one_line(args: list[str], code: int, words: list[str], tmp_path: Path) -> None:
    done = duizhao(*[arg.format(tmp=tmp_path) for arg in args])
    said = done.stderr.decode()
    assert done.returncode == code, said
    assert said.count("\n") == 1, said
    assert said.startswith("duizhao: error: ")
    for word in words:
        assert word.format(tmp=tmp_path) in said
    assert done.stdout == b""


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("split <&-", "-: standard input is closed; name a file, or pipe something in"),
        ("translate <&-", "-: standard input is closed; name a file, or pipe something in"),
        ("build - -o o.tsv <&-", "-: standard input is closed; name a file, or pipe something in"),
        ("split a.txt >&-", "standard output is closed; name a file with -o, or leave it open"),
        ("translate a.txt >&-", "standard output is closed; name a file with -o, or leave it open"),
        ("build a.txt -o - --format tsv >&-", "standard output is closed; name a file with -o, or leave it open"),
    ],
)
def test_closed_streams_are_told_in_one_line(command: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("你好。", encoding="utf-8")
    name, rest = command.split(" ", 1)
    options = "" if name == "split" else " ".join(FAKE)
    shell = f"{sys.executable} -m corpus.cli {name} {options} {rest}"
    done = subprocess.run(
        ["bash", "-c", shell],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.stderr.decode() == f"duizhao: error: {said}\n"
    assert done.returncode == 1


def test_without_stderr_nothing_is_said_on_stdout(tmp_path: Path) -> None:
    shell = f"{sys.executable} -m corpus.cli split missing.txt 2>&-"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", shell], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_file_name_that_is_no_utf8(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe.txt"
    try:
        Path(os.fsdecode(name)).write_text("你好。", encoding="utf-8")
    except OSError as error:
        pytest.skip(f"this file system takes no such name: {error}")
    done = duizhao("split", os.fsdecode(name), "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["doc"] == "\ufffd\ufffd.txt"


def test_a_line_break_in_a_file_name_is_no_line_break_on_stderr() -> None:
    done = duizhao("split", "no\nsuch\r文.txt")
    assert done.stderr.decode() == "duizhao: error: no\\nsuch\\r文.txt: no such file\n"


def test_half_a_surrogate_pair_is_counted_and_encoded() -> None:
    vocabulary = MarianVocabulary(locate("zh-en-mini"))
    assert vocabulary.encode(["\ud800好"]) == vocabulary.encode(["\ufffd好"])
    assert vocabulary.count(["\ud800好"]) == vocabulary.count(["\ufffd好"])


def test_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in listed] == ["opus-mt-zh-en", "zh-en-mini"]
    assert main(["models", "show", "opus-mt-zh-en"]) == 0
    shown = capsys.readouterr().out
    assert "6b02b2132d97136ebed2851703f2b3407ea9cf47" in shown
    assert "9d8ceb91d103ef89400c9d9d62328b4858743cf8924878aee3b8afc594242ce0" in shown
    assert main(["models", "verify", "zh-en-mini"]) == 0
    assert "zh-en-mini" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"duizhao {__version__}\n"


@pytest.mark.parametrize("args", [["--version", "-v"], ["-v", "--version"]])
def test_version_says_on_request_what_a_report_of_a_fault_needs(
    args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(args) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"duizhao {__version__}"
    named = {line.split()[0]: line for line in lines}
    for library in ("python", "torch", "transformers", "ctranslate2", "sentencepiece", "numpy", "zstandard"):
        assert re.fullmatch(rf"{library} \d+\.\d+.*", named[library])
    assert "pytest" not in named
    engines = [line for line in lines if line.startswith("engine ")]
    assert {line.split()[1].rstrip(":") for line in engines} == set(ENGINES)
    (native,) = [line for line in engines if line.startswith("engine native")]
    assert why_not() is not None or native.endswith(f"available, products in {instructions()}")


def test_the_help_shows_the_commands_in_their_groups(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    groups: dict[str, list[str]] = {}
    for line in shown.split("commands:\n")[1].split("\n\n")[0].splitlines():
        if not line.startswith("    "):
            groups[line.strip()] = []
            continue
        name, summary = line.split(maxsplit=1)
        assert 8 <= len(summary) <= 62, "the first sentence of a description is its line in the help"
        groups[list(groups)[-1]].append(name)
    assert list(groups) == [name for name, modules in GROUPS.items() if modules]
    assert groups["make"] == ["build", "translate", "split"]
    assert all(groups.values())


def test_usage_errors_give_2() -> None:
    assert duizhao().returncode == 2
    assert duizhao("build", "x.txt").returncode == 2
    assert duizhao("translate", "--beam-size", "0").returncode == 2


def test_a_reader_that_goes_away_is_no_error() -> None:
    text = "你好。\n" * 50_000
    command = f"{sys.executable} -m corpus.cli split | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, input=text.encode(), capture_output=True, check=False, timeout=120
    )
    assert done.stdout.decode() == "你好。\n"
    assert done.stderr == b""


@pytest.mark.parametrize(
    "statement", ["import translate", "import corpus", "from corpus.cli.main import make_parser; make_parser()"]
)
def test_importing_loads_nothing_heavy(statement: str) -> None:
    code = (
        f"{statement}\nimport sys\n"
        "heavy = {'torch', 'transformers', 'ctranslate2', 'sentencepiece', 'huggingface_hub', 'numpy', 'rich'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_line_of_any_length_streams_through_translate() -> None:
    sentence = "海南与腾讯签约。"
    done = duizhao("translate", *FAKE, stdin=(sentence * 30_000).encode())
    assert done.stdout.decode() == " ".join([f"EN({sentence})[8]"] * 30_000) + "\n"


def test_main_reads_argv_by_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["duizhao", "models", "list"])
    assert main() == 0
    assert "zh-en-mini" in capsys.readouterr().out
