"""What a run starts from and steps by: word translations, the bridge, Muon, several processes."""

from __future__ import annotations

import atexit
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from recipes.zh_en_mini import checkpoint, lexicon, train, vocab
from recipes.zh_en_mini.batches import collate, epoch
from recipes.zh_en_mini.crew import ALONE, Crew, launch
from recipes.zh_en_mini.muon import Muon, orthogonal
from recipes.zh_en_mini.network import SHAPES, build, hidden, sampled_cross_entropy, shuffled, training_loss
from recipes.zh_en_mini.shards import MAX_TOKENS, Ragged, Shard, load
from recipes.zh_en_mini.train import Trainer, parser, settings_of


def toy() -> Shard:
    """Source tokens 1 to 9 become target tokens 11 to 19, in another order; 10 becomes nothing."""
    rng = np.random.default_rng(0)
    sources = [[*rng.permutation(9)[:4] + 1, 10, 0] for _ in range(300)]
    targets = [[*(token + 10 for token in reversed(source[:4])), 0] for source in sources]
    return Shard(Ragged.of(sources), Ragged.of(targets), np.zeros(300, np.uint8))


def test_the_lexicon_finds_what_becomes_what() -> None:
    found = lexicon.of_shard(toy(), np.arange(300))
    for token in range(1, 10):
        mine = found.source == token
        assert found.target[mine][found.counts[mine].argmax()] == token + 10
    assert lexicon.table(found, [str(i) for i in range(21)], n_best=1).splitlines()[1].count("\t") == 1


def test_pairs_that_are_too_long_are_left_out() -> None:
    shard = Shard(Ragged.of([[1, 0], [2] * 60 + [0]]), Ragged.of([[3, 0], [4, 0]]), np.zeros(2, np.uint8))
    assert set(lexicon.of_shard(shard, np.arange(2)).target.tolist()) == {0, 3}


def test_translations_start_near_one_another() -> None:
    made = lexicon.embeddings(lexicon.of_shard(toy(), np.arange(300)), 21, 12)
    assert made.shape == (21, 12)
    assert not made[-1].any()
    assert np.allclose(np.linalg.norm(made[:-1], axis=1), 1, atol=1e-5)
    near = made[1:10] @ made[11:20].T
    assert (near.argmax(1) == np.arange(9)).all()


def test_a_fresh_model_with_a_bridge_looks_at_its_source(made: Path, tmp_path: Path) -> None:
    """Without the bridge the loss is the same with any source; with it the right source is worth something at once."""
    shards, folder = made / "shards", made / "vocab"
    lexicon.main(["--shards", str(shards), "--vocab", str(folder), "--out", str(tmp_path), "--width", "32"])
    n_tokens = len(json.loads((folder / "vocab.json").read_text(encoding="utf-8")))
    dev = load(shards / "dev.ids")
    batch = collate(dev, list(range(20)), n_tokens - 1)
    wrong = shuffled(batch)

    def gap(**options: object) -> float:
        torch.manual_seed(0)
        model = build(SHAPES["test"], n_tokens, **options).eval()  # type: ignore[arg-type]  # a test passes both
        with torch.no_grad():
            return float(training_loss(model, wrong, 0.0) - training_loss(model, batch, 0.0))

    bridged = gap(embeddings=tmp_path / "embeddings.npy", bridge=True)
    assert bridged > 0.01
    assert bridged > 5 * abs(gap())


def test_newton_and_schulz_make_orthogonal_matrices() -> None:
    torch.manual_seed(0)
    for shape in ((3, 8, 8), (2, 8, 32), (2, 32, 8)):
        sizes = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        # Muon's quintic brings singular values near one, not to it.
        assert sizes.min() > 0.3
        assert sizes.max() < 1.3


def test_muon_steps_by_its_rate_whatever_the_gradient() -> None:
    torch.manual_seed(0)
    for scale in (1e-6, 1.0, 1e3):
        tall, wide = torch.zeros(32, 8, requires_grad=True), torch.zeros(8, 32, requires_grad=True)
        gradient = torch.randn(8, 32) * scale
        tall.grad, wide.grad = gradient.T.clone(), gradient.clone()
        muon = Muon([tall, wide], weight_decay=0.0, momentum=0.95, crew=ALONE)
        muon.param_groups[0]["lr"] = 0.1
        muon.step()
        assert torch.allclose(tall.T, wide, atol=1e-6)
        # As large, element for element, as a step of AdamW: 0.2 of the rate.
        assert float(wide.detach().square().mean().sqrt()) == pytest.approx(0.1 * 0.2, rel=0.25)
        assert float((wide.detach() * gradient).sum()) < 0


def test_what_stands_for_the_rest_of_the_vocabulary_is_right_on_average() -> None:
    torch.manual_seed(0)
    model = build(SHAPES["test"], 400).eval()
    shard = Shard(Ragged.of([[5, 6, 0]] * 4), Ragged.of([[8, 9, 10, 0]] * 4), np.zeros(4, np.uint8))
    batch = collate(shard, list(range(4)), 399)
    whole, plain = (float(training_loss(model, batch, smoothing).detach()) for smoothing in (0.1, 0.0))
    few = [float(training_loss(model, batch, 0.0, n_sampled=60).detach()) for _ in range(200)]
    assert float(training_loss(model, batch, 0.1, n_sampled=10_000).detach()) == pytest.approx(whole, rel=1e-5)
    assert np.mean(few) == pytest.approx(plain, rel=5e-3)
    assert np.std(few) > 0
    sampled_cross_entropy(model, batch, 0.1, 0).backward()
    gradient = model.get_input_embeddings().weight.grad
    assert not gradient[-1].any()


