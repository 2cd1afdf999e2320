from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recipes.zh_en_mini import checkpoint, train
from recipes.zh_en_mini.batches import collate
from recipes.zh_en_mini.network import SHAPES, build, hidden, training_loss
from recipes.zh_en_mini.schedule import Schedule
from recipes.zh_en_mini.shards import Ragged, Shard, load
from recipes.zh_en_mini.train import Trainer, TrainSettings, parser, settings_of

OPTIONS = ["--shards", ".", "--vocab", ".", "--out", ".", "--shape", "test", "--tokens", "512", "--warmup", "5",
           "--peak", "1e-2", "--decay", "0.9"]  # fmt: skip


def trainer(made: Path, out: Path, settings: TrainSettings, schedule: Schedule) -> Trainer:
    shards = made / "shards"
    train_shard, dev = load(shards / "train.ids"), load(shards / "dev.ids")
    return Trainer(settings, schedule, train=train_shard, dev=dev, vocabulary=made / "vocab", out=out)


def settings(*more: str) -> tuple[TrainSettings, Schedule]:
    return settings_of(parser().parse_args([*OPTIONS, *more]))


def test_it_learns_and_reads_its_source(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    dev = [line for line in lines if "dev" in line]
    assert dev[-1]["dev"] < dev[0]["dev"]
    assert {"dev_shuffled", "dev_news", "dev_docs"} <= dev[-1].keys()
    assert {"loss", "rate", "norm", "tokens_per_second"} <= lines[0].keys()


def test_the_row_of_pad_is_zero_after_training(run: Path) -> None:
    from safetensors.torch import load_file

    weights = load_file(run / "average.safetensors")["model.shared.weight"]
    assert not weights[-1].any()
    assert weights[:-1].any(1).all()
    state = checkpoint.read(run / "last.pt")
    assert not state["model"]["model.shared.weight"][-1].any()


def test_a_run_that_was_stopped_gives_the_same_bits(made: Path, tmp_path: Path) -> None:
    configured, schedule = settings("--steps", "14", "--rdrop", "0.5", "--split-target", "0.1", "--late", "0.5")
    trainer(made, tmp_path / "whole", configured, schedule).run(eval_every=100)

    class StoppedError(Exception):
        pass

    halves = trainer(made, tmp_path / "halves", configured, schedule)
    step = halves._update

    def stop(*args: object) -> object:
        if halves.step == 9:
            halves.save()
            raise StoppedError
        return step(*args)  # type: ignore[arg-type]

    halves._update = stop  # type: ignore[assignment, method-assign]
    with pytest.raises(StoppedError):
        halves.run(eval_every=100)
    trainer(made, tmp_path / "halves", configured, schedule).run(eval_every=100)
    whole, again = (checkpoint.read(tmp_path / name / "last.pt") for name in ("whole", "halves"))
    assert whole["place"] == again["place"]
    for name, value in whole["model"].items():
        assert torch.equal(value, again["model"][name]), name
    assert all(torch.equal(a, b) for a, b in zip(whole["average"], again["average"], strict=True))


def test_a_run_pauses_and_another_starts_from_its_average(made: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    configured, schedule = settings("--steps", "9")
    first = trainer(made, tmp_path / "first", configured, schedule)
    first.run(pause_after=0.0)
    assert first.step == 1
    again = trainer(made, tmp_path / "first", configured, schedule)
    again.run()
    assert again.step == 9
    checkpoint.main(["pack", str(tmp_path / "first"), str(tmp_path / "packed")])
    checkpoint.main(["glue", str(tmp_path / "packed"), str(tmp_path / "glued")])
    average = tmp_path / "glued" / "average.safetensors"
    shards = made / "shards"
    train_shard, dev = load(shards / "train.ids"), load(shards / "dev.ids")
    other = Trainer(
        configured, schedule, train=train_shard, dev=dev, vocabulary=made / "vocab", out=tmp_path / "b", start=average
    )
    weights = load_file(average)
    for name, value in other.model.named_parameters():
        if name in weights:
            assert torch.equal(value.half(), weights[name]), name


def test_other_settings_do_not_take_up_a_run(made: Path, run: Path) -> None:
    configured, schedule = settings("--steps", "30")
    with pytest.raises(ValueError, match="made with other settings"):
        trainer(made, run, replace(configured, smoothing=0.3), schedule)


def test_pad_has_no_logit_and_no_gradient(made: Path) -> None:
    torch.manual_seed(0)
    shard = load(made / "shards" / "dev.ids")
    n_tokens = len(json.loads((made / "vocab" / "vocab.json").read_text(encoding="utf-8")))
    model = build(SHAPES["test"], n_tokens)
    batch = collate(shard, list(range(8)), n_tokens - 1)
    training_loss(model, batch, 0.1, rdrop=1.0).backward()
    gradient = model.get_input_embeddings().weight.grad
    assert not gradient[-1].any()
    assert gradient[:-1].any()


def test_the_loss_is_that_of_transformers(made: Path) -> None:
    shard = load(made / "shards" / "dev.ids")
    n_tokens = len(json.loads((made / "vocab" / "vocab.json").read_text(encoding="utf-8")))
    torch.manual_seed(0)
    model = build(SHAPES["test"], n_tokens).eval()
    batch = collate(shard, list(range(8)), n_tokens - 1)
    logits = model(input_ids=batch.source, attention_mask=batch.mask, decoder_input_ids=batch.decoder).logits
    flat = logits.flatten(0, 1)[batch.picked][:, :-1]
    theirs = torch.nn.functional.cross_entropy(flat, batch.labels)
    assert training_loss(model, batch, 0.0).item() == pytest.approx(theirs.item(), rel=1e-5)


def test_neither_what_comes_later_nor_padding_changes_a_state() -> None:
    torch.manual_seed(0)
    model = build(SHAPES["test"], 100).eval()
    shard = Shard(Ragged.of([[5, 6, 0], [7, 0]]), Ragged.of([[8, 9, 10, 0], [9] * 12 + [0]]), np.zeros(2, np.uint8))
    both, alone = collate(shard, [0, 1], 99), collate(shard, [0], 99)
    states = hidden(model, both)
    assert torch.allclose(hidden(model, alone), states[:4], atol=1e-5)
    both.decoder[0, 3] = 50
    changed = (hidden(model, both) != states).any(1)
    assert changed.nonzero().flatten().tolist() == [3]


@pytest.mark.parametrize("form", ["cosine", "linear", "rsqrt", "flat"])
def test_the_rate_rises_then_falls_to_nothing(form: str) -> None:
    schedule = Schedule(1e-3, warmup=10, steps=100, form=form)
    rates = [schedule.rate(step, schedule.progress(step, 0.0)) for step in range(101)]
    assert rates[0] < rates[5] < max(rates) <= 1e-3
    assert rates[-1] == pytest.approx(0.0, abs=1e-9)


def test_a_bound_in_minutes_ends_the_run() -> None:
    schedule = Schedule(1e-3, warmup=10, minutes=2)
    assert schedule.progress(5, 60.0) == 0.5
    assert schedule.progress(5, 130.0) == 1.0


def test_a_file_can_be_cut_and_glued(tmp_path: Path) -> None:
    whole = tmp_path / "weights.bin"
    whole.write_bytes(bytes(range(256)) * 5)
    parts = checkpoint.slice_file(whole, tmp_path / "parts", 500)
    assert len(parts) == 3
    glued = checkpoint.glue(tmp_path / "parts" / "weights.bin.parts", tmp_path / "glued")
    assert glued.read_bytes() == whole.read_bytes()
    parts[1].write_bytes(b"x")
    with pytest.raises(ValueError, match="fetch them again"):
        checkpoint.glue(tmp_path / "parts" / "weights.bin.parts", tmp_path / "glued")


def test_a_run_without_an_end_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train.main(["--shards", ".", "--vocab", ".", "--out", "."])
    assert "has no end" in capsys.readouterr().err
