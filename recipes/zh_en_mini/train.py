"""Trains a MarianMTModel on encoded pairs.

    python -m recipes.zh_en_mini.train --shards FOLDER --vocab FOLDER --out FOLDER --shape base8 --minutes 20

Writes ``log.jsonl`` (loss, rate and speed now and then; held-out losses at each evaluation), ``last.pt`` (all that is
needed to go on) and ``average.safetensors`` (the averaged weights in float16, what `export` takes). Called again with
the same settings it goes on where it stopped: in the middle of an epoch, with the same batches and the same dropout,
so that on a CPU, with a bound in steps, the outcome is bit for bit that of a run that was never stopped.

A step whose gradient is not finite is left out (see `guard`), and nothing that is not finite is ever written.

On a GPU products run in bfloat16 under autocast; weights, their average and Adam's moments are float32.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from recipes.zh_en_mini import checkpoint
from recipes.zh_en_mini.batches import Batch, BatchSettings, Feed, fixed_batches, read_variants
from recipes.zh_en_mini.crew import ALONE, Crew, launch
from recipes.zh_en_mini.guard import Guard, NotFiniteError, first_not_finite
from recipes.zh_en_mini.muon import Muon
from recipes.zh_en_mini.network import SHAPES, Shape, build, count_parameters, cross_entropy, shuffled, training_loss
from recipes.zh_en_mini.options import group_weights
from recipes.zh_en_mini.schedule import Schedule
from recipes.zh_en_mini.shards import MAX_TOKENS, Shard, load
from recipes.zh_en_mini.sources import GROUPS

__all__ = ["TrainSettings", "Trainer", "main"]


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """What decides the outcome of a run, but for its length.

    Attributes:
        shape: size and dropout.
        batches: see `BatchSettings`.
        late_weights: weights of the groups in epochs that start after ``late`` of the run; nearer to what is wanted.
        late: share of the run; 1 for never.
        smoothing: label smoothing.
        rdrop: see `network.training_loss`.
        n_sampled: see `network.training_loss`.
        clip: largest norm of the gradient.
        optimizer: ``adamw``, or ``muon`` for the matrices inside the layers and AdamW for the rest.
        gain: Muon's rate in units of AdamW's.
        decay: of the averaged weights.
        weight_decay: AdamW's, on matrices.
        bridge: see `network.build`.
        seed: of the first weights and of dropout.
    """

    shape: Shape
    batches: BatchSettings
    late_weights: Mapping[str, float] = field(default_factory=dict)
    late: float = 1.0
    smoothing: float = 0.1
    rdrop: float = 0.0
    n_sampled: int | None = None
    clip: float = 1.0
    optimizer: str = "adamw"
    gain: float = 1.0
    decay: float = 0.999
    weight_decay: float = 0.01
    bridge: bool = False
    seed: int = 1


class Trainer:
    """A run: the network, its optimiser, and where it stands.

    Args:
        settings: see there.
        schedule: rate and length; may change when a run is taken up again.
        train: pairs to learn.
        dev: pairs held out.
        vocabulary: folder of the tokenizer.
        out: folder to write; a checkpoint there is taken up.
        device: ``cpu`` or ``cuda``.
        compiled: whether to use torch.compile.
        start: ``average.safetensors`` of another run of the same shape to start from; fresh weights when None.
        embeddings: first embeddings, see `network.build`.
        pack: folder for the averaged weights of each checkpoint, cut to be carried; see `checkpoint.pack`.
        crew: the processes that train together; the first one writes.

    Raises:
        ValueError: the checkpoint there was made with other settings.
    """

    def __init__(
        self,
        settings: TrainSettings,
        schedule: Schedule,
        *,
        train: Shard,
        dev: Shard,
        vocabulary: Path,
        out: Path,
        device: str = "cpu",
        compiled: bool = False,
        start: Path | None = None,
        embeddings: Path | None = None,
        pack: Path | None = None,
        crew: Crew = ALONE,
    ) -> None:
        self.settings, self.schedule, self.out, self.pack, self.crew = settings, schedule, out, pack, crew
        self.train, self.dev = train, dev
        self.device = torch.device(device)
        self._variants = read_variants(vocabulary)
        torch.manual_seed(settings.seed)
        self.model = build(settings.shape, len(self._variants.first), embeddings, settings.bridge).to(self.device)
        self.pad_id = int(self.model.config.pad_token_id)
        if compiled:
            _compile_layers(self.model)
        parameters = [each for each in self.model.parameters() if each.requires_grad]
        self._parameters = parameters
        self.optimizers = _optimizers(self.model, settings, self.device, crew)
        self.average = checkpoint.Average(parameters, settings.decay)
        self.guard = Guard()
        self.step = self.epoch = self.at = self.n_seen = 0
        self.is_late = False
        self.seconds = 0.0
        torch.manual_seed(settings.seed + crew.rank)  # each its own dropout
        if not self._take_up() and start is not None:
            self._start_from(start)

    # --- the run -------------------------------------------------------------------------------------------

    def run(
        self, *, log_every: int = 100, eval_every: int = 1000, save_every: float = 120.0, pause_after: float = math.inf
    ) -> dict[str, float]:
        """Train until the schedule ends, or until it is time to pause.

        Args:
            log_every: steps between two lines of the log.
            eval_every: steps between two evaluations.
            save_every: seconds between two checkpoints.
            pause_after: seconds of this call after which it saves and returns; the next call goes on.

        Returns:
            The last held-out losses.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        began = time.monotonic() - self.seconds
        called = saved = self.seconds
        meter = _Meter(self.device)
        feed = Feed(self.train, self._variants, MAX_TOKENS, self.pad_id)
        pausing = False
        while (progress := self.schedule.progress(self.step, self.seconds)) < 1 and not pausing:
            if self.at == 0:
                self.is_late = progress >= self.settings.late
            for batch in feed.epoch(self.epoch, self._batch_settings(), self.at, self.crew):
                rate = self.schedule.rate(self.step, progress)
                try:
                    taken = self._update(batch.to(self.device), rate)
                except NotFiniteError:
                    self.save()  # the weights are good: no such step was ever taken
                    raise
                self.step, self.at = self.step + 1, self.at + 1
                if taken is not None:
                    self.n_seen += taken[2]
                    meter.add(*taken)
                self.seconds = self.crew.agree(time.monotonic() - began)
                if self.step % log_every == 0:
                    self._log(rate=rate, **meter.take(), skipped=self.guard.n_skipped)
                if self.step % eval_every == 0:
                    self._log(**self.evaluate())
                if self.seconds - saved > save_every:
                    self.save()
                    saved = self.seconds
                progress = self.schedule.progress(self.step, self.seconds)
                pausing = self.seconds - called > pause_after
                if progress >= 1 or pausing:
                    break
            else:
                self.epoch, self.at = self.epoch + 1, 0
        feed.close()
        losses = self.evaluate()
        self._log(**losses)
        self.save()
        return losses

    def _batch_settings(self) -> BatchSettings:
        settings = self.settings.batches
        return replace(settings, weights=self.settings.late_weights) if self.is_late else settings

    def _update(self, batch: Batch, rate: float) -> tuple[torch.Tensor, torch.Tensor, int] | None:
        """One step: loss, gradient norm (both stay on the device), target tokens; None for a step that was left out.

        A step that is left out changes neither weights nor their average nor any state of an optimiser.
        """
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * (self.settings.gain if isinstance(optimizer, Muon) else 1.0)
        self.model.train()
        with self._autocast():
            loss = training_loss(
                self.model, batch, self.settings.smoothing, self.settings.rdrop, self.settings.n_sampled
            )
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        loss, n_labels = self._share(loss.detach(), batch.n_labels)
        norm = torch.nn.utils.get_total_norm([each.grad for each in self._parameters if each.grad is not None])
        if not self.guard.allows(norm):
            self._report(batch, loss)
            return None
        torch.nn.utils.clip_grads_with_norm_(self._parameters, self.settings.clip, norm)
        for optimizer in self.optimizers:
            optimizer.step()
        self.average.update()
        return loss, norm.detach(), n_labels

    def _report(self, batch: Batch, loss: torch.Tensor) -> None:
        """A line of the log for whoever looks for the cause: the batch, and where backward met it first."""
        # Backward goes from the output to the source, so what it met first is the last by name.
        gradients = [(name, each.grad) for name, each in self.model.named_parameters() if each.grad is not None]
        self._log(
            skipped=self.guard.n_skipped,
            forward="finite" if bool(torch.isfinite(loss)) else "not finite",
            gradient=first_not_finite(reversed(gradients)) or "of all together",
            rows=batch.source.size(0),
            source=batch.source.size(1),
            target=batch.decoder.size(1),
        )

    def _share(self, loss: torch.Tensor, n_labels: int) -> tuple[torch.Tensor, int]:
        """Make the gradients those of all batches of the crew together; the mean loss and the tokens of all."""
        if self.crew.size == 1:
            return loss, n_labels
        gradients = [each.grad for each in self._parameters if each.grad is not None]
        counts = torch.tensor([float(loss) * n_labels, float(n_labels)])
        flat = torch.cat([*(gradient.flatten() * n_labels for gradient in gradients), counts])
        self.crew.sum_(flat)
        n_all = float(flat[-1])
        at = 0
        for gradient in gradients:
            gradient.copy_(flat[at : at + gradient.numel()].view_as(gradient) / n_all)
            at += gradient.numel()
        return flat[-2] / n_all, round(n_all)

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast("cuda", torch.bfloat16) if self.device.type == "cuda" else nullcontext()

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Held-out losses of the averaged weights in nats per token: each group, all, and all with wrong sources.

        ``dev_shuffled`` far above ``dev`` is the proof that the model reads its source.
        """
        self.average.swap()
        self.model.eval()
        names = ["dev", "dev_shuffled", *(f"dev_{group}" for group in GROUPS)]
        sums = torch.zeros(len(names), 2, dtype=torch.float64)
        with self._autocast():
            for group in GROUPS:
                batches = fixed_batches(self.dev, self.settings.batches.n_tokens, self.pad_id, group)
                for cpu_batch in islice(batches, self.crew.rank, None, self.crew.size):
                    batch = cpu_batch.to(self.device)
                    right, wrong = cross_entropy(self.model, batch), cross_entropy(self.model, shuffled(batch))
                    for name, value in (("dev", right), (f"dev_{group}", right), ("dev_shuffled", wrong)):
                        sums[names.index(name)] += torch.tensor([float(value), batch.n_labels], dtype=torch.float64)
        self.average.swap()
        self.crew.sum_(sums)
        return {name: total / count for name, (total, count) in zip(names, sums.tolist(), strict=True) if count}

    def _log(self, **values: float | str) -> None:
        line: dict[str, float | str] = {"step": self.step, "epoch": self.epoch, "seconds": round(self.seconds, 2)}
        line["tokens"] = self.n_seen
        line |= {name: float(f"{value:.5g}") if isinstance(value, float) else value for name, value in values.items()}
        text = json.dumps(line)
        if self.crew.rank:
            return
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        print(text, flush=True)

    # --- going on ------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write the checkpoint and the averaged weights.

        Raises:
            NotFiniteError: a value is not finite; then nothing is written, and what was written before stays.
        """
        rng = self.crew.gather(torch.get_rng_state())
        self._prove()
        if self.crew.rank:
            return
        state = {
            "settings": _fingerprint(self.settings),
            "model": {name: value.detach().cpu() for name, value in self.model.state_dict().items()},
            "average": [value.cpu() for value in self.average.values],
            "n_updates": self.average.n_updates,
            "optimizers": [each.state_dict() for each in self.optimizers],
            "place": [self.step, self.epoch, self.at, self.n_seen, int(self.is_late)],
            "n_skipped": self.guard.n_skipped,
            "seconds": self.seconds,
            "rng": rng,
            "cuda_rng": torch.cuda.get_rng_state() if self.device.type == "cuda" else None,
        }
        checkpoint.write(self.out / "last.pt", state)
        self.save_average()
        if self.pack is not None:
            checkpoint.pack(self.out, self.pack)

    def _prove(self) -> None:
        """That all there is to write is finite."""
        names = {id(parameter): name for name, parameter in self.model.named_parameters()}
        wrong = first_not_finite(self.model.state_dict()) or first_not_finite(
            (f"the average of {names[id(parameter)]}", value.half())
            for parameter, value in zip(self._parameters, self.average.values, strict=True)
        )
        for optimizer in self.optimizers:
            for parameter, state in optimizer.state.items():
                wrong = wrong or first_not_finite((f"{kind} of {names[id(parameter)]}", state[kind]) for kind in state)
        if wrong:
            raise NotFiniteError(
                f"step {self.step}: {wrong} has values that are not finite (the average: as float16), so nothing was "
                f"written; what {self.out} holds is of an earlier step and good: call again to go on from there"
            )

    def save_average(self) -> None:
        """Write the averaged weights in float16, the shared embedding once; those before them stay as ``.old``."""
        from safetensors.torch import save_file

        names = {id(parameter): name for name, parameter in self.model.named_parameters()}
        tensors = {
            names[id(parameter)]: value.half().cpu().contiguous()
            for parameter, value in zip(self._parameters, self.average.values, strict=True)
        }
        shape = json.dumps(asdict(self.settings.shape) | {"n_tokens": self.pad_id + 1})
        (self.out / "shape.json").write_text(shape, encoding="utf-8")
        path = self.out / "average.safetensors"
        made = path.with_name(path.name + ".tmp")
        save_file(tensors, made, metadata={"format": "pt"})
        checkpoint.replace(made, path)

    @torch.no_grad()
    def _start_from(self, path: Path) -> None:
        """Weights of another run, its average in this case, with a fresh optimiser."""
        from safetensors.torch import load_file

        weights = load_file(path)
        if wrong := first_not_finite(weights):
            raise ValueError(f"{path}: {wrong} has values that are not finite; start from another file")
        names = {id(parameter): name for name, parameter in self.model.named_parameters()}
        for parameter, value in zip(self._parameters, self.average.values, strict=True):
            parameter.copy_(weights[names[id(parameter)]])
            value.copy_(parameter)

    def _take_up(self) -> bool:
        path = self.out / "last.pt"
        if not path.exists():
            return False
        state = checkpoint.read(path)
        if wrong := first_not_finite(state["model"]):
            raise ValueError(f"{path}: {wrong} has values that are not finite; put {path.name}.old in its place")
        if state["settings"] != _fingerprint(self.settings):
            raise ValueError(f"{path} was made with other settings; take another --out\n  {state['settings']}")
        self.model.load_state_dict(state["model"])
        for value, kept in zip(self.average.values, state["average"], strict=True):
            value.copy_(kept)
        self.average.n_updates = state["n_updates"]
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        self.step, self.epoch, self.at, self.n_seen, is_late = state["place"]
        self.is_late = bool(is_late)
        self.guard.n_skipped = state["n_skipped"]
        self.seconds = state["seconds"]
        if self.crew.rank < len(state["rng"]):
            torch.set_rng_state(state["rng"][self.crew.rank])
        if self.device.type == "cuda" and state["cuda_rng"] is not None:
            torch.cuda.set_rng_state(state["cuda_rng"])
        return True


