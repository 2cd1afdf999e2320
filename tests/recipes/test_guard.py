"""A step whose gradient is not finite leaves no trace, and nothing that is not finite is ever written."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch.nn.attention import sdpa_kernel

from recipes.zh_en_mini import checkpoint, network, train
from recipes.zh_en_mini.batches import Batch, collate
from recipes.zh_en_mini.guard import Guard, NotFiniteError, first_not_finite
from recipes.zh_en_mini.network import SHAPES, build, cross_entropy, hidden, sampled_cross_entropy, training_loss
from recipes.zh_en_mini.shards import Ragged, Shard, load
from recipes.zh_en_mini.train import Trainer, parser, settings_of

OPTIONS = ["--shards", ".", "--vocab", ".", "--out", ".", "--shape", "test", "--tokens", "512", "--warmup", "2",
           "--peak", "1e-2", "--decay", "0.9", "--optimizer", "muon", "--short", "0"]  # fmt: skip


def trainer(made: Path, out: Path, *more: str) -> Trainer:
    settings, schedule = settings_of(parser().parse_args([*OPTIONS, *more]))
    train_shard, dev = load(made / "shards" / "train.ids"), load(made / "shards" / "dev.ids")
    return Trainer(settings, schedule, train=train_shard, dev=dev, vocabulary=made / "vocab", out=out)


def spoil(trainer: Trainer, when: Callable[[], bool], name: str = "encoder.layers.0.self_attn.q_proj.bias") -> None:
    """Backward gives NaN for one parameter, as a kernel with a fault does."""
    parameter = next(each for full, each in trainer.model.named_parameters() if full.endswith(name))
    parameter.register_hook(lambda gradient: torch.full_like(gradient, float("nan")) if when() else gradient)


def state_of(trainer: Trainer) -> dict[str, Any]:
    optimizers = [{str(key): dict(value) for key, value in each.state_dict()["state"].items()}
                  for each in trainer.optimizers]  # fmt: skip
    return deepcopy({"model": trainer.model.state_dict(), "average": trainer.average.values, "optimizers": optimizers})


def assert_equal(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_equal(a, b)
    else:
        assert one == other


def lines_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_step_that_is_not_finite_changes_nothing(made: Path, tmp_path: Path) -> None:
    run = trainer(made, tmp_path / "run", "--steps", "9")
    (tmp_path / "run").mkdir()
    batch = collate(run.train, list(range(8)), run.pad_id)
    assert run._update(batch, 1e-2) is not None
    bad = False
    spoil(run, lambda: bad)
    before, bad = state_of(run), True
    assert run._update(batch, 1e-2) is None
    assert_equal(before, state_of(run))
    bad = False
    assert run._update(batch, 1e-2) is not None
    assert first_not_finite(run.model.state_dict()) is None


def test_skipped_steps_are_counted_and_said_where(made: Path, tmp_path: Path) -> None:
    run = trainer(made, tmp_path, "--steps", "12")
    spoil(run, lambda: run.step in (3, 4, 8))
    run.run(log_every=4, eval_every=100)
    lines = lines_of(tmp_path)
    assert [line["skipped"] for line in lines if "loss" in line] == [1, 2, 3]
    assert all(np.isfinite([line["loss"], line["norm"]]).all() for line in lines if "loss" in line)
    told = [line for line in lines if "gradient" in line]
    assert [line["step"] for line in told] == [3, 4, 8]
    assert told[0]["gradient"] == "model.encoder.layers.0.self_attn.q_proj.bias"
    assert told[0]["forward"] == "finite"
    assert min(told[0]["rows"], told[0]["source"], told[0]["target"]) > 0
    state = checkpoint.read(tmp_path / "last.pt")
    assert (state["n_skipped"], state["place"][0]) == (3, 12)
    assert first_not_finite(state["model"]) is None


def test_a_loss_that_is_not_finite_is_left_out_too(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trainer(made, tmp_path, "--steps", "6")
    true = train.training_loss
    monkeypatch.setattr(train, "training_loss", lambda *args: true(*args) * (float("inf") if run.step == 2 else 1.0))
    losses = run.run(log_every=3, eval_every=100)
    assert np.isfinite(losses["dev"])
    told = next(line for line in lines_of(tmp_path) if "gradient" in line)
    assert told["forward"] == "not finite"


def test_many_in_a_row_end_the_run_with_good_weights(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer(made, tmp_path, "--steps", "60")
    run.guard.patience = 4
    spoil(run, lambda: run.step >= 3)
    with pytest.raises(NotFiniteError, match=r"5 times in a row.*half the --peak"):
        run.run(eval_every=100)
    state = checkpoint.read(tmp_path / "last.pt")
    assert first_not_finite(state["model"]) is None
    again = trainer(made, tmp_path, "--steps", "9")
    again.run(eval_every=100)
    assert (again.step, again.guard.n_skipped) == (9, 5)


def test_the_command_line_says_it_in_one_line(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "training_loss", lambda model, *_: model.get_input_embeddings().weight.sum() / 0.0)
    options = [*OPTIONS, "--steps", "40", "--shards", str(made / "shards"), "--vocab", str(made / "vocab")]
    with pytest.raises(SystemExit, match="not finite 21 times in a row"):
        train.main([*options, "--out", str(tmp_path), "--device", "cpu"])


def test_now_and_then_is_no_row() -> None:
    guard = Guard(patience=1)
    for _ in range(5):
        assert not guard.allows(torch.tensor(float("nan")))
        assert guard.allows(torch.tensor(3.0))
    assert guard.n_skipped == 5
    guard.allows(torch.tensor(float("inf")))
    with pytest.raises(NotFiniteError):
        guard.allows(torch.tensor(float("-inf")))


@pytest.mark.parametrize("where", ["model", "average", "overflow", "momentum"])
def test_nothing_that_is_not_finite_is_written(made: Path, tmp_path: Path, where: str) -> None:
    run = trainer(made, tmp_path, "--steps", "4")
    run.run(eval_every=100)
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    value = float("nan")
    if where == "model":
        tensor = run.model.model.encoder.layers[0].fc1.weight
    elif where == "momentum":
        tensor = next(iter(run.optimizers[1].state.values()))["momentum"]
    else:
        # Finite in float32, infinite in float16, which is what is written.
        tensor, value = run.average.values[0], value if where == "average" else 1e6
    with torch.no_grad():
        tensor[0, 0] = value
    with pytest.raises(NotFiniteError, match=r"not finite.*nothing was written"):
        run.save()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_the_weights_before_the_last_ones_are_kept(made: Path, tmp_path: Path) -> None:
    run = trainer(made, tmp_path, "--steps", "4")
    run.run(eval_every=100)
    first = {name: (tmp_path / name).read_bytes() for name in ("last.pt", "average.safetensors")}
    run.schedule = train.Schedule(1e-2, 2, steps=6)
    run.run(eval_every=100)
    run.save()
    assert not list(tmp_path.glob("*.tmp"))
    for name, data in first.items():
        assert (tmp_path / name).read_bytes() != data
        assert (tmp_path / f"{name}.old").exists()
    assert checkpoint.read(tmp_path / "last.pt.old")["place"][0] == 6


def test_neither_a_run_nor_a_start_takes_up_what_is_not_finite(made: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    run = trainer(made, tmp_path / "run", "--steps", "2")
    run.run(eval_every=100)
    weights = load_file(tmp_path / "run" / "average.safetensors")
    weights["model.shared.weight"][5] = float("inf")
    save_file(weights, tmp_path / "bad.safetensors")
    with pytest.raises(ValueError, match="start from another file"):
        Trainer(run.settings, run.schedule, train=run.train, dev=run.dev, vocabulary=made / "vocab",
                out=tmp_path / "other", start=tmp_path / "bad.safetensors")  # fmt: skip
    state = checkpoint.read(tmp_path / "run" / "last.pt")
    state["model"]["model.encoder.layers.0.fc1.bias"][0] = float("nan")
    checkpoint.write(tmp_path / "run" / "last.pt", state)
    with pytest.raises(ValueError, match=r"put last\.pt\.old in its place"):
        trainer(made, tmp_path / "run", "--steps", "2")


# --- what was suspected ----------------------------------------------------------------------------------------

EDGES = {
    "one token a row": ([[0], [0]], [[0], [0]]),
    "one token beside a long row": ([[0], [5] * 200 + [0]], [[0], [6] * 200 + [0]]),
    "longer than a tile": ([[5] * 129 + [0]], [[6, 0]]),
    "as long as may be": ([[5] * 255 + [0], [7, 0]], [[6] * 255 + [0], [8, 0]]),
    "one row": ([[5, 0]], [[6, 0]]),
}


def edge(name: str) -> Batch:
    source, target = EDGES[name]
    return collate(Shard(Ragged.of(source), Ragged.of(target), np.zeros(len(source), np.uint8)), range(len(source)), 99)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", EDGES)
def test_gradients_of_batches_at_the_edge_are_finite(name: str, precision: str) -> None:
    torch.manual_seed(0)
    model = build(SHAPES["test"].with_dropout(0.15, 0.1), 100).train()
    for rdrop, n_sampled in ((0.0, None), (1.0, None), (0.0, 10), (0.0, 500)):
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = training_loss(model, edge(name), 0.1, rdrop, n_sampled)
        loss.backward()
        assert torch.isfinite(loss)
        gradients = [(name, each.grad) for name, each in model.named_parameters() if each.grad is not None]
        assert first_not_finite(gradients) is None


def test_a_source_of_pads_alone_gives_finite_gradients() -> None:
    """`shards` never makes one, since each source has its end; should one come, attention to nothing is nothing."""
    torch.manual_seed(0)
    model = build(SHAPES["test"].with_dropout(0.15, 0.1), 100).train()
    batch = edge("one token beside a long row")
    batch.mask[0] = 0
    for precision in (False, True):
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision):
            loss = training_loss(model, batch, 0.1)
        loss.backward()
        gradients = [(name, each.grad) for name, each in model.named_parameters() if each.grad is not None]
        assert first_not_finite(gradients) is None


def test_smoothing_spreads_over_real_logits_only() -> None:
    """A logit of minus infinity, as a masked pad would have, makes a smoothed loss infinite; so pad has none."""
    torch.manual_seed(0)
    model = build(SHAPES["test"], 100).eval()
    batch = edge("one row")
    masked = network.logits(model, hidden(model, batch)).detach()
    masked = torch.cat([masked, torch.full((len(masked), 1), float("-inf"))], 1)
    assert not torch.isfinite(F.cross_entropy(masked, batch.labels, label_smoothing=0.1))
    for loss in (cross_entropy(model, batch, 0.1), sampled_cross_entropy(model, batch, 0.1, 10)):
        assert torch.isfinite(loss)


def test_cudnn_attention_is_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its backward gives NaN on Hopper, torch 2.11 to 2.13: pytorch issue 196678."""
    seen: list[tuple[bool, bool, bool]] = []
    flags = torch.backends.cuda
    true = F.scaled_dot_product_attention

    def attention(*args: Any, **options: Any) -> torch.Tensor:
        seen.append((flags.cudnn_sdp_enabled(), flags.flash_sdp_enabled(), flags.mem_efficient_sdp_enabled()))
        return true(*args, **options)

    monkeypatch.setattr(F, "scaled_dot_product_attention", attention)
    training_loss(build(SHAPES["test"], 100), edge("one row"), 0.1)
    assert seen == [(False, True, True)] * 3


@pytest.mark.gpu
def test_masked_attention_with_very_low_scores_on_a_gpu() -> None:
    torch.manual_seed(0)
    shape = (4, 6, 192, 64)
    query, key, value = (0.1 * torch.randn(shape, device="cuda", dtype=torch.bfloat16) for _ in range(3))
    query[..., 0], key[..., 0] = 1.0, -960.0  # every score about -120
    mask = torch.ones(4, 1, 1, 192, device="cuda", dtype=torch.bool)
    for each in (query, key, value):
        each.requires_grad_()
    with sdpa_kernel(network._KERNELS):
        out = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=0.1)
    out.backward(torch.randn_like(out))
    assert (
        first_not_finite([(str(i), each.grad) for i, each in enumerate((query, key, value)) if each.grad is not None])
        is None
    )
