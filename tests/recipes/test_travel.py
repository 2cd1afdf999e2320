"""What travels to a machine with a GPU: one folder, from which the training starts by itself."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recipes.zh_en_mini import checkpoint, start, train, travel
from recipes.zh_en_mini.guard import first_not_finite
from recipes.zh_en_mini.plot import last_told
from recipes.zh_en_mini.run import SIZES
from recipes.zh_en_mini.train import parser, settings_of


@pytest.fixture(scope="module")
def folder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made")
    travel.main(["--data", str(data), "--tests", str(data / "tests"), "--out", str(out), "--size", "test"])
    return out / "travel"


def test_the_folder_holds_all_that_training_needs_and_no_text(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        "__main__.py", "embeddings.npy", "recipes", "shards", "train.json", "vocab",
    }  # fmt: skip
    assert not [path for path in folder.rglob("*") if path.suffix in (".tsv", ".xz")]
    assert json.loads((folder / "train.json").read_text(encoding="utf-8")) == list(SIZES["test"].train)


def test_a_folder_that_is_too_large_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travel, "LIMIT", 1 << 10)
    with pytest.raises(ValueError, match=r"shards 0\.\d.*of 0 allowed; use fewer pairs"):
        travel.gather(folder.parent, [], tmp_path / "travel")


@pytest.mark.parametrize("name", SIZES)
def test_the_options_of_each_size_are_known(name: str) -> None:
    options = ["--shards", ".", "--vocab", ".", "--out", ".", "--embeddings", "e.npy", "--bridge", *SIZES[name].train]
    settings, _ = settings_of(parser().parse_args(options))
    assert settings.bridge


def test_the_real_run_is_that_of_the_readme() -> None:
    text = (Path(train.__file__).parent / "README.md").read_text(encoding="utf-8")
    block = next(block for block in text.split("\n\n") if "--decay 0.9995" in block)
    words = block.replace("\\\n", " ").split()
    given = words[words.index("--shape") : words.index("--embeddings")]
    assert given == list(SIZES["mini-5"].train)


def test_a_second_training_in_the_same_folder_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pid").write_text("17", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["travel", str(tmp_path)])
    with (tmp_path / "lock").open("a") as lock:
        assert start.taken(lock)
        with pytest.raises(SystemExit, match="trains there already; to end it: kill 17"):
            start.main(folder)
    assert not (tmp_path / "log.jsonl").exists()


def test_weights_are_packed_with_each_checkpoint(made: Path, tmp_path: Path) -> None:
    train.main([
        "--shards", str(made / "shards"), "--vocab", str(made / "vocab"), "--out", str(tmp_path / "run"),
        "--pack", str(tmp_path / "run" / "packed"), "--shape", "test", "--tokens", "512", "--steps", "4",
        "--log-every", "2", "--save-every", "0", "--device", "cpu",
    ])  # fmt: skip
    average = (tmp_path / "run" / "average.safetensors").read_bytes()
    glued = checkpoint.glue(tmp_path / "run" / "packed" / "average.safetensors.parts", tmp_path / "glued")
    assert glued.read_bytes() == average
    before = checkpoint.glue(tmp_path / "run" / "packed.old" / "average.safetensors.parts", tmp_path / "before")
    assert before.stat().st_size == len(average)
    assert not (tmp_path / "run" / "packed.tmp").exists()


def test_weights_that_are_not_finite_are_not_packed(run: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(run / "average.safetensors")
    weights["model.shared.weight"][7, 0] = float("nan")
    (tmp_path / "bad").mkdir()
    save_file(weights, tmp_path / "bad" / "average.safetensors")
    with pytest.raises(ValueError, match="not finite; pack the one before"):
        checkpoint.pack(tmp_path / "bad", tmp_path / "packed")
    assert not (tmp_path / "packed").exists()


def test_steps_that_were_done_anew_are_drawn_once() -> None:
    lines = [{"step": step, "loss": loss} for step, loss in ((1, 5.0), (2, 4.0), (3, float("nan")), (2, 4.5), (3, 3.0))]
    lines.append({"step": 3, "dev": 2.0})
    assert last_told(lines) == [lines[0], lines[1], *lines[3:]]


@pytest.mark.slow
def test_the_training_outlives_the_command_that_started_it(folder: Path, tmp_path: Path) -> None:
    """The whole of it: a start from the folder as on another machine, weights packed on the way, a model at the end."""
    from recipes.zh_en_mini import export

    run = tmp_path / "run"
    # No path to this checkout, so that what runs is what travelled.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(folder), str(run), "--steps", "12", "--save-every", "0", "--device", "cpu"]
    said = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
    pid = int((run / "pid").read_text(encoding="utf-8"))
    assert f"process {pid} trains" in said
    assert os.getsid(pid) == pid != os.getsid(0)
    with (run / "lock").open("a") as lock:
        assert not start.taken(lock)
        fcntl.flock(lock, fcntl.LOCK_EX)  # waits until the training has ended
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[-1]["step"] == 12
    assert "dev" in lines[-1]
    assert "parameters" in (run / "train.out").read_text(encoding="utf-8")
    carried = tmp_path / "carried"
    checkpoint.main(["glue", str(run / "packed"), str(carried)])
    model = export.export(carried, folder / "vocab", tmp_path / "model")
    assert first_not_finite(model.named_parameters()) is None
    assert {"log.jsonl", "shape.json"} <= {path.name for path in carried.iterdir()}