class _Meter:
    """Means since the last line of the log, without asking the device at every step."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._reset()

    def _reset(self) -> None:
        self._losses: list[torch.Tensor] = []
        self._norms: list[torch.Tensor] = []
        self._n_tokens = 0
        self._since = time.monotonic()

    def add(self, loss: torch.Tensor, norm: torch.Tensor, n_tokens: int) -> None:
        self._losses.append(loss * n_tokens)
        self._norms.append(norm)
        self._n_tokens += n_tokens

    def take(self) -> dict[str, float]:
        values = (
            {
                "loss": float(torch.stack(self._losses).sum()) / self._n_tokens,
                "norm": float(torch.stack(self._norms).mean()),
            }
            if self._norms
            else {}
        )
        values["tokens_per_second"] = self._n_tokens / (time.monotonic() - self._since)
        self._reset()
        return values


def _compile_layers(model: Any) -> None:
    """Compile each layer by itself: that takes seconds, and all layers of a side share what is made."""
    for layer in (*model.model.encoder.layers, *model.model.decoder.layers):
        layer.compile(dynamic=True)


def _optimizers(model: Any, settings: TrainSettings, device: torch.device, crew: Crew) -> list[torch.optim.Optimizer]:
    trained = {name: each for name, each in model.named_parameters() if each.requires_grad}
    inner = {name: each for name, each in trained.items() if ".layers." in name and each.dim() == 2}
    if settings.optimizer == "adamw":
        inner = {}
    elif settings.optimizer != "muon":
        raise ValueError(f"{settings.optimizer!r} is no optimizer; take adamw or muon")
    rest = [each for name, each in trained.items() if name not in inner]
    groups = [
        {"params": [each for each in rest if each.dim() > 1], "weight_decay": settings.weight_decay},
        {"params": [each for each in rest if each.dim() <= 1], "weight_decay": 0.0},
    ]
    fused = device.type == "cuda"
    made: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-9, fused=fused, foreach=not fused)
    ]
    if inner:
        made.append(Muon(inner.values(), settings.weight_decay, momentum=0.95, crew=crew))
    return made


def _fingerprint(settings: TrainSettings) -> str:
    return json.dumps(asdict(settings), sort_keys=True)


# --- the command line ------------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """All options with their defaults; what the real runs took stands in `run.SIZES`."""
    made = argparse.ArgumentParser(prog="recipes.zh_en_mini.train", description=__doc__.splitlines()[0])
    made.add_argument("--shards", type=Path, required=True, help="folder with train.ids and dev.ids")
    made.add_argument("--vocab", type=Path, required=True, help="folder that vocab wrote")
    made.add_argument("--out", type=Path, required=True, help="folder to write, or to go on in")
    made.add_argument("--shape", choices=list(SHAPES), default="base8")
    made.add_argument("--dropout", type=float, help="the shape's own when not given")
    made.add_argument("--attention-dropout", type=float, default=0.1)
    made.add_argument("--activation-dropout", type=float, default=0.0)
    made.add_argument("--tokens", type=int, default=32_768, help="positions of a batch")
    made.add_argument("--steps", type=int, help="end after these")
    made.add_argument("--minutes", type=float, help="end after these, all calls together")
    made.add_argument("--pause-after", type=float, help="minutes of this call; call again to go on")
    made.add_argument("--pack", type=Path, help="folder for the averaged weights of each checkpoint, ready to carry")
    made.add_argument("--start", type=Path, help="average.safetensors of another run to start from")
    made.add_argument("--peak", type=float, default=1e-3, help="highest learning rate")
    made.add_argument("--warmup", type=int, default=500)
    made.add_argument("--schedule", choices=["cosine", "linear", "rsqrt", "flat"], default="cosine")
    made.add_argument("--weights", type=group_weights, default="news=2,terms=0.7", help="pairs of a group in an epoch")
    made.add_argument("--late-weights", type=group_weights, default="news=3,docs=0.5,terms=0.3")
    made.add_argument("--late", type=float, default=0.7, help="share of the run after which --late-weights hold")
    made.add_argument("--short", type=int, default=20, help="pairs this short come first in the first epoch")
    made.add_argument("--split-source", type=float, default=0.1)
    made.add_argument("--split-target", type=float, default=0.0)
    made.add_argument("--digits", type=float, default=0.5, help="share of pairs with numbers that get other ones")
    made.add_argument("--smoothing", type=float, default=0.1)
    made.add_argument("--rdrop", type=float, default=0.0)
    made.add_argument("--sampled", type=int, help="tokens beside the batch's own that the loss looks at; else all")
    made.add_argument("--decay", type=float, default=0.999, help="of the averaged weights")
    made.add_argument("--weight-decay", type=float, default=0.01)
    made.add_argument("--gain", type=float, default=2.5, help="Muon's rate in units of AdamW's")
    made.add_argument("--embeddings", type=Path, help="embeddings.npy that lexicon wrote, to start from")
    made.add_argument("--bridge", action="store_true", help="start with an open way from the source to the output")
    made.add_argument("--clip", type=float, default=1.0)
    made.add_argument("--optimizer", choices=["adamw", "muon"], default="adamw")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    made.add_argument("--processes", type=int, default=1, help="on a CPU: one a core, each with one thread")
    made.add_argument("--compile", action="store_true")
    made.add_argument("--log-every", type=int, default=100)
    made.add_argument("--eval-every", type=int, default=1000)
    made.add_argument("--save-every", type=float, default=120.0, help="seconds")
    return made


def settings_of(args: argparse.Namespace) -> tuple[TrainSettings, Schedule]:
    """From the command line."""
    shape = SHAPES[args.shape]
    dropout = shape.dropout if args.dropout is None else args.dropout
    batches = BatchSettings(
        args.tokens, args.weights, args.short, args.split_source, args.split_target, args.digits, args.seed
    )
    settings = TrainSettings(
        shape.with_dropout(dropout, args.attention_dropout, args.activation_dropout),
        batches,
        late_weights=args.late_weights,
        late=args.late,
        smoothing=args.smoothing,
        rdrop=args.rdrop,
        n_sampled=args.sampled,
        clip=args.clip,
        optimizer=args.optimizer,
        gain=args.gain,
        decay=args.decay,
        weight_decay=args.weight_decay,
        bridge=args.bridge,
        seed=args.seed,
    )
    return settings, Schedule(args.peak, args.warmup, args.steps, args.minutes, args.schedule)


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    made = parser()
    args = made.parse_args(argv)
    if args.steps is None and args.minutes is None:
        made.error("give --steps or --minutes, or the run has no end")
    if args.processes > 1:
        launch(_train, args, args.processes)
    else:
        _train(args, ALONE)


def _train(args: argparse.Namespace, crew: Crew) -> None:
    """What each process does."""
    settings, schedule = settings_of(args)
    torch.set_float32_matmul_precision("high")
    train, dev = load(args.shards / "train.ids"), load(args.shards / "dev.ids")
    trainer = Trainer(
        settings, schedule, train=train, dev=dev, vocabulary=args.vocab, out=args.out, device=args.device,
        compiled=args.compile,
        start=args.start,
        embeddings=args.embeddings,
        pack=args.pack,
        crew=crew,
    )  # fmt: skip
    if crew.rank == 0:
        print(f"{count_parameters(trainer.model):,} parameters, {len(train):,} pairs, {args.device}", flush=True)
    try:
        trainer.run(
            log_every=args.log_every,
            eval_every=args.eval_every,
            save_every=args.save_every,
            pause_after=60 * args.pause_after if args.pause_after else math.inf,
        )
    except NotFiniteError as error:
        raise SystemExit(f"{args.out}: {error}") from error


if __name__ == "__main__":
    main()
