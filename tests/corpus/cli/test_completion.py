"""Completion scripts, asked by the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from corpus.cli import shells
from corpus.cli.main import main, make_parser
from corpus.cli.tree import commands_of, each

CASES = [
    ("duizhao ", {"build", "translate", "split", "models", "completion"}, {"list", "--version"}),
    ("duizhao -v tr", {"translate"}, {"split"}),
    ("duizhao --ver", {"--version", "--verbose"}, {"--quiet"}),
    ("duizhao build --f", {"--format"}, {"--strict"}),
    ("duizhao build --format ", {"tsv", "jsonl", "tmx", "moses"}, {"build", "text"}),
    ("duizhao split --format ", {"text", "jsonl"}, {"tmx"}),
    ("duizhao translate build.txt --engine n", {"native"}, {"ct2", "build"}),
    ("duizhao models ", {"list", "show", "pull", "verify"}, {"build", "some.txt"}),
    ("duizhao models show opus", {"opus-mt-zh-en"}, {"zh-en-mini"}),
    ("duizhao models list show", set(), {"show"}),
    ("duizhao build --model z", {"zh-en-mini"}, {"opus-mt-zh-en"}),
    ("duizhao build --beam-size ", set(), {"some.txt", "build"}),
    ("duizhao build so", {"some.txt"}, {"other"}),
    ("duizhao build --parts o", {"other"}, {"some.txt"}),
    ("duizhao build --shortlist ot", {"other"}, {"some.txt"}),
]


def run(command: list[str], folder: Path) -> set[str]:
    (folder / "some.txt").touch()
    (folder / "other").mkdir()
    environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return {line.split("\t")[0].rstrip("/") for line in done.stdout.splitlines()}


def in_bash(line: str, script: Path, folder: Path) -> set[str]:
    """What bash would show; where the function gives nothing, it goes on to files unless it was told not to."""
    words = " ".join(f"'{word}'" for word in line.split(" "))
    code = (
        f"files=yes; compopt() {{ files=no; }}; source {script}; COMP_WORDS=({words}); "
        'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _duizhao; printf "%s\\n" "${COMPREPLY[@]}"; '
        '[[ ${#COMPREPLY[@]} == 0 && $files == yes ]] && compgen -f -- "${COMP_WORDS[COMP_CWORD]}" || true'
    )
    return run(["bash", "--norc", "-c", code], folder)


def in_fish(line: str, script: Path, folder: Path) -> set[str]:
    return run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], folder)


@pytest.mark.parametrize(("line", "shown", "hidden"), CASES)
@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_what_a_shell_shows(line: str, shown: set[str], hidden: set[str], shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(getattr(shells, shell)(commands_of(make_parser())), encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    found = (in_bash if shell == "bash" else in_fish)(line, script, folder)
    assert shown <= found
    assert not hidden & found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_and_option_is_in_the_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for command in each(commands_of(make_parser())):
        assert not command.path or command.path[-1] in script
        for option in command.options:
            for flag in option.flags:
                assert (flag.lstrip("-") if shell == "fish" else flag) in script
    if shutil.which(shell) is not None:
        done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
