"""``duizhao serve`` as a process: where it says it is, and how it stops."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from corpus.cli import serve
from corpus.cli.main import main

ROOT = Path(__file__).parents[3]
FAKE = ["--engine", "fake", "--model", "zh-en-mini"]


@contextmanager
def started(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the address it says."""
    command = [sys.executable, "-m", "corpus.cli", "serve", "--port", "0", *FAKE, *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr
        try:
            said = process.stderr.readline()
            found = re.search(r"http://[\d.]+:\d+", said)
            assert found, said
            yield process, found[0]
        finally:
            process.kill()


def translated(url: str, texts: list[str]) -> list[str]:
    body = json.dumps({"q": texts, "source": "zh", "target": "en"}).encode()
    request = urllib.request.Request(f"{url}/translate", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: list[str] = json.load(answer)["translatedText"]
        return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_finishes_what_is_in_flight_when_it_is_told_to_stop(number: int) -> None:
    with started() as (process, url):
        assert translated(url, ["你好。"]) == ["EN(你好。)[3]"]
        found: list[list[str]] = []
        texts = [f"第{i}句，不长也不短。" for i in range(4000)]
        thread = threading.Thread(target=lambda: found.append(translated(url, texts)))
        thread.start()
        while b"ok" not in urllib.request.urlopen(f"{url}/health", timeout=60).read():
            pass
        thread.join(0.3)  # so that it is in flight, on most machines; where it was done already nothing is lost
        process.send_signal(number)
        thread.join(60)
        assert process.wait(60) == 0
        assert len(found[0]) == 4000
        assert process.stderr
        assert process.stderr.read() == "duizhao: stopped; all that was in flight is finished\n"
        assert process.stdout
        assert process.stdout.read() == ""


def test_a_port_that_is_taken_is_told_before_a_model_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port), "--model", "no-such-model"]) == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "no such host"], "cannot listen on no such host"),
        (["--port", "99999999"], "cannot listen on port 99999999"),
        (["--api-keys", "no-such-file"], "no-such-file: no keys can be read from it"),
    ],
)
def test_options_that_cannot_be(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", *FAKE, *options]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    assert main(["serve"]) == 2
    assert "pip install 'duizhao[serve]'" in capsys.readouterr().err


def test_other_machines_are_an_open_door_that_is_told() -> None:
    with started("--host", "0.0.0.0") as (process, _):
        assert process.stderr
        assert "nobody is asked for a key" in process.stderr.readline()
