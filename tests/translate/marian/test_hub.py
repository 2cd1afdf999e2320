"""The real download path, end to end, against a hub on the loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

LOCATE = """
from translate.marian.find import locate
from translate.errors import DuizhaoError
try:
    model = locate({name!r})
except DuizhaoError as error:
    print(type(error).__name__, error)
else:
    print("found", model.spec.name, model.path)
    print("warning", model.warning)
"""

PULL = """
from translate.marian.find import pull
from translate.errors import DuizhaoError
seen = []
try:
    model = pull("opus-mt-zh-en", progress=lambda *event: seen.append(event))
except DuizhaoError as error:
    print(type(error).__name__, error)
else:
    print("pulled", model.path)
    last = {name: (done, total) for name, done, total in seen}
    print(all(done == total for done, total in last.values()), sorted(last))
"""


def blob(machine, name: str) -> Path:
    """Where the cache holds the bytes of a file."""
    return next(Path(machine.env["HF_HOME"]).glob(f"hub/models--*/snapshots/*/{name}")).resolve()


def test_pull_fetches_every_pinned_file_and_reports_progress(machine, hub):
    hub.files["README.md"] = b"not pinned"
    run = machine.python(PULL)
    assert run.stdout.startswith("pulled "), run.stdout + run.stderr
    assert f"True {sorted(set(hub.files) - {'README.md'})}" in run.stdout
    assert "README.md" not in hub.gets
    assert run.stderr == ""


def test_a_pulled_model_is_loaded_without_the_hub(machine, hub):
    machine.python(PULL)
    hub.gets.clear()
    for env in ({"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}):
        run = machine.python(LOCATE.format(name="auto"), **env)
        assert run.stdout.startswith("found opus-mt-zh-en "), run.stdout + run.stderr
        assert "warning None" in run.stdout
    assert hub.gets == []


def test_locate_fetches_what_is_missing_and_the_model_translates(machine):
    code = """
from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.marian.find import locate
engine = load_engine("auto", locate("auto"), DecodeOptions(beam_size=2), device="cpu")
print(engine.name, [h.finish for h in engine.submit(["今天天气很好。"]).result()])
engine.close()
"""
    run = machine.python(code)
    assert run.stdout.startswith(("ct2 [", "native [")), run.stdout + run.stderr
    assert run.stderr == ""


def test_a_cut_connection_is_resumed(machine, hub):
    hub.cuts["pytorch_model.bin"] = 2
    run = machine.python(PULL)
    assert run.stdout.startswith("pulled "), run.stdout + run.stderr
    assert hub.gets.count("pytorch_model.bin") == 3


def test_a_short_download_is_refused_and_a_second_pull_works(machine, hub):
    whole = hub.files["vocab.json"]
    hub.files["vocab.json"] = whole[:-1]
    run = machine.python(PULL)
    assert run.stdout.startswith("ModelDamagedError model 'opus-mt-zh-en' is damaged: vocab.json: it has"), run.stdout
    hub.files["vocab.json"] = whole
    assert machine.python(PULL).stdout.startswith("pulled ")


def test_a_corrupted_download_is_refused_and_named_and_pull_repairs_it(machine, hub):
    whole = hub.files["source.spm"]
    hub.files["source.spm"] = whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]
    for name in ("opus-mt-zh-en", "auto"):
        run = machine.python(LOCATE.format(name=name))
        assert run.stdout.startswith("ModelDamagedError model 'opus-mt-zh-en' is damaged: source.spm: its SHA-256 is ")
        assert "duizhao models pull opus-mt-zh-en" in run.stdout
    hub.files["source.spm"] = whole
    assert machine.python(PULL).stdout.startswith("pulled ")
    assert machine.python(LOCATE.format(name="opus-mt-zh-en")).stdout.startswith("found ")


@pytest.mark.parametrize("damage", ["truncated", "flipped", "deleted"])
def test_a_file_damaged_in_the_cache_is_refused_and_pull_fetches_only_that(machine, hub, damage):
    machine.python(PULL)
    path = blob(machine, "target.spm")
    body = path.read_bytes()
    if damage == "deleted":
        path.unlink()
    else:
        path.chmod(0o644)
        path.write_bytes(body[:-1] if damage == "truncated" else body[:-1] + bytes([body[-1] ^ 1]))
    run = machine.python(LOCATE.format(name="opus-mt-zh-en"), HF_HUB_OFFLINE="1")
    assert run.stdout.startswith("ModelUnavailableError" if damage == "deleted" else "ModelDamagedError"), run.stdout
    assert "target.spm" in run.stdout
    hub.gets.clear()
    assert machine.python(PULL).stdout.startswith("pulled ")
    assert hub.gets == ["target.spm"]


@pytest.mark.parametrize("env", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_without_a_hub_auto_falls_back_with_one_line_and_a_named_model_fails(machine, env):
    run = machine.python(LOCATE.format(name="auto"), **env)
    assert run.stdout.startswith("found zh-en-mini "), run.stdout + run.stderr
    assert "warning using the embedded model zh-en-mini" in run.stdout
    assert len(run.stdout.splitlines()) == 2
    run = machine.python(LOCATE.format(name="opus-mt-zh-en"), **env)
    assert run.stdout.startswith("ModelUnavailableError "), run.stdout + run.stderr
    assert len(run.stdout.splitlines()) == 1


def test_a_hub_that_never_answers_does_not_hang(machine):
    code = """
import socket, threading
silent = socket.create_server(("127.0.0.1", 0))  # takes connections and says nothing
import os
os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
from translate.marian import find
find._AUTO_SECONDS = 0.5
model = find.locate("auto")
print(model.spec.name, model.warning)
"""
    run = machine.python(code)
    assert run.stdout.startswith("zh-en-mini using the embedded model"), run.stdout + run.stderr
    assert "did not answer" in run.stdout


def test_a_model_the_hub_does_not_have(machine, hub):
    hub.files.clear()
    run = machine.python(LOCATE.format(name="opus-mt-zh-en"))
    assert run.stdout.startswith("ModelUnavailableError "), run.stdout + run.stderr
    assert "404" in run.stdout