def _count(argv: list[str], crew: Crew) -> None:
    total = torch.tensor([crew.rank + 1.0])
    crew.sum_(total)
    all_ranks = [int(each) for each in crew.gather(torch.tensor([crew.rank]))]
    said = [float(total), crew.agree(10.0 + crew.rank), all_ranks]
    Path(argv[0], str(crew.rank)).write_text(json.dumps(said), encoding="utf-8")


def _fail(argv: list[str], crew: Crew) -> None:
    crew.sum_(torch.zeros(1))
    if crew.rank:
        raise SystemExit(3)
    crew.sum_(torch.zeros(1))  # waits for the other, which is gone


def test_processes_sum_and_agree(tmp_path: Path) -> None:
    launch(_count, [str(tmp_path)], 2)
    for rank in "01":
        assert json.loads((tmp_path / rank).read_text(encoding="utf-8")) == [3.0, 10.0, [0, 1]]


def test_one_process_that_fails_ends_all(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"process \d ended with"):
        launch(_fail, [], 2)


def options(made: Path, out: Path, *more: str) -> list[str]:
    return [
        "--shards", str(made / "shards"), "--vocab", str(made / "vocab"), "--out", str(out), "--shape", "test",
        "--tokens", "512", "--warmup", "5", "--peak", "1e-2", "--decay", "0.9", "--short", "0", "--device", "cpu",
        "--dropout", "0", "--attention-dropout", "0", *more,
    ]  # fmt: skip


@pytest.mark.slow
def test_two_processes_take_the_step_of_their_batches_together(made: Path, tmp_path: Path) -> None:
    given = options(made, tmp_path / "run", "--steps", "1", "--processes", "2", "--optimizer", "muon")
    train.main(given)
    state = checkpoint.read(tmp_path / "run" / "last.pt")
    configured, schedule = settings_of(parser().parse_args(given))
    shards = made / "shards"
    alone = Trainer(
        configured, schedule, train=load(shards / "train.ids"), dev=load(shards / "dev.ids"),
        vocabulary=made / "vocab", out=tmp_path / "alone",
    )  # fmt: skip
    drawn, rows = epoch(alone.train, alone._variants, 0, configured.batches, MAX_TOKENS)
    batches = [collate(drawn, each, alone.pad_id) for each in rows[:2]]
    n_labels = sum(batch.n_labels for batch in batches)
    for batch in batches:
        out = F.linear(hidden(alone.model, batch), alone.model.get_input_embeddings().weight[: alone.pad_id])
        loss = F.cross_entropy(out, batch.labels, label_smoothing=0.1, reduction="sum") / n_labels
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
    torch.nn.utils.clip_grad_norm_(alone._parameters, configured.clip)
    rate = schedule.rate(0, 0.0)
    for optimizer, gain in zip(alone.optimizers, (1.0, configured.gain), strict=True):
        optimizer.param_groups[0]["lr"] = rate * gain
        if len(optimizer.param_groups) > 1:
            optimizer.param_groups[1]["lr"] = rate * gain
        optimizer.step()
    assert state["place"][3] == n_labels
    for name, value in alone.model.state_dict().items():
        # What is added to all keys alike changes nothing, so its gradient is noise, which Adam makes large.
        if name.endswith("k_proj.bias"):
            continue
        assert torch.allclose(value, state["model"][name], atol=2e-4), name


@pytest.mark.slow
def test_two_processes_go_on_where_they_stopped(made: Path, tmp_path: Path) -> None:
    more = ("--processes", "2", "--optimizer", "muon", "--sampled", "50", "--dropout", "0.1", "--steps", "6")
    train.main(options(made, tmp_path / "whole", *more))
    train.main(options(made, tmp_path / "halves", *more, "--pause-after", "0.00001"))
    paused = checkpoint.read(tmp_path / "halves" / "last.pt")["place"]
    train.main(options(made, tmp_path / "halves", *more))
    whole, again = (checkpoint.read(tmp_path / name / "last.pt") for name in ("whole", "halves"))
    assert paused[0] == 1
    assert whole["place"] == again["place"]
    assert all(torch.equal(value, again["model"][name]) for name, value in whole["model"].items())
    lines = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert math.isfinite(lines[-1]["dev"])
    assert lines[-1]["dev_shuffled"] != lines[-1]["dev"]


def _fails_at_exit(code: int, crew: Crew) -> None:
    atexit.register(os._exit, code)


@pytest.mark.slow
def test_a_process_that_has_done_its_work_cannot_fail_after_it() -> None:
    """Threads of gloo that were still alive while Python was taken apart aborted a worker now and then."""
    launch(_fails_at_exit, 7, 2)


def test_the_vocabulary_can_be_that_of_some_groups(made: Path, tmp_path: Path) -> None:
    given = ["--prepared", str(made / "prepared"), "--out", str(tmp_path), "--size", "400"]
    vocab.main([*given, "--weights", "news=0,made=0"])
    with pytest.raises(SystemExit):
        vocab.main([*given, "--weights", "poems=1"])
    assert (tmp_path / "vocab.json").exists()
